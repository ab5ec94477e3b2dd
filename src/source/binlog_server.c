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

enum status binlog_session(struct source_session *session, MYSQL **link,
                           struct error *error)
{
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            link, error);

    if (status == STATUS_OK &&
        mariadb_connection(*link) != source_of(session)->is_mariadb)
        status = error_set(error, ERROR_LOG_ANOTHER,
                           "cannot read the log: the server is one of another "
                           "kind now");
    return status;
}

/* MariaDB has no identity of its own: as mysql_driver.c. */
enum status binlog_identity(MYSQL *link, char **identity, struct error *error)
{
    struct answer answer;
    enum status status = ask(
        link,
        mariadb_connection(link)
            ? "SELECT CONCAT(@@server_id, '@', @@hostname, ':', @@port), 0, 0"
            : "SELECT @@server_uuid, 0, 0",
        &answer, error);

    *identity = memory_text(answer.cells[0]);
    forget(&answer);
    if (status == STATUS_OK && !*identity)
        status = error_set(error, ERROR_SOURCE_PROTOCOL,
                           "could not ask the server who it is");
    return status;
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

/* The set of all before file and offset; MySQL: of all that is committed. */
static enum status ask_set(MYSQL *link, bool is_mariadb,
                           const char *file, const char *offset, char **set,
                           struct error *error)
{
    struct answer answer;
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
    enum status status = binlog_session(session, &link, error);

    *place = NULL;
    if (status == STATUS_OK && !source->is_mariadb)
        status = need_gtids(link, error);
    if (status == STATUS_OK)
        status = ask_end(link, source->is_mariadb, &end, error);
    if (status == STATUS_OK)
        status = ask_set(link, source->is_mariadb, end.cells[0], end.cells[1],
                         &set, error);
    if (status == STATUS_OK)
        status = binlog_identity(link, &found.server, error);
    gtid_set_init(&found.set, source->is_mariadb);
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
    forget(&end);
    memory_free(set);
    binlog_place_release(&found);
    return status;
}

/* --- loss ---------------------------------------------------------------- */

struct search {
    const struct binlog_place *place;
    char *first; /* the oldest file */
    bool is_there;
    uint64_t size;
};

static bool take_file(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct search *search = context;

    (void)lengths;
    if (!search->first)
        search->first = memory_text(cells[0]);
    if (cells[0] && cells[1] && text_equal(cells[0], search->place->file))
        search->is_there = text_to_u64(cells[1], &search->size);
    return true;
}

/* The caller frees `first`. */
static enum status search_files(MYSQL *link, const struct binlog_place *place,
                                struct search *search, struct error *error)
{
    *search = (struct search){.place = place};
    return mysql_query_rows(link, "SHOW BINARY LOGS", take_file, search,
                            error);
}

enum status binlog_has_file(MYSQL *link, const struct binlog_place *place,
                            bool *is_there, struct error *error)
{
    struct search search;
    enum status status = search_files(link, place, &search, error);

    *is_there = search.is_there;
    memory_free(search.first);
    return status;
}

static enum status parse_set(const char *text, struct gtid_set *set,
                             struct error *error)
{
    if (text && gtid_set_parse(set, text))
        return STATUS_OK;
    return error_set(error, ERROR_SOURCE_PROTOCOL,
                     "could not understand a set of transactions");
}

/* A set that the server keeps in a variable. The caller releases it, also
 * after a failure. */
static enum status ask_kept(MYSQL *link, bool is_mariadb, const char *variable,
                            struct gtid_set *set, struct error *error)
{
    struct answer answer;
    char sql[96];
    enum status status;

    gtid_set_init(set, is_mariadb);
    (void)snprintf(sql, sizeof(sql), "SELECT %s, 0, 0", variable);
    status = ask(link, sql, &answer, error);
    if (status == STATUS_OK)
        status = parse_set(answer.cells[0], set, error);
    forget(&answer);
    return status;
}

/* Every transaction that the server knows. */
static enum status ask_known(MYSQL *link, bool is_mariadb,
                             struct gtid_set *known, struct error *error)
{
    return ask_kept(link, is_mariadb,
                    is_mariadb ? "@@gtid_binlog_state"
                               : "@@global.gtid_executed",
                    known, error);
}

/* Those that stand in its log no more. */
static enum status ask_purged(MYSQL *link, bool is_mariadb, const char *first,
                              struct gtid_set *purged, struct error *error)
{
    char *text = NULL;
    enum status status;

