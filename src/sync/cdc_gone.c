/*
 * Rows that are gone without a word in the log: what hangs on them is asked
 * for before they are deleted in the warehouse, for behind that nobody finds
 * it.
 */
#include <inttypes.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/version.h"
#include "sync/cdc_repair.h"

/* InnoDB itself goes 15 tables deep. */
#define LEVEL_MAX 20
/* Rows that are asked of the warehouse at once. */
#define FOUND_MAX 10000
#define FOUND_BYTES ((size_t)8 << 20)
#define REASON "foreign keys change it beside the log"

/* Tells this cause from one that a copy serves already, whose rows may have
 * been read before it. */
static uint64_t cause_of(const struct service *service)
{
    if (service->version != 0)
        return service->version;
    return service->place ? version_make(service->cdc->epoch, service->clock,
                                         0)
                          : service->cdc->scan;
}

static enum status file_whole(struct service *service, const char *name,
                              struct error *error)
{
    if (!cdc_table_named(service->cdc, name))
        return STATUS_OK;
    return cdc_file_later(service->cdc, service->repair.state, name,
                          cause_of(service), error);
}

static enum status file_branch_one(void *context, const char *name,
                                   struct error *error)
{
    return file_whole(context, name, error);
}

/* The child of the foreign key, and all that hangs on it. */
static enum status file_branch(struct service *service,
                               const struct cdc_edge *edge,
                               struct error *error)
{
    enum status status = file_whole(service, edge->child.table, error);
    if (status == STATUS_OK)
        status = cdc_branch(service->cdc, edge->child.table, file_branch_one,
                            service, error);
    return status;
}

enum status service_file_copy(struct service *service,
                              const struct cdc_table *table,
                              struct error *error)
{
    const char *name = table->work->name;
    enum status status = cdc_file_table(
        service->cdc, service->repair.state, name, cause_of(service),
        "its rows cannot be read again one by one", error);
    if (status == STATUS_OK && !service->cdc->sync->warehouse->ops->rows_by)
        status = cdc_branch(service->cdc, name, file_branch_one, service,
                            error);
    return status;
}

static enum status file_children(struct service *service,
                                 const struct cdc_edge *edge, unsigned level,
                                 const struct repair_list *values,
                                 struct error *error)
{
    if (values->is_full || level > LEVEL_MAX)
        return file_branch(service, edge, error);
    if (values->count == 0)
        return STATUS_OK;
    struct scope scope = {
        .columns = (char **)(uintptr_t)edge->child.columns,
        .column_count = edge->child.count,
        .level = level,
        .is_gone = true,
        .waits = true,
    };
    struct state_request request = {
        .source = (char *)(uintptr_t)service->cdc->sync->endpoint->name,
        .table = (char *)(uintptr_t)edge->child.table,
        .scope = scope_children(&scope, values),
        .visible = memory_format("%" PRIu64, service->version),
        .reason = (char *)(uintptr_t)REASON,
    };
    enum status status = state_request_file(service->repair.state, &request,
                                            error);
    memory_free(request.scope);
    memory_free(request.visible);
    return status;
}

/* The list of an edge that cannot be asked for by values is full from the
 * first value on. */
void portion_open_gone(struct portion *portion)
{
    struct cdc_table *table = portion->table;
    size_t count = table->followed.reference_count;
    portion->gone = memory_new(count, sizeof *portion->gone);
    portion->wanted = memory_new(table->work->table->column_count,
                                 sizeof *portion->wanted);
    for (size_t i = 0; i < count; i++) {
        const struct cdc_edge *edge = table->edges[i];
        bool is_able = edge->columns && edge->referenced;
        repair_list_init(&portion->gone[i], is_able ? SCOPE_VALUES_MAX : 0,
                         SCOPE_BYTES_MAX);
        for (size_t j = 0; edge->referenced && j < edge->child.count; j++)
            portion->wanted[edge->referenced[j]] = true; /* may be NULL */
    }
}

void portion_close_gone(struct portion *portion)
{
    size_t count = portion->table->followed.reference_count;
    for (size_t i = 0; portion->gone && i < count; i++)
        repair_list_release(&portion->gone[i]);
    memory_free(portion->gone);
    memory_free(portion->wanted);
}

static bool has_null(const struct batch *batch, size_t row,
                     const struct cdc_edge *edge)
{
    for (size_t i = 0; edge->referenced && i < edge->child.count; i++)
        if (batch_is_null(batch, edge->referenced[i], row))
            return true;
    return false;
}

void portion_note_gone(struct portion *portion, const struct batch *batch,
                      size_t row)
{
    const struct source_ops *ops = portion->service->cdc->sync->source->ops;
    struct cdc_table *table = portion->table;
    struct buffer text;
    buffer_init(&text, SCOPE_BYTES_MAX);
    for (size_t i = 0; i < table->followed.reference_count; i++) {
        const struct cdc_edge *edge = table->edges[i];
        struct source_columns columns = {edge->referenced,
                                         edge->child.count};
        if (!edge->child.on_delete || has_null(batch, row, edge))
            continue;
        buffer_clear(&text);
        if (!edge->referenced ||
            !ops->values_write(batch, row, columns, &text) ||
            !repair_list_add(&portion->gone[i], buffer_bytes(&text)))
            portion->gone[i].is_full = true;
    }
    buffer_release(&text);
}

enum status portion_file_gone(struct portion *portion, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < portion->table->followed.reference_count &&
                       status == STATUS_OK; i++)
        status = file_children(portion->service, portion->table->edges[i],
                               portion->level + 1, &portion->gone[i], error);
    return status;
}

