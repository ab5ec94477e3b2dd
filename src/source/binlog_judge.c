/*
 * Whether the log of a server can be followed, what of the changes is not in
 * it, and how long it is kept; each with the statement that mends it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"

#define DAY_S 86400
/* A log that is kept for less is lost over a long weekend. */
#define RETENTION_SHORT_S (4 * DAY_S)
#define RETENTION_ADVISED_S (10 * DAY_S)

#define SETTINGS(X) \
    X(log_bin) X(binlog_format) X(binlog_row_image) X(binlog_row_metadata) \
    X(binlog_row_value_options) X(gtid_mode) X(binlog_expire_logs_seconds) \
    X(binlog_expire_logs_auto_purge) X(expire_logs_days) \
    X(max_binlog_total_size) X(log_bin_compress) \
    X(binlog_transaction_compression) X(log_slave_updates) \
    X(log_replica_updates) X(binlog_storage_engine) X(sync_binlog) \
    X(innodb_flush_log_at_trx_commit)

/* Of the server; NULL: it has no such setting. */
struct found {
#define X(name) char *name;
    SETTINGS(X)
#undef X
    char *filter_do;
    char *filter_ignore;
    bool is_replica;
};

static bool take_setting(void *context, char **cells,
                         const unsigned long *lengths)
{
    struct found *found = context;

    (void)lengths;
#define X(name)                                                   \
    if (cells[0] && text_equal_nocase(cells[0], #name)) {         \
        memory_free(found->name);                                 \
        found->name = memory_text(cells[1]);                      \
    }
    SETTINGS(X)
#undef X
    return true;
}

static bool take_filters(void *context, char **cells,
                         const unsigned long *lengths)
{
    struct found *found = context;

    (void)lengths;
    found->filter_do = memory_text(cells[2]);
    found->filter_ignore = memory_text(cells[3]);
    return false;
}

static bool take_replica(void *context, char **cells,
                         const unsigned long *lengths)
{
    (void)cells;
    (void)lengths;
    ((struct found *)context)->is_replica = true;
    return false;
}

static bool is(const char *text, const char *wanted)
{
    return text && text_equal_nocase(text, wanted);
}

static const char *or_unknown(const char *text)
{
    return text && *text ? text : "unknown";
}

/* Both texts become the facts'. */
static void warn(struct log_facts *facts, char *text, const char *hint)
{
    facts->warnings = memory_resize(facts->warnings, facts->warning_count + 1,
                                    sizeof(*facts->warnings));
    facts->warnings[facts->warning_count++] =
        (struct log_warning){text, memory_text(hint)};
}

static void refuse(struct log_facts *facts, char *why_not, const char *next)
{
    if (facts->why_not) {
        memory_free(why_not);
        return;
    }
    facts->why_not = why_not;
    facts->next = memory_text(next);
}

/* --- what stands in the way ---------------------------------------------- */

/* Is the name one of "a,b,c"? */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    while (list && *list) {
        size_t part = strcspn(list, ",");
        if (part == length && memcmp(list, name, length) == 0)
            return true;
        list += part + (list[part] ? 1 : 0);
    }
    return false;
}

static void judge_filters(const struct found *found, const char *database,
                          struct log_facts *facts)
{
    bool has_do = found->filter_do && *found->filter_do;

    if (has_do && !is_listed(found->filter_do, database))
        refuse(facts, memory_format("binlog_do_db is %s: changes of database "
                                    "%s are not in it", found->filter_do,
                                    database),
               "take binlog_do_db out of the settings of the server, and "
               "restart it");
    if (is_listed(found->filter_ignore, database))
        refuse(facts, memory_format("binlog_ignore_db names %s: its changes "
                                    "are not in it", database),
               "take binlog_ignore_db out of the settings of the server, and "
               "restart it");
}

static void judge_server(const struct found *found, bool is_mariadb,
                         struct log_facts *facts)
{
    const char *updates = found->log_replica_updates
                              ? found->log_replica_updates
                              : found->log_slave_updates;

    if (!is(found->log_bin, "ON"))
        refuse(facts, memory_text("the server writes no log"),
               is_mariadb ? "set  log_bin = binlog, server_id = 1, "
                            "binlog_format = ROW  in the settings of the "
                            "server, and restart it"
                          : "set  log_bin = binlog, server_id = 1  in the "
                            "settings of the server, and restart it");
    if (is(found->binlog_storage_engine, "innodb"))
        refuse(facts, memory_text("it is kept in InnoDB, which this build "
                                  "cannot read"),
               "take binlog_storage_engine out of the settings of the "
               "server, and restart it");
    if (!is_mariadb && !is(found->gtid_mode, "ON"))
        refuse(facts, memory_format("gtid_mode is %s",
                                    found->gtid_mode ? found->gtid_mode
                                                     : "OFF"),
               "SET GLOBAL enforce_gtid_consistency = ON, then SET GLOBAL "
               "gtid_mode = OFF_PERMISSIVE, ON_PERMISSIVE and ON, one after "
               "the other; both also in the settings of the server");
    if (found->is_replica && is(updates, "OFF"))
        refuse(facts, memory_text("the server is a replica, and what it "
                                  "replicates is not in its own log"),
               "set  log_slave_updates = ON  in the settings of the server "
               "and restart it, or read from the primary");
}

