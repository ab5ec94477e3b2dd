/*
 * A followed table under one map: makers by its columns, cells by the map's,
 * chosen once. What must stay true: a cell that has a maker has a reader.
 */
#include <stdio.h>

#include "base/memory.h"
#include "source/binlog_row.h"

#define KEY_LIMIT (1u << 20)

static void make_makers(struct binlog_table *table,
                        const struct mysql_charset *const *charsets)
{
    const struct table *plan = table->followed->table;

    table->makers = memory_new(plan->column_count, sizeof(*table->makers));
    for (size_t i = 0; i < plan->column_count; i++)
        mysql_cell_init(&table->makers[i], &table->row, plan, i, charsets[i]);
}

static void find_key(struct binlog_table *table,
                     const struct binlog_resolution *resolution)
{
    const struct table *plan = table->followed->table;

    table->key = memory_new(plan->key_count, sizeof(*table->key));
    table->key_count = plan->key_count;
    for (size_t i = 0; i < plan->key_count; i++) {
        for (size_t j = 0; j < resolution->column_count; j++) {
            if (resolution->columns[j] == plan->key[i])
                table->key[i] = j;
        }
    }
}

bool binlog_table_init(struct binlog_table *table,
                       const struct followed *followed,
                       const struct binlog_map *map,
                       const struct binlog_resolution *resolution,
                       const struct mysql_charset *const *charsets,
                       char *reason)
{
    size_t count = map->column_count;

    *table = (struct binlog_table){.followed = followed,
                                   .map = map,
                                   .cell_count = count,
                                   .row_end = resolution->row_end};
    make_makers(table, charsets);
    table->cells = memory_new(count, sizeof(*table->cells));
    table->before = memory_new(count, sizeof(*table->before));
    table->after = memory_new(count, sizeof(*table->after));
    buffer_init(&table->canonical[0], KEY_LIMIT);
    buffer_init(&table->canonical[1], KEY_LIMIT);
    find_key(table, resolution);
    table->absent_count = resolution->absent_count;
    table->absent = memory_new(resolution->absent_count,
                               sizeof(*table->absent));
    for (size_t i = 0; i < resolution->absent_count; i++)
        table->absent[i] = resolution->absent[i];
    binlog_references_init(table, resolution);
    for (size_t i = 0; i < count; i++) {
        size_t place = resolution->columns[i];
        if (!binlog_cell_init(&table->cells[i], &map->columns[i])) {
            snprintf(reason, 128, "column %zu of type %u has no known length",
                     i + 1, map->columns[i].code);
            return false;
        }
        table->json_count += table->cells[i].is_json;
        if (place != BINLOG_NO_COLUMN)
            binlog_cell_bind(&table->cells[i], &table->makers[place]);
    }
    return true;
}

void binlog_table_release(struct binlog_table *table)
{
    for (size_t i = 0; table->makers &&
                       i < table->followed->table->column_count; i++)
        mysql_cell_release(&table->makers[i]);
    for (size_t i = 0; table->cells && i < table->cell_count; i++)
        binlog_cell_release(&table->cells[i]);
    memory_free(table->makers);
    memory_free(table->cells);
    memory_free(table->key);
    memory_free(table->absent);
    binlog_references_release(table);
    memory_free(table->before);
    memory_free(table->after);
    buffer_release(&table->canonical[0]);
    buffer_release(&table->canonical[1]);
    *table = (struct binlog_table){.followed = NULL};
}

bool binlog_rows_kind(uint8_t code, struct binlog_rows *rows)
{
    static const struct {
        uint8_t code;
        enum binlog_rows_kind kind;
        bool has_extra;
    } kinds[] = {
        {23, BINLOG_WRITE, false},  {24, BINLOG_UPDATE, false},
        {25, BINLOG_DELETE, false}, {30, BINLOG_WRITE, true},
        {31, BINLOG_UPDATE, true},  {32, BINLOG_DELETE, true},
        {39, BINLOG_UPDATE_PARTIAL, true},
        {166, BINLOG_WRITE, false}, {167, BINLOG_UPDATE, false},
        {168, BINLOG_DELETE, false}, {169, BINLOG_WRITE, true},
        {170, BINLOG_UPDATE, true}, {171, BINLOG_DELETE, true}};

    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        if (kinds[i].code != code)
            continue;
        rows->kind = kinds[i].kind;
        rows->has_extra = kinds[i].has_extra;
        return true;
    }
    return false;
}

void binlog_rows_result_clear(struct binlog_rows_result *result)
{
    struct buffer keys = result->keys;

    buffer_clear(&keys);
    *result = (struct binlog_rows_result){.keys = keys};
}

void binlog_rows_result_release(struct binlog_rows_result *result)
{
    buffer_release(&result->keys);
}
