/*
 * One attempt at one table: what must hold before its first delivery, and
 * which readers run. Rows are only ever loaded with versions above every
 * version that the warehouse holds for the table.
 */
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "model/version.h"
#include "sync/task.h"

#define NIGHTLY_US INT64_C(72000000000) /* 20 h */

/*
 * A lost, restored or shared state would number its readings again: then the
 * epoch steps above the highest version found, before anything is loaded.
 */
static enum status rise_above_stored(struct task *task, struct error *error)
{
    struct warehouse *warehouse = task->sync->warehouse;
    const char *source = task->sync->endpoint->name;
    struct state_source saved = {.epoch = 0};
    uint64_t highest = 0;
    if (!warehouse->ops->facts(warehouse)->powers.reads_back ||
        task->scan_version) /* the log has an order of its own */
        return STATUS_OK;
    enum status status = warehouse->ops->highest_version(
        task->warehouse, task->work->table, &highest, error);
    if (status == STATUS_OK)
        status = state_source(task->state, source, &saved, error);
    if (status != STATUS_OK ||
        highest < version_make(saved.epoch, saved.readings + 1, 0))
        return status;
    log_line(LOG_WARNING, task->work->name,
             "the warehouse holds newer versions than the state knows; "
             "the epoch steps above them");
    return state_epoch_step(task->state, source, version_epoch_above(highest),
                            error);
}

enum status work_prepare(const struct sync *sync, struct work *work,
                         struct warehouse_session *session, bool *is_new,
                         struct error *error)
{
    *is_new = work->is_absent;
    if (work->is_absent) /* else others may look at it at that moment */
        work->is_absent = false;
    return sync->warehouse->ops->prepare(session, work->table, is_new, error);
}

enum status task_prepare(struct task *task, struct error *error)
{
    if (task->is_prepared)
        return STATUS_OK;
    FAILPOINT("task.prepare", error);
    bool is_new = false;
    enum status status = work_prepare(task->sync, task->work, task->warehouse,
                                      &is_new, error);
    if (status == STATUS_OK)
        status = state_seed_write(task->state, task->sync->endpoint->name,
                                  task->work->table, error);
    if (status == STATUS_OK && !is_new)
        status = rise_above_stored(task, error);
    task->is_prepared = status == STATUS_OK;
    return status;
}

static enum status forget_stream(struct task *task, const char *reader,
                                 struct error *error)
{
    char name[STREAM_NAME_BYTES];
    uint64_t fence = 0;
    stream_name(name, sizeof name, task->work->name, reader);
    enum status status = state_lease_take(task->state, name,
                                          task->sync->owner, &fence, error);
    if (status == STATUS_OK)
        status = state_stream_forget(task->state, name, fence, error);
    return status;
}

/*
 * Another filter, another type or a new column: rows that no window would
 * bring are not what they should be, so all are read again. First the streams
 * go, then the new shape is noted: a crash between does it twice.
 */
static enum status begin_anew(struct task *task, struct error *error)
{
    static const char *const readers[] = {"incremental", "backfill",
                                          "reload", "nulls", "futures"};
    for (size_t i = 0; i < ARRAY_COUNT(readers); i++) {
        enum status status = forget_stream(task, readers[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return work_note_shape(task->sync, task->work, task->state, error);
}

/* Without a key nothing replaces a row: only the whole table can be read. */
static enum status read_again(struct task *task, struct error *error)
{
    const struct backfill_choice *choice = &task->run->backfill;
    if (task->work->table->key_count > 0)
        return backfill_again(task, choice, error);
    if (backfill_is_whole(choice))
        return reload_run(task, NULL, error);
    (void)error_set(error, ERROR_KEY_UNUSABLE,
                    "cannot read a part of table \"%s\" again: it has no key "
                    "that would replace its rows", task->work->name);
    error_next(error, "tidemark run %s", task->work->name);
    return error->status;
}

/* Nobody asked for this table to be read whole each time: once a day will do.
 * A little less, so that a nightly run is never the one that skips. */
static bool is_read_today(const struct task *task)
{
    const struct state_table *state = task->work->state;
    return task->work->is_guessed && !task->run->is_named &&
           !task->run->is_due && state &&
           !task->work->is_hidden &&
           state->life == LIFE_LIVE &&
           state->problem.id == ERROR_NONE &&
           clock_utc_us() - state->confirmed_us < NIGHTLY_US;
}

enum status task_attempt(struct task *task, struct error *error)
{
    enum status status = STATUS_OK;
    if (work_must_begin_anew(task->work))
        status = begin_anew(task, error);
    else if (!task->work->state || !task->work->state->shape)
        status = work_note_shape(task->sync, task->work, task->state, error);
    if (status != STATUS_OK)
        return status;
    if (task->run->kind == TASK_BACKFILL)
        return read_again(task, error);
    if (task->work->mode == MODE_FULL)
        return is_read_today(task) ? STATUS_OK
                                   : reload_run(task, NULL, error);
    return incremental_run(task, error);
}
