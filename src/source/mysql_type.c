/*
 * A column's type as information_schema.COLUMNS.COLUMN_TYPE writes it, such as
 * "decimal(10,2) unsigned" or "varchar(20) COMPRESSED" (in a comment). What is
 * not known stays unknown: a table with it stops by name.
 */
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "mysql.h"

struct named_type {
    const char *name;
    enum mysql_base base;
    unsigned bytes; /* of an integer or a float */
};

static const struct named_type TYPES[] = {
    {"tinyint", MYSQL_BASE_INT, 1},
    {"smallint", MYSQL_BASE_INT, 2},
    {"mediumint", MYSQL_BASE_INT, 3},
    {"int", MYSQL_BASE_INT, 4},
    {"integer", MYSQL_BASE_INT, 4},
    {"bigint", MYSQL_BASE_INT, 8},
    {"bit", MYSQL_BASE_BIT, 0},
    {"decimal", MYSQL_BASE_DECIMAL, 0},
    {"float", MYSQL_BASE_FLOAT, 4},
    {"double", MYSQL_BASE_DOUBLE, 8},
    {"year", MYSQL_BASE_YEAR, 0},
    {"date", MYSQL_BASE_DATE, 0},
    {"time", MYSQL_BASE_TIME, 0},
    {"datetime", MYSQL_BASE_DATETIME, 0},
    {"timestamp", MYSQL_BASE_TIMESTAMP, 0},
    {"char", MYSQL_BASE_TEXT, 0},
    {"varchar", MYSQL_BASE_TEXT, 0},
    {"tinytext", MYSQL_BASE_TEXT, 0},
    {"text", MYSQL_BASE_TEXT, 0},
    {"mediumtext", MYSQL_BASE_TEXT, 0},
    {"longtext", MYSQL_BASE_TEXT, 0},
    {"binary", MYSQL_BASE_BYTES, 0},
    {"varbinary", MYSQL_BASE_BYTES, 0},
    {"tinyblob", MYSQL_BASE_BYTES, 0},
    {"blob", MYSQL_BASE_BYTES, 0},
    {"mediumblob", MYSQL_BASE_BYTES, 0},
    {"longblob", MYSQL_BASE_BYTES, 0},
    {"enum", MYSQL_BASE_ENUM, 0},
    {"set", MYSQL_BASE_SET, 0},
    {"json", MYSQL_BASE_JSON, 0},
    {"uuid", MYSQL_BASE_UUID, 0},
    {"inet4", MYSQL_BASE_INET4, 0},
    {"inet6", MYSQL_BASE_INET6, 0},
    {"geometry", MYSQL_BASE_GEOMETRY, 0},
    {"point", MYSQL_BASE_GEOMETRY, 0},
    {"linestring", MYSQL_BASE_GEOMETRY, 0},
    {"polygon", MYSQL_BASE_GEOMETRY, 0},
    {"multipoint", MYSQL_BASE_GEOMETRY, 0},
    {"multilinestring", MYSQL_BASE_GEOMETRY, 0},
    {"multipolygon", MYSQL_BASE_GEOMETRY, 0},
    {"geometrycollection", MYSQL_BASE_GEOMETRY, 0},
    {"geomcollection", MYSQL_BASE_GEOMETRY, 0},
};

/* The name, in lower case, and what stands behind it. */
static const char *take_name(const char *text, char *name, size_t size)
{
    size_t length = 0;
    while (text[length] != '\0' && text[length] != '(' && text[length] != ' ') {
        char byte = text[length];
        if (length + 1 >= size)
            break;
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte - 'A' + 'a');
        name[length++] = byte;
    }
    name[length] = '\0';
    return text + length;
}

/* A number of at most 9 digits; NULL where there is none. */
static const char *take_number(const char *text, unsigned *number)
{
    unsigned value = 0;
    size_t digits = 0;
    while (text[digits] >= '0' && text[digits] <= '9' && digits < 9)
        value = value * 10 + (unsigned)(text[digits++] - '0');
    *number = value;
    return digits == 0 ? NULL : text + digits;
}

