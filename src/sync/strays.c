/*
 * Rows that no window will ever reach: their cursor is NULL, is 0 or lies
 * beyond the bound by more than a day. They are counted in each run and loaded
 * once a day by passes of their own.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/task.h"

#define DAY_US INT64_C(86400000000)

static char *stray_checkpoint(void *context, const char *after)
{
    const char *phase = context;
    return place_text(after ? phase : "done", INT64_MIN, INT64_MIN, after,
                      NULL);
}

/* One pass in a stream of its own; an interrupted one goes on. */
static enum status stray_pass(struct task *task, const char *reader,
                              const struct scan_request *request,
                              struct error *error)
{
    struct stream stream;
    struct place place;
    place_init(&place);
    enum status status = stream_open(task, reader, &stream, error);
    if (status == STATUS_OK)
        status = place_read(stream.checkpoint, stream.name, &place, error);
    if (status == STATUS_OK)
        status = stream_load(&stream, LOAD_LIVE, error);
    if (status == STATUS_OK) {
        struct copy copy = {
            .stream = &stream,
            .request = *request,
            .checkpoint = stray_checkpoint,
            .context = (void *)(uintptr_t)"copy",
        };
        copy.request.after = place.after;
        status = copy_run(&copy, error);
    }
    place_release(&place);
    return stream_close(&stream, status, error);
}

static enum status pass_of_order(struct task *task, const char *reader,
                                 enum scan_order order, int64_t from_us,
                                 struct error *error)
{
    struct scan_request request = scan_cursor(task->work, order);
    request.cursor_from_us = from_us;
    return stray_pass(task, reader, &request, error);
}

static enum status load_strays(struct task *task,
                               const struct source_strays *strays,
                               int64_t future_us, struct error *error)
{
    enum status status = STATUS_OK;
    if (strays->nulls > 0)
        status = pass_of_order(task, "nulls", SCAN_NULL_CURSOR, INT64_MIN,
                               error);
    if (status == STATUS_OK && strays->zeros > 0)
        status = pass_of_order(task, "zeros", SCAN_ZERO_CURSOR, INT64_MIN,
                               error);
    if (status == STATUS_OK && strays->futures > 0)
        status = pass_of_order(task, "futures", SCAN_BY_CURSOR, future_us,
                               error);
    return status;
}

enum status strays_run(struct task *task, struct error *error)
{
    int64_t future_us = task->mark_us + DAY_US;
    int64_t now_us = clock_utc_us();
    struct source_strays strays;
    struct scan_request request = scan_cursor(task->work, SCAN_BY_CURSOR);
    enum status status = task->sync->source->ops->strays(
        task->session, &request, future_us, &strays, error);
    if (status != STATUS_OK)
        return status;
    task->null_cursors = strays.nulls + strays.zeros;
    task->future_cursors = strays.futures;
    if (now_us >= task->strays_us && now_us - task->strays_us < DAY_US)
        return STATUS_OK;
    status = load_strays(task, &strays, future_us, error);
    if (status == STATUS_OK && task->null_cursors + task->future_cursors > 0)
        status = state_overlap_forget(task->state, task->work->name, error);
    if (status == STATUS_OK)
        task->strays_us = now_us;
    return status;
}
