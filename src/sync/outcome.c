/*
 * One set of state words for summary, status and JSON. A value that is unknown
 * is left out (-1), never shown as 0.
 */
#include "sync/outcome.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

/* Will it not heal by itself? */
static bool needs_person(const struct error *problem)
{
    return problem->id != ERROR_NONE && !status_is_retryable(problem->status);
}

const char *outcome_word(const struct state_table *table, uint64_t late_ms,
                         int64_t now_us, int64_t *lag_ms)
{
    bool has_mark = table->mark_us > 0;
    int64_t since_us = has_mark ? table->mark_us : table->confirmed_us;
    *lag_ms = since_us > 0 ? (now_us - since_us) / 1000 : -1;
    if (table->life == LIFE_STOPPED || needs_person(&table->problem))
        return "action required";
    if (table->problem.id != ERROR_NONE)
        return "retrying";
    if (table->life == LIFE_NEW)
        return "never run";
    if (table->life == LIFE_BACKFILLING)
        return "copying";
    return *lag_ms >= 0 && (uint64_t)*lag_ms > late_ms ? "late" : "on time";
}

const char *outcome_resting(const struct work *work)
{
    int64_t lag_ms = -1;
    if (!work->state)
        return "never run";
    return outcome_word(work->state, work->late_ms, clock_utc_us(), &lag_ms);
}

static void replace_text(char **target, const char *text)
{
    memory_free(*target);
    *target = memory_text(text);
}

/* What the attempt has learnt, into the table's line. */
static void describe_table(const struct task *task, struct state_table *table)
{
    const struct work *work = task->work;
    const struct error *problem = &task->result->problem;
    bool is_backfill = task->run->kind == TASK_BACKFILL;
    if (is_backfill && problem->id != ERROR_NONE)
        return;
    replace_text(&table->target,
                 work->table ? work->table->target : work->name);
    replace_text(&table->mode, mode_name(work->mode));
    table->is_guessed = work->is_guessed;
    table->problem = *problem;
    table->run = task->run->run;
    table->rows_confirmed = task->result->rows_confirmed;
    if (problem->status == STATUS_TABLE && problem->id != ERROR_NONE)
        table->life = LIFE_STOPPED;
    else if (problem->id != ERROR_NONE && table->success_us == 0)
        table->life = LIFE_BACKFILLING;
    if (problem->id == ERROR_NONE && table->life == LIFE_STOPPED)
        table->life = LIFE_BACKFILLING;
    if (problem->id != ERROR_NONE || is_backfill)
        return;
    if (work->mode == MODE_FULL) {
        table->mark_us = 0;
        replace_text(&table->mark, NULL);
    }
    table->life = LIFE_LIVE;
    table->success_us = clock_utc_us();
    if (task->reading_us > 0)
        table->confirmed_us = task->reading_us;
    table->null_cursors = task->null_cursors;
    table->future_cursors = task->future_cursors;
    table->strays_us = task->strays_us;
    /* A followed table's changes with its place in the log. */
    if (work->mode != MODE_CDC || !table->shape)
        replace_text(&table->shape, work->shape_text);
    if (task->mark_us != INT64_MIN) {
        char text[40];
        table->mark_us = task->mark_us;
        replace_text(&table->mark, clock_text(text, task->mark_us));
    }
}

static enum status keep_table(const struct task *task, struct state *state,
                              struct error *error)
{
    struct state_table *table = NULL;
    const char *source = task->sync->endpoint->name;
    enum status status = state_table_read(state, source, task->work->name,
                                          &table, error);
    if (status != STATUS_OK)
        return status;
    if (!table)
        table = state_table_new(source, task->work->name);
    describe_table(task, table);
    task->result->state = outcome_word(table, task->work->late_ms,
                                       clock_utc_us(),
                                       &task->result->lag_ms);
    status = state_table_write(state, table, error);
    state_table_free(table);
    return status;
}

static enum status keep_history(const struct task *task, struct state *state,
                                struct error *error)
{
    const struct work_result *result = task->result;
    struct state_run_table line = {
        .run = task->run->run,
        .name = task->work->name,
        .mode = (char *)(uintptr_t)mode_name(task->work->mode),
        .state = (char *)(uintptr_t)result->state,
        .rows_read = result->rows_read,
        .rows_confirmed = result->rows_confirmed,
        .inserts = result->rows_confirmed - result->deletes,
        .deletes = result->deletes,
        .bad = result->problem.status == STATUS_TABLE ? 1 : 0,
        .bytes = result->bytes,
        .elapsed_ms = result->elapsed_ms,
        .problem = result->problem,
    };
    return state_run_table_add(state, &line, error);
}

void outcome_keep(struct task *task, struct state *state)
{
    struct work_result *result = task->result;
    struct error error;
    result->lag_ms = -1;
    result->state = result->problem.id == ERROR_NONE  ? "on time"
                    : needs_person(&result->problem) ? "action required"
                                                     : "retrying";
    struct state *opened = NULL;
    if (!state && state_open(task->sync->settings->state, STATE_WRITE,
                             &opened, &error) == STATUS_OK)
        state = opened;
    enum status status = state ? keep_table(task, state, &error) : STATUS_OK;
    if (state && status == STATUS_OK)
        status = keep_history(task, state, &error);
    if (state && status != STATUS_OK && result->problem.id == ERROR_NONE)
        result->problem = error;
    state_close(opened);
}
