/*
 * The reader's side of the pipeline. One mutex guards it; batches change hands
 * with it held and belong to one side only. A reader that finds no batch in
 * the pool waits: that is the back-pressure, and the only one.
 */
#include "deliver/deliver.h"

#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/stop.h"
#include "deliver/commit.h"
#include "deliver/pipeline.h"

bool deliver_has_ended(const struct deliver *deliver)
{
    return deliver->is_closing || deliver->error.id != ERROR_NONE;
}

/* With the mutex held: a reader that waits for the pool must find them. */
static void give_back(struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->batch_count; i++)
        pool_give(delivery->batches[i]);
    delivery->batch_count = 0;
}

void deliver_fail(struct deliver *deliver, const struct error *error)
{
    pthread_mutex_lock(&deliver->mutex);
    if (deliver->error.id == ERROR_NONE && !deliver->is_closing)
        deliver->error = *error;
    for (struct delivery *delivery = deliver->first; delivery;
         delivery = delivery->next)
        give_back(delivery);
    pthread_cond_broadcast(&deliver->changed);
    pthread_mutex_unlock(&deliver->mutex);
}

void delivery_free(struct delivery *delivery)
{
    give_back(delivery);
    memory_free(delivery->batches);
    memory_free(delivery->parts);
    memory_free(delivery->resume_from);
    memory_free(delivery->pairs);
    memory_free(delivery->ledger);
    state_requests_free(delivery->requests, delivery->request_count);
    memory_free(delivery);
}

/* With the mutex held: the failure so far. */
static enum status failure_so_far(const struct deliver *deliver,
                                  struct error *error)
{
    if (deliver->error.id == ERROR_NONE)
        return STATUS_OK;
    *error = deliver->error;
    return error->status;
}

enum status deliver_settle(const struct deliver_plan *plan,
                           struct warehouse_session *session,
                           struct state *state, char **checkpoint,
                           struct error *error)
{
    return commit_settle(plan, session, state, checkpoint, error);
}

static enum status start_loaders(struct deliver *deliver, struct error *error)
{
    size_t wanted = deliver->plan.loader_count;
    if (wanted < 1)
        wanted = 1;
    if (wanted > DELIVER_LOADERS_MAX)
        wanted = DELIVER_LOADERS_MAX;
    for (size_t i = 0; i < wanted; i++) {
        int failed = pthread_create(&deliver->loaders[i], NULL, load_run,
                                    deliver);
        if (failed)
            return error_set(error, ERROR_MACHINE,
                             "could not start a thread: %s",
                             strerror(failed));
        deliver->loader_count++;
    }
    return STATUS_OK;
}

enum status deliver_open(const struct deliver_plan *plan,
                         struct deliver **deliver, struct error *error)
{
    struct deliver *opened = memory_new(1, sizeof *opened);
    opened->plan = *plan;
    opened->place = identity_place(plan->checkpoint);
    pthread_mutex_init(&opened->mutex, NULL);
    pthread_mutex_init(&opened->pending, NULL);
    pthread_cond_init(&opened->changed, NULL);
    enum status status = start_loaders(opened, error);
    if (status != STATUS_OK) {
        deliver_close(opened);
        opened = NULL;
    }
    *deliver = opened;
    return status;
}

enum status deliver_begin(struct deliver *deliver, uint64_t version,
                          struct error *error)
{
    FAILPOINT("deliver.begin", error);
    struct delivery *delivery = memory_new(1, sizeof *delivery);
    delivery->version = version;
    pthread_mutex_lock(&deliver->mutex);
    while (deliver->open_count > deliver->loader_count &&
           !deliver_has_ended(deliver))
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
    enum status status = failure_so_far(deliver, error);
    if (status == STATUS_OK) {
        delivery->number = ++deliver->begun;
        if (deliver->last)
            deliver->last->next = delivery;
        else
            deliver->first = delivery;
        deliver->last = delivery;
        deliver->open_count++;
        delivery = NULL;
        pthread_cond_broadcast(&deliver->changed);
    }
    pthread_mutex_unlock(&deliver->mutex);
    if (delivery)
        delivery_free(delivery);
    return status;
}

enum status deliver_take(struct deliver *deliver, const struct table *table,
                         struct batch **batch, struct error *error)
{
    *batch = NULL;
    enum status status = stop_check(error);
    if (status != STATUS_OK)
        return status;
    struct batch *taken = pool_take(deliver->plan.pool, table);
    pthread_mutex_lock(&deliver->mutex);
    status = failure_so_far(deliver, error);
    pthread_mutex_unlock(&deliver->mutex);
    if (status != STATUS_OK) {
        if (taken)
            pool_give(taken);
        return status;
    }
    if (!taken)
        return error_set(error, ERROR_INTERRUPTED, "the pool was closed");
    *batch = taken;
    return STATUS_OK;
}

void deliver_return(struct deliver *deliver, struct batch *batch)
{
    (void)deliver;
    pool_give(batch);
}

static size_t count_deletes(const struct batch *batch)
{
    size_t deletes = 0;
    for (size_t row = 0; row < batch->row_count; row++)
        deletes += batch->deleted[row] != 0;
    return deletes;
}

uint64_t delivery_rows(const struct delivery *delivery)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < delivery->part_count; i++)
        rows += delivery->parts[i].rows;
    return rows;
}

/* The part of the batch's table; its batches come behind one another. */
static struct deliver_part *part_of(struct delivery *delivery,
                                    const struct table *table)
{
    size_t count = delivery->part_count;
    if (count > 0 && delivery->parts[count - 1].table == table)
        return &delivery->parts[count - 1];
    if ((count & (count + 1)) == 0)
        delivery->parts = memory_resize(delivery->parts, 2 * count + 1,
                                        sizeof *delivery->parts);
    delivery->parts[count] = (struct deliver_part){.table = table};
    return &delivery->parts[delivery->part_count++];
}

