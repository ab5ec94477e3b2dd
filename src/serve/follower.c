/*
 * The thread that follows the log. Whatever ends its work but a stop, a reload
 * or a defect is told once and tried again; the windows go on meanwhile.
 */
#include "base/backoff.h"
#include "base/log.h"
#include "base/stop.h"
#include "process.h"
#include "sync/daemon.h"

#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000
#define PAUSE_MS 1000

struct follower {
    struct process *process;
    struct told told;
    struct backoff backoff;
};

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
        if (cdc_stay(process->sync, process->steer, &error) == STATUS_OK) {
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
