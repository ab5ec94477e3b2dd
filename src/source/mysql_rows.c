/*
 * Rows of packets into batches. What must stay true: a packet of any content
 * is either decoded to its last byte or refused; the batch holds whole rows
 * only.
 */
#include "source/mysql_rows.h"

#include "base/memory.h"
#include "base/text.h"

/* The NULL bitmap follows the byte 00 and begins with two unused bits. */
#define BITMAP_START 1
#define BITMAP_OFFSET 2

const char *mysql_rows_charset(const struct column *column)
{
    struct mysql_type type;

    mysql_type_parse(column->declared, column->charset, &type);
    switch (type.base) {
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_ENUM:
    case MYSQL_BASE_SET:
        return column->charset ? column->charset : "utf8mb4";
    case MYSQL_BASE_BYTES:
    case MYSQL_BASE_GEOMETRY:
    case MYSQL_BASE_JSON:
        return "utf8mb4";
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        return "ascii";
    default:
        return NULL;
    }
}

enum status mysql_rows_charsets(struct mysql_source *source, MYSQL *link,
                                const struct table *table,
                                const struct mysql_charset **charsets,
                                struct error *error)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++) {
        const char *name = mysql_rows_charset(&table->columns[i]);
        charsets[i] = NULL;
        if (name)
            status = mysql_charset_find(source, link, name, &charsets[i],
                                        error);
    }
    return status;
}

void mysql_rows_init(struct mysql_rows *rows, const struct table *table,
                     size_t extra_count,
                     const struct mysql_charset *const *charsets)
{
    size_t count = table->column_count;

    *rows = (struct mysql_rows){.table = table,
                                .extra_count = extra_count,
                                .field_count = count + extra_count};
    rows->cells = memory_new(count, sizeof(*rows->cells));
    rows->extra_bytes = memory_new(extra_count, 1);
    rows->starts = memory_new(rows->field_count + 1, sizeof(*rows->starts));
    for (size_t i = 0; i < count; i++) {
        mysql_cell_init(&rows->cells[i], &rows->row, table, i, charsets[i]);
        rows->cells[i].read = mysql_reader_find(&rows->cells[i]);
    }
}

void mysql_rows_release(struct mysql_rows *rows)
{
    if (!rows->table)
        return;
    for (size_t i = 0; i < rows->table->column_count; i++)
        mysql_cell_release(&rows->cells[i]);
    memory_free(rows->cells);
    memory_free(rows->extra_bytes);
    memory_free(rows->starts);
    rows->table = NULL;
}

/* Numbers for positions only; a NULL of one is a malformed row. */
static const uint8_t *read_extras(struct mysql_rows *rows, const uint8_t *at,
                                  const uint8_t *end)
{
    size_t field = rows->table->column_count;

    for (size_t i = 0; i < rows->extra_count; i++) {
        if (end - at < rows->extra_bytes[i])
            return NULL;
        rows->starts[field++] = at;
        at += rows->extra_bytes[i];
    }
    rows->starts[field] = at;
    return at == end ? at : NULL;
}

/* All values; the place behind the last, or NULL. */
static const uint8_t *read_values(struct mysql_rows *rows,
                                  const uint8_t *bitmap, const uint8_t *at,
                                  const uint8_t *end)
{
    struct mysql_cell *cell = rows->cells;
    const uint8_t **start = rows->starts;
    const size_t last = rows->table->column_count + BITMAP_OFFSET;

    for (size_t bit = BITMAP_OFFSET; bit < last; bit++, cell++) {
        *start++ = at;
        if (bitmap[bit / 8] >> bit % 8 & 1) {
            mysql_cell_null(cell);
            continue;
        }
        at = cell->read(cell, at, end);
        if (!at)
            return NULL;
    }
    return read_extras(rows, at, end);
}

enum mysql_row_result mysql_rows_decode(struct mysql_rows *rows,
                                        struct batch *batch,
                                        struct bytes packet)
{
    size_t bitmap_bytes = (rows->field_count + BITMAP_OFFSET + 7) / 8;
    const uint8_t *bitmap = packet.data + BITMAP_START;
    const uint8_t *end = packet.data + packet.size;

    rows->row.batch = batch;
    rows->row.is_too_full = false;
    rows->row.failure = ERROR_NONE;
    if (packet.size < BITMAP_START + bitmap_bytes ||
        !read_values(rows, bitmap, bitmap + bitmap_bytes, end)) {
        batch_drop_row(batch);
        return ROW_MALFORMED;
    }
    if (rows->row.is_too_full) {
        batch_drop_row(batch);
        return ROW_TOO_LARGE;
    }
    return rows->row.failure == ERROR_NONE ? ROW_MADE : ROW_FAILED;
}
