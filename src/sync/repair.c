/*
 * Rows read again by page. What must stay true: keys are compared as canonical
 * bytes, for the source may answer with another spelling; what a page says is
 * gone was gone in one snapshot, and is told before a row of it is loaded, for
 * behind that nobody finds what hung on it.
 */
#include "sync/repair.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/stop.h"
#include "model/key.h"
#include "model/version.h"
#include "sync/task.h"

/* Texts of one SELECT. */
#define PAGE_BYTES ((size_t)256 << 10)

enum status repair_open(struct sync *sync, struct repair *repair,
                        struct error *error)
{
    *repair = (struct repair){.sync = sync};
    enum status status = state_open(sync->settings->state, STATE_WRITE,
                                    &repair->state, error);
    if (status == STATUS_OK)
        status = sync->source->ops->session_open(sync->source,
                                                 &repair->session, error);
    if (status == STATUS_OK)
        status = sync->warehouse->ops->session_open(
            sync->warehouse, &repair->warehouse, error);
    return status;
}

void repair_close(struct repair *repair)
{
    struct sync *sync = repair->sync;
    if (!sync)
        return;
    if (repair->session)
        sync->source->ops->session_close(repair->session);
    if (repair->warehouse)
        sync->warehouse->ops->session_close(repair->warehouse);
    state_close(repair->state);
    *repair = (struct repair){.sync = NULL};
}

/* --- a page of values ---------------------------------------------------- */

struct page {
    struct repair *repair;
    const struct repair_request *request;
    struct repair_outcome *outcome;
    struct stream *stream;
    const char *const *values;
    size_t count;
    /* Of keys: a row of cells each, its hash, and whether the source has it. */
    struct batch *keys;
    uint64_t *hashes;
    bool *is_found;
    struct buffer left; /* canonical keys that are compared */
    struct buffer right;
};

static bool is_by_key(const struct repair_request *request)
{
    const struct table *table = request->work->table;
    bool is_key = request->columns.count == table->key_count;
    for (size_t i = 0; is_key && i < table->key_count; i++)
        is_key = request->columns.indexes[i] == table->key[i];
    return is_key;
}

static const struct source_ops *source_of(const struct page *page)
{
    return page->repair->sync->source->ops;
}

static void canonical(const struct batch *batch, size_t row,
                      struct buffer *target)
{
    buffer_clear(target);
    key_canonical(batch, row, target);
}

static enum status make_keys(struct page *page, struct error *error)
{
    const struct table *table = page->request->work->table;
    page->keys = batch_new(table, page->count, SIZE_MAX / 2);
    page->hashes = memory_new(page->count, sizeof *page->hashes);
    page->is_found = memory_new(page->count, sizeof *page->is_found);
    struct source_values values = {table, page->request->columns,
                                   page->values, page->count};
    enum status status = source_of(page)->values_read(
        page->repair->session, &values, page->keys, error);
    for (size_t i = 0; i < page->count && status == STATUS_OK; i++) {
        canonical(page->keys, i, &page->left);
        page->hashes[i] = key_hash(buffer_bytes(&page->left));
    }
    return status;
}

/* The row's key among those of the page, or page->count. A key may stand there
 * twice, in two spellings of its text: the first is meant. */
static size_t find_key(struct page *page, const struct batch *batch,
                       size_t row)
{
    canonical(batch, row, &page->left);
    uint64_t hash = key_hash(buffer_bytes(&page->left));
    for (size_t i = 0; i < page->count; i++) {
        if (page->hashes[i] != hash)
            continue;
        canonical(page->keys, i, &page->right);
        if (bytes_equal(buffer_bytes(&page->left),
                        buffer_bytes(&page->right)))
            return i;
    }
    return page->count;
}

static void note_found(struct page *page, const struct batch *batch)
{
    for (size_t row = 0; page->keys && row < batch->row_count; row++) {
        size_t key = find_key(page, batch, row);
        if (key < page->count)
            page->is_found[key] = true;
    }
}

/* One batch from the scan; it is put, or only looked at. */
static enum status take_batch(struct page *page, struct scan *scan,
                              bool is_put, bool *is_last,
                              struct error *error)
{
    struct deliver *deliver = page->stream->deliver;
    struct batch *batch = NULL;
    enum status status = deliver_take(deliver, page->request->work->table,
                                      &batch, error);
    if (status != STATUS_OK)
        return status;
    status = source_of(page)->scan_next(scan, batch, is_last, error);
    if (status == STATUS_OK)
        note_found(page, batch);
    if (status == STATUS_OK && page->repair->steps)
        atomic_fetch_add(page->repair->steps, 1);
    if (status == STATUS_OK && is_put)
        return deliver_put(deliver, batch, error);
    deliver_return(deliver, batch);
    return status;
}

