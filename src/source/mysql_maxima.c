/*
 * How far cursors go, asked for many tables at once, and which rows no window
 * will ever reach: those without a cursor and those far in the future.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "mysql_catalog.h"
#include "mysql_sql.h"

#define UNION_COUNT 100u
#define UNION_BYTES (4u * 1024 * 1024)

static void add_index(const char *index, struct buffer *sql)
{
    if (index == NULL)
        return;
    buffer_add_text(sql, " FORCE INDEX (");
    mysql_quote_name(sql, index);
    buffer_add_text(sql, ")");
}

/* Cells: number, maximum. */
static bool take_maximum(void *context, char **cells,
                         const unsigned long *lengths)
{
    struct mysql_maxima *maxima = context;
    uint64_t number = 0;
    (void)lengths;
    if (cells[0] != NULL && text_to_u64(cells[0], &number) &&
        number < maxima->count && maxima->texts[number] == NULL)
        maxima->texts[number] = memory_text(cells[1]);
    return true;
}

void mysql_maxima_init(struct mysql_maxima *maxima, MYSQL *link)
{
    memset(maxima, 0, sizeof(*maxima));
    maxima->link = link;
    buffer_init(&maxima->sql, UNION_BYTES);
}

enum status mysql_maxima_finish(struct mysql_maxima *maxima,
                                struct error *error)
{
    if (maxima->pending == 0)
        return STATUS_OK;
    enum status status =
        mysql_query_rows(maxima->link, buffer_text(&maxima->sql),
                         take_maximum, maxima, error);
    buffer_clear(&maxima->sql);
    maxima->pending = 0;
    return status;
}

enum status mysql_maxima_ask(struct mysql_maxima *maxima,
                             const struct table *table, const char *column,
                             const char *index, struct error *error)
{
    struct buffer *sql = &maxima->sql;
    buffer_add_format(sql, "%sSELECT %zu, CAST(MAX(",
                      maxima->pending == 0 ? "" : " UNION ALL ",
                      maxima->count);
    mysql_quote_name(sql, column);
    buffer_add_text(sql, ") AS CHAR) FROM ");
    mysql_table_name(table, sql);
    add_index(index, sql);
    maxima->texts = memory_resize(maxima->texts, maxima->count + 1,
                                  sizeof(*maxima->texts));
    maxima->texts[maxima->count++] = NULL;
    maxima->pending++;
    return maxima->pending < UNION_COUNT ? STATUS_OK
                                         : mysql_maxima_finish(maxima, error);
}

void mysql_maxima_release(struct mysql_maxima *maxima)
{
    for (size_t i = 0; i < maxima->count; i++)
        memory_free(maxima->texts[i]);
    memory_free(maxima->texts);
    buffer_release(&maxima->sql);
}

/* --- as instants --- */

static int64_t integer_instant(const struct scan_request *request,
                               const char *text)
{
    int64_t value = 0;
    int64_t unit =
        request->cursor_unit == CURSOR_MILLISECONDS ? 1000 : 1000000;
    if (!text_to_i64(text, &value))
        return INT64_MAX;
    if (value > INT64_MAX / unit)
        return INT64_MAX;
    return value < INT64_MIN / unit ? INT64_MIN + 1 : value * unit;
}

/* How far the instants lie apart that a cell can tell. */
static int64_t cell_us(const struct scan_request *request,
                       const struct column *column)
{
    static const int64_t fraction_us[] = {1000000, 100000, 10000, 1000,
                                          100,     10,     1};
    switch (mysql_base_of(column)) {
    case MYSQL_BASE_INT:
        return request->cursor_unit == CURSOR_MILLISECONDS ? 1000 : 1000000;
    case MYSQL_BASE_DATE:
        return CALENDAR_DAY_US;
    default:
        return fraction_us[column->scale % 7];
    }
}

