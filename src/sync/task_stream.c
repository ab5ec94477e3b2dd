/*
 * One stream of one attempt: its lease, its checkpoint and its road to the
 * warehouse. What an earlier process left pending is settled before the
 * checkpoint is believed.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/task.h"

static void on_confirmed(void *context, const struct deliver_part *part)
{
    struct stream *stream = context;
    progress_confirm(stream->task->run->progress, stream->task->index,
                     part->rows, part->bytes);
}

static struct deliver_plan plan_of(struct stream *stream)
{
    struct task *task = stream->task;
    return (struct deliver_plan){
        .stream = stream->name,
        .table = task->work->table,
        .warehouse = task->sync->warehouse,
        .pool = task->sync->pool,
        .state_path = state_path(task->state),
        .fence = stream->fence,
        .checkpoint = stream->checkpoint,
        .rows_expected = task->expected_rows,
        .loader_count = 2,
        .one_request_a_batch = task->work->table->key_count == 0,
        .progress = on_confirmed,
        .context = stream,
    };
}

enum status stream_open(struct task *task, const char *reader,
                        struct stream *stream, struct error *error)
{
    *stream = (struct stream){.task = task};
    stream_name(stream->name, sizeof stream->name, task->work->name, reader);
    enum status status = state_lease_take(task->state, stream->name,
                                          task->sync->owner, &stream->fence,
                                          error);
    if (status != STATUS_OK)
        return status;
    struct deliver_plan plan = plan_of(stream);
    char *settled = NULL;
    status = deliver_settle(&plan, task->warehouse, task->state, &settled,
                            error);
    memory_free(settled);
    if (status != STATUS_OK)
        return status;
    struct state_stream saved;
    memset(&saved, 0, sizeof saved);
    status = state_stream_read(task->state, stream->name, &saved, error);
    if (status == STATUS_OK) {
        stream->checkpoint = memory_text(saved.checkpoint);
        stream->rows_done = saved.rows_done;
        stream->saved_us = saved.saved_us;
    }
    state_stream_release(&saved);
    return status;
}

enum status stream_load(struct stream *stream, enum load_target target,
                        struct error *error)
{
    struct deliver_plan plan = plan_of(stream);
    plan.target = target;
    return deliver_open(&plan, &stream->deliver, error);
}

enum status stream_save(struct stream *stream, const struct deliver_seal *seal,
                        struct error *error)
{
    enum status status = deliver_begin(stream->deliver, 0, error);
    if (status == STATUS_OK)
        status = deliver_seal(stream->deliver, seal, error);
    return status;
}

enum status stream_close(struct stream *stream, enum status status,
                         struct error *error)
{
    if (stream->deliver) {
        struct error second;
        struct deliver_counts counts;
        enum status drained = STATUS_OK;
        error_clear(&second);
        /* A load that was cut off here could land late, behind deletes of
         * what is older. After a failure of its own it ends at once. */
        if (status != STATUS_INTERNAL)
            drained = deliver_drain(stream->deliver, &second);
        if (drained != STATUS_OK && status == STATUS_OK) {
            *error = second;
            status = drained;
        }
        deliver_counts(stream->deliver, &counts);
        stream->task->result->rows_read += counts.rows_read;
        stream->task->result->rows_confirmed += counts.rows_confirmed;
        stream->task->result->deletes += counts.deletes;
        stream->task->result->bytes += counts.bytes;
        deliver_close(stream->deliver);
        stream->deliver = NULL;
    }
    memory_free(stream->checkpoint);
    stream->checkpoint = NULL;
    return status;
}
