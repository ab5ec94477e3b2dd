/*
 * A load is one INSERT whose body is streamed: begin opens the request, each
 * put sends one block, finish sends the last chunk and judges the answer.
 *
 * What must stay true: the last chunk is sent by finish alone and only after
 * every put succeeded; whatever ends a load before closes the connection, and
 * the server keeps nothing of it; a load is acknowledged only when the whole
 * answer says so and counts the rows that were sent.
 */
#include <jansson.h>
#include <string.h>
#include <xxhash.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"
#include "clickhouse_native.h"
#include "clickhouse_plan.h"

/* What poll is given for a load that finish saw acknowledged. */
#define ACKNOWLEDGED "acknowledged"

struct clickhouse_load {
    struct load base;
    struct clickhouse_session *session;
    const struct table *table;
    struct identity identity;
    const char *suffix;
    bool is_open; /* the request */
    bool has_put;
    uint64_t rows;
    struct native native;
};

/* The stored table, asked for once for all loads of a session. */
static enum status know_table(struct clickhouse_session *session,
                              const char *target, const char *suffix,
                              struct error *error)
{
    char *name = memory_format("%s%s", target, suffix);
    enum status status = STATUS_OK;
    if (!session->known.name || !text_equal(session->known.name, name)) {
        clickhouse_table_release(&session->known);
        status = clickhouse_describe(session, target, suffix, &session->known,
                                     error);
    }
    if (status == STATUS_OK && !session->known.name)
        status = error_set(error, ERROR_WAREHOUSE_TABLE,
                           "cannot load \"%s\": there is no such table in "
                           "database \"%s\"", name, session->house->database);
    memory_free(name);
    return status;
}

/* Key, engine and deletes: as the table was made? begin looks at the types. */
static enum status check_layout(struct clickhouse_session *session,
                                const struct table *table,
                                struct error *error)
{
    struct steps steps = {NULL, 0, NULL, false};
    enum status status = STATUS_OK;
    clickhouse_compare(session->house, table, &session->known, &steps);
    if (steps.count > 0 && steps.list[0].kind == STEP_CANNOT) {
        status = error_set(error, ERROR_WAREHOUSE_TABLE, "%s",
                           steps.list[0].text);
    } else if (steps.needs_reload) {
        status = error_set(error, ERROR_WAREHOUSE_TABLE,
                           "cannot load table \"%s\" into \"%s\": %s",
                           table->name, session->known.name,
                           steps.needs_reload);
        error_next(error, "set  %s: {mode: full}, run once, then take it out "
                          "again",
                   table->name);
    }
    if (status != STATUS_OK)
        clickhouse_table_release(&session->known);
    steps_release(&steps);
    return status;
}

enum status clickhouse_begin(struct warehouse_session *session,
                             const struct load_request *request,
                             struct load **load, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    const char *suffix = request->target == LOAD_BESIDE ? CLICKHOUSE_BESIDE
                                                        : CLICKHOUSE_STORED;
    *load = NULL;
    FAILPOINT("clickhouse.load.begin", error);
    enum status status = know_table(ours, request->table->target, suffix,
                                    error);
    if (status == STATUS_OK)
        status = check_layout(ours, request->table, error);
    if (status != STATUS_OK)
        return status;
    struct clickhouse_load *opened = memory_new(1, sizeof *opened);
    opened->base.session = session;
    opened->session = ours;
    opened->table = request->table;
    opened->identity = request->identity;
    opened->suffix = suffix;
    status = native_init(&opened->native, ours->house, request->table,
                         &ours->known, error);
    if (status == STATUS_OK) {
        *load = &opened->base;
        return STATUS_OK;
    }
    clickhouse_table_release(&ours->known);
    clickhouse_end(&opened->base);
    return status;
}

/* Without a list of columns, which could be longer than a URL may be: the
 * blocks name theirs. */
static void write_insert(const struct clickhouse_load *load,
                         struct buffer *sql)
{
    buffer_add_text(sql, "INSERT INTO ");
    sql_table(sql, load->session->house, load->table->target, load->suffix);
    buffer_add_text(sql, " FORMAT Native");
}

static void add_encoded(struct buffer *query, const char *text)
{
    char *encoded = curl_easy_escape(NULL, text, 0);
    buffer_add_text(query, encoded ? encoded : "");
    curl_free(encoded);
}

/* Equal blocks of a table with a key are never dropped: a repair may well send
 * the bytes of a load before it. Without a key the token tells loads apart. */
static void add_identity(const struct clickhouse_load *load, uint64_t hash,
                         struct buffer *query)
{
    const struct clickhouse *house = load->session->house;
    bool has_key = load->table->key_count > 0;
    char token[IDENTITY_BYTES];
    if (house->has_deduplicate)
        buffer_add_text(query, has_key ? "&deduplicate_insert=disable"
                                       : "&deduplicate_insert=enable");
    if (!house->has_token)
        return;
    buffer_add_text(query, has_key ? "&insert_deduplicate=0"
                                   : "&insert_deduplicate=1");
    if (has_key)
        return;
    identity_text(&load->identity, hash, token, sizeof token);
    buffer_add_text(query, "&insert_deduplication_token=");
    add_encoded(query, token);
}

/* The hash of the block that is about to be sent; never 0. */
static uint64_t hash_pieces(const struct native *native)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return 1;
    (void)XXH3_64bits_reset(state);
    for (size_t i = 0; i < native->piece_count; i++)
        (void)XXH3_64bits_update(state, native->pieces[i].iov_base,
                                 native->pieces[i].iov_len);
    uint64_t hash = XXH3_64bits_digest(state);
    (void)XXH3_freeState(state);
    return hash ? hash : 1;
}

