/*
 * The whole table read into a copy beside the live one, then swapped. With a
 * key it resumes in the middle; without one an interrupted copy is dropped and
 * begun anew, for nothing tells its rows apart.
 */
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/task.h"

#define TOKEN_BYTES 256

struct reload {
    struct task *task;
    struct stream stream;
    struct place place;
    int64_t mark_us; /* of the windows that follow; INT64_MIN: none do */
    char token[TOKEN_BYTES];
};

static char *reload_checkpoint(void *context, const char *after)
{
    const struct reload *reload = context;
    return place_text(after ? "copy" : "swap", reload->mark_us, INT64_MIN,
                      after, reload->token);
}

static bool is_phase(const struct reload *reload, const char *phase)
{
    return reload->place.phase && text_equal(reload->place.phase, phase);
}

/* An empty copy, or the one begun before. */
static enum status open_beside(struct reload *reload, struct error *error)
{
    struct task *task = reload->task;
    const struct warehouse_ops *ops = task->sync->warehouse->ops;
    bool goes_on = is_phase(reload, "copy") && reload->place.after &&
                   task->work->table->key_count > 0;
    enum status status = ops->beside(task->warehouse, task->work->table,
                                     goes_on, reload->token,
                                     sizeof reload->token, error);
    if (status != STATUS_OK)
        return status;
    if (!goes_on || !text_equal(reload->token, reload->place.token)) {
        memory_free(reload->place.after);
        reload->place.after = NULL;
        progress_expect(task->run->progress, task->index, 0,
                        task->expected_rows);
    }
    return STATUS_OK;
}

static enum status fill_beside(struct reload *reload, struct error *error)
{
    struct task *task = reload->task;
    struct work *work = task->work;
    bool has_key = work->table->key_count > 0;
    struct copy copy = {
        .stream = &reload->stream,
        .request = scan_table(work, has_key ? SCAN_BY_KEY : SCAN_WHOLE),
        .checkpoint = reload_checkpoint,
        .context = reload,
        .is_whole = !has_key,
    };
    copy.request.after = reload->place.after;
    enum status status = stream_load(&reload->stream, LOAD_BESIDE, error);
    if (status == STATUS_OK)
        status = copy_run(&copy, error);
    if (status == STATUS_OK)
        status = deliver_drain(reload->stream.deliver, error);
    return status;
}

static enum status swap_in(struct reload *reload, struct error *error)
{
    struct task *task = reload->task;
    const struct warehouse_ops *ops = task->sync->warehouse->ops;
    FAILPOINT("reload.before_swap", error);
    enum status status = ops->swap(task->warehouse, task->work->table,
                                   reload->token, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("reload.swapped", error);
    char *text = place_text("done", reload->mark_us, INT64_MIN, NULL, NULL);
    struct deliver_seal seal = {.resume_from = text};
    if (!reload->stream.deliver)
        status = stream_load(&reload->stream, LOAD_LIVE, error);
    if (status == STATUS_OK)
        status = stream_save(&reload->stream, &seal, error);
    memory_free(text);
    return status;
}

static enum status copy_and_swap(struct reload *reload, struct error *error)
{
    if (is_phase(reload, "swap")) {
        (void)text_copy(reload->token, sizeof reload->token,
                        reload->place.token);
        enum status swapped = swap_in(reload, error);
        if (swapped != STATUS_TABLE)
            return swapped;
        log_line(LOG_WARNING, reload->stream.name,
                 "%s; the table is read anew", error->what);
        place_release(&reload->place);
    }
    enum status status = task_prepare(reload->task, error);
    if (status == STATUS_OK)
        status = open_beside(reload, error);
    if (status == STATUS_OK)
        status = fill_beside(reload, error);
    return status == STATUS_OK ? swap_in(reload, error) : status;
}

/* The bound before the first row of the copy; a copy that goes on keeps the
 * one it began with. */
static enum status take_mark(struct reload *reload, struct error *error)
{
    struct source *source = reload->task->sync->source;
    struct source_bound bound;
    if ((is_phase(reload, "copy") || is_phase(reload, "swap")) &&
        reload->place.mark_us != INT64_MIN) {
        reload->mark_us = reload->place.mark_us;
        return STATUS_OK;
    }
    place_release(&reload->place); /* a copy of another kind is no use */
    enum status status = source->ops->bound(source, &bound, error);
    if (status == STATUS_OK)
        reload->mark_us = bound.bound_us;
    return status;
}

enum status reload_run(struct task *task, int64_t *mark_us,
                       struct error *error)
{
    struct reload reload = {.task = task, .mark_us = INT64_MIN};
    const struct warehouse_ops *ops = task->sync->warehouse->ops;
    if (!ops->facts(task->sync->warehouse)->powers.swaps)
        return error_set(error, ERROR_WAREHOUSE_LACKS,
                         "cannot reload table \"%s\": the warehouse %s has "
                         "no swap", task->work->name, ops->name);
    place_init(&reload.place);
    task->expected_rows = task->work->table->estimated_rows;
    int64_t started_us = clock_utc_us();
    enum status status = stream_open(task, "reload", &reload.stream, error);
    if (status == STATUS_OK)
        status = place_read(reload.stream.checkpoint, reload.stream.name,
                            &reload.place, error);
    if (status == STATUS_OK && mark_us)
        status = take_mark(&reload, error);
    if (status == STATUS_OK) {
        progress_state(task->run->progress, task->index, "copying", NULL);
        progress_expect(task->run->progress, task->index,
                        reload.stream.rows_done, task->expected_rows);
        status = copy_and_swap(&reload, error);
    }
    place_release(&reload.place);
    if (status == STATUS_OK)
        task->reading_us = started_us;
    if (status == STATUS_OK && mark_us)
        *mark_us = reload.mark_us;
    return stream_close(&reload.stream, status, error);
}
