/*
 * What each type of MySQL and MariaDB becomes (doc/types.md): the kind of the
 * batch with its width. The cell decoder makes the same of the bytes.
 */
#include "model/kind.h"
#include "mysql.h"

static void set_fixed(struct column *column, enum kind kind, unsigned width)
{
    column->kind = kind;
    column->width = (uint8_t)width;
}

/* 1, 2, 4 or 8 bytes hold so many. */
static unsigned power_of_two(unsigned bytes)
{
    if (bytes <= 2)
        return bytes;
    return bytes <= 4 ? 4 : 8;
}

static void map_number(struct column *column, const struct mysql_type *type)
{
    switch (type->base) {
    case MYSQL_BASE_INT:
        set_fixed(column, type->is_unsigned ? KIND_UINT : KIND_INT,
                  power_of_two(type->bytes));
        break;
    case MYSQL_BASE_BIT:
        set_fixed(column, KIND_UINT, power_of_two(type->bytes));
        break;
    case MYSQL_BASE_YEAR:
        set_fixed(column, KIND_UINT, 2);
        break;
    case MYSQL_BASE_DECIMAL:
        set_fixed(column, KIND_DECIMAL, kind_decimal_width(type->length));
        column->precision = (uint8_t)type->length;
        column->scale = (uint8_t)type->scale;
        break;
    default:
        set_fixed(column, KIND_FLOAT, type->bytes);
        break;
    }
}

static void map_time(struct column *column, const struct mysql_type *type)
{
    switch (type->base) {
    case MYSQL_BASE_DATE:
        set_fixed(column, KIND_DATE, 4);
        break;
    case MYSQL_BASE_TIME:
        set_fixed(column, KIND_TIME, 8);
        break;
    case MYSQL_BASE_DATETIME:
        set_fixed(column, KIND_DATETIME, 8);
        break;
    default:
        set_fixed(column, KIND_TIMESTAMP, 8);
        break;
    }
    column->scale = (uint8_t)type->scale;
}

static void map_text(struct column *column, const struct mysql_type *type)
{
    switch (type->base) {
    case MYSQL_BASE_BYTES:
        column->kind = KIND_BYTES;
        /* BINARY(n) alone has a fixed length; VARBINARY and BLOB do not. */
        column->is_fixed_length = column->declared[0] == 'b' &&
                                  column->declared[1] == 'i';
        column->fixed_length = column->is_fixed_length ? type->length : 0;
        break;
    case MYSQL_BASE_GEOMETRY:
        column->kind = KIND_BYTES;
        break;
    case MYSQL_BASE_UUID:
        set_fixed(column, KIND_UUID, 16);
        break;
    case MYSQL_BASE_JSON:
        column->kind = KIND_JSON;
        break;
    default:
        column->kind = KIND_TEXT;
        column->has_few_values = type->base == MYSQL_BASE_ENUM;
        break;
    }
}

bool mysql_map_column(struct column *column)
{
    struct mysql_type type;
    mysql_type_parse(column->declared, column->charset, &type);
    column->width = 0;
    switch (type.base) {
    case MYSQL_BASE_UNSUPPORTED:
        return false;
    case MYSQL_BASE_INT:
    case MYSQL_BASE_BIT:
    case MYSQL_BASE_YEAR:
    case MYSQL_BASE_DECIMAL:
    case MYSQL_BASE_FLOAT:
    case MYSQL_BASE_DOUBLE:
        map_number(column, &type);
        return true;
    case MYSQL_BASE_DATE:
    case MYSQL_BASE_TIME:
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        map_time(column, &type);
        return true;
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_BYTES:
    case MYSQL_BASE_ENUM:
    case MYSQL_BASE_SET:
    case MYSQL_BASE_JSON:
    case MYSQL_BASE_GEOMETRY:
    case MYSQL_BASE_UUID:
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        map_text(column, &type);
        return true;
    }
    return false;
}
