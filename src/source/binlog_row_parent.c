/*
 * Rows that other tables refer to. What must stay true: a delete or a change
 * that the log does not tell in full is told without a value, never left out.
 */
#include "base/memory.h"
#include "source/binlog_row.h"

#define VALUE_LIMIT ((size_t)64 << 10)

/* Columns of the map, or NULL where one is not read. */
static size_t *find_columns(const struct followed_reference *reference,
                            const struct binlog_table *table,
                            const struct binlog_resolution *resolution)
{
    size_t *columns = memory_new(reference->count, sizeof(*columns));

    for (size_t i = 0; i < reference->count; i++) {
        size_t j = 0;
        while (j < table->cell_count &&
               resolution->columns[j] != reference->columns[i])
            j++;
        columns[i] = j;
        if (j < table->cell_count)
            continue;
        memory_free(columns);
        return NULL;
    }
    return columns;
}

void binlog_references_init(struct binlog_table *table,
                            const struct binlog_resolution *resolution)
{
    const struct followed *followed = table->followed;

    buffer_init(&table->value, VALUE_LIMIT);
    table->references = memory_new(followed->reference_count,
                                   sizeof(*table->references));
    for (size_t i = 0; i < followed->reference_count; i++)
        if (followed->references[i].columns)
            table->references[i] = find_columns(&followed->references[i],
                                                table, resolution);
}

void binlog_references_release(struct binlog_table *table)
{
    for (size_t i = 0; table->references &&
                       i < table->followed->reference_count; i++)
        memory_free(table->references[i]);
    memory_free(table->references);
    buffer_release(&table->value);
    table->references = NULL;
}

/* What is known of a value. */
enum knowledge { VALUE_TOLD, VALUE_NULL, VALUE_UNKNOWN };

static enum knowledge write_value(struct binlog_table *table,
                                  const size_t *columns, size_t count,
                                  const struct bytes *values)
{
    struct buffer *text = &table->value;

    buffer_clear(text);
    buffer_add_byte(text, '[');
    for (size_t i = 0; i < count; i++) {
        struct bytes value = values[columns[i]];
        if (value.data && value.size == SIZE_MAX)
            return VALUE_NULL; /* nothing refers to it */
        buffer_add_text(text, i == 0 ? "\"" : ",\"");
        if (!value.data || !table->cells[columns[i]].maker ||
            !binlog_cell_text(&table->cells[columns[i]], value, text))
            return VALUE_UNKNOWN;
        buffer_add_byte(text, '"');
    }
    buffer_add_byte(text, ']');
    return text->is_overflown ? VALUE_UNKNOWN : VALUE_TOLD;
}

/* What is told of one row image. */
struct telling {
    struct binlog_table *table;
    const struct log_sink *sink;
    uint64_t version;
};

static void tell(const struct telling *telling, size_t reference,
                 enum log_touch touch, const struct bytes *values)
{
    struct binlog_table *table = telling->table;
    const size_t *columns = table->references[reference];
    size_t count = table->followed->references[reference].count;
    enum knowledge known = VALUE_UNKNOWN;

    if (columns)
        known = write_value(table, columns, count, values);
    if (known != VALUE_NULL)
        telling->sink->parent(
            telling->sink->context,
            (struct followed *)(uintptr_t)table->followed, reference, touch,
            known == VALUE_TOLD ? buffer_text(&table->value) : NULL,
            telling->version);
}

/* The after image has been completed from the one before. */
static bool is_changed(const struct binlog_table *table, size_t reference)
{
    const size_t *columns = table->references[reference];

    if (!columns)
        return true;
    for (size_t i = 0;
         i < table->followed->references[reference].count; i++) {
        struct bytes before = table->before[columns[i]];
        struct bytes after = table->after[columns[i]];
        if (before.data == after.data && before.size == after.size)
            continue; /* absent in both, or taken from the one before */
        if (!before.data || before.size != after.size ||
            before.size == SIZE_MAX || !bytes_equal(before, after))
            return true;
    }
    return false;
}

static void tell_change(const struct telling *telling, size_t reference)
{
    struct binlog_table *table = telling->table;

    if (!is_changed(table, reference))
        return;
    if (table->followed->references[reference].on_update) {
        tell(telling, reference, PARENT_CHANGED, table->before);
        tell(telling, reference, PARENT_CHANGED, table->after);
    }
    if (table->followed->tells_new)
        tell(telling, reference, PARENT_NEW, table->after);
}

void binlog_references_tell(struct binlog_table *table,
                            enum log_touch touch,
                            const struct log_sink *sink, uint64_t version)
{
    const struct followed *followed = table->followed;
    struct telling telling = {table, sink, version};

    if (!sink->parent)
        return;
    for (size_t i = 0; i < followed->reference_count; i++) {
        if (touch == PARENT_CHANGED)
            tell_change(&telling, i);
        else if (touch == PARENT_NEW && followed->tells_new)
            tell(&telling, i, PARENT_NEW, table->after);
        else if (touch == PARENT_GONE && followed->references[i].on_delete)
            tell(&telling, i, PARENT_GONE, table->before);
    }
}
