/* Pauses and throttle: what a person asked for. They outlive the process. */

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "state/state_store.h"

enum status state_pause(struct state *state, const char *source,
                        const char *table, struct error *error)
{
    struct query query;

    FAILPOINT("state.pause", error);
    query_begin(&query, state, STATEMENT_PAUSE_ADD);
    query_text(&query, 1, source);
    query_text(&query, 2, table);
    query_integer(&query, 3, clock_utc_us());
    query_row(&query);
    return query_end(&query, error);
}

enum status state_resume(struct state *state, const char *source,
                         const char *table, struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_PAUSE_STRIKE);
    query_text(&query, 1, source);
    query_text(&query, 2, table);
    query_row(&query);
    return query_end(&query, error);
}

enum status state_pauses(struct state *state, struct state_pause **pauses,
                         size_t *count, struct error *error)
{
    struct query query;
    enum status status;

    *pauses = NULL;
    *count = 0;
    query_begin(&query, state, STATEMENT_PAUSE_LIST);
    while (query_row(&query)) {
        struct state_pause *pause;

        *pauses = memory_resize(*pauses, *count + 1, sizeof(**pauses));
        pause = &(*pauses)[(*count)++];
        query_get_field(&query, 0, pause->source, sizeof(pause->source));
        query_get_field(&query, 1, pause->table, sizeof(pause->table));
        pause->since_us = query_get_integer(&query, 2);
    }
    status = query_end(&query, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    memory_free(*pauses);
    *pauses = NULL;
    *count = 0;
    return status;
}

enum status state_throttle(struct state *state, const char *source,
                           uint64_t bytes_a_second, struct error *error)
{
    struct query query;
    bool is_set = bytes_a_second > 0;

    query_begin(&query, state, is_set ? STATEMENT_THROTTLE_SET
                                      : STATEMENT_THROTTLE_STRIKE);
    query_text(&query, 1, source);
    if (is_set) {
        query_unsigned(&query, 2, bytes_a_second);
        query_integer(&query, 3, clock_utc_us());
    }
    query_row(&query);
    return query_end(&query, error);
}

enum status state_throttled(struct state *state, const char *source,
                            uint64_t *bytes_a_second, struct error *error)
{
    struct query query;

    *bytes_a_second = 0;
    query_begin(&query, state, STATEMENT_THROTTLE_READ);
    query_text(&query, 1, source);
    if (query_row(&query))
        *bytes_a_second = query_get_unsigned(&query, 0);
    return query_end(&query, error);
}
