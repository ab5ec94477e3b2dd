/*
 * Requests of a followed source: what the log could not tell, until it was
 * read again. What must stay true: a request is struck off only when what it
 * asks for, and all that follows from it, was loaded or is asked for.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/version.h"
#include "sync/cdc.h"
#include "sync/repair_scope.h"

#define OPEN_MAX 10000
#define WENT "{\"went\":true}"
#define CHILDREN "foreign keys change it beside the log"

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

static bool is_all_requested(const struct cdc *cdc, const struct work *work)
{
    for (size_t i = 0; i < cdc->request_count; i++)
        if (text_equal(cdc->requests[i].table, work->name) &&
            text_equal(cdc->requests[i].scope, CDC_ALL))
            return true;
    return false;
}

bool cdc_request_table(struct cdc *cdc, const struct work *work,
                       uint64_t version, const char *reason)
{
    if (is_all_requested(cdc, work))
        return false;
    add_request(cdc, work, version, memory_text(CDC_ALL), reason);
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

/* --- values, gathered until the next seal -------------------------------- */

/* Of the keys of a table, or of a foreign key of it. */
struct cdc_pending {
    const struct work *work;
    const struct cdc_edge *edge; /* NULL: the key */
    bool is_gone; /* what had the values is */
    struct repair_list values;
    uint64_t version;
    const char *reason;
};

static struct cdc_pending *find_pending(struct cdc *cdc,
                                        const struct work *work,
                                        const struct cdc_edge *edge,
                                        bool is_gone)
{
    for (size_t i = 0; i < cdc->pending_count; i++)
        if (cdc->pending[i].work == work && cdc->pending[i].edge == edge &&
            cdc->pending[i].is_gone == is_gone)
            return &cdc->pending[i];
    cdc->pending = memory_resize(cdc->pending, cdc->pending_count + 1,
                                 sizeof *cdc->pending);
    struct cdc_pending *pending = &cdc->pending[cdc->pending_count++];
    *pending = (struct cdc_pending){.work = work, .edge = edge,
                                    .is_gone = is_gone};
    repair_list_init(&pending->values, SCOPE_VALUES_MAX, SCOPE_BYTES_MAX);
    return pending;
}

void cdc_request_keys(struct cdc *cdc, const struct work *work,
                      const char *keys, uint64_t version, const char *reason)
{
    if (keys && is_all_requested(cdc, work))
        return;
    struct cdc_pending *pending = find_pending(cdc, work, NULL, false);
    pending->version = version;
    pending->reason = reason;
    if (!keys || !repair_list_add_all(&pending->values, keys)) {
        repair_list_release(&pending->values);
        (void)cdc_request_table(cdc, work, version, reason);
    }
}

static void request_all_children(struct cdc *cdc, const struct cdc_edge *edge,
                                 uint64_t version)
{
    if (edge->table)
        (void)cdc_request_table(cdc, edge->table->work, version, CHILDREN);
    cdc_request_branch(cdc, edge->child.table, version);
}

void cdc_request_children(struct cdc *cdc, const struct cdc_edge *edge,
                          bool is_gone, const char *value, uint64_t version)
{
    struct cdc_pending *pending;
    if (!value || !edge->columns) {
        request_all_children(cdc, edge, version);
        return;
    }
    pending = find_pending(cdc, edge->table->work, edge, is_gone);
    pending->version = version;
    pending->reason = CHILDREN;
    if (!pending->values.is_full &&
        !repair_list_add(&pending->values, bytes_of(value)))
        request_all_children(cdc, edge, version);
}

static char *pending_scope(const struct cdc_pending *pending)
{
    const struct cdc_edge *edge = pending->edge;
    struct scope scope = {.level = 1, .is_gone = pending->is_gone};
    if (!edge)
        return scope_keys(&pending->values);
    scope.columns = (char **)(uintptr_t)edge->child.columns;
    scope.column_count = edge->child.count;
    return scope_children(&scope, &pending->values);
}

static void drop_pending(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->pending_count; i++)
        repair_list_release(&cdc->pending[i].values);
    memory_free(cdc->pending);
    cdc->pending = NULL;
    cdc->pending_count = 0;
}

static bool is_being_copied(const struct cdc_table *table)
{
    return table->needs_copy && !atomic_load(&table->has_ended);
}

