/*
 * Tables and cells out of JSON. A number is a text of digits where it may be
 * large; FLOAT and DECIMAL are texts, BYTES and UUID hexadecimal digits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/decimal.h"
#include "script.h"

static enum kind find_kind(const char *name)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (text_equal(kind_name((enum kind)kind), name))
            return (enum kind)kind;
    }
    script_fail("no kind \"%s\"", name);
    return KIND_COUNT;
}

static uint8_t default_width(enum kind kind, uint8_t precision)
{
    switch (kind) {
    case KIND_BOOL:
        return 1;
    case KIND_DATE:
        return 4;
    case KIND_DECIMAL:
        return kind_decimal_width(precision);
    case KIND_UUID:
        return 16;
    case KIND_TEXT:
    case KIND_BYTES:
    case KIND_JSON:
        return 0;
    default:
        return 8;
    }
}

static void add_column(struct table *table, const json_t *definition)
{
    struct column *column =
        table_add_column(table, script_text(definition, "name", NULL));
    column->kind = find_kind(script_text(definition, "kind", NULL));
    column->precision = (uint8_t)script_number(definition, "precision", 0);
    column->scale = (uint8_t)script_number(definition, "scale", 0);
    column->width = (uint8_t)script_number(
        definition, "width",
        default_width(column->kind, column->precision));
    column->is_nullable = json_is_true(json_object_get(definition,
                                                       "nullable"));
    column->has_few_values = json_is_true(json_object_get(definition,
                                                          "few"));
    column->is_stored = !json_is_false(json_object_get(definition,
                                                       "stored"));
    memory_free(column->comment);
    column->comment = memory_text(script_text(definition, "comment", ""));
    column_set_seed(column, script_text(definition, "seed", column->name));
}

struct table *script_table(const json_t *definition)
{
    struct table *table = table_new("source",
                                    script_text(definition, "name", NULL));
    size_t key[16] = {0};
    size_t count = 0;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(definition, "columns"), i, item)
        add_column(table, item);
    json_array_foreach(json_object_get(definition, "key"), i, item) {
        if (count == ARRAY_COUNT(key))
            script_fail("a key of too many columns");
        key[count++] = table_find(table, json_string_value(item));
    }
    table_set_key(table, key, count);
    table_settle(table);
    return table;
}

static void put_hex(uint8_t *target, size_t size, const char *digits)
{
    for (size_t i = 0; i < size; i++) {
        char pair[3] = {digits[2 * i], digits[2 * i + 1], 0};
        target[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static void put_variable(struct batch *batch, size_t column,
                         const json_t *cell)
{
    struct bytes value = {(const uint8_t *)json_string_value(cell),
                          json_string_length(cell)};
    uint8_t *decoded = NULL;
    if (batch->table->columns[column].kind == KIND_BYTES) {
        value.size /= 2;
        decoded = memory_new(value.size, 1);
        put_hex(decoded, value.size, json_string_value(cell));
        value.data = decoded;
    }
    if (!batch_add_text(batch, column, value))
        script_fail("a cell is too large");
    memory_free(decoded);
}

static void put_double(uint8_t *target, size_t width, const char *text)
{
    double wide = strtod(text, NULL);
    float narrow = (float)wide;
    if (width == sizeof narrow)
        memcpy(target, &narrow, width);
    else
        memcpy(target, &wide, width);
}

static void put_integer(uint8_t *target, size_t width, const json_t *cell)
{
    const char *text = json_string_value(cell);
    uint64_t bits = (uint64_t)json_integer_value(cell);
    if (text)
        bits = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10)
                              : strtoull(text, NULL, 10);
    memcpy(target, &bits, width);
}

static void put_fixed(struct batch *batch, size_t column, const json_t *cell)
{
    const struct column *plan = &batch->table->columns[column];
    uint8_t *target = batch_fixed(batch, column);
    const char *text = json_string_value(cell);
    if (plan->kind == KIND_UUID)
        put_hex(target, plan->width, text);
    else if (plan->kind == KIND_FLOAT)
        put_double(target, plan->width, text);
    else if (plan->kind != KIND_DECIMAL)
        put_integer(target, plan->width, cell);
    else if (!decimal_parse(bytes_of(text), plan->precision, plan->scale,
                            plan->width, target))
        script_fail("no decimal: %s", text);
}

void script_row(struct batch *batch, const json_t *cells, bool is_deleted)
{
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const json_t *cell = json_array_get(cells, i);
        if (!cell)
            script_fail("a row has too few cells");
        else if (json_is_null(cell))
            batch_set_null(batch, i);
        else if (kind_is_variable(batch->table->columns[i].kind))
            put_variable(batch, i, cell);
        else
            put_fixed(batch, i, cell);
    }
    batch->digest_sum = batch->row_count + 1;
    batch_add_row(batch, is_deleted);
}
