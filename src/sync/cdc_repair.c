/*
 * Requests by keys and by foreign keys, served. What must stay true: the place
 * is read behind the requests, so that it lies at or after each of them; what
 * follows from rows that are gone is asked for before they are deleted in the
 * warehouse; a request is struck off last.
 */
#include "sync/cdc_repair.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "model/version.h"

#define OPEN_MAX 10000
#define PASSES_MAX 100
/* Of one table at once; more is a copy. */
#define KEYS_MAX 200000
#define KEYS_BYTES ((size_t)32 << 20)

/* --- one table ----------------------------------------------------------- */

/* As it was when the pass began: a copy that ends meanwhile, in whatever way,
 * must not make a request one that was served here. */
static bool is_of(const struct portion *portion,
                  const struct state_request *open, size_t index)
{
    return portion->service->is_ours[index] &&
           text_equal(open[index].table, portion->table->work->name);
}

static enum status take_request(struct portion *portion,
                                const struct state_request *request,
                                struct error *error)
{
    struct scope scope;
    enum status status = STATUS_OK;
    scope_read(request->scope, &scope);
    if (scope.kind == SCOPE_KEYS && !portion->is_whole)
        portion->is_whole = !repair_list_add_all(&portion->keys,
                                                 scope.values);
    else if (scope.kind == SCOPE_CHILDREN)
        status = portion_take_children(portion, &scope, error);
    scope_release(&scope);
    return status;
}

/* Deletes that the log does not tell move on to other tables. */
static enum status read_keys(struct portion *portion, struct error *error)
{
    const struct table *table = portion->table->work->table;
    struct repair_request request = {
        .columns = {table->key, table->key_count},
        .wanted = portion->wanted,
        .context = portion,
    };
    if (portion->table->followed.reference_count > 0)
        request.gone = portion_gone;
    enum status status = portion_read_rows(portion, &request, &portion->keys,
                                           error);
    if (status == STATUS_OK || !repair_is_unable(error))
        return status;
    log_line(LOG_WARNING, table->name, "%s: the table is read whole",
             error->what);
    portion->is_whole = true;
    error_clear(error);
    return STATUS_OK;
}