    if (!is_mariadb)
        return ask_kept(link, false, "@@global.gtid_purged", purged, error);
    gtid_set_init(purged, true);
    status = ask_set(link, true, first ? first : "", "4", &text, error);
    if (status == STATUS_OK)
        status = parse_set(text, purged, error);
    memory_free(text);
    return status;
}

/* What the server has, beside the place. */
struct standing {
    bool is_same;   /* it is the server of the place */
    bool holds;     /* it knows every transaction up to the place ... */
    bool knows;     /* ... at least some */
    bool keeps;     /* all behind the place stand in its log */
    struct search search;
};

static enum status look(MYSQL *link, const struct mysql_source *source,
                        const struct binlog_place *place,
                        struct standing *standing, struct error *error)
{
    struct gtid_set known;
    struct gtid_set purged;
    char *identity = NULL;
    enum status status = search_files(link, place, &standing->search, error);

    gtid_set_init(&purged, source->is_mariadb);
    gtid_set_init(&known, source->is_mariadb);
    if (status == STATUS_OK)
        status = binlog_identity(link, &identity, error);
    if (status == STATUS_OK)
        status = ask_known(link, source->is_mariadb, &known, error);
    if (status == STATUS_OK)
        status = ask_purged(link, source->is_mariadb, standing->search.first,
                            &purged, error);
    if (status == STATUS_OK) {
        standing->is_same = text_equal(place->server, identity);
        standing->holds = gtid_state_holds(&known, &place->set);
        standing->knows = gtid_set_meets(&known, &place->set);
        standing->keeps = gtid_set_holds(&place->set, &purged);
    }
    memory_free(identity);
    gtid_set_release(&known);
    gtid_set_release(&purged);
    return status;
}

static enum log_loss judge(const struct binlog_place *place,
                           const struct standing *standing)
{
    const struct search *search = &standing->search;
    bool has_set = !gtid_set_is_empty(&place->set);

    if (!standing->is_same && has_set && standing->holds)
        return standing->keeps ? LOG_MOVED : LOG_ANOTHER;
    if (!standing->is_same)
        return standing->knows ? LOG_FORKED : LOG_ANOTHER;
    if (!standing->holds)
        return LOG_ANOTHER;
    if (!search->is_there)
        return has_set && standing->keeps ? LOG_THERE : LOG_PURGED;
    return place->offset > search->size ? LOG_SHORTENED : LOG_THERE;
}

enum status binlog_loss(struct source_session *session, const char *place,
                        enum log_loss *loss, struct error *error)
{
    const struct mysql_source *source = source_of(session);
    struct standing standing = {.is_same = false};
    struct binlog_place found;
    MYSQL *link;
    enum status status = binlog_session(session, &link, error);

    if (status != STATUS_OK)
        return status;
    if (!binlog_place_read(place, source->is_mariadb, &found)) {
        *loss = LOG_ANOTHER; /* of the other kind of server, perhaps */
        return STATUS_OK;
    }
    if (source->refused_place && text_equal(place, source->refused_place)) {
        *loss = (enum log_loss)source->refusal;
        binlog_place_release(&found);
        return STATUS_OK;
    }
    status = look(link, source, &found, &standing, error);
    if (status == STATUS_OK)
        *loss = judge(&found, &standing);
    memory_free(standing.search.first);
    binlog_place_release(&found);
    return status;
}

enum status binlog_move(struct source_session *session, const char *place,
                        char **moved, struct error *error)
{
    const struct mysql_source *source = source_of(session);
    struct binlog_place found;
    char *identity = NULL;
    MYSQL *link;
    enum status status = binlog_session(session, &link, error);

    *moved = NULL;
    if (!binlog_place_read(place, source->is_mariadb, &found))
        return error_set(error, ERROR_STATE_DAMAGED,
                         "cannot read the place of the log in the state");
    if (status == STATUS_OK)
        status = binlog_identity(link, &identity, error);
    if (status == STATUS_OK) {
        binlog_place_move(&found, identity);
        *moved = binlog_place_text(&found);
    }
    memory_free(identity);
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
    status = ask_set(link, true, snapshot->file, offset, &text, error);
    if (status == STATUS_OK)
        status = parse_set(text, &seen, error);
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
    enum status status = ask_known(link, false, &known, error);

    *is_visible = status == STATUS_OK && gtid_set_holds(&known, &place->set);
    gtid_set_release(&known);
    return status;
}

enum status binlog_visible(struct source_session *session, const char *place,
                           bool *is_visible, struct error *error)
{
    const struct mysql_source *source = source_of(session);
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
