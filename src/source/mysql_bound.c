/*
 * The bound of windows: every row with a cursor below it is in every snapshot
 * opened after the reading.
 *
 * What must stay true: now, statements, canary, transactions, in this order,
 * each a statement of its own. What began before `now` is then seen as running,
 * or as a transaction that has written, or its rows are in the snapshot. The
 * list of transactions is a cache that a busy monitor keeps old (measured), so
 * it is believed only when it shows a snapshot that we have just opened. Where
 * this server is not provably the only writer, the bound lags by a fixed time.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/calendar.h"
#include "mysql_bound.h"

#define SECOND_US INT64_C(1000000)
#define MARGIN_US (5 * SECOND_US)
#define FIXED_LAG_US (600 * SECOND_US)
#define READING_US SECOND_US /* not more often */
#define CANARY_TRIES 5
#define CANARY_WAIT_MS 150u

/* --- is this the only writer? --- */

struct proof {
    char *note; /* of `size` bytes; "" while nothing speaks against it */
    size_t size;
    bool has_replicated; /* MariaDB: it has applied a log once */
};

static const char A_REPLICA[] =
    "a replica: it applies what others have written";

static void object(struct proof *proof, const char *reason)
{
    if (proof->note[0] == '\0')
        text_copy(proof->note, proof->size, reason);
}

static bool take_variable(void *context, char **cells,
                          const unsigned long *lengths)
{
    struct proof *proof = context;
    (void)lengths;
    if (cells[0] == NULL || cells[1] == NULL)
        return true;
    bool is_on = text_equal_nocase(cells[1], "ON");
    if (text_equal(cells[0], "gtid_slave_pos"))
        proof->has_replicated = cells[1][0] != '\0';
    else if (text_equal(cells[0], "wsrep_on") && is_on)
        object(proof, "a Galera node: others write too");
    else if (text_equal(cells[0], "innodb_read_only") && is_on)
        object(proof, "innodb_read_only: another server writes");
    else if (text_ends(cells[0], "read_only") && is_on)
        object(proof, "read_only: another server may write");
    else if (text_starts(cells[0], "group_replication") && !is_on)
        object(proof, "group replication with several writers");
    return true;
}

static bool take_replica(void *context, char **cells,
                         const unsigned long *lengths)
{
    (void)cells;
    (void)lengths;
    object(context, A_REPLICA);
    return false;
}

static const char *replica_question(const struct mysql_source *source)
{
    if (source->is_mariadb)
        return "SHOW ALL SLAVES STATUS";
    return source->version >= 80022 ? "SHOW REPLICA STATUS"
                                    : "SHOW SLAVE STATUS";
}

static enum status ask_replica(const struct mysql_source *source, MYSQL *link,
                               struct proof *proof, struct error *error)
{
    enum status status = mysql_query_rows(link, replica_question(source),
                                          take_replica, proof, error);
    if (status == STATUS_OK || error->id != ERROR_SOURCE_GRANT)
        return status;
    /* MariaDB's gtid_slave_pos is for everybody to read, and empty on a
     * server that never was a replica. */
    if (!source->is_mariadb)
        object(proof, "without REPLICATION CLIENT it may be a replica");
    else if (proof->has_replicated)
        object(proof, "without REPLICA MONITOR it may be a replica");
    error_clear(error);
    return STATUS_OK;
}

static enum status find_proof(const struct mysql_source *source, MYSQL *link,
                              struct proof *proof, struct error *error)
{
    enum status status = mysql_query_rows(
        link,
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only',"
        " 'innodb_read_only', 'wsrep_on', 'gtid_slave_pos',"
        " 'group_replication_single_primary_mode')",
        take_variable, proof, error);
    if (status != STATUS_OK)
        return status;
    return ask_replica(source, link, proof, error);
}

/* --- the reading --- */

static bool take_now(void *context, char **cells,
                     const unsigned long *lengths)
{
    (void)lengths;
    return cells[0] == NULL ||
           calendar_parse_datetime(bytes_of(cells[0]), context);
}

static enum status read_now(MYSQL *link, struct source_bound *bound,
                            struct error *error)
{
    bound->now_us = INT64_MIN;
    enum status status = mysql_query_rows(link, "SELECT UTC_TIMESTAMP(6)",
                                          take_now, &bound->now_us, error);
    if (status == STATUS_OK && bound->now_us == INT64_MIN)
        return error_set(error, ERROR_SOURCE_PROTOCOL,
                         "could not read the source's clock");
    return status;
}

