/*
 * Rows of a table by the values of a foreign key. After a cascade the source
 * no longer tells which they were: the warehouse does, whose rows still hold
 * those values. What cannot be found so makes the whole table be read.
 */
#include "base/memory.h"
#include "model/version.h"
#include "sync/cdc_repair.h"

static void add_keys(struct portion *portion, const struct batch *found)
{
    const struct table *table = portion->table->work->table;
    const struct source_ops *ops = portion->service->cdc->sync->source->ops;
    struct source_columns key = {table->key, table->key_count};
    struct buffer text;
    buffer_init(&text, SCOPE_BYTES_MAX);
    for (size_t i = 0; i < found->row_count && !portion->is_whole; i++) {
        buffer_clear(&text);
        portion->is_whole = !ops->values_write(found, i, key, &text) ||
                            !repair_list_add(&portion->keys,
                                             buffer_bytes(&text));
        /* Whether it is there again says nothing of what hung on it. */
        if (portion->has_gone)
            portion_note_gone(portion, found, i);
    }
    buffer_release(&text);
}

/* Rows of the values from `first` on; halves what is too much. */
static enum status find_rows(struct portion *portion,
                             struct rows_request *request,
                             struct error *error)
{
    struct service *service = portion->service;
    const struct table *table = portion->table->work->table;
    size_t end = request->values->row_count;
    enum status status = STATUS_OK;
    request->count = end;
    while (request->first < end && status == STATUS_OK &&
           !portion->is_whole) {
        struct batch *found = batch_new(table, portion_found_max(table),
                                        SIZE_MAX / 2);
        bool is_more = false;
        if (request->count > end - request->first)
            request->count = end - request->first;
        status = service->cdc->sync->warehouse->ops->rows_by(
            service->repair.warehouse, request, found, &is_more, error);
        atomic_fetch_add(&service->cdc->repair_steps, 1);
        if (status == STATUS_OK && !is_more) {
            add_keys(portion, found);
            request->first += request->count;
        } else if (status == STATUS_OK) {
            portion->is_whole = request->count == 1;
            request->count = (request->count + 1) / 2;
        }
        batch_free(found);
    }
    return status;
}

/* What stands for "ask for all of it instead". */
bool repair_is_unable(const struct error *error)
{
    return error->status == STATUS_TABLE ||
           error->id == ERROR_TABLE_CHANGED ||
           error->id == ERROR_WAREHOUSE_LACKS ||
           error->id == ERROR_WAREHOUSE_ANSWER;
}

static enum status find_page(struct portion *portion,
                             const struct source_values *page,
                             struct error *error)
{
    struct service *service = portion->service;
    struct batch *values = batch_new(page->table, page->count, SIZE_MAX / 2);
    struct rows_request request = {
        .table = page->table,
        .columns = page->columns.indexes,
        .column_count = page->columns.count,
        .values = values,
        .wanted = portion->wanted,
    };
    enum status status = service->cdc->sync->source->ops->values_read(
        service->repair.session, page, values, error);
    if (status == STATUS_OK)
        status = find_rows(portion, &request, error);
    batch_free(values);
    if (status == STATUS_OK || !repair_is_unable(error))
        return status;
    portion->is_whole = true;
    error_clear(error);
    return STATUS_OK;
}

static const char **texts_of(const struct repair_list *list)
{
    const char **texts = memory_new(list->count, sizeof *texts);
    for (size_t i = 0; i < list->count; i++)
        texts[i] = repair_list_at(list, i);
    return texts;
}

/* A row of the table gets what the repair has done. */
static void add_outcome(const struct portion *portion,
                        const struct repair_outcome *outcome)
{
    if (!portion->service->results)
        return;
    struct work_result *result =
        &portion->service->results[portion->table->index];
    result->rows_read += outcome->rows_read;
    result->rows_confirmed += outcome->rows_confirmed;
    result->deletes += outcome->deletes;
    result->bytes += outcome->bytes;
}

enum status portion_read_rows(struct portion *portion,
                             struct repair_request *request,
                             const struct repair_list *list,
                             struct error *error)
{
    struct service *service = portion->service;
    struct repair_outcome outcome = {.is_beaten = false};
    const char **texts = texts_of(list);
    request->work = portion->table->work;
    request->values = texts;
    request->count = list->count;
    request->version = service->version;
    request->highest = version_make(service->cdc->epoch, VERSION_CLOCK_MAX,
                                    VERSION_READING_MAX);
    enum status status = repair_rows(&service->repair, request, &outcome,
                                     error);
    add_outcome(portion, &outcome);
    portion->is_whole = portion->is_whole || outcome.is_beaten;
    memory_free(texts);
    return status;
}

static enum status find_children(struct portion *portion,
                                 const struct scope *scope,
                                 const size_t *columns, struct error *error)
{
    struct repair_list values;
    enum status status = STATUS_OK;
    repair_list_init(&values, SCOPE_VALUES_MAX, 2 * SCOPE_BYTES_MAX);
    portion->is_whole = !repair_list_add_all(&values, scope->values);
    portion->has_gone = scope->is_gone &&
                        cdc_follows_deletes(portion->service->cdc,
                                            portion->table, scope);
    portion_close_gone(portion);
    portion_open_gone(portion);
    const char **texts = texts_of(&values);
    for (size_t i = 0; i < values.count && status == STATUS_OK &&
                       !portion->is_whole; i += SOURCE_VALUES_MAX) {
        struct source_values page = {portion->table->work->table,
                                     {columns, scope->column_count},
                                     texts + i, values.count - i};
        if (page.count > SOURCE_VALUES_MAX)
            page.count = SOURCE_VALUES_MAX;
        status = find_page(portion, &page, error);
    }
    if (status == STATUS_OK)
        status = portion_file_gone(portion, error);
    if (status == STATUS_OK && !portion->is_whole &&
        cdc_follows_updates(portion->service->cdc, portion->table, scope)) {
        struct repair_request request = {
            .columns = {columns, scope->column_count}};
        status = portion_read_rows(portion, &request, &values, error);
    }
    memory_free(texts);
    repair_list_release(&values);
    return status;
}

enum status portion_take_children(struct portion *portion,
                                 const struct scope *scope,
                                 struct error *error)
{
    const struct warehouse_ops *ops =
        portion->service->cdc->sync->warehouse->ops;
    size_t *columns = scope_columns(portion->table->work->table,
                                    (const char *const *)scope->columns,
                                    scope->column_count);
    enum status status = STATUS_OK;
    portion->is_whole = portion->is_whole || !columns || !ops->rows_by;
    if (scope->level > portion->level)
        portion->level = scope->level;
    if (!portion->is_whole)
        status = find_children(portion, scope, columns, error);
    memory_free(columns);
    if (status == STATUS_OK)
        status = service_follow_moves(portion->service, portion->table, scope,
                                      portion->is_whole, error);
    return status;
}
