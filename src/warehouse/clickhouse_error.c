/*
 * What an answer of ClickHouse means. What must stay true: an answer counts as
 * good only when nothing speaks against it, neither status, header, head nor
 * tail of the text; and no text that might hold a row's values is shown.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "clickhouse.h"

/* How much of a body's end may hold a failure that came after status 200. */
#define TAIL_BYTES ((size_t)32 * 1024)
#define TEXT_SHOWN 400

/* A code's class; `shows`: its text names tables and columns, never values. */
struct code_class {
    int code;
    enum error_id id;
    bool shows;
};

/* system.errors of 26.7. What is not here is refused for good. */
static const struct code_class CODES[] = {
    {3, ERROR_WAREHOUSE_REACH, false},    /* UNEXPECTED_END_OF_FILE */
    {33, ERROR_WAREHOUSE_REACH, false},   /* CANNOT_READ_ALL_DATA */
    {159, ERROR_WAREHOUSE_BUSY, true},    /* TIMEOUT_EXCEEDED */
    {198, ERROR_WAREHOUSE_REACH, true},   /* DNS_ERROR */
    {201, ERROR_WAREHOUSE_BUSY, true},    /* QUOTA_EXCEEDED */
    {202, ERROR_WAREHOUSE_BUSY, true},    /* TOO_MANY_SIMULTANEOUS_QUERIES */
    {203, ERROR_WAREHOUSE_BUSY, true},    /* NO_FREE_CONNECTION */
    {209, ERROR_WAREHOUSE_REACH, true},   /* SOCKET_TIMEOUT */
    {210, ERROR_WAREHOUSE_REACH, true},   /* NETWORK_ERROR */
    {216, ERROR_WAREHOUSE_BUSY, true},    /* QUERY_WITH_SAME_ID_IS_RUNNING */
    {225, ERROR_WAREHOUSE_BUSY, true},    /* NO_ZOOKEEPER */
    {236, ERROR_WAREHOUSE_BUSY, true},    /* ABORTED */
    {241, ERROR_WAREHOUSE_BUSY, true},    /* MEMORY_LIMIT_EXCEEDED */
    {242, ERROR_WAREHOUSE_BUSY, true},    /* TABLE_IS_READ_ONLY */
    {243, ERROR_WAREHOUSE_SPACE, true},   /* NOT_ENOUGH_SPACE */
    {252, ERROR_WAREHOUSE_BUSY, true},    /* TOO_MANY_PARTS */
    {265, ERROR_WAREHOUSE_REACH, true},   /* SYSTEM_ERROR */
    {279, ERROR_WAREHOUSE_REACH, true},   /* ALL_CONNECTION_TRIES_FAILED */
    {285, ERROR_WAREHOUSE_BUSY, true},    /* TOO_FEW_LIVE_REPLICAS */
    {286, ERROR_WAREHOUSE_BUSY, true},    /* UNSATISFIED_QUORUM */
    {289, ERROR_WAREHOUSE_BUSY, true},    /* REPLICA_IS_NOT_IN_QUORUM */
    {319, ERROR_WAREHOUSE_REACH, true},   /* UNKNOWN_STATUS_OF_INSERT */
    {354, ERROR_WAREHOUSE_REACH, false},  /* ZLIB_INFLATE_FAILED */
    {394, ERROR_WAREHOUSE_BUSY, true},    /* QUERY_WAS_CANCELLED */
    {425, ERROR_WAREHOUSE_REACH, true},   /* SYSTEM_ERROR of sockets */
    {473, ERROR_WAREHOUSE_BUSY, true},    /* DEADLOCK_AVOIDED */
    {561, ERROR_WAREHOUSE_REACH, false},  /* ZSTD_DECODER_FAILED */
    {618, ERROR_WAREHOUSE_REACH, false},  /* LZ4_DECODER_FAILED */
    {734, ERROR_WAREHOUSE_BUSY, true},    /* QUERY_WAS_CANCELLED.. */
    {735, ERROR_WAREHOUSE_BUSY, true},    /* ..BY_CLIENT */
    {999, ERROR_WAREHOUSE_BUSY, true},    /* KEEPER_EXCEPTION */
    {1000, ERROR_WAREHOUSE_REACH, false}, /* POCO_EXCEPTION */
    {1002, ERROR_WAREHOUSE_REACH, false}, /* UNKNOWN_EXCEPTION */
    {192, ERROR_WAREHOUSE_LOGIN, true},   /* UNKNOWN_USER */
    {193, ERROR_WAREHOUSE_LOGIN, true},   /* WRONG_PASSWORD */
    {194, ERROR_WAREHOUSE_LOGIN, true},   /* REQUIRED_PASSWORD */
    {195, ERROR_WAREHOUSE_LOGIN, true},   /* IP_ADDRESS_NOT_ALLOWED */
    {516, ERROR_WAREHOUSE_LOGIN, true},   /* AUTHENTICATION_FAILED */
    {164, ERROR_WAREHOUSE_GRANT, true},   /* READONLY */
    {497, ERROR_WAREHOUSE_GRANT, true},   /* ACCESS_DENIED */
    {CODE_NO_SUCH_COLUMN, ERROR_WAREHOUSE_TABLE, true},
    {53, ERROR_WAREHOUSE_TABLE, true},    /* TYPE_MISMATCH */
    {CODE_UNKNOWN_TABLE, ERROR_WAREHOUSE_TABLE, true},
    {CODE_UNKNOWN_DATABASE, ERROR_WAREHOUSE_TABLE, true},
    {524, ERROR_WAREHOUSE_TABLE, true},   /* ALTER_OF_COLUMN_IS_FORBIDDEN */
};

