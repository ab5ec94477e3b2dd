/*
 * Rows of a table that follows the log, asked for again. Its rows may only be
 * read at a place of the log, and deletes count: so the keys that are meant,
 * of the source and of the warehouse, become requests, which the log's own
 * road serves (cdc_repair.c). What must stay true: all keys are asked for, or
 * none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "sync/cdc_repair.h"
#include "sync/task.h"

/* More is rather read whole. */
#define KEYS_MAX 100000
#define KEYS_BYTES ((size_t)16 << 20)
#define REASON "a person asked for it"

struct asking {
    struct sync *sync;
    struct state *state;
    const struct work *work;
    const struct backfill_choice *choice;
    struct repair_list keys;
};

static enum status refuse(const struct asking *asking, const char *why,
                          struct error *error)
{
    const char *name = asking->work->name;
    (void)error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_USAGE,
                           "cannot read these rows of table \"%s\" again, "
                           "which follows the log: %s", name, why);
    error_effect(error, "Nothing was asked for.");
    error_next(error, "tidemark backfill %s --confirm %s  reads all of it",
               name, name);
    return error->status;
}

static enum status add_rows(struct asking *asking, const struct batch *batch,
                            struct error *error)
{
    const struct table *table = asking->work->table;
    const struct source_ops *ops = asking->sync->source->ops;
    const struct source_columns key = {table->key, table->key_count};
    struct buffer text;
    enum status status = STATUS_OK;
    buffer_init(&text, KEYS_BYTES);
    for (size_t row = 0; row < batch->row_count && status == STATUS_OK;
         row++) {
        buffer_clear(&text);
        if (!ops->values_write(batch, row, key, &text))
            status = refuse(asking, "the settings change its keys", error);
        else if (!repair_list_add(&asking->keys, buffer_bytes(&text)))
            status = refuse(asking, "there are more than 100,000", error);
    }
    buffer_release(&text);
    return status;
}

/* --- what the source has ------------------------------------------------- */

static enum status add_scan(struct asking *asking, struct scan *scan,
                            struct batch *batch, struct error *error)
{
    bool is_last = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !is_last) {
        batch_clear(batch);
        status = asking->sync->source->ops->scan_next(scan, batch, &is_last,
                                                      error);
        if (status == STATUS_OK)
            status = add_rows(asking, batch, error);
        if (status == STATUS_OK)
            status = stop_check(error);
    }
    return status;
}

static enum status add_source(struct asking *asking,
                              struct source_session *session,
                              struct error *error)
{
    const struct source_ops *ops = asking->sync->source->ops;
    const struct table *table = asking->work->table;
    struct scan_request request;
    struct filter *where = NULL;
    struct scan *scan = NULL;
    enum status status = backfill_request(asking->work, asking->choice,
                                          &request, &where, error);
    if (status == STATUS_OK)
        status = ops->snapshot_open(session, error);
    if (status == STATUS_OK) {
        struct batch *batch = batch_new(table, portion_found_max(table),
                                        SIZE_MAX / 2);
        status = ops->scan_open(session, &request, &scan, error);
        if (status == STATUS_OK)
            status = add_scan(asking, scan, batch, error);
        if (scan)
            ops->scan_close(scan);
        ops->snapshot_close(session);
        batch_free(batch);
    }
    filter_free(where);
    return status;
}

/* --- what the warehouse has besides: rows that are gone ------------------ */

static bool is_whole_number(const char *text)
{
    size_t digits = strspn(text + (*text == '-'), "0123456789");
    return digits > 0 && digits <= 20 && !text[(*text == '-') + digits];
}

/* Order and ends of other keys are not the same on both sides. */
static enum status check_ends(const struct asking *asking,
                              struct error *error)
{
    const struct table *table = asking->work->table;
    const struct backfill_choice *choice = asking->choice;
    const struct column *column = &table->columns[table->key[0]];
    if (!asking->sync->warehouse->ops->rows_by)
        return refuse(asking, "this warehouse cannot tell which of them are "
                              "gone", error);
    if ((column->kind != KIND_INT && column->kind != KIND_UINT) ||
        (choice->from && !is_whole_number(choice->from)) ||
        (choice->to && !is_whole_number(choice->to)))
        return refuse(asking, "its key does not begin with a whole number",
                      error);
    return STATUS_OK;
}

