/*
 * The board that readers and loaders write on and a terminal reads from. One
 * mutex; entries are small and copied whole.
 */
#include "sync/progress.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

struct progress {
    pthread_mutex_t mutex;
    size_t count;
    struct progress_table *tables;
};

struct progress *progress_new(size_t count)
{
    struct progress *progress = memory_new(1, sizeof *progress);
    pthread_mutex_init(&progress->mutex, NULL);
    progress->count = count;
    progress->tables = memory_new(count, sizeof *progress->tables);
    return progress;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_destroy(&progress->mutex);
    memory_free(progress->tables);
    memory_free(progress);
}

/* The entry with the mutex held, or NULL where nobody looks. */
static struct progress_table *entry(struct progress *progress, size_t index)
{
    if (!progress || index >= progress->count)
        return NULL;
    pthread_mutex_lock(&progress->mutex);
    return &progress->tables[index];
}

static void leave(struct progress *progress)
{
    pthread_mutex_unlock(&progress->mutex);
}

void progress_start(struct progress *progress, size_t index,
                    const char *name, const char *state)
{
    struct progress_table *table = entry(progress, index);
    if (!table)
        return;
    table->name = name;
    table->state = state;
    table->reason[0] = '\0';
    if (table->started_us == 0)
        table->started_us = clock_monotonic_us();
    leave(progress);
}

void progress_expect(struct progress *progress, size_t index, uint64_t done,
                     uint64_t expected)
{
    struct progress_table *table = entry(progress, index);
    if (!table)
        return;
    table->rows_done = done;
    table->rows_expected = expected;
    leave(progress);
}

void progress_state(struct progress *progress, size_t index,
                    const char *state, const char *reason)
{
    struct progress_table *table = entry(progress, index);
    if (!table)
        return;
    table->state = state;
    (void)text_copy(table->reason, sizeof table->reason,
                    reason ? reason : "");
    leave(progress);
}

void progress_confirm(struct progress *progress, size_t index, uint64_t rows,
                      uint64_t bytes)
{
    struct progress_table *table = entry(progress, index);
    if (!table)
        return;
    table->rows_done += rows;
    table->rows_here += rows;
    table->bytes_here += bytes;
    leave(progress);
}

void progress_end(struct progress *progress, size_t index, const char *state)
{
    struct progress_table *table = entry(progress, index);
    if (!table)
        return;
    table->state = state;
    table->reason[0] = '\0';
    table->ended_us = clock_monotonic_us();
    leave(progress);
}

void progress_read(struct progress *progress, struct progress_table *tables)
{
    pthread_mutex_lock(&progress->mutex);
    memcpy(tables, progress->tables, progress->count * sizeof *tables);
    pthread_mutex_unlock(&progress->mutex);
}