enum status portion_gone(void *context, const struct batch *rows,
                         const bool *is_gone, struct error *error)
{
    struct portion *portion = context;
    portion_close_gone(portion);
    portion_open_gone(portion);
    for (size_t i = 0; i < rows->row_count; i++)
        if (is_gone[i])
            portion_note_gone(portion, rows, i);
    return portion_file_gone(portion, error);
}

/* --- changes of columns that others refer to ----------------------------- */

static bool is_edge_of(const struct cdc_edge *edge,
                       const struct cdc_table *table,
                       const struct scope *scope)
{
    bool is_same = edge->table == table &&
                   edge->child.count == scope->column_count;
    for (size_t i = 0; is_same && i < scope->column_count; i++)
        is_same = text_equal(edge->child.columns[i], scope->columns[i]);
    return is_same;
}

/* Do the foreign keys over these columns follow a change of the parent? */
bool cdc_follows_updates(const struct cdc *cdc,
                            const struct cdc_table *table,
                            const struct scope *scope)
{
    for (size_t i = 0; i < cdc->edge_count; i++)
        if (is_edge_of(&cdc->edges[i], table, scope) &&
            cdc->edges[i].child.on_update)
            return true;
    return false;
}

bool cdc_follows_deletes(const struct cdc *cdc, const struct cdc_table *table,
                         const struct scope *scope)
{
    for (size_t i = 0; i < cdc->edge_count; i++)
        if (is_edge_of(&cdc->edges[i], table, scope) &&
            cdc->edges[i].child.deletes)
            return true;
    return false;
}

static bool is_moved_by(const struct cdc_edge *edge,
                        const struct scope *scope)
{
    for (size_t i = 0; i < edge->child.count; i++)
        for (size_t j = 0; j < scope->column_count; j++)
            if (text_equal(edge->child.referenced[i], scope->columns[j]))
                return true;
    return false;
}

/* Columns that others refer to change with the foreign key: rare, and the
 * values before are many. A copy does not see rows that went and came back. */
enum status service_follow_moves(struct service *service,
                                 const struct cdc_table *table,
                                 const struct scope *scope, bool is_copied,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    if (scope->kind != SCOPE_CHILDREN)
        return STATUS_OK;
    bool moves = cdc_follows_updates(service->cdc, table, scope);
    bool went = is_copied && scope->is_gone &&
                cdc_follows_deletes(service->cdc, table, scope);
    for (size_t i = 0; i < table->followed.reference_count &&
                       status == STATUS_OK; i++) {
        const struct cdc_edge *edge = table->edges[i];
        if ((went && edge->child.on_delete) ||
            (moves && edge->child.on_update && is_moved_by(edge, scope)))
            status = file_branch(service, edge, error);
    }
    return status;
}

enum status cdc_follow_moves(struct cdc *cdc, struct state *state,
                             const struct cdc_table *table,
                             const struct scope *scope, struct error *error)
{
    struct service service = {.cdc = cdc, .repair = {.state = state}};
    return service_follow_moves(&service, table, scope, true, error);
}

size_t portion_found_max(const struct table *table)
{
    size_t rows = FOUND_BYTES / (table_row_bytes(table) + 1);
    return rows > FOUND_MAX ? FOUND_MAX : rows < 100 ? 100 : rows;
}

/* --- copies --------------------------------------------------------------- */

static enum status ask_buried(struct portion *portion, uint64_t below,
                              struct batch *rows, bool *is_more,
                              struct error *error)
{
    struct rows_request request = {
        .table = portion->table->work->table,
        .below = below,
        .wanted = portion->wanted,
    };
    return portion->service->cdc->sync->warehouse->ops->rows_by(
        portion->service->repair.warehouse, &request, rows, is_more, error);
}

/* More than can be told one by one: all that hangs on it. */
static void tell_all(struct portion *portion)
{
    for (size_t i = 0; i < portion->table->followed.reference_count; i++)
        portion->gone[i].is_full = true;
}

enum status cdc_follow_buried(struct cdc_table *table, struct task *task,
                              uint64_t below, struct error *error)
{
    struct service service = {
        .cdc = table->cdc,
        .repair = {.state = task->state, .warehouse = task->warehouse},
        .version = below,
    };
    struct portion portion = {.service = &service, .table = table};
    const struct table *plan = task->work->table;
    bool is_more = false;
    if (table->followed.reference_count == 0 ||
        !task->sync->warehouse->ops->rows_by)
        return STATUS_OK;
    struct batch *rows = batch_new(plan, portion_found_max(plan), SIZE_MAX / 2);
    portion_open_gone(&portion);
    enum status status = ask_buried(&portion, below, rows, &is_more, error);
    for (size_t i = 0; i < rows->row_count && !is_more; i++)
        portion_note_gone(&portion, rows, i);
    if (is_more)
        tell_all(&portion);
    if (status == STATUS_OK)
        status = portion_file_gone(&portion, error);
    portion_close_gone(&portion);
    batch_free(rows);
    return status;
}

enum status cdc_follow_swapped(struct cdc_table *table, struct task *task,
                               struct error *error)
{
    struct service service = {.cdc = table->cdc,
                              .repair = {.state = task->state}};
    enum status status = STATUS_OK;
    if (!task->sync->warehouse->ops->rows_by)
        return STATUS_OK; /* children are read whole in any case */
    for (size_t i = 0; i < table->followed.reference_count &&
                       status == STATUS_OK; i++)
        status = file_branch(&service, table->edges[i], error);
    return status;
}
