/*
 * A rows event of any bytes for columns of any types: every image is counted
 * once, or the event is refused; nothing beyond it is read. Built with clang
 * -fsanitize=fuzzer,address,undefined.
 *
 * Input: kind of event and options, number of columns (1 to 16), for each a
 * byte that chooses its type; then the event's body behind its post-header.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/binlog_row.h"
#include "source/mysql_charset_table.h"

#define COLUMNS_MAX 16
#define ROWS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *declared;
    struct binlog_column column;
} TYPES[] = {
    {"tinyint(4)", {.code = 1}},
    {"smallint unsigned", {.code = 2}},
    {"mediumint(9)", {.code = 9}},
    {"int(11)", {.code = 3}},
    {"bigint unsigned", {.code = 8}},
    {"float", {.code = 4, .meta = {4}}},
    {"double", {.code = 5, .meta = {8}}},
    {"bit(12)", {.code = 16, .meta = {4, 1}}},
    {"bit(64)", {.code = 16, .meta = {0, 8}}},
    {"decimal(4,2)", {.code = 246, .meta = {4, 2}}},
    {"decimal(65,30)", {.code = 246, .meta = {65, 30}}},
    {"year(4)", {.code = 13}},
    {"date", {.code = 10}},
    {"time", {.code = 11}},
    {"time(6)", {.code = 19, .meta = {6}}},
    {"time(1)", {.code = 19, .meta = {1}}},
    {"datetime", {.code = 12}},
    {"datetime(3)", {.code = 18, .meta = {3}}},
    {"timestamp", {.code = 7}},
    {"timestamp(6)", {.code = 17, .meta = {6}}},
    {"char(9)", {.code = 254, .meta = {254, 36}}},
    {"char(100)", {.code = 254, .meta = {0xee, 0x90}}},
    {"varchar(20)", {.code = 15, .meta = {80, 0}}},
    {"varchar(400)", {.code = 15, .meta = {64, 6}}},
    {"longtext", {.code = 252, .meta = {4}}},
    {"binary(16)", {.code = 254, .meta = {254, 16}}},
    {"varbinary(9)", {.code = 15, .meta = {9, 0}}},
    {"tinyblob", {.code = 252, .meta = {1}}},
    {"enum('a','b')", {.code = 247, .meta = {247, 1}}},
    {"set('a','b','c')", {.code = 248, .meta = {248, 1}}},
    {"json", {.code = 245, .meta = {4}}},
    {"point", {.code = 255, .meta = {4}}},
    {"uuid", {.code = 254, .meta = {254, 16}}},
    {"inet4", {.code = 254, .meta = {254, 4}}},
    {"inet6", {.code = 254, .meta = {254, 16}}},
    {NULL, {.code = 242, .meta = {4}}}, /* not in the table */
};

static const struct mysql_charset utf8 = {.form = FORM_UTF8,
                                          .is_ascii_plain = true};

struct world {
    struct table *table;
    struct batch *batch;
    struct shape shape;
    struct followed followed;
    struct binlog_map map;
    struct binlog_resolution resolution;
};

static enum status room(void *context, struct followed *followed,
                        struct batch **batch, struct error *error)
{
    struct world *world = context;

    (void)followed;
    (void)error;
    if (batch_is_full(world->batch))
        batch_clear(world->batch);
    *batch = world->batch;
    return STATUS_OK;
}

static void add_column(struct world *world, uint8_t type)
{
    char name[] = {(char)('a' + world->table->column_count), '\0'};
    size_t at = world->map.column_count++;
    size_t chosen = type % ARRAY_COUNT(TYPES);
    struct column *column;

    world->map.columns[at] = TYPES[chosen].column;
    world->resolution.columns[at] = BINLOG_NO_COLUMN;
    if (!TYPES[chosen].declared)
        return;
    world->resolution.columns[at] = world->table->column_count;
    column = table_add_column(world->table, name);
    column->declared = memory_text(TYPES[chosen].declared);
    if (strstr(column->declared, "char") || strstr(column->declared, "text"))
        column->charset = memory_text("utf8mb4");
    column->is_nullable = world->table->column_count > 1;
    if (!mysql_map_column(column))
        abort();
}

static void read_rows(struct world *world, uint8_t options,
                      struct bytes body)
{
    const struct mysql_charset *charsets[COLUMNS_MAX];
    struct binlog_rows rows = {.kind = options % 4u,
                               .has_extra = (options & 4) != 0,
                               .post_bytes = options & 4 ? 10 : 8,
                               .body = body,
                               .epoch = 1,
                               .clock = 7};
    struct log_sink sink = {.context = world, .room = room};
    struct binlog_rows_result result = {.seen = 0};
    struct binlog_table table;
    struct error error;
    char reason[128];

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        charsets[i] = &utf8;
    if (!binlog_table_init(&table, &world->followed, &world->map,
                           &world->resolution, charsets, reason))
        abort();
    if (binlog_rows_read(&table, &rows, &sink, &result, &error) ==
            STATUS_OK &&
        result.seen != result.rows + result.walked + result.key_only +
                           result.unknown)
        abort();
    binlog_rows_result_release(&result);
    binlog_table_release(&table);
}

static void make_world(struct world *world, const uint8_t *types,
                       size_t count, uint8_t options)
{
    size_t key = 0;

    world->table = table_new("d", "t");
    world->map.columns = memory_new(count, sizeof(*world->map.columns));
    world->resolution.columns =
        memory_new(count, sizeof(*world->resolution.columns));
    world->resolution.column_count = count;
    world->resolution.row_end = options & 8 ? 0 : BINLOG_NO_COLUMN;
    for (size_t i = 0; i < count; i++)
        add_column(world, types[i]);
    if (world->table->column_count > 0 && !(options & 16))
        table_set_key(world->table, &key, 1);
    table_settle(world->table);
    world->shape.keeps_last_values = (options & 32) != 0;
    world->shape.keeps_rows = (options & 64) != 0;
    world->followed = (struct followed){
        .table = world->table,
        .shape = options & 128 ? NULL : &world->shape};
    world->batch = batch_new(world->table, ROWS, 1 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.table = NULL};
    size_t count;
    uint8_t *exact;

    if (size < 2)
        return 0;
    count = data[1] % COLUMNS_MAX + 1u;
    if (size < 2 + count)
        return 0;
    make_world(&world, data + 2, count, data[0]);
    exact = memory_new(size - 2 - count, 1);
    memcpy(exact, data + 2 + count, size - 2 - count);
    read_rows(&world, data[0], (struct bytes){exact, size - 2 - count});
    memory_free(exact);
    batch_free(world.batch);
    memory_free(world.resolution.columns);
    binlog_map_release(&world.map);
    table_free(world.table);
    return 0;
}
