/* The one place that moves a checkpoint. All that belongs to a save happens
 * in one transaction, and that begins by asking for the fence: a stale owner
 * changes nothing. */

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "state/checkpoint_write.h"
#include "state/state_lease.h"
#include "state/state_overlap.h"
#include "state/state_request.h"
#include "state/state_store.h"

static enum status move(struct state *state,
                        const struct checkpoint *checkpoint,
                        struct error *error)
{
    struct query query;
    enum status status;
    bool is_moved;

    query_begin(&query, state, STATEMENT_STREAM_SAVE);
    query_text(&query, 1, checkpoint->stream);
    query_unsigned(&query, 2, checkpoint->fence);
    query_text(&query, 3, checkpoint->resume_from);
    query_unsigned(&query, 4, checkpoint->rows);
    query_unsigned(&query, 5, checkpoint->rows_expected);
    query_integer(&query, 6, clock_utc_us());
    query_integer(&query, 7, lease_until_us());
    query_text(&query, 8, checkpoint->ledger);
    is_moved = query_row(&query);
    status = query_end(&query, error);
    if (status == STATUS_OK && !is_moved)
        status = store_fenced(checkpoint->stream, checkpoint->fence, error);
    return status;
}

static enum status file_requests(struct state *state,
                                 const struct checkpoint *checkpoint,
                                 struct error *error)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < checkpoint->request_count && status == STATUS_OK;
         i++)
        status = request_add(state, &checkpoint->requests[i], error);
    return status;
}

static enum status strike_pending(struct state *state,
                                  enum statement statement,
                                  const char *stream, uint64_t delivery,
                                  struct error *error)
{
    struct query query;

    query_begin(&query, state, statement);
    query_text(&query, 1, stream);
    query_unsigned(&query, 2, delivery);
    query_row(&query);
    return query_end(&query, error);
}

static enum status save(struct state *state,
                        const struct checkpoint *checkpoint,
                        uint64_t delivery, struct error *error)
{
    enum status status = move(state, checkpoint, error);

    if (status == STATUS_OK)
        status = strike_pending(state, STATEMENT_PENDING_STRIKE,
                                checkpoint->stream, delivery, error);
    if (status == STATUS_OK)
        status = overlap_save(state, checkpoint, error);
    if (status == STATUS_OK)
        status = file_requests(state, checkpoint, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.save.before_commit", error);
    return STATUS_OK;
}

enum status checkpoint_save(struct state *state,
                            const struct checkpoint *checkpoint,
                            uint64_t delivery, struct error *error)
{
    enum status status;

    FAILPOINT("state.save.begin", error);
    status = store_begin(state, error);
    if (status != STATUS_OK)
        return status;
    status = save(state, checkpoint, delivery, error);
    status = store_end(state, status, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.save.after_commit", error);
    return STATUS_OK;
}

/* The requests go with it: after a restart nobody would know of them, and
 * reading something again too early is harmless. */
static enum status pend(struct state *state,
                        const struct checkpoint *checkpoint,
                        uint64_t delivery, const char *handle,
                        struct error *error)
{
    struct query query;
    enum status status = store_check_fence(state, checkpoint->stream,
                                           checkpoint->fence, error);

    if (status != STATUS_OK)
        return status;
    query_begin(&query, state, STATEMENT_PENDING_ADD);
    query_text(&query, 1, checkpoint->stream);
    query_unsigned(&query, 2, delivery);
    query_text(&query, 3, handle);
    query_text(&query, 4, checkpoint->resume_from);
    query_unsigned(&query, 5, checkpoint->rows);
    query_row(&query);
    status = query_end(&query, error);
    if (status == STATUS_OK)
        status = file_requests(state, checkpoint, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.pend", error);
    return STATUS_OK;
}

enum status checkpoint_pend(struct state *state,
                            const struct checkpoint *checkpoint,
                            uint64_t delivery, const char *handle,
                            struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = pend(state, checkpoint, delivery, handle, error);
    return store_end(state, status, error);
}

enum status checkpoint_pendings(struct state *state, const char *stream,
                                struct checkpoint_pending **pendings,
                                size_t *count, struct error *error)
{
    struct checkpoint_pending *list = NULL;
    struct query query;
    enum status status;
    size_t length = 0;

    query_begin(&query, state, STATEMENT_PENDING_LIST);
    query_text(&query, 1, stream);
    while (query_row(&query)) {
        list = memory_resize(list, length + 1, sizeof(*list));
        list[length++] = (struct checkpoint_pending){
            .delivery = query_get_unsigned(&query, 0),
            .handle = query_get_text(&query, 1),
            .resume_from = query_get_text(&query, 2),
            .rows = query_get_unsigned(&query, 3),
        };
    }
    status = query_end(&query, error);
    if (status != STATUS_OK) {
        checkpoint_pendings_free(list, length);
        list = NULL;
        length = 0;
    }
    *pendings = list;
    *count = length;
    return status;
}

void checkpoint_pendings_free(struct checkpoint_pending *pendings,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memory_free(pendings[i].handle);
        memory_free(pendings[i].resume_from);
    }
    memory_free(pendings);
}

static enum status unpend(struct state *state, const char *stream,
                          uint64_t fence, uint64_t delivery,
                          struct error *error)
{
    enum status status = store_check_fence(state, stream, fence, error);

    if (status == STATUS_OK)
        status = strike_pending(state, STATEMENT_PENDING_STRIKE_FROM, stream,
                                delivery, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.unpend", error);
    return STATUS_OK;
}

enum status checkpoint_unpend(struct state *state, const char *stream,
                              uint64_t fence, uint64_t delivery,
                              struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = unpend(state, stream, fence, delivery, error);
    return store_end(state, status, error);
}
