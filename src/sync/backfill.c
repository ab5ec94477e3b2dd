/*
 * Backfills: the first load of a table by key, and rows that a person asks to
 * have read again. The mark of the first load is a bound proved before its
 * first chunk, so that the first window starts where the backfill may not have
 * seen everything.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/task.h"

static char *first_checkpoint(void *context, const char *after)
{
    const struct place *started = context;
    return place_text(after ? "copy" : "done", started->mark_us, INT64_MIN,
                      after, started->token);
}

/* The bound that proves where the first window starts; INT64_MIN where the
 * table has no cursor. */
static enum status prove_mark(struct task *task, struct place *place,
                              struct error *error)
{
    struct source_bound bound;
    if (!task->work->cursor || place->mark_us != INT64_MIN)
        return STATUS_OK;
    enum status status = task->sync->source->ops->bound(task->sync->source,
                                                        &bound, error);
    if (status == STATUS_OK)
        place->mark_us = bound.bound_us;
    return status;
}

static enum status copy_by_key(struct stream *stream, struct place *place,
                               struct scan_request request,
                               struct error *error)
{
    request.after = place->after;
    struct copy copy = {
        .stream = stream,
        .request = request,
        .checkpoint = first_checkpoint,
        .context = place,
    };
    enum status status = stream_load(stream, LOAD_LIVE, error);
    if (status == STATUS_OK)
        status = copy_run(&copy, error);
    return status;
}

static void tell_progress(const struct stream *stream, const char *state)
{
    struct task *task = stream->task;
    progress_state(task->run->progress, task->index, state, NULL);
    progress_expect(task->run->progress, task->index, stream->rows_done,
                    task->expected_rows);
}

enum status backfill_first(struct task *task, int64_t *mark_us,
                           struct error *error)
{
    struct stream stream;
    struct place place;
    place_init(&place);
    task->expected_rows = task->work->table->estimated_rows;
    enum status status = stream_open(task, "backfill", &stream, error);
    if (status == STATUS_OK)
        status = place_read(stream.checkpoint, stream.name, &place, error);
    bool is_done = place.phase && text_equal(place.phase, "done");
    if (status == STATUS_OK && !is_done) {
        tell_progress(&stream, "copying");
        status = prove_mark(task, &place, error);
        if (status == STATUS_OK)
            status = copy_by_key(&stream, &place,
                                 scan_table(task->work, SCAN_BY_KEY), error);
    }
    if (status == STATUS_OK)
        *mark_us = place.mark_us;
    place_release(&place);
    return stream_close(&stream, status, error);
}

enum status backfill_request(const struct work *work,
                             const struct backfill_choice *choice,
                             struct scan_request *request,
                             struct filter **where, struct error *error)
{
    *request = scan_table(work, SCAN_BY_KEY);
    request->key_from = choice->from;
    request->key_to = choice->to;
    if (choice->since_us != INT64_MIN) {
        if (!work->cursor)
            return error_set(error, ERROR_CURSOR_UNUSABLE,
                             "cannot use --since: table \"%s\" has no cursor",
                             work->name);
        request->order = SCAN_BY_CURSOR;
        request->cursor = work->cursor;
        request->cursor_index = work->cursor_index;
        request->cursor_unit = work->cursor_unit;
        request->cursor_zone = work->cursor_zone;
        request->cursor_from_us = choice->since_us;
    }
    if (!choice->where)
        return STATUS_OK;
    enum status status = filter_parse(choice->where, where, error);
    if (status == STATUS_OK)
        status = filter_bind(*where, work->table, error);
    request->where = *where;
    return status;
}

/* The rows of the windows before are no longer what was delivered last. */
static enum status finish_again(struct stream *stream,
                                const struct backfill_choice *choice,
                                struct error *error)
{
    struct task *task = stream->task;
    enum status status = state_overlap_forget(task->state, task->work->name,
                                              error);
    if (status == STATUS_OK && !choice->name)
        status = state_stream_forget(task->state, stream->name,
                                     stream->fence, error);
    return status;
}

/* Somebody who starts it a second time should know what that means. */
static void note_beginning(const struct stream *stream,
                           const struct backfill_choice *choice,
                           const struct place *place, bool is_done)
{
    struct work_result *result = stream->task->result;
    char rows[32], moment[40];
    if (result->rows_confirmed > 0 || (!is_done && !place->after))
        return;
    (void)text_grouped(rows, stream->rows_done);
    (void)clock_text(moment, stream->saved_us);
    if (is_done)
        (void)snprintf(result->note, sizeof result->note,
                       "\"%.32s\" was done at %.19sZ", choice->name, moment);
    else
        (void)snprintf(result->note, sizeof result->note,
                       "goes on where it stopped at %.19sZ, behind %s rows",
                       moment, rows);
}

static enum status read_chosen(struct stream *stream, struct place *place,
                               const struct backfill_choice *choice,
                               struct error *error)
{
    struct task *task = stream->task;
    struct filter *where = NULL;
    struct scan_request request;
    tell_progress(stream, "copying");
    memory_free(place->token);
    place->token = backfill_text(choice);
    enum status status = state_overlap_forget(task->state, task->work->name,
                                              error);
    if (status == STATUS_OK)
        status = backfill_request(task->work, choice, &request, &where,
                                  error);
    if (status == STATUS_OK)
        status = copy_by_key(stream, place, request, error);
    filter_free(where);
    return status;
}

enum status backfill_again(struct task *task,
                           const struct backfill_choice *choice,
                           struct error *error)
{
    char reader[STREAM_NAME_BYTES];
    struct stream stream;
    struct place place;
    place_init(&place);
    backfill_reader(choice, reader, sizeof reader);
    enum status status = stream_open(task, reader, &stream, error);
    if (status == STATUS_OK)
        status = place_read(stream.checkpoint, stream.name, &place, error);
    bool is_done = place.phase && text_equal(place.phase, "done");
    if (is_done && !choice->name) {
        is_done = false; /* died before it was forgotten: asked for anew */
        place_release(&place);
    }
    if (status == STATUS_OK)
        note_beginning(&stream, choice, &place, is_done);
    if (status == STATUS_OK && !is_done)
        status = read_chosen(&stream, &place, choice, error);
    place_release(&place);
    status = stream_close(&stream, status, error);
    if (status == STATUS_OK && !is_done)
        status = finish_again(&stream, choice, error);
    return status;
}
