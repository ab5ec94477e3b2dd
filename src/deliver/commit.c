/*
 * The one place that moves a checkpoint. What must stay true, numbered as in
 * doc/architecture.md; each has a test file named after it:
 *
 *  1. A checkpoint is saved only after the warehouse acknowledged every row of
 *     the delivery. This file alone saves one; no error path moves one.
 *  2. Deliveries of one stream are committed in the order they were made.
 *  3. The source may drop its log only up to a saved checkpoint.
 *  4. A delivery of a followed log resumes at the end of a transaction.
 *  5. Loading the same delivery twice, late, or out of order with another
 *     leaves the warehouse as loading each once in order: versions decide.
 *  6. A value that cannot be represented stops its table and is named.
 *  7. Nothing in the log is ignored: seen = applied + filtered.
 *  8. An answer is an acknowledgement only when the whole of it says so.
 *  9. A row by scan and the same row by log give the same cells and digest.
 * 10. Memory is bounded by the setting; one larger row is the exception.
 */
#include "deliver/commit.h"

#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "base/stop.h"
#include "state/checkpoint_write.h"

static struct checkpoint checkpoint_of(const struct deliver *deliver,
                                       const struct delivery *delivery)
{
    return (struct checkpoint){
        .stream = deliver->plan.stream,
        .fence = deliver->plan.fence,
        .resume_from = delivery->resume_from,
        .rows = delivery_rows(delivery),
        .rows_expected = deliver->plan.rows_expected,
        .pairs = delivery->pairs,
        .pair_count = delivery->pair_count,
        .overlap_reset = delivery->overlap_reset,
        .requests = delivery->requests,
        .request_count = delivery->request_count,
        .ledger = delivery->ledger,
    };
}

/* Waits until all before it are accepted; false when the attempt ended
 * first. */
static bool await_accepted(struct deliver *deliver,
                           const struct delivery *delivery)
{
    pthread_mutex_lock(&deliver->mutex);
    while (deliver->accepted != delivery->number - 1 &&
           !deliver_has_ended(deliver))
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
    bool is_turn = !deliver_has_ended(deliver);
    pthread_mutex_unlock(&deliver->mutex);
    return is_turn;
}

/* Likewise until all before it are committed. */
static bool await_committed(struct deliver *deliver,
                            const struct delivery *delivery)
{
    pthread_mutex_lock(&deliver->mutex);
    while (deliver->first != delivery && !deliver_has_ended(deliver))
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
    bool is_turn = !deliver_has_ended(deliver);
    pthread_mutex_unlock(&deliver->mutex);
    return is_turn;
}

static void note_accepted(struct deliver *deliver,
                          const struct delivery *delivery)
{
    pthread_mutex_lock(&deliver->mutex);
    deliver->accepted = delivery->number;
    pthread_cond_broadcast(&deliver->changed);
    pthread_mutex_unlock(&deliver->mutex);
}

static enum status ended_early(struct deliver *deliver, struct error *error)
{
    pthread_mutex_lock(&deliver->mutex);
    if (deliver->error.id != ERROR_NONE)
        *error = deliver->error;
    else
        (void)error_set(error, ERROR_INTERRUPTED, "the load was given up");
    pthread_mutex_unlock(&deliver->mutex);
    return error->status;
}

enum status commit_poll(const struct warehouse_ops *ops,
                        struct warehouse_session *session,
                        const char *handle, uint64_t rows,
                        struct error *error)
{
    for (;;) {
        uint64_t wait_ms = 0;
        enum status status = ops->poll(session, handle, rows, &wait_ms,
                                       error);
        if (status != STATUS_PENDING)
            return status;
        FAILPOINT("commit.pending", error);
        if (!clock_sleep_ms(wait_ms))
            return stop_check(error);
    }
}

/*
 * Kept in the state, so that a restart asks for it. Never once an earlier one
 * was struck off: a restart would go on behind this one, and lose that.
 */
static enum status pend(struct deliver *deliver,
                        const struct delivery *delivery, struct state *state,
                        const char *handle, struct error *error)
{
    struct checkpoint checkpoint = checkpoint_of(deliver, delivery);
    pthread_mutex_lock(&deliver->pending);
    pthread_mutex_lock(&deliver->mutex);
    bool has_ended = deliver_has_ended(deliver);
    pthread_mutex_unlock(&deliver->mutex);
    enum status status = has_ended
                             ? ended_early(deliver, error)
                             : checkpoint_pend(state, &checkpoint,
                                               delivery->number, handle,
                                               error);
    pthread_mutex_unlock(&deliver->pending);
    return status;
}

/* Strikes off this one and all later ones; none is pended after that. */
static enum status unpend(struct deliver *deliver,
                          const struct delivery *delivery,
                          struct state *state, struct error *error)
{
    struct error second;
    pthread_mutex_lock(&deliver->pending);
    deliver_fail(deliver, error);
    if (checkpoint_unpend(state, deliver->plan.stream, deliver->plan.fence,
                          delivery->number, &second) != STATUS_OK)
        *error = second;
    pthread_mutex_unlock(&deliver->pending);
    return error->status;
}

