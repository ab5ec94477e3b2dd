/*
 * Columns that the settings name and the table does not have. What must stay
 * true: the message names table, column and setting, and its next step can be
 * taken as it stands.
 */
#include "base/memory.h"
#include "base/text.h"
#include "sync/work.h"

/* As many names as a person looks through. */
#define NAMES_TOLD 6u
#define NAMES_BYTES 300u

static void add_name(struct buffer *names, size_t place, const char *name)
{
    if (place <= NAMES_TOLD)
        buffer_add_format(names, "%s%s", place > 0 ? ", " : "",
                          place < NAMES_TOLD ? name : "...");
}

enum status work_no_column(const struct work *work, const char *setting,
                           const char *column, struct error *error)
{
    struct buffer names;
    const struct table *table = work->table;
    const char *near = table_nearest(table, column);
    (void)error_set(error, ERROR_COLUMN_MISSING,
                    "cannot find column \"%s\" of %s in table \"%s\"", column,
                    setting, work->name);
    error_effect(error, "The table stands still; others go on.");
    if (near) {
        error_next(error, "did you mean \"%s\"? Mend %s, then  tidemark check "
                   "%s", near, setting, work->name);
        return error->status;
    }
    buffer_init(&names, NAMES_BYTES);
    for (size_t i = 0; i < table->column_count; i++)
        add_name(&names, i, table->columns[i].name);
    error_next(error, "name a column that is there (%s) in %s, then  tidemark "
               "check %s", buffer_text(&names), setting, work->name);
    buffer_release(&names);
    return error->status;
}

static bool is_column(const struct work *work, const char *name)
{
    const struct source_table *found = work->described;
    for (size_t i = 0; i < found->unusable_count; i++)
        if (text_equal(found->unusable[i], name))
            return true;
    return table_column(work->table, name) != NULL;
}

enum status work_no_cursor(const struct work *work, const char *column,
                           struct error *error)
{
    struct buffer names;
    const struct source_table *found = work->described;
    if (!is_column(work, column) && table_nearest(work->table, column))
        return work_no_column(work, "cursor:", column, error);
    if (is_column(work, column))
        (void)error_set(error, ERROR_CURSOR_UNUSABLE,
                        "cannot read windows of table \"%s\": column \"%s\" "
                        "is no date, time or integer column", work->name,
                        column);
    else
        (void)error_set(error, ERROR_COLUMN_MISSING,
                        "cannot find column \"%s\" of cursor: in table "
                        "\"%s\"", column, work->name);
    error_effect(error, "The table stands still; others go on.");
    buffer_init(&names, NAMES_BYTES);
    for (size_t i = 0; i < found->cursor_count; i++)
        add_name(&names, i, found->cursors[i].column);
    if (found->cursor_count > 0)
        error_next(error, "set  %s: {cursor: %s}%s%s%s, then  tidemark check "
                   "%s", work->name, found->cursors[0].column,
                   found->cursor_count > 1 ? " (may be one: " : "",
                   found->cursor_count > 1 ? buffer_text(&names) : "",
                   found->cursor_count > 1 ? ")" : "", work->name);
    else
        error_next(error, "set  %s: {mode: full}, then  tidemark check %s",
                   work->name, work->name);
    buffer_release(&names);
    return error->status;
}

/* A new column under a name that another one had first: two cells of one seed
 * would change places unseen. */
static void part_seeds(struct table *table, size_t index)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (i == index || !text_equal(table->columns[i].seed_name,
                                      table->columns[index].name))
            continue;
        char *seed = memory_format("%s#2", table->columns[index].name);
        column_set_seed(&table->columns[index], seed);
        memory_free(seed);
        return;
    }
}

void work_set_seeds(struct table *table, char **seeds)
{
    for (size_t i = 0; i < table->column_count; i++)
        column_set_seed(&table->columns[i],
                        seeds[i] ? seeds[i] : table->columns[i].name);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!seeds[i])
            part_seeds(table, i);
        memory_free(seeds[i]);
    }
    memory_free(seeds);
}

void work_wait_for_person(const struct work *work, struct error *error)
{
    (void)error_set(error, ERROR_SCHEMA_WAITS,
                    "cannot go on with table \"%s\": its columns changed, "
                    "and schema_changes is %s", work->name,
                    work->settings->schema_changes == SCHEMA_CHANGES_ASK
                        ? "ask" : "freeze");
    error_effect(error, "The table stands still; others go on.");
    error_next(error, "tidemark plan %s; to agree set  %s: {schema_changes: "
               "add}, then  tidemark run", work->name, work->name);
}
