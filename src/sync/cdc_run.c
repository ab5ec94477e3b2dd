/*
 * The rounds of a run over the log: what a round could not resolve is read
 * again by the next, with the tables described anew.
 */
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "sync/outcome.h"
#include "sync/supervise.h"

#define ROUNDS_MAX 3
#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000

struct rounds {
    bool is_again; /* the tables must be described anew first */
    bool is_open;  /* a further one is needed */
    bool is_stale; /* it went on to a statement, not to the end */
};

static bool is_followed(const struct work *work)
{
    return work->mode == MODE_CDC && work->problem.id == ERROR_NONE;
}

static enum status copy_tables(struct cdc *cdc, struct error *error)
{
    struct sync_run *run = cdc->run;
    bool *is_idle = memory_new(run->count, sizeof *is_idle);
    for (size_t i = 0; i < run->count; i++)
        is_idle[i] = true;
    for (size_t i = 0; i < cdc->count; i++)
        is_idle[cdc->tables[i].index] = !cdc->tables[i].needs_copy;
    enum status status = cdc->scan ? supervise(cdc->sync, run, cdc, is_idle,
                                               error)
                                   : STATUS_OK;
    memory_free(is_idle);
    /* A table that failed alone is copied by a later run. */
    return error->id == ERROR_NONE ? STATUS_OK : status;
}

static void note_table(struct cdc_table *table)
{
    struct work_result *result = &table->cdc->run->results[table->index];
    result->work = table->work;
    result->rows_read += table->rows_read;
    result->rows_confirmed += table->rows_confirmed;
    result->deletes += table->deletes;
    result->bytes += table->bytes;
    if (table->problem.id != ERROR_NONE && result->problem.id == ERROR_NONE)
        result->problem = table->problem;
}

static enum status run_round(struct cdc *cdc, bool *is_open, bool *is_stale,
                             struct error *error)
{
    enum status status = copy_tables(cdc, error);
    if (status == STATUS_OK)
        status = cdc_settle_copies(cdc, error);
    if (status == STATUS_OK)
        status = cdc_requests_copied(cdc, error);
    if (status == STATUS_OK)
        status = cdc_follow(cdc, error);
    for (size_t i = 0; i < cdc->count; i++)
        note_table(&cdc->tables[i]);
    if (status == STATUS_OK)
        status = cdc_requests_serve(cdc, is_open, error);
    *is_stale = cdc->is_stale;
    return status;
}

/* Puts what is known now of a table in place of what was. */
static void replace_work(struct work *work, struct work *works, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct work before = *work;
        if (!text_equal(works[i].name, before.name))
            continue;
        *work = works[i];
        works[i] = before;
        return;
    }
}

static enum status describe_again(struct sync *sync, struct sync_run *run,
                                  struct error *error)
{
    struct work *works = NULL;
    size_t count = 0;
    enum status status = works_list(sync, NULL, &works, &count, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < run->count; i++)
        if (is_followed(&run->works[i]))
            replace_work(&run->works[i], works, count);
    works_free(sync, works, count);
    return STATUS_OK;
}

/* The works were described before the run, or by the round before. */
static enum status try_round(struct sync *sync, struct sync_run *run,
                             struct rounds *rounds, struct error *error)
{
    struct cdc_ready ready;
    struct cdc cdc = {.sync = NULL};
    error_clear(error);
    enum status status = cdc_ready(sync, &ready, error);
    rounds->is_again |= ready.is_late;
    if (status == STATUS_OK && rounds->is_again)
        status = describe_again(sync, run, error);
    run->log_end = ready.end;
    if (status == STATUS_OK)
        status = cdc_begin(&cdc, sync, run, error);
    if (status == STATUS_OK)
        status = run_round(&cdc, &rounds->is_open, &rounds->is_stale, error);
    cdc_end(&cdc);
    run->log_end = NULL;
    memory_free(ready.end);
    /* What was read before the fault may have passed a change of columns. */
    rounds->is_again = status != STATUS_OK;
    return status;
}

/* A lost connection costs what was not yet confirmed. */
static enum status one_round(struct sync *sync, struct sync_run *run,
                             struct rounds *rounds, struct error *error)
{
    struct backoff backoff;
    uint64_t wait_ms = 0;
    backoff_init(&backoff, RETRY_FIRST_MS, RETRY_CAP_MS,
                 sync->settings->retry_ms);
    for (;;) {
        enum status status = try_round(sync, run, rounds, error);
        if (status != STATUS_TEMPORARY ||
            !backoff_next(&backoff, 0, &wait_ms))
            return status;
        log_line(error->id == ERROR_LOG_COLLISION ? LOG_WARNING : LOG_INFO,
                 NULL, "%s (%s), again in %.1f s", error->what,
                 error_id_text(error->id), (double)wait_ms / 1000);
        if (!clock_sleep_ms(wait_ms))
            return stop_check(error);
    }
}

static void keep_outcome(struct sync *sync, struct sync_run *run,
                         size_t index, int64_t started_us,
                         const struct error *error)
{
    struct work_result *result = &run->results[index];
    struct task task = {.sync = sync, .work = &run->works[index],
                        .index = index, .run = run, .result = result,
                        .mark_us = INT64_MIN, .reading_us = started_us};
    result->work = &run->works[index];
    if (result->problem.id == ERROR_NONE)
        result->problem = run->works[index].problem;
    if (result->problem.id == ERROR_NONE)
        result->problem = *error;
    outcome_keep(&task, NULL);
    progress_end(run->progress, index, result->state);
}

/* A part of a table is read by requests alone while the log is followed. */
static enum status refuse_backfill(struct error *error)
{
    error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_USAGE,
                     "cannot backfill rows under a name for a table that "
                     "follows the log");
    error_effect(error, "Nothing was read.");
    error_next(error, "the same without --name");
    return error->status;
}

enum status cdc_run(struct sync *sync, struct sync_run *run,
                    struct error *error)
{
    struct rounds rounds = {.is_open = true};
    int64_t started_us = 0;
    enum status worst = STATUS_OK;
    if (run->kind == TASK_BACKFILL)
        return refuse_backfill(error);
    for (size_t i = 0; i < ROUNDS_MAX && worst == STATUS_OK &&
                       rounds.is_open;) {
        rounds.is_open = rounds.is_stale = false;
        started_us = clock_utc_us();
        worst = one_round(sync, run, &rounds, error);
        rounds.is_again = true;
        rounds.is_open |= rounds.is_stale;
        i += !rounds.is_stale;
    }
    sync->source->ops->log->unpin(sync->source);
    for (size_t i = 0; i < run->count; i++) {
        if (run->works[i].mode != MODE_CDC ||
            steer_is_paused(sync->steer, run->works[i].name))
            continue;
        keep_outcome(sync, run, i, started_us, error);
        worst = status_worse(worst, run->results[i].problem.status);
    }
    return worst;
}
