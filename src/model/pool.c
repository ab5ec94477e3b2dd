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
    size_t out_count;
    size_t idle_count;
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
    pool->idle_count--;
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

static bool has_grant(const struct pool *pool, size_t batch_count)
{
    return batch_count <= pool->limit_bytes / pool->batch_bytes;
}

static void wait_for_grant(struct pool *pool)
{
    int64_t start_us;

    if (pool->is_closed || pool->out_count == 0 ||
        has_grant(pool, pool->out_count + 1))
        return;
    start_us = clock_monotonic_us();
    pool->wait_count++;
    while (!pool->is_closed && pool->out_count > 0 &&
           !has_grant(pool, pool->out_count + 1))
        pthread_cond_wait(&pool->changed, &pool->lock);
    pool->wait_us += (uint64_t)(clock_monotonic_us() - start_us);
}

/* An idle batch of the table, or NULL. Where none is there and the idle ones
 * of other tables hold the memory, the one that was given back first goes. */
static struct batch *reuse_or_make_room(struct pool *pool,
                                        const struct table *table)
{
    struct batch **place = &pool->idle;

    while (*place && (*place)->table != table)
        place = &(*place)->next;
    if (*place)
        return idle_take(pool, place);
    while (pool->idle &&
           !has_grant(pool, pool->out_count + pool->idle_count + 1)) {
        for (place = &pool->idle; (*place)->next;)
            place = &(*place)->next;
        batch_free(idle_take(pool, place));
    }
    return NULL;
}

static void count_peak(struct pool *pool, uint64_t more_bytes)
{
    uint64_t bytes = pool->out_count * pool->batch_bytes + more_bytes;

    if (bytes > pool->peak_bytes)
        pool->peak_bytes = bytes;
}

static struct batch *batch_for(struct pool *pool, const struct table *table)
{
    size_t capacity = pool->batch_bytes / table_row_bytes(table);
    struct batch *batch;

    if (capacity < 1)
        capacity = 1;
    if (capacity > ROWS_MAX)
        capacity = ROWS_MAX;
    batch = batch_new(table, capacity, pool->batch_bytes);
    batch->pool = pool;
    return batch;
}

struct batch *pool_take(struct pool *pool, const struct table *table)
{
    struct batch *batch = NULL;
    bool is_closed;

    pthread_mutex_lock(&pool->lock);
    wait_for_grant(pool);
    is_closed = pool->is_closed;
    if (!is_closed) {
        batch = reuse_or_make_room(pool, table);
        pool->out_count++;
        count_peak(pool, 0);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!batch && !is_closed)
        batch = batch_for(pool, table);
    return batch;
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
    if (bytes > pool->batch_bytes)
        count_peak(pool, bytes - pool->batch_bytes);
    pool->out_count--;
    batch->next = pool->idle;
    pool->idle = batch;
    pool->idle_count++;
    /* What a single large row made grow is not kept. */
    if (batch_memory(batch) > 2 * pool->batch_bytes)
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
        .used_bytes = pool->out_count * pool->batch_bytes,
        .peak_bytes = pool->peak_bytes,
        .wait_count = pool->wait_count,
        .wait_us = pool->wait_us,
    };
    pthread_mutex_unlock(&pool->lock);
}
