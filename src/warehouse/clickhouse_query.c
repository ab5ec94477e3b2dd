/*
 * Small statements: the answer is held back until its status is certain, read
 * whole, and taken apart.
 */
#include <string.h>

#include "base/memory.h"
#include "clickhouse.h"

/* What stands behind a backslash in TabSeparated. */
static char unescaped(char escape)
{
    static const char from[] = "bfrnt0";
    static const char to[] = "\b\f\r\n\t\0";
    const char *at = escape ? strchr(from, escape) : NULL;
    return at ? to[at - from] : escape;
}

/* Takes a cell apart in place; its end is `end`. Returns what follows. */
static char *parse_cell(char *at, const char *end)
{
    char *target = at;
    if (at + 1 < end && at[0] == '\\' && at[1] == 'N')
        return at + 2;
    while (at < end && *at != '\t' && *at != '\n') {
        if (*at == '\\' && at + 1 < end)
            at++, *target++ = unescaped(*at++);
        else
            *target++ = *at++;
    }
    if (target < at)
        *target = 0;
    return at;
}

static void add_cell(struct clickhouse_rows *rows, size_t *count, char *cell)
{
    if ((*count & (*count + 1)) == 0)
        rows->cells = memory_resize(rows->cells, 2 * (*count + 1),
                                    sizeof *rows->cells);
    rows->cells[(*count)++] = cell;
}

bool clickhouse_rows_parse(struct bytes body, struct clickhouse_rows *rows)
{
    size_t count = 0;
    size_t columns = 0;
    memset(rows, 0, sizeof *rows);
    buffer_init(&rows->text, body.size + 1);
    if (body.size == 0)
        return true;
    buffer_add(&rows->text, body.data, body.size);
    (void)buffer_text(&rows->text);
    char *at = (char *)rows->text.data;
    char *end = at + body.size;
    while (at < end) {
        char *cell = at;
        at = parse_cell(at, end);
        if (at == end || (*at != '\t' && *at != '\n'))
            return false;
        bool is_last = *at == '\n';
        *at++ = 0;
        add_cell(rows, &count, cell);
        columns++;
        if (!is_last)
            continue;
        if (rows->row_count++ == 0)
            rows->column_count = columns;
        if (columns != rows->column_count)
            return false;
        columns = 0;
    }
    return columns == 0;
}

const char *clickhouse_cell(const struct clickhouse_rows *rows, size_t row,
                            size_t column)
{
    return rows->cells[row * rows->column_count + column];
}

void clickhouse_rows_release(struct clickhouse_rows *rows)
{
    buffer_release(&rows->text);
    memory_free(rows->cells);
    memset(rows, 0, sizeof *rows);
}

/* How a statement is sent. */
struct manner {
    const char *query;
    bool is_once;
};

/* A table of a thousand columns is longer than a statement may be (256 KiB). */
#define USUAL_QUERY "wait_end_of_query=1&max_query_size=16777216"

static const struct manner USUAL = {USUAL_QUERY, false};
static const struct manner ONCE = {USUAL_QUERY, true};
static const struct manner BEHIND = {USUAL_QUERY "&alter_sync=0", false};

static enum status run(struct clickhouse_session *session, struct buffer *sql,
                       const struct manner *manner, struct error *error)
{
    const struct http_place *place = &session->house->place;
    struct http_request request = {
        .query = manner->query,
        .body = buffer_bytes(sql),
        .is_once = manner->is_once,
    };
    if (sql->is_overflown)
        return error_set(error, ERROR_WAREHOUSE_LACKS,
                         "cannot write a statement of more than %zu bytes",
                         sql->limit);
    enum status status = http_post(session->http, &request, error);
    /* An answer that broke off may tell why at its end. */
    if (status != STATUS_OK &&
        (http_code(session->http) != 200 ||
         clickhouse_code("", http_body(session->http)) == 0))
        return status;
    return clickhouse_judge(session->http, place, DOING_QUERY, error);
}

enum status clickhouse_query(struct clickhouse_session *session,
                             struct buffer *sql, struct clickhouse_rows *rows,
                             struct error *error)
{
    memset(rows, 0, sizeof *rows);
    enum status status = run(session, sql, &USUAL, error);
    if (status != STATUS_OK)
        return status;
    if (clickhouse_rows_parse(http_body(session->http), rows))
        return STATUS_OK;
    clickhouse_rows_release(rows);
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not understand an answer of %s",
                     session->house->place.name);
}

enum status clickhouse_ask(struct clickhouse_session *session,
                           struct buffer *sql, struct error *error)
{
    return run(session, sql, &USUAL, error);
}

/* A statement that answers with a text has not done what it says. */
static enum status run_silent(struct clickhouse_session *session,
                              struct buffer *sql, const struct manner *manner,
                              struct error *error)
{
    clickhouse_table_release(&session->known);
    enum status status = run(session, sql, manner, error);
    if (status != STATUS_OK || http_body(session->http).size == 0)
        return status;
    return error_set(error, ERROR_WAREHOUSE_ANSWER,
                     "could not understand an answer of %s: a text came where "
                     "none belongs", session->house->place.name);
}

enum status clickhouse_execute(struct clickhouse_session *session,
                               struct buffer *sql, struct error *error)
{
    return run_silent(session, sql, &USUAL, error);
}

enum status clickhouse_execute_behind(struct clickhouse_session *session,
                                      struct buffer *sql, struct error *error)
{
    return run_silent(session, sql, &BEHIND, error);
}

enum status clickhouse_execute_once(struct clickhouse_session *session,
                                    struct buffer *sql, struct error *error)
{
    return run_silent(session, sql, &ONCE, error);
}
