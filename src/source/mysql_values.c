/*
 * Rows by given values: the condition of the SELECT, and values of rows that
 * came from elsewhere as text. What must stay true: a value that the source
 * might compare otherwise is refused, for a row that is not found counts as
 * gone.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "model/calendar.h"
#include "model/decimal.h"
#include "mysql_sql.h"

/* --- the condition ------------------------------------------------------- */

static const struct column *column_of(const struct scan_request *request,
                                      size_t index)
{
    return &request->table->columns[request->by.indexes[index]];
}

const char *mysql_values_index(const struct scan_request *request)
{
    const struct table *table = request->table;
    bool is_key = request->by.count == table->key_count;
    for (size_t i = 0; is_key && i < table->key_count; i++)
        is_key = request->by.indexes[i] == table->key[i];
    return is_key ? table->key_index : NULL;
}

/* "(a = 1 AND b = 2)" */
static bool add_value(const struct scan_request *request, const char *text,
                      struct buffer *target)
{
    char **parts = NULL;
    size_t count = request->by.count;
    bool is_good = mysql_position_read(text, count, &parts);
    buffer_add_byte(target, '(');
    for (size_t i = 0; is_good && i < count; i++) {
        buffer_add_text(target, i > 0 ? " AND " : "");
        is_good = mysql_compare(column_of(request, i), MYSQL_EQ, parts[i],
                                target);
    }
    buffer_add_byte(target, ')');
    mysql_position_free(parts, count);
    return is_good;
}

bool mysql_values(const struct scan_request *request, struct buffer *target)
{
    bool is_good = request->value_count > 0 &&
                   request->value_count <= SOURCE_VALUES_MAX;
    buffer_add_byte(target, '(');
    for (size_t i = 0; is_good && i < request->value_count; i++) {
        buffer_add_text(target, i > 0 ? " OR " : "");
        is_good = add_value(request, request->values[i], target);
    }
    buffer_add_byte(target, ')');
    return is_good;
}

/* --- values of rows ------------------------------------------------------ */

/* The number of the label; 0 where there is none. */
static unsigned label_number(const struct column *column, struct bytes text)
{
    struct buffer label;
    unsigned number = 1;
    buffer_init(&label, 4096);
    while (mysql_type_label(column->declared, number, &label) &&
           !bytes_equal(buffer_bytes(&label), text))
        number++;
    if (!bytes_equal(buffer_bytes(&label), text) || text.size == 0)
        number = 0;
    buffer_release(&label);
    return number;
}

static bool add_text(const struct column *column, struct bytes text,
                     struct buffer *target)
{
    unsigned number;
    switch (mysql_base_of(column)) {
    case MYSQL_BASE_TEXT:
        buffer_add_byte(target, 'u');
        buffer_add_hex(target, text);
        return true;
    case MYSQL_BASE_BYTES:
        buffer_add_byte(target, 'x');
        buffer_add_hex(target, text);
        return true;
    case MYSQL_BASE_ENUM:
        number = label_number(column, text);
        buffer_add_format(target, "%u", number);
        return number > 0;
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        buffer_add(target, text.data, text.size);
        return true;
    default:
        return false;
    }
}

static void add_uuid(const uint8_t *uuid, struct buffer *target)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        buffer_add_text(target, i > 0 ? "-" : "");
        buffer_add_hex(target, (struct bytes){uuid, groups[i]});
        uuid += groups[i];
    }
}

static bool add_time(const struct column *column, int64_t value,
                     struct buffer *target)
{
    if (column->kind == KIND_DATE)
        calendar_format_date((int32_t)value, target);
    else if (column->kind == KIND_TIME)
        calendar_format_time(value, column->scale, target);
    else
        calendar_format_datetime(value, column->scale, target);
    return true;
}

static bool add_fixed(const struct batch *batch, size_t index, size_t row,
                      struct buffer *target)
{
    const struct column *column = &batch->table->columns[index];
    int64_t value;
    switch (column->kind) {
    case KIND_FLOAT:
        buffer_add_format(target, "%.17g", batch_double(batch, index, row));
        return true;
    case KIND_DECIMAL:
        decimal_format(batch_cell(batch, index, row), column->width,
                       column->scale, target);
        return true;
    case KIND_UUID:
        add_uuid(batch_cell(batch, index, row), target);
        return true;
    default:
        break;
    }
    value = batch_int(batch, index, row);
    if (column->kind == KIND_UINT)
        buffer_add_format(target, "%" PRIu64, (uint64_t)value);
    else if (column->kind == KIND_INT)
        buffer_add_format(target, "%" PRId64, value);
    else
        return column->kind != KIND_BOOL && add_time(column, value, target);
    return true;
}

static bool add_part(const struct batch *batch, size_t index, size_t row,
                     struct buffer *target)
{
    const struct column *column = &batch->table->columns[index];
    if (batch_is_null(batch, index, row) || !mysql_is_untouched(column))
        return false;
    if (kind_is_variable(column->kind))
        return add_text(column, batch_text(batch, index, row), target);
    return add_fixed(batch, index, row, target);
}

bool mysql_values_write(const struct batch *batch, size_t row,
                        struct source_columns columns, struct buffer *target)
{
    size_t start = target->size;
    bool is_good = columns.count > 0;
    buffer_add_byte(target, '[');
    for (size_t i = 0; is_good && i < columns.count; i++) {
        buffer_add_text(target, i > 0 ? ",\"" : "\"");
        is_good = add_part(batch, columns.indexes[i], row, target);
        buffer_add_byte(target, '"');
    }
    buffer_add_byte(target, ']');
    is_good = is_good && !target->is_overflown;
    if (!is_good)
        target->size = start;
    return is_good;
}
