/*
 * A TABLE_MAP's fixed part: names, types, metadata, NULL bits. What must stay
 * true: nothing behind the event is read, and a type whose bytes are not known
 * is refused, for the rows behind it could not be taken apart.
 */
#include "source/binlog_map.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "source/binlog_map_meta.h"

#define TABLE_ID_BYTES 6

const uint8_t *binlog_take_length(const uint8_t *at, const uint8_t *end,
                                  uint64_t *number)
{
    size_t bytes;

    if (!at || at == end)
        return NULL;
    *number = *at++;
    if (*number < 0xfb)
        return at;
    if (*number < 0xfc || *number > 0xfe)
        return NULL;
    bytes = *number == 0xfe ? 8 : *number - 0xfa;
    if ((size_t)(end - at) < bytes)
        return NULL;
    *number = 0;
    memcpy(number, at, bytes);
    return at + bytes;
}

uint64_t binlog_table_id(struct bytes body)
{
    uint64_t id = 0;

    if (body.size >= TABLE_ID_BYTES)
        memcpy(&id, body.data, TABLE_ID_BYTES);
    return id;
}

unsigned binlog_string_bytes(const struct binlog_column *column)
{
    if (column->code != MYSQL_TYPE_STRING)
        return column->meta[1];
    return column->meta[1] + (((column->meta[0] ^ 0x30u) & 0x30u) << 4);
}

static bool refuse(struct binlog_map *map, const char *reason)
{
    snprintf(map->reason, sizeof(map->reason), "%s", reason);
    map->column_count = 0;
    return false;
}

/* u8 length, text, NUL; a name with a NUL inside is none. */
static const uint8_t *take_name(const uint8_t *at, const uint8_t *end,
                                char *name)
{
    size_t length;

    if (!at || at == end)
        return NULL;
    length = *at++;
    if ((size_t)(end - at) < length + 1 || at[length] != 0 ||
        memchr(at, 0, length))
        return NULL;
    memcpy(name, at, length + 1);
    return at + length + 1;
}

/* Bytes of metadata of a type; -1 for one that is not known. */
static int meta_bytes(uint8_t code)
{
    switch (code) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_NULL:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return 0;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_GEOMETRY:
    case MYSQL_TYPE_JSON:
    case MYSQL_TYPE_TIME2:
    case MYSQL_TYPE_DATETIME2:
    case MYSQL_TYPE_TIMESTAMP2:
    case BINLOG_VECTOR:
    case BINLOG_BLOB_COMPRESSED:
        return 1;
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_STRING:
    case BINLOG_VARCHAR_COMPRESSED:
        return 2;
    default:
        return -1;
    }
}

/* ENUM and SET come as STRING with their own code in the first byte. */
static void settle_code(struct binlog_column *column)
{
    if (column->code == MYSQL_TYPE_STRING &&
        (column->meta[0] == MYSQL_TYPE_ENUM ||
         column->meta[0] == MYSQL_TYPE_SET))
        column->code = column->meta[0];
}

static bool take_types(struct binlog_map *map, const uint8_t *types,
                       struct bytes meta)
{
    const uint8_t *at = meta.data;
    size_t left = meta.size;

    for (size_t i = 0; i < map->column_count; i++) {
        struct binlog_column *column = &map->columns[i];
        int bytes = meta_bytes(types[i]);
        *column = (struct binlog_column){.code = types[i],
                                         .is_visible = true};
        if (bytes < 0) {
            size_t count = map->column_count;
            map->column_count = 0;
            snprintf(map->reason, sizeof(map->reason),
                     "column %zu of %zu has the type %u, which is not known",
                     i + 1, count, types[i]);
            return false;
        }
        if (left < (size_t)bytes)
            return refuse(map, "its metadata is cut off");
        memcpy(column->meta, at, (size_t)bytes);
        settle_code(column);
        at += bytes;
        left -= (size_t)bytes;
    }
    return left == 0 || refuse(map, "its metadata is too long");
}

static bool make_room(struct binlog_map *map, uint64_t count)
{
    if (count == 0 || count > BINLOG_COLUMNS_MAX)
        return refuse(map, "its number of columns is out of range");
    if (count > map->column_capacity) {
        map->columns = memory_resize(map->columns, (size_t)count,
                                     sizeof(*map->columns));
        map->column_capacity = (size_t)count;
    }
    map->column_count = (size_t)count;
    return true;
}

/* Types, metadata and NULL bits; the place of the optional part. */
static const uint8_t *take_columns(struct binlog_map *map, const uint8_t *at,
                                   const uint8_t *end)
{
    uint64_t number = 0;
    const uint8_t *types = binlog_take_length(at, end, &number);
    size_t count;

    if (!types || !make_room(map, number))
        return NULL;
    count = map->column_count;
    if ((size_t)(end - types) < count)
        return NULL;
    at = binlog_take_length(types + count, end, &number);
    if (!at || number > (size_t)(end - at) ||
        !take_types(map, types, (struct bytes){at, (size_t)number}))
        return NULL;
    at += number;
    if ((size_t)(end - at) < (count + 7) / 8)
        return NULL;
    for (size_t i = 0; i < count; i++)
        map->columns[i].is_nullable = at[i / 8] >> i % 8 & 1;
    return at + (count + 7) / 8;
}

static bool parse(struct binlog_map *map, const struct binlog_map_form *format)
{
    struct bytes body = buffer_bytes(&map->body);
    const uint8_t *end = body.data + body.size;
    const uint8_t *at = body.data + format->map_post_bytes;

    memcpy(&map->flags, at - sizeof(map->flags), sizeof(map->flags));
    at = take_name(at, end, map->database);
    at = take_name(at, end, map->table);
    if (!at)
        return refuse(map, "a name in it is cut off");
    at = take_columns(map, at, end);
    if (!at)
        return map->reason[0] ? false : refuse(map, "it is cut off");
    if (!binlog_meta_parse(map, (struct bytes){at, (size_t)(end - at)},
                           format->is_mariadb))
        return refuse(map, "its optional metadata is malformed");
    return true;
}

bool binlog_map_parse(struct binlog_map *map, struct bytes body,
                      const struct binlog_map_form *format)
{
    map->reason[0] = '\0';
    map->column_count = 0;
    map->key_count = 0;
    map->has_signs = map->has_names = map->has_key = false;
    map->is_mariadb = format->is_mariadb;
    map->body.limit = BINLOG_MAP_BYTES;
    buffer_clear(&map->body);
    if (format->map_post_bytes < TABLE_ID_BYTES ||
        body.size < format->map_post_bytes || body.size > BINLOG_MAP_BYTES)
        return refuse(map, "its length is out of range");
    buffer_add(&map->body, body.data, body.size);
    map->table_id = binlog_table_id(body);
    return parse(map, format);
}

bool binlog_map_again(struct binlog_map *map, struct bytes body,
                      const struct binlog_map_form *format)
{
    struct bytes known = buffer_bytes(&map->body);

    if (map->column_count == 0 || known.size != body.size ||
        body.size < TABLE_ID_BYTES || format->map_post_bytes < TABLE_ID_BYTES ||
        memcmp(known.data + TABLE_ID_BYTES, body.data + TABLE_ID_BYTES,
               body.size - TABLE_ID_BYTES) != 0)
        return false;
    map->table_id = binlog_table_id(body);
    return true;
}

void binlog_map_release(struct binlog_map *map)
{
    memory_free(map->columns);
    memory_free(map->key);
    buffer_release(&map->body);
    *map = (struct binlog_map){.table_id = 0};
}
