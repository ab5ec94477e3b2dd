/*
 * Small questions by the text protocol, and what error numbers mean. No query
 * outlives a request to stop or waits longer than MYSQL_TIMEOUT_S.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "mysql.h"

struct meaning {
    unsigned number;
    enum error_id id;
};

/* Numbers of mysqld_error.h and errmsg.h; what is not here is SOURCE_QUERY,
 * which is tried again and stays in sight. */
static const struct meaning MEANINGS[] = {
    {1045, ERROR_SOURCE_LOGIN}, /* access denied */
    {1698, ERROR_SOURCE_LOGIN}, /* access denied, no password */
    {1130, ERROR_SOURCE_LOGIN}, /* host is not allowed */
    {1251, ERROR_SOURCE_LOGIN}, /* old authentication */
    {1862, ERROR_SOURCE_LOGIN}, /* password has expired */
    {1820, ERROR_SOURCE_LOGIN}, /* must reset the password */
    {3118, ERROR_SOURCE_LOGIN}, /* account is locked */
    {4151, ERROR_SOURCE_LOGIN}, /* account is locked, MariaDB */
    {2059, ERROR_SOURCE_LOGIN}, /* plugin cannot be loaded */
    {2061, ERROR_SOURCE_LOGIN}, /* plugin reported an error */
    {1049, ERROR_SOURCE_DATABASE},
    {1044, ERROR_SOURCE_GRANT}, /* access to the database denied */
    {1142, ERROR_SOURCE_GRANT}, /* command denied for the table */
    {1143, ERROR_SOURCE_GRANT}, /* command denied for the column */
    {1227, ERROR_SOURCE_GRANT}, /* privilege needed */
    {1370, ERROR_SOURCE_GRANT}, /* routine denied (of a view) */
    {1146, ERROR_TABLE_MISSING},
    {1932, ERROR_TABLE_MISSING}, /* in the engine, MariaDB */
    {1054, ERROR_TABLE_CHANGED}, /* unknown column */
    {1176, ERROR_TABLE_CHANGED}, /* the forced index is gone */
    {1412, ERROR_TABLE_CHANGED}, /* definition changed, retry */
    {2002, ERROR_SOURCE_REACH}, /* socket, or refused */
    {2003, ERROR_SOURCE_REACH}, /* no connection */
    {2005, ERROR_SOURCE_REACH}, /* unknown host */
    {2006, ERROR_SOURCE_REACH}, /* gone away */
    {2012, ERROR_SOURCE_REACH}, /* handshake */
    {2013, ERROR_SOURCE_REACH}, /* lost during the query */
    {2055, ERROR_SOURCE_REACH}, /* lost, with the system's error */
    {1040, ERROR_SOURCE_REACH}, /* too many connections */
    {1203, ERROR_SOURCE_REACH}, /* too many connections of the user */
    {1226, ERROR_SOURCE_REACH}, /* resource limit of the user */
    {1129, ERROR_SOURCE_REACH}, /* host is blocked */
    {1053, ERROR_SOURCE_REACH}, /* shutdown in progress */
    {1927, ERROR_SOURCE_REACH}, /* connection was killed */
    {2027, ERROR_SOURCE_PROTOCOL}, /* malformed packet */
    {2000, ERROR_SOURCE_PROTOCOL},
};

/* 2026 is a certificate as well as a network that broke in the handshake. */
static enum error_id tls_meaning(const char *text)
{
    static const char *const signs[] = {
        "certificate", "verif", "required", "not support", "match",
        "Peer",        "CA",    "unable",   "version",
    };
    for (size_t i = 0; i < ARRAY_COUNT(signs); i++)
        if (strstr(text, signs[i]) != NULL)
            return ERROR_SOURCE_TLS;
    return ERROR_SOURCE_REACH;
}

static enum error_id meaning_of(unsigned number, const char *text)
{
    if (number == 2026)
        return tls_meaning(text);
    for (size_t i = 0; i < ARRAY_COUNT(MEANINGS); i++)
        if (MEANINGS[i].number == number)
            return MEANINGS[i].id;
    return ERROR_SOURCE_QUERY;
}

