/*
 * Before the tables of a round are described. What must stay true: a
 * description is never older than the place that the log is read from, for the
 * log would never tell of the change between; so the place is fixed first, and
 * everything before it can be seen.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "sync/cdc.h"

#define VISIBLE_PAUSE_MS 20
#define VISIBLE_MAX_US INT64_C(60000000)

static const struct log_ops *log_of(const struct sync *sync)
{
    return sync->source->ops->log;
}

enum status cdc_wait_visible(struct sync *sync, struct source_session *session,
                             const char *place, bool *has_waited,
                             struct error *error)
{
    int64_t until_us = clock_monotonic_us() + VISIBLE_MAX_US;
    bool is_visible = false;
    for (;;) {
        enum status status = log_of(sync)->visible(session, place,
                                                   &is_visible, error);
        if (status != STATUS_OK || is_visible)
            return status;
        if (has_waited)
            *has_waited = true;
        if (clock_monotonic_us() > until_us)
            return error_set(error, ERROR_LOG_INVISIBLE,
                             "could not see in a minute what the log of "
                             "source \"%s\" holds", sync->endpoint->name);
        if (!clock_sleep_ms(VISIBLE_PAUSE_MS))
            return stop_check(error);
    }
}

static enum status read_place(struct sync *sync, char **place,
                              struct error *error)
{
    char name[STREAM_NAME_BYTES];
    struct state *state = NULL;
    struct state_stream saved = {.checkpoint = NULL};
    enum status status = state_open(sync->settings->state, STATE_READ, &state,
                                    error);
    *place = NULL;
    if (status != STATUS_OK || !state)
        return status;
    stream_name(name, sizeof name, sync->endpoint->name, "cdc");
    status = state_stream_read(state, name, &saved, error);
    *place = memory_text(saved.checkpoint);
    state_stream_release(&saved);
    state_close(state);
    return status;
}

/* Where the log cannot be read on from the place, the round begins at the end
 * as it is now. */
static enum status settle(struct sync *sync, struct source_session *session,
                          const char *place, struct cdc_ready *ready,
                          struct error *error)
{
    const struct log_ops *log = log_of(sync);
    enum log_loss loss = LOG_ANOTHER;
    char *moved = NULL;
    enum status status = STATUS_OK;
    if (place)
        status = log->loss(session, place, &loss, error);
    if (status == STATUS_OK && loss == LOG_MOVED)
        status = log->move(session, place, &moved, error);
    if (status == STATUS_OK && (loss == LOG_THERE || loss == LOG_MOVED))
        status = cdc_wait_visible(sync, session, moved ? moved : place,
                                  &ready->is_late, error);
    else if (status == STATUS_OK)
        status = log->end(session,
                          loss == LOG_PURGED ? log->clock(place) + 1 : 0,
                          &ready->end, error);
    if (ready->end)
        ready->is_late = true;
    memory_free(moved);
    return status;
}

enum status cdc_ready(struct sync *sync, struct cdc_ready *ready,
                      struct error *error)
{
    const struct source_ops *ops = sync->source->ops;
    struct source_session *session = NULL;
    char *place = NULL;
    *ready = (struct cdc_ready){.end = NULL};
    enum status status = ops->log->pin(sync->source, &ready->is_other, error);
    ready->is_late = ready->is_other;
    if (status == STATUS_OK)
        status = ops->session_open(sync->source, &session, error);
    if (status == STATUS_OK)
        status = read_place(sync, &place, error);
    if (status == STATUS_OK)
        status = settle(sync, session, place, ready, error);
    if (session)
        ops->session_close(session);
    memory_free(place);
    return status;
}
