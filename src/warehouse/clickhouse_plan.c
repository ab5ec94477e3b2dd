/*
 * Plans what a table needs in the warehouse, and does it. What must stay true:
 * nothing that holds rows is dropped or emptied here, and each step may be
 * done again.
 */
#include "clickhouse_plan.h"

#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"

static enum status has_database(struct clickhouse_session *session,
                                bool *is_there, struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT name FROM system.databases WHERE name = ");
    sql_text(&sql, session->house->database);
    buffer_add_text(&sql, " FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    *is_there = rows.row_count > 0;
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

/* Names of the stored tables, then of the views. */
static const char **list_names(const struct table *const *tables,
                               size_t count)
{
    const char **names = memory_new(2 * count, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = memory_format("%s" CLICKHOUSE_STORED, tables[i]->target);
        names[count + i] = memory_text(tables[i]->target);
    }
    return names;
}

static void free_names(const char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free((void *)(uintptr_t)names[i]);
    memory_free(names);
}

static char kind_sign(enum step_kind kind)
{
    switch (kind) {
    case STEP_DATABASE:
    case STEP_CREATE:
        return '+';
    case STEP_CANNOT:
        return 'x';
    default:
        return '~';
    }
}

static void add_change(struct warehouse_plan *plan, char kind, char *text)
{
    plan->changes = memory_resize(plan->changes, plan->count + 1,
                                  sizeof *plan->changes);
    plan->changes[plan->count++] =
        (struct warehouse_change){.kind = kind, .text = text};
}

static void fill_plan(const struct clickhouse *house,
                      const struct steps *steps, bool has_database_there,
                      struct warehouse_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    if (!has_database_there)
        add_change(plan, '+', memory_format("create database %s",
                                            house->database));
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        bool is_new_view = step->kind == STEP_VIEW && steps->is_new;
        add_change(plan, is_new_view ? '+' : kind_sign(step->kind),
                   memory_text(step->text));
    }
    plan->is_new = steps->is_new;
    plan->needs_reload = steps->needs_reload != NULL;
    plan->why = memory_text(steps->needs_reload);
}

enum status clickhouse_plan(struct warehouse_session *session,
                            const struct table *const *tables, size_t count,
                            struct warehouse_plan *plans, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table *found = memory_new(2 * count, sizeof *found);
    const char **names = list_names(tables, count);
    bool is_there = false;
    memset(plans, 0, count * sizeof *plans);
    enum status status = clickhouse_catalog(ours, names, 2 * count, found,
                                            error);
    for (size_t i = 0; i < 2 * count && status == STATUS_OK; i++)
        is_there = is_there || found[i].name;
    if (status == STATUS_OK && !is_there)
        status = has_database(ours, &is_there, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct steps steps;
        clickhouse_steps(ours->house, tables[i], &found[i], &found[count + i],
                         &steps);
        fill_plan(ours->house, &steps, is_there, &plans[i]);
        steps_release(&steps);
    }
    for (size_t i = 0; i < 2 * count && status == STATUS_OK; i++)
        clickhouse_table_release(&found[i]);
    free_names(names, 2 * count);
    memory_free(found);
    return status;
}

static enum status create_database(struct clickhouse_session *session,
                                   struct error *error)
{
    struct buffer sql;
    bool is_there = false;
    enum status status = has_database(session, &is_there, error);
    if (status != STATUS_OK || is_there)
        return status;
    FAILPOINT("clickhouse.ddl.database", error);
    sql_init(&sql);
    buffer_add_text(&sql, "CREATE DATABASE IF NOT EXISTS ");
    sql_name(&sql, session->house->database);
    buffer_add_text(&sql, " ENGINE = Atomic");
    status = clickhouse_execute(session, &sql, error);
    buffer_release(&sql);
    return status;
}

static enum status run_sql(struct clickhouse_session *session,
                           const char *text, struct error *error)
{
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, text);
    enum status status = clickhouse_execute(session, &sql, error);
    buffer_release(&sql);
    return status;
}

static enum status run_step(struct clickhouse_session *session,
                            const struct table *table,
                            const struct step *step, struct error *error)
{
    switch (step->kind) {
    case STEP_CREATE:
        FAILPOINT("clickhouse.ddl.create", error);
        break;
    case STEP_VIEW:
        FAILPOINT("clickhouse.ddl.view", error);
        break;
    case STEP_WIDEN:
        FAILPOINT("clickhouse.ddl.widen", error);
        return clickhouse_widen(session, table, step, error);
    case STEP_CANNOT:
        (void)error_set(error, ERROR_WAREHOUSE_TABLE, "%s", step->text);
        error_effect(error, "The table stands still; others go on.");
        error_next(error, "set  %s: {to: ANOTHER_NAME}, or move away what is "
                   "there", table->name);
        return error->status;
    default:
        FAILPOINT("clickhouse.ddl.alter", error);
    }
    return run_sql(session, step->sql, error);
}