/* "(10,2)": both stay as they were where they do not stand there. */
static bool take_arguments(const char **rest, unsigned *first,
                           unsigned *second)
{
    if (**rest != '(')
        return true;
    const char *text = take_number(*rest + 1, first);
    if (text != NULL && *text == ',')
        text = take_number(text + 1, second);
    if (text == NULL || *text != ')')
        return false;
    *rest = text + 1;
    return true;
}

static bool is_time(enum mysql_base base)
{
    return base == MYSQL_BASE_TIME || base == MYSQL_BASE_DATETIME ||
           base == MYSQL_BASE_TIMESTAMP;
}

/* Puts the numbers in brackets where they belong; false: out of range. */
static bool settle(struct mysql_type *type, unsigned first, unsigned second)
{
    if (is_time(type->base)) {
        type->scale = first;
        return first <= 6;
    }
    type->length = first;
    if (type->base == MYSQL_BASE_BIT) {
        if (type->length == 0)
            type->length = 1;
        type->bytes = (type->length + 7) / 8;
        return type->length <= 64;
    }
    if (type->base == MYSQL_BASE_DECIMAL) {
        if (type->length == 0)
            type->length = 10;
        type->scale = second;
        return type->length <= 65 && second <= type->length;
    }
    return true;
}

void mysql_type_parse(const char *declared, const char *charset,
                      struct mysql_type *type)
{
    char name[24];
    unsigned first = 0;
    unsigned second = 0;
    memset(type, 0, sizeof(*type));
    type->base = MYSQL_BASE_UNSUPPORTED;
    const char *rest = take_name(declared, name, sizeof(name));
    const struct named_type *found = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(TYPES); i++)
        if (text_equal(TYPES[i].name, name))
            found = &TYPES[i];
    if (found == NULL)
        return;
    type->base = found->base;
    type->bytes = found->bytes;
    /* Labels stand in the brackets of these two; nothing is behind them. */
    if (type->base == MYSQL_BASE_ENUM || type->base == MYSQL_BASE_SET)
        return;
    bool is_known = take_arguments(&rest, &first, &second) &&
                    settle(type, first, second) &&
                    strstr(rest, "COMPRESSED") == NULL;
    if (!is_known)
        type->base = MYSQL_BASE_UNSUPPORTED;
    type->is_unsigned = strstr(rest, "unsigned") != NULL ||
                        strstr(rest, "zerofill") != NULL;
    if (type->base == MYSQL_BASE_TEXT &&
        (charset == NULL || text_equal(charset, "binary")))
        type->base = MYSQL_BASE_BYTES;
}

/* The letter behind a backslash, as servers write labels. */
static uint8_t unescape(char letter)
{
    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case '0':
        return '\0';
    default:
        return (uint8_t)letter;
    }
}

/* One label in quotes from `text`; '' is a quote, a backslash goes before
 * itself and what has no letter. NULL: there is none. */
static const char *take_label(const char *text, struct buffer *label)
{
    if (*text != '\'')
        return NULL;
    for (text++; *text != '\0'; text++) {
        if (*text == '\'' && text[1] != '\'')
            return text + 1;
        if (*text == '\\' && text[1] != '\0') {
            buffer_add_byte(label, unescape(*++text));
            continue;
        }
        if (*text == '\'')
            text++;
        buffer_add_byte(label, (uint8_t)*text);
    }
    return NULL;
}

bool mysql_type_label(const char *declared, unsigned number,
                      struct buffer *label)
{
    const char *text = strchr(declared, '(');
    for (unsigned i = 0; i < number && text != NULL; i++) {
        bool is_there = i == 0 || *text == ',';
        buffer_clear(label);
        text = is_there ? take_label(text + 1, label) : NULL;
    }
    return text != NULL && number > 0 && !label->is_overflown;
}
