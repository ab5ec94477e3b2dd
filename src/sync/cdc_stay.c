/*
 * A follower that stays: rounds without end. It alone acts on what ends a
 * round: temporary faults are tried again for ever, and what concerns the
 * whole log goes to the caller.
 */
#include "sync/cdc_stay.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "sync/outage.h"
#include "sync/outcome.h"
#include "sync/supervise.h"

#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000
/* Until tables are looked for again where none is to be followed. */
#define NOTHING_MS 60000
/* A round of that age was no vain try. */
#define ROUND_GOOD_US INT64_C(60000000)

/* --- what people see ----------------------------------------------------- */

static bool is_told(const struct work *work)
{
    return work->state && work->state->problem.id == work->problem.id;
}

/* Does the round do anything that people should find in the history? */
static bool is_worth_a_line(const struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->count; i++)
        if (cdc->tables[i].needs_copy)
            return true;
    for (size_t i = 0; i < cdc->run->count; i++)
        if (cdc->run->works[i].mode == MODE_CDC &&
            cdc->run->works[i].problem.id != ERROR_NONE &&
            !is_told(&cdc->run->works[i]))
            return true;
    return false;
}

static enum status begin_history(struct cdc *cdc, struct state_run *history,
                                 struct error *error)
{
    *history = (struct state_run){.id = 0};
    if (!is_worth_a_line(cdc))
        return STATUS_OK;
    (void)text_copy(history->started_by, sizeof history->started_by,
                    "daemon");
    (void)text_copy(history->command, sizeof history->command, "follow");
    enum status status = state_run_start(cdc->state, history, error);
    cdc->run->run = history->id;
    return status;
}

/* Tables that cannot be followed as they are. */
static void keep_problems(struct cdc *cdc)
{
    struct sync_run *run = cdc->run;
    for (size_t i = 0; i < run->count; i++) {
        struct work *work = &run->works[i];
        struct task task = {.sync = cdc->sync, .work = work, .index = i,
                            .run = run, .result = &run->results[i],
                            .mark_us = INT64_MIN};
        if (work->mode != MODE_CDC || work->problem.id == ERROR_NONE ||
            is_told(work))
            continue;
        run->results[i].problem = work->problem;
        log_line(LOG_WARNING, work->name, "%s (%s); next: %s",
                 work->problem.what, error_id_text(work->problem.id),
                 error_advice(&work->problem));
        outcome_keep(&task, cdc->state);
    }
}

static void end_history(struct cdc *cdc, struct state_run *history,
                        enum status status)
{
    struct error error;
    if (history->id == 0)
        return;
    history->tables = cdc->count;
    for (size_t i = 0; i < cdc->run->count; i++) {
        history->rows_read += cdc->run->results[i].rows_read;
        history->rows_confirmed += cdc->run->results[i].rows_confirmed;
        history->bytes += cdc->run->results[i].bytes;
    }
    history->exit_code = status_exit_code(status);
    (void)text_copy(history->outcome, sizeof history->outcome,
                    status_name(status));
    if (state_run_end(cdc->state, history, &error) != STATUS_OK)
        log_line(LOG_WARNING, NULL, "%s", error.what);
}

/* --- a round ------------------------------------------------------------- */

static enum status run_round(struct stay *stay, struct sync_run *run,
                             struct error *error)
{
    struct cdc cdc;
    struct state_run history = {.id = 0};
    enum status status = cdc_begin(&cdc, stay->sync, run, error);
    if (status == STATUS_OK)
        status = begin_history(&cdc, &history, error);
    if (status == STATUS_OK) {
        keep_problems(&cdc);
        status = stay_round(stay, &cdc, error);
    }
    end_history(&cdc, &history, status);
    cdc_end(&cdc);
    return status;
}

/* What stands in the way of the log alone is told by the round. */
static enum status make_ready(struct sync *sync, struct cdc_ready *ready,
                              struct error *error)
{
    enum status status = cdc_ready(sync, ready, error);
    if (status == STATUS_OK && ready->is_other)
        return error_set(error, ERROR_SOURCE_REACH,
                         "could not go on: another server answers");
    if (status != STATUS_ACTION && status != STATUS_TABLE)
        return status;
    error_clear(error);
    return STATUS_OK;
}