static const struct code_class *find_class(int code)
{
    for (size_t i = 0; i < ARRAY_COUNT(CODES); i++) {
        if (CODES[i].code == code)
            return &CODES[i];
    }
    return NULL;
}

/* The number in "Code: 60" at the start of `text`, else 0. */
static int code_at(struct bytes text)
{
    int code = 0;
    size_t at = sizeof "Code: " - 1;
    if (text.size <= at || memcmp(text.data, "Code: ", at) != 0)
        return 0;
    for (; at < text.size && isdigit(text.data[at]) && code < 100000; at++)
        code = code * 10 + (text.data[at] - '0');
    return code;
}

/* Does a failure begin at this line? */
static bool is_failure(struct bytes line)
{
    static const char word[] = "DB::Exception";
    size_t size = line.size < 200 ? line.size : 200;
    static const char mark[] = "__exception__";
    return (line.size >= sizeof mark - 1 &&
            memcmp(line.data, mark, sizeof mark - 1) == 0) ||
           (code_at(line) != 0 &&
            memmem(line.data, size, word, sizeof word - 1));
}

/* Where a failure is told in a body: at its head, or on a line of its own near
 * its end. Data cannot look like it, since line feeds in it are escaped; only
 * a first cell could. Empty where nowhere. */
static struct bytes find_failure(struct bytes body)
{
    struct bytes rest = body;
    if (body.size == 0 || is_failure(body))
        return body;
    if (rest.size > TAIL_BYTES) {
        rest.data += rest.size - TAIL_BYTES;
        rest.size = TAIL_BYTES;
    }
    for (;;) {
        const uint8_t *feed = memchr(rest.data, '\n', rest.size);
        if (!feed)
            return (struct bytes){body.data, 0};
        rest.size -= (size_t)(feed + 1 - rest.data);
        rest.data = feed + 1;
        if (is_failure(rest))
            return rest;
    }
}

/* The code in a failure, also behind the mark and tag of newer servers. */
static int code_in(struct bytes failure)
{
    const uint8_t *at = memmem(failure.data, failure.size, "Code: ", 6);
    if (!at)
        return 0;
    failure.size -= (size_t)(at - failure.data);
    failure.data = at;
    return code_at(failure);
}

int clickhouse_code(const char *header, struct bytes body)
{
    struct bytes failure = find_failure(body);
    uint64_t code = 0;
    if (header[0])
        return text_to_u64(header, &code) && code > 0 && code < 100000
                   ? (int)code
                   : -1;
    if (failure.size == 0)
        return 0;
    return code_in(failure) != 0 ? code_in(failure) : -1;
}

int clickhouse_answer_code(const struct http *http)
{
    return clickhouse_code(http_header(http, "X-ClickHouse-Exception-Code"),
                           http_body(http));
}