static enum status scan(struct page *page, bool is_put, struct error *error)
{
    const struct work *work = page->request->work;
    struct scan_request request = scan_table(work, SCAN_BY_VALUES);
    struct scan *opened = NULL;
    bool is_last = false;
    request.by = page->request->columns;
    request.values = page->values;
    request.value_count = page->count;
    enum status status = source_of(page)->scan_open(page->repair->session,
                                                    &request, &opened, error);
    while (status == STATUS_OK && !is_last)
        status = take_batch(page, opened, is_put, &is_last, error);
    if (opened)
        source_of(page)->scan_close(opened);
    return status;
}

/* --- what the warehouse holds -------------------------------------------- */

static enum status ask_stored(struct page *page, struct batch *stored,
                              struct error *error)
{
    const struct table *table = page->request->work->table;
    struct rows_request request = {
        .table = table,
        .columns = table->key,
        .column_count = table->key_count,
        .values = page->keys,
        .count = page->count,
        .is_by_key = true,
        .wanted = page->request->wanted,
    };
    bool is_more = false;
    return page->repair->sync->warehouse->ops->rows_by(
        page->repair->warehouse, &request, stored, &is_more, error);
}

static bool is_beaten(const struct page *page, const struct batch *stored)
{
    for (size_t i = 0; i < stored->row_count; i++)
        if (stored->versions[i] > page->request->highest)
            return true;
    return false;
}

static enum status tell_gone(struct page *page, const struct batch *stored,
                             struct error *error)
{
    const struct repair_request *request = page->request;
    bool *is_gone = memory_new(stored->row_count, sizeof *is_gone);
    bool is_any = false;
    for (size_t i = 0; i < stored->row_count; i++) {
        size_t key = find_key(page, stored, i);
        is_gone[i] = stored->deleted[i] == 0 && key < page->count &&
                     !page->is_found[key];
        is_any = is_any || is_gone[i];
    }
    enum status status =
        is_any ? request->gone(request->context, stored, is_gone, error)
               : STATUS_OK;
    memory_free(is_gone);
    return status;
}

static enum status look_stored(struct page *page, struct error *error)
{
    if (!page->repair->sync->warehouse->ops->rows_by)
        return STATUS_OK;
    struct batch *stored = batch_new(page->request->work->table, page->count,
                                     SIZE_MAX / 2);
    enum status status = ask_stored(page, stored, error);
    if (status == STATUS_OK)
        page->outcome->is_beaten = is_beaten(page, stored);
    if (status == STATUS_OK && page->request->gone &&
        !page->outcome->is_beaten) {
        status = scan(page, false, error);
        if (status == STATUS_OK)
            status = tell_gone(page, stored, error);
    }
    batch_free(stored);
    return status;
}

/* --- deletes ------------------------------------------------------------- */

/* Under deletes: mark the row keeps its last values. */
static enum status last_values(struct page *page, const struct batch *gone,
                               struct batch *batch, struct error *error)
{
    const struct table *table = page->request->work->table;
    struct rows_request request = {
        .table = table,
        .columns = table->key,
        .column_count = table->key_count,
        .values = gone,
        .count = gone->row_count,
        .is_by_key = true,
        .is_whole = true,
    };
    bool is_more = false;
    enum status status = page->repair->sync->warehouse->ops->rows_by(
        page->repair->warehouse, &request, batch, &is_more, error);
    for (size_t i = 0; i < batch->row_count; i++)
        if (batch->deleted[i] == 0)
            batch->deleted[i] = 1;
    return status;
}

/* Rows of the keys into `batch`, as deletes. */
static enum status make_deletes(struct page *page, const char *const *texts,
                                size_t count, struct batch *batch,
                                struct error *error)
{
    const struct work *work = page->request->work;
    struct batch *gone = batch;
    bool keeps = work->shape.keeps_last_values &&
                 page->repair->sync->warehouse->ops->rows_by;
    if (keeps)
        gone = batch_new(work->table, count, SIZE_MAX / 2);
    struct source_values values = {work->table, page->request->columns, texts,
                                   count};
    enum status status = source_of(page)->values_read(
        page->repair->session, &values, gone, error);
    if (keeps && status == STATUS_OK)
        status = last_values(page, gone, batch, error);
    if (keeps)
        batch_free(gone);
    return status;
}

/* As many at once as a batch of the pool has room for. */
static enum status put_deletes(struct page *page, const char *const *texts,
                               size_t count, struct error *error)
{
    struct deliver *deliver = page->stream->deliver;
    enum status status = STATUS_OK;
    for (size_t done = 0; done < count && status == STATUS_OK;) {
        struct batch *batch = NULL;
        size_t part = count - done;
        status = deliver_take(deliver, page->request->work->table, &batch,
                              error);
        if (status != STATUS_OK)
            return status;
        if (part > batch->capacity)
            part = batch->capacity;
        status = make_deletes(page, texts + done, part, batch, error);
        done += part;
        if (status == STATUS_OK)
            status = deliver_put(deliver, batch, error);
        else
            deliver_return(deliver, batch);
    }
    return status;
}

