/*
 * Reads a request in chunks. Each chunk is one SELECT in one snapshot with one
 * reading of its own, and one delivery; so a restart costs the chunks in
 * flight and no more. The number of rows of a chunk follows from the bytes a
 * row took so far.
 */
#include "base/failpoint.h"
#include "base/memory.h"
#include "sync/task.h"

/* The last chunk of a load, of a usual one. */
#define LAST_SHARE 8

/* The state of one chunk. */
struct chunk {
    struct copy *copy;
    uint64_t limit; /* rows asked for; 0: no limit */
    uint64_t rows;  /* that the source sent */
    uint64_t bytes;
    bool is_last;   /* the rows of the SELECT have ended */
    bool is_cut;    /* given up early: rows were larger than thought */
    char *after;    /* position reached, NULL before the first row */
};

/*
 * At a place of the log every change up to it is visible already. Elsewhere:
 * reserve the number, open the snapshot, keep the number: under one lock of
 * the state, so that the later snapshot always has the higher number.
 */
static enum status open_snapshot(struct task *task, uint64_t *version,
                                 struct error *error)
{
    const struct source_ops *ops = task->sync->source->ops;
    *version = task->scan_version;
    if (task->scan_version)
        return ops->snapshot_open(task->session, error);
    enum status status = state_reading_take(
        task->state, task->sync->endpoint->name, version, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("copy.reading_taken", error);
    status = ops->snapshot_open(task->session, error);
    if (status != STATUS_OK) {
        state_reading_drop(task->state);
        return status;
    }
    status = state_reading_keep(task->state, error);
    if (status != STATUS_OK)
        ops->snapshot_close(task->session);
    return status;
}

/* What is thought to be left, 0 where that is unknown or was wrong. */
static uint64_t rows_left(const struct copy *copy, uint64_t rows_read)
{
    const struct stream *stream = copy->stream;
    uint64_t expected = stream->task->expected_rows;
    uint64_t done = stream->rows_done + rows_read;
    return expected > done ? expected - done : 0;
}

/*
 * Chunks get smaller towards the end: the warehouse sorts and writes a chunk
 * when its last row has come, and nothing is read beside the last one.
 */
static uint64_t taper(uint64_t limit, uint64_t left)
{
    if (left == 0 || left >= 2 * limit)
        return limit;
    return left / 2 > limit / LAST_SHARE ? left / 2 : limit / LAST_SHARE;
}

static uint64_t chunk_limit(const struct copy *copy, uint64_t row_bytes,
                            uint64_t rows_read)
{
    const struct settings *settings = copy->stream->task->sync->settings;
    if (copy->is_whole)
        return 0;
    uint64_t rows = settings->chunk_bytes / (row_bytes ? row_bytes : 1);
    if (rows > settings->chunk_rows)
        rows = settings->chunk_rows;
    rows = taper(rows, rows_left(copy, rows_read));
    return rows ? rows : 1;
}

static bool is_too_large(const struct chunk *chunk)
{
    const struct settings *settings =
        chunk->copy->stream->task->sync->settings;
    return !chunk->copy->is_whole &&
           chunk->bytes > settings->chunk_bytes + settings->chunk_bytes / 2;
}

/* One batch from the scan to the loaders. */
static enum status move_batch(struct chunk *chunk, struct scan *scan,
                              struct error *error)
{
    struct stream *stream = chunk->copy->stream;
    const struct source_ops *ops = stream->task->sync->source->ops;
    struct batch *batch = NULL;
    FAILPOINT("copy.batch_begin", error);
    enum status status = deliver_take(
        stream->deliver, stream->task->work->table, &batch, error);
    if (status != STATUS_OK)
        return status;
    status = ops->scan_next(scan, batch, &chunk->is_last, error);
    if (status != STATUS_OK) {
        deliver_return(stream->deliver, batch);
        return status;
    }
    const char *position = ops->scan_position(scan);
    if (position) {
        memory_free(chunk->after);
        chunk->after = memory_text(position);
    }
    chunk->rows = ops->scan_rows(scan);
    chunk->bytes += batch_bytes(batch);
    steer_progress(stream->task->sync->steer, stream->task->run->part);
    steer_pay(stream->task->sync->steer, batch_bytes(batch));
    FAILPOINT("copy.batch_read", error);
    return deliver_put(stream->deliver, batch, error);
}

static enum status read_chunk(struct chunk *chunk, struct error *error)
{
    struct task *task = chunk->copy->stream->task;
    const struct source_ops *ops = task->sync->source->ops;
    struct scan_request request = chunk->copy->request;
    struct scan *scan = NULL;
    request.row_limit = chunk->limit;
    enum status status = ops->scan_open(task->session, &request, &scan,
                                        error);
    while (status == STATUS_OK && !chunk->is_last && !chunk->is_cut) {
        status = move_batch(chunk, scan, error);
        chunk->is_cut = status == STATUS_OK && !chunk->is_last &&
                        chunk->after && is_too_large(chunk);
    }
    if (scan)
        ops->scan_close(scan);
    return status;
}

/* Have the rows of the whole request ended with this chunk? */
static bool is_final(const struct chunk *chunk)
{
    return !chunk->is_cut &&
           (chunk->limit == 0 || chunk->rows < chunk->limit);
}

static enum status seal_chunk(struct chunk *chunk, struct error *error)
{
    struct copy *copy = chunk->copy;
    bool is_end = is_final(chunk);
    char *text = copy->checkpoint(copy->context, is_end ? NULL : chunk->after);
    struct deliver_seal seal = {.resume_from = text};
    if (is_end && copy->seal_last)
        copy->seal_last(copy->context, &seal);
    enum status status = deliver_seal(copy->stream->deliver, &seal, error);
    memory_free(text);
    return status;
}

static enum status run_chunk(struct chunk *chunk, struct error *error)
{
    struct stream *stream = chunk->copy->stream;
    struct task *task = stream->task;
    uint64_t version = 0;
    enum status status = open_snapshot(task, &version, error);
    if (status != STATUS_OK)
        return status;
    status = deliver_begin(stream->deliver, version, error);
    if (status == STATUS_OK)
        status = read_chunk(chunk, error);
    task->sync->source->ops->snapshot_close(task->session);
    return status == STATUS_OK ? seal_chunk(chunk, error) : status;
}

/* Between two chunks: shall it go on? What a person started is not held by
 * a pause. */
static enum status check(const struct task *task, struct error *error)
{
    enum status status = steer_check(task->sync->steer, error);
    if (status == STATUS_OK && task->run->is_due &&
        steer_is_paused(task->sync->steer, task->work->name))
        status = error_set(error, ERROR_PAUSED, "table \"%s\" is paused",
                           task->work->name);
    return status;
}

enum status copy_run(struct copy *copy, struct error *error)
{
    struct task *task = copy->stream->task;
    enum status status = task_prepare(task, error);
    uint64_t row_bytes = table_row_bytes(task->work->table);
    char *after = memory_text(copy->request.after);
    uint64_t rows_read = 0;
    bool has_ended = false;
    while (status == STATUS_OK && !has_ended) {
        struct chunk chunk = {.copy = copy};
        copy->request.after = after;
        chunk.limit = chunk_limit(copy, row_bytes, rows_read);
        status = check(task, error);
        if (status == STATUS_OK)
            status = run_chunk(&chunk, error);
        has_ended = is_final(&chunk);
        rows_read += chunk.rows;
        if (chunk.rows > 0)
            row_bytes = chunk.bytes / chunk.rows + 1;
        if (chunk.after) {
            memory_free(after);
            after = chunk.after;
        }
    }
    memory_free(after);
    copy->request.after = NULL;
    return status;
}
