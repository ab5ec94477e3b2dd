/*
 * What the server says of its log: where it ends, whether a place is still in
 * it, whether its changes can be seen. What must stay true: a place is called
 * visible only when the server itself says that every change up to it is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_server.h"

static bool take_first(void *context, char **cells,
                       const unsigned long *lengths)
{
    struct binlog_answer *answer = context;

    (void)lengths;
    for (size_t i = 0; i < ARRAY_COUNT(answer->cells); i++)
        answer->cells[i] = memory_text(cells[i]);
    return false;
}

void binlog_answer_release(struct binlog_answer *answer)
{
    for (size_t i = 0; i < ARRAY_COUNT(answer->cells); i++)
        memory_free(answer->cells[i]);
    *answer = (struct binlog_answer){{NULL}};
}

/* The question has three columns. */
enum status binlog_ask(MYSQL *link, const char *sql,
                       struct binlog_answer *answer, struct error *error)
{
    *answer = (struct binlog_answer){{NULL}};
    return mysql_query_rows(link, sql, take_first, answer, error);
}

struct mysql_source *binlog_source_of(struct source_session *session)
{
    return (struct mysql_source *)session->source;
}

enum status binlog_session(struct source_session *session, MYSQL **link,
                           struct error *error)
{
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            link, error);

    if (status == STATUS_OK &&
        mariadb_connection(*link) != binlog_source_of(session)->is_mariadb)
        status = error_set(error, ERROR_LOG_ANOTHER,
                           "cannot read the log: the server is one of another "
                           "kind now");
    return status;
}

/* MariaDB has no identity of its own: as mysql_driver.c. */
enum status binlog_identity(MYSQL *link, char **identity, struct error *error)
{
    struct binlog_answer answer;
    enum status status = binlog_ask(
        link,
        mariadb_connection(link)
            ? "SELECT CONCAT(@@server_id, '@', @@hostname, ':', @@port), 0, 0"
            : "SELECT @@server_uuid, 0, 0",
        &answer, error);

    *identity = memory_text(answer.cells[0]);
    binlog_answer_release(&answer);
    if (status == STATUS_OK && !*identity)
        status = error_set(error, ERROR_SOURCE_PROTOCOL,
                           "could not ask the server who it is");
    return status;
}

/* --- the end ------------------------------------------------------------- */

/* Without them nobody can tell what of the log can be seen. */
static enum status need_gtids(MYSQL *link, struct error *error)
{
    struct binlog_answer answer;
    enum status status = binlog_ask(link, "SELECT @@global.gtid_mode, 0, 0",
                                    &answer, error);

    if (status == STATUS_OK && (!answer.cells[0] ||
                                !text_equal_nocase(answer.cells[0], "ON"))) {
        status = error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                                  "cannot follow the log: gtid_mode is %s",
                                  answer.cells[0] ? answer.cells[0] : "OFF");
        error_next(error, "Set gtid_mode = ON at the server, or mode: "
                          "incremental.");
    }
    binlog_answer_release(&answer);
    return status;
}

/* "SHOW MASTER STATUS" has its new name from MySQL 8.4 on. */
static enum status ask_end(MYSQL *link, bool is_mariadb,
                           struct binlog_answer *answer, struct error *error)
{
    bool is_new = !is_mariadb && mysql_get_server_version(link) >= 80400;
    enum status status = binlog_ask(link, is_new ? "SHOW BINARY LOG STATUS"
                                          : "SHOW MASTER STATUS",
                             answer, error);

    if (status == STATUS_OK && (!answer->cells[0] || !answer->cells[1]))
        status = error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                                  "cannot follow the log: the server writes "
                                  "none");
    return status;
}

/* The set of all before file and offset; MySQL: of all that is committed. */
enum status binlog_ask_set(MYSQL *link, bool is_mariadb,
                           const char *file, const char *offset, char **set,
                           struct error *error)
{
    struct binlog_answer answer;
    struct buffer sql;
    enum status status;

