/* Requests: what must be read again, until it was; of those that were served
 * the last thousand are kept, cut short. */

#include "state/state_request.h"

#include "base/clock.h"
#include "base/memory.h"
#include "state/state_store.h"

enum status request_add(struct state *state,
                        const struct state_request *request,
                        struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_REQUEST_ADD);
    query_text(&query, 1, request->source);
    query_text(&query, 2, request->table);
    query_text(&query, 3, request->scope);
    query_text(&query, 4, request->visible == NULL ? "" : request->visible);
    query_text(&query, 5, request->reason);
    query_integer(&query, 6, clock_utc_us());
    query_row(&query);
    return query_end(&query, error);
}

enum status state_request_file(struct state *state,
                               const struct state_request *request,
                               struct error *error)
{
    return request_add(state, request, error);
}

static void take_row(struct query *query, struct state_request *request)
{
    request->id = query_get_unsigned(query, 0);
    request->source = query_get_text(query, 1);
    request->table = query_get_text(query, 2);
    request->scope = query_get_text(query, 3);
    request->visible = query_get_text(query, 4);
    request->reason = query_get_text(query, 5);
    request->filed_us = query_get_integer(query, 6);
}

enum status state_requests(struct state *state, const char *source,
                           size_t limit, struct state_request **requests,
                           size_t *count, struct error *error)
{
    struct query query;
    enum status status;

    *requests = NULL;
    *count = 0;
    query_begin(&query, state, STATEMENT_REQUEST_LIST);
    query_text(&query, 1, source);
    query_unsigned(&query, 2, limit);
    while (query_row(&query)) {
        *requests = memory_resize(*requests, *count + 1, sizeof(**requests));
        take_row(&query, &(*requests)[(*count)++]);
    }
    status = query_end(&query, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    state_requests_free(*requests, *count);
    *requests = NULL;
    *count = 0;
    return status;
}

void state_requests_free(struct state_request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memory_free(requests[i].source);
        memory_free(requests[i].table);
        memory_free(requests[i].scope);
        memory_free(requests[i].visible);
        memory_free(requests[i].reason);
    }
    memory_free(requests);
}

enum status state_request_served(struct state *state, uint64_t id,
                                 struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_REQUEST_SERVED);
    query_unsigned(&query, 1, id);
    query_integer(&query, 2, clock_utc_us());
    query_row(&query);
    enum status status = query_end(&query, error);
    if (status != STATUS_OK)
        return status;
    query_begin(&query, state, STATEMENT_REQUEST_FORGET);
    query_unsigned(&query, 1, id);
    query_row(&query);
    return query_end(&query, error);
}
