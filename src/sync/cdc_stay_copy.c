/*
 * Copies of a round of a daemon, beside the log. Whatever befalls them befalls
 * their table: the log is read on.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "sync/cdc_stay.h"
#include "sync/outcome.h"
#include "sync/supervise.h"

bool stay_is_ending(const struct stay *stay)
{
    return stay && atomic_load(&stay->is_ending);
}

static void want_at(struct stay *stay, int64_t moment_us)
{
    if (stay->round_at_us == 0 || moment_us < stay->round_at_us)
        stay->round_at_us = moment_us;
}

static int64_t may_copy_us(struct stay *stay, const char *table)
{
    int64_t own_us = stay_not_before_us(stay, table);
    int64_t all_us = stay_not_before_us(stay, STAY_ALL);
    return own_us > all_us ? own_us : all_us;
}

void stay_put_off(struct cdc *cdc)
{
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < cdc->count; i++) {
        struct cdc_table *table = &cdc->tables[i];
        int64_t moment_us = may_copy_us(cdc->stay, table->work->name);
        if (!table->needs_copy || moment_us <= now_us)
            continue;
        table->needs_copy = false;
        table->waits = true;
        table->work->is_absent = false; /* several threads may prepare it */
        want_at(cdc->stay, moment_us);
    }
}

void stay_want_round(struct cdc_table *table, uint64_t request)
{
    struct stay *stay = table->cdc->stay;
    int64_t now_us = clock_monotonic_us();
    if (!stay)
        return;
    bool is_underway = table->needs_copy && !atomic_load(&table->has_ended);
    if (request <= table->request && is_underway)
        return;
    int64_t moment_us = may_copy_us(stay, table->work->name);
    want_at(stay, moment_us > now_us ? moment_us : now_us);
}

void stay_table_failed(struct cdc_table *table)
{
    struct stay *stay = table->cdc->stay;
    stay_note_failed(stay, table->work->name, &table->problem);
    want_at(stay, stay_not_before_us(stay, table->work->name));
}

void stay_copy_ended(struct cdc_table *table, struct task *task,
                     struct state *state)
{
    struct stay *stay = table->cdc->stay;
    const struct error *problem = &task->result->problem;
    if (problem->status == STATUS_STOPPED && problem->id != ERROR_NONE)
        return;
    if (task->reading_us == 0)
        task->reading_us = clock_utc_us() - task->result->elapsed_ms * 1000;
    outcome_keep(task, state);
    if (problem->id == ERROR_NONE)
        stay_note_copied(stay, task->work->name);
    else
        stay_note_failed(stay, task->work->name, problem);
    if (problem->id == ERROR_NONE)
        log_line(LOG_INFO, task->work->name, "read whole: %llu rows",
                 (unsigned long long)task->result->rows_confirmed);
}

static void *run_copies(void *argument)
{
    struct stay_copies *copies = argument;
    struct cdc *cdc = copies->cdc;
    enum status worst = supervise(cdc->sync, cdc->run, cdc, copies->is_idle,
                                  &copies->error);
    log_line(LOG_DEBUG, cdc->name, "copies have ended: %s",
             status_name(worst));
    atomic_store(&copies->has_ended, true);
    return NULL;
}

enum status stay_copies_start(struct stay_copies *copies, struct cdc *cdc,
                              bool are_beside, struct error *error)
{
    size_t count = 0;
    *copies = (struct stay_copies){.cdc = cdc};
    copies->is_idle = memory_new(cdc->run->count, sizeof *copies->is_idle);
    memset(copies->is_idle, true, cdc->run->count);
    error_clear(&copies->error);
    for (size_t i = 0; i < cdc->count; i++) {
        struct cdc_table *table = &cdc->tables[i];
        if (!table->needs_copy || table->is_beside != are_beside)
            continue;
        copies->is_idle[table->index] = false;
        count++;
    }
    atomic_store(&copies->has_ended, count == 0);
    if (count == 0)
        return STATUS_OK;
    int failed = pthread_create(&copies->thread, NULL, run_copies, copies);
    if (failed)
        return error_set(error, ERROR_MACHINE, "could not start a thread: %s",
                         strerror(failed));
    copies->is_started = true;
    return STATUS_OK;
}

bool stay_copies_have_ended(const struct stay_copies *copies)
{
    return atomic_load(&copies->has_ended);
}

/* Tables that nobody came to since. */
static void put_off_rest(struct cdc *cdc, const struct error *error)
{
    stay_note_failed(cdc->stay, STAY_ALL, error);
    want_at(cdc->stay, stay_not_before_us(cdc->stay, STAY_ALL));
}

enum status stay_copies_join(struct stay_copies *copies, struct error *error)
{
    struct cdc *cdc = copies->cdc;
    if (!cdc)
        return STATUS_OK;
    if (copies->is_started)
        pthread_join(copies->thread, NULL);
    memory_free(copies->is_idle);
    copies->cdc = NULL;
    if (copies->error.id == ERROR_NONE)
        return STATUS_OK;
    if (copies->error.status == STATUS_INTERNAL) {
        *error = copies->error;
        return error->status;
    }
    if (copies->error.status != STATUS_STOPPED)
        put_off_rest(cdc, &copies->error);
    return STATUS_OK;
}