    buffer_init(&sql, 4096);
    if (is_mariadb) {
        buffer_add_text(&sql, "SELECT BINLOG_GTID_POS(");
        mysql_quote_text(&sql, file);
        buffer_add_format(&sql, ", %s), 0, 0", offset);
    } else {
        buffer_add_text(&sql, "SELECT @@global.gtid_executed, 0, 0");
    }
    status = binlog_ask(link, buffer_text(&sql), &answer, error);
    *set = memory_text(answer.cells[0] ? answer.cells[0] : "");
    binlog_answer_release(&answer);
    buffer_release(&sql);
    return status;
}

/* Every server whose transactions stand before the end or soon behind. */
static enum status ask_state(MYSQL *link, struct gtid_set *state,
                             struct error *error)
{
    struct binlog_answer answer;
    enum status status = binlog_ask(link, "SELECT @@gtid_binlog_state, 0, 0",
                             &answer, error);

    if (status == STATUS_OK &&
        (!answer.cells[0] || !gtid_set_parse(state, answer.cells[0])))
        status = error_set(error, ERROR_SOURCE_PROTOCOL,
                           "could not understand gtid_binlog_state");
    binlog_answer_release(&answer);
    return status;
}

enum status binlog_end(struct source_session *session, uint64_t clock,
                       char **place, struct error *error)
{
    const struct mysql_source *source = binlog_source_of(session);
    struct binlog_place found = {.clock = clock};
    struct binlog_answer end = {{NULL}};
    char *set = NULL;
    MYSQL *link;
    enum status status = binlog_session(session, &link, error);

    *place = NULL;
    if (status == STATUS_OK && !source->is_mariadb)
        status = need_gtids(link, error);
    if (status == STATUS_OK)
        status = ask_end(link, source->is_mariadb, &end, error);
    if (status == STATUS_OK)
        status = binlog_ask_set(link, source->is_mariadb, end.cells[0],
                                end.cells[1], &set, error);
    if (status == STATUS_OK)
        status = binlog_identity(link, &found.server, error);
    gtid_set_init(&found.set, source->is_mariadb);
    gtid_set_init(&found.state, true);
    if (status == STATUS_OK && source->is_mariadb)
        status = ask_state(link, &found.state, error);
    if (status == STATUS_OK &&
        (!text_to_u64(end.cells[1], &found.offset) ||
         !gtid_set_parse(&found.set, set)))
        status = error_set(error, ERROR_SOURCE_PROTOCOL,
                           "could not understand where the log ends");
    if (status == STATUS_OK) {
        /* MySQL's offset runs ahead of what a copy sees, its set does not. */
        bool by_set = !source->is_mariadb && !gtid_set_is_empty(&found.set);
        found.file = memory_text(by_set ? "" : end.cells[0]);
        found.offset = by_set ? 0 : found.offset;
        *place = binlog_place_text(&found);
    }
    binlog_answer_release(&end);
    memory_free(set);
    binlog_place_release(&found);
    return status;
}

bool binlog_covers(const struct source *source, const char *place,
                   const char *end)
{
    bool is_mariadb = ((const struct mysql_source *)source)->is_mariadb;
    struct binlog_place reached;
    struct binlog_place wanted;
    bool is_good = binlog_place_read(place, is_mariadb, &reached);
    bool is_covered = binlog_place_read(end, is_mariadb, &wanted) && is_good &&
                      gtid_set_holds(&reached.set, &wanted.set);

    binlog_place_release(&reached);
    binlog_place_release(&wanted);
    return is_covered;
}

/* --- sets ---------------------------------------------------------------- */

enum status binlog_parse_set(const char *text, struct gtid_set *set,
                             struct error *error)
{
    if (text && gtid_set_parse(set, text))
        return STATUS_OK;
    return error_set(error, ERROR_SOURCE_PROTOCOL,
                     "could not understand a set of transactions");
}

/* A set that the server keeps in a variable. The caller releases it, also
 * after a failure. */
enum status binlog_ask_kept(MYSQL *link, bool is_mariadb, const char *variable,
                            struct gtid_set *set, struct error *error)
{
    struct binlog_answer answer;
    char sql[96];
    enum status status;

    gtid_set_init(set, is_mariadb);
    (void)snprintf(sql, sizeof(sql), "SELECT %s, 0, 0", variable);
    status = binlog_ask(link, sql, &answer, error);
    if (status == STATUS_OK)
        status = binlog_parse_set(answer.cells[0], set, error);
    binlog_answer_release(&answer);
    return status;
}

