/*
 * The driver for MySQL and MariaDB: its table of functions, what is learned of
 * the server when it is opened, and its sessions.
 */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "driver.h"
#include "binlog_follow.h"
#include "mysql.h"
#include "mysql_sql.h"

/* --- facts --- */

/* Cells: version, product, identity, zone, database, clock. */
static bool take_facts(void *context, char **cells,
                       const unsigned long *lengths)
{
    struct mysql_source *source = context;
    struct source_facts *facts = &source->facts;
    (void)lengths;
    facts->product = memory_format("%s %s",
                                   source->is_mariadb ? "MariaDB" : "MySQL",
                                   cells[0] == NULL ? "" : cells[0]);
    /* "10.11.19-MariaDB-..." says it twice. */
    char *rest = strchr(facts->product, '-');
    if (rest != NULL)
        *rest = '\0';
    facts->identity = memory_text(cells[1] == NULL ? "" : cells[1]);
    facts->zone = memory_text(cells[2] == NULL ? "" : cells[2]);
    source->database = memory_text(cells[3]);
    int64_t server_us = 0;
    if (cells[4] != NULL &&
        calendar_parse_datetime(bytes_of(cells[4]), &server_us))
        facts->clock_offset_us = server_us - clock_utc_us();
    return false;
}

/* The zone in which clients fill DATETIME unless they choose another. */
#define ZONE                                                         \
    "IF(@@global.time_zone = 'SYSTEM', @@system_time_zone,"          \
    " @@global.time_zone)"

/* MariaDB has no identity of its own: id, host and port are those of a server
 * over its restarts. */
static const char *facts_question(const struct mysql_source *source)
{
    if (source->is_mariadb)
        return "SELECT VERSION(), CONCAT(@@server_id, '@', @@hostname, ':',"
               " @@port), " ZONE ", DATABASE(), UTC_TIMESTAMP(6)";
    return "SELECT VERSION(), @@server_uuid, " ZONE ", DATABASE(),"
           " UTC_TIMESTAMP(6)";
}

static enum status learn_bound(struct mysql_source *source,
                               struct error *error)
{
    struct source_bound bound;
    struct source_facts *facts = &source->facts;
    enum status status = mysql_bound(&source->base, &bound, error);
    if (status != STATUS_OK)
        return status;
    facts->is_bound_proved = bound.is_proved;
    facts->bound_note =
        bound.is_proved
            ? memory_text("open transactions are seen")
            : memory_format("%s; windows lag by 10 minutes", bound.note);
    return STATUS_OK;
}

static enum status learn(struct mysql_source *source, struct error *error)
{
    MYSQL *link = NULL;
    enum status status = mysql_link_open(source->settings, &link, error);
    if (status != STATUS_OK)
        return status;
    source->is_mariadb = mariadb_connection(link);
    source->version = (unsigned)mysql_get_server_version(link);
    source->facts.tls = mysql_link_tls(link);
    status = mysql_query_rows(link, facts_question(source), take_facts, source,
                              error);
    mysql_link_close(link);
    if (status == STATUS_OK && source->database == NULL) {
        (void)error_set(error, ERROR_SOURCE_DATABASE,
                        "cannot use source \"%s\": its URL names no database",
                        source->settings->name);
        error_next(error, "write url: mysql://user@host/DATABASE");
        return error->status;
    }
    return status == STATUS_OK ? learn_bound(source, error) : status;
}

/* --- life --- */

static void driver_close(struct source *base)
{
    struct mysql_source *source = (struct mysql_source *)base;
    if (source == NULL)
        return;
    mysql_link_close(source->bound_link);
    mysql_link_close(source->canary_link);
    mysql_charsets_free(source->charsets);
    pthread_mutex_destroy(&source->mutex);
    memory_free(source->refused_place);
    memory_free(source->pin);
    memory_free(source->database);
    memory_free(source->facts.product);
    memory_free(source->facts.identity);
    memory_free(source->facts.tls);
    memory_free(source->facts.zone);
    memory_free(source->facts.bound_note);
    memory_free(source);
}

