/*
 * Rows events: their head, image after image, and what becomes of each. What
 * must stay true: an image is counted once; a row that cannot be written as a
 * whole goes out by its key or makes its table unknown, and is never lost.
 */
#include "source/binlog_row.h"

#include "base/memory.h"
#include "model/key.h"
#include "model/version.h"
#include "source/binlog_row_image.h"

#define EVENT_HEADER_BYTES 19u

struct reading {
    struct binlog_table *table;
    const struct binlog_rows *rows;
    const struct log_sink *sink;
    struct binlog_rows_result *result;
    struct binlog_present first;  /* the only one, or the before image's */
    struct binlog_present second; /* the after image's */
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *partial; /* bits of JSON columns; NULL: none */
    bool is_straight; /* images may be taken by read_straight */
    bool is_whole;   /* the after image read last gives every column */
    bool is_partial; /* ... has but changes of a document */
};

static enum status malformed(const struct reading *reading,
                             struct error *error)
{
    const struct table *table = reading->table->followed->table;

    return error_set(error, ERROR_SOURCE_PROTOCOL,
                     "could not read the log of table \"%s\": a row is "
                     "malformed", table->name);
}

static uint64_t version_at(const struct reading *reading, const uint8_t *at)
{
    const struct binlog_rows *rows = reading->rows;

    return version_make(rows->epoch,
                        rows->clock + EVENT_HEADER_BYTES +
                            (uint64_t)(at - rows->body.data),
                        0);
}

/* Tells the row by its key alone; `images` of it were seen. */
static void tell_key(struct reading *reading, const struct bytes *values,
                     uint64_t images)
{
    struct binlog_rows_result *result = reading->result;
    struct buffer *keys = &result->keys;
    size_t start = keys->size;

    if (start > 0)
        buffer_add_byte(keys, ',');
    if (binlog_image_key(reading->table, values, keys)) {
        result->key_only += images;
        return;
    }
    keys->size = start;
    result->unknown += images;
}

static enum status take_batch(const struct reading *reading,
                              struct batch **batch, struct error *error)
{
    return reading->sink->room(reading->sink->context,
                               (struct followed *)reading->table->followed,
                               batch, error);
}

static enum status too_large(const struct reading *reading,
                             struct error *error)
{
    error_set(error, ERROR_VALUE_RANGE,
              "cannot read the log of table \"%s\": a value is larger than "
              "1 GiB as UTF-8", reading->table->followed->table->name);
    error_next(error, "Leave the column out with columns: [-NAME].");
    return error->status;
}

/* The row being written has not been made. */
static enum status not_made(struct reading *reading, struct batch *batch,
                            enum binlog_image_result made,
                            const struct bytes *values, struct error *error)
{
    enum status status;

    switch (made) {
    case IMAGE_FAILED:
        status = mysql_cell_error(&reading->table->row, error);
        batch_drop_row(batch);
        return status;
    case IMAGE_TOO_LARGE:
        if (batch->row_count == 0)
            return too_large(reading, error);
        tell_key(reading, values, 1);
        return STATUS_OK;
    default:
        return malformed(reading, error);
    }
}

static void take_canonical(struct binlog_table *table, struct batch *batch,
                           size_t which)
{
    buffer_clear(&table->canonical[which]);
    key_canonical(batch, batch->row_count, &table->canonical[which]);
}

/* `is_moved`: the key that it had before is to be told from its own. */
static void end_row(struct reading *reading, struct batch *batch,
                    bool is_moved)
{
    struct binlog_table *table = reading->table;

    if (is_moved)
        take_canonical(table, batch, 1);
    batch->versions[batch->row_count] = reading->result->version;
    shape_end_row(table->followed->shape, batch);
    reading->result->rows++;
}

/* A row as it is now, from the last image that was seen, which is whole. */
static enum status put_row(struct reading *reading, bool is_moved,
                           struct error *error)
{
    struct binlog_table *table = reading->table;
    const struct bytes *values = table->after;
    struct batch *batch = NULL;
    enum binlog_image_result made;
    enum status status = take_batch(reading, &batch, error);

