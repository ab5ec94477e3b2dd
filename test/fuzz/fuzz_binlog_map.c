/*
 * A TABLE_MAP of any bytes: parsed or refused, and resolved against a table
 * by names and by ordinals. Built with clang
 * -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte of options, number of columns of the table (0 to 7), for each
 * a byte that chooses its type (0x80: it can be NULL); then the map's body.
 * The mutator makes maps of such tables, with lists that count right.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "made.h"
#include "source/binlog_row.h"
#include "source/mysql_charset_table.h"

#define COLUMNS_MAX 8

enum option {
    IS_MARIADB = 1,
    HAS_LAYOUT = 2,
    HAS_ROW_END = 4,  /* the last column of the layout */
    HAS_NO_KEY = 8,
    HIDES_LAST = 16,  /* in the layout only */
    IS_SHORT = 32,    /* post-header of 6 bytes */
    HAS_BYTES = 64    /* labels are delivered as bytes */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *declared;
    uint8_t code;
    uint8_t meta_bytes;
    uint8_t meta[2];
} TYPES[] = {
    {"int(11)", 3, 0, {0}}, {"int(10) unsigned", 3, 0, {0}},
    {"bigint(20)", 8, 0, {0}}, {"varchar(20)", 15, 2, {80, 0}},
    {"longtext", 252, 1, {4}}, {"varbinary(9)", 15, 2, {9, 0}},
    {"binary(16)", 254, 2, {254, 16}}, {"enum('a','b')", 254, 2, {247, 1}},
    {"set('a','?')", 254, 2, {248, 1}}, {"json", 245, 1, {4}},
    {"decimal(10,2)", 246, 2, {10, 2}}, {"datetime(6)", 18, 1, {6}},
    {"bit(12)", 16, 2, {4, 1}}, {"uuid", 254, 2, {254, 16}},
    {"inet4", 254, 2, {254, 4}}, {"year(4)", 13, 0, {0}},
    {"tinyint(4)", 1, 0, {0}}, {"smallint unsigned", 2, 0, {0}},
    {"mediumint(9)", 9, 0, {0}}, {"float", 4, 1, {4}},
    {"double", 5, 1, {8}}, {"date", 10, 0, {0}}, {"date", 14, 0, {0}},
    {"time", 11, 0, {0}}, {"time(3)", 19, 1, {3}}, {"datetime", 12, 0, {0}},
    {"timestamp", 7, 0, {0}}, {"timestamp(2)", 17, 1, {2}},
    {"tinytext", 252, 1, {1}}, {"mediumblob", 252, 1, {3}},
    {"blob", 252, 1, {2}}, {"char(100)", 254, 2, {0xee, 0x90}},
    {"point", 255, 1, {4}}, {"inet6", 254, 2, {254, 16}},
    {"varchar(9)", 253, 2, {36, 0}}, {"vector(3)", 242, 1, {4}},
    {"text", 140, 1, {2}}, {"varchar(9)", 141, 2, {36, 0}},
};

static unsigned ids[] = {33, 45, 255};
static const struct mysql_charset utf8 = {.form = FORM_UTF8,
                                          .is_ascii_plain = true,
                                          .ids = ids,
                                          .id_count = 3};

static bool is_label(const char *declared)
{
    return text_starts(declared, "enum") || text_starts(declared, "set");
}

static void add_column(struct table *table, struct binlog_layout *layout,
                       uint8_t type, uint8_t options)
{
    char name[] = {(char)('a' + layout->column_count), '\0'};
    const char *declared =
        TYPES[(type & 0x7f) % ARRAY_COUNT(TYPES)].declared;
    struct column *column = table_add_column(table, name);
    struct binlog_layout_column *place =
        &layout->columns[layout->column_count++];

    *place = (struct binlog_layout_column){
        memory_text(name), memory_text(declared), memory_text("utf8mb4"),
        (type & 0x80) != 0};
    column->declared = memory_text(declared);
    column->charset = memory_text(options & HAS_BYTES ? "latin1" : "utf8mb4");
    column->is_nullable = (type & 0x80) != 0;
    if (!mysql_map_column(column))
        table_remove_column(table, table->column_count - 1);
    else if (options & HAS_BYTES && is_label(declared))
        column->kind = KIND_BYTES;
}

