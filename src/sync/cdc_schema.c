/*
 * Changes of columns at their place in the log. What must stay true: what the
 * state says of the columns is saved before the checkpoint passes the
 * statement, and every answer may be given twice.
 */
#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc.h"
#include "sync/work.h"

static enum status save(struct cdc_table *table, struct error *error)
{
    struct cdc *cdc = table->cdc;
    if (!table->schema.is_changed)
        return STATUS_OK;
    FAILPOINT("cdc.schema", error);
    char *text = schema_text(&table->schema);
    enum status status = state_shape_write(cdc->state,
                                           cdc->sync->endpoint->name,
                                           table->work->name, text, error);
    memory_free(text);
    table->schema.is_changed = status != STATUS_OK;
    return status;
}

/* The warehouse's table gets the columns as they are described; but one that
 * is awaited may be another one's new name. */
static enum status settle(struct cdc_table *table, struct error *error)
{
    if (schema_awaits(&table->schema))
        return save(table, error);
    enum status status = cdc_prepare(table, error);
    if (status == STATUS_OK) {
        schema_settle(&table->schema, true);
        status = save(table, error);
    }
    return status;
}

/* --- where a round begins ------------------------------------------------ */

/* Which columns the warehouse has; all of them where it cannot say. */
static enum status ask_stored(struct cdc_table *table, bool *is_stored,
                              struct error *error)
{
    struct cdc *cdc = table->cdc;
    const struct warehouse_ops *ops = cdc->sync->warehouse->ops;
    const struct table *plan = table->work->table;
    char **seeds = memory_new(plan->column_count, sizeof *seeds);
    enum status status = ops->seeds ? ops->seeds(cdc->warehouse, &plan, 1,
                                                 &seeds, error)
                                    : STATUS_OK;
    for (size_t i = 0; i < plan->column_count; i++) {
        is_stored[i] = !ops->seeds || seeds[i];
        memory_free(seeds[i]);
    }
    memory_free(seeds);
    return status;
}

/* Where the stored table cannot become the one that is described. */
static enum status ask_plan(struct cdc_table *table, bool *needs_reload,
                            struct error *error)
{
    struct cdc *cdc = table->cdc;
    const struct table *wanted = table->work->table;
    struct warehouse_plan plan = {.changes = NULL};
    enum status status = cdc->sync->warehouse->ops->plan(
        cdc->warehouse, &wanted, 1, &plan, error);
    if (status != STATUS_OK)
        return status;
    *needs_reload = plan.needs_reload;
    warehouse_plan_release(&plan);
    return STATUS_OK;
}

static enum status begin_changed(struct cdc_table *table, struct error *error)
{
    const struct table *plan = table->work->table;
    bool *is_stored = memory_new(plan->column_count, sizeof *is_stored);
    enum status status = STATUS_OK;
    if (schema_has_new(&table->schema, plan))
        status = ask_stored(table, is_stored, error);
    if (status == STATUS_OK)
        table->needs_copy =
            schema_begin(&table->schema, plan, is_stored) == SCHEMA_READ;
    memory_free(is_stored);
    if (status == STATUS_OK && !table->needs_copy)
        status = ask_plan(table, &table->needs_copy, error);
    if (status != STATUS_OK || table->needs_copy)
        return status;
    return settle(table, error);
}

static enum status begin_table(struct cdc_table *table, struct error *error)
{
    struct cdc *cdc = table->cdc;
    struct state_table *known = NULL;
    enum status status = state_table_read(cdc->state,
                                          cdc->sync->endpoint->name,
                                          table->work->name, &known, error);
    if (status != STATUS_OK)
        return status;
    schema_init(&table->schema, known ? known->shape : NULL,
                table->work->shape_text);
    state_table_free(known);
    if (table->needs_copy || !schema_differs(&table->schema))
        return STATUS_OK;
    return begin_changed(table, error);
}

enum status cdc_schema_begin(struct cdc *cdc, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++)
        status = begin_table(&cdc->tables[i], error);
    return status;
}

void cdc_schema_copies(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->count; i++)
        if (cdc->tables[i].needs_copy || cdc->tables[i].waits)
            schema_renew(&cdc->tables[i].schema);
}

/* --- in the log ---------------------------------------------------------- */

static void read_again(struct cdc_table *table, const char *reason)
{
    log_line(LOG_WARNING, table->work->name, "%s: it is read again", reason);
    cdc_request_now(table->cdc, table->work, reason);
    table->is_stopped = true;
}

static const char *policy_text(enum schema_changes policy)
{
    return policy == SCHEMA_CHANGES_ASK ? "ask" : "freeze";
}

/* Until the settings let it pass; then it is read again. */
static enum status stop_table(struct cdc_table *table, const char *column,
                              struct error *error)
{
    struct error problem;
    const struct work *work = table->work;
    error_clear(&problem);
    work_wait_for_person(work, &problem);
    log_line(LOG_WARNING, work->name, "column \"%s\" changed, and "
             "schema_changes is %s: the table stops", column,
             policy_text(work->settings->schema_changes));
    cdc_request_now(table->cdc, work,
                    "its columns changed while it stood still");
    cdc_stop_table(table, &problem);
    schema_stop(&table->schema);
    return save(table, error);
}

