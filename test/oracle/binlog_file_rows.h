#ifndef TIDEMARK_TEST_BINLOG_FILE_ROWS_H
#define TIDEMARK_TEST_BINLOG_FILE_ROWS_H

/* Row images for binlog_file.c. */
#include "binlog_file_table.h"

#include "model/calendar.h"
#include "model/decimal.h"
#include "source/binlog_reader.h"

static void add_time_text(const struct column *column, int64_t number,
                          struct buffer *text)
{
    if (column->kind == KIND_DATE)
        calendar_format_date((int32_t)number, text);
    else if (column->kind == KIND_DATETIME)
        calendar_format_datetime(number, 6, text);
    else if (column->kind == KIND_TIME)
        calendar_format_time(number, 6, text);
    else
        buffer_add_format(text, "%" PRId64, number);
}

static void add_cell_text(const struct batch *batch, size_t at,
                          struct buffer *text)
{
    const struct column *column = &batch->table->columns[at];
    size_t row = batch->row_count;
    int64_t number;

    if (column->kind == KIND_BYTES) {
        buffer_add_byte(text, 'x');
        buffer_add_hex(text, batch_text(batch, at, row));
    } else if (kind_is_variable(column->kind)) {
        struct bytes bytes = batch_text(batch, at, row);
        buffer_add(text, bytes.data, bytes.size);
    } else if (column->kind == KIND_FLOAT) {
        buffer_add_format(text, "%.17g", batch_double(batch, at, row));
    } else if (column->kind == KIND_DECIMAL) {
        decimal_format(batch_cell(batch, at, row), column->width,
                       column->scale, text);
    } else {
        number = batch_int(batch, at, row);
        if (column->kind == KIND_UINT)
            buffer_add_format(text, "%" PRIu64, (uint64_t)number);
        else
            add_time_text(column, number, text);
    }
}

/* NULL: malformed. What has no place in a warehouse begins with "!". */
static json_t *cell_text(struct imaged *imaged, size_t at,
                         struct bytes value)
{
    struct binlog_cell *cell = &imaged->rows.cells[at];
    struct mysql_cell_row *row = &imaged->rows.row;
    struct buffer text;
    json_t *made;

    if (value.size == SIZE_MAX) {
        mysql_cell_null(cell->maker);
        return json_null();
    }
    row->failure = ERROR_NONE;
    row->is_too_full = false;
    if (!cell->read(cell, value))
        return NULL;
    buffer_init(&text, TEXT_BYTES);
    if (row->failure != ERROR_NONE || row->is_too_full)
        buffer_add_format(&text, "!%s",
                          row->is_too_full ? "full" : row->reason);
    else
        add_cell_text(imaged->batch, imaged->resolution.columns[at], &text);
    made = json_stringn((const char *)buffer_bytes(&text).data, text.size);
    buffer_release(&text);
    return made ? made : json_string("!text");
}

/* Bits of documents that are changed in part: behind the options. */
static bool is_partial(const struct imaged *imaged, const uint8_t *bits,
                       size_t at)
{
    size_t bit = 0;

    for (size_t i = 0; i < at; i++)
        bit += imaged->rows.cells[i].is_json;
    return bits && imaged->rows.cells[at].is_json &&
           (bits[bit / 8] >> bit % 8 & 1) != 0;
}

/* NULL: malformed. */
static json_t *image_texts(struct imaged *imaged, const struct bytes *values,
                           const uint8_t *partial)
{
    json_t *texts = json_object();

    imaged->rows.row.batch = imaged->batch;
    batch_clear(imaged->batch);
    for (size_t i = 0; texts && i < imaged->map.column_count; i++) {
        char name[24];
        json_t *text = NULL;

        if (!values[i].data || !imaged->rows.cells[i].maker)
            continue;
        text = is_partial(imaged, partial, i)
                   ? json_string("!partial")
                   : cell_text(imaged, i, values[i]);
        snprintf(name, sizeof(name), "%zu", i + 1);
        if (text) {
            json_object_set_new(texts, name, text);
            continue;
        }
        json_decref(texts);
        texts = NULL;
    }
    batch_drop_row(imaged->batch);
    return texts;
}

/* Where images and bitmaps begin. */
struct images {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *first;
    const uint8_t *second;
};

static bool take_images(const struct imaged *imaged,
                        const struct binlog_rows *rows,
                        struct images *images)
{
    size_t bytes = (imaged->map.column_count + 7) / 8;
    bool is_update = rows->kind == BINLOG_UPDATE ||
                     rows->kind == BINLOG_UPDATE_PARTIAL;
    const uint8_t *at = rows->body.data + rows->post_bytes;
    uint64_t columns = 0;

