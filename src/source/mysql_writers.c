/*
 * Who may still bring rows with an old cursor: statements that began before a
 * moment and still run, and transactions that have written. A bare snapshot
 * (a dump, a report, a backfill of ours) and a running SELECT bring none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "mysql_bound.h"

static uint64_t number_of(const char *cell)
{
    uint64_t number = 0;
    return cell != NULL && text_to_u64(cell, &number) ? number : 0;
}

static void take_older(struct mysql_writer *oldest, uint64_t age_s,
                       uint64_t thread)
{
    if (age_s > INT32_MAX || (int64_t)age_s <= oldest->age_s)
        return;
    oldest->age_s = (int64_t)age_s;
    oldest->thread = (unsigned long)thread;
}

/* --- statements --- */

/* Columns of SHOW PROCESSLIST, alike on all servers. */
enum { PROCESS_ID, PROCESS_USER, PROCESS_HOST, PROCESS_DATABASE,
       PROCESS_COMMAND, PROCESS_TIME, PROCESS_STATE, PROCESS_INFO };

struct processes {
    unsigned long own;
    unsigned long canary;
    struct mysql_writer *oldest;
    bool is_replica;
};

static bool begins(const char *text, const char *word)
{
    return text != NULL && strncasecmp(text, word, strlen(word)) == 0;
}

/* What begins otherwise, a comment included, may write. */
static bool may_write(char **cells)
{
    const char *command = cells[PROCESS_COMMAND];
    const char *info = cells[PROCESS_INFO];
    if (command == NULL || begins(command, "Sleep") ||
        begins(command, "Daemon") || begins(command, "Binlog Dump") ||
        begins(cells[PROCESS_USER], "unauthenticated"))
        return false;
    return !begins(info, "SELECT") && !begins(info, "SHOW") &&
           !begins(info, "EXPLAIN");
}

static bool take_process(void *context, char **cells,
                         const unsigned long *lengths)
{
    struct processes *processes = context;
    uint64_t thread = number_of(cells[PROCESS_ID]);
    (void)lengths;
    if (begins(cells[PROCESS_COMMAND], "Slave") ||
        (begins(cells[PROCESS_USER], "system user") &&
         begins(cells[PROCESS_COMMAND], "Connect")))
        processes->is_replica = true;
    else if (thread != processes->own && thread != processes->canary &&
             may_write(cells))
        take_older(processes->oldest, number_of(cells[PROCESS_TIME]), thread);
    return true;
}

enum status mysql_statements_read(MYSQL *link, unsigned long canary,
                                  struct mysql_writer *oldest,
                                  bool *is_replica, struct error *error)
{
    struct processes processes = {mysql_thread_id(link), canary, oldest,
                                  false};
    enum status status = mysql_query_rows(link, "SHOW PROCESSLIST",
                                          take_process, &processes, error);
    *is_replica = processes.is_replica;
    return status;
}

/* --- transactions --- */

/* A prepared transaction that outlived a restart is told with the time of the
 * recovery: so near the start of the server nobody knows how old it is. */
#define RECOVERY_S 300u

struct transactions {
    unsigned long canary;
    struct mysql_writer *oldest;
    bool is_seen;
    bool is_orphaned;    /* one belongs to no connection */
    uint64_t orphan_age; /* the greatest, in seconds */
};

/* Cells: thread, rows modified, age. */
static bool take_transaction(void *context, char **cells,
                             const unsigned long *lengths)
{
    struct transactions *transactions = context;
    uint64_t thread = number_of(cells[0]);
    (void)lengths;
    if (thread == transactions->canary)
        transactions->is_seen = true;
    if (number_of(cells[1]) == 0)
        return true;
    take_older(transactions->oldest, number_of(cells[2]), thread);
    if (thread == 0) {
        transactions->is_orphaned = true;
        if (number_of(cells[2]) > transactions->orphan_age)
            transactions->orphan_age = number_of(cells[2]);
    }
    return true;
}

static bool take_uptime(void *context, char **cells,
                        const unsigned long *lengths)
{
    (void)lengths;
    *(uint64_t *)context = number_of(cells[1]);
    return false;
}

/* Age unknown: then windows stand where they are until it has ended. */
static enum status judge_orphans(MYSQL *link,
                                 const struct transactions *transactions,
                                 struct error *error)
{
    uint64_t uptime_s = 0;
    if (!transactions->is_orphaned)
        return STATUS_OK;
    enum status status = mysql_query_rows(link, "SHOW GLOBAL STATUS LIKE "
                                                "'Uptime'",
                                          take_uptime, &uptime_s, error);
    if (status == STATUS_OK &&
        transactions->orphan_age + RECOVERY_S >= uptime_s)
        take_older(transactions->oldest, MYSQL_AGE_UNKNOWN, 0);
    return status;
}

/*
 * trx_started is a wall clock of the server's system zone, in whole seconds:
 * the session stands in that zone. In the hour that comes twice it is read as
 * the earlier one: the second age is that of an hour before, less the hour.
 */
