/*
 * The optional metadata of a map (binlog.md 3.6): signs, character sets,
 * names, labels, key. What must stay true: each list counts the columns that
 * the server counts for it, and one that is too short or too long is refused.
 */
#include "source/binlog_map_meta.h"

#include <string.h>

#include "base/memory.h"

enum field_kind {
    FIELD_SIGNS = 1,
    FIELD_CHARSET_DEFAULT,
    FIELD_CHARSETS,
    FIELD_NAMES,
    FIELD_SET_LABELS,
    FIELD_ENUM_LABELS,
    FIELD_GEOMETRY,
    FIELD_KEY,
    FIELD_KEY_PREFIXES,
    FIELD_LABEL_CHARSET_DEFAULT,
    FIELD_LABEL_CHARSETS,
    FIELD_VISIBLE
};

typedef bool counts_function(const struct binlog_column *column,
                             bool is_mariadb);

static bool is_numeric(const struct binlog_column *column, bool is_mariadb)
{
    (void)is_mariadb;
    switch (column->code) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
    case MYSQL_TYPE_YEAR:
        return true;
    default:
        return false;
    }
}

static bool is_text(const struct binlog_column *column, bool is_mariadb)
{
    switch (column->code) {
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_BLOB:
    case BINLOG_BLOB_COMPRESSED:
    case BINLOG_VARCHAR_COMPRESSED:
        return true;
    case MYSQL_TYPE_GEOMETRY:
        return is_mariadb;
    case BINLOG_VECTOR:
        return !is_mariadb;
    default:
        return false;
    }
}

static bool is_label(const struct binlog_column *column, bool is_mariadb)
{
    (void)is_mariadb;
    return column->code == MYSQL_TYPE_ENUM || column->code == MYSQL_TYPE_SET;
}

static bool take_signs(struct binlog_map *map, struct bytes field)
{
    size_t bit = 0;

    for (size_t i = 0; i < map->column_count; i++) {
        struct binlog_column *column = &map->columns[i];
        if (!is_numeric(column, false))
            continue;
        if (bit / 8 >= field.size)
            return false;
        column->is_unsigned = field.data[bit / 8] >> (7 - bit % 8) & 1;
        bit++;
    }
    map->has_signs = true;
    return field.size == (bit + 7) / 8;
}

static bool take_visible(struct binlog_map *map, struct bytes field)
{
    if (field.size != (map->column_count + 7) / 8)
        return false;
    for (size_t i = 0; i < map->column_count; i++)
        map->columns[i].is_visible = field.data[i / 8] >> (7 - i % 8) & 1;
    return true;
}

/* The default, then pairs of an index among the columns that count and its
 * own. */
static bool take_default(struct binlog_map *map, struct bytes field,
                         counts_function *counts, bool is_mariadb)
{
    const uint8_t *end = field.data + field.size;
    uint64_t collation;
    const uint8_t *at = binlog_take_length(field.data, end, &collation);
    uint64_t wanted = UINT64_MAX;
    uint64_t own = 0;
    uint64_t number = 0;

    for (size_t i = 0; at && i < map->column_count; i++) {
        struct binlog_column *column = &map->columns[i];
        if (!counts(column, is_mariadb))
            continue;
        if (at < end && (wanted == UINT64_MAX || wanted < number)) {
            at = binlog_take_length(at, end, &wanted);
            at = binlog_take_length(at, end, &own);
        }
        column->collation = (uint32_t)(wanted == number++ ? own : collation);
    }
    return at == end;
}

static bool take_charsets(struct binlog_map *map, struct bytes field,
                          counts_function *counts, bool is_mariadb)
{
    const uint8_t *end = field.data + field.size;
    const uint8_t *at = field.data;
    uint64_t collation;

    for (size_t i = 0; at && i < map->column_count; i++) {
        if (!counts(&map->columns[i], is_mariadb))
            continue;
        at = binlog_take_length(at, end, &collation);
        if (at)
            map->columns[i].collation = (uint32_t)collation;
    }
    return at == end;
}

/* A length and as many bytes. */
static const uint8_t *take_bytes(const uint8_t *at, const uint8_t *end,
                                 struct bytes *bytes)
{
    uint64_t length;

