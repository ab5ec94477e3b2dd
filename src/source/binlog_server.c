/*
 * What the server says of its log: where it ends, whether a place is still in
 * it, whether its changes can be seen. What must stay true: a place is called
 * visible only when the server itself says that every change up to it is.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"

struct answer {
    char *cells[3];
};

static bool take_first(void *context, char **cells,
                       const unsigned long *lengths)
{
    struct answer *answer = context;

    (void)lengths;
    for (size_t i = 0; i < ARRAY_COUNT(answer->cells); i++)
        answer->cells[i] = memory_text(cells[i]);
    return false;
}

static void forget(struct answer *answer)
{
    for (size_t i = 0; i < ARRAY_COUNT(answer->cells); i++)
        memory_free(answer->cells[i]);
    *answer = (struct answer){{NULL}};
}

/* The question has three columns. */
static enum status ask(MYSQL *link, const char *sql, struct answer *answer,
                       struct error *error)
{
    *answer = (struct answer){{NULL}};
    return mysql_query_rows(link, sql, take_first, answer, error);
}

static struct mysql_source *source_of(struct source_session *session)
{
    return (struct mysql_source *)session->source;
}

static enum status link_of(struct source_session *session, MYSQL **link,
                           struct error *error)
{
    return mysql_session_link((struct mysql_session *)session, link, error);
}

/* --- the end ------------------------------------------------------------- */

/* Without them nobody can tell what of the log can be seen. */
static enum status need_gtids(MYSQL *link, struct error *error)
{
    struct answer answer;
    enum status status = ask(link, "SELECT @@global.gtid_mode, 0, 0", &answer,
                             error);

    if (status == STATUS_OK && (!answer.cells[0] ||
                                !text_equal_nocase(answer.cells[0], "ON"))) {
        status = error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                                  "cannot follow the log: gtid_mode is %s",
                                  answer.cells[0] ? answer.cells[0] : "OFF");
        error_next(error, "Set gtid_mode = ON at the server, or mode: "
                          "incremental.");
    }
    forget(&answer);
    return status;
}

/* "SHOW MASTER STATUS" has its new name from MySQL 8.4 on. */
static enum status ask_end(MYSQL *link, bool is_mariadb,
                           struct answer *answer, struct error *error)
{
    bool is_new = !is_mariadb && mysql_get_server_version(link) >= 80400;
    enum status status = ask(link, is_new ? "SHOW BINARY LOG STATUS"
                                          : "SHOW MASTER STATUS",
                             answer, error);

    if (status == STATUS_OK && (!answer->cells[0] || !answer->cells[1]))
        status = error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                                  "cannot follow the log: the server writes "
                                  "none");
    return status;
}

/* The set of all that stands before file and offset. */
static enum status ask_set(MYSQL *link, bool is_mariadb,
                           const struct answer *end, char **set,
                           struct error *error)
{
    struct answer answer;
    struct buffer sql;
    enum status status;

    buffer_init(&sql, 4096);
    if (is_mariadb) {
        buffer_add_text(&sql, "SELECT BINLOG_GTID_POS(");
        mysql_quote_text(&sql, end->cells[0]);
        buffer_add_format(&sql, ", %s), 0, 0", end->cells[1]);
    } else {
        buffer_add_text(&sql, "SELECT @@global.gtid_executed, 0, 0");
    }
    status = ask(link, buffer_text(&sql), &answer, error);
    *set = memory_text(answer.cells[0] ? answer.cells[0] : "");
    forget(&answer);
    buffer_release(&sql);
    return status;
}

enum status binlog_end(struct source_session *session, uint64_t clock,
                       char **place, struct error *error)
{
    const struct mysql_source *source = source_of(session);
    struct binlog_place found = {.clock = clock};
    struct answer end = {{NULL}};
    char *set = NULL;
    MYSQL *link;
    enum status status = link_of(session, &link, error);

    *place = NULL;
    if (status == STATUS_OK && !source->is_mariadb)
        status = need_gtids(link, error);
    if (status == STATUS_OK)
        status = ask_end(link, source->is_mariadb, &end, error);
    if (status == STATUS_OK)
        status = ask_set(link, source->is_mariadb, &end, &set, error);
    gtid_set_init(&found.set, source->is_mariadb);
    if (status == STATUS_OK &&
        (!text_to_u64(end.cells[1], &found.offset) ||
         !gtid_set_parse(&found.set, set)))
        status = error_set(error, ERROR_SOURCE_PROTOCOL,
                           "could not understand where the log ends");
    if (status == STATUS_OK) {
        found.server = memory_text(source->facts.identity);
        found.file = memory_text(end.cells[0]);
        *place = binlog_place_text(&found);
    }
    forget(&end);
    memory_free(set);
    binlog_place_release(&found);
    return status;
}

/* --- loss ---------------------------------------------------------------- */

struct search {
    const struct binlog_place *place;
    bool is_there;
    uint64_t size;
};

static bool take_file(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct search *search = context;

    (void)lengths;
    if (cells[0] && cells[1] && text_equal(cells[0], search->place->file))
        search->is_there = text_to_u64(cells[1], &search->size);
    return true;
}

/* A set that the server keeps in a variable; empty where it is none. The
 * caller releases it, also after a failure. */