static const char TRANSACTIONS[] =
    "SELECT trx_mysql_thread_id, trx_rows_modified, GREATEST(0,"
    " UNIX_TIMESTAMP() - UNIX_TIMESTAMP(trx_started),"
    " UNIX_TIMESTAMP() - 3600"
    " - UNIX_TIMESTAMP(trx_started - INTERVAL 1 HOUR))"
    " FROM information_schema.innodb_trx";

enum status mysql_transactions_read(MYSQL *link, unsigned long canary,
                                    struct mysql_writer *oldest, bool *is_seen,
                                    struct error *error)
{
    struct transactions transactions = {.canary = canary, .oldest = oldest};
    enum status status = mysql_query_rows(link, TRANSACTIONS, take_transaction,
                                          &transactions, error);
    *is_seen = transactions.is_seen;
    return status == STATUS_OK ? judge_orphans(link, &transactions, error)
                               : status;
}

/* --- SHOW ENGINE INNODB STATUS --- */

/* The number behind `word`, and behind "(PREPARED) " there; 0 for none. */
static uint64_t number_behind(const char *text, size_t size, const char *word)
{
    static const char prepared[] = "(PREPARED) ";
    const char *end = text + size;
    const char *digit = memmem(text, size, word, strlen(word));
    uint64_t number = 0;
    if (digit == NULL)
        return 0;
    digit += strlen(word);
    if (text_starts(digit, prepared))
        digit += strlen(prepared);
    while (digit < end && *digit >= '0' && *digit <= '9' &&
           number < UINT32_MAX)
        number = number * 10 + (uint64_t)(*digit++ - '0');
    return number;
}

/*
 * Each begins with "---TRANSACTION"; its lines say "ACTIVE 2 sec", "thread id
 * 12," and, where it has written, "undo log entries 1". MySQL leaves out those
 * that only read, so no canary can be looked for; but this list is no cache.
 */
static bool read_sections(const char *text, struct mysql_writer *oldest)
{
    static const char mark[] = "---TRANSACTION";
    const char *list = strstr(text, "\nLIST OF TRANSACTIONS");
    const char *end = list == NULL ? NULL
                                   : strstr(list, "\n--------\nFILE I/O");
    /* A list that was skipped or cut off proves nothing. */
    if (end == NULL || strstr(text, "truncated...") != NULL)
        return false;
    const char *section = strstr(list, mark);
    while (section != NULL && section < end) {
        const char *next = strstr(section + 1, mark);
        size_t size = next != NULL && next < end ? (size_t)(next - section)
                                                 : (size_t)(end - section);
        if (number_behind(section, size, "undo log entries ") > 0)
            take_older(oldest, number_behind(section, size, "ACTIVE "),
                       number_behind(section, size, "thread id "));
        section = next;
    }
    return true;
}

struct monitor {
    struct mysql_writer *oldest;
    bool is_whole;
};

/* Cells: type, name, status. */
static bool take_status(void *context, char **cells,
                        const unsigned long *lengths)
{
    struct monitor *monitor = context;
    (void)lengths;
    monitor->is_whole =
        cells[2] != NULL && read_sections(cells[2], monitor->oldest);
    return false;
}

enum status mysql_status_read(MYSQL *link, struct mysql_writer *oldest,
                              bool *is_whole, struct error *error)
{
    struct monitor monitor = {oldest, false};
    enum status status = mysql_query_rows(link, "SHOW ENGINE INNODB STATUS",
                                          take_status, &monitor, error);
    *is_whole = monitor.is_whole;
    return status;
}

/* --- words --- */

struct holder {
    const struct mysql_writer *writer;
    char *target;
    size_t size;
};

static bool take_holder(void *context, char **cells,
                        const unsigned long *lengths)
{
    struct holder *holder = context;
    (void)lengths;
    if (number_of(cells[PROCESS_ID]) != holder->writer->thread)
        return true;
    const char *user = cells[PROCESS_USER];
    const char *host = cells[PROCESS_HOST];
    const char *port = host == NULL ? NULL : strrchr(host, ':');
    int length = port != NULL ? (int)(port - host)
                              : (int)strlen(host == NULL ? "" : host);
    snprintf(holder->target, holder->size,
             "connection %lu, user %s, host %.*s, open for %lld s",
             holder->writer->thread, user == NULL ? "" : user, length,
             host == NULL ? "" : host, (long long)holder->writer->age_s);
    return false;
}

enum status mysql_writer_describe(MYSQL *link,
                                  const struct mysql_writer *writer,
                                  char *target, size_t size,
                                  struct error *error)
{
    struct holder holder = {writer, target, size};
    if (writer->age_s == MYSQL_AGE_UNKNOWN) {
        snprintf(target, size, "a prepared XA transaction that outlived a "
                               "restart of the server, of unknown age");
        return STATUS_OK;
    }
    if (writer->thread == 0) {
        snprintf(target, size, "a prepared XA transaction, open for %lld s",
                 (long long)writer->age_s);
        return STATUS_OK;
    }
    snprintf(target, size, "connection %lu, open for %lld s", writer->thread,
             (long long)writer->age_s);
    return mysql_query_rows(link, "SHOW PROCESSLIST", take_holder, &holder,
                            error);
}
