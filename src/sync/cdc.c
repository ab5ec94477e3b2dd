/*
 * A round of the log: from its place to the end that is there now. The reader
 * alone decides when rows are handed over; what befalls a table goes to
 * requests, and never stops the others.
 */
#include "sync/cdc.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "model/version.h"

/* A full hand-over of many tables shall not hold up the hot ones. */
#define STAY_LOADERS 3

/* Most tables see a few rows between two loads. */
#define FIRST_MOST ((size_t)64 << 10)
#define FIRST_LEAST ((size_t)4 << 10)
/* Of one table; and what may wait for the loaders then. */
#define AHEAD_MOST ((uint64_t)8 << 20)

bool cdc_is_wanted(const struct sync_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->works[i].mode == MODE_CDC &&
            run->works[i].problem.id == ERROR_NONE)
            return true;
    return false;
}

/* Was it never read whole as it is to be read now? */
static bool is_new(const struct work *work)
{
    const struct state_table *state = work->state;
    return !state || !state->mode || state->life != LIFE_LIVE ||
           work->is_lost || work_must_begin_anew(work) ||
           !text_equal(state->mode, mode_name(MODE_CDC));
}

static int compare_tables(const void *left, const void *right)
{
    return strcmp(((const struct cdc_table *)left)->work->name,
                  ((const struct cdc_table *)right)->work->name);
}

static void collect_tables(struct cdc *cdc)
{
    struct sync_run *run = cdc->run;
    cdc->tables = memory_new(run->count, sizeof *cdc->tables);
    for (size_t i = 0; i < run->count; i++) {
        struct work *work = &run->works[i];
        if (work->mode != MODE_CDC || work->problem.id != ERROR_NONE ||
            steer_is_paused(cdc->sync->steer, work->name)) {
            cdc->has_problems |= work->problem.id != ERROR_NONE;
            continue;
        }
        cdc->tables[cdc->count++] = (struct cdc_table){
            .followed = {.table = work->table, .shape = &work->shape},
            .cdc = cdc,
            .work = work,
            .index = i,
            .needs_copy = is_new(work),
        };
    }
    qsort(cdc->tables, cdc->count, sizeof *cdc->tables, compare_tables);
    for (size_t i = 0; i < cdc->count; i++)
        cdc->tables[i].followed.context = &cdc->tables[i];
}

struct cdc_table *cdc_table_of(struct cdc *cdc, size_t index)
{
    for (size_t i = 0; i < cdc->count; i++)
        if (cdc->tables[i].index == index)
            return &cdc->tables[i];
    return NULL;
}

static void on_confirmed(void *context, const struct deliver_part *part)
{
    struct cdc *cdc = context;
    for (size_t i = 0; i < cdc->count; i++) {
        struct cdc_table *table = &cdc->tables[i];
        if (table->work->table != part->table)
            continue;
        pthread_mutex_lock(&cdc->mutex);
        table->rows_confirmed += part->rows;
        table->deletes += part->deletes;
        table->bytes += part->bytes;
        pace_priced(&table->pace, part->load_us);
        pthread_mutex_unlock(&cdc->mutex);
        progress_confirm(cdc->run->progress, table->index, part->rows,
                         part->bytes);
        return;
    }
}

static enum status open_sides(struct cdc *cdc, struct error *error)
{
    struct sync *sync = cdc->sync;
    enum status status = state_open(sync->settings->state, STATE_WRITE,
                                    &cdc->state, error);
    if (status == STATUS_OK)
        status = sync->source->ops->session_open(sync->source, &cdc->session,
                                                 error);
    if (status == STATUS_OK)
        status = sync->warehouse->ops->session_open(sync->warehouse,
                                                    &cdc->warehouse, error);
    return status;
}

