/*
 * A run over a thousand tables of which three have changed costs three
 * windows. First the bound, then the largest cursors: what is written between
 * the two only makes a table look busy.
 */
#include "sync/idle.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/outcome.h"
#include "sync/task.h"

#define DAY_US INT64_C(86400000000)

/* The tables that are asked about. */
struct survey {
    struct sync *sync;
    struct sync_run *run;
    struct state *state;
    struct source_session *session;
    struct source_bound bound;
    struct scan_request *requests;
    size_t *indexes; /* of requests in the run */
    int64_t *from_us; /* where the next window of each would begin */
    size_t count;
};

/* Windows that stand closed, whose strays are not due. */
static bool is_candidate(const struct work *work, int64_t now_us)
{
    return work->problem.id == ERROR_NONE && work->mode == MODE_INCREMENTAL &&
           work->state && work->state->life == LIFE_LIVE &&
           work->state->problem.id == ERROR_NONE &&
           now_us >= work->state->strays_us &&
           now_us - work->state->strays_us < DAY_US && !work->is_hidden &&
           !work_must_begin_anew(work);
}

/* Start of the next window; INT64_MIN where one is still open. */
static enum status next_from(const struct survey *survey,
                             const struct work *work, int64_t *from_us,
                             struct error *error)
{
    char name[STREAM_NAME_BYTES];
    struct state_stream stream;
    struct place place;
    *from_us = INT64_MIN;
    stream_name(name, sizeof name, work->name, "incremental");
    enum status status = state_stream_read(survey->state, name, &stream,
                                           error);
    if (status != STATUS_OK)
        return status;
    status = place_read(stream.checkpoint, name, &place, error);
    state_stream_release(&stream);
    if (status != STATUS_OK)
        return status;
    if (place.mark_us != INT64_MIN && place.bound_us == INT64_MIN &&
        place.mark_us <= survey->bound.now_us)
        *from_us = place.mark_us - 1000 *
                   (int64_t)work_overlap_ms(work, survey->bound.is_proved);
    place_release(&place);
    return STATUS_OK;
}

static enum status collect(struct survey *survey, struct error *error)
{
    struct sync_run *run = survey->run;
    int64_t now_us = clock_utc_us();
    survey->requests = memory_new(run->count, sizeof *survey->requests);
    survey->indexes = memory_new(run->count, sizeof *survey->indexes);
    survey->from_us = memory_new(run->count, sizeof *survey->from_us);
    for (size_t i = 0; i < run->count; i++) {
        int64_t from_us = INT64_MIN;
        if (!is_candidate(&run->works[i], now_us) ||
            steer_is_paused(survey->sync->steer, run->works[i].name))
            continue;
        enum status status = next_from(survey, &run->works[i], &from_us,
                                       error);
        if (status != STATUS_OK)
            return status;
        if (from_us == INT64_MIN)
            continue;
        struct scan_request *request = &survey->requests[survey->count];
        *request = scan_cursor(&run->works[i], SCAN_BY_CURSOR);
        request->cursor_to_us = survey->bound.bound_us;
        survey->indexes[survey->count] = i;
        survey->from_us[survey->count++] = from_us;
    }
    return STATUS_OK;
}

/* The table stands at the bound without having been read. */
static void confirm(const struct survey *survey, struct work *work,
                    struct work_result *result)
{
    struct state_table *table = work->state;
    char text[40];
    table->mark_us = survey->bound.bound_us;
    table->confirmed_us = survey->bound.now_us;
    table->success_us = clock_utc_us();
    table->rows_confirmed = 0;
    table->run = survey->run->run;
    memory_free(table->mark);
    table->mark = memory_text(clock_text(text, table->mark_us));
    result->work = work;
    result->state = outcome_word(table, work->late_ms, clock_utc_us(),
                                 &result->lag_ms);
}

static enum status confirm_idle(struct survey *survey, bool *is_idle,
                                struct error *error)
{
    struct sync_run *run = survey->run;
    const struct state_table **lines = memory_new(survey->count,
                                                  sizeof *lines);
    int64_t *maxima = memory_new(survey->count, sizeof *maxima);
    size_t count = 0;
    enum status status = survey->sync->source->ops->cursor_maxima(
        survey->session, survey->requests, survey->count, maxima, error);
    for (size_t i = 0; i < survey->count && status == STATUS_OK; i++) {
        size_t index = survey->indexes[i];
        if (maxima[i] >= survey->from_us[i])
            continue;
        is_idle[index] = true;
        confirm(survey, &run->works[index], &run->results[index]);
        lines[count++] = run->works[index].state;
    }
    if (status == STATUS_OK && count > 0)
        status = state_tables_write(survey->state, lines, count, error);
    memory_free(lines);
    memory_free(maxima);
    return status;
}

static enum status take_survey(struct survey *survey, bool *is_idle,
                               struct error *error)
{
    struct source *source = survey->sync->source;
    enum status status = state_open(survey->sync->settings->state,
                                    STATE_WRITE, &survey->state, error);
    if (status == STATUS_OK)
        status = source->ops->bound(source, &survey->bound, error);
    if (status == STATUS_OK)
        status = collect(survey, error);
    if (status == STATUS_OK && survey->count > 0)
        status = source->ops->session_open(source, &survey->session, error);
    if (status == STATUS_OK && survey->count > 0)
        status = confirm_idle(survey, is_idle, error);
    return status;
}

static bool has_windows(const struct sync_run *run)
{
    int64_t now_us = clock_utc_us();
    for (size_t i = 0; i < run->count; i++)
        if (is_candidate(&run->works[i], now_us))
            return true;
    return false;
}

enum status idle_find(struct sync *sync, struct sync_run *run, bool *is_idle,
                      struct error *error)
{
    struct survey survey = {.sync = sync, .run = run};
    if (run->kind != TASK_RUN || !has_windows(run))
        return STATUS_OK;
    enum status status = take_survey(&survey, is_idle, error);
    if (survey.session)
        sync->source->ops->session_close(survey.session);
    state_close(survey.state);
    memory_free(survey.requests);
    memory_free(survey.indexes);
    memory_free(survey.from_us);
    return status;
}
