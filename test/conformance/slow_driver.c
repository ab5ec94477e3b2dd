/*
 * The smallest warehouse, and a slow one: slow:///FOLDER?polls=3. Its poll
 * says "not yet" that many times for each load, counted on the disk, so that
 * a restart does not begin anew. No swap, no sums, nothing is read back.
 *
 *     FOLDER/TABLE/           TABLE is the target's bytes as hexadecimal digits
 *     FOLDER/TABLE/columns    names of the stored columns, digits, one a line
 *     FOLDER/TABLE/LOAD.wait  rows that are sent and not decided
 *     FOLDER/TABLE/LOAD.asks  one byte for each time it was asked for
 *     FOLDER/TABLE/LOAD.rows  rows that are kept
 *     FOLDER/lose             made by a test: the next decision loses its load
 *
 * A row is a line: version, deleted, then each stored cell: "-" for NULL, else
 * "=" and the cell's bytes as they lie in the batch, as hexadecimal digits.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"
#include "base/text.h"
#include "script.h"

#define LOAD_BYTES ((size_t)1 << 30)
#define WAIT_MS 20

struct slow {
    struct warehouse base;
    char *root;
    uint64_t polls;
    struct warehouse_facts facts;
};

struct slow_load {
    struct load base;
    struct slow *slow;
    const struct table *table;
    uint64_t identity; /* hash of its text */
    struct buffer rows;
};

static enum status fail(struct error *error, const char *path)
{
    return error_set(error, ERROR_WAREHOUSE_REACH, "could not use \"%s\": %s",
                     path, strerror(errno));
}

static struct slow *slow_of(struct warehouse_session *session)
{
    return (struct slow *)session->warehouse;
}

/* ROOT/TABLE, the caller's. */
static char *folder_of(const struct slow *slow, const struct table *table)
{
    struct buffer name;
    buffer_init(&name, 4096);
    buffer_add_hex(&name, bytes_of(table->target));
    char *folder = memory_format("%s/%s", slow->root, buffer_text(&name));
    buffer_release(&name);
    return folder;
}

static enum status write_file(const char *path, struct bytes text,
                              struct error *error)
{
    char *part = memory_format("%s.part", path);
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_kept = file >= 0;
    for (size_t done = 0; is_kept && done < text.size;) {
        ssize_t size = write(file, text.data + done, text.size - done);
        is_kept = size > 0;
        done += size > 0 ? (size_t)size : 0;
    }
    is_kept = is_kept && fsync(file) == 0;
    if (file >= 0)
        (void)close(file);
    is_kept = is_kept && rename(part, path) == 0;
    memory_free(part);
    return is_kept ? STATUS_OK : fail(error, path);
}

static enum status slow_open(const struct settings *settings,
                             struct warehouse **warehouse,
                             struct error *error)
{
    struct slow *slow = memory_new(1, sizeof *slow);
    (void)error;
    slow->base.ops = &slow_ops;
    slow->root = memory_format("/%s", settings->warehouse.url.path);
    (void)text_to_u64(endpoint_value(&settings->warehouse, "polls"),
                      &slow->polls);
    slow->facts.product = memory_text("slow");
    slow->facts.tls = memory_text("none");
    slow->facts.powers.alters = true;
    *warehouse = &slow->base;
    return STATUS_OK;
}

static void slow_close(struct warehouse *warehouse)
{
    struct slow *slow = (struct slow *)warehouse;
    memory_free(slow->facts.product);
    memory_free(slow->facts.tls);
    memory_free(slow->root);
    memory_free(slow);
}

static const struct warehouse_facts *slow_facts(struct warehouse *warehouse)
{
    return &((struct slow *)warehouse)->facts;
}

static enum status slow_session_open(struct warehouse *warehouse,
                                     struct warehouse_session **session,
                                     struct error *error)
{
    (void)error;
    *session = memory_new(1, sizeof **session);
    (*session)->warehouse = warehouse;
    return STATUS_OK;
}