static enum status open_stream(struct cdc *cdc, struct error *error)
{
    struct state_stream saved = {.checkpoint = NULL};
    stream_name(cdc->name, sizeof cdc->name, cdc->sync->endpoint->name,
                "cdc");
    enum status status = state_lease_take(cdc->state, cdc->name,
                                          cdc->sync->owner, &cdc->fence,
                                          error);
    if (status == STATUS_OK)
        status = state_stream_read(cdc->state, cdc->name, &saved, error);
    if (status != STATUS_OK)
        return status;
    cdc->place = memory_text(saved.checkpoint);
    cdc_ledger_begin(cdc, saved.ledger);
    state_stream_release(&saved);
    struct deliver_plan plan = {
        .stream = cdc->name,
        .target = LOAD_LIVE,
        .warehouse = cdc->sync->warehouse,
        .pool = cdc->sync->pool,
        .state_path = state_path(cdc->state),
        .fence = cdc->fence,
        .checkpoint = cdc->place,
        .loader_count = cdc->stay ? STAY_LOADERS : 2,
        .queue_bytes = cdc->ahead_bytes,
        .progress = on_confirmed,
        .context = cdc,
    };
    return deliver_open(&plan, &cdc->deliver, error);
}

/* Batches are small where the tables are many: each must have one open. The
 * loaders need half of the memory. */
static void share_memory(struct cdc *cdc)
{
    struct pool_figures figures;
    pool_figures(cdc->sync->pool, &figures);
    uint64_t share = figures.limit_bytes / 4 / (cdc->count + 1);
    uint64_t ahead = figures.limit_bytes / 8;
    cdc->first_batch_bytes = share > FIRST_MOST    ? FIRST_MOST
                             : share < FIRST_LEAST ? FIRST_LEAST
                                                   : (size_t)share;
    cdc->full_bytes = figures.limit_bytes / 2;
    cdc->ahead_bytes = ahead > AHEAD_MOST ? AHEAD_MOST : ahead;
}

enum status cdc_begin(struct cdc *cdc, struct sync *sync,
                      struct sync_run *run, struct error *error)
{
    *cdc = (struct cdc){.sync = sync, .run = run, .stay = run->stay,
                        .is_between = true};
    pthread_mutex_init(&cdc->mutex, NULL);
    collect_tables(cdc);
    share_memory(cdc);
    FAILPOINT("cdc.begin", error);
    enum status status = open_sides(cdc, error);
    if (status == STATUS_OK)
        status = open_stream(cdc, error);
    if (status == STATUS_OK)
        status = cdc_schema_begin(cdc, error);
    if (status == STATUS_OK)
        status = cdc_place(cdc, error);
    if (status == STATUS_OK)
        cdc_schema_copies(cdc);
    return status;
}

/* --- following ----------------------------------------------------------- */

void cdc_stop_table(struct cdc_table *table, const struct error *problem)
{
    table->is_stopped = true;
    table->problem = *problem;
    if (table->cdc->stay)
        stay_table_failed(table);
}

static void request(struct cdc *cdc, const struct cdc_table *table,
                    uint64_t version, const char *reason)
{
    if (cdc_request_table(cdc, table->work, version, reason))
        log_line(LOG_WARNING, table->work->name, "%s: it is read again",
                 reason);
}

/* Its rows are passed over until it was read again. */
static void request_anew(struct cdc *cdc, struct cdc_table *table,
                         uint64_t version, const char *reason)
{
    request(cdc, table, version, reason);
    table->is_stopped = true;
}

static void meet_table(struct cdc *cdc, struct cdc_table *table,
                       const struct log_item *item)
{
    bool buries = cdc->sync->warehouse->ops->tombstones_below != NULL;
    switch (item->fate) {
    case TABLE_TRUNCATED:
        if (buries)
            cdc_request_below(cdc, table->work, item->version);
        else
            request_anew(cdc, table, item->version, "the table was emptied");
        break;
    case TABLE_DROPPED:
    case TABLE_RENAMED:
        request_anew(cdc, table, item->version,
                     "the table was dropped or renamed");
        break;
    case TABLE_CHANGED:
    case TABLE_UNKNOWN:
        cdc_request_branch(cdc, table->work->name, item->version);
        request_anew(cdc, table, item->version,
                     "the columns of the table changed");
        break;
    case TABLE_STATEMENT:
        cdc_request_branch(cdc, table->work->name, item->version);
        request(cdc, table, item->version,
                "the log holds a statement in place of rows");
        break;
    case TABLE_UNSEEN:
        request(cdc, table, item->version,
                "the log holds changes that cannot be read in their "
                "place");
        break;
    case TABLE_KEYS:
        cdc_request_keys(cdc, table->work, item->keys, item->version,
                         "the log holds rows without all their columns");
        break;
    case TABLE_BAD_ROW:
        cdc_request_branch(cdc, table->work->name, item->version);
        request_anew(cdc, table, item->version, "a row cannot be stored");
        table->problem = item->reason;
        break;
    default:
        break; /* cdc_schema.c */
    }
}