static enum status ask_kept(MYSQL *link, bool is_mariadb, const char *variable,
                            struct gtid_set *set, struct error *error)
{
    struct answer answer;
    char sql[96];
    enum status status;

    gtid_set_init(set, is_mariadb);
    (void)snprintf(sql, sizeof(sql), "SELECT %s, 0, 0", variable);
    status = ask(link, sql, &answer, error);
    if (status == STATUS_OK &&
        (!answer.cells[0] || !gtid_set_parse(set, answer.cells[0])))
        status = error_set(error, ERROR_SOURCE_PROTOCOL,
                           "could not understand %s of the server", variable);
    forget(&answer);
    return status;
}

/* Does the server know every transaction up to the place? */
static enum status holds_set(MYSQL *link, bool is_mariadb,
                             const struct binlog_place *place, bool *holds,
                             struct error *error)
{
    struct gtid_set known;
    enum status status = ask_kept(link, is_mariadb,
                                  is_mariadb ? "@@gtid_binlog_state"
                                             : "@@global.gtid_executed",
                                  &known, error);

    *holds = status == STATUS_OK && gtid_set_holds(&known, &place->set);
    gtid_set_release(&known);
    return status;
}

/* Are all transactions behind the place still in the log? MySQL says; on
 * MariaDB the dump itself is refused where they are not. */
static enum status keeps_rest(MYSQL *link, bool is_mariadb,
                              const struct binlog_place *place, bool *keeps,
                              struct error *error)
{
    struct gtid_set purged;
    enum status status;

    *keeps = true;
    if (is_mariadb)
        return STATUS_OK;
    status = ask_kept(link, false, "@@global.gtid_purged", &purged, error);
    *keeps = status == STATUS_OK && gtid_set_holds(&place->set, &purged);
    gtid_set_release(&purged);
    return status;
}

static enum status judge(MYSQL *link, const struct mysql_source *source,
                         const struct binlog_place *place,
                         enum log_loss *loss, struct error *error)
{
    struct search search = {.place = place};
    bool is_same = text_equal(place->server, source->facts.identity);
    bool has_set = !gtid_set_is_empty(&place->set);
    bool holds = false;
    bool keeps = false;
    enum status status = holds_set(link, source->is_mariadb, place, &holds,
                                   error);

    if (status == STATUS_OK)
        status = keeps_rest(link, source->is_mariadb, place, &keeps, error);
    if (status == STATUS_OK)
        status = mysql_query_rows(link, "SHOW BINARY LOGS", take_file,
                                  &search, error);
    if (status != STATUS_OK)
        return status;
    if (!holds || (!is_same && !has_set))
        *loss = LOG_ANOTHER;
    else if (!is_same)
        *loss = keeps ? LOG_MOVED : LOG_ANOTHER;
    else if (!search.is_there)
        *loss = LOG_PURGED;
    else
        *loss = place->offset > search.size ? LOG_SHORTENED : LOG_THERE;
    return STATUS_OK;
}

enum status binlog_loss(struct source_session *session, const char *place,
                        enum log_loss *loss, struct error *error)
{
    const struct mysql_source *source = source_of(session);
    struct binlog_place found;
    MYSQL *link;
    enum status status = link_of(session, &link, error);

    if (status != STATUS_OK)
        return status;
    if (!binlog_place_read(place, source->is_mariadb, &found)) {
        *loss = LOG_ANOTHER; /* of the other kind of server, perhaps */
        return STATUS_OK;
    }
    status = judge(link, source, &found, loss, error);
    binlog_place_release(&found);
    return status;
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

/* A snapshot of the server and the place of the log that belongs to it. */
static enum status ask_snapshot(MYSQL *link, const struct binlog_place *place,
                                bool *is_visible, struct error *error)
{
    struct snapshot snapshot = {NULL, 0};
    enum status status = mysql_query_rows(
        link, "START TRANSACTION WITH CONSISTENT SNAPSHOT", NULL, NULL,
        error);
    int order;

    if (status == STATUS_OK)
        status = mysql_query_rows(link, "SHOW STATUS LIKE 'binlog_snapshot%'",
                                  take_snapshot, &snapshot, error);
    if (status == STATUS_OK)
        status = mysql_query_rows(link, "ROLLBACK", NULL, NULL, error);
    if (status == STATUS_OK && snapshot.file) {
        order = compare_files(snapshot.file, place->file);
        *is_visible = order > 0 ||
                      (order == 0 && snapshot.offset >= place->offset);
    }
    memory_free(snapshot.file);
    return status;
}

enum status binlog_visible(struct source_session *session, const char *place,
                           bool *is_visible, struct error *error)
{
    const struct mysql_source *source = source_of(session);
    struct binlog_place found;
    MYSQL *link;
    enum status status = link_of(session, &link, error);

    *is_visible = false;
    if (status != STATUS_OK)
        return status;
    if (!binlog_place_read(place, source->is_mariadb, &found))
        return error_set(error, ERROR_STATE_DAMAGED,
                         "cannot read the place of the log in the state");
    /* gtid_executed never runs ahead of what is visible. */
    status = source->is_mariadb
                 ? ask_snapshot(link, &found, is_visible, error)
                 : holds_set(link, false, &found, is_visible, error);
    binlog_place_release(&found);
    return status;
}