/* Tables described as they are now, then the round. */
static enum status one_round(struct stay *stay, struct error *error)
{
    struct sync *sync = stay->sync;
    struct cdc_ready ready;
    struct sync_run run = {.kind = TASK_RUN, .stay = stay,
                           .part = STEER_FOLLOWER};
    stay->generation = steer_generation(stay->steer);
    stay->round_at_us = 0;
    atomic_store(&stay->is_ending, false);
    error_clear(error);
    enum status status = make_ready(sync, &ready, error);
    run.log_end = ready.end;
    if (status == STATUS_OK)
        status = works_list(sync, NULL, &run.works, &run.count, error);
    bool is_wanted = status == STATUS_OK && cdc_is_wanted(&run);
    if (status == STATUS_OK && is_wanted) {
        run.results = memory_new(run.count, sizeof *run.results);
        status = run_round(stay, &run, error);
        memory_free(run.results);
    }
    works_free(sync, run.works, run.count);
    memory_free(ready.end);
    if (error->id == ERROR_NOTHING_MATCHES)
        status = STATUS_OK;
    if (status == STATUS_OK && !is_wanted) {
        steer_wait(stay->steer, STEER_FOLLOWER, NOTHING_MS);
        (void)steer_sleep(stay->steer, stay->generation, NOTHING_MS);
    }
    return status;
}

/* --- for ever ------------------------------------------------------------ */

/* After a fault: does another server answer now? What is known of the source
 * would be wrong. */
static enum status is_another(struct sync *sync, bool *is_other,
                              struct error *error)
{
    const struct source_ops *ops = sync->source->ops;
    struct source *probe = NULL;
    *is_other = false;
    enum status status = ops->open(sync->endpoint, &probe, error);
    if (status != STATUS_OK)
        return status;
    *is_other = !text_equal(ops->facts(probe)->identity,
                            ops->facts(sync->source)->identity);
    ops->close(probe);
    return STATUS_OK;
}

static void wait_again(struct stay *stay, struct backoff *backoff,
                       const struct error *error)
{
    uint64_t wait_ms = RETRY_CAP_MS;
    (void)backoff_next(backoff, 0, &wait_ms);
    const struct outage outage = {
        .settings = stay->sync->settings,
        .source = stay->sync->endpoint->name,
        .of_followed = true,
        .problem = error,
    };
    outage_keep(&outage);
    steer_tell_fault(stay->steer, STEER_FOLLOWER, error);
    log_line(error->id == ERROR_LOG_COLLISION ? LOG_WARNING : LOG_INFO, NULL,
             "%s (%s), again in %.1f s", error->what,
             error_id_text(error->id), (double)wait_ms / 1000);
    steer_wait(stay->steer, STEER_FOLLOWER, wait_ms + 1000);
    (void)steer_sleep(stay->steer, steer_generation(stay->steer), wait_ms);
}

static void wait_out_pause(struct stay *stay)
{
    struct steer_figures figures = {.lag_ms = -1};
    uint64_t generation = steer_generation(stay->steer);
    if (!steer_is_paused(stay->steer, NULL))
        return;
    (void)text_copy(figures.note, sizeof figures.note, "paused");
    steer_tell(stay->steer, STEER_FOLLOWER, &figures);
    steer_wait(stay->steer, STEER_FOLLOWER, 10000);
    (void)steer_sleep(stay->steer, generation, 5000);
}

static bool is_at_end(const struct stay *stay)
{
    return stop_is_requested() || steer_must_leave(stay->steer);
}

static enum status rounds(struct stay *stay, struct error *error)
{
    struct backoff backoff;
    bool is_other = false;
    enum status status = STATUS_OK;
    backoff_init(&backoff, RETRY_FIRST_MS, RETRY_CAP_MS, UINT64_MAX);
    while (!is_at_end(stay) && !is_other) {
        int64_t started_us = clock_monotonic_us();
        if (steer_is_paused(stay->steer, NULL)) {
            wait_out_pause(stay);
            continue;
        }
        if (backoff.attempts > 0)
            status = is_another(stay->sync, &is_other, error);
        if (status == STATUS_OK && !is_other)
            status = one_round(stay, error);
        if (status == STATUS_OK ||
            clock_monotonic_us() - started_us > ROUND_GOOD_US)
            backoff_reset(&backoff);
        if (status == STATUS_OK)
            continue;
        if (status != STATUS_TEMPORARY)
            break;
        wait_again(stay, &backoff, error);
        status = STATUS_OK;
    }
    if (is_other) {
        log_line(LOG_WARNING, NULL, "another server answers for source %s",
                 stay->sync->endpoint->name);
        steer_leave(stay->steer);
    }
    return is_at_end(stay) && status == STATUS_STOPPED ? STATUS_OK : status;
}

enum status cdc_stay(struct sync *sync, struct steer *steer,
                     struct error *error)
{
    struct stay stay = {.sync = sync, .steer = steer};
    pthread_mutex_init(&stay.mutex, NULL);
    error_clear(error);
    enum status status = rounds(&stay, error);
    sync->source->ops->log->unpin(sync->source);
    stay_pauses_free(&stay);
    pthread_mutex_destroy(&stay.mutex);
    if (status == STATUS_OK)
        error_clear(error);
    return status;
}