static enum status meet_tables(struct cdc *cdc, const struct log_item *item,
                               struct error *error)
{
    bool is_met = false;
    enum status status = cdc_schema_meet(cdc, item, &is_met, error);
    if (is_met)
        return status;
    if (item->table) {
        meet_table(cdc, item->table->context, item);
        return STATUS_OK;
    }
    for (size_t i = 0; i < cdc->count; i++)
        meet_table(cdc, &cdc->tables[i], item);
    return STATUS_OK;
}

enum status cdc_take(struct cdc *cdc, const struct log_item *item,
                     struct error *error)
{
    if (item->news == LOG_COMMIT) {
        cdc->is_between = true;
        cdc->has_moved = true;
    } else if (item->news == LOG_NOTHING) {
        cdc->is_between = false;
    } else if (item->news == LOG_END) {
        cdc->is_between = true;
        cdc_schema_end(cdc);
    } else if (item->news == LOG_TABLE) {
        cdc->is_between = false;
        return meet_tables(cdc, item, error);
    }
    return STATUS_OK;
}

static enum status read_log(struct cdc *cdc, struct error *error)
{
    const struct log_ops *log = cdc->sync->source->ops->log;
    struct log_item item = {.news = LOG_NOTHING};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && item.news != LOG_END &&
           !(cdc->is_stale && cdc->is_between)) {
        status = stop_check(error);
        if (status == STATUS_OK)
            status = log->next(cdc->follow, &item, error);
        if (status == STATUS_OK)
            status = cdc_take(cdc, &item, error);
        if (status == STATUS_OK && cdc_is_due(cdc))
            status = cdc_flush(cdc, error);
    }
    if (status == STATUS_OK &&
        (cdc->has_moved || cdc->held_rows > 0 || cdc->request_count > 0))
        status = cdc_flush(cdc, error);
    if (status == STATUS_OK)
        return deliver_drain(cdc->deliver, error);
    struct error later; /* a fault that is tried again in this process */
    if (status != STATUS_TEMPORARY ||
        cdc_land(cdc, &later) != STATUS_INTERNAL)
        return status;
    *error = later;
    return STATUS_INTERNAL;
}

/* The server tells readers apart by it, whatever folder they run in. */
static char *name_reader(const struct cdc *cdc)
{
    const char *path = state_path(cdc->state);
    char whole[PATH_MAX];
    return memory_format("%s %s", realpath(path, whole) ? whole : path,
                         cdc->name);
}

enum status cdc_open(struct cdc *cdc, bool stops_at_end, struct error *error)
{
    char *reader = name_reader(cdc);
    struct log_request request = {
        .place = cdc->place,
        .reader = reader,
        .epoch = cdc->epoch,
        .stops_at_end = stops_at_end,
        .sink = {.context = cdc, .find = cdc_find, .why = cdc_why,
                 .room = cdc_room, .parent = cdc_parent,
                 .passed = cdc_passed},
    };
    FAILPOINT("cdc.follow", error);
    enum status status = cdc->sync->source->ops->log->open(
        cdc->sync->source, &request, &cdc->follow, error);
    memory_free(reader);
    return status;
}

enum status cdc_follow(struct cdc *cdc, struct error *error)
{
    enum status status = cdc_open(cdc, true, error);
    return status == STATUS_OK ? read_log(cdc, error) : status;
}

void cdc_end(struct cdc *cdc)
{
    struct sync *sync = cdc->sync;
    if (!sync)
        return;
    sync->source->ops->log->close(cdc->follow);
    cdc_drop(cdc);
    deliver_close(cdc->deliver);
    cdc_requests_drop(cdc);
    cdc_children_drop(cdc);
    if (cdc->session)
        sync->source->ops->session_close(cdc->session);
    if (cdc->warehouse)
        sync->warehouse->ops->session_close(cdc->warehouse);
    state_close(cdc->state);
    memory_free(cdc->place);
    memory_free(cdc->mark);
    for (size_t i = 0; i < cdc->count; i++)
        schema_release(&cdc->tables[i].schema);
    memory_free(cdc->tables);
    pthread_mutex_destroy(&cdc->mutex);
    *cdc = (struct cdc){.sync = NULL};
}