static enum status strike_off(struct portion *portion,
                              const struct state_request *open, size_t count,
                              struct error *error)
{
    enum status status = STATUS_OK;
    FAILPOINT("repair.strike", error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (is_of(portion, open, i))
            status = state_request_served(portion->service->repair.state,
                                          open[i].id, error);
    return status;
}

static enum status serve_table(struct portion *portion,
                               const struct state_request *open, size_t count,
                               struct error *error)
{
    struct service *service = portion->service;
    enum status status = STATUS_OK;
    repair_list_init(&portion->keys, KEYS_MAX, KEYS_BYTES);
    portion_open_gone(portion);
    portion->is_whole = service->version == 0;
    if (!portion->is_whole)
        status = cdc_file_passed(service->cdc, service->repair.state,
                                 portion->table, false, service->version,
                                 error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (is_of(portion, open, i))
            status = take_request(portion, &open[i], error);
    if (status == STATUS_OK && portion->keys.count > 0 && !portion->is_whole)
        status = read_keys(portion, error);
    if (status == STATUS_OK && portion->is_whole)
        status = service_file_copy(service, portion->table, error);
    if (status == STATUS_OK)
        status = strike_off(portion, open, count, error);
    portion_close_gone(portion);
    repair_list_release(&portion->keys);
    return status;
}

/* --- passes -------------------------------------------------------------- */

/* The place of the last checkpoint, and a reading there. */
static enum status take_place(struct service *service, struct error *error)
{
    struct cdc *cdc = service->cdc;
    struct state_stream saved = {.checkpoint = NULL};
    enum status status = state_stream_read(service->repair.state, cdc->name,
                                           &saved, error);
    memory_free(service->place);
    service->place = memory_text(saved.checkpoint);
    state_stream_release(&saved);
    if (status != STATUS_OK)
        return status;
    if (!service->place)
        return error_set(error, ERROR_STATE_DAMAGED,
                         "cannot find the place of stream \"%s\"", cdc->name);
    service->clock = cdc->sync->source->ops->log->clock(service->place);
    status = cdc_wait_visible(cdc->sync, service->repair.session,
                              service->place, NULL, error);
    if (status == STATUS_OK)
        status = state_scan_take(service->repair.state,
                                 cdc->sync->endpoint->name, service->clock,
                                 &service->version, error);
    if (status == STATUS_OK &&
        version_epoch(service->version) != cdc->epoch)
        service->version = 0;
    return status;
}

/* A copy that is underway will serve it: the request is no newer than the one
 * that the copy was begun for. */
static bool is_left_to_copy(const struct cdc_table *table,
                            const struct state_request *request)
{
    return !cdc_must_wait(request) && table->needs_copy &&
           !atomic_load(&table->has_ended) && request->id <= table->request;
}

bool cdc_is_repaired(struct cdc *cdc, const struct state_request *request)
{
    const struct cdc_table *table = cdc_table_named(cdc, request->table);
    struct scope scope;
    if (!table || cdc_is_waiting(cdc, request) ||
        is_left_to_copy(table, request))
        return false;
    scope_read(request->scope, &scope);
    bool is_so = scope.kind == SCOPE_KEYS || scope.kind == SCOPE_CHILDREN;
    scope_release(&scope);
    return is_so;
}

/* Tables with requests that are served here and now. */
static struct cdc_table **choose(struct service *service,
                                 const struct state_request *open,
                                 size_t count, size_t *chosen)
{
    struct cdc *cdc = service->cdc;
    struct cdc_table **tables = memory_new(cdc->count, sizeof *tables);
    *chosen = 0;
    for (size_t i = 0; i < count; i++) {
        struct cdc_table *table = cdc_table_named(cdc, open[i].table);
        bool is_known = false;
        for (size_t j = 0; j < *chosen; j++)
            is_known = is_known || tables[j] == table;
        service->is_ours[i] = cdc_is_repaired(cdc, &open[i]);
        if (!is_known && service->is_ours[i])
            tables[(*chosen)++] = table;
    }
    return tables;
}

enum status service_open(struct service *service, struct error *error)
{
    if (service->repair.session)
        return STATUS_OK;
    state_close(service->repair.state);
    FAILPOINT("repair.begin", error);
    enum status status = repair_open(service->cdc->sync, &service->repair,
                                     error);
    service->repair.steps = &service->cdc->repair_steps;
    return status;
}

/* One after the other what is open now; *is_done: nothing is. */
static enum status run_pass(struct service *service, bool *is_done,
                            struct error *error)
{
    struct state_request *open;
    size_t count, chosen;
    enum status status = state_requests(
        service->repair.state, service->cdc->sync->endpoint->name, OPEN_MAX,
        &open, &count, error);
    if (status == STATUS_OK)
        status = service_wait(service, open, count, error);
    service->is_ours = memory_new(count, sizeof *service->is_ours);
    struct cdc_table **tables = choose(service, open, count, &chosen);
    *is_done = chosen == 0;
    if (status == STATUS_OK && chosen > 0)
        status = service_open(service, error);
    if (status == STATUS_OK && chosen > 0)
        status = take_place(service, error);
    for (size_t i = 0; i < chosen && status == STATUS_OK &&
                       !stay_is_ending(service->cdc->stay); i++) {
        struct portion portion = {.service = service, .table = tables[i]};
        status = serve_table(&portion, open, count, error);
    }
    memory_free(tables);
    memory_free(service->is_ours);
    state_requests_free(open, count);
    return status;
}

static enum status ask_open(struct service *service, bool *is_open,
                            struct error *error)
{
    struct state_request *open;
    size_t count;
    enum status status = state_requests(
        service->repair.state, service->cdc->sync->endpoint->name, OPEN_MAX,
        &open, &count, error);
    for (size_t i = 0; i < count; i++)
        if (cdc_table_named(service->cdc, open[i].table) &&
            !cdc_is_note(&open[i]))
            *is_open = true;
    state_requests_free(open, count);
    return status;
}

enum status cdc_repair(struct cdc *cdc, struct work_result *results,
                       bool *is_open, struct error *error)
{
    struct service service = {.cdc = cdc, .results = results};
    bool is_done = false;
    enum status status = state_open(cdc->sync->settings->state, STATE_WRITE,
                                    &service.repair.state, error);
    for (size_t i = 0; i < PASSES_MAX && !is_done && status == STATUS_OK &&
                       !stay_is_ending(cdc->stay); i++)
        status = run_pass(&service, &is_done, error);
    if (status == STATUS_OK)
        status = ask_open(&service, is_open, error);
    memory_free(service.place);
    if (service.repair.sync)
        repair_close(&service.repair);
    else
        state_close(service.repair.state);
    return status;
}
