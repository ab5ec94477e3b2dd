/*
 * Requests by keys and foreign keys of a daemon, served beside the log. A
 * failure concerns them alone: they stay open and are tried again, each time
 * after a longer pause.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sync/cdc_stay.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS 60000
#define LOOK_MAX 10000
#define WAIT_STEP_MS 20

static void *run_repair(void *argument)
{
    struct stay_repair *repair = argument;
    bool is_open = false;
    if (cdc_repair(repair->cdc, NULL, &is_open, &repair->error) == STATUS_OK)
        error_clear(&repair->error);
    atomic_store(&repair->has_ended, true);
    return NULL;
}

static enum status start(struct stay_repair *repair, struct error *error)
{
    error_clear(&repair->error);
    atomic_store(&repair->has_ended, false);
    int failed = pthread_create(&repair->thread, NULL, run_repair, repair);
    if (failed)
        return error_set(error, ERROR_MACHINE, "could not start a thread: %s",
                         strerror(failed));
    repair->is_started = true;
    repair->cdc->is_repairing = true;
    return STATUS_OK;
}

static void put_off(struct stay_repair *repair)
{
    repair->pause_ms = repair->pause_ms ? 2 * repair->pause_ms
                                        : PAUSE_FIRST_MS;
    if (repair->pause_ms > PAUSE_MOST_MS)
        repair->pause_ms = PAUSE_MOST_MS;
    repair->not_before_us = clock_monotonic_us() +
                            (int64_t)repair->pause_ms * 1000;
    log_line(LOG_WARNING, repair->cdc->name,
             "rows were not read again: %s, again in %.0f s",
             repair->error.what, (double)repair->pause_ms / 1000);
}

/* A round may end while many rows are read again: who waits for that shows
 * that it moves, and nothing once it stands still. */
static void await_end(struct stay_repair *repair)
{
    struct cdc *cdc = repair->cdc;
    uint64_t seen = 0;
    while (!atomic_load(&repair->has_ended) && clock_sleep_ms(WAIT_STEP_MS)) {
        uint64_t steps = atomic_load(&cdc->repair_steps);
        if (steps != seen)
            steer_progress(cdc->stay->steer, STEER_FOLLOWER);
        seen = steps;
    }
}

enum status stay_repair_join(struct stay_repair *repair, struct error *error)
{
    if (!repair->is_started)
        return STATUS_OK;
    await_end(repair);
    pthread_join(repair->thread, NULL);
    repair->is_started = false;
    repair->cdc->is_repairing = false;
    if (repair->error.id == ERROR_NONE) {
        repair->pause_ms = 0;
        return STATUS_OK;
    }
    if (repair->error.status == STATUS_INTERNAL) {
        *error = repair->error;
        return error->status;
    }
    if (repair->error.status != STATUS_STOPPED)
        put_off(repair);
    return STATUS_OK;
}

static enum status is_wanted(struct cdc *cdc, bool *wanted,
                             struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = state_requests(cdc->state,
                                        cdc->sync->endpoint->name, LOOK_MAX,
                                        &open, &count, error);
    *wanted = false;
    for (size_t i = 0; i < count && !*wanted; i++)
        *wanted = cdc_is_repaired(cdc, &open[i]) ||
                  cdc_is_waiting(cdc, &open[i]) || cdc_is_let_go(&open[i]);
    state_requests_free(open, count);
    return status;
}

enum status stay_repair_look(struct stay_repair *repair, struct cdc *cdc,
                             bool *has_ended, struct error *error)
{
    bool wanted = false;
    repair->cdc = cdc;
    *has_ended = repair->is_started && atomic_load(&repair->has_ended);
    if (*has_ended)
        return stay_repair_join(repair, error);
    if (repair->is_started || clock_monotonic_us() < repair->not_before_us ||
        stay_is_ending(cdc->stay))
        return STATUS_OK;
    bool is_saved = cdc_requests_are_saved(cdc);
    enum status status = is_wanted(cdc, &wanted, error);
    if (status == STATUS_OK && !wanted && is_saved && cdc->has_cascades)
        cdc_expect_cascades(cdc, false);
    return status == STATUS_OK && wanted ? start(repair, error) : status;
}