    if (status != STATUS_OK)
        return status;
    made = binlog_image_make(table, batch, values, false);
    if (made != IMAGE_MADE)
        return not_made(reading, batch, made, values, error);
    end_row(reading, batch, is_moved);
    return STATUS_OK;
}

/* Makes the deleted row, whole where the shape keeps cells and they can be
 * made, else its key. */
static enum binlog_image_result make_deleted(struct reading *reading,
                                             struct batch *batch,
                                             bool *is_whole)
{
    struct binlog_table *table = reading->table;
    const struct shape *shape = table->followed->shape;
    enum binlog_image_result made = IMAGE_FAILED;

    *is_whole = shape && (shape->keeps_last_values || shape->keeps_rows) &&
                reading->first.has_all;
    if (*is_whole) {
        made = binlog_image_make(table, batch, table->before, false);
        if (made == IMAGE_FAILED)
            batch_drop_row(batch);
    }
    if (made == IMAGE_FAILED || made == IMAGE_TOO_LARGE) {
        *is_whole = false;
        made = binlog_image_make(table, batch, table->before, true);
    }
    return made;
}

/*
 * A delete of the before image's key, but for `is_moved`, where it is the key
 * that the after image has too. A key that cannot be made was never stored.
 */
static enum status put_deleted(struct reading *reading, const uint8_t *start,
                               bool is_moved, struct error *error)
{
    struct binlog_table *table = reading->table;
    struct batch *batch = NULL;
    bool is_whole;
    enum binlog_image_result made;
    enum status status = take_batch(reading, &batch, error);

    if (status != STATUS_OK)
        return status;
    made = make_deleted(reading, batch, &is_whole);
    if (made == IMAGE_TOO_LARGE || made == IMAGE_MALFORMED)
        return not_made(reading, batch, made, table->before, error);
    if (made == IMAGE_MADE)
        take_canonical(table, batch, 0);
    if (made == IMAGE_FAILED ||
        (is_moved && bytes_equal(buffer_bytes(&table->canonical[0]),
                                 buffer_bytes(&table->canonical[1])))) {
        batch_drop_row(batch);
        reading->result->walked++;
        return STATUS_OK;
    }
    batch->versions[batch->row_count] = version_at(reading, start);
    shape_end_deleted(table->followed->shape, batch, is_whole);
    if (table->followed->shape && table->followed->shape->keeps_rows)
        reading->result->kept++;
    else
        reading->result->rows++;
    return STATUS_OK;
}

static enum status read_write(struct reading *reading, struct error *error)
{
    struct binlog_table *table = reading->table;
    const uint8_t *start = reading->at;

    reading->at = binlog_image_cut(table, &reading->first, start,
                                   reading->end, table->after);
    if (!reading->at)
        return malformed(reading, error);
    reading->result->seen++;
    reading->result->version = version_at(reading, start);
    if (!binlog_image_is_current(table, table->after)) {
        reading->result->walked++;
        return STATUS_OK;
    }
    binlog_references_tell(table, PARENT_NEW, reading->sink,
                           reading->result->version);
    if (reading->first.has_all)
        return put_row(reading, false, error);
    tell_key(reading, table->after, 1);
    return STATUS_OK;
}

static enum status read_delete(struct reading *reading, struct error *error)
{
    struct binlog_table *table = reading->table;
    const uint8_t *start = reading->at;

    reading->at = binlog_image_cut(table, &reading->first, start,
                                   reading->end, table->before);
    if (!reading->at)
        return malformed(reading, error);
    reading->result->seen++;
    reading->result->version = version_at(reading, start);
    if (!binlog_image_is_current(table, table->before)) {
        reading->result->walked++;
        return STATUS_OK;
    }
    binlog_references_tell(table, PARENT_GONE, reading->sink,
                           reading->result->version);
    if (reading->first.has_key)
        return put_deleted(reading, start, false, error);
    reading->result->unknown++;
    return STATUS_OK;
}

