/*
 * The loader: takes the deliveries of one stream in order, sends their batches
 * and hands each to commit. Several loaders may work on consecutive deliveries;
 * each has connections of its own. Whatever fails ends the whole attempt.
 */
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "deliver/commit.h"
#include "deliver/pipeline.h"

struct loader {
    struct deliver *deliver;
    struct warehouse_session *session;
    struct state *state;
    struct load *load; /* open request, or NULL */
    const struct table *table; /* of the open request */
    uint32_t requests; /* begun for the present delivery */
    uint64_t request_rows;
    int64_t begun_us; /* of the request, later by waits for the reader */
};

/* With its first delivery: most streams have no second one. */
static enum status loader_open(struct loader *loader, struct error *error)
{
    const struct deliver_plan *plan = &loader->deliver->plan;
    if (loader->session)
        return STATUS_OK;
    enum status status = state_open(plan->state_path, STATE_WRITE,
                                    &loader->state, error);
    if (status != STATUS_OK)
        return status;
    return plan->warehouse->ops->session_open(plan->warehouse,
                                              &loader->session, error);
}

static void loader_close(struct loader *loader)
{
    const struct warehouse_ops *ops = loader->deliver->plan.warehouse->ops;
    if (loader->load)
        ops->end(loader->load);
    if (loader->session)
        ops->session_close(loader->session);
    state_close(loader->state);
}

/* The next delivery nobody has taken; NULL when the attempt ended. */
static struct delivery *take_delivery(struct deliver *deliver)
{
    struct delivery *found = NULL;
    pthread_mutex_lock(&deliver->mutex);
    while (!deliver_has_ended(deliver)) {
        found = deliver->first;
        while (found && found->is_taken)
            found = found->next;
        if (found) {
            found->is_taken = true;
            break;
        }
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
    }
    pthread_mutex_unlock(&deliver->mutex);
    return found;
}

/* The next batch, NULL when the delivery is sealed and empty or the attempt
 * ended (*has_ended). */
static struct batch *take_batch(struct deliver *deliver,
                                struct delivery *delivery, bool *has_ended)
{
    struct batch *batch = NULL;
    pthread_mutex_lock(&deliver->mutex);
    while (delivery->batch_count == 0 && !delivery->is_sealed &&
           !deliver_has_ended(deliver))
        pthread_cond_wait(&deliver->changed, &deliver->mutex);
    *has_ended = deliver_has_ended(deliver);
    if (!*has_ended && delivery->batch_count > 0) {
        batch = delivery->batches[0];
        delivery->batch_count--;
        for (size_t i = 0; i < delivery->batch_count; i++)
            delivery->batches[i] = delivery->batches[i + 1];
    }
    pthread_mutex_unlock(&deliver->mutex);
    return batch;
}

static enum status load_begin(struct loader *loader,
                              const struct delivery *delivery,
                              const struct table *table, struct error *error)
{
    const struct deliver_plan *plan = &loader->deliver->plan;
    struct load_request request = {
        .table = table,
        .target = plan->target,
        .identity = {
            .place = loader->deliver->place,
            .version = delivery->version,
            .delivery = (uint32_t)delivery->number,
            .request = ++loader->requests,
        },
    };
    (void)text_copy(request.identity.stream, sizeof request.identity.stream,
                    plan->stream);
    loader->request_rows = 0;
    loader->begun_us = clock_monotonic_us();
    loader->table = table;
    FAILPOINT("load.begin", error);
    return plan->warehouse->ops->begin(loader->session, &request,
                                       &loader->load, error);
}

/* Ends the sending; `handle` then names what was sent. */
static enum status load_finish(struct loader *loader, char *handle,
                               size_t size, struct error *error)
{
    const struct warehouse_ops *ops = loader->deliver->plan.warehouse->ops;
    FAILPOINT("load.before_finish", error);
    enum status status = ops->finish(loader->load, handle, size, error);
    ops->end(loader->load);
    loader->load = NULL;
    if (status == STATUS_OK)
        FAILPOINT("load.finished", error);
    return status;
}

/* The reader may still add parts. */
static void note_price(struct loader *loader, struct delivery *delivery)
{
    int64_t took_us = clock_monotonic_us() - loader->begun_us;
    pthread_mutex_lock(&loader->deliver->mutex);
    for (size_t i = 0; i < delivery->part_count; i++)
        if (delivery->parts[i].table == loader->table)
            delivery->parts[i].load_us += took_us;
    pthread_mutex_unlock(&loader->deliver->mutex);
}