    images->end = rows->body.data + rows->body.size;
    if (rows->body.size < rows->post_bytes || rows->post_bytes < 8)
        return false;
    if (rows->has_extra) {
        size_t extra = at[-2] | (size_t)at[-1] << 8;
        if (extra < 2 || (size_t)(images->end - at) < extra - 2)
            return false;
        at += extra - 2;
    }
    at = binlog_take_length(at, images->end, &columns);
    if (!at || columns != imaged->map.column_count ||
        (size_t)(images->end - at) < (is_update ? 2 : 1) * bytes)
        return false;
    images->first = at;
    images->second = at + (is_update ? bytes : 0);
    images->at = images->second + bytes;
    return true;
}

/* Value options and the bits of partial documents. */
static bool take_options(const struct imaged *imaged, struct images *images,
                         const uint8_t **partial)
{
    size_t bytes = (imaged->rows.json_count + 7) / 8;
    uint64_t options = 0;

    images->at = binlog_take_length(images->at, images->end, &options);
    if (!images->at)
        return false;
    if ((options & 1) == 0)
        return true;
    if ((size_t)(images->end - images->at) < bytes)
        return false;
    *partial = images->at;
    images->at += bytes;
    return true;
}

static bool add_image(struct imaged *imaged, struct images *images,
                      bool is_after, const uint8_t *partial, json_t *list)
{
    struct binlog_present present;
    json_t *texts;

    binlog_present_init(&present, &imaged->rows,
                        is_after ? images->second : images->first);
    images->at = binlog_image_cut(&imaged->rows, &present, images->at,
                                  images->end, imaged->rows.before);
    if (!images->at)
        return false;
    texts = image_texts(imaged, imaged->rows.before, partial);
    if (texts)
        json_array_append_new(list, json_pack("[s, o]",
                                              is_after ? "+" : "-", texts));
    return texts != NULL;
}

static bool add_images(struct imaged *imaged, const struct binlog_rows *rows,
                       json_t *list)
{
    struct images images = {NULL, NULL, NULL, NULL};

    if (!take_images(imaged, rows, &images))
        return false;
    while (images.at < images.end) {
        const uint8_t *start = images.at;
        const uint8_t *partial = NULL;

        if (rows->kind != BINLOG_WRITE &&
            !add_image(imaged, &images, false, NULL, list))
            return false;
        if (rows->kind == BINLOG_UPDATE_PARTIAL &&
            !take_options(imaged, &images, &partial))
            return false;
        if (rows->kind != BINLOG_DELETE &&
            !add_image(imaged, &images, true, partial, list))
            return false;
        if (images.at == start)
            return false;
    }
    return true;
}

static enum status rows_room(void *context, struct followed *followed,
                             struct batch **batch, struct error *error)
{
    struct imaged *imaged = context;

    (void)followed;
    (void)error;
    batch_clear(imaged->batch);
    *batch = imaged->batch;
    return STATUS_OK;
}

/* The road of the program beside the one above: `seen`, and what is bad. */
static bool walk_rows(struct imaged *imaged, const struct binlog_rows *rows,
                      json_t *line)
{
    struct log_sink sink = {.context = imaged, .room = rows_room};
    struct binlog_rows_result result = {.seen = 0};
    struct error error;
    enum status status =
        binlog_rows_read(&imaged->rows, rows, &sink, &result, &error);

    json_object_set_new(line, "seen", json_integer((json_int_t)result.seen));
    if (status == STATUS_TABLE)
        json_object_set_new(line, "bad", json_string(error.what));
    binlog_rows_result_release(&result);
    return status == STATUS_OK || status == STATUS_TABLE;
}

static bool imaged_rows(struct imaged *tables,
                        const struct binlog_format *format,
                        const struct binlog_event *event, json_t *line)
{
    struct binlog_rows rows = {.post_bytes = format->post[event->header.type],
                               .body = event->body,
                               .epoch = 1};
    struct imaged *imaged =
        imaged_find(tables, binlog_table_id(event->body));
    json_t *list = json_array();

    if (!binlog_rows_kind(event->type, &rows))
        return false;
    json_object_set_new(line, "images", list);
    if (!imaged || !imaged->is_readable)
        return false;
    json_object_set_new(line, "table",
                        json_sprintf("%s.%s", imaged->map.database,
                                     imaged->map.table));
    return add_images(imaged, &rows, list) &&
           walk_rows(imaged, &rows, line);
}

#endif
