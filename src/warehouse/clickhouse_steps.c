/*
 * The steps from what is there to a table that can be loaded and a view that
 * can be read.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "clickhouse_plan.h"

struct step *steps_add(struct steps *steps, enum step_kind kind, char *text,
                       struct buffer *sql)
{
    steps->list = memory_resize(steps->list, steps->count + 1,
                                sizeof *steps->list);
    struct step *step = &steps->list[steps->count++];
    *step = (struct step){.kind = kind, .text = text};
    if (sql) {
        step->sql = memory_text(buffer_text(sql));
        buffer_release(sql);
    }
    return step;
}

void steps_release(struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        memory_free(steps->list[i].text);
        memory_free(steps->list[i].sql);
        memory_free(steps->list[i].undo);
    }
    memory_free(steps->list);
    memory_free(steps->needs_reload);
    memset(steps, 0, sizeof *steps);
}

static size_t stored_columns(const struct table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++)
        count += table->columns[i].is_stored;
    return count;
}

static void add_create(const struct clickhouse *house,
                       const struct table *table, struct steps *steps)
{
    struct buffer sql;
    size_t count = stored_columns(table);
    sql_init(&sql);
    clickhouse_create_sql(house, CREATE_TABLE_WHERE_NONE, table, &sql);
    steps_add(steps, STEP_CREATE,
              memory_format("create table %s.%s" CLICKHOUSE_STORED
                            " (%zu column%s)", house->database,
                            table->target, count, count == 1 ? "" : "s"),
              &sql);
    steps->is_new = true;
}

/* Not a view of ours: it stands in the way. */
static bool is_foreign(const struct clickhouse_table *view)
{
    return view->name && (!text_equal(view->engine, "View") ||
                          !strstr(view->select, CLICKHOUSE_STORED));
}

/* A view keeps the types it was made with, and casts what it reads. */
static bool shows_type(const struct column *column,
                       const struct clickhouse_table *stored,
                       const struct clickhouse_column *shown)
{
    const struct clickhouse_column *kept =
        clickhouse_table_find(stored, column->name);
    return kept && text_equal(shown->type, kept->type);
}

/* The view lists the stored columns in their order, under their types. */
static bool is_current(const struct table *table, bool marks,
                       const struct clickhouse_table *stored,
                       const struct clickhouse_table *view)
{
    size_t at = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored)
            continue;
        if (at == view->column_count ||
            !text_equal(view->columns[at].name, table->columns[i].name) ||
            !shows_type(&table->columns[i], stored, &view->columns[at]))
            return false;
        at++;
    }
    return at + marks == view->column_count &&
           (table->key_count > 0) == (strstr(view->select, "FINAL") != NULL);
}

static bool widens(const struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->list[i].kind == STEP_WIDEN)
            return true;
    }
    return false;
}

static void add_view(const struct clickhouse *house,
                     const struct table *table,
                     const struct clickhouse_table *stored,
                     const struct clickhouse_table *view,
                     struct steps *steps)
{
    struct buffer sql;
    if (is_foreign(view)) {
        steps_add(steps, STEP_CANNOT,
                  memory_format("cannot create view %s.%s: something of that "
                                "name is there already", house->database,
                                table->target), NULL);
        return;
    }
    if (view->name && !widens(steps) &&
        is_current(table, house->deletes == DELETES_MARK, stored, view))
        return;
    sql_init(&sql);
    clickhouse_view_sql(house, CREATE_OR_REPLACE_VIEW, table, &sql);
    steps_add(steps, STEP_VIEW,
              memory_format("%s view %s.%s",
                            view->name ? "replace" : "create",
                            house->database, table->target), &sql);
}

void clickhouse_steps(const struct clickhouse *house,
                      const struct table *table,
                      const struct clickhouse_table *stored,
                      const struct clickhouse_table *view,
                      struct steps *steps)
{
    memset(steps, 0, sizeof *steps);
    if (stored->name)
        clickhouse_compare(house, table, stored, steps);
    else
        add_create(house, table, steps);
    if (!steps->needs_reload)
        add_view(house, table, stored, view, steps);
}