/* --- what costs ---------------------------------------------------------- */

static void judge_rows(const struct found *found, struct log_facts *facts)
{
    if (!is(found->binlog_format, "ROW"))
        warn(facts, memory_format("binlog_format is %s: each statement in "
                                  "place of rows costs a new reading of its "
                                  "table", or_unknown(found->binlog_format)),
             "SET GLOBAL binlog_format = ROW, and in the settings of the "
             "server; sessions that are open keep theirs");
    if (!is(found->binlog_row_image, "FULL"))
        warn(facts, memory_format("binlog_row_image is %s: rows that are not "
                                  "whole are read again",
                                  or_unknown(found->binlog_row_image)),
             "SET GLOBAL binlog_row_image = FULL, and in the settings of the "
             "server");
    if (!found->binlog_row_metadata)
        warn(facts, memory_text("this server cannot name columns in its log: "
                                "a table that was changed meanwhile may be "
                                "read again"), NULL);
    else if (!is(found->binlog_row_metadata, "FULL"))
        warn(facts, memory_format("binlog_row_metadata is %s: the log names "
                                  "no columns, and a table that was changed "
                                  "meanwhile may be read again",
                                  found->binlog_row_metadata),
             "SET GLOBAL binlog_row_metadata = FULL, and in the settings of "
             "the server");
    if (found->binlog_row_value_options && *found->binlog_row_value_options)
        warn(facts, memory_format("binlog_row_value_options is %s: rows with "
                                  "a changed JSON value are read again",
                                  found->binlog_row_value_options),
             "SET GLOBAL binlog_row_value_options = '', and in the settings "
             "of the server");
}

/* --- what a crash of the machine costs ----------------------------------- */

/* The log is read as soon as it is written: what a crash takes back, be it
 * from the log or from the tables, was delivered before. */
static void judge_crash(const struct found *found, struct log_facts *facts)
{
    const char *flush = found->innodb_flush_log_at_trx_commit;

    if (found->sync_binlog && !is(found->sync_binlog, "1"))
        warn(facts, memory_format("sync_binlog is %s: a crash of the machine "
                                  "can cut transactions off the log that the "
                                  "warehouse has; every followed table is "
                                  "read again then", found->sync_binlog),
             "SET GLOBAL sync_binlog = 1, and in the settings of the server");
    if (flush && !is(flush, "1"))
        warn(facts, memory_format("innodb_flush_log_at_trx_commit is %s: a "
                                  "crash of the machine can take back "
                                  "transactions that are in the log and in "
                                  "the warehouse, and nothing tells it", flush),
             "SET GLOBAL innodb_flush_log_at_trx_commit = 1, and in the "
             "settings of the server; after such a crash  tidemark backfill "
             "TABLE --confirm TABLE");
}

/* --- how long it is kept ------------------------------------------------- */

static int64_t retention_of(const struct found *found)
{
    const char *days = found->expire_logs_days;
    uint64_t seconds = 0;
    uint64_t size = 0;

    if (found->max_binlog_total_size &&
        text_to_u64(found->max_binlog_total_size, &size) && size > 0)
        return -1; /* by size, perhaps before its time */
    if (is(found->binlog_expire_logs_auto_purge, "OFF"))
        return 0;
    if (found->binlog_expire_logs_seconds &&
        text_to_u64(found->binlog_expire_logs_seconds, &seconds) &&
        seconds > 0)
        return seconds < INT64_MAX / 1000000 ? (int64_t)seconds : 0;
    if (!days)
        return found->binlog_expire_logs_seconds ? 0 : -1;
    return (int64_t)(strtod(days, NULL) * DAY_S); /* "0.041667" on MariaDB */
}

static char *time_text(int64_t seconds)
{
    if (seconds >= DAY_S)
        return memory_format("%.3g d", (double)seconds / DAY_S);
    if (seconds >= 3600)
        return memory_format("%.3g h", (double)seconds / 3600);
    return memory_format("%.3g min", (double)seconds / 60);
}

static void judge_retention(const struct found *found,
                            struct log_facts *facts)
{
    char *kept;

