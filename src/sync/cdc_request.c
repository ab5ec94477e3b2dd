/*
 * Requests of a followed source: what the log could not tell, until it was
 * read again. Scopes, as JSON: {"all":true} for a whole table,
 * {"below":"VERSION"} for deletes of that version.
 */
#include <inttypes.h>
#include <jansson.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/version.h"
#include "sync/cdc.h"

#define OPEN_MAX 10000
#define ALL "{\"all\":true}"

/* `version` tells causes apart: one that is served must not hide the next. */
static void add_request(struct cdc *cdc, const struct work *work,
                        uint64_t version, char *scope, const char *reason)
{
    cdc->requests = memory_resize(cdc->requests, cdc->request_count + 1,
                                  sizeof *cdc->requests);
    cdc->requests[cdc->request_count++] = (struct state_request){
        .source = memory_text(cdc->sync->endpoint->name),
        .table = memory_text(work->name),
        .scope = scope,
        .visible = memory_format("%" PRIu64, version),
        .reason = memory_text(reason),
    };
}

bool cdc_request_table(struct cdc *cdc, const struct work *work,
                       uint64_t version, const char *reason)
{
    for (size_t i = 0; i < cdc->request_count; i++)
        if (text_equal(cdc->requests[i].table, work->name) &&
            text_equal(cdc->requests[i].scope, ALL))
            return false;
    add_request(cdc, work, version, memory_text(ALL), reason);
    return true;
}

void cdc_request_now(struct cdc *cdc, const struct work *work,
                     const char *reason)
{
    uint64_t clock = 0;
    const struct log_ops *log = cdc->sync->source->ops->log;
    memory_free(log->place(cdc->follow, &clock));
    (void)cdc_request_table(cdc, work, version_make(cdc->epoch, clock, 0),
                            reason);
}

void cdc_request_below(struct cdc *cdc, const struct work *work,
                       uint64_t version)
{
    add_request(cdc, work, version,
                memory_format("{\"below\":\"%" PRIu64 "\"}", version),
                "the table was emptied");
}

static enum status read_open(struct cdc *cdc, struct state_request **open,
                             size_t *count, struct error *error)
{
    return state_requests(cdc->state, cdc->sync->endpoint->name, OPEN_MAX,
                          open, count, error);
}

/* The version of {"below":..}, 0 for any other scope. */
static uint64_t below_of(const char *scope)
{
    uint64_t version = 0;
    json_t *object = json_loads(scope, 0, NULL);
    const char *text = json_string_value(json_object_get(object, "below"));
    if (!text || !text_to_u64(text, &version))
        version = 0;
    json_decref(object);
    return version;
}

static enum status read_requests(struct cdc *cdc, struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = read_open(cdc, &open, &count, error);
    for (size_t i = 0; i < count; i++) {
        struct cdc_table *table = cdc_table_named(cdc, open[i].table);
        cdc->last_request = open[i].id;
        if (!table || below_of(open[i].scope) != 0)
            continue;
        table->needs_copy = true;
        table->request = open[i].id;
    }
    state_requests_free(open, count);
    return status;
}

/* At once: what must be copied is known without the log. */
static enum status file_now(struct cdc *cdc, const char *table,
                            const char *reason, struct error *error)
{
    struct state_request request = {
        .source = (char *)(uintptr_t)cdc->sync->endpoint->name,
        .table = (char *)(uintptr_t)table,
        .scope = (char *)(uintptr_t)ALL,
        .reason = (char *)(uintptr_t)reason,
    };
    return state_request_file(cdc->state, &request, error);
}

/* Followed before and not now: its changes pass by. */
static bool passes_by(struct cdc *cdc, const struct state_table *table)
{
    return text_equal(table->source, cdc->sync->endpoint->name) &&
           table->mode && text_equal(table->mode, mode_name(MODE_CDC)) &&
           !cdc_table_named(cdc, table->name);
}

static enum status file_absent(struct cdc *cdc, struct error *error)
{
    struct state_table **known = NULL;
    enum status status = state_tables(cdc->state, &known, error);
    for (size_t i = 0; status == STATUS_OK && known[i]; i++)
        if (passes_by(cdc, known[i]))
            status = file_now(cdc, known[i]->name,
                              "it was not followed for a while", error);
    state_tables_free(known);
    return status;
}

/* Every copy has a request, by which it is told from an older one. */
static enum status file_new(struct cdc *cdc, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < cdc->count && status == STATUS_OK; i++) {
        const struct cdc_table *table = &cdc->tables[i];
        if (table->needs_copy && table->request == 0)
            status = file_now(cdc, table->work->name,
                              "it is new, or read otherwise now", error);
    }
    return status;
}

enum status cdc_requests_read(struct cdc *cdc, struct error *error)
{
    enum status status = file_absent(cdc, error);
    if (status == STATUS_OK)
        status = read_requests(cdc, error);
    if (status == STATUS_OK)
        status = file_new(cdc, error);
    return status == STATUS_OK ? read_requests(cdc, error) : status;
}

static enum status serve_below(struct cdc_table *table, uint64_t below,
                               struct error *error)
{
    struct cdc *cdc = table->cdc;
    const struct warehouse_ops *ops = cdc->sync->warehouse->ops;
    FAILPOINT("cdc.below", error);
    enum status status = cdc_prepare(table, error);
    if (status == STATUS_OK)
        status = ops->tombstones_below(cdc->warehouse, table->work->table,
                                       below, error);
    return status;
}

static bool is_being_copied(const struct cdc_table *table)
{
    return table->needs_copy && !atomic_load(&table->has_ended);
}

/* A copy of this round serves what was filed before it began. */
static bool is_served_by_copy(const struct cdc_table *table,
                              const struct state_request *request)
{
    return atomic_load(&table->is_copied) &&
           request->id <= table->cdc->last_request;
}

static enum status serve(struct cdc *cdc, const struct state_request *request,
                         bool *is_open, struct error *error)
{
    struct cdc_table *table = cdc_table_named(cdc, request->table);
    uint64_t below = below_of(request->scope);
    enum status status = STATUS_OK;
    if (!table)
        return STATUS_OK; /* it waits until the table is followed again */
    if (!is_served_by_copy(table, request)) {
        if (below == 0) {
            *is_open = true;
            stay_want_round(table, request->id);
            return STATUS_OK;
        }
        status = serve_below(table, below, error);
        if (is_being_copied(table)) /* older rows may still come */
            return status;
    }
    return status == STATUS_OK
               ? state_request_served(cdc->state, request->id, error)
               : status;
}

enum status cdc_requests_serve(struct cdc *cdc, bool *is_open,
                               struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = read_open(cdc, &open, &count, error);
    *is_open = false;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = serve(cdc, &open[i], is_open, error);
    state_requests_free(open, count);
    return status;
}

void cdc_requests_drop(struct cdc *cdc)
{
    state_requests_free(cdc->requests, cdc->request_count);
    cdc->requests = NULL;
    cdc->request_count = 0;
}
