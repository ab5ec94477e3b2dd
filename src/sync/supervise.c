/*
 * Runs the tables of a run side by side. It alone acts on a status: temporary
 * faults are tried again, a table that needs a person stops alone, and what
 * concerns the whole source, warehouse or state ends the run.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "sync/outcome.h"
#include "sync/supervise.h"

#define WORKERS_MAX 16
#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000

/* What the workers of a run share. */
struct crew {
    struct sync *sync;
    struct sync_run *run;
    pthread_mutex_t mutex;
    struct cdc *cdc;    /* the log of this round; NULL: none */
    const bool *is_idle; /* by table: nothing to do here */
    size_t next;        /* index of the next table */
    enum status worst;
    struct error error; /* of what ended the run; ERROR_NONE: nothing */
};

struct worker {
    struct crew *crew;
    pthread_t thread;
    struct state *state;
    struct source_session *session;
    struct warehouse_session *warehouse;
};

static void worker_close(struct worker *worker)
{
    struct sync *sync = worker->crew->sync;
    if (worker->session)
        sync->source->ops->session_close(worker->session);
    if (worker->warehouse)
        sync->warehouse->ops->session_close(worker->warehouse);
    state_close(worker->state);
    worker->session = NULL;
    worker->warehouse = NULL;
    worker->state = NULL;
}

static enum status worker_open(struct worker *worker, struct error *error)
{
    struct sync *sync = worker->crew->sync;
    enum status status = STATUS_OK;
    if (!worker->state)
        status = state_open(sync->settings->state, STATE_WRITE,
                            &worker->state, error);
    if (status == STATUS_OK && !worker->session)
        status = sync->source->ops->session_open(sync->source,
                                                 &worker->session, error);
    if (status == STATUS_OK && !worker->warehouse)
        status = sync->warehouse->ops->session_open(
            sync->warehouse, &worker->warehouse, error);
    return status;
}

static enum status attempt(struct worker *worker, struct task *task,
                           struct error *error)
{
    error_clear(error);
    enum status status = worker_open(worker, error);
    if (status != STATUS_OK)
        return status;
    task->session = worker->session;
    task->warehouse = worker->warehouse;
    task->state = worker->state;
    struct cdc *cdc = worker->crew->cdc;
    status = cdc ? cdc_copy(cdc_table_of(cdc, task->index), task, error)
                 : task_attempt(task, error);
    if (status == STATUS_TEMPORARY || status == STATUS_STOPPED)
        worker_close(worker);
    return status;
}

/* May this failure heal while this process goes on? */
static bool is_worth_retry(const struct error *error)
{
    return error->status == STATUS_TEMPORARY &&
           error->id != ERROR_TABLE_CHANGED && error->id != ERROR_PAUSED;
}

static void tell_retry(const struct task *task, const struct error *error,
                       uint64_t wait_ms)
{
    char reason[128];
    (void)snprintf(reason, sizeof reason, "%.90s, again in %.1f s",
                   error->what, (double)wait_ms / 1000);
    progress_state(task->run->progress, task->index, "retrying", reason);
    steer_wait(task->sync->steer, task->run->part, wait_ms);
    log_line(LOG_INFO, task->work->name, "%s", reason);
}

static enum status try_until_done(struct worker *worker, struct task *task,
                                  struct error *error)
{
    struct backoff backoff;
    uint64_t confirmed = task->result->rows_confirmed;
    backoff_init(&backoff, RETRY_FIRST_MS, RETRY_CAP_MS,
                 worker->crew->sync->settings->retry_ms);
    for (;;) {
        enum status status = attempt(worker, task, error);
        uint64_t wait_ms = 0;
        if (status == STATUS_OK || !is_worth_retry(error))
            return status;
        if (task->result->rows_confirmed > confirmed)
            backoff_reset(&backoff);
        confirmed = task->result->rows_confirmed;
        if (!backoff_next(&backoff, 0, &wait_ms))
            return status;
        tell_retry(task, error, wait_ms);
        struct error stopped;
        struct steer *steer = task->sync->steer;
        if (!steer_sleep(steer, steer_generation(steer), wait_ms) &&
            steer_check(steer, &stopped) != STATUS_OK) {
            *error = stopped;
            return stopped.status;
        }
    }
}

