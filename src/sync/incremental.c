/*
 * Windows: one slice of the cursor from the high-water mark to a bound that no
 * open writer can still undercut. The mark moves only when a window is
 * complete, also over an empty one: the bound is the justification, not a row.
 */
#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/overlap.h"

/* What a window is while it is read. */
struct window {
    struct task *task;
    struct stream stream;
    struct place place;
    struct source_bound bound;
    struct overlap overlap;
    int64_t from_us; /* mark less the overlap */
    int64_t to_us;   /* the bound */
};

static char *window_checkpoint(void *context, const char *after)
{
    const struct window *window = context;
    if (!after)
        return place_text(NULL, window->to_us, INT64_MIN, NULL, NULL);
    return place_text(NULL, window->place.mark_us, window->to_us, after,
                      NULL);
}

static void window_seal(void *context, struct deliver_seal *seal)
{
    const struct window *window = context;
    overlap_seal(&window->overlap, seal);
}

/* The mark is a bound of a clock that has since been set back: rows are
 * written below it again. */
static bool is_clock_back(const struct window *window)
{
    return window->bound.now_us < window->place.mark_us;
}

static void warn_of_bound(const struct window *window)
{
    const struct source_bound *bound = &window->bound;
    if (is_clock_back(window))
        log_line(LOG_WARNING, window->stream.name,
                 "the clock of the source stands before the mark: it was set "
                 "back, and the window begins there");
    uint64_t wait_ms = window->task->sync->settings->bound_max_wait_ms;
    if (bound->is_held && bound->held_us / 1000 > (int64_t)wait_ms)
        log_line(LOG_WARNING, window->stream.name,
                 "an open writer holds the window back: %s (%s)",
                 bound->holder, error_id_text(ERROR_BOUND_WAITS));
    if (!bound->is_proved)
        log_line(LOG_DEBUG, window->stream.name, "fixed lag: %s",
                 bound->note);
}

/* Where the window lies; an interrupted one keeps its bound. */
static enum status place_window(struct window *window, struct error *error)
{
    struct task *task = window->task;
    enum status status = task->sync->source->ops->bound(
        task->sync->source, &window->bound, error);
    if (status != STATUS_OK)
        return status;
    warn_of_bound(window);
    uint64_t overlap_ms = work_overlap_ms(task->work,
                                          window->bound.is_proved);
    if (is_clock_back(window)) {
        window->place.mark_us = window->bound.bound_us;
        window->place.bound_us = INT64_MIN;
        memory_free(window->place.after);
        window->place.after = NULL;
    }
    window->from_us = window->place.mark_us - (int64_t)overlap_ms * 1000;
    window->to_us = window->place.bound_us == INT64_MIN
                        ? window->bound.bound_us
                        : window->place.bound_us;
    if (window->to_us < window->place.mark_us)
        window->to_us = window->place.mark_us;
    return overlap_open(&window->overlap, &window->stream,
                        window->to_us - (int64_t)overlap_ms * 1000, error);
}

static enum status read_window(struct window *window, struct error *error)
{
    struct work *work = window->task->work;
    struct shape shape = work->shape;
    /* A cursor that is stored as text (zero_dates: text) has no cell to
     * compare: then the overlap is loaded again, harmlessly. */
    if (table_column(work->table, work->cursor)->kind != KIND_TEXT)
        shape.admits = overlap_admits;
    shape.context = &window->overlap;
    struct copy copy = {
        .stream = &window->stream,
        .request = scan_cursor(work, SCAN_BY_CURSOR),
        .checkpoint = window_checkpoint,
        .seal_last = window_seal,
        .context = window,
    };
    copy.request.shape = &shape;
    copy.request.cursor_from_us = window->from_us;
    copy.request.cursor_to_us = window->to_us;
    copy.request.after = window->place.after;
    return copy_run(&copy, error);
}

static enum status run_window(struct window *window, struct error *error)
{
    FAILPOINT("window.start", error);
    enum status status = place_window(window, error);
    if (status == STATUS_OK)
        status = read_window(window, error);
    overlap_release(&window->overlap);
    return status;
}

/* Begins the stream at the mark that the backfill proved. */
static enum status begin_at(struct window *window, int64_t mark_us,
                            struct error *error)
{
    char *text = place_text(NULL, mark_us, INT64_MIN, NULL, NULL);
    struct deliver_seal seal = {.resume_from = text, .overlap_reset = true};
    enum status status = stream_save(&window->stream, &seal, error);
    memory_free(text);
    window->place.mark_us = mark_us;
    return status;
}

/* Where the table there cannot become this one - another key, a narrower type,
 * another policy of deletes, another table's rows - a copy is made beside it
 * and swapped in. */
static enum status copy_first(struct task *task, int64_t *mark_us,
                              struct error *error)
{
    const struct warehouse_ops *ops = task->sync->warehouse->ops;
    const struct table *table = task->work->table;
    struct warehouse_plan plan = {.changes = NULL};
    if (task->work->is_absent && !task->work->takes_over)
        return backfill_first(task, mark_us, error);
    enum status status = ops->plan(task->warehouse, &table, 1, &plan, error);
    bool is_unfit = status == STATUS_OK &&
                    (plan.needs_reload || task->work->takes_over) &&
                    ops->facts(task->sync->warehouse)->powers.swaps;
    if (status != STATUS_OK)
        return status;
    warehouse_plan_release(&plan);
    return is_unfit ? reload_run(task, mark_us, error)
                    : backfill_first(task, mark_us, error);
}

static enum status open_window(struct window *window, struct error *error)
{
    struct task *task = window->task;
    int64_t mark_us = INT64_MIN;
    place_init(&window->place);
    enum status status = stream_open(task, "incremental", &window->stream,
                                     error);
    if (status == STATUS_OK)
        status = place_read(window->stream.checkpoint, window->stream.name,
                            &window->place, error);
    bool is_new = status == STATUS_OK && !window->stream.checkpoint;
    if (is_new)
        status = copy_first(task, &mark_us, error);
    if (status == STATUS_OK)
        status = stream_load(&window->stream, LOAD_LIVE, error);
    if (status == STATUS_OK && is_new)
        status = begin_at(window, mark_us, error);
    return status;
}

enum status incremental_run(struct task *task, struct error *error)
{
    struct window window = {.task = task};
    enum status status = open_window(&window, error);
    if (status == STATUS_OK) {
        bool was_open = window.place.bound_us != INT64_MIN;
        progress_state(task->run->progress, task->index, "catching up", NULL);
        status = run_window(&window, error);
        if (status == STATUS_OK && was_open)
            status = deliver_drain(window.stream.deliver, error);
        if (status == STATUS_OK && was_open) {
            window.place.mark_us = window.to_us;
            window.place.bound_us = INT64_MIN;
            memory_free(window.place.after);
            window.place.after = NULL;
            status = run_window(&window, error);
        }
    }
    if (status == STATUS_OK) {
        task->mark_us = window.to_us;
        task->reading_us = window.bound.now_us;
    }
    place_release(&window.place);
    status = stream_close(&window.stream, status, error);
    return status == STATUS_OK ? strays_run(task, error) : status;
}