static enum status delete_rest(struct page *page, struct error *error)
{
    const char **texts = memory_new(page->count, sizeof *texts);
    size_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < page->count; i++)
        if (!page->is_found[find_key(page, page->keys, i)])
            texts[count++] = page->values[i];
    page->outcome->keys_gone += count;
    if (count > 0 && !page->request->work->shape.keeps_rows)
        status = put_deletes(page, texts, count, error);
    memory_free(texts);
    return status;
}

/* --- pages --------------------------------------------------------------- */

static enum status read_page(struct page *page, struct error *error)
{
    const struct source_ops *ops = source_of(page);
    bool has_keys = is_by_key(page->request);
    enum status status = has_keys ? make_keys(page, error) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    FAILPOINT("repair.read", error);
    status = ops->snapshot_open(page->repair->session, error);
    if (status != STATUS_OK)
        return status;
    if (has_keys)
        status = look_stored(page, error);
    if (status == STATUS_OK && !page->outcome->is_beaten) {
        status = scan(page, true, error);
        if (status == STATUS_OK && has_keys)
            status = delete_rest(page, error);
    }
    ops->snapshot_close(page->repair->session);
    return status;
}

static size_t page_size(const struct repair_request *request, size_t first)
{
    size_t count = 0;
    size_t bytes = 0;
    while (first + count < request->count && count < SOURCE_VALUES_MAX &&
           (count == 0 || bytes < PAGE_BYTES))
        bytes += bytes_of(request->values[first + count++]).size;
    return count;
}

static enum status read_pages(struct page *page, struct error *error)
{
    const struct repair_request *request = page->request;
    enum status status = STATUS_OK;
    for (size_t first = 0; first < request->count && status == STATUS_OK &&
                           !page->outcome->is_beaten;
         first += page->count) {
        page->values = request->values + first;
        page->count = page_size(request, first);
        status = stop_check(error);
        if (status == STATUS_OK)
            status = read_page(page, error);
        batch_free(page->keys);
        memory_free(page->hashes);
        memory_free(page->is_found);
        page->keys = NULL;
        page->hashes = NULL;
        page->is_found = NULL;
    }
    return status;
}

/* All of it is one delivery. */
static enum status deliver_pages(struct page *page, struct error *error)
{
    struct deliver *deliver = page->stream->deliver;
    enum status status = deliver_begin(deliver, page->request->version,
                                       error);
    if (status == STATUS_OK)
        status = read_pages(page, error);
    if (status != STATUS_OK || page->outcome->is_beaten)
        return status;
    char *text = memory_format("{\"version\":\"%" PRIu64 "\"}",
                               page->request->version);
    struct deliver_seal seal = {.resume_from = text};
    status = deliver_seal(deliver, &seal, error);
    memory_free(text);
    if (status == STATUS_OK)
        status = deliver_drain(deliver, error);
    if (status == STATUS_OK)
        FAILPOINT("repair.delivered", error);
    return status;
}

static void add_counts(const struct work_result *result,
                       struct repair_outcome *outcome)
{
    outcome->rows_read += result->rows_read;
    outcome->rows_confirmed += result->rows_confirmed;
    outcome->deletes += result->deletes;
    outcome->bytes += result->bytes;
}

enum status repair_rows(struct repair *repair,
                        const struct repair_request *request,
                        struct repair_outcome *outcome, struct error *error)
{
    struct sync_run run = {.progress = NULL};
    struct work_result result = {.work = request->work};
    struct task task = {
        .sync = repair->sync, .work = request->work, .run = &run,
        .result = &result, .session = repair->session,
        .warehouse = repair->warehouse, .state = repair->state,
    };
    struct stream stream;
    struct page page = {.repair = repair, .request = request,
                        .outcome = outcome, .stream = &stream};
    buffer_init(&page.left, SIZE_MAX);
    buffer_init(&page.right, SIZE_MAX);
    enum status status = stream_open(&task, "repair", &stream, error);
    bool is_new = false;
    if (status == STATUS_OK)
        status = work_prepare(repair->sync, request->work, repair->warehouse,
                              &is_new, error);
    if (status == STATUS_OK)
        status = stream_load(&stream, LOAD_LIVE, error);
    if (status == STATUS_OK)
        status = deliver_pages(&page, error);
    status = stream_close(&stream, status, error);
    add_counts(&result, outcome);
    buffer_release(&page.left);
    buffer_release(&page.right);
    return status;
}
