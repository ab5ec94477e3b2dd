/*
 * The thread that follows the log. Whatever ends its work but a stop, a reload
 * or a defect is told once and tried again; the windows go on meanwhile.
 */
#include "base/log.h"
#include "base/text.h"
#include "process.h"
#include "sync/daemon.h"

/* So that `status` tells it of each table. It is taken back once the table is
 * confirmed again. */
static void keep_problem(const struct process *process, struct state *state,
                         struct state_table **tables,
                         const struct error *problem)
{
    struct error error;
    for (size_t i = 0; tables[i]; i++) {
        struct state_table *table = tables[i];
        if (!table->mode || !text_equal(table->mode, mode_name(MODE_CDC)) ||
            !text_equal(table->source, process->source) ||
            table->life != LIFE_LIVE || table->problem.id != ERROR_NONE)
            continue;
        table->problem = *problem;
        if (state_table_write(state, table, &error) != STATUS_OK)
            log_line(LOG_WARNING, table->name, "%s", error.what);
    }
}

static void keep_for_status(const struct process *process,
                            const struct error *problem)
{
    struct state *state = NULL;
    struct state_table **tables = NULL;
    struct error error;
    enum status status = state_open(process->state, STATE_WRITE, &state,
                                    &error);
    if (status == STATUS_OK)
        status = state_tables(state, &tables, &error);
    if (status == STATUS_OK)
        keep_problem(process, state, tables, problem);
    else
        log_line(LOG_WARNING, NULL, "%s", error.what);
    state_tables_free(tables);
    state_close(state);
}

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
    keep_for_status(process, error);
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
