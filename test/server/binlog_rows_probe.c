/*
 * Both roads of rows by hand, for tests against real servers: rows events of
 * the log, through a dump loop of its own, and scans, in one form.
 *
 *     binlog_rows_probe URL scan TABLE...
 *     binlog_rows_probe URL log FILE POSITION [TABLE...]
 *
 * Without TABLE: every table of the database. Each row is one JSON object:
 * table, key (canonical, hexadecimal), version, deleted, digest, cells (as
 * they lie in the batch; long ones cut). Other lines: {"table", "keys"},
 * {"table", "unknown"}, {"table", "changed"}, {"table", "bad"} and at the end
 * {"seen", "rows", "walked", "key_only", "unknown"}. Words after the tables:
 * nolayout (no information_schema), dates=null, mark (deletes keep cells),
 * positions (a scan tells that of each row).
 */
#include <mysql.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "base/stop.h"
#include "base/text.h"
#include "binlog_rows_print.h"
#include "settings/url.h"
#include "source/binlog_row.h"
#include "source/driver.h"
#include "source/mysql_rows.h"

#define COM_DUMP 18
#define DUMP_TO_THE_END 1
#define BATCH_ROWS 7

struct followed_table {
    struct followed followed;
    struct shape shape;
    struct source_table *described;
    struct batch *batch;
    const struct mysql_charset **charsets;
    struct binlog_layout *layout;
    struct binlog_map map;
    struct binlog_resolution resolution;
    struct binlog_table rows;
    bool is_readable;
    uint64_t table_id;
};

struct probe {
    struct endpoint_settings settings;
    struct source *source;
    struct source_session *session;
    struct followed_table *tables;
    size_t count;
    bool has_layout;
    bool has_null_dates;
    bool is_marking;
    bool has_positions;
    struct binlog_map_form format;
    uint8_t rows_post[256];
    uint8_t checksum_bytes;
    uint64_t clock;
    struct binlog_rows_result result;
    struct binlog_rows_result total;
};

static enum status room(void *context, struct followed *followed,
                        struct batch **batch, struct error *error)
{
    struct followed_table *table = followed->context;

    (void)context;
    (void)error;
    if (batch_is_full(table->batch))
        print_rows(table->batch, NULL);
    *batch = table->batch;
    return STATUS_OK;
}

/* --- tables --- */

static void set_dates(struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        if (column->kind != KIND_DATE && column->kind != KIND_DATETIME &&
            column->kind != KIND_TIMESTAMP)
            continue;
        if (table_is_key(table, i))
            continue;
        column->date_policy = DATES_NULL;
        column->is_nullable = true;
    }
}

static enum status open_table(struct probe *probe,
                              struct followed_table *opened,
                              struct source_table *described,
                              struct error *error)
{
    struct table *table = described->table;
    MYSQL *link;
    enum status status = mysql_session_link(
        (struct mysql_session *)probe->session, &link, error);

    if (probe->has_null_dates)
        set_dates(table);
    table_settle(table);
    opened->described = described;
    opened->shape.keeps_last_values = probe->is_marking;
    opened->followed = (struct followed){
        .table = table, .shape = &opened->shape, .context = opened};
    opened->batch = batch_new(table, probe->has_positions ? 1 : BATCH_ROWS,
                              1 << 20);
    opened->charsets =
        memory_new(table->column_count, sizeof(*opened->charsets));
    if (status == STATUS_OK)
        status = mysql_rows_charsets((struct mysql_source *)probe->source,
                                     link, table, opened->charsets, error);
    if (status == STATUS_OK && probe->has_layout)
        status = binlog_layout_read(link, table->database, table->name,
                                    &opened->layout, error);
    return status;
}

static enum status open_tables(struct probe *probe, char **names,
                               size_t count, struct error *error)
{
    struct source_name *found = NULL;
    struct source_table **described;
    enum status status = STATUS_OK;

    if (count == 0)
        status = mysql_ops.names(probe->session, &found, &count, error);
    described = memory_new(count, sizeof(*described));
    probe->tables = memory_new(count, sizeof(*probe->tables));
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *name = found ? found[i].name : names[i];
        status = mysql_ops.describe(probe->session, &name, 1, &described[i],
                                    error);
        if (status == STATUS_OK && described[i])
            status = open_table(probe, &probe->tables[probe->count++],
                                described[i], error);
    }
    mysql_ops.names_free(found, found ? count : 0);
    memory_free(described);
    return status;
}

static void close_tables(struct probe *probe)
{
    for (size_t i = 0; i < probe->count; i++) {
        struct followed_table *table = &probe->tables[i];
        binlog_table_release(&table->rows);
        binlog_resolution_release(&table->resolution);
        binlog_map_release(&table->map);
        binlog_layout_free(table->layout);
        memory_free(table->charsets);
        batch_free(table->batch);
        mysql_ops.table_free(table->described);
    }
    memory_free(probe->tables);
}