static enum status find_seed(struct cdc_table *table, const char *column,
                             char **seed, struct error *error)
{
    const struct column *known = table_column(table->work->table, column);
    enum status status = state_seed_read(
        table->cdc->state, table->cdc->sync->endpoint->name,
        table->work->name, column, seed, error);
    if (status == STATUS_OK && !*seed)
        *seed = memory_text(known ? known->seed_name : column);
    return status;
}

/* Does the warehouse have a column of that name, which the table has not? */
static enum status find_stored(struct cdc_table *table, const char *column,
                               bool *is_stored, struct error *error)
{
    struct cdc *cdc = table->cdc;
    const struct warehouse_ops *ops = cdc->sync->warehouse->ops;
    struct table *asked = table_new(table->work->table->database,
                                    table->work->name);
    const struct table *const tables[] = {asked};
    char *seed = NULL;
    char **seeds[] = {&seed};
    memory_free(asked->target);
    asked->target = memory_text(table->work->table->target);
    (void)table_add_column(asked, column);
    enum status status = ops->seeds ? ops->seeds(cdc->warehouse, tables, 1,
                                                 seeds, error)
                                    : STATUS_OK;
    *is_stored = !ops->seeds || seed;
    memory_free(seed);
    table_free(asked);
    return status;
}

/* Is it left out by "columns:"? */
static bool is_foreign(const struct cdc_table *table,
                       const struct log_change *change)
{
    const struct table_settings *settings = table->work->settings;
    if (!change->name || change->kind == CHANGE_DROP_INDEX ||
        settings->column_count == 0)
        return false;
    return !work_chooses(settings, change->name) &&
           !(change->new_name && work_chooses(settings, change->new_name)) &&
           !table_column(table->work->table, change->name);
}

static enum status judge(struct cdc_table *table,
                         const struct log_change *change,
                         enum schema_answer *answer, struct error *error)
{
    struct schema_case clause = {
        .table = table->work->table,
        .change = change,
        .policy = table->work->settings->schema_changes,
    };
    char *seed = NULL;
    enum status status = STATUS_OK;
    *answer = SCHEMA_GOES_ON;
    if (is_foreign(table, change))
        return STATUS_OK;
    if (change->name)
        status = find_seed(table, change->name, &seed, error);
    if (status == STATUS_OK && change->kind == CHANGE_ADD &&
        !table_column(clause.table, change->name))
        status = find_stored(table, change->name, &clause.is_stored, error);
    clause.seed = seed ? seed : "";
    if (status == STATUS_OK)
        *answer = schema_judge(&table->schema, &clause);
    if (status == STATUS_OK && clause.renames)
        status = state_seed_rename(table->cdc->state,
                                   table->cdc->sync->endpoint->name,
                                   table->work->name, change->name,
                                   change->new_name, error);
    if (clause.is_left_out)
        log_line(LOG_WARNING, table->work->name, "column \"%s\" is new and "
                 "left out: schema_changes is freeze", change->name);
    memory_free(seed);
    return status;
}

/* What the worst of all clauses asks for. */
static enum status meet_alter(struct cdc_table *table,
                              const struct log_item *item,
                              struct error *error)
{
    enum schema_answer worst = SCHEMA_GOES_ON;
    const char *column = "";
    enum status status = STATUS_OK;
    for (size_t i = 0; i < item->change_count && status == STATUS_OK; i++) {
        enum schema_answer answer;
        status = judge(table, &item->changes[i], &answer, error);
        if (answer > worst) {
            worst = answer;
            column = item->changes[i].name ? item->changes[i].name : "";
        }
    }
    bool has_changed = table->schema.is_changed || worst != SCHEMA_GOES_ON;
    if (has_changed)
        schema_settle(&table->schema, false);
    if (status == STATUS_OK)
        status = save(table, error);
    if (status != STATUS_OK)
        return status;
    if (worst == SCHEMA_STOP)
        return stop_table(table, column, error);
    if (worst == SCHEMA_READ || item->is_doubtful)
        read_again(table, "the columns of the table changed");
    else if (worst == SCHEMA_DESCRIBE)
        table->cdc->is_stale = true;
    else if (has_changed)
        return settle(table, error);
    return STATUS_OK;
}

/* A run that ends takes it up the next time. */
static void meet_created(struct cdc *cdc, const char *name)
{
    if (cdc->stay && !cdc_table_named(cdc, name) &&
        settings_for(cdc->sync->settings, name))
        cdc->is_stale = true;
}

enum status cdc_schema_meet(struct cdc *cdc, const struct log_item *item,
                            bool *is_met, struct error *error)
{
    struct cdc_table *table = item->table ? item->table->context : NULL;
    *is_met = true;
    switch (item->fate) {
    case TABLE_CREATED:
        meet_created(cdc, item->name);
        return STATUS_OK;
    case TABLE_ALTERED:
        return table->is_stopped ? STATUS_OK
                                 : meet_alter(table, item, error);
    case TABLE_EARLIER:
        schema_miss(&table->schema, item->changes, item->change_count);
        return save(table, error);
    case TABLE_AS_NOW:
        if (schema_awaits(&table->schema))
            read_again(table, "columns came without a word in the log");
        return STATUS_OK;
    default:
        *is_met = false;
        return STATUS_OK;
    }
}

void cdc_schema_end(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->count; i++)
        if (!cdc->tables[i].is_stopped &&
            schema_awaits(&cdc->tables[i].schema))
            read_again(&cdc->tables[i],
                       "columns came without a word in the log");
}