static void resolve(const struct binlog_map *map, const struct table *table,
                    const struct binlog_layout *layout)
{
    const struct mysql_charset *charsets[COLUMNS_MAX];
    struct followed followed = {.table = table};
    struct binlog_resolution resolution = {.columns = NULL};
    struct binlog_table rows = {.followed = &followed};
    char reason[128];

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        charsets[i] = &utf8;
    if (binlog_map_resolve(map, table, layout, charsets, &resolution) ==
        BINLOG_MATCH) {
        (void)!binlog_table_init(&rows, &followed, map, &resolution,
                                 charsets, reason);
        binlog_table_release(&rows);
    } else if (resolution.reason[0] == '\0') {
        abort();
    }
    binlog_resolution_release(&resolution);
}

static void parse(const struct table *table,
                  const struct binlog_layout *layout, uint8_t options,
                  struct bytes body)
{
    struct binlog_map_form format = {options & IS_SHORT ? 6 : 8,
                                     options & IS_MARIADB};
    struct binlog_map map = {.table_id = 0};

    if (binlog_map_parse(&map, body, &format)) {
        resolve(&map, table, options & HAS_LAYOUT ? layout : NULL);
        if (!binlog_map_again(&map, body, &format))
            abort();
    } else if (map.reason[0] == '\0' || map.column_count > 0) {
        abort();
    }
    binlog_map_release(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct binlog_layout *layout;
    struct table *table;
    size_t count;
    size_t key = 0;
    uint8_t *exact;

    if (size < 2)
        return 0;
    count = data[1] % COLUMNS_MAX;
    if (size < 2 + count)
        return 0;
    table = table_new("d", "t");
    layout = memory_new(1, sizeof(*layout));
    layout->columns = memory_new(COLUMNS_MAX, sizeof(*layout->columns));
    layout->row_end = BINLOG_NO_COLUMN;
    for (size_t i = 0; i < count; i++)
        add_column(table, layout, data[2 + i], data[0]);
    if (data[0] & HIDES_LAST && table->column_count > 1)
        table_remove_column(table, table->column_count - 1);
    if (data[0] & HAS_ROW_END && count > 0)
        layout->row_end = count - 1;
    if (table->column_count > 0 && !(data[0] & HAS_NO_KEY)) {
        table_set_key(table, &key, 1);
        table->key_index = memory_text("PRIMARY");
    }
    exact = memory_new(size - 2 - count, 1);
    memcpy(exact, data + 2 + count, size - 2 - count);
    parse(table, layout, data[0],
          (struct bytes){exact, size - 2 - count});
    memory_free(exact);
    binlog_layout_free(layout);
    table_free(table);
    return 0;
}

/* --- the mutator ---------------------------------------------------------- */

struct made_map {
    uint8_t types[COLUMNS_MAX];
    size_t count;
};

static uint8_t code_of(const struct made_map *map, size_t at)
{
    size_t type = (map->types[at] & 0x7f) % ARRAY_COUNT(TYPES);

    return TYPES[type].meta[0] == 247 || TYPES[type].meta[0] == 248
               ? TYPES[type].meta[0]
               : TYPES[type].code;
}

static void make_signs(struct made *made, const struct made_map *map)
{
    static const uint8_t numbers[] = {1, 2, 3, 4, 5, 8, 9, 13, 246};
    uint32_t bits = 0;
    size_t count = 0;

    for (size_t i = 0; i < map->count; i++) {
        size_t type = (map->types[i] & 0x7f) % ARRAY_COUNT(TYPES);
        if (!memchr(numbers, code_of(map, i), sizeof(numbers)))
            continue;
        if (strstr(TYPES[type].declared, "unsigned"))
            bits |= 0x80u >> count;
        count++;
    }
    if (made_once(made, 9))
        bits = (uint32_t)made_edge(made);
    made_number(made, bits, (count + 7) / 8);
}

static void make_names(struct made *made, const struct made_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        made_byte(made, 1);
        made_byte(made, (uint8_t)('a' + (made_once(made, 20)
                                             ? made_draw(made, 12) : i)));
    }
}

static void make_labels(struct made *made, const struct made_map *map,
                        uint8_t code)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *second = code == 247 ? "b" : "?";
        if (code_of(map, i) != code)
            continue;
        made_byte(made, made_once(made, 9) ? 1 : 2);
        made_bytes(made, "\1a\1", 3);
        made_text(made, made_once(made, 6) ? "c" : second);
    }
}

/* For `count` columns: each its own, or the default and exceptions. */
static void make_collations(struct made *made, size_t count, bool is_default)
{
    static const uint16_t collations[] = {255, 63, 33, 45, 8, 2304};

    if (is_default) {
        made_lenenc(made, collations[made_draw(made, 6)]);
        for (size_t i = 0; i < count; i++) {
            if (!made_once(made, 3))
                continue;
            made_lenenc(made, i);
            made_lenenc(made, collations[made_draw(made, 6)]);
        }
        return;
    }
    for (size_t i = 0; i < count; i++)
        made_lenenc(made, collations[made_draw(made, 6)]);
}

