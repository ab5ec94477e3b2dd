/*
 * Values that stand as text made into cells, by the makers that scans and the
 * log use: so their canonical bytes are those of the row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/calendar.h"
#include "mysql_sql.h"
#include "source/mysql_rows.h"

/* The bytes of "x6162" into `raw`. */
static bool take_hex(const char *text, struct buffer *raw)
{
    static const char digits[] = "0123456789abcdef";
    buffer_clear(raw);
    for (; text[0]; text += 2) {
        const char *high = strchr(digits, text[0]);
        const char *low = text[1] ? strchr(digits, text[1]) : NULL;
        if (!high || !low)
            return false;
        buffer_add_byte(raw,
                        (uint8_t)((high - digits) << 4 | (low - digits)));
    }
    return !raw->is_overflown;
}

/* UTF-8 that is no longer in the column's own character set. */
static bool take_utf8(struct mysql_cell *cell, struct bytes text)
{
    if (cell->column->kind != KIND_TEXT || !cell->is_natural)
        return false;
    mysql_cell_store(cell, text);
    return true;
}

static bool take_text(struct mysql_cell *cell, const char *text,
                      struct buffer *raw)
{
    if ((text[0] != 'x' && text[0] != 'u') || !take_hex(text + 1, raw))
        return false;
    if (text[0] == 'u')
        return cell->type.base == MYSQL_BASE_TEXT &&
               take_utf8(cell, buffer_bytes(raw));
    if (cell->type.base == MYSQL_BASE_TEXT)
        mysql_cell_string(cell, buffer_bytes(raw));
    else
        mysql_cell_bytes(cell, buffer_bytes(raw));
    return true;
}

/* Labels come in UTF-8 from the catalog; '?' stands for what does not. */
static bool take_label(struct mysql_cell *cell, const char *text,
                       struct buffer *raw)
{
    uint64_t number = 0;
    if (!text_to_u64(text, &number) || number > UINT16_MAX)
        return false;
    buffer_clear(raw);
    if (number > 0 && !mysql_type_label(cell->column->declared,
                                        (unsigned)number, raw))
        return false;
    return strchr(buffer_text(raw), '?') == NULL &&
           take_utf8(cell, buffer_bytes(raw));
}

static bool take_moment(struct mysql_cell *cell, const char *text)
{
    struct mysql_moment at = {0};
    char fraction[8] = "";
    int taken = sscanf(text, "%4u-%2u-%2u %2u:%2u:%2u.%6[0-9]", &at.year,
                       &at.month, &at.day, &at.hour, &at.minute, &at.second,
                       fraction);
    if ((taken != 3 && taken < 6) || at.month > 12 || at.day > 31 ||
        at.hour > 23 || at.minute > 59 || at.second > 59)
        return false;
    for (unsigned scale = 100000, i = 0; fraction[i]; i++, scale /= 10)
        at.microsecond += (unsigned)(fraction[i] - '0') * scale;
    if (cell->type.base == MYSQL_BASE_DATE)
        mysql_cell_date(cell, &at);
    else
        mysql_cell_datetime(cell, &at);
    return true;
}

static bool take_uuid(struct mysql_cell *cell, const char *text)
{
    uint8_t uuid[16];
    if (!mysql_cell_parse_uuid(bytes_of(text), uuid))
        return false;
    mysql_cell_uuid(cell, uuid);
    return true;
}

static bool take_int(struct mysql_cell *cell, const char *text)
{
    int64_t value = 0;
    uint64_t large = 0;
    if (cell->type.base != MYSQL_BASE_INT || cell->type.is_unsigned) {
        if (!text_to_u64(text, &large))
            return false;
        mysql_cell_uint(cell, large);
        return true;
    }
    if (!text_to_i64(text, &value))
        return false;
    mysql_cell_int(cell, value);
    return true;
}

static bool take_double(struct mysql_cell *cell, const char *text)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0')
        return false;
    mysql_cell_double(cell, value);
    return true;
}