/* Decided before the next request begins: a batch of a table without a key, and
 * what a stream of many tables has of one. A restart makes them anew. */
static enum status load_alone(struct loader *loader,
                              struct delivery *delivery, struct error *error)
{
    char handle[IDENTITY_BYTES];
    enum status status = load_finish(loader, handle, sizeof handle, error);
    if (status != STATUS_OK)
        return status;
    const struct warehouse_ops *ops = loader->deliver->plan.warehouse->ops;
    status = commit_poll(ops, loader->session, handle, loader->request_rows,
                         error);
    note_price(loader, delivery);
    return status;
}

static enum status load_batch(struct loader *loader,
                              struct delivery *delivery,
                              const struct batch *batch, struct error *error)
{
    const struct deliver_plan *plan = &loader->deliver->plan;
    enum status status = STATUS_OK;
    if (loader->load && loader->table != batch->table)
        status = load_alone(loader, delivery, error);
    if (status == STATUS_OK && !loader->load)
        status = load_begin(loader, delivery, batch->table, error);
    if (status == STATUS_OK) {
        FAILPOINT("load.put", error);
        status = plan->warehouse->ops->put(loader->load, batch, error);
    }
    if (status != STATUS_OK)
        return status;
    loader->request_rows += batch->row_count;
    return plan->one_request_a_batch ? load_alone(loader, delivery, error)
                                     : STATUS_OK;
}

static enum status load_batches(struct loader *loader,
                                struct delivery *delivery,
                                struct error *error)
{
    loader->requests = 0;
    for (;;) {
        bool has_ended = false;
        int64_t asked_us = clock_monotonic_us();
        struct batch *batch = take_batch(loader->deliver, delivery,
                                         &has_ended);
        /* What the reader takes is none of the warehouse's price. */
        loader->begun_us += clock_monotonic_us() - asked_us;
        if (has_ended)
            return error_set(error, ERROR_INTERRUPTED,
                             "the load was given up");
        if (!batch)
            return STATUS_OK;
        enum status status = load_batch(loader, delivery, batch, error);
        deliver_done_with(loader->deliver, batch);
        if (status != STATUS_OK)
            return status;
    }
}

static enum status load_delivery(struct loader *loader,
                                 struct delivery *delivery,
                                 struct error *error)
{
    struct deliver *deliver = loader->deliver;
    char handle[IDENTITY_BYTES];
    enum status status = load_batches(loader, delivery, error);
    if (status != STATUS_OK)
        return status;
    if (!deliver->plan.table) {
        if (loader->load)
            status = load_alone(loader, delivery, error);
    } else if (loader->load) {
        status = load_finish(loader, handle, sizeof handle, error);
        if (status == STATUS_OK)
            status = commit_accept(deliver, delivery, loader->session,
                                   loader->state, handle, error);
    } else {
        status = commit_accept_empty(deliver, delivery, error);
    }
    return status == STATUS_OK
               ? commit_delivery(deliver, delivery, loader->state, error)
               : status;
}

static void forget_delivery(struct deliver *deliver,
                            struct delivery *delivery)
{
    pthread_mutex_lock(&deliver->mutex);
    struct delivery **link = &deliver->first;
    struct delivery *before = NULL;
    while (*link != delivery) {
        before = *link;
        link = &before->next;
    }
    *link = delivery->next;
    if (deliver->last == delivery)
        deliver->last = before;
    deliver->open_count--;
    pthread_cond_broadcast(&deliver->changed);
    pthread_mutex_unlock(&deliver->mutex);
    delivery_free(delivery);
}

void *load_run(void *argument)
{
    struct loader loader = {.deliver = argument};
    struct error error;
    error_clear(&error);
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct delivery *delivery = take_delivery(loader.deliver);
        if (!delivery)
            break;
        status = loader_open(&loader, &error);
        if (status == STATUS_OK)
            status = load_delivery(&loader, delivery, &error);
        if (status == STATUS_OK)
            forget_delivery(loader.deliver, delivery);
    }
    if (status != STATUS_OK)
        deliver_fail(loader.deliver, &error);
    loader_close(&loader);
    return NULL;
}
