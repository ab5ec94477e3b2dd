/*
 * The plan of one table. All texts belong to it; a column's seed is always
 * that of its seed_name.
 */
#include "model/table.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/digest.h"

/* A guess of what a variable cell holds, for the size of batches. */
#define TEXT_GUESS_BYTES 16

struct table *table_new(const char *database, const char *name)
{
    struct table *table = memory_new(1, sizeof(*table));

    table->database = memory_text(database);
    table->name = memory_text(name);
    table->target = memory_text(name);
    table->comment = memory_text("");
    return table;
}

struct column *table_add_column(struct table *table, const char *name)
{
    size_t count = table->column_count + 1;
    struct column *column;

    table->columns = memory_resize(table->columns, count, sizeof(*column));
    column = &table->columns[table->column_count];
    table->column_count = count;
    memset(column, 0, sizeof(*column));
    column->name = memory_text(name);
    column->comment = memory_text("");
    column->is_stored = true;
    column_set_seed(column, name);
    return column;
}

void table_set_key(struct table *table, const size_t *key, size_t count)
{
    memory_free(table->key);
    table->key = memory_new(count, sizeof(*key));
    for (size_t i = 0; i < count; i++)
        table->key[i] = key[i];
    table->key_count = count;
}

static void column_release(struct column *column)
{
    memory_free(column->name);
    memory_free(column->seed_name);
    memory_free(column->declared);
    memory_free(column->charset);
    memory_free(column->collation);
    memory_free(column->comment);
}

void table_remove_column(struct table *table, size_t column)
{
    column_release(&table->columns[column]);
    table->column_count--;
    for (size_t i = column; i < table->column_count; i++)
        table->columns[i] = table->columns[i + 1];
    for (size_t i = 0; i < table->key_count; i++)
        table->key[i] -= table->key[i] > column;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        column_release(&table->columns[i]);
    memory_free(table->columns);
    memory_free(table->database);
    memory_free(table->name);
    memory_free(table->target);
    memory_free(table->key);
    memory_free(table->key_index);
    memory_free(table->comment);
    memory_free(table);
}

size_t table_find(const struct table *table, const char *name)
{
    size_t i = 0;

    while (i < table->column_count &&
           !text_equal(table->columns[i].name, name))
        i++;
    return i;
}

struct column *table_column(const struct table *table, const char *name)
{
    size_t i = table_find(table, name);

    return i < table->column_count ? &table->columns[i] : NULL;
}

const char *table_nearest(const struct table *table, const char *name)
{
    const char **names = memory_new(table->column_count, sizeof *names);
    const char *near = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        names[i] = table->columns[i].name;
        if (text_equal_nocase(name, names[i]))
            near = names[i];
    }
    if (!near)
        near = text_nearest(name, names, table->column_count);
    memory_free(names);
    return near;
}

bool table_is_key(const struct table *table, size_t column)
{
    for (size_t i = 0; i < table->key_count; i++) {
        if (table->key[i] == column)
            return true;
    }
    return false;
}

void column_set_seed(struct column *column, const char *seed_name)
{
    char *copy = memory_text(seed_name);

    memory_free(column->seed_name);
    column->seed_name = copy;
    column->seed = digest_seed(copy);
}

void table_settle(struct table *table)
{
    enum kind kind = KIND_COUNT;

    if (table->key_count == 1)
        kind = table->columns[table->key[0]].kind;
    table->is_bucketed =
        table->key_count > 0 && kind != KIND_INT && kind != KIND_UINT;
}

size_t table_fixed_bytes(const struct table *table)
{
    /* version, digest, deleted mark */
    size_t bytes = sizeof(uint64_t) + sizeof(uint64_t) + 1;

    if (table->is_bucketed)
        bytes += sizeof(uint32_t);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (column->is_nullable)
            bytes += 1;
        bytes += kind_is_variable(column->kind) ? sizeof(size_t)
                                                : column->width;
    }
    return bytes;
}

size_t table_row_bytes(const struct table *table)
{
    size_t bytes = table_fixed_bytes(table);

    for (size_t i = 0; i < table->column_count; i++) {
        if (kind_is_variable(table->columns[i].kind))
            bytes += TEXT_GUESS_BYTES;
    }
    return bytes;
}

const char *mode_name(enum mode mode)
{
    static const char *const names[MODE_COUNT] = {
        [MODE_CDC] = "cdc",
        [MODE_INCREMENTAL] = "incremental",
        [MODE_FULL] = "full",
    };

    return names[mode];
}
