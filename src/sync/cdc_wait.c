/*
 * Readings ahead of the log: a copy or a repair sees the source as it is now,
 * which the log reaches later. What must stay true: what a reading asks for is
 * served only when the log was read to where that reading was. Until then the
 * log may bring back in the warehouse what went with a row, and nobody would
 * find it again: the row is gone there. And until then a note says that the
 * table was read, for another server may lack what was seen.
 */
#include <inttypes.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc_repair.h"

#define NOTE "{\"passed\":true}"
#define NOTE_COPY "{\"passed\":true,\"copy\":true}"
#define OPEN_MAX 10000
#define AHEAD "another server may lack what was read of it"

bool cdc_must_wait(const struct state_request *request)
{
    struct scope scope;
    scope_read(request->scope, &scope);
    bool is_so = scope.kind == SCOPE_PASSED || scope.waits;
    scope_release(&scope);
    return is_so;
}

bool cdc_is_note(const struct state_request *request)
{
    return text_equal(request->scope, NOTE) ||
           text_equal(request->scope, NOTE_COPY);
}

/* The wait is all that keeps it. */
static bool is_copy_that_waits(const struct state_request *request)
{
    return text_equal(request->scope, CDC_ALL_LATER);
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

/* What was waited for is kept: a copy is left to a round. */
static enum status let_go(struct service *service,
                          const struct state_request *request,
                          struct error *error)
{
    struct state *state = service->repair.state;
    enum status status = STATUS_OK;
    if (is_copy_that_waits(request)) {
        struct state_request copy = *request;
        copy.scope = (char *)(uintptr_t)CDC_ALL;
        status = state_request_file(state, &copy, error);
    }
    return status == STATUS_OK
               ? state_request_served(state, request->id, error)
               : status;
}

bool cdc_is_let_go(const struct state_request *request)
{
    return cdc_is_note(request) || is_copy_that_waits(request);
}

static enum status let_all_go(struct service *service,
                              const struct state_request *open, size_t count,
                              struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (cdc_is_let_go(&open[i]) &&
            !cdc_is_waiting(service->cdc, &open[i]))
            status = let_go(service, &open[i], error);
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
    return status == STATUS_OK ? let_all_go(service, open, count, error)
                               : status;
}

enum status cdc_file_passed(struct cdc *cdc, struct state *state,
                            const struct cdc_table *table, bool is_copy,
                            uint64_t version, struct error *error)
{
    bool is_behind_mark = !is_copy && cdc->mark;
    struct state_request note = {
        .source = (char *)(uintptr_t)cdc->sync->endpoint->name,
        .table = (char *)(uintptr_t)table->work->name,
        .scope = (char *)(uintptr_t)(is_copy ? NOTE_COPY : NOTE),
        /* The next mark is taken behind all readings that see this one: one
         * note is enough for them. */
        .visible = memory_format("%" PRIu64, is_behind_mark
                                                 ? cdc->mark_request
                                                 : version),
        .reason = (char *)(uintptr_t)"rows were read before the log",
    };
    enum status status = state_request_file(state, &note, error);
    memory_free(note.visible);
    return status;
}

enum status cdc_request_ahead(struct cdc *cdc, uint64_t version,
                              struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = state_requests(cdc->state, cdc->sync->endpoint->name,
                                        OPEN_MAX, &open, &count, error);
    for (size_t i = 0; i < count; i++) {
        struct cdc_table *table = cdc_table_named(cdc, open[i].table);
        if (table && cdc_is_note(&open[i]))
            (void)cdc_request_table(cdc, table->work, version, AHEAD);
    }
    state_requests_free(open, count);
    return status;
}
