/*
 * Whether a result has the columns that its readers were chosen for: a table
 * may change between its description and its reading. What must stay true: a
 * byte that a reader would misread is refused here.
 */
#include <stdio.h>

#include "source/mysql_rows.h"

/* Codes that a type may come with; MariaDB and MySQL differ for some. */
static bool is_code(const struct mysql_type *type, uint8_t code)
{
    static const uint8_t integers[] = {0,
                                       MYSQL_TYPE_TINY,
                                       MYSQL_TYPE_SHORT,
                                       MYSQL_TYPE_INT24,
                                       MYSQL_TYPE_LONG,
                                       0,
                                       0,
                                       0,
                                       MYSQL_TYPE_LONGLONG};

    switch (type->base) {
    case MYSQL_BASE_INT:
        return code == integers[type->bytes];
    case MYSQL_BASE_BIT:
        return code == MYSQL_TYPE_BIT;
    case MYSQL_BASE_DECIMAL:
        return code == MYSQL_TYPE_NEWDECIMAL;
    case MYSQL_BASE_FLOAT:
        return code == MYSQL_TYPE_FLOAT;
    case MYSQL_BASE_DOUBLE:
        return code == MYSQL_TYPE_DOUBLE;
    case MYSQL_BASE_YEAR:
        return code == MYSQL_TYPE_YEAR;
    case MYSQL_BASE_DATE:
        return code == MYSQL_TYPE_DATE || code == MYSQL_TYPE_NEWDATE;
    case MYSQL_BASE_TIME:
        return code == MYSQL_TYPE_TIME;
    case MYSQL_BASE_DATETIME:
        return code == MYSQL_TYPE_DATETIME;
    case MYSQL_BASE_TIMESTAMP:
        return code == MYSQL_TYPE_TIMESTAMP;
    case MYSQL_BASE_UNSUPPORTED:
        return false;
    default: /* texts and bytes */
        return code >= MYSQL_TYPE_ENUM || code == MYSQL_TYPE_VARCHAR ||
               code == MYSQL_TYPE_JSON;
    }
}

static bool has_attributes(const struct mysql_cell *cell,
                           const struct mysql_field *field)
{
    bool is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;

    switch (cell->type.base) {
    case MYSQL_BASE_INT:
        return is_unsigned == cell->type.is_unsigned;
    case MYSQL_BASE_DECIMAL:
        return field->decimals == cell->type.scale;
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_ENUM:
    case MYSQL_BASE_SET:
        return mysql_charset_has_collation(cell->charset, field->charset);
    default:
        return true;
    }
}

/* MariaDB gives the number of an ENUM 4 bytes, MySQL 8. */
static bool fit_extras(struct mysql_rows *rows,
                       const struct mysql_field *fields)
{
    for (size_t i = 0; i < rows->extra_count; i++) {
        if (fields[i].type != MYSQL_TYPE_LONG &&
            fields[i].type != MYSQL_TYPE_LONGLONG)
            return false;
        rows->extra_bytes[i] = fields[i].type == MYSQL_TYPE_LONG ? 4 : 8;
    }
    return true;
}

bool mysql_rows_fit(struct mysql_rows *rows,
                    const struct mysql_field *fields, size_t count,
                    char *reason, size_t size)
{
    size_t columns = rows->table->column_count;

    if (count != rows->field_count) {
        snprintf(reason, size, "the number of its columns changed");
        return false;
    }
    for (size_t i = 0; i < columns; i++) {
        if (is_code(&rows->cells[i].type, fields[i].type) &&
            has_attributes(&rows->cells[i], &fields[i]))
            continue;
        snprintf(reason, size, "the type of column \"%.64s\" changed",
                 rows->table->columns[i].name);
        return false;
    }
    if (!fit_extras(rows, fields + columns)) {
        snprintf(reason, size, "the number of a label is no integer");
        return false;
    }
    return true;
}