static enum status open_request(struct clickhouse_load *load,
                                struct error *error)
{
    const struct clickhouse *house = load->session->house;
    struct buffer sql;
    struct buffer query;
    sql_init(&sql);
    sql_init(&query);
    write_insert(load, &sql);
    buffer_add_text(&query, "query=");
    add_encoded(&query, buffer_text(&sql));
    buffer_add_text(&query, house->load_settings);
    add_identity(load, load->table->key_count == 0
                           ? hash_pieces(&load->native)
                           : 0, &query);
    struct http_request request = {.query = buffer_text(&query),
                                   .compression = house->compression};
    enum status status = http_upload(load->session->http, &request, error);
    buffer_release(&sql);
    buffer_release(&query);
    load->is_open = status == STATUS_OK;
    return status;
}

/* The server answered before everything was sent: whatever it says, the load
 * is not kept. */
static enum status answered_early(struct clickhouse_load *load,
                                  struct error *error)
{
    const struct clickhouse *house = load->session->house;
    enum status status = clickhouse_judge(load->session->http, &house->place,
                                          DOING_LOAD, error);
    load->is_open = false;
    if (status != STATUS_OK)
        return status;
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not load table \"%s\": %s answered before "
                     "everything was sent", load->table->name,
                     house->place.name);
}

enum status clickhouse_put(struct load *load, const struct batch *batch,
                           struct error *error)
{
    struct clickhouse_load *ours = (struct clickhouse_load *)load;
    struct http *http = ours->session->http;
    FAILPOINT("clickhouse.load.put", error);
    if (batch->row_count == 0)
        return STATUS_OK;
    if (ours->has_put && (ours->table->key_count == 0 || !ours->is_open))
        return error_set(error, ERROR_DEFECT,
                         "a load of table \"%s\" takes no further batch",
                         ours->table->name);
    native_encode(&ours->native, batch);
    enum status status = STATUS_OK;
    if (!ours->has_put)
        status = open_request(ours, error);
    ours->has_put = true;
    if (status == STATUS_OK)
        status = http_put(http, ours->native.pieces,
                          ours->native.piece_count, error);
    if (status != STATUS_OK) {
        ours->is_open = false;
        return status;
    }
    ours->rows += batch->row_count;
    return http_has_answered(http) ? answered_early(ours, error) : STATUS_OK;
}

/* written_rows of the summary; its numbers are texts. */
static bool read_written(const char *summary, uint64_t *rows)
{
    json_t *root = json_loads(summary, 0, NULL);
    const char *text = json_string_value(json_object_get(root,
                                                         "written_rows"));
    bool is_there = text && text_to_u64(text, rows);
    json_decref(root);
    return is_there;
}

static enum status check_written(const struct clickhouse_load *load,
                                 struct error *error)
{
    const struct http *http = load->session->http;
    const char *server = load->session->house->place.name;
    const char *name = load->table->name;
    uint64_t written = 0;
    if (http_body(http).size > 0)
        return error_set(error, ERROR_WAREHOUSE_ANSWER,
                         "could not load table \"%s\": %s answered with a "
                         "text where none belongs", name, server);
    if (!read_written(http_header(http, "X-ClickHouse-Summary"), &written)) {
        (void)error_set(error, ERROR_WAREHOUSE_ANSWER,
                        "could not load table \"%s\": %s did not say how many "
                        "rows it has written", name, server);
        error_next(error, "Let the header X-ClickHouse-Summary pass through "
                          "every proxy before the warehouse.");
        return error->status;
    }
    if (written == load->rows ||
        (written > load->rows && load->session->known.has_dependents))
        return STATUS_OK;
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not load table \"%s\": %llu rows were sent, %s "
                     "says it has written %llu", name,
                     (unsigned long long)load->rows, server,
                     (unsigned long long)written);
}

enum status clickhouse_finish(struct load *load, char *handle, size_t size,
                              struct error *error)
{
    struct clickhouse_load *ours = (struct clickhouse_load *)load;
    struct http *http = ours->session->http;
    FAILPOINT("clickhouse.load.before_finish", error);
    if (!ours->is_open || ours->rows == 0)
        return error_set(error, ERROR_DEFECT,
                         "a load of table \"%s\" without rows was finished",
                         ours->table->name);
    enum status status = http_upload_end(http, error);
    ours->is_open = false;
    if (status == STATUS_OK)
        status = clickhouse_judge(http, &ours->session->house->place,
                                  DOING_LOAD, error);
    if (status == STATUS_OK)
        status = check_written(ours, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("clickhouse.load.finished", error);
    (void)text_copy(handle, size, ACKNOWLEDGED);
    return STATUS_OK;
}

void clickhouse_end(struct load *load)
{
    struct clickhouse_load *ours = (struct clickhouse_load *)load;
    if (ours->is_open)
        http_abort(ours->session->http);
    native_release(&ours->native);
    memory_free(ours);
}

enum status clickhouse_poll(struct warehouse_session *session,
                            const char *handle, uint64_t rows,
                            uint64_t *wait_ms, struct error *error)
{
    (void)session;
    (void)rows;
    *wait_ms = 0;
    if (text_equal(handle, ACKNOWLEDGED))
        return STATUS_OK;
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not tell whether a load was kept: it is made "
                     "anew");
}