/* --- the scan --- */

static enum status scan_table(struct probe *probe,
                              struct followed_table *table,
                              struct error *error)
{
    struct scan_request request = {.table = table->followed.table,
                                   .shape = &table->shape,
                                   .cursor_from_us = INT64_MIN,
                                   .cursor_to_us = INT64_MAX};
    struct scan *scan;
    bool is_last = false;
    enum status status;

    if (request.table->key_count == 0)
        request.order = SCAN_WHOLE;
    status = mysql_ops.scan_open(probe->session, &request, &scan, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && !is_last) {
        status = mysql_ops.scan_next(scan, table->batch, &is_last, error);
        batch_set_version(table->batch, 1);
        print_rows(table->batch, probe->has_positions
                                     ? mysql_ops.scan_position(scan)
                                     : NULL);
    }
    mysql_ops.scan_close(scan);
    return status;
}

static enum status scan_tables(struct probe *probe, struct error *error)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < probe->count && status == STATUS_OK; i++)
        status = scan_table(probe, &probe->tables[i], error);
    return status;
}

/* --- the log --- */

static void choose_cells(struct followed_table *table)
{
    char reason[128] = "";

    binlog_table_release(&table->rows);
    table->is_readable = false;
    if (binlog_map_resolve(&table->map, table->followed.table, table->layout,
                           table->charsets, &table->resolution) !=
        BINLOG_MATCH) {
        print(json_pack("{s:s, s:s}", "table", table->followed.table->name,
                        "changed", table->resolution.reason));
        return;
    }
    table->is_readable = binlog_table_init(
        &table->rows, &table->followed, &table->map, &table->resolution,
        table->charsets, reason);
    if (!table->is_readable)
        print(json_pack("{s:s, s:s}", "table", table->followed.table->name,
                        "changed", reason));
}

static void take_map(struct probe *probe, struct bytes body)
{
    struct binlog_map map = {.table_id = 0};

    if (!binlog_map_parse(&map, body, &probe->format))
        print(json_pack("{s:s}", "malformed", map.reason));
    for (size_t i = 0; i < probe->count && map.column_count > 0; i++) {
        struct followed_table *table = &probe->tables[i];
        if (!text_equal(map.table, table->followed.table->name) ||
            !text_equal(map.database, table->followed.table->database))
            continue;
        table->table_id = map.table_id;
        if (binlog_map_again(&table->map, body, &probe->format))
            continue;
        if (binlog_map_parse(&table->map, body, &probe->format))
            choose_cells(table);
    }
    binlog_map_release(&map);
}

static void tell(struct probe *probe, struct followed_table *table)
{
    struct binlog_rows_result *result = &probe->result;
    const char *name = table->followed.table->name;

    probe->total.seen += result->seen;
    probe->total.rows += result->rows;
    probe->total.walked += result->walked;
    probe->total.key_only += result->key_only;
    probe->total.unknown += result->unknown;
    if (result->keys.size > 0)
        print(json_pack("{s:s, s:s, s:I}", "table", name, "keys",
                        buffer_text(&result->keys), "version",
                        (json_int_t)result->version));
    if (result->unknown > 0)
        print(json_pack("{s:s, s:I}", "table", name, "unknown",
                        (json_int_t)result->unknown));
}

static enum status take_rows(struct probe *probe, uint8_t code,
                             struct bytes body, struct error *error)
{
    struct log_sink sink = {.room = room};
    struct binlog_rows rows = {.post_bytes = probe->rows_post[code],
                               .body = body,
                               .epoch = 1,
                               .clock = probe->clock};
    enum status status;