static enum status await_pending(struct deliver *deliver,
                                 struct delivery *delivery,
                                 struct warehouse_session *session,
                                 struct state *state, const char *handle,
                                 struct error *error)
{
    enum status status = pend(deliver, delivery, state, handle, error);
    if (status != STATUS_OK)
        return status;
    note_accepted(deliver, delivery);
    status = commit_poll(deliver->plan.warehouse->ops, session, handle,
                         delivery_rows(delivery), error);
    if (status == STATUS_OK || status == STATUS_STOPPED)
        return status;
    return unpend(deliver, delivery, state, error);
}

enum status commit_accept(struct deliver *deliver, struct delivery *delivery,
                          struct warehouse_session *session,
                          struct state *state, const char *handle,
                          struct error *error)
{
    if (!await_accepted(deliver, delivery))
        return ended_early(deliver, error);
    uint64_t wait_ms = 0;
    enum status status = deliver->plan.warehouse->ops->poll(
        session, handle, delivery_rows(delivery), &wait_ms, error);
    if (status == STATUS_PENDING)
        return await_pending(deliver, delivery, session, state, handle,
                             error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("commit.acknowledged", error);
    note_accepted(deliver, delivery);
    return STATUS_OK;
}

enum status commit_accept_empty(struct deliver *deliver,
                                struct delivery *delivery,
                                struct error *error)
{
    if (!await_accepted(deliver, delivery))
        return ended_early(deliver, error);
    note_accepted(deliver, delivery);
    return STATUS_OK;
}

static void note_commit(struct deliver *deliver,
                        const struct delivery *delivery)
{
    const struct deliver_plan *plan = &deliver->plan;
    pthread_mutex_lock(&deliver->mutex);
    for (size_t i = 0; i < delivery->part_count; i++) {
        deliver->counts.rows_confirmed += delivery->parts[i].rows;
        deliver->counts.deletes += delivery->parts[i].deletes;
        deliver->counts.bytes += delivery->parts[i].bytes;
    }
    pthread_mutex_unlock(&deliver->mutex);
    for (size_t i = 0; plan->progress && i < delivery->part_count; i++)
        plan->progress(plan->context, &delivery->parts[i]);
}

static enum status save(struct deliver *deliver,
                        const struct delivery *delivery, struct state *state,
                        struct error *error)
{
    if (!await_committed(deliver, delivery))
        return ended_early(deliver, error);
    FAILPOINT("commit.before_save", error);
    struct checkpoint checkpoint = checkpoint_of(deliver, delivery);
    enum status status = checkpoint_save(state, &checkpoint,
                                         delivery->number, error);
    if (status == STATUS_OK)
        FAILPOINT("commit.saved", error);
    return status;
}

enum status commit_delivery(struct deliver *deliver,
                            struct delivery *delivery, struct state *state,
                            struct error *error)
{
    enum status status = STATUS_OK;
    if (delivery->resume_from)
        status = save(deliver, delivery, state, error);
    if (status == STATUS_OK)
        note_commit(deliver, delivery);
    return status;
}

/* One delivery that an earlier process left behind. */
static enum status settle_one(const struct deliver_plan *plan,
                              struct warehouse_session *session,
                              struct state *state,
                              const struct checkpoint_pending *pending,
                              struct error *error)
{
    enum status status = commit_poll(plan->warehouse->ops, session,
                                     pending->handle, pending->rows, error);
    if (status != STATUS_OK)
        return status;
    struct checkpoint checkpoint = {
        .stream = plan->stream,
        .fence = plan->fence,
        .resume_from = pending->resume_from,
        .rows = pending->rows,
        .rows_expected = plan->rows_expected,
        .overlap_reset = true,
    };
    return checkpoint_save(state, &checkpoint, pending->delivery, error);
}

enum status commit_settle(const struct deliver_plan *plan,
                          struct warehouse_session *session,
                          struct state *state, char **checkpoint,
                          struct error *error)
{
    struct checkpoint_pending *pendings = NULL;
    size_t count = 0;
    enum status status = checkpoint_pendings(state, plan->stream, &pendings,
                                             &count, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = settle_one(plan, session, state, &pendings[i], error);
        if (status == STATUS_OK) {
            memory_free(*checkpoint);
            *checkpoint = memory_text(pendings[i].resume_from);
        } else if (status != STATUS_STOPPED && status != STATUS_INTERNAL) {
            /* Lost on the way: it is made anew from the checkpoint. */
            error_clear(error);
            status = checkpoint_unpend(state, plan->stream, plan->fence,
                                       pendings[i].delivery, error);
            break;
        }
    }
    checkpoint_pendings_free(pendings, count);
    return status;
}
