/* Pauses: what a person asked to leave alone. They outlive the process. */

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