static size_t count_codes(const struct made_map *map, const uint8_t *codes,
                          size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < map->count; i++)
        count += memchr(codes, code_of(map, i), size) != NULL;
    return count;
}

static void make_key(struct made *made, const struct made_map *map,
                     bool has_prefixes)
{
    if (!made_once(made, 6))
        made_byte(made, 0);
    else
        made_byte(made, (uint8_t)made_draw(made, map->count + 1));
    if (has_prefixes)
        made_byte(made, 0);
    if (made_once(made, 3))
        return;
    made_byte(made, (uint8_t)(map->count - 1));
    if (has_prefixes)
        made_byte(made, 4);
}

static void make_field(struct made *made, const struct made_map *map,
                       uint8_t kind, bool is_mariadb)
{
    uint8_t texts[] = {254, 15, 253, 252, 140, 141, is_mariadb ? 255 : 242};
    static const uint8_t labels[] = {247, 248};
    size_t at = made->size;

    made_byte(made, kind);
    made_byte(made, 0);
    if (kind == 1)
        make_signs(made, map);
    else if (kind == 2 || kind == 3)
        make_collations(made, count_codes(map, texts, sizeof(texts)),
                        kind == 2);
    else if (kind == 4)
        make_names(made, map);
    else if (kind == 5 || kind == 6)
        make_labels(made, map, kind == 5 ? 248 : 247);
    else if (kind == 7)
        made_random(made, count_codes(map, (const uint8_t *)"\xff", 1));
    else if (kind == 8 || kind == 9)
        make_key(made, map, kind == 9);
    else if (kind == 10 || kind == 11)
        make_collations(made, count_codes(map, labels, 2), kind == 10);
    else if (kind == 12)
        made_random(made, (map->count + 7) / 8);
    else
        made_words(made, 20);
    if (made_once(made, 40))
        made_byte(made, 0);
    made_patch(made, at + 1, made->size - at - 2, 1);
}

static void make_columns(struct made *made, const struct made_map *map)
{
    size_t at;
    uint32_t nulls = 0;

    made_lenenc(made, map->count);
    for (size_t i = 0; i < map->count; i++)
        made_byte(made, TYPES[(map->types[i] & 0x7f) % ARRAY_COUNT(TYPES)]
                            .code);
    at = made->size;
    made_byte(made, 0);
    for (size_t i = 0; i < map->count; i++) {
        size_t type = (map->types[i] & 0x7f) % ARRAY_COUNT(TYPES);
        if (made_once(made, 12))
            made_random(made, TYPES[type].meta_bytes);
        else if (made_once(made, 12))
            made_number(made, made_draw(made, 10), TYPES[type].meta_bytes);
        else
            made_bytes(made, TYPES[type].meta, TYPES[type].meta_bytes);
        nulls |= (uint32_t)(map->types[i] >> 7) << i;
    }
    made_patch(made, at, made->size - at - 1, 1);
    made_number(made, made_once(made, 9) ? made_edge(made) : nulls,
                (map->count + 7) / 8);
}

static void make_map(struct made *made)
{
    struct made_map map = {.count = 1 + made_draw(made, COLUMNS_MAX - 1)};
    uint8_t options = (uint8_t)made_draw(made, 128);
    bool has_names = made_once(made, 2);

    if (!made_once(made, 6))
        options &= (uint8_t)~IS_SHORT;
    made_byte(made, options);
    made_byte(made, (uint8_t)map.count);
    for (size_t i = 0; i < map.count; i++) {
        map.types[i] = (uint8_t)made_draw(made, ARRAY_COUNT(TYPES));
        if (i > 0 && made_once(made, 2))
            map.types[i] |= 0x80;
        made_byte(made, map.types[i]);
    }
    if (made_once(made, 9))
        map.types[made_draw(made, map.count)] = (uint8_t)made_draw(made, 256);
    else if (made_once(made, 9))
        map.count -= map.count > 1;
    made_number(made, 7, options & IS_SHORT ? 6 : 8);
    made_bytes(made, "\1d\0\1t", 6);
    make_columns(made, &map);
    for (uint8_t kind = 1; kind <= 13; kind++) {
        bool is_wanted = kind == 4 ? has_names : made_once(made, 3);
        if (is_wanted || (kind == 8 && has_names && made_once(made, 2)))
            make_field(made, &map, kind, options & IS_MARIADB);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    return made_mutate(data, size, max_size, seed, make_map);
}
