/*
 * Is a column of the log what was declared, or a narrower one of its kind?
 * What must stay true: a type whose bytes a reader would misread, or whose
 * value the declared one does not hold, is no fit.
 */
#include "base/text.h"
#include "source/binlog_map.h"

#define COLLATION_BINARY 63u

static bool fits_int(const struct binlog_column *column,
                     const struct mysql_type *type)
{
    static const uint8_t codes[] = {
        0, MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24,
        MYSQL_TYPE_LONG, 0, 0, 0, MYSQL_TYPE_LONGLONG};

    for (size_t i = 1; i <= type->bytes; i++)
        if (codes[i] != 0 && column->code == codes[i])
            return true;
    return false;
}

static bool fits_number(const struct binlog_column *column,
                        const struct mysql_type *type)
{
    switch (type->base) {
    case MYSQL_BASE_INT:
        return fits_int(column, type);
    case MYSQL_BASE_BIT:
        return column->code == MYSQL_TYPE_BIT &&
               column->meta[1] * 8u + column->meta[0] <= type->length;
    case MYSQL_BASE_DECIMAL:
        return column->code == MYSQL_TYPE_NEWDECIMAL &&
               column->meta[1] <= type->scale &&
               column->meta[0] - column->meta[1] <=
                   (int)type->length - (int)type->scale;
    case MYSQL_BASE_FLOAT:
        return column->code == MYSQL_TYPE_FLOAT && column->meta[0] == 4;
    case MYSQL_BASE_DOUBLE:
        return column->code == MYSQL_TYPE_DOUBLE && column->meta[0] == 8;
    default:
        return column->code == MYSQL_TYPE_YEAR;
    }
}

/* The types of before 5.6 have no fraction, or one that the map does not
 * tell and nobody can find. */
static bool fits_time(const struct binlog_column *column,
                      const struct mysql_type *type)
{
    switch (column->code) {
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return type->base == MYSQL_BASE_DATE;
    case MYSQL_TYPE_TIME2:
        return type->base == MYSQL_BASE_TIME &&
               column->meta[0] <= type->scale;
    case MYSQL_TYPE_DATETIME2:
        return type->base == MYSQL_BASE_DATETIME &&
               column->meta[0] <= type->scale;
    case MYSQL_TYPE_TIMESTAMP2:
        return type->base == MYSQL_BASE_TIMESTAMP &&
               column->meta[0] <= type->scale;
    case MYSQL_TYPE_TIME:
        return type->base == MYSQL_BASE_TIME && type->scale == 0;
    case MYSQL_TYPE_DATETIME:
        return type->base == MYSQL_BASE_DATETIME && type->scale == 0;
    case MYSQL_TYPE_TIMESTAMP:
        return type->base == MYSQL_BASE_TIMESTAMP && type->scale == 0;
    default:
        return false;
    }
}

static unsigned blob_prefix(const char *declared)
{
    if (text_starts(declared, "tiny"))
        return 1;
    if (text_starts(declared, "medium"))
        return 3;
    return text_starts(declared, "long") ? 4 : 2;
}

/* CHAR, VARCHAR, TEXT and their binary sisters. */
static bool fits_string(const struct binlog_column *column,
                        const struct mysql_type *type, const char *declared)
{
    bool is_binary = text_starts(declared, "binary");

    if (is_binary || text_starts(declared, "char"))
        return column->code == MYSQL_TYPE_STRING &&
               (!is_binary || binlog_string_bytes(column) == type->length);
    if (text_starts(declared, "var"))
        return column->code == MYSQL_TYPE_VARCHAR ||
               column->code == MYSQL_TYPE_VAR_STRING;
    return column->code == MYSQL_TYPE_BLOB &&
           column->meta[0] <= blob_prefix(declared);
}

static bool fits_bytes(const struct binlog_column *column,
                       const struct mysql_type *type, const char *declared)
{
    switch (type->base) {
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_BYTES:
        return fits_string(column, type, declared);
    case MYSQL_BASE_ENUM:
        return column->code == MYSQL_TYPE_ENUM;
    case MYSQL_BASE_SET:
        return column->code == MYSQL_TYPE_SET;
    case MYSQL_BASE_JSON:
        return column->code == MYSQL_TYPE_JSON;
    case MYSQL_BASE_GEOMETRY:
        return column->code == MYSQL_TYPE_GEOMETRY;
    case MYSQL_BASE_UUID:
    case MYSQL_BASE_INET6:
        return column->code == MYSQL_TYPE_STRING &&
               binlog_string_bytes(column) == 16;
    case MYSQL_BASE_INET4:
        return column->code == MYSQL_TYPE_STRING &&
               binlog_string_bytes(column) == 4;
    default:
        return false;
    }
}

static bool fits_code(const struct binlog_column *column,
                      const struct mysql_type *type, const char *declared)
{
    switch (type->base) {
    case MYSQL_BASE_INT:
    case MYSQL_BASE_BIT:
    case MYSQL_BASE_DECIMAL:
    case MYSQL_BASE_FLOAT:
    case MYSQL_BASE_DOUBLE:
    case MYSQL_BASE_YEAR:
        return fits_number(column, type);
    case MYSQL_BASE_DATE:
    case MYSQL_BASE_TIME:
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        return fits_time(column, type);
    default:
        return fits_bytes(column, type, declared);
    }
}

static bool fits_charset(const struct binlog_column *column,
                         const struct mysql_type *type,
                         const struct mysql_charset *charset)
{
    if (column->collation == 0)
        return true;
    switch (type->base) {
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_ENUM:
    case MYSQL_BASE_SET:
        return !charset ||
               mysql_charset_has_collation(charset, column->collation);
    case MYSQL_BASE_BYTES:
    case MYSQL_BASE_UUID:
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        return column->collation == COLLATION_BINARY;
    default:
        return true;
    }
}

bool binlog_column_fits(const struct binlog_map *map,
                        const struct binlog_column *column,
                        const struct mysql_type *type, const char *declared,
                        const struct mysql_charset *charset)
{
    if (map->has_signs && type->base == MYSQL_BASE_INT &&
        column->is_unsigned != type->is_unsigned)
        return false;
    return fits_code(column, type, declared) &&
           fits_charset(column, type, charset);
}