    if (!binlog_rows_kind(code, &rows))
        return STATUS_OK;
    for (size_t i = 0; i < probe->count; i++) {
        struct followed_table *table = &probe->tables[i];
        if (table->table_id != binlog_table_id(body) || !table->is_readable)
            continue;
        binlog_rows_result_clear(&probe->result);
        status = binlog_rows_read(&table->rows, &rows, &sink, &probe->result,
                                  error);
        tell(probe, table);
        if (status == STATUS_TABLE)
            print(json_pack("{s:s, s:s}", "table",
                            table->followed.table->name, "bad",
                            error->what));
        else if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Lengths of post-headers begin behind 57 bytes; kind of checksum. */
static void take_format(struct probe *probe, struct bytes event)
{
    size_t head = 19 + 57;

    for (size_t code = 1; code < 256 && head + code - 1 < event.size - 5;
         code++)
        probe->rows_post[code] = event.data[head + code - 1];
    probe->format.map_post_bytes = probe->rows_post[19];
    probe->checksum_bytes = event.data[event.size - 5] == 1 ? 4 : 0;
}

static enum status take_event(struct probe *probe, struct bytes event,
                              struct error *error)
{
    uint8_t code = event.data[4];
    struct bytes body = {event.data + 19,
                         event.size - 19 - probe->checksum_bytes};
    enum status status = STATUS_OK;

    if (code == 15)
        take_format(probe, event);
    else if (code == 19)
        take_map(probe, body);
    else
        status = take_rows(probe, code, body, error);
    probe->clock += event.size;
    return status;
}

static enum status dump(struct probe *probe, MYSQL *link, const char *file,
                        uint32_t position, struct error *error)
{
    uint8_t body[600];
    uint32_t server = 424242;
    uint16_t flags = DUMP_TO_THE_END;
    enum status status = STATUS_OK;

    memcpy(body, &position, 4);
    memcpy(body + 4, &flags, 2);
    memcpy(body + 6, &server, 4);
    memcpy(body + 10, file, strlen(file));
    link->methods->db_command(link, (enum enum_server_command)COM_DUMP,
                              (const char *)body, 10 + strlen(file), 1, NULL);
    while (status == STATUS_OK) {
        unsigned long size = mysql_net_read_packet(link);
        const uint8_t *data = link->net.read_pos;
        if (size == (unsigned int)-1)
            return mysql_failure(link, "read the log", error);
        if (size < 9 && data[0] == 0xfe)
            break;
        if (size > 20)
            status = take_event(probe, (struct bytes){data + 1, size - 1},
                                error);
    }
    return status;
}

static enum status read_log(struct probe *probe, const char *file,
                            const char *position, struct error *error)
{
    MYSQL *link = NULL;
    uint64_t start = 4;
    enum status status = mysql_link_open(&probe->settings, &link, error);

    text_to_u64(position, &start);
    if (status == STATUS_OK)
        status = mysql_query_rows(
            link, "SET @master_binlog_checksum='NONE', "
                  "@source_binlog_checksum='NONE', "
                  "@mariadb_slave_capability=4", NULL, NULL, error);
    if (status == STATUS_OK)
        status = dump(probe, link, file, (uint32_t)start, error);
    for (size_t i = 0; i < probe->count; i++)
        print_rows(probe->tables[i].batch, NULL);
    print(json_pack("{s:I, s:I, s:I, s:I, s:I}", "seen",
                    (json_int_t)probe->total.seen, "rows",
                    (json_int_t)probe->total.rows, "walked",
                    (json_int_t)probe->total.walked, "key_only",
                    (json_int_t)probe->total.key_only, "unknown",
                    (json_int_t)probe->total.unknown));
    mysql_link_close(link);
    return status;
}

static enum status connect_server(struct probe *probe, const char *url,
                                  struct error *error)
{
    struct endpoint_settings *settings = &probe->settings;
    enum status status;

    stop_install();
    settings->name = memory_text("main");
    status = url_parse(url, &settings->url, &settings->password, error);
    if (status == STATUS_OK)
        status = mysql_ops.open(settings, &probe->source, error);
    if (status == STATUS_OK)
        status = mysql_ops.session_open(probe->source, &probe->session,
                                        error);
    if (status == STATUS_OK)
        probe->format.is_mariadb =
            ((struct mysql_source *)probe->source)->is_mariadb;
    return status;
}

/* Takes the words that are no tables off the end. */
static int take_words(struct probe *probe, int count, char **words)
{
    while (count > 0) {
        const char *word = words[count - 1];
        if (text_equal(word, "nolayout"))
            probe->has_layout = false;
        else if (text_equal(word, "dates=null"))
            probe->has_null_dates = true;
        else if (text_equal(word, "mark"))
            probe->is_marking = true;
        else if (text_equal(word, "positions"))
            probe->has_positions = true;
        else
            break;
        count--;
    }
    return count;
}

int main(int count, char **words)
{
    struct probe probe = {.has_layout = true};
    struct error error;
    enum status status;
    int first;

    count = take_words(&probe, count, words);
    if (count < 3)
        return 2;
    first = text_equal(words[2], "log") ? 5 : 3;
    status = connect_server(&probe, words[1], &error);
    if (status == STATUS_OK)
        status = open_tables(&probe, words + first, (size_t)(count - first),
                             &error);
    if (status == STATUS_OK)
        status = first == 3 ? scan_tables(&probe, &error)
                            : read_log(&probe, words[3], words[4], &error);
    if (status != STATUS_OK)
        fail(&error);
    close_tables(&probe);
    binlog_rows_result_release(&probe.result);
    if (probe.session)
        mysql_ops.session_close(probe.session);
    if (probe.source)
        mysql_ops.close(probe.source);
    url_release(&probe.settings.url);
    secret_free(probe.settings.password);
    memory_free(probe.settings.name);
    return status == STATUS_OK ? 0 : 3;
}