/* Once its copy cannot lack more of them, for each request begins one anew;
 * until then a note stands for them. */
static void request_below_copy(struct cdc_table *table)
{
    struct cdc *cdc = table->cdc;
    bool is_early = is_being_copied(table) && !stay_is_ending(cdc->stay);
    if (!is_early)
        cdc_request_branch(cdc, table->work->name, table->went_version);
    else if (!table->is_went_noted)
        add_request(cdc, table->work, table->went_version, memory_text(WENT),
                    "rows went while it was copied");
    table->is_went_noted = is_early;
    if (!is_early)
        table->went_version = 0;
}

void cdc_requests_gather(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->count; i++)
        if (cdc->tables[i].went_version != 0)
            request_below_copy(&cdc->tables[i]);
    for (size_t i = 0; i < cdc->pending_count; i++) {
        const struct cdc_pending *pending = &cdc->pending[i];
        if (pending->values.count > 0 && !pending->values.is_full)
            add_request(cdc, pending->work, pending->version,
                        pending_scope(pending), pending->reason);
    }
    drop_pending(cdc);
}

/* --- requests that are open ---------------------------------------------- */

static enum status read_open(struct cdc *cdc, struct state_request **open,
                             size_t *count, struct error *error)
{
    return state_requests(cdc->state, cdc->sync->endpoint->name, OPEN_MAX,
                          open, count, error);
}

static void take_open(struct cdc *cdc, const struct state_request *request)
{
    struct cdc_table *table = cdc_table_named(cdc, request->table);
    struct scope scope;
    cdc->last_request = request->id;
    scope_read(request->scope, &scope);
    bool is_copy = table && scope.kind == SCOPE_ALL && !scope.waits;
    if (scope.kind == SCOPE_CHILDREN || scope.kind == SCOPE_KEYS ||
        (table && scope.kind == SCOPE_PASSED && cdc_has_cascade(table)))
        cdc_expect_cascades(cdc, true);
    if (table && scope.kind == SCOPE_PASSED && scope.is_copy)
        table->ahead_request = request->id;
    if (table && scope.kind == SCOPE_WENT)
        (void)text_to_u64(request->visible, &table->went_version);
    scope_release(&scope);
    if (!is_copy)
        return;
    table->request = request->id;
    table->needs_copy = true;
}

static enum status read_requests(struct cdc *cdc, struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = read_open(cdc, &open, &count, error);
    for (size_t i = 0; i < count; i++)
        take_open(cdc, &open[i]);
    state_requests_free(open, count);
    return status;
}

static enum status file(struct cdc *cdc, struct state *state,
                        struct state_request *request, uint64_t version,
                        struct error *error)
{
    char visible[24] = "";
    request->source = (char *)(uintptr_t)cdc->sync->endpoint->name;
    request->visible = visible;
    if (version != 0)
        (void)snprintf(visible, sizeof visible, "%" PRIu64, version);
    return state_request_file(state, request, error);
}

enum status cdc_file_table(struct cdc *cdc, struct state *state,
                           const char *table, uint64_t version,
                           const char *reason, struct error *error)
{
    struct state_request request = {
        .table = (char *)(uintptr_t)table,
        .scope = (char *)(uintptr_t)CDC_ALL,
        .reason = (char *)(uintptr_t)reason,
    };
    return file(cdc, state, &request, version, error);
}

enum status cdc_file_later(struct cdc *cdc, struct state *state,
                           const char *table, uint64_t version,
                           struct error *error)
{
    struct state_request request = {
        .table = (char *)(uintptr_t)table,
        .scope = (char *)(uintptr_t)CDC_ALL_LATER,
        .reason = (char *)(uintptr_t)CHILDREN,
    };
    return file(cdc, state, &request, version, error);
}

/* At once: what must be copied is known without the log. */
static enum status file_now(struct cdc *cdc, const char *table,
                            const char *reason, struct error *error)
{
    return cdc_file_table(cdc, cdc->state, table, 0, reason, error);
}

/* Followed before and not now: its changes pass by. */
static bool passes_by(struct cdc *cdc, const struct state_table *table)
{
    return text_equal(table->source, cdc->sync->endpoint->name) &&
           table->mode && text_equal(table->mode, mode_name(MODE_CDC)) &&
           !cdc_table_named(cdc, table->name);
}

