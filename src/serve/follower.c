/*
 * The thread that follows the log. Whatever ends its work but a stop, a reload
 * or a defect is told once and tried again; the windows go on meanwhile.
 */
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "process.h"

#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000
#define PAUSE_MS 1000

struct follower {
    struct process *process;
    struct told told;
    struct backoff backoff;
};

static size_t followed_first(struct work *works, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct work work = works[i];
        if (work.mode != MODE_CDC)
            continue;
        works[i] = works[kept];
        works[kept++] = work;
    }
    return kept;
}

static enum status run_kept(struct process *process, struct sync_run *run,
                            struct error *error)
{
    struct state_run history = {.started_by = "daemon", .command = "run"};
    struct state *state = NULL;
    enum status status = state_open(process->state, STATE_WRITE, &state,
                                    error);
    if (status == STATUS_OK)
        status = state_run_start(state, &history, error);
    if (status == STATUS_OK) {
        run->run = history.id;
        status = sync_run(process->sync, run, error);
        history.tables = run->count;
        history.exit_code = status_exit_code(status);
        (void)text_copy(history.outcome, sizeof history.outcome,
                        status_name(status));
        struct error kept;
        if (state_run_end(state, &history, &kept) != STATUS_OK)
            log_line(LOG_WARNING, NULL, "%s", kept.what);
    }
    state_close(state);
    return status;
}

/* To the present end of the log, and again after a second. */
static enum status follow(struct process *process, struct error *error)
{
    struct work *works = NULL;
    size_t count = 0;
    enum status status = works_list(process->sync, NULL, &works, &count,
                                    error);
    if (status != STATUS_OK)
        return status;
    struct sync_run run = {.kind = TASK_RUN, .works = works,
                           .part = STEER_FOLLOWER};
    run.count = followed_first(works, count);
    run.results = memory_new(run.count, sizeof *run.results);
    if (run.count > 0 && !steer_is_paused(process->steer, NULL))
        status = run_kept(process, &run, error);
    struct steer_figures figures = {.lag_ms = -1, .tables = run.count};
    for (size_t i = 0; i < run.count; i++)
        if (run.results[i].state &&
            text_equal(run.results[i].state, "on time")) {
            figures.tables_on_time++;
            if (run.results[i].lag_ms > figures.lag_ms)
                figures.lag_ms = run.results[i].lag_ms;
        }
    steer_tell(process->steer, STEER_FOLLOWER, &figures);
    memory_free(run.results);
    works_free(process->sync, works, count);
    steer_progress(process->steer, STEER_FOLLOWER);
    return error->id == ERROR_NONE ? STATUS_OK : status;
}

/* How long to wait before it is tried again; false: never. */
static bool settle(struct follower *follower, const struct error *error,
                   uint64_t *wait_ms)
{
    if (error->status == STATUS_INTERNAL || error->status == STATUS_BUSY) {
        process_fail(follower->process, error);
        return false;
    }
    if (error->status == STATUS_STOPPED)
        return false;
    told_failure(&follower->told, "cdc", error);
    *wait_ms = ACTION_WAIT_MS;
    return !status_is_retryable(error->status) ||
           backoff_next(&follower->backoff, 0, wait_ms);
}

static void *follower_run(void *argument)
{
    struct process *process = argument;
    struct follower follower = {.process = process};
    struct error error;
    backoff_init(&follower.backoff, RETRY_FIRST_MS, RETRY_CAP_MS,
                 UINT64_MAX / 4);
    while (!process_must_leave(process)) {
        uint64_t wait_ms = PAUSE_MS;
        uint64_t generation = steer_generation(process->steer);
        error_clear(&error);
        steer_wait(process->steer, STEER_FOLLOWER, 0);
        if (follow(process, &error) == STATUS_OK) {
            told_clear(&follower.told);
            backoff_reset(&follower.backoff);
        } else if (!settle(&follower, &error, &wait_ms)) {
            break;
        }
        steer_wait(process->steer, STEER_FOLLOWER, wait_ms);
        (void)steer_sleep(process->steer, generation, wait_ms);
    }
    steer_gone(process->steer, STEER_FOLLOWER);
    return NULL;
}

void follower_start(struct process *process)
{
    struct error error;
    if (process->has_follower)
        return;
    if (pthread_create(&process->follower, NULL, follower_run, process)) {
        (void)error_set(&error, ERROR_MACHINE, "could not start a thread");
        process_fail(process, &error);
        return;
    }
    process->has_follower = true;
}

void follower_join(struct process *process)
{
    if (!process->has_follower)
        return;
    pthread_join(process->follower, NULL);
    process->has_follower = false;
}
