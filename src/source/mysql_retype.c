/*
 * `types: {column: type}`: another kind for a described column. Whether each
 * value fits is found when its cell is made; here only what no value of the
 * type could ever be is refused.
 */
#include <stdio.h>

#include "base/text.h"
#include "mysql.h"

struct target {
    const char *name;
    enum kind kind;
    uint8_t width;
};

static const struct target TARGETS[] = {
    {"text", KIND_TEXT, 0},    {"bytes", KIND_BYTES, 0},
    {"json", KIND_JSON, 0},    {"uuid", KIND_UUID, 16},
    {"int8", KIND_INT, 1},     {"int16", KIND_INT, 2},
    {"int32", KIND_INT, 4},    {"int64", KIND_INT, 8},
    {"uint8", KIND_UINT, 1},   {"uint16", KIND_UINT, 2},
    {"uint32", KIND_UINT, 4},  {"uint64", KIND_UINT, 8},
    {"float64", KIND_FLOAT, 8},
};

/* decimal(p,s) with p <= 76 and s <= p. */
static bool find_decimal(const char *type, struct column *wanted)
{
    unsigned precision = 0;
    unsigned scale = 0;
    int end = 0;
    if (sscanf(type, "decimal(%2u,%2u)%n", &precision, &scale, &end) != 2 ||
        end == 0 || type[end] != '\0' || precision == 0 || precision > 76 ||
        scale > precision)
        return false;
    wanted->kind = KIND_DECIMAL;
    wanted->width = kind_decimal_width(precision);
    wanted->precision = (uint8_t)precision;
    wanted->scale = (uint8_t)scale;
    return true;
}

static bool find_target(const char *type, struct column *wanted)
{
    wanted->precision = 0;
    wanted->scale = 0;
    for (size_t i = 0; i < ARRAY_COUNT(TARGETS); i++) {
        if (text_equal(TARGETS[i].name, type)) {
            wanted->kind = TARGETS[i].kind;
            wanted->width = TARGETS[i].width;
            return true;
        }
    }
    return find_decimal(type, wanted);
}

static bool is_numeric(enum kind kind)
{
    return kind == KIND_INT || kind == KIND_UINT || kind == KIND_FLOAT ||
           kind == KIND_DECIMAL;
}

/* Bytes have no digits; BINARY(16) may be a UUID. */
static bool may_become(const struct column *column,
                       const struct mysql_type *type,
                       const struct column *wanted)
{
    enum kind kind = wanted->kind;
    switch (column->kind) {
    case KIND_INT:
    case KIND_UINT:
    case KIND_DECIMAL:
    case KIND_FLOAT:
        return is_numeric(kind) || kind == KIND_TEXT;
    case KIND_TEXT:
        return kind != KIND_UUID || type->base == MYSQL_BASE_TEXT;
    case KIND_JSON:
        return kind == KIND_TEXT || kind == KIND_BYTES;
    case KIND_BYTES:
        return kind == KIND_UUID && column->fixed_length == 16;
    default:
        return kind == KIND_TEXT;
    }
}

enum status mysql_retype(struct table *table, const char *name,
                         const char *type, struct error *error)
{
    struct column *column = table_column(table, name);
    if (column == NULL)
        return error_set(error, ERROR_COLUMN_MISSING,
                         "cannot give column %s of table %s another type: "
                         "there is no such column", name, table->name);
    struct mysql_type declared;
    struct column wanted = *column;
    mysql_type_parse(column->declared, column->charset, &declared);
    if (!find_target(type, &wanted)) {
        (void)error_set(error, ERROR_SETTINGS_VALUE,
                        "cannot give column %s of table %s the type %s: it "
                        "is unknown", name, table->name, type);
        error_next(error, "use text, bytes, int8 to int64, uint8 to uint64, "
                          "float64, decimal(p,s), json or uuid");
        return error->status;
    }
    if (wanted.kind != column->kind &&
        !may_become(column, &declared, &wanted))
        return error_set(error, ERROR_SETTINGS_VALUE,
                         "cannot give column %s of table %s the type %s: it "
                         "is %s", name, table->name, type, column->declared);
    wanted.has_few_values =
        column->has_few_values && wanted.kind == KIND_TEXT;
    wanted.is_fixed_length = column->is_fixed_length &&
                             declared.base == MYSQL_BASE_BYTES;
    *column = wanted;
    table_settle(table);
    return STATUS_OK;
}
