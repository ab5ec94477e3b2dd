/*
 * A TABLE_MAP of any bytes: parsed or refused, and resolved against a table
 * by names and by ordinals. Built with clang
 * -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte (1: MariaDB, 2: a layout is there), number of columns of the
 * table (0 to 7), for each a byte that chooses its type; then the map's body.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/binlog_row.h"
#include "source/mysql_charset_table.h"

#define COLUMNS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const DECLARED[] = {
    "int(11)",     "int(10) unsigned", "bigint(20)",   "varchar(20)",
    "longtext",    "varbinary(9)",     "binary(16)",   "enum('a','b')",
    "set('a','?')", "json",            "decimal(10,2)", "datetime(6)",
    "bit(12)",     "uuid",             "inet4",        "year(4)",
};

static const struct mysql_charset utf8 = {.form = FORM_UTF8,
                                          .is_ascii_plain = true};

static void add_column(struct table *table, struct binlog_layout *layout,
                       uint8_t type)
{
    char name[] = {(char)('a' + table->column_count), '\0'};
    struct column *column = table_add_column(table, name);
    struct binlog_layout_column *place =
        &layout->columns[layout->column_count++];

    column->declared = memory_text(DECLARED[type % ARRAY_COUNT(DECLARED)]);
    column->charset = memory_text("utf8mb4");
    column->is_nullable = (type & 16) != 0;
    if (!mysql_map_column(column))
        abort();
    *place = (struct binlog_layout_column){
        memory_text(name), memory_text(column->declared),
        memory_text("utf8mb4"), column->is_nullable};
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
    struct binlog_map_form format = {8, options & 1};
    struct binlog_map map = {.table_id = 0};

    if (binlog_map_parse(&map, body, &format)) {
        resolve(&map, table, options & 2 ? layout : NULL);
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
        add_column(table, layout, data[2 + i]);
    if (count > 0)
        table_set_key(table, &key, 1);
    table->key_index = memory_text("PRIMARY");
    exact = memory_new(size - 2 - count, 1);
    memcpy(exact, data + 2 + count, size - 2 - count);
    parse(table, layout, data[0],
          (struct bytes){exact, size - 2 - count});
    memory_free(exact);
    binlog_layout_free(layout);
    table_free(table);
    return 0;
}