static void run_task(struct worker *worker, size_t index)
{
    struct sync_run *run = worker->crew->run;
    struct work *work = &run->works[index];
    struct work_result *result = &run->results[index];
    struct task task = {
        .sync = worker->crew->sync,
        .work = work,
        .index = index,
        .run = run,
        .result = result,
        .mark_us = INT64_MIN,
        .strays_us = work->state ? work->state->strays_us : 0,
    };
    struct error error;
    int64_t started_us = clock_monotonic_us();
    error_clear(&error);
    progress_start(run->progress, index, work->name, "catching up");
    if (work->problem.id != ERROR_NONE)
        error = work->problem;
    else if (try_until_done(worker, &task, &error) == STATUS_OK)
        error_clear(&error);
    result->work = work;
    result->problem = error;
    result->elapsed_ms = (clock_monotonic_us() - started_us) / 1000;
    if (worker->crew->cdc) /* the log of the round is still to be read */
        return;
    outcome_keep(&task, worker->state);
    progress_end(run->progress, index, result->state);
}

/* Does this failure concern more than its table? */
static bool ends_run(enum status status)
{
    return status == STATUS_ACTION || status == STATUS_INTERNAL ||
           status == STATUS_USAGE || status == STATUS_STOPPED ||
           status == STATUS_BUSY;
}

static bool take_index(struct crew *crew, size_t *index)
{
    pthread_mutex_lock(&crew->mutex);
    bool has_one = crew->next < crew->run->count &&
                   crew->error.id == ERROR_NONE;
    if (has_one)
        *index = crew->next++;
    pthread_mutex_unlock(&crew->mutex);
    return has_one;
}

static void note_outcome(struct crew *crew, const struct error *problem)
{
    if (problem->id == ERROR_NONE)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->worst = status_worse(crew->worst, problem->status);
    if (ends_run(problem->status) && crew->error.id == ERROR_NONE)
        crew->error = *problem;
    pthread_mutex_unlock(&crew->mutex);
}

static void *worker_run(void *argument)
{
    struct worker *worker = argument;
    size_t index = 0;
    while (take_index(worker->crew, &index)) {
        if (worker->crew->is_idle[index])
            continue;
        run_task(worker, index);
        note_outcome(worker->crew, &worker->crew->run->results[index].problem);
    }
    worker_close(worker);
    return NULL;
}

static size_t worker_count(const struct crew *crew)
{
    size_t wanted = crew->sync->settings->workers;
    if (wanted > crew->run->count)
        wanted = crew->run->count;
    if (wanted > WORKERS_MAX)
        wanted = WORKERS_MAX;
    return wanted ? wanted : 1;
}

enum status supervise(struct sync *sync, struct sync_run *run,
                      struct cdc *cdc, const bool *is_idle,
                      struct error *error)
{
    struct crew crew = {.sync = sync, .run = run, .cdc = cdc,
                        .is_idle = is_idle, .worst = STATUS_OK};
    struct worker workers[WORKERS_MAX] = {{.crew = NULL}};
    size_t count = worker_count(&crew);
    size_t started = 0;
    pthread_mutex_init(&crew.mutex, NULL);
    while (started < count) {
        workers[started].crew = &crew;
        if (pthread_create(&workers[started].thread, NULL, worker_run,
                           &workers[started]))
            break;
        started++;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    if (started == 0)
        crew.worst = error_set(&crew.error, ERROR_MACHINE,
                               "could not start a thread");
    pthread_mutex_destroy(&crew.mutex);
    *error = crew.error;
    return crew.worst;
}