/* A date that is none (2026-02-00) says nothing: such a table is read. */
static int64_t instant(const struct scan_request *request,
                       const struct column *column, const char *text)
{
    int64_t microseconds = 0;
    enum mysql_base base = mysql_base_of(column);
    if (text == NULL || text_starts(text, "0000-00-00"))
        return INT64_MIN;
    if (base == MYSQL_BASE_INT)
        return integer_instant(request, text);
    if (!calendar_parse_datetime(bytes_of(text), &microseconds))
        return INT64_MAX;
    if (base == MYSQL_BASE_TIMESTAMP || request->cursor_zone == NULL)
        return microseconds;
    return zone_instant(request->cursor_zone, microseconds);
}

static enum status find_cursor(const struct scan_request *request,
                               const struct column **column,
                               struct error *error)
{
    *column = table_column(request->table, request->cursor);
    if (*column != NULL)
        return STATUS_OK;
    return error_set(error, ERROR_COLUMN_MISSING,
                     "cannot find the column %s of table %s",
                     request->cursor, request->table->name);
}

enum status mysql_cursor_maxima(struct source_session *session,
                                const struct scan_request *requests,
                                size_t count, int64_t *maxima,
                                struct error *error)
{
    MYSQL *link = NULL;
    struct mysql_maxima asked;
    const struct column *column = NULL;
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);
    mysql_maxima_init(&asked, link);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = find_cursor(&requests[i], &column, error);
        if (status == STATUS_OK)
            status = mysql_maxima_ask(&asked, requests[i].table,
                                      requests[i].cursor,
                                      requests[i].cursor_index, error);
    }
    if (status == STATUS_OK)
        status = mysql_maxima_finish(&asked, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = find_cursor(&requests[i], &column, error);
        maxima[i] = instant(&requests[i], column, asked.texts[i]);
        if (maxima[i] != INT64_MIN && maxima[i] < INT64_MAX - CALENDAR_DAY_US)
            maxima[i] += cell_us(&requests[i], column) - 1;
    }
    mysql_maxima_release(&asked);
    return status;
}

/* --- strays --- */

static bool take_strays(void *context, char **cells,
                        const unsigned long *lengths)
{
    struct source_strays *strays = context;
    (void)lengths;
    return cells[0] != NULL && cells[1] != NULL && cells[2] != NULL &&
           text_to_u64(cells[0], &strays->nulls) &&
           text_to_u64(cells[1], &strays->zeros) &&
           text_to_u64(cells[2], &strays->futures);
}

static void add_count(const struct scan_request *request, struct buffer *sql)
{
    buffer_add_text(sql, "(SELECT COUNT(*) FROM ");
    mysql_table_name(request->table, sql);
    add_index(request->cursor_index, sql);
    buffer_add_text(sql, " WHERE ");
    mysql_quote_name(sql, request->cursor);
}

enum status mysql_strays(struct source_session *session,
                         const struct scan_request *request,
                         int64_t future_us, struct source_strays *strays,
                         struct error *error)
{
    MYSQL *link = NULL;
    struct buffer sql;
    const struct column *column = NULL;
    memset(strays, 0, sizeof(*strays));
    enum status status = find_cursor(request, &column, error);
    if (status == STATUS_OK)
        status = mysql_session_link((struct mysql_session *)session, &link,
                                    error);
    if (status != STATUS_OK)
        return status;
    buffer_init(&sql, UNION_BYTES);
    buffer_add_text(&sql, "SELECT ");
    add_count(request, &sql);
    /* MySQL finds zero dates where a NOT NULL column is asked for NULL. */
    buffer_add_text(&sql, column->is_nullable ? " IS NULL), "
                                              : " <=> NULL), ");
    add_count(request, &sql);
    buffer_add_text(&sql, " = 0), ");
    add_count(request, &sql);
    buffer_add_text(&sql, " >= ");
    mysql_cursor_literal(request, column, future_us, false, &sql);
    buffer_add_text(&sql, ")");
    status = mysql_query_rows(link, buffer_text(&sql), take_strays, strays,
                              error);
    buffer_release(&sql);
    return status;
}