    facts->retention_s = retention_of(found);
    if (facts->retention_s < 0 && found->max_binlog_total_size)
        warn(facts, memory_format("max_binlog_total_size is %s: how long the "
                                  "log is kept depends on what is written",
                                  found->max_binlog_total_size),
             "SET GLOBAL max_binlog_total_size = 0, and keep it by time");
    if (facts->retention_s <= 0 || facts->retention_s >= RETENTION_SHORT_S)
        return;
    kept = time_text(facts->retention_s);
    warn(facts, memory_format("the log is kept for %s: after a longer pause "
                              "every followed table is read again", kept),
         found->binlog_expire_logs_seconds
             ? "SET GLOBAL binlog_expire_logs_seconds = 864000, and in the "
               "settings of the server"
             : "SET GLOBAL expire_logs_days = 10, and in the settings of the "
               "server");
    memory_free(kept);
}

/* --- in one line --------------------------------------------------------- */

static void add_word(struct buffer *text, const char *value,
                     const char *what)
{
    buffer_add_text(text, ", ");
    for (const char *c = or_unknown(value); *c; c++)
        buffer_add_byte(text, (uint8_t)(*c >= 'A' && *c <= 'Z'
                                            ? *c - 'A' + 'a'
                                            : *c));
    buffer_add_format(text, " %s", what);
}

static void summarise(const struct found *found, struct log_facts *facts)
{
    struct buffer text;
    char *kept = facts->retention_s > 0 ? time_text(facts->retention_s)
                                        : NULL;

    buffer_init(&text, 4096);
    if (!is(found->log_bin, "ON")) {
        buffer_add_text(&text, "none");
    } else {
        buffer_add_text(&text, or_unknown(found->binlog_format));
        add_word(&text, found->binlog_row_image, "image");
        add_word(&text, found->binlog_row_metadata, "metadata");
        if (is(found->log_bin_compress, "ON") ||
            is(found->binlog_transaction_compression, "ON"))
            buffer_add_text(&text, ", compressed");
        if (kept)
            buffer_add_format(&text, ", kept %s", kept);
        else if (facts->retention_s == 0)
            buffer_add_text(&text, ", never purged");
    }
    facts->summary = memory_text(buffer_text(&text));
    memory_free(kept);
    buffer_release(&text);
}

/* --- asking -------------------------------------------------------------- */

static const char *status_question(const struct mysql_source *source)
{
    bool is_new = !source->is_mariadb && source->version >= 80400;

    return is_new ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

static const char *replica_question(const struct mysql_source *source)
{
    if (source->is_mariadb)
        return "SHOW ALL SLAVES STATUS";
    return source->version >= 80022 ? "SHOW REPLICA STATUS"
                                    : "SHOW SLAVE STATUS";
}

static enum status ask(const struct mysql_source *source, MYSQL *link,
                       struct found *found, struct log_facts *facts,
                       struct error *error)
{
    struct error replica;
    enum status status = mysql_query_rows(
        link, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ("
#define X(name) "'" #name "',"
        SETTINGS(X)
#undef X
        "'')", take_setting, found, error);

    if (status != STATUS_OK || !is(found->log_bin, "ON"))
        return status;
    /* Who may not ask is told elsewhere that a proof is missing. */
    if (mysql_query_rows(link, replica_question(source), take_replica, found,
                         &replica) != STATUS_OK)
        found->is_replica = false;
    status = mysql_query_rows(link, status_question(source), take_filters,
                              found, error);
    if (status == STATUS_OK || error->id != ERROR_SOURCE_GRANT)
        return status;
    refuse(facts, memory_text("the account may not see it"),
           "run what  tidemark grants  prints");
    error_clear(error);
    return STATUS_OK;
}

static void release(struct found *found)
{
#define X(name) memory_free(found->name);
    SETTINGS(X)
#undef X
    memory_free(found->filter_do);
    memory_free(found->filter_ignore);
}

enum status binlog_facts(struct source_session *session,
                         struct log_facts *facts, struct error *error)
{
    const struct mysql_source *source =
        (const struct mysql_source *)session->source;
    struct found found = {.log_bin = NULL};
    MYSQL *link;
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);

    *facts = (struct log_facts){.retention_s = -1};
    if (status == STATUS_OK)
        status = ask(source, link, &found, facts, error);
    if (status == STATUS_OK) {
        judge_server(&found, source->is_mariadb, facts);
        judge_filters(&found, source->database, facts);
        facts->has_rows = is(found.binlog_format, "ROW");
        if (is(found.log_bin, "ON")) {
            judge_rows(&found, facts);
            judge_crash(&found, facts);
            judge_retention(&found, facts);
        }
        summarise(&found, facts);
    }
    release(&found);
    return status;
}

void log_facts_release(struct log_facts *facts)
{
    memory_free(facts->why_not);
    memory_free(facts->next);
    memory_free(facts->summary);
    for (size_t i = 0; i < facts->warning_count; i++) {
        memory_free(facts->warnings[i].text);
        memory_free(facts->warnings[i].hint);
    }
    memory_free(facts->warnings);
    *facts = (struct log_facts){.why_not = NULL};
}
