/*
 * Requests that a reading of rows has filed: it sees the source as it is now,
 * which the log reaches later. What must stay true: what hung on a row that a
 * reading did not find is looked for only when the log was read to where that
 * reading was. Until then the log may bring back in the warehouse what went
 * with the row, and nobody would find it again: the row is gone there.
 */
#include <inttypes.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc_repair.h"

#define NOTE "{\"passed\":true}"

bool cdc_must_wait(const struct state_request *request)
{
    struct scope scope;
    scope_read(request->scope, &scope);
    bool is_so = scope.kind == SCOPE_PASSED ||
                 (scope.kind == SCOPE_CHILDREN && scope.waits);
    scope_release(&scope);
    return is_so;
}

bool cdc_is_note(const struct state_request *request)
{
    return text_equal(request->scope, NOTE);
}

bool cdc_is_waiting(const struct cdc *cdc, const struct state_request *request)
{
    return request->id > atomic_load(&cdc->passed_request) &&
           cdc_must_wait(request);
}

void cdc_wait_passed(struct cdc *cdc)
{
    atomic_store(&cdc->passed_request, cdc->last_request);
}

/* An end that the log has now is behind every reading that filed one. */
static enum status take_mark(struct service *service, uint64_t last,
                             struct error *error)
{
    struct cdc *cdc = service->cdc;
    enum status status = service_open(service, error);
    if (status != STATUS_OK)
        return status;
    cdc->mark_request = last;
    return cdc->sync->source->ops->log->end(service->repair.session, 0,
                                            &cdc->mark, error);
}

static enum status look_at_mark(struct service *service, struct error *error)
{
    struct cdc *cdc = service->cdc;
    const struct source *source = cdc->sync->source;
    struct state_stream saved = {.checkpoint = NULL};
    enum status status = state_stream_read(service->repair.state, cdc->name,
                                           &saved, error);
    if (status == STATUS_OK && saved.checkpoint &&
        source->ops->log->covers(source, saved.checkpoint, cdc->mark)) {
        atomic_store(&cdc->passed_request, cdc->mark_request);
        memory_free(cdc->mark);
        cdc->mark = NULL;
    }
    state_stream_release(&saved);
    return status;
}

static enum status strike_notes(struct service *service,
                                const struct state_request *open,
                                size_t count, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (cdc_is_note(&open[i]) &&
            !cdc_is_waiting(service->cdc, &open[i]))
            status = state_request_served(service->repair.state, open[i].id,
                                          error);
    return status;
}

enum status service_wait(struct service *service,
                         const struct state_request *open, size_t count,
                         struct error *error)
{
    struct cdc *cdc = service->cdc;
    uint64_t last = 0;
    enum status status = STATUS_OK;
    if (cdc->mark)
        status = look_at_mark(service, error);
    for (size_t i = 0; i < count; i++)
        if (cdc_is_waiting(cdc, &open[i]))
            last = open[i].id;
    if (status == STATUS_OK && !cdc->mark && last > 0) {
        status = take_mark(service, last, error);
        if (status == STATUS_OK)
            status = look_at_mark(service, error);
    }
    return status == STATUS_OK ? strike_notes(service, open, count, error)
                               : status;
}

/* Only where rows go with those of the table. */
static bool has_cascade(const struct cdc_table *table)
{
    for (size_t i = 0; i < table->followed.reference_count; i++)
        if (table->edges[i]->child.on_delete)
            return true;
    return false;
}

enum status service_file_passed(struct service *service,
                                const struct cdc_table *table,
                                struct error *error)
{
    const struct sync *sync = service->cdc->sync;
    const struct log_ops *log = sync->source->ops->log;
    char *end = NULL;
    if (!has_cascade(table))
        return STATUS_OK;
    enum status status = log->end(service->repair.session, 0, &end, error);
    if (status == STATUS_OK &&
        !log->covers(sync->source, service->place, end)) {
        struct state_request note = {
            .source = (char *)(uintptr_t)sync->endpoint->name,
            .table = (char *)(uintptr_t)table->work->name,
            .scope = (char *)(uintptr_t)NOTE,
            .visible = memory_format("%" PRIu64, service->version),
            .reason = (char *)(uintptr_t)"rows were read before the log",
        };
        status = state_request_file(service->repair.state, &note, error);
        memory_free(note.visible);
    }
    memory_free(end);
    return status;
}