static bool take_time(struct mysql_cell *cell, const char *text)
{
    int64_t microseconds = 0;
    if (!calendar_parse_time(bytes_of(text), &microseconds))
        return false;
    mysql_cell_time(cell, microseconds);
    return true;
}

static bool take_part(struct mysql_cell *cell, const char *text,
                      struct buffer *raw)
{
    switch (cell->type.base) {
    case MYSQL_BASE_INT:
    case MYSQL_BASE_BIT:
    case MYSQL_BASE_YEAR:
        return take_int(cell, text);
    case MYSQL_BASE_DECIMAL:
        mysql_cell_decimal(cell, bytes_of(text));
        return true;
    case MYSQL_BASE_FLOAT:
    case MYSQL_BASE_DOUBLE:
        return take_double(cell, text);
    case MYSQL_BASE_DATE:
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        return take_moment(cell, text);
    case MYSQL_BASE_TIME:
        return take_time(cell, text);
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_BYTES:
        return take_text(cell, text, raw);
    case MYSQL_BASE_ENUM:
        return take_label(cell, text, raw);
    case MYSQL_BASE_UUID:
        return take_uuid(cell, text);
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        mysql_cell_string(cell, bytes_of(text));
        return true;
    default:
        return false;
    }
}

/* Makers of some columns, and what they write. */
struct making {
    const struct table *table;
    struct source_columns columns;
    struct mysql_cell *cells;
    struct mysql_cell_row row;
    struct buffer raw;
};

static bool is_wanted(const struct making *making, size_t column)
{
    for (size_t i = 0; i < making->columns.count; i++)
        if (making->columns.indexes[i] == column)
            return true;
    return false;
}

static bool make_row(struct making *making, const char *text)
{
    struct batch *batch = making->row.batch;
    size_t count = making->columns.count;
    char **parts = NULL;
    if (!mysql_position_read(text, count, &parts))
        return false;
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++)
        is_good = take_part(&making->cells[i], parts[i], &making->raw);
    mysql_position_free(parts, count);
    if (!is_good || making->row.is_too_full ||
        making->row.failure != ERROR_NONE) {
        batch_drop_row(batch);
        return false;
    }
    for (size_t i = 0; i < making->table->column_count; i++)
        if (!is_wanted(making, i))
            batch_blank(batch, i);
    batch_add_row(batch, true);
    return true;
}

static enum status make_rows(struct making *making, const char *const *texts,
                             size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (make_row(making, texts[i]))
            continue;
        return error_set_status(error, ERROR_STATE_DAMAGED, STATUS_TABLE,
                                "cannot read %s as values of table \"%s\"",
                                texts[i], making->table->name);
    }
    return STATUS_OK;
}

enum status mysql_values_read(struct source_session *base,
                              const struct source_values *values,
                              struct batch *batch, struct error *error)
{
    const struct table *table = values->table;
    struct source_columns columns = values->columns;
    struct mysql_session *session = (struct mysql_session *)base;
    struct making making = {
        .table = table, .columns = columns, .row = {.batch = batch}};
    const struct mysql_charset **charsets =
        memory_new(table->column_count, sizeof(*charsets));
    MYSQL *link;
    enum status status = mysql_session_link(session, &link, error);
    if (status == STATUS_OK)
        status = mysql_rows_charsets((struct mysql_source *)base->source,
                                     link, table, charsets, error);
    making.cells = memory_new(columns.count, sizeof(*making.cells));
    buffer_init(&making.raw, 64 * 1024);
    for (size_t i = 0; i < columns.count; i++)
        mysql_cell_init(&making.cells[i], &making.row, table,
                        columns.indexes[i], charsets[columns.indexes[i]]);
    if (status == STATUS_OK)
        status = make_rows(&making, values->texts, values->count, error);
    for (size_t i = 0; i < columns.count; i++)
        mysql_cell_release(&making.cells[i]);
    memory_free(making.cells);
    memory_free(charsets);
    buffer_release(&making.raw);
    return status;
}
