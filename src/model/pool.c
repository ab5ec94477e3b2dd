/*
 * The memory limit of rows. Batches that are out and idle ones together never
 * hold more grants than the limit has, but for the one that is always granted.
 * A batch belongs to whoever took it, without a lock; only the lists and the
 * figures here are shared.
 */
#include <pthread.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/batch.h"

#define ROWS_MAX 65536

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct batch *idle; /* given back last first */
    uint64_t limit_bytes;
    size_t batch_bytes;
    uint64_t out_bytes; /* grants of the batches that are out */
    uint64_t idle_bytes;
    bool is_closed;
    uint64_t peak_bytes;
    uint64_t wait_count;
    uint64_t wait_us;
};

struct pool *pool_new(uint64_t limit_bytes, size_t batch_bytes)
{
    struct pool *pool = memory_new(1, sizeof(*pool));

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->limit_bytes = limit_bytes;
    pool->batch_bytes = batch_bytes;
    return pool;
}

/* Takes the batch at `place` out of the idle ones. */
static struct batch *idle_take(struct pool *pool, struct batch **place)
{
    struct batch *batch = *place;

    *place = batch->next;
    batch->next = NULL;
    pool->idle_bytes -= batch->grant_bytes;
    return batch;
}

/* Frees the idle batches of one table, or all where `table` is NULL. */
static void free_idle(struct pool *pool, const struct table *table)
{
    struct batch **place = &pool->idle;

    while (*place) {
        if (!table || (*place)->table == table)
            batch_free(idle_take(pool, place));
        else
            place = &(*place)->next;
    }
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    free_idle(pool, NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool);
}

static bool has_grant(const struct pool *pool, uint64_t bytes)
{
    return bytes <= pool->limit_bytes;
}

/* One batch is granted whatever the limit. */
static bool may_go_out(const struct pool *pool, size_t bytes)
{
    return pool->is_closed || pool->out_bytes == 0 ||
           has_grant(pool, pool->out_bytes + bytes);
}

static void wait_for_grant(struct pool *pool)
{
    int64_t start_us;

    if (may_go_out(pool, pool->batch_bytes))
        return;
    start_us = clock_monotonic_us();
    pool->wait_count++;
    while (!may_go_out(pool, pool->batch_bytes))
        pthread_cond_wait(&pool->changed, &pool->lock);
    pool->wait_us += (uint64_t)(clock_monotonic_us() - start_us);
}

/* An idle batch of the table and size, or NULL. Where none is there and the
 * idle ones hold the memory, those that were given back first go. */
static struct batch *reuse_or_make_room(struct pool *pool,
                                        const struct table *table,
                                        size_t bytes)
{
    struct batch **place = &pool->idle;

    while (*place &&
           ((*place)->table != table || (*place)->grant_bytes != bytes))
        place = &(*place)->next;
    if (*place)
        return idle_take(pool, place);
    while (pool->idle &&
           !has_grant(pool, pool->out_bytes + pool->idle_bytes + bytes)) {
        for (place = &pool->idle; (*place)->next;)
            place = &(*place)->next;
        batch_free(idle_take(pool, place));
    }
    return NULL;
}

static void count_peak(struct pool *pool, uint64_t more_bytes)
{
    uint64_t bytes = pool->out_bytes + more_bytes;

    if (bytes > pool->peak_bytes)
        pool->peak_bytes = bytes;
}

static struct batch *batch_for(struct pool *pool, const struct table *table,
                               size_t bytes)
{
    size_t capacity = bytes / table_row_bytes(table);
    struct batch *batch;

    if (capacity < 1)
        capacity = 1;
    if (capacity > ROWS_MAX)
        capacity = ROWS_MAX;
    batch = batch_new(table, capacity, bytes);
    batch->pool = pool;
    batch->grant_bytes = bytes;
    return batch;
}

/* With the lock held, which it gives up. */
static struct batch *grant(struct pool *pool, const struct table *table,
                           size_t bytes)
{
    struct batch *batch = reuse_or_make_room(pool, table, bytes);

    pool->out_bytes += bytes;
    count_peak(pool, 0);
    pthread_mutex_unlock(&pool->lock);
    return batch ? batch : batch_for(pool, table, bytes);
}

struct batch *pool_take(struct pool *pool, const struct table *table)
{
    pthread_mutex_lock(&pool->lock);
    wait_for_grant(pool);
    if (!pool->is_closed)
        return grant(pool, table, pool->batch_bytes);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct batch *pool_try(struct pool *pool, const struct table *table,
                       size_t bytes)
{
    if (bytes > pool->batch_bytes)
        bytes = pool->batch_bytes;
    pthread_mutex_lock(&pool->lock);
    if (!pool->is_closed && may_go_out(pool, bytes))
        return grant(pool, table, bytes);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

void pool_give(struct batch *batch)
{
    struct pool *pool = batch ? batch->pool : NULL;
    size_t bytes;

    if (!pool) {
        batch_free(batch);
        return;
    }
    bytes = batch_bytes(batch);
    batch_clear(batch);
    pthread_mutex_lock(&pool->lock);
    if (bytes > batch->grant_bytes)
        count_peak(pool, bytes - batch->grant_bytes);
    pool->out_bytes -= batch->grant_bytes;
    batch->next = pool->idle;
    pool->idle = batch;
    pool->idle_bytes += batch->grant_bytes;
    /* What a single large row made grow is not kept. */
    if (batch_memory(batch) > 2 * batch->grant_bytes)
        batch_free(idle_take(pool, &pool->idle));
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

void pool_forget(struct pool *pool, const struct table *table)
{
    pthread_mutex_lock(&pool->lock);
    free_idle(pool, table);
    pthread_mutex_unlock(&pool->lock);
}

void pool_close(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_closed = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

void pool_figures(struct pool *pool, struct pool_figures *figures)
{
    pthread_mutex_lock(&pool->lock);
    *figures = (struct pool_figures){
        .limit_bytes = pool->limit_bytes,
        .used_bytes = pool->out_bytes,
        .peak_bytes = pool->peak_bytes,
        .wait_count = pool->wait_count,
        .wait_us = pool->wait_us,
    };
    pthread_mutex_unlock(&pool->lock);
}