/* Every transaction that the server knows. */
enum status binlog_ask_known(MYSQL *link, bool is_mariadb,
                             struct gtid_set *known, struct error *error)
{
    return binlog_ask_kept(link, is_mariadb,
                    is_mariadb ? "@@gtid_binlog_state"
                               : "@@global.gtid_executed",
                    known, error);
}

/* --- visible ------------------------------------------------------------- */

struct snapshot {
    char *file;
    uint64_t offset;
};

static bool take_snapshot(void *context, char **cells,
                          const unsigned long *lengths)
{
    struct snapshot *snapshot = context;

    (void)lengths;
    if (!cells[0] || !cells[1])
        return true;
    if (text_equal_nocase(cells[0], "binlog_snapshot_file")) {
        memory_free(snapshot->file);
        snapshot->file = memory_text(cells[1]);
    } else if (text_equal_nocase(cells[0], "binlog_snapshot_position")) {
        (void)text_to_u64(cells[1], &snapshot->offset);
    }
    return true;
}

/* Names of files grow: longer ones are later. */
static int compare_files(const char *left, const char *right)
{
    size_t left_size = strlen(left);
    size_t right_size = strlen(right);

    if (left_size != right_size)
        return left_size < right_size ? -1 : 1;
    return strcmp(left, right);
}

/* On another server files say nothing: the sets do. */
static enum status is_past(MYSQL *link, const struct snapshot *snapshot,
                           const struct binlog_place *place, bool *is_past,
                           struct error *error)
{
    int order = compare_files(snapshot->file, place->file);
    struct gtid_set seen;
    char *text = NULL;
    char offset[24];
    enum status status;

    *is_past = order > 0 || (order == 0 && snapshot->offset >= place->offset);
    if (place->file[0] != '\0')
        return STATUS_OK;
    gtid_set_init(&seen, true);
    (void)snprintf(offset, sizeof(offset), "%" PRIu64, snapshot->offset);
    status = binlog_ask_set(link, true, snapshot->file, offset, &text, error);
    if (status == STATUS_OK)
        status = binlog_parse_set(text, &seen, error);
    *is_past = status == STATUS_OK && gtid_set_holds(&seen, &place->set);
    gtid_set_release(&seen);
    memory_free(text);
    return status;
}

/* A snapshot of the server and the place of the log that belongs to it. */
static enum status ask_snapshot(MYSQL *link, const struct binlog_place *place,
                                bool *is_visible, struct error *error)
{
    struct snapshot snapshot = {NULL, 0};
    enum status status = mysql_query_rows(
        link, "START TRANSACTION WITH CONSISTENT SNAPSHOT", NULL, NULL,
        error);

    if (status == STATUS_OK)
        status = mysql_query_rows(link, "SHOW STATUS LIKE 'binlog_snapshot%'",
                                  take_snapshot, &snapshot, error);
    if (status == STATUS_OK)
        status = mysql_query_rows(link, "ROLLBACK", NULL, NULL, error);
    if (status == STATUS_OK && snapshot.file)
        status = is_past(link, &snapshot, place, is_visible, error);
    memory_free(snapshot.file);
    return status;
}

/* gtid_executed never runs ahead of what is visible. */
static enum status ask_executed(MYSQL *link, const struct binlog_place *place,
                                bool *is_visible, struct error *error)
{
    struct gtid_set known;
    enum status status = binlog_ask_known(link, false, &known, error);

    *is_visible = status == STATUS_OK && gtid_set_holds(&known, &place->set);
    gtid_set_release(&known);
    return status;
}

enum status binlog_visible(struct source_session *session, const char *place,
                           bool *is_visible, struct error *error)
{
    const struct mysql_source *source = binlog_source_of(session);
    struct binlog_place found;
    MYSQL *link;
    enum status status = binlog_session(session, &link, error);

    *is_visible = false;
    if (status != STATUS_OK)
        return status;
    if (!binlog_place_read(place, source->is_mariadb, &found))
        return error_set(error, ERROR_STATE_DAMAGED,
                         "cannot read the place of the log in the state");
    status = source->is_mariadb
                 ? ask_snapshot(link, &found, is_visible, error)
                 : ask_executed(link, &found, is_visible, error);
    binlog_place_release(&found);
    return status;
}