/* *is_seen is false where no list was fresh enough to be believed. */
static enum status read_transactions(MYSQL *link, unsigned long canary,
                                     struct mysql_writer *oldest,
                                     bool *is_seen, struct error *error)
{
    enum status status = STATUS_OK;
    *is_seen = false;
    for (int i = 0; i < CANARY_TRIES && status == STATUS_OK; i++) {
        /* An old list names writers that have ended. */
        struct mysql_writer found = *oldest;
        if (i > 0 && !clock_sleep_ms(CANARY_WAIT_MS))
            break;
        status = mysql_transactions_read(link, canary, &found, is_seen, error);
        if (*is_seen) {
            *oldest = found;
            return status;
        }
    }
    if (status == STATUS_OK)
        status = mysql_status_read(link, oldest, is_seen, error);
    return status;
}

static enum status read_writers(struct mysql_source *source,
                                struct mysql_writer *oldest,
                                struct proof *proof, struct error *error)
{
    MYSQL *canary = source->canary_link;
    unsigned long thread = mysql_thread_id(canary);
    bool is_seen = false;
    bool is_replica = false;
    enum status status = mysql_statements_read(source->bound_link, thread,
                                               oldest, &is_replica, error);
    if (is_replica)
        object(proof, A_REPLICA);
    if (status == STATUS_OK)
        status = mysql_query_rows(
            canary, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            NULL, NULL, error);
    if (status != STATUS_OK)
        return status;
    status = read_transactions(source->bound_link, thread, oldest, &is_seen,
                               error);
    if (status != STATUS_OK && error->id == ERROR_SOURCE_GRANT) {
        object(proof, "without PROCESS open transactions cannot be seen");
        status = STATUS_OK;
    } else if (status == STATUS_OK && !is_seen) {
        object(proof, "no whole list of open transactions can be had");
    }
    struct error ignored;
    enum status ended = mysql_query_rows(canary, "ROLLBACK", NULL, NULL,
                                         status == STATUS_OK ? error
                                                             : &ignored);
    return status != STATUS_OK ? status : ended;
}

static enum status connect_links(struct mysql_source *source,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    if (source->bound_link == NULL) {
        status = mysql_link_open(source->settings, &source->bound_link, error);
        /* trx_started stands in the system's zone. */
        if (status == STATUS_OK)
            status = mysql_query_rows(source->bound_link,
                                      "SET time_zone = 'SYSTEM'", NULL, NULL,
                                      error);
    }
    if (status == STATUS_OK && source->canary_link == NULL)
        status = mysql_link_open(source->settings, &source->canary_link,
                                 error);
    return status;
}

static enum status finish(struct mysql_source *source,
                          const struct mysql_writer *oldest,
                          struct source_bound *bound, struct error *error)
{
    int64_t age_us = oldest->age_s * SECOND_US;
    bound->is_proved = bound->note[0] == '\0';
    if (!bound->is_proved) {
        bound->bound_us = bound->now_us - FIXED_LAG_US;
        return STATUS_OK;
    }
    bound->bound_us = bound->now_us - age_us - MARGIN_US;
    bound->is_held = age_us >= MARGIN_US;
    if (!bound->is_held)
        return STATUS_OK;
    bound->held_us = age_us;
    return mysql_writer_describe(source->bound_link, oldest, bound->holder,
                                 sizeof(bound->holder), error);
}

static enum status read_bound(struct mysql_source *source,
                              struct source_bound *bound, struct error *error)
{
    struct proof proof = {bound->note, sizeof(bound->note), false};
    struct mysql_writer oldest = {0, 0};
    enum status status = connect_links(source, error);
    if (status == STATUS_OK)
        status = find_proof(source, source->bound_link, &proof, error);
    if (status == STATUS_OK)
        status = read_now(source->bound_link, bound, error);
    if (status == STATUS_OK && bound->note[0] == '\0')
        status = read_writers(source, &oldest, &proof, error);
    if (status == STATUS_OK)
        status = finish(source, &oldest, bound, error);
    return status;
}

static void close_links(struct mysql_source *source)
{
    mysql_link_close(source->bound_link);
    mysql_link_close(source->canary_link);
    source->bound_link = NULL;
    source->canary_link = NULL;
}

enum status mysql_bound(struct source *base, struct source_bound *bound,
                        struct error *error)
{
    struct mysql_source *source = (struct mysql_source *)base;
    enum status status = STATUS_OK;
    pthread_mutex_lock(&source->mutex);
    int64_t now_us = clock_monotonic_us();
    if (source->bound_read_us == 0 ||
        now_us - source->bound_read_us >= READING_US) {
        struct source_bound fresh;
        memset(&fresh, 0, sizeof(fresh));
        status = read_bound(source, &fresh, error);
        if (status == STATUS_OK) {
            source->bound = fresh;
            source->bound_read_us = clock_monotonic_us();
        } else {
            close_links(source);
        }
    }
    if (status == STATUS_OK)
        *bound = source->bound;
    pthread_mutex_unlock(&source->mutex);
    return status;
}