    at = binlog_take_length(at, end, &length);
    if (!at || length > (size_t)(end - at))
        return NULL;
    *bytes = (struct bytes){at, (size_t)length};
    return at + length;
}

static bool take_names(struct binlog_map *map, struct bytes field)
{
    const uint8_t *end = field.data + field.size;
    const uint8_t *at = field.data;

    for (size_t i = 0; at && i < map->column_count; i++)
        at = take_bytes(at, end, &map->columns[i].name);
    map->has_names = at == end;
    return at == end;
}

static bool take_labels(struct binlog_map *map, struct bytes field,
                        uint8_t code)
{
    const uint8_t *end = field.data + field.size;
    const uint8_t *at = field.data;

    for (size_t i = 0; at && i < map->column_count; i++) {
        struct binlog_column *column = &map->columns[i];
        uint64_t count = 0;
        struct bytes label;
        if (column->code != code)
            continue;
        at = binlog_take_length(at, end, &count);
        column->labels.data = at;
        column->label_count = (uint32_t)count;
        for (uint64_t j = 0; at && j < count; j++)
            at = take_bytes(at, end, &label);
        if (at)
            column->labels.size = (size_t)(at - column->labels.data);
    }
    return at == end;
}

static bool take_geometry(struct binlog_map *map, struct bytes field)
{
    const uint8_t *end = field.data + field.size;
    const uint8_t *at = field.data;
    uint64_t kind;

    for (size_t i = 0; at && i < map->column_count; i++) {
        if (map->columns[i].code != MYSQL_TYPE_GEOMETRY)
            continue;
        at = binlog_take_length(at, end, &kind);
        if (at)
            map->columns[i].geometry = (uint32_t)kind;
    }
    return at == end;
}

static bool take_key(struct binlog_map *map, struct bytes field,
                     bool has_prefixes)
{
    const uint8_t *end = field.data + field.size;
    const uint8_t *at = field.data;
    uint64_t index;
    uint64_t prefix;

    map->key = memory_resize(map->key, map->column_count, sizeof(*map->key));
    map->key_count = 0;
    while (at && at < end) {
        at = binlog_take_length(at, end, &index);
        if (at && has_prefixes)
            at = binlog_take_length(at, end, &prefix);
        if (!at || index >= map->column_count ||
            map->key_count == map->column_count)
            return false;
        map->key[map->key_count++] = (uint16_t)index;
    }
    map->has_key = true;
    return true;
}

static bool take_field(struct binlog_map *map, uint8_t kind,
                       struct bytes field, bool is_mariadb)
{
    switch (kind) {
    case FIELD_SIGNS:
        return take_signs(map, field);
    case FIELD_CHARSET_DEFAULT:
        return take_default(map, field, is_text, is_mariadb);
    case FIELD_CHARSETS:
        return take_charsets(map, field, is_text, is_mariadb);
    case FIELD_NAMES:
        return take_names(map, field);
    case FIELD_SET_LABELS:
        return take_labels(map, field, MYSQL_TYPE_SET);
    case FIELD_ENUM_LABELS:
        return take_labels(map, field, MYSQL_TYPE_ENUM);
    case FIELD_GEOMETRY:
        return take_geometry(map, field);
    case FIELD_KEY:
    case FIELD_KEY_PREFIXES:
        return take_key(map, field, kind == FIELD_KEY_PREFIXES);
    case FIELD_LABEL_CHARSET_DEFAULT:
        return take_default(map, field, is_label, is_mariadb);
    case FIELD_LABEL_CHARSETS:
        return take_charsets(map, field, is_label, is_mariadb);
    case FIELD_VISIBLE:
        return take_visible(map, field);
    default:
        return true;
    }
}

bool binlog_meta_parse(struct binlog_map *map, struct bytes fields,
                       bool is_mariadb)
{
    const uint8_t *end = fields.data + fields.size;
    const uint8_t *at = fields.data;

    while (at && at < end) {
        uint8_t kind = *at++;
        struct bytes field;
        at = take_bytes(at, end, &field);
        if (!at || !take_field(map, kind, field, is_mariadb))
            return false;
    }
    return at == end;
}