static void append_batch(struct delivery *delivery, struct batch *batch)
{
    struct deliver_part *part = part_of(delivery, batch->table);
    if (delivery->batch_count == delivery->batch_capacity) {
        delivery->batch_capacity = delivery->batch_capacity * 2 + 4;
        delivery->batches = memory_resize(delivery->batches,
                                          delivery->batch_capacity,
                                          sizeof(struct batch *));
    }
    delivery->batches[delivery->batch_count++] = batch;
    part->rows += batch->row_count;
    part->deletes += count_deletes(batch);
    part->bytes += batch_bytes(batch);
}

/* With the mutex held: until loaders have made room. They can, for batches of
 * the delivery that is open are theirs, too. */
static void await_room(struct deliver *deliver)
{
    uint64_t limit = deliver->plan.queue_bytes;
    while (limit > 0 && deliver->queued_bytes > limit &&
           !deliver_has_ended(deliver))
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
}

void deliver_done_with(struct deliver *deliver, struct batch *batch)
{
    uint64_t bytes = batch_bytes(batch);
    pool_give(batch);
    pthread_mutex_lock(&deliver->mutex);
    deliver->queued_bytes -= bytes;
    if (deliver->plan.queue_bytes > 0)
        pthread_cond_broadcast(&deliver->changed);
    pthread_mutex_unlock(&deliver->mutex);
}

enum status deliver_put(struct deliver *deliver, struct batch *batch,
                        struct error *error)
{
    if (batch->row_count == 0) {
        pool_give(batch);
        return STATUS_OK;
    }
    pthread_mutex_lock(&deliver->mutex);
    await_room(deliver);
    enum status status = failure_so_far(deliver, error);
    if (status == STATUS_OK) {
        deliver->queued_bytes += batch_bytes(batch);
        if (deliver->plan.table)
            batch_set_version(batch, deliver->last->version);
        append_batch(deliver->last, batch);
        deliver->counts.rows_read += batch->row_count;
        batch = NULL;
        pthread_cond_broadcast(&deliver->changed);
    }
    pthread_mutex_unlock(&deliver->mutex);
    if (batch)
        pool_give(batch);
    return status;
}

static void copy_requests(struct delivery *delivery,
                          const struct deliver_seal *seal)
{
    if (seal->request_count == 0)
        return;
    delivery->requests = memory_new(seal->request_count,
                                    sizeof *seal->requests);
    delivery->request_count = seal->request_count;
    for (size_t i = 0; i < seal->request_count; i++) {
        const struct state_request *request = &seal->requests[i];
        delivery->requests[i] = (struct state_request){
            .source = memory_text(request->source),
            .table = memory_text(request->table),
            .scope = memory_text(request->scope),
            .visible = memory_text(request->visible),
            .reason = memory_text(request->reason),
        };
    }
}

enum status deliver_seal(struct deliver *deliver,
                         const struct deliver_seal *seal, struct error *error)
{
    FAILPOINT("deliver.seal", error);
    pthread_mutex_lock(&deliver->mutex);
    enum status status = failure_so_far(deliver, error);
    if (status == STATUS_OK) {
        struct delivery *delivery = deliver->last;
        delivery->resume_from = memory_text(seal->resume_from);
        delivery->overlap_reset = seal->overlap_reset;
        delivery->ledger = memory_text(seal->ledger);
        copy_requests(delivery, seal);
        if (seal->pair_count > 0) {
            delivery->pairs = memory_new(seal->pair_count,
                                         sizeof *seal->pairs);
            memcpy(delivery->pairs, seal->pairs,
                   seal->pair_count * sizeof *seal->pairs);
            delivery->pair_count = seal->pair_count;
        }
        delivery->is_sealed = true;
        pthread_cond_broadcast(&deliver->changed);
    }
    pthread_mutex_unlock(&deliver->mutex);
    return status;
}

/* With the mutex held. */
static bool has_sealed_work(const struct deliver *deliver)
{
    for (const struct delivery *delivery = deliver->first; delivery;
         delivery = delivery->next)
        if (delivery->is_sealed)
            return true;
    return false;
}

enum status deliver_drain(struct deliver *deliver, struct error *error)
{
    pthread_mutex_lock(&deliver->mutex);
    while (has_sealed_work(deliver) && !deliver_has_ended(deliver))
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
    enum status status = failure_so_far(deliver, error);
    pthread_mutex_unlock(&deliver->mutex);
    return status;
}

void deliver_counts(struct deliver *deliver, struct deliver_counts *counts)
{
    pthread_mutex_lock(&deliver->mutex);
    *counts = deliver->counts;
    counts->deliveries = deliver->first ? deliver->first->number - 1
                                        : deliver->begun;
    pthread_mutex_unlock(&deliver->mutex);
}

void deliver_close(struct deliver *deliver)
{
    if (!deliver)
        return;
    pthread_mutex_lock(&deliver->mutex);
    deliver->is_closing = true;
    pthread_cond_broadcast(&deliver->changed);
    pthread_mutex_unlock(&deliver->mutex);
    for (size_t i = 0; i < deliver->loader_count; i++)
        pthread_join(deliver->loaders[i], NULL);
    while (deliver->first) {
        struct delivery *delivery = deliver->first;
        deliver->first = delivery->next;
        delivery_free(delivery);
    }
    pthread_cond_destroy(&deliver->changed);
    pthread_mutex_destroy(&deliver->mutex);
    pthread_mutex_destroy(&deliver->pending);
    memory_free(deliver);
}