/* What a partial update says in front of its after image: options and a bit
 * for each JSON column of the table. */
static bool skip_options(struct reading *reading)
{
    size_t bytes = (reading->table->json_count + 7) / 8;
    uint64_t options;

    reading->partial = NULL;
    if (reading->rows->kind != BINLOG_UPDATE_PARTIAL)
        return true;
    reading->at = binlog_take_length(reading->at, reading->end, &options);
    if (!reading->at)
        return false;
    if (!(options & 1))
        return true;
    if ((size_t)(reading->end - reading->at) < bytes)
        return false;
    reading->partial = reading->at;
    reading->at += bytes;
    return true;
}

/* A document with its bit set is a list of changes; an empty one leaves it as
 * it was. */
static void note_changes(struct reading *reading)
{
    struct binlog_table *table = reading->table;
    size_t bit = 0;

    reading->is_partial = false;
    reading->is_whole = reading->second.is_whole && !reading->partial;
    for (size_t i = 0; reading->partial && i < table->cell_count; i++) {
        if (!table->cells[i].is_json)
            continue;
        if (reading->partial[bit / 8] >> bit % 8 & 1) {
            if (table->after[i].size > 0)
                reading->is_partial = true;
            table->after[i] = BINLOG_ABSENT;
        }
        bit++;
    }
}

static bool cut_update(struct reading *reading, const uint8_t **after)
{
    struct binlog_table *table = reading->table;

    reading->at = binlog_image_cut(table, &reading->first, reading->at,
                                   reading->end, table->before);
    *after = reading->at;
    if (!reading->at || !skip_options(reading))
        return false;
    reading->at = binlog_image_cut(table, &reading->second, reading->at,
                                   reading->end, table->after);
    if (reading->at)
        note_changes(reading);
    return reading->at != NULL;
}

/* An UPDATE of a row of today, keys of both images told. */
static enum status put_update(struct reading *reading, const uint8_t *before,
                              struct error *error)
{
    struct binlog_table *table = reading->table;
    struct binlog_rows_result *result = reading->result;
    bool is_moved = !binlog_image_keeps_key(table);
    enum status status = STATUS_OK;

    buffer_clear(&table->canonical[1]);
    if (reading->is_whole)
        status = put_row(reading, is_moved, error);
    else
        tell_key(reading, table->after, 1);
    if (status == STATUS_OK && is_moved)
        return put_deleted(reading, before, true, error);
    result->walked++;
    return status;
}

static enum status read_update(struct reading *reading, struct error *error)
{
    struct binlog_table *table = reading->table;
    struct binlog_rows_result *result = reading->result;
    const uint8_t *before = reading->at;
    const uint8_t *after = NULL;

    if (!cut_update(reading, &after))
        return malformed(reading, error);
    result->seen += 2;
    result->version = version_at(reading, after);
    if (!reading->is_whole)
        reading->is_whole =
            binlog_image_complete(table) && !reading->is_partial;
    if (!binlog_image_is_current(table, table->before)) {
        result->walked += 2;
        return STATUS_OK;
    }
    bool is_current = binlog_image_is_current(table, table->after);
    binlog_references_tell(table, is_current ? PARENT_CHANGED : PARENT_GONE,
                           reading->sink, result->version);
    if (!reading->first.has_key) {
        result->unknown += 2;
        return STATUS_OK;
    }
    if (is_current)
        return put_update(reading, before, error);
    result->walked++;
    return put_deleted(reading, after, false, error);
}

/* Are the images whole, of a table without history and children? Most are. */
static bool is_straight(const struct reading *reading)
{
    const struct binlog_table *table = reading->table;

    if (!reading->first.is_whole || !reading->second.is_whole ||
        table->row_end != BINLOG_NO_COLUMN ||
        table->followed->reference_count > 0)
        return false;
    return reading->rows->kind == BINLOG_WRITE ||
           (reading->rows->kind == BINLOG_UPDATE && table->key_count > 0);
}

