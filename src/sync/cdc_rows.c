/*
 * Where rows of the log go: batches of each table, held until there is a
 * reason to hand them over. What must stay true: the rows of a table are put
 * in the order of the log, and the reader never waits for the pool while it
 * holds what the pool lacks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc.h"

#define GROWTH 8
/* Tables of one delivery: several loaders share a large hand-over. */
#define PARTS_MAX 64

/* Handed over at the latest. */
#define HELD_ROWS 500000
#define HELD_US INT64_C(1000000)

static int compare_name(const void *name, const void *table)
{
    return strcmp(name, ((const struct cdc_table *)table)->work->name);
}

struct cdc_table *cdc_table_named(struct cdc *cdc, const char *name)
{
    return bsearch(name, cdc->tables, cdc->count, sizeof *cdc->tables,
                   compare_name);
}

enum status cdc_prepare(struct cdc_table *table, struct error *error)
{
    struct cdc *cdc = table->cdc;
    if (table->is_prepared)
        return STATUS_OK;
    FAILPOINT("cdc.prepare", error);
    enum status status = work_prepare(cdc->sync, table->work, cdc->warehouse,
                                      &table->is_new, error);
    table->is_prepared = status == STATUS_OK;
    return status;
}

struct followed *cdc_find(void *context, const char *database,
                          const char *name)
{
    struct cdc *cdc = context;
    if (!text_equal(database, cdc->sync->endpoint->url.path))
        return NULL;
    struct cdc_table *table = cdc_table_named(cdc, name);
    if (!table || table->is_stopped)
        return NULL;
    struct error error;
    /* A column that is awaited may be another one's new name. */
    if (!schema_awaits(&table->schema) &&
        cdc_prepare(table, &error) == STATUS_TABLE) {
        cdc_request_now(cdc, table->work, error.what);
        cdc_stop_table(table, &error);
    }
    /* Of any other failure the first row will tell. */
    return table->is_stopped ? NULL : &table->followed;
}

/* Does it wait for a person? */
static bool has_problem(const struct cdc *cdc, const char *name)
{
    const struct sync_run *run = cdc->run;
    for (size_t i = 0; i < run->count && cdc->has_problems; i++)
        if (run->works[i].problem.id != ERROR_NONE &&
            text_equal(run->works[i].name, name))
            return true;
    return false;
}

enum log_filter cdc_why(void *context, const char *database,
                        const char *name)
{
    struct cdc *cdc = context;
    if (!text_equal(database, cdc->sync->endpoint->url.path))
        return FILTERED_TABLE;
    const struct cdc_table *table = cdc_table_named(cdc, name);
    if (!table)
        return has_problem(cdc, name) ? FILTERED_STOPPED : FILTERED_TABLE;
    return table->problem.id != ERROR_NONE ? FILTERED_STOPPED
                                           : FILTERED_REQUEST;
}

static void keep_full(struct cdc_table *table)
{
    if ((table->full_count & (table->full_count + 1)) == 0)
        table->full = memory_resize(table->full, 2 * table->full_count + 1,
                                    sizeof(struct batch *));
    table->full[table->full_count++] = table->open;
    table->open = NULL;
}

/* A batch of the table: a small one first, then larger ones. */
static enum status take(struct cdc_table *table, struct error *error)
{
    struct cdc *cdc = table->cdc;
    const struct table *plan = table->work->table;
    size_t bytes = cdc->first_batch_bytes;
    for (size_t i = 0; i < table->full_count; i++)
        bytes *= GROWTH;
    if (bytes > cdc->ahead_bytes / 2 || cdc->ahead == table)
        bytes = cdc->ahead_bytes / 2;
    table->open = pool_try(cdc->sync->pool, plan, bytes);
    if (table->open)
        return STATUS_OK;
    enum status status = cdc_flush(cdc, error);
    if (status != STATUS_OK)
        return status;
    return deliver_take(cdc->deliver, plan, &table->open, error);
}

static void note_pace(struct cdc_table *table)
{
    struct cdc *cdc = table->cdc;
    pace_row(&table->pace, table->pace.due_us ? 0 : clock_monotonic_us());
    if (cdc->next_due_us == 0 || table->pace.due_us < cdc->next_due_us)
        cdc->next_due_us = table->pace.due_us;
}

static enum status begin_part(struct cdc *cdc, struct error *error)
{
    if (cdc->is_begun)
        return STATUS_OK;
    cdc->deliveries++;
    enum status status = deliver_begin(cdc->deliver, 0, error);
    cdc->is_begun = status == STATUS_OK;
    return status;
}

/* The full batches of a table, none of which is open, into the delivery. */
static enum status put_full(struct cdc_table *table, struct error *error)
{
    struct cdc *cdc = table->cdc;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < table->full_count; i++) {
        struct batch *batch = table->full[i];
        table->rows_read += batch->row_count;
        cdc->put_bytes += batch_bytes(batch);
        if (status == STATUS_OK)
            status = deliver_put(cdc->deliver, batch, error);
        else
            deliver_return(cdc->deliver, batch);
    }
    table->full_count = 0;
    cdc->held_rows -= table->held_rows;
    cdc->held_bytes -= table->held_bytes;
    table->held_rows = 0;
    table->held_bytes = 0;
    return status;
}

/* The rows of a table that has many do not wait for the end of a delivery:
 * they are sent while more of them are read. */