/* The same request may be open still when the table is followed again: its
 * copy must not go on where rows have passed it by. */
static enum status file_absent_one(struct cdc *cdc, const char *table,
                                   struct error *error)
{
    enum status status = cdc_forget_copies(cdc, cdc->state, table, error);
    return status == STATUS_OK
               ? file_now(cdc, table, "it was not followed for a while",
                          error)
               : status;
}

static enum status file_absent(struct cdc *cdc, struct error *error)
{
    struct state_table **known = NULL;
    enum status status = state_tables(cdc->state, &known, error);
    for (size_t i = 0; status == STATUS_OK && known[i]; i++)
        if (passes_by(cdc, known[i]))
            status = file_absent_one(cdc, known[i]->name, error);
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

/* Somebody noted them, and died before he could ask for what hung on them. */
static void request_noted(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->count; i++) {
        struct cdc_table *table = &cdc->tables[i];
        if (table->went_version != 0)
            cdc_request_branch(cdc, table->work->name, table->went_version);
        table->went_version = 0;
    }
}

enum status cdc_requests_read(struct cdc *cdc, struct error *error)
{
    enum status status = file_absent(cdc, error);
    if (status == STATUS_OK)
        status = read_requests(cdc, error);
    if (status == STATUS_OK)
        status = file_new(cdc, error);
    if (status == STATUS_OK)
        status = read_requests(cdc, error);
    request_noted(cdc);
    return status;
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

/* A copy serves what was filed before it began, perhaps rounds ago: nothing
 * behind the request that it was begun for. */
static bool is_served_by_copy(const struct cdc_table *table,
                              const struct state_request *request)
{
    return atomic_load(&table->is_copied) && !cdc_must_wait(request) &&
           request->id <= table->request;
}

static enum status serve(struct cdc *cdc, const struct state_request *request,
                         const struct scope *scope, struct error *error)
{
    struct cdc_table *table = cdc_table_named(cdc, request->table);
    enum status status = STATUS_OK;
    if (!table)
        return STATUS_OK; /* it waits until the table is followed again */
    if (scope->kind == SCOPE_WENT) {
        if (table->went_version != 0 || !cdc_requests_are_saved(cdc))
            return STATUS_OK;
    } else if (is_served_by_copy(table, request)) {
        status = cdc_follow_moves(cdc, cdc->state, table, scope, error);
    } else if (scope->kind == SCOPE_BELOW) {
        status = serve_below(table, scope->below, error);
        if (is_being_copied(table) || cdc->is_repairing)
            return status; /* older rows may still come */
    } else {
        if (scope->kind == SCOPE_ALL && !scope->waits)
            stay_want_round(table, request->id);
        return STATUS_OK;
    }
    return status == STATUS_OK
               ? state_request_served(cdc->state, request->id, error)
               : status;
}

static enum status serve_open(struct cdc *cdc, struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = read_open(cdc, &open, &count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct scope scope;
        scope_read(open[i].scope, &scope);
        status = serve(cdc, &open[i], &scope, error);
        scope_release(&scope);
    }
    state_requests_free(open, count);
    return status;
}

enum status cdc_requests_serve(struct cdc *cdc, bool *is_open,
                               struct error *error)
{
    enum status status = serve_open(cdc, error);
    *is_open = false;
    if (status != STATUS_OK || cdc->stay) /* which repairs beside the log */
        return status;
    if (!cdc->is_stale)
        cdc_wait_passed(cdc);
    return cdc_repair(cdc, cdc->run->results, is_open, error);
}

enum status cdc_requests_copied(struct cdc *cdc, struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = read_open(cdc, &open, &count, error);
    if (count > 0)
        cdc->last_request = open[count - 1].id;
    state_requests_free(open, count);
    return status;
}

bool cdc_requests_are_saved(struct cdc *cdc)
{
    struct deliver_counts counts;
    deliver_counts(cdc->deliver, &counts);
    return cdc->pending_count == 0 && cdc->request_count == 0 &&
           counts.deliveries >= cdc->deliveries;
}

void cdc_requests_drop(struct cdc *cdc)
{
    state_requests_free(cdc->requests, cdc->request_count);
    cdc->requests = NULL;
    cdc->request_count = 0;
    drop_pending(cdc);
}
