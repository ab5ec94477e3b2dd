/* Streams and their leases. The fence of a stream only ever rises, also when
 * the stream is forgotten: an owner of old must never be taken for the new. */

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/state_lease.h"
#include "state/state_store.h"

enum status state_stream_read(struct state *state, const char *name,
                              struct state_stream *stream,
                              struct error *error)
{
    struct query query;
    enum status status;

    *stream = (struct state_stream){.checkpoint = NULL};
    if (!text_copy(stream->name, sizeof(stream->name), name))
        return error_set(error, ERROR_DEFECT,
                         "the name of stream %s is too long", name);
    query_begin(&query, state, STATEMENT_STREAM_READ);
    query_text(&query, 1, name);
    if (query_row(&query)) {
        stream->checkpoint = query_get_text(&query, 0);
        stream->fence = query_get_unsigned(&query, 1);
        stream->rows_done = query_get_unsigned(&query, 2);
        stream->rows_expected = query_get_unsigned(&query, 3);
        stream->saved_us = query_get_integer(&query, 4);
        stream->ledger = query_get_text(&query, 5);
    }
    status = query_end(&query, error);
    if (status != STATUS_OK)
        state_stream_release(stream);
    return status;
}

void state_stream_release(struct state_stream *stream)
{
    memory_free(stream->checkpoint);
    memory_free(stream->ledger);
    stream->checkpoint = NULL;
    stream->ledger = NULL;
}

int64_t lease_until_us(void)
{
    return clock_utc_us() + LEASE_US;
}

static enum status take_lease(struct state *state, const char *stream,
                              const char *owner, uint64_t *fence,
                              struct error *error)
{
    struct query query;
    enum status status;

    query_begin(&query, state, STATEMENT_LEASE_TAKE);
    query_text(&query, 1, stream);
    query_text(&query, 2, owner);
    query_integer(&query, 3, lease_until_us());
    if (query_row(&query))
        *fence = query_get_unsigned(&query, 0);
    status = query_end(&query, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.lease", error);
    return STATUS_OK;
}

enum status state_lease_take(struct state *state, const char *stream,
                             const char *owner, uint64_t *fence,
                             struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = take_lease(state, stream, owner, fence, error);
    return store_end(state, status, error);
}

static enum status strike(struct state *state, enum statement statement,
                          const char *stream, struct error *error)
{
    struct query query;

    query_begin(&query, state, statement);
    query_text(&query, 1, stream);
    query_row(&query);
    return query_end(&query, error);
}

static enum status strike_pendings(struct state *state, const char *stream,
                                   struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_PENDING_STRIKE_FROM);
    query_text(&query, 1, stream);
    query_integer(&query, 2, INT64_MIN);
    query_row(&query);
    return query_end(&query, error);
}

static enum status forget(struct state *state, const char *stream,
                          uint64_t fence, struct error *error)
{
    enum status status = store_check_fence(state, stream, fence, error);

    if (status == STATUS_OK)
        status = strike(state, STATEMENT_STREAM_FORGET, stream, error);
    if (status == STATUS_OK)
        status = strike(state, STATEMENT_OVERLAP_FORGET, stream, error);
    if (status == STATUS_OK)
        status = strike_pendings(state, stream, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.forget", error);
    return STATUS_OK;
}

enum status state_stream_forget(struct state *state, const char *stream,
                                uint64_t fence, struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = forget(state, stream, fence, error);
    return store_end(state, status, error);
}