enum status mysql_failure(MYSQL *link, const char *what, struct error *error)
{
    unsigned number = mysql_errno(link);
    const char *text = mysql_error(link);
    enum error_id id = meaning_of(number, text);
    bool is_tls = id == ERROR_SOURCE_TLS;
    (void)error_set(
        error, id, "%s %s: %s%s (%u)",
        status_is_retryable(error_id_status(id)) ? "could not" : "cannot",
        what, is_tls ? "TLS is not verified: " : "",
        text[0] == '\0' ? "the connection broke" : text, number);
    if (is_tls)
        error_next(error, "name its authority with tls: {ca: PATH}");
    if (id == ERROR_SOURCE_GRANT)
        error_next(error, "give the account what this prints: tidemark "
                          "grants");
    return error->status;
}

/* A stop wakes it by its descriptor. */
enum status mysql_link_wait(MYSQL *link, const char *what,
                            struct error *error)
{
    struct pollfd watched[2] = {
        {.fd = mysql_get_socket(link), .events = POLLIN},
        {.fd = stop_descriptor(), .events = POLLIN},
    };
    int64_t end = clock_monotonic_us() + (int64_t)MYSQL_TIMEOUT_S * 1000000;
    for (;;) {
        enum status status = stop_check(error);
        if (status != STATUS_OK)
            return status;
        int64_t left = (end - clock_monotonic_us()) / 1000;
        if (left <= 0)
            return error_set(error, ERROR_SOURCE_REACH,
                             "could not %s: no answer in %u s", what,
                             MYSQL_TIMEOUT_S);
        int ready = poll(watched, 2, (int)left);
        if (ready > 0 && watched[0].revents != 0)
            return STATUS_OK;
        if (ready < 0 && errno != EINTR)
            return error_set(error, ERROR_MACHINE, "cannot poll: %s",
                             strerror(errno));
    }
}

enum status mysql_query_begin(MYSQL *link, const char *sql, const char *what,
                              struct error *error)
{
    if (mysql_send_query(link, sql, strlen(sql)) != 0)
        return mysql_failure(link, what, error);
    enum status status = mysql_link_wait(link, what, error);
    if (status != STATUS_OK)
        return status;
    if (mysql_read_query_result(link) != 0)
        return mysql_failure(link, what, error);
    return STATUS_OK;
}

static enum status take_rows(MYSQL *link, MYSQL_RES *result,
                             mysql_row_function *row, void *context,
                             struct error *error)
{
    MYSQL_ROW cells;
    bool goes_on = true;
    while ((cells = mysql_fetch_row(result)) != NULL) {
        if (row != NULL && goes_on)
            goes_on = row(context, cells, mysql_fetch_lengths(result));
    }
    if (mysql_errno(link) != 0)
        return mysql_failure(link, "ask the source", error);
    return STATUS_OK;
}

enum status mysql_query_rows(MYSQL *link, const char *sql,
                             mysql_row_function *row, void *context,
                             struct error *error)
{
    enum status status =
        mysql_query_begin(link, sql, "ask the source", error);
    if (status != STATUS_OK)
        return status;
    MYSQL_RES *result = mysql_use_result(link);
    if (result == NULL) {
        if (mysql_field_count(link) != 0)
            return mysql_failure(link, "ask the source", error);
        return STATUS_OK;
    }
    status = take_rows(link, result, row, context, error);
    mysql_free_result(result);
    return status;
}

bool mysql_quote_name(struct buffer *target, const char *name)
{
    buffer_add_byte(target, '`');
    for (; *name != '\0'; name++) {
        if (*name == '`')
            buffer_add_byte(target, '`');
        buffer_add_byte(target, (uint8_t)*name);
    }
    buffer_add_byte(target, '`');
    return !target->is_overflown;
}

void mysql_quote_text(struct buffer *target, const char *text)
{
    buffer_add_text(target, "_utf8mb4 X'");
    buffer_add_hex(target, bytes_of(text));
    buffer_add_byte(target, '\'');
}