static void slow_session_close(struct warehouse_session *session)
{
    memory_free(session);
}

static enum status slow_fit(struct warehouse *warehouse, struct table *table,
                            struct error *error)
{
    (void)warehouse;
    (void)table;
    (void)error;
    return STATUS_OK;
}

/* What the file `columns` holds for a table. */
static void columns_of(const struct table *table, struct buffer *text)
{
    buffer_init(text, 65536);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored)
            continue;
        buffer_add_hex(text, bytes_of(table->columns[i].name));
        buffer_add_byte(text, '\n');
    }
}

static enum status slow_plan(struct warehouse_session *session,
                             const struct table *const *tables, size_t count,
                             struct warehouse_plan *plans,
                             struct error *error)
{
    (void)error;
    memset(plans, 0, count * sizeof *plans);
    for (size_t i = 0; i < count; i++) {
        char *folder = folder_of(slow_of(session), tables[i]);
        plans[i].is_new = access(folder, F_OK) != 0;
        if (plans[i].is_new) {
            plans[i].changes = memory_new(1, sizeof *plans[i].changes);
            plans[i].changes[0].kind = '+';
            plans[i].changes[0].text = memory_format("make %s", folder);
            plans[i].count = 1;
        }
        memory_free(folder);
    }
    return STATUS_OK;
}

static enum status slow_prepare(struct warehouse_session *session,
                                const struct table *table, bool *is_new,
                                struct error *error)
{
    struct slow *slow = slow_of(session);
    *is_new = false;
    char *folder = folder_of(slow, table);
    char *path = memory_format("%s/columns", folder);
    struct buffer text;
    enum status status = STATUS_OK;
    if ((mkdir(slow->root, 0700) != 0 && errno != EEXIST) ||
        (mkdir(folder, 0700) != 0 && errno != EEXIST))
        status = fail(error, folder);
    columns_of(table, &text);
    if (status == STATUS_OK)
        status = write_file(path, buffer_bytes(&text), error);
    buffer_release(&text);
    memory_free(path);
    memory_free(folder);
    return status;
}

static enum status slow_size(struct warehouse_session *session,
                             const struct table *table, uint64_t *rows,
                             uint64_t *bytes, struct error *error)
{
    (void)session;
    (void)table;
    (void)error;
    *rows = 0;
    *bytes = 0;
    return STATUS_OK;
}

static enum status slow_begin(struct warehouse_session *session,
                              const struct load_request *request,
                              struct load **load, struct error *error)
{
    char identity[IDENTITY_BYTES];
    struct slow_load *opened = memory_new(1, sizeof *opened);
    (void)error;
    identity_text(&request->identity, 0, identity, sizeof identity);
    opened->base.session = session;
    opened->slow = slow_of(session);
    opened->table = request->table;
    opened->identity = XXH3_64bits(identity, strlen(identity));
    buffer_init(&opened->rows, LOAD_BYTES);
    *load = &opened->base;
    return STATUS_OK;
}

static struct bytes cell_of(const struct batch *batch, size_t column,
                            size_t row)
{
    const struct batch_column *place = &batch->columns[column];
    if (!place->fixed)
        return batch_text(batch, column, row);
    return (struct bytes){batch_cell(batch, column, row), place->width};
}

static void add_row(struct slow_load *load, const struct batch *batch,
                    size_t row)
{
    buffer_add_format(&load->rows, "%" PRIu64 " %u", batch->versions[row],
                      batch->deleted[row]);
    for (size_t i = 0; i < load->table->column_count; i++) {
        if (!load->table->columns[i].is_stored)
            continue;
        if (batch_is_null(batch, i, row)) {
            buffer_add_text(&load->rows, " -");
            continue;
        }
        buffer_add_text(&load->rows, " =");
        buffer_add_hex(&load->rows, cell_of(batch, i, row));
    }
    buffer_add_byte(&load->rows, '\n');
}