static enum status driver_open(const struct endpoint_settings *settings,
                               struct source **target, struct error *error)
{
    struct mysql_source *source = memory_new(1, sizeof(*source));
    source->base.ops = &mysql_ops;
    source->settings = settings;
    pthread_mutex_init(&source->mutex, NULL);
    enum status status = learn(source, error);
    if (status != STATUS_OK) {
        driver_close(&source->base);
        source = NULL;
    }
    *target = source == NULL ? NULL : &source->base;
    return status;
}

static const struct source_facts *driver_facts(struct source *base)
{
    return &((struct mysql_source *)base)->facts;
}

/* --- sessions --- */

static void session_close(struct source_session *base)
{
    struct mysql_session *session = (struct mysql_session *)base;
    if (session == NULL)
        return;
    mysql_session_cut(session);
    memory_free(session);
}

static enum status session_open(struct source *base,
                                struct source_session **target,
                                struct error *error)
{
    struct mysql_session *session = memory_new(1, sizeof(*session));
    MYSQL *link = NULL;
    session->base.source = base;
    enum status status = mysql_session_link(session, &link, error);
    if (status != STATUS_OK) {
        memory_free(session);
        session = NULL;
    }
    *target = session == NULL ? NULL : &session->base;
    return status;
}

static enum status snapshot_open(struct source_session *base,
                                 struct error *error)
{
    struct mysql_session *session = (struct mysql_session *)base;
    MYSQL *link = NULL;
    session->is_in_snapshot = false;
    enum status status = mysql_session_link(session, &link, error);
    if (status == STATUS_OK)
        status = mysql_query_rows(
            link, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            NULL, NULL, error);
    session->is_in_snapshot = status == STATUS_OK;
    if (status != STATUS_OK)
        mysql_session_cut(session);
    return status;
}

static void snapshot_close(struct source_session *base)
{
    struct mysql_session *session = (struct mysql_session *)base;
    struct error ignored;
    session->is_in_snapshot = false;
    if (session->link != NULL &&
        mysql_query_rows(session->link, "ROLLBACK", NULL, NULL, &ignored) !=
            STATUS_OK)
        mysql_session_cut(session);
}

static const struct key mysql_keys[] = {
    {"socket", KEY_TEXT, PLACE_SOURCE, "", NULL,
     "The socket to connect by, instead of host and port; also written as "
     "?socket=PATH in the URL.", "/run/mysqld/mysqld.sock"},
};

static const struct key_table KEYS = {
    .driver = "mysql",
    .schemes = "mysql|mariadb",
    .keys = mysql_keys,
    .count = ARRAY_COUNT(mysql_keys),
};

const struct source_ops mysql_ops = {
    .name = "mysql",
    .keys = &KEYS,
    .open = driver_open,
    .close = driver_close,
    .facts = driver_facts,
    .session_open = session_open,
    .session_close = session_close,
    .names = mysql_names,
    .names_free = mysql_names_free,
    .describe = mysql_describe,
    .table_free = mysql_table_free,
    .retype = mysql_retype,
    .choose_key = mysql_choose_key,
    .bound = mysql_bound,
    .strays = mysql_strays,
    .log = &binlog_log_ops,
    .cursor_maxima = mysql_cursor_maxima,
    .snapshot_open = snapshot_open,
    .snapshot_close = snapshot_close,
    .scan_open = mysql_scan_open,
    .scan_next = mysql_scan_next,
    .scan_rows = mysql_scan_rows,
    .scan_position = mysql_scan_position,
    .scan_close = mysql_scan_close,
    .scan_sql = mysql_scan_sql,
    .values_read = mysql_values_read,
    .values_write = mysql_values_write,
    .grants = mysql_grants,
};
