/*
 * Opens source and warehouse for a command and checks that the source is the
 * one the state knows.
 */
#include "sync/sync.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

/* Batches are an eighth of the memory at most, so that several tables can
 * read and load at once. */
#define BATCHES_OF_MEMORY 12
#define BATCH_BYTES_MAX (8U << 20)
/* Part of the memory that batches may take: a reader further ahead of the
 * warehouse makes no load faster, and the rest is for buffers, large rows and
 * text that outgrows its batch. */
#define POOL_SHARE_PERCENT 25

static struct pool *make_pool(const struct settings *settings)
{
    uint64_t limit = settings->memory_bytes / 100 * POOL_SHARE_PERCENT;
    uint64_t batch = limit / BATCHES_OF_MEMORY;
    if (batch > BATCH_BYTES_MAX)
        batch = BATCH_BYTES_MAX;
    return pool_new(limit, (size_t)batch);
}

static void name_owner(struct sync *sync)
{
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(sync->owner, sizeof sync->owner, "%s:%ld", host,
                   (long)getpid());
}

enum status sync_open(const struct settings *settings, struct sync **sync,
                      struct error *error)
{
    struct sync *opened = memory_new(1, sizeof *opened);
    opened->settings = settings;
    opened->endpoint = &settings->sources[0];
    name_owner(opened);
    opened->pool = make_pool(settings);
    const struct source_ops *source =
        source_find(opened->endpoint->url.scheme);
    const struct warehouse_ops *warehouse =
        warehouse_find(settings->warehouse.url.scheme);
    enum status status = source->open(opened->endpoint, &opened->source,
                                      error);
    if (status == STATUS_OK)
        status = warehouse->open(settings, &opened->warehouse, error);
    if (status != STATUS_OK) {
        sync_close(opened);
        opened = NULL;
    }
    *sync = opened;
    return status;
}

enum status sync_identify(struct sync *sync, struct state *state,
                          struct error *error)
{
    const char *name = sync->endpoint->name;
    const char *now = sync->source->ops->facts(sync->source)->identity;
    char former[128];
    enum status status = state_source_identify(state, name, now, former,
                                               error);
    if (status == STATUS_OK && former[0])
        log_line(LOG_WARNING, NULL,
                 "source %s is another server than before (was %s, is "
                 "%s): windows go on from their marks; run tidemark backfill "
                 "if it does not hold every row of the former", name, former,
                 now);
    return status;
}

void sync_close(struct sync *sync)
{
    if (!sync)
        return;
    if (sync->source)
        sync->source->ops->close(sync->source);
    if (sync->warehouse)
        sync->warehouse->ops->close(sync->warehouse);
    if (sync->log_look)
        log_look_release(sync->log_look);
    memory_free(sync->log_look);
    pool_free(sync->pool);
    memory_free(sync);
}
