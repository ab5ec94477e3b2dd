/*
 * The thread that follows the log. Whatever ends its work but a stop, a reload
 * or a defect is told once and tried again; the windows go on meanwhile.
 */
#include "process.h"
#include "sync/daemon.h"

/* False: the daemon ends, or it was asked to leave. */
static bool may_go_on(struct process *process, struct told *told,
                      const struct error *error)
{
    if (error->status == STATUS_INTERNAL || error->status == STATUS_BUSY) {
        process_fail(process, error);
        return false;
    }
    if (process_must_leave(process))
        return false;
    told_failure(told, "cdc", error);
    process_outage(process, error, true, false);
    return true;
}

static void *follower_run(void *argument)
{
    struct process *process = argument;
    struct told told = {.what = ""};
    struct error error;
    while (!process_must_leave(process)) {
        uint64_t generation = steer_generation(process->steer);
        if (cdc_stay(process->sync, process->steer, &error) == STATUS_OK) {
            /* Both sides are opened anew: the source is another server. */
            if (!process_must_leave(process))
                steer_leave(process->steer);
            break;
        }
        if (!may_go_on(process, &told, &error))
            break;
        steer_tell_fault(process->steer, STEER_FOLLOWER, &error);
        steer_wait(process->steer, STEER_FOLLOWER, ACTION_WAIT_MS);
        (void)steer_sleep(process->steer, generation, ACTION_WAIT_MS);
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