static enum status put_ahead(struct cdc_table *table, struct error *error)
{
    struct cdc *cdc = table->cdc;
    if (cdc->ahead != table && table->held_bytes < cdc->ahead_bytes)
        return STATUS_OK;
    cdc->ahead = table;
    enum status status = begin_part(cdc, error);
    cdc->sent_rows += table->held_rows;
    cdc->sent_bytes += table->held_bytes;
    return status == STATUS_OK ? put_full(table, error) : status;
}

enum status cdc_room(void *context, struct followed *followed,
                     struct batch **batch, struct error *error)
{
    struct cdc *cdc = context;
    struct cdc_table *table = followed->context;
    enum status status = STATUS_OK;
    if (table->open && batch_is_full(table->open)) {
        table->held_bytes += batch_bytes(table->open);
        cdc->held_bytes += batch_bytes(table->open);
        keep_full(table);
        status = put_ahead(table, error);
    }
    if (status == STATUS_OK && !table->open) {
        status = cdc_prepare(table, error);
        if (status == STATUS_OK)
            status = take(table, error);
    }
    if (status == STATUS_OK && cdc->held_since_us == 0)
        cdc->held_since_us = clock_monotonic_us();
    if (cdc->stay)
        note_pace(table);
    table->held_rows++;
    cdc->held_rows++;
    *batch = table->open;
    return status;
}

bool cdc_is_full(const struct cdc *cdc)
{
    return cdc->held_rows + cdc->sent_rows >= HELD_ROWS ||
           cdc->held_bytes + cdc->sent_bytes >= cdc->full_bytes;
}

bool cdc_is_due(const struct cdc *cdc)
{
    return cdc->held_since_us != 0 &&
           (clock_monotonic_us() - cdc->held_since_us >= HELD_US ||
            cdc_is_full(cdc));
}

static enum status put_table(struct cdc_table *table, struct error *error)
{
    if (table->open)
        keep_full(table);
    enum status status = put_full(table, error);
    if (table->cdc->stay)
        pace_loaded(&table->pace, clock_monotonic_us());
    return status;
}

static enum status seal_delivery(struct cdc *cdc,
                                 const struct deliver_seal *seal,
                                 struct error *error)
{
    cdc->is_begun = false;
    cdc->ahead = NULL;
    cdc->sent_rows = 0;
    cdc->sent_bytes = 0;
    return deliver_seal(cdc->deliver, seal, error);
}

/* The checkpoint and what goes with it; nothing within a transaction. */
static enum status seal(struct cdc *cdc, struct error *error)
{
    const struct log_ops *log = cdc->sync->source->ops->log;
    struct deliver_seal seal = {.resume_from = NULL};
    char *place = NULL;
    char *ledger = NULL;
    uint64_t clock = 0;
    if (cdc->is_between && cdc->follow) {
        place = log->place(cdc->follow, &clock);
        ledger = cdc_ledger_text(cdc);
        seal.resume_from = place;
        seal.ledger = ledger;
        cdc_requests_gather(cdc);
        seal.requests = cdc->requests;
        seal.request_count = cdc->request_count;
    }
    enum status status = seal_delivery(cdc, &seal, error);
    if (status == STATUS_OK && place) {
        cdc_requests_drop(cdc);
        cdc->has_moved = false;
    }
    memory_free(place);
    memory_free(ledger);
    return status;
}

static bool is_held(const struct cdc_table *table)
{
    return table->open || table->full_count > 0;
}

/* The delivery that is open leaves the checkpoint where it is. */
static enum status seal_part(struct cdc *cdc, struct error *error)
{
    struct deliver_seal nothing = {.resume_from = NULL};
    return seal_delivery(cdc, &nothing, error);
}

/* Puts what is held of the tables that are due at `now_us` into deliveries of
 * some tables each, the last of which is left open. */
static enum status put_due(struct cdc *cdc, int64_t now_us,
                           struct error *error)
{
    enum status status = begin_part(cdc, error);
    size_t parts = 0;
    cdc->next_due_us = 0;
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++) {
        struct cdc_table *table = &cdc->tables[i];
        int64_t due_us = table->pace.due_us;
        if (!is_held(table))
            continue;
        if (due_us > now_us) {
            if (cdc->next_due_us == 0 || due_us < cdc->next_due_us)
                cdc->next_due_us = due_us;
            continue;
        }
        if (++parts % PARTS_MAX == 0)
            status = seal_part(cdc, error);
        if (status == STATUS_OK && parts % PARTS_MAX == 0)
            status = begin_part(cdc, error);
        if (status == STATUS_OK)
            status = put_table(table, error);
    }
    return status;
}

enum status cdc_flush(struct cdc *cdc, struct error *error)
{
    FAILPOINT("cdc.flush", error);
    enum status status = put_due(cdc, INT64_MAX, error);
    cdc->held_since_us = 0;
    return status == STATUS_OK ? seal(cdc, error) : status;
}

enum status cdc_flush_due(struct cdc *cdc, int64_t now_us,
                          struct error *error)
{
    FAILPOINT("stay.flush", error);
    enum status status = put_due(cdc, now_us, error);
    return status == STATUS_OK ? seal_part(cdc, error) : status;
}

enum status cdc_land(struct cdc *cdc, struct error *error)
{
    enum status status = cdc->is_begun ? seal_part(cdc, error) : STATUS_OK;
    return status == STATUS_OK ? deliver_drain(cdc->deliver, error) : status;
}

void cdc_drop(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->count; i++) {
        struct cdc_table *table = &cdc->tables[i];
        if (table->open)
            keep_full(table);
        for (size_t j = 0; j < table->full_count; j++)
            pool_give(table->full[j]);
        memory_free(table->full);
        table->full = NULL;
        table->full_count = 0;
    }
}
