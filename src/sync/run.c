/*
 * A run: first the log of what is followed, then windows and whole tables.
 */
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "sync/idle.h"
#include "sync/outcome.h"
#include "sync/supervise.h"

/* A table that a person names is read although it is paused. */
static bool is_paused(struct sync *sync, const struct sync_run *run,
                      const struct work *work)
{
    return !run->is_named && run->kind == TASK_RUN &&
           steer_is_paused(sync->steer, work->name);
}

/* The tables nobody came to, because the run ended before. */
static void mark_untouched(struct sync *sync, struct sync_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct work_result *result = &run->results[i];
        if (result->work)
            continue;
        result->work = &run->works[i];
        result->lag_ms = -1;
        result->state = is_paused(sync, run, result->work)
                            ? "paused" : outcome_resting(result->work);
    }
}

static enum status run_others(struct sync *sync, struct sync_run *run,
                              struct error *error)
{
    bool *is_idle = memory_new(run->count, sizeof *is_idle);
    enum status status = idle_find(sync, run, is_idle, error);
    if (status != STATUS_OK) {
        /* Each table meets it by itself, and says so. */
        log_line(LOG_DEBUG, NULL, "no survey: %s", error->what);
        memset(is_idle, 0, run->count * sizeof *is_idle);
        error_clear(error);
    }
    for (size_t i = 0; i < run->count; i++)
        if ((run->works[i].mode == MODE_CDC &&
             run->works[i].problem.id == ERROR_NONE) ||
            is_paused(sync, run, &run->works[i]))
            is_idle[i] = true;
    status = supervise(sync, run, NULL, is_idle, error);
    memory_free(is_idle);
    return status;
}

static bool ends_all(enum status status)
{
    return status == STATUS_STOPPED || status == STATUS_INTERNAL ||
           status == STATUS_USAGE || status == STATUS_BUSY;
}

enum status sync_run(struct sync *sync, struct sync_run *run,
                     struct error *error)
{
    struct error first;
    enum status worst = STATUS_OK;
    error_clear(error);
    if (cdc_is_wanted(run) && !steer_is_paused(sync->steer, NULL))
        worst = cdc_run(sync, run, error);
    first = *error;
    /* A log that stands still holds no window back. */
    if (!ends_all(worst))
        worst = status_worse(worst, run_others(sync, run, error));
    if (first.id != ERROR_NONE)
        *error = first;
    mark_untouched(sync, run);
    return worst;
}