/* The row is made while its image is cut. *is_read false: it could not be made
 * so, and nothing was done. */
static enum status read_straight(struct reading *reading, bool *is_read,
                                 struct error *error)
{
    struct binlog_table *table = reading->table;
    struct binlog_rows_result *result = reading->result;
    bool is_update = reading->rows->kind == BINLOG_UPDATE;
    const uint8_t *before = reading->at;
    const uint8_t *start = before;
    const uint8_t *behind = NULL;
    struct batch *batch = NULL;
    enum status status = take_batch(reading, &batch, error);
    bool is_moved;

    if (status == STATUS_OK && is_update)
        start = binlog_image_cut(table, &reading->first, before, reading->end,
                                 table->before);
    if (status == STATUS_OK && start)
        behind = binlog_image_take(table, batch, start, reading->end);
    *is_read = behind != NULL;
    if (!*is_read)
        return status;
    reading->at = behind;
    is_moved = is_update && !binlog_image_keeps_key(table);
    result->seen += is_update ? 2 : 1;
    result->walked += is_update && !is_moved;
    result->version = version_at(reading, start);
    end_row(reading, batch, is_moved);
    return is_moved ? put_deleted(reading, before, true, error) : STATUS_OK;
}

/* Post-header, extra data, number of columns and bitmaps. */
static bool take_head(struct reading *reading)
{
    const struct binlog_rows *rows = reading->rows;
    struct binlog_table *table = reading->table;
    size_t bytes = (table->cell_count + 7) / 8;
    size_t bitmaps = rows->kind == BINLOG_WRITE ||
                     rows->kind == BINLOG_DELETE ? 1 : 2;
    uint64_t count;
    uint16_t extra = 0;

    if (rows->post_bytes < 8 || rows->body.size < rows->post_bytes)
        return false;
    reading->at = rows->body.data + rows->post_bytes;
    reading->end = rows->body.data + rows->body.size;
    if (rows->has_extra) {
        memcpy(&extra, reading->at - sizeof(extra), sizeof(extra));
        if (extra < sizeof(extra) ||
            (size_t)(reading->end - reading->at) < extra - sizeof(extra))
            return false;
        reading->at += extra - sizeof(extra);
    }
    reading->at = binlog_take_length(reading->at, reading->end, &count);
    if (!reading->at || count != table->cell_count ||
        (size_t)(reading->end - reading->at) < bitmaps * bytes)
        return false;
    binlog_present_init(&reading->first, table, reading->at);
    binlog_present_init(&reading->second, table,
                        reading->at + (bitmaps - 1) * bytes);
    reading->at += bitmaps * bytes;
    reading->is_straight = is_straight(reading);
    return true;
}

static enum status read_image(struct reading *reading, struct error *error)
{
    bool is_read = false;
    enum status status = STATUS_OK;

    if (reading->is_straight)
        status = read_straight(reading, &is_read, error);
    if (status != STATUS_OK || is_read)
        return status;
    switch (reading->rows->kind) {
    case BINLOG_WRITE:
        return read_write(reading, error);
    case BINLOG_DELETE:
        return read_delete(reading, error);
    default:
        return read_update(reading, error);
    }
}

enum status binlog_rows_read(struct binlog_table *table,
                             const struct binlog_rows *rows,
                             const struct log_sink *sink,
                             struct binlog_rows_result *result,
                             struct error *error)
{
    struct reading reading = {
        .table = table, .rows = rows, .sink = sink, .result = result};
    enum status status = STATUS_OK;

    result->keys.limit = BINLOG_KEYS_BYTES;
    if (!take_head(&reading))
        return malformed(&reading, error);
    /* A row of defaults alone has no bytes, and nobody knows how many. */
    if (reading.at == reading.end)
        result->seen = result->unknown = 1;
    while (status == STATUS_OK && reading.at < reading.end) {
        const uint8_t *start = reading.at;
        status = read_image(&reading, error);
        if (status == STATUS_OK && reading.at == start)
            return malformed(&reading, error);
    }
    return status;
}