/* The name in "... (UNKNOWN_TABLE) (version 26.7.2.1)", else "". */
static void find_name(struct bytes text, char *name, size_t size)
{
    name[0] = 0;
    for (size_t i = 0; i + 1 < text.size; i++) {
        size_t length = 0;
        while (text.data[i] == '(' && i + 1 + length < text.size &&
               (isupper(text.data[i + 1 + length]) ||
                isdigit(text.data[i + 1 + length]) ||
                text.data[i + 1 + length] == '_'))
            length++;
        if (length < 4 || length >= size || i + 1 + length >= text.size ||
            text.data[i + 1 + length] != ')')
            continue;
        memcpy(name, text.data + i + 1, length);
        name[length] = 0;
    }
}

/* The text without "Code: 60. DB::Exception: " and without its version. */
static struct bytes bare_text(struct bytes text)
{
    static const char start[] = "DB::Exception: ";
    if (text.size == 0)
        return text;
    const uint8_t *at = memmem(text.data, text.size, start, sizeof start - 1);
    if (at) {
        text.size -= (size_t)(at - text.data) + sizeof start - 1;
        text.data = at + sizeof start - 1;
    }
    at = text.size > 0 ? memmem(text.data, text.size, " (version", 9) : NULL;
    if (at)
        text.size = (size_t)(at - text.data);
    if (text.size > TEXT_SHOWN)
        text.size = TEXT_SHOWN;
    while (text.size > 0 && isspace(text.data[text.size - 1]))
        text.size--;
    return text;
}

static enum error_id id_of(int code, enum clickhouse_doing doing)
{
    const struct code_class *class = find_class(code);
    if (class)
        return class->id == ERROR_WAREHOUSE_TABLE && doing == DOING_OPEN
                   ? ERROR_WAREHOUSE_QUERY
                   : class->id;
    return doing == DOING_LOAD ? ERROR_WAREHOUSE_TABLE
                               : ERROR_WAREHOUSE_QUERY;
}

static enum status refuse(const struct http_place *place, int code,
                          struct bytes failure, enum clickhouse_doing doing,
                          struct error *error)
{
    const struct code_class *class = find_class(code);
    enum error_id id = id_of(code, doing);
    bool may_succeed = status_is_retryable(error_id_status(id));
    struct bytes text = bare_text(failure);
    char name[64];
    find_name(failure, name, sizeof name);
    if (text.size == 0 || (doing == DOING_LOAD && !(class && class->shows)))
        return error_set(error, id, "%s %s: code %d%s%s",
                         may_succeed ? "could not run a statement at"
                                     : "cannot run a statement at",
                         place->name, code, name[0] ? " " : "", name);
    return error_set(error, id, "%s %s: %.*s (code %d)",
                     may_succeed ? "could not run a statement at"
                                 : "cannot run a statement at",
                     place->name, (int)text.size, (const char *)text.data,
                     code);
}

/* An answer that is not ClickHouse's own: a proxy, or something else. */
static enum status refuse_status(long status, const struct http_place *place,
                                 struct error *error)
{
    if (status == 401 || status == 403 || status == 407)
        return error_set(error, ERROR_WAREHOUSE_LOGIN,
                         "cannot log in at %s: HTTP status %ld", place->name,
                         status);
    if (status == 408 || status == 429 || status >= 500)
        return error_set(error, ERROR_WAREHOUSE_BUSY,
                         "could not run a statement at %s: HTTP status %ld",
                         place->name, status);
    if (status >= 300 && status < 400)
        return error_set(error, ERROR_WAREHOUSE_QUERY,
                         "cannot use %s: it redirects to another address "
                         "(HTTP status %ld)", place->name, status);
    return error_set(error, ERROR_WAREHOUSE_QUERY,
                     "cannot use %s: it does not answer like ClickHouse (HTTP "
                     "status %ld)", place->name, status);
}

enum status clickhouse_judge(const struct http *http,
                             const struct http_place *place,
                             enum clickhouse_doing doing, struct error *error)
{
    struct bytes body = http_body(http);
    int code = clickhouse_answer_code(http);
    if (code != 0)
        return refuse(place, code, find_failure(body), doing, error);
    if (http_code(http) != 200)
        return refuse_status(http_code(http), place, error);
    return STATUS_OK;
}