/* What cannot be done is said before anything is done. */
static enum status run_steps(struct clickhouse_session *session,
                             const struct table *table,
                             const struct steps *steps, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < steps->count && status == STATUS_OK; i++) {
        if (steps->list[i].kind == STEP_CANNOT)
            status = run_step(session, table, &steps->list[i], error);
    }
    if (steps->needs_reload)
        return status;
    for (size_t i = 0; i < steps->count && status == STATUS_OK; i++)
        status = run_step(session, table, &steps->list[i], error);
    return status;
}

/* The stored table and the view. */
static enum status read_found(struct clickhouse_session *session,
                              const struct table *table,
                              struct clickhouse_table *found,
                              struct error *error)
{
    const char **names = list_names(&table, 1);
    enum status status = clickhouse_catalog(session, names, 2, found, error);
    free_names(names, 2);
    return status;
}

/* Releases what was found. */
static void take_steps(const struct clickhouse *house,
                       const struct table *table,
                       struct clickhouse_table *found, struct steps *steps)
{
    clickhouse_steps(house, table, &found[0], &found[1], steps);
    clickhouse_table_release(&found[0]);
    clickhouse_table_release(&found[1]);
}

static enum status settle(struct clickhouse_session *session,
                          const struct table *table, struct error *error)
{
    struct clickhouse_table found[2];
    struct steps steps;
    enum status status = read_found(session, table, found, error);
    if (status != STATUS_OK)
        return status;
    bool is_empty = !found[0].name && !found[1].name;
    take_steps(session->house, table, found, &steps);
    if (is_empty)
        status = create_database(session, error);
    if (status == STATUS_OK)
        status = run_steps(session, table, &steps, error);
    steps_release(&steps);
    return status;
}

static enum status make(struct clickhouse_session *session,
                        const struct table *table, enum step_kind kind,
                        struct error *error)
{
    struct steps steps = {NULL, 0, NULL, true};
    struct buffer sql;
    sql_init(&sql);
    if (kind == STEP_CREATE)
        clickhouse_create_sql(session->house, CREATE_TABLE, table, &sql);
    else
        clickhouse_view_sql(session->house, CREATE_VIEW, table, &sql);
    enum status status = run_step(session, table,
                                  steps_add(&steps, kind, NULL, &sql), error);
    steps_release(&steps);
    return status;
}

/* Table and view where neither is thought to be there. These statements replace
 * nothing: what is there after all is left as it is, and *is_new false. */
static enum status make_new(struct clickhouse_session *session,
                            const struct table *table, bool *is_new,
                            struct error *error)
{
    enum status status = make(session, table, STEP_CREATE, error);
    if (status == STATUS_OK)
        status = make(session, table, STEP_VIEW, error);
    *is_new = status == STATUS_OK;
    if (status == STATUS_OK)
        return STATUS_OK;
    int code = clickhouse_answer_code(session->http);
    if (code != CODE_TABLE_EXISTS && code != CODE_UNKNOWN_DATABASE)
        return status;
    error_clear(error);
    return STATUS_OK;
}

enum status clickhouse_prepare(struct warehouse_session *session,
                               const struct table *table, bool *is_new,
                               struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    enum status status = STATUS_OK;
    if (*is_new)
        status = make_new(ours, table, is_new, error);
    return status == STATUS_OK && !*is_new ? settle(ours, table, error)
                                           : status;
}

enum status clickhouse_settle_view(struct clickhouse_session *session,
                                   const struct table *table,
                                   const char *uuid, struct error *error)
{
    struct clickhouse_table found[2];
    struct steps steps;
    enum status status = read_found(session, table, found, error);
    if (status != STATUS_OK)
        return status;
    if (!found[0].name || !text_equal(found[0].uuid, uuid))
        status = error_set(error, ERROR_WAREHOUSE_ANSWER,
                           "table \"%s\" was swapped back by an earlier "
                           "request", table->name);
    take_steps(session->house, table, found, &steps);
    for (size_t i = 0; i < steps.count && status == STATUS_OK; i++) {
        if (steps.list[i].kind == STEP_VIEW)
            status = run_step(session, table, &steps.list[i], error);
    }
    steps_release(&steps);
    return status;
}
