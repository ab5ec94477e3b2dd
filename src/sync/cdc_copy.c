/*
 * A followed table read whole at the place where a round begins. What must
 * stay true: rows that were not found again are deleted with the version of
 * the first chunk, so that whatever the log brought since is newer.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc.h"

/* "REQUEST:VERSION": what the copy serves, and the version of its first chunk;
 * one that was begun for an older request is begun anew. */
#define TOKEN_BYTES 48

static char *copy_checkpoint(void *context, const char *after)
{
    const struct place *started = context;
    return place_text(after ? "copy" : "done", INT64_MIN, INT64_MIN, after,
                      started->token);
}

/* Goes on with what was begun for the same request. */
static void settle_token(const struct cdc_table *table, struct place *place,
                         uint64_t *first)
{
    uint64_t request = 0;
    *first = 0;
    if (place->token &&
        sscanf(place->token, "%" SCNu64 ":%" SCNu64, &request, first) == 2 &&
        request == table->request && *first != 0)
        return;
    *first = table->cdc->scan;
    place_release(place);
    place->token = memory_format("%" PRIu64 ":%" PRIu64, table->request,
                                 *first);
}

static enum status copy_rows(struct stream *stream, struct place *place,
                             struct error *error)
{
    struct copy copy = {
        .stream = stream,
        .request = scan_table(stream->task->work, SCAN_BY_KEY),
        .checkpoint = copy_checkpoint,
        .context = place,
    };
    copy.request.after = place->after;
    enum status status = stream_load(stream, LOAD_LIVE, error);
    if (status == STATUS_OK)
        status = copy_run(&copy, error);
    if (status == STATUS_OK)
        status = deliver_drain(stream->deliver, error);
    return status;
}

static enum status bury_rest(struct cdc_table *table, struct task *task,
                             uint64_t first, struct error *error)
{
    FAILPOINT("cdc.copied", error);
    enum status status = cdc_follow_buried(table, task, first, error);
    if (status != STATUS_OK)
        return status;
    return task->sync->warehouse->ops->tombstones_below(
        task->warehouse, task->work->table, first, error);
}

/* In place: rows replace rows, then what is older goes. */
static enum status copy_over(struct cdc_table *table, struct task *task,
                             struct error *error)
{
    struct stream stream;
    struct place place;
    uint64_t first = 0;
    place_init(&place);
    task->expected_rows = task->work->table->estimated_rows;
    enum status status = stream_open(task, "backfill", &stream, error);
    if (status == STATUS_OK)
        status = place_read(stream.checkpoint, stream.name, &place, error);
    if (status == STATUS_OK) {
        settle_token(table, &place, &first);
        progress_state(task->run->progress, task->index, "copying", NULL);
        progress_expect(task->run->progress, task->index, stream.rows_done,
                        task->expected_rows);
    }
    bool is_done = place.phase && text_equal(place.phase, "done");
    if (status == STATUS_OK && !is_done)
        status = copy_rows(&stream, &place, error);
    if (status == STATUS_OK)
        status = bury_rest(table, task, first, error);
    place_release(&place);
    return stream_close(&stream, status, error);
}

static enum status forget(struct cdc *cdc, struct state *state,
                          const char *table, const char *reader,
                          struct error *error)
{
    char name[STREAM_NAME_BYTES];
    struct state_stream saved = {.checkpoint = NULL};
    uint64_t fence = 0;
    stream_name(name, sizeof name, table, reader);
    enum status status = state_stream_read(state, name, &saved, error);
    bool is_begun = saved.checkpoint;
    state_stream_release(&saved);
    if (status != STATUS_OK || !is_begun)
        return status;
    status = state_lease_take(state, name, cdc->sync->owner, &fence, error);
    return status == STATUS_OK
               ? state_stream_forget(state, name, fence, error)
               : status;
}

enum status cdc_forget_copies(struct cdc *cdc, struct state *state,
                              const char *table, struct error *error)
{
    enum status status = forget(cdc, state, table, "backfill", error);
    return status == STATUS_OK ? forget(cdc, state, table, "reload", error)
                               : status;
}

/* Rows by other columns, another filter or mask are none of this copy; nor are
 * those that the warehouse has lost. */
static enum status forget_others(struct cdc_table *table, struct task *task,
                                 struct error *error)
{
    const struct work *work = task->work;
    if (work->state && work->state->shape && !work_must_begin_anew(work) &&
        text_equal(work->state->shape, work->shape_text))
        return STATUS_OK;
    return cdc_forget_copies(table->cdc, task->state, work->name, error);
}

enum status cdc_copy(struct cdc_table *table, struct task *task,
                     struct error *error)
{
    task->scan_version = table->cdc->scan;
    enum status status = forget_others(table, task, error);
    if (status == STATUS_OK)
        status = work_note_shape(task->sync, task->work, task->state, error);
    if (status != STATUS_OK)
        return status;
    status = table->is_beside ? reload_run(task, NULL, error)
                              : copy_over(table, task, error);
    if (status == STATUS_OK && table->is_beside)
        status = cdc_follow_swapped(table, task, error);
    if (status == STATUS_OK)
        status = cdc_file_passed(table->cdc, task->state, table, true,
                                 table->cdc->scan, error);
    atomic_store(&table->is_copied, status == STATUS_OK);
    return status;
}

void cdc_copy_ended(struct cdc_table *table, struct task *task,
                    struct state *state)
{
    if (table->cdc->stay)
        stay_copy_ended(table, task, state);
    atomic_store(&table->has_ended, true);
}

enum status cdc_settle_copies(struct cdc *cdc, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++) {
        struct cdc_table *table = &cdc->tables[i];
        if (!table->is_beside || atomic_load(&table->is_copied) ||
            (!table->needs_copy && !table->waits))
            continue;
        table->is_stopped = true;
        status = cdc_forget_copies(cdc, cdc->state, table->work->name,
                                   error);
    }
    return status;
}