static enum status slow_put(struct load *base, const struct batch *batch,
                            struct error *error)
{
    struct slow_load *load = (struct slow_load *)base;
    for (size_t row = 0; row < batch->row_count; row++)
        add_row(load, batch, row);
    if (load->rows.is_overflown)
        return error_set(error, ERROR_WAREHOUSE_SPACE,
                         "could not keep a load of over 1 GiB");
    return STATUS_OK;
}

static enum status slow_finish(struct load *base, char *handle, size_t size,
                               struct error *error)
{
    struct slow_load *load = (struct slow_load *)base;
    char *folder = folder_of(load->slow, load->table);
    (void)snprintf(handle, size, "%s/%016" PRIx64 "-%016" PRIx64, folder,
                   load->identity,
                   (uint64_t)XXH3_64bits(load->rows.data, load->rows.size));
    char *path = memory_format("%s.wait", handle);
    char *kept = memory_format("%s.rows", handle);
    enum status status = STATUS_OK;
    if (access(kept, F_OK) != 0)
        status = write_file(path, buffer_bytes(&load->rows), error);
    memory_free(path);
    memory_free(kept);
    memory_free(folder);
    return status;
}

static void slow_end(struct load *base)
{
    struct slow_load *load = (struct slow_load *)base;
    buffer_release(&load->rows);
    memory_free(load);
}

/* One byte more; how many there are. */
static uint64_t count_ask(const char *handle)
{
    char *path = memory_format("%s.asks", handle);
    struct stat facts = {.st_size = 0};
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, "?", 1) != 1 || fstat(file, &facts) != 0)
        script_fail("no count of %s", path);
    (void)close(file);
    memory_free(path);
    return (uint64_t)facts.st_size;
}

static enum status decide(const struct slow *slow, const char *handle,
                          struct error *error)
{
    char *waits = memory_format("%s.wait", handle);
    char *kept = memory_format("%s.rows", handle);
    char *lose = memory_format("%s/lose", slow->root);
    enum status status = STATUS_OK;
    if (unlink(lose) == 0 && unlink(waits) == 0)
        status = error_set(error, ERROR_WAREHOUSE_ANSWER,
                           "a load was lost on its way");
    else if (rename(waits, kept) != 0 && access(kept, F_OK) != 0)
        status = error_set(error, ERROR_WAREHOUSE_ANSWER,
                           "there is no load %s", handle);
    memory_free(waits);
    memory_free(kept);
    memory_free(lose);
    return status;
}

static enum status slow_poll(struct warehouse_session *session,
                             const char *handle, uint64_t rows,
                             uint64_t *wait_ms, struct error *error)
{
    struct slow *slow = slow_of(session);
    (void)rows;
    *wait_ms = WAIT_MS;
    if (!text_starts(handle, slow->root))
        return error_set(error, ERROR_WAREHOUSE_ANSWER, "no handle of ours");
    if (count_ask(handle) <= slow->polls)
        return STATUS_PENDING;
    return decide(slow, handle, error);
}

static void slow_grants(const struct endpoint_settings *settings,
                        struct buffer *target)
{
    buffer_add_format(target, "mkdir /%s\n", settings->url.path);
}

static const struct key KEYS_LIST[] = {
    {"polls", KEY_COUNT, PLACE_WAREHOUSE, "3", NULL,
     "How often a load is not decided yet.", NULL},
};
static const struct key_table KEYS = {"slow", "slow", KEYS_LIST,
                                      ARRAY_COUNT(KEYS_LIST)};

const struct warehouse_ops slow_ops = {
    .name = "slow",
    .keys = &KEYS,
    .open = slow_open,
    .close = slow_close,
    .facts = slow_facts,
    .session_open = slow_session_open,
    .session_close = slow_session_close,
    .fit = slow_fit,
    .plan = slow_plan,
    .prepare = slow_prepare,
    .size = slow_size,
    .begin = slow_begin,
    .put = slow_put,
    .finish = slow_finish,
    .end = slow_end,
    .poll = slow_poll,
    .grants = slow_grants,
};
