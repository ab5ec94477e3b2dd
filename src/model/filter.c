/*
 * A parsed filter: what it owns, and its constants in the form in which the
 * kinds of a table's columns are compared. Whatever cannot be compared
 * exactly is refused here, so that no row can fail.
 */
#include "model/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "filter_item.h"
#include "model/calendar.h"
#include "model/decimal.h"

/* A constant for an integer: far above 64 bits, within 128. */
#define INTEGER_DIGITS 38
#define DECIMAL_DIGITS 76

static void values_free(struct filter_item *item)
{
    for (size_t i = 0; item->values && i < item->node.constant_count; i++)
        memory_free(item->values[i].data);
    memory_free(item->values);
    item->values = NULL;
}

static void item_free(struct filter_item *item)
{
    values_free(item);
    for (size_t i = 0; i < item->node.constant_count; i++)
        memory_free(item->node.constants[i].text);
    memory_free(item->node.constants);
    memory_free(item->node.column);
    memory_free(item);
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->item_count; i++)
        item_free(filter->items[i]);
    memory_free(filter->items);
    memory_free(filter->names);
    memory_free(filter->text);
    memory_free(filter);
}

size_t filter_columns(const struct filter *filter, const char *const **names)
{
    *names = filter->names;
    return filter->name_count;
}

const struct filter_node *filter_root(const struct filter *filter)
{
    return filter->root;
}

static bool is_hex(const struct filter_constant *constant)
{
    return constant->is_number && text_starts(constant->text, "0x");
}

/* The largest number of `scale` that is not above the one of the text, and
 * whether it lies below it. */
static bool bind_floor(const char *text, unsigned precision, unsigned scale,
                       struct filter_value *value)
{
    struct bytes cut = bytes_of(text);
    const char *point = strchr(text, '.');
    bool borrows;

    if (point && strlen(point + 1) > scale) {
        value->has_rest = strspn(point + 1 + scale, "0") !=
                          strlen(point + 1 + scale);
        cut.size = (size_t)(point - text) + (scale > 0 ? scale + 1 : 0);
    }
    if (!decimal_parse(cut, precision, scale, sizeof(value->decimal),
                       value->decimal))
        return false;
    borrows = value->has_rest && text[0] == '-';
    for (size_t i = 0; borrows && i < sizeof(value->decimal); i++) {
        borrows = value->decimal[i] == 0;
        value->decimal[i]--;
    }
    memcpy(&value->whole, value->decimal, sizeof(value->whole));
    return true;
}

static bool bind_microseconds(const struct filter_constant *constant,
                              enum kind kind, struct filter_value *value)
{
    struct bytes text = bytes_of(constant->text);
    int64_t microseconds;

    if (constant->is_number)
        return false;
    if (kind == KIND_TIME ? !calendar_parse_time(text, &microseconds)
                          : !calendar_parse_datetime(text, &microseconds))
        return false;
    value->whole = microseconds;
    return true;
}

static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Pairs of digits, '-' left out where `has_dashes`; bytes written, or more
 * than `size` where the text is wrong. */
static size_t read_hex(const char *text, bool has_dashes, uint8_t *target,
                       size_t size)
{
    size_t count = 0;

    while (*text) {
        int high = digit_value((uint8_t)text[0]);
        int low = high < 0 ? -1 : digit_value((uint8_t)text[1]);
        if (has_dashes && *text == '-') {
            text++;
            continue;
        }
        if (low < 0 || count == size)
            return size + 1;
        target[count++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return count;
}

static bool bind_bytes(const struct filter_constant *constant,
                       enum kind kind, struct filter_value *value)
{
    size_t size = strlen(constant->text) / 2;

    value->bytes = bytes_of(constant->text);
    if (kind != KIND_BYTES || !is_hex(constant))
        return !constant->is_number;
    value->data = memory_new(size, 1);
    value->bytes.size = read_hex(constant->text + 2, false, value->data, size);
    value->bytes.data = value->data;
    return true;
}

static bool bind_uuid(const struct filter_constant *constant,
                      struct filter_value *value)
{
    size_t size = sizeof(value->uuid);

    return !constant->is_number &&
           read_hex(constant->text, true, value->uuid, size) == size;
}

static bool bind_value(const struct filter_constant *constant,
                       const struct column *column,
                       struct filter_value *value)
{
    bool is_decimal = constant->is_number && !is_hex(constant);

    switch (column->kind) {
    case KIND_BOOL:
    case KIND_INT:
    case KIND_UINT:
        return is_decimal &&
               bind_floor(constant->text, INTEGER_DIGITS, 0, value);
    case KIND_DECIMAL:
        return is_decimal && bind_floor(constant->text, DECIMAL_DIGITS,
                                        column->scale, value);
    case KIND_FLOAT:
        value->real = strtod(constant->text, NULL);
        return is_decimal;
    case KIND_UUID:
        return bind_uuid(constant, value);
    case KIND_TEXT:
    case KIND_BYTES:
        return bind_bytes(constant, column->kind, value);
    case KIND_JSON:
        return false;
    default:
        return bind_microseconds(constant, column->kind, value);
    }
}

static enum status bind_item(struct filter_item *item,
                             const struct table *table, struct error *error)
{
    const struct filter_node *node = &item->node;
    const struct column *column = table_column(table, node->column);

    values_free(item);
    if (!column) {
        const char *near = table_nearest(table, node->column);
        (void)error_set(error, ERROR_COLUMN_MISSING,
                        "the filter of table \"%s\" names column \"%s\", "
                        "which does not exist",
                        table->name, node->column);
        if (near)
            error_next(error, "did you mean \"%s\"?", near);
        return error->status;
    }
    item->column = table_find(table, node->column);
    item->values = memory_new(node->constant_count, sizeof(*item->values));
    for (size_t i = 0; i < node->constant_count; i++) {
        const struct filter_constant *constant = &node->constants[i];
        if (!bind_value(constant, column, &item->values[i]))
            return error_set_status(
                error, ERROR_FILTER, STATUS_TABLE,
                "cannot compare column \"%s\" of table \"%s\", which is %s, "
                "with %s%s%s",
                column->name, table->name, kind_name(column->kind),
                constant->is_number ? "" : "'", constant->text,
                constant->is_number ? "" : "'");
    }
    return STATUS_OK;
}

enum status filter_bind(struct filter *filter, const struct table *table,
                        struct error *error)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < filter->item_count && status == STATUS_OK; i++) {
        if (filter->items[i]->node.column)
            status = bind_item(filter->items[i], table, error);
    }
    return status;
}