/* A page is ordered by key: the next one begins with the last number. */
static void turn_page(const struct asking *asking, const struct batch *batch,
                      char *from, size_t size)
{
    const struct table *table = asking->work->table;
    size_t column = table->key[0];
    int64_t last = batch_int(batch, column, batch->row_count - 1);
    if (table->columns[column].kind == KIND_UINT)
        (void)snprintf(from, size, "%" PRIu64, (uint64_t)last);
    else
        (void)snprintf(from, size, "%" PRId64, last);
}

static enum status add_pages(struct asking *asking,
                             struct warehouse_session *session,
                             struct batch *batch, struct error *error)
{
    char from[24] = "";
    char before[sizeof from];
    struct rows_request request = {
        .table = asking->work->table,
        .from = asking->choice->from,
        .to = asking->choice->to,
    };
    bool is_more = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && is_more) {
        batch_clear(batch);
        status = asking->sync->warehouse->ops->rows_by(
            session, &request, batch, &is_more, error);
        if (status == STATUS_OK)
            status = add_rows(asking, batch, error);
        if (status != STATUS_OK || !is_more)
            return status;
        (void)text_copy(before, sizeof before, from);
        turn_page(asking, batch, from, sizeof from);
        request.from = from;
        if (text_equal(before, from))
            return refuse(asking, "too many begin with one number", error);
        status = stop_check(error);
    }
    return status;
}

static enum status add_stored(struct asking *asking, struct error *error)
{
    struct warehouse *warehouse = asking->sync->warehouse;
    const struct table *table = asking->work->table;
    struct warehouse_session *session = NULL;
    enum status status = check_ends(asking, error);
    if (status == STATUS_OK)
        status = warehouse->ops->session_open(warehouse, &session, error);
    if (status == STATUS_OK) {
        struct batch *batch = batch_new(table, portion_found_max(table),
                                        SIZE_MAX / 2);
        status = add_pages(asking, session, batch, error);
        batch_free(batch);
        warehouse->ops->session_close(session);
    }
    return status;
}

/* --- requests ------------------------------------------------------------ */

static enum status file_scope(const struct asking *asking, char *scope,
                              struct error *error)
{
    struct state_request request = {
        .source = asking->sync->endpoint->name,
        .table = asking->work->name,
        .scope = scope,
        .reason = (char *)(uintptr_t)REASON,
    };
    enum status status = state_request_file(asking->state, &request, error);
    memory_free(scope);
    return status;
}

static enum status file_keys(const struct asking *asking, struct error *error)
{
    const struct repair_list *keys = &asking->keys;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < keys->count && status == STATUS_OK;) {
        struct repair_list part;
        repair_list_init(&part, SCOPE_VALUES_MAX, SCOPE_BYTES_MAX);
        while (i < keys->count &&
               repair_list_add(&part, bytes_of(repair_list_at(keys, i))))
            i++;
        status = file_scope(asking, scope_keys(&part), error);
        repair_list_release(&part);
    }
    return status;
}

static enum status ask_keys(struct asking *asking, struct error *error)
{
    struct source *source = asking->sync->source;
    struct source_session *session = NULL;
    const struct backfill_choice *choice = asking->choice;
    bool is_range = !choice->where && choice->since_us == INT64_MIN;
    enum status status = STATUS_OK;
    repair_list_init(&asking->keys, KEYS_MAX, KEYS_BYTES);
    if (is_range)
        status = add_stored(asking, error);
    if (status == STATUS_OK)
        status = source->ops->session_open(source, &session, error);
    if (status == STATUS_OK)
        status = add_source(asking, session, error);
    if (session)
        source->ops->session_close(session);
    if (status == STATUS_OK)
        status = file_keys(asking, error);
    repair_list_release(&asking->keys);
    return status;
}

enum status backfill_ask(struct sync *sync, struct state *state,
                         const struct work *work,
                         const struct backfill_choice *choice,
                         struct error *error)
{
    struct asking asking = {.sync = sync, .state = state, .work = work,
                            .choice = choice};
    bool is_there = work->state && work->state->success_us > 0 &&
                    !work->is_lost;
    if (!is_there || backfill_is_whole(choice))
        return file_scope(&asking, memory_text("{\"all\":true}"), error);
    return ask_keys(&asking, error);
}
