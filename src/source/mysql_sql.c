/*
 * The SELECTs of scans.
 *
 * What must stay true: a page reads about as many rows as it gives. So the
 * order is that of an index, which is forced, and the condition after a
 * position is
 *
 *     a >= :a AND (a > :a OR (a = :a AND (b >= :b AND ...)))
 *
 * Neither (a, b) > (:a, :b) will do, of which MariaDB makes no range, nor the
 * same without `a = :a`, of which both servers make a range of `a` alone and
 * read from the beginning of its group.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "mysql_sql.h"

/* What the rows are ordered by, and where it goes on. */
struct order {
    const struct column **columns;
    size_t count;
    char **after; /* NULL: from the start */
};

static struct buffer *add(struct buffer *sql, const char *text)
{
    buffer_add_text(sql, text);
    return sql;
}

void mysql_table_name(const struct table *table, struct buffer *target)
{
    mysql_quote_name(target, table->database);
    buffer_add_byte(target, '.');
    mysql_quote_name(target, table->name);
}

/* The word in front of the next condition. */
static void add_and(struct buffer *sql, bool *is_first)
{
    add(sql, *is_first ? " WHERE " : " AND ");
    *is_first = false;
}

static bool add_after(const struct order *order, size_t index,
                      struct buffer *sql)
{
    const struct column *column = order->columns[index];
    const char *text = order->after[index];
    if (index + 1 == order->count)
        return mysql_compare(column, MYSQL_GT, text, sql);
    bool is_good = mysql_compare(column, MYSQL_GE, text, sql);
    add(sql, " AND (");
    is_good = mysql_compare(column, MYSQL_GT, text, sql) && is_good;
    add(sql, " OR (");
    is_good = mysql_compare(column, MYSQL_EQ, text, sql) && is_good;
    add(sql, " AND (");
    is_good = add_after(order, index + 1, sql) && is_good;
    add(sql, ")))");
    return is_good;
}

bool mysql_has_position(const struct scan_request *request)
{
    return request->order != SCAN_WHOLE && request->order != SCAN_BY_VALUES;
}

static bool wants_cursor(const struct scan_request *request)
{
    return request->order == SCAN_BY_CURSOR ||
           request->order == SCAN_NULL_CURSOR ||
           request->order == SCAN_ZERO_CURSOR;
}

static const struct column *cursor_column(const struct scan_request *request)
{
    if (!wants_cursor(request))
        return NULL;
    return table_column(request->table, request->cursor);
}

/* A cursor that is part of the key stands in it again; once is enough. */
static void drop_repeated(struct order *order)
{
    for (size_t i = 1; i < order->count; i++) {
        if (order->columns[i] != order->columns[0])
            continue;
        size_t behind = order->count - i - 1;
        memmove(&order->columns[i], &order->columns[i + 1],
                behind * sizeof(order->columns[0]));
        if (order->after != NULL) {
            memory_free(order->after[i]);
            memmove(&order->after[i], &order->after[i + 1],
                    behind * sizeof(order->after[0]));
        }
        order->count--;
        return;
    }
}

static enum status order_init(const struct scan_request *request,
                              struct order *order, struct error *error)
{
    const struct table *table = request->table;
    bool has_cursor = request->order == SCAN_BY_CURSOR;
    size_t count = 0;
    order->columns = memory_new(table->key_count + 1, sizeof(struct column *));
    if (has_cursor)
        order->columns[count++] = cursor_column(request);
    for (size_t i = 0; i < table->key_count; i++)
        order->columns[count++] = &table->columns[table->key[i]];
    order->count = mysql_has_position(request) ? count : 0;
    order->after = NULL;
    if (request->after == NULL || order->count == 0 ||
        mysql_position_read(request->after, count, &order->after)) {
        drop_repeated(order);
        return STATUS_OK;
    }
    return error_set(error, ERROR_STATE_DAMAGED,
                     "cannot read the position %s of table %s",
                     request->after, table->name);
}

static void order_release(struct order *order)
{
    mysql_position_free(order->after, order->count);
    memory_free(order->columns);
}

static void add_columns(const struct scan_request *request, struct buffer *sql)
{
    const struct table *table = request->table;
    add(sql, "SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            buffer_add_byte(sql, ',');
        mysql_quote_name(sql, table->columns[i].name);
    }
    for (size_t i = 0; i < table->key_count; i++) {
        const struct column *column = &table->columns[table->key[i]];
        enum mysql_base base = mysql_base_of(column);
        if (!mysql_has_position(request) ||
            (base != MYSQL_BASE_ENUM && base != MYSQL_BASE_SET))
            continue;
        add(sql, ",CAST(");
        mysql_quote_name(sql, column->name);
        add(sql, " AS UNSIGNED)");
    }
    add(sql, " FROM ");
    mysql_table_name(table, sql);
}

static void add_index(const struct scan_request *request, struct buffer *sql)
{
    const char *index = request->order == SCAN_BY_KEY
                            ? request->table->key_index
                            : request->cursor_index;
    if (request->order == SCAN_BY_VALUES)
        index = mysql_values_index(request);
    if (request->order == SCAN_WHOLE || index == NULL)
        return;
    add(sql, " FORCE INDEX (");
    mysql_quote_name(sql, index);
    add(sql, ")");
}

bool mysql_cursor_range(const struct scan_request *request,
                        const struct column *column, struct buffer *target)
{
    bool has_from = request->cursor_from_us != INT64_MIN;
    bool has_to = request->cursor_to_us != INT64_MAX;
    if (has_from) {
        mysql_quote_name(target, column->name);
        add(target, " >= ");
        mysql_cursor_literal(request, column, request->cursor_from_us, true,
                             target);
    }
    if (has_to) {
        add(target, has_from ? " AND " : "");
        mysql_quote_name(target, column->name);
        add(target, " < ");
        mysql_cursor_literal(request, column, request->cursor_to_us, false,
                             target);
    }
    return has_from || has_to;
}

static void add_cursor(const struct scan_request *request, struct buffer *sql,
                       bool *is_first)
{
    const struct column *column = cursor_column(request);
    if (column == NULL)
        return;
    add_and(sql, is_first);
    if (request->order == SCAN_BY_CURSOR &&
        mysql_cursor_range(request, column, sql))
        return;
    mysql_quote_name(sql, column->name);
    add(sql, request->order == SCAN_BY_CURSOR     ? " IS NOT NULL"
             : request->order == SCAN_NULL_CURSOR ? " IS NULL"
                                                  : " = 0");
}

static bool add_key_limit(const struct scan_request *request,
                          const char *operator, const char *text,
                          struct buffer *sql, bool *is_first)
{
    const struct table *table = request->table;
    if (text == NULL)
        return true;
    if (table->key_count == 0)
        return false;
    const struct column *column = &table->columns[table->key[0]];
    add_and(sql, is_first);
    mysql_quote_name(sql, column->name);
    add(sql, operator);
    return mysql_literal_plain(column, text, sql);
}

static bool add_conditions(const struct scan_request *request,
                           const struct order *order, struct buffer *sql)
{
    bool is_first = true;
    add_cursor(request, sql, &is_first);
    bool is_good =
        add_key_limit(request, " >= ", request->key_from, sql, &is_first) &&
        add_key_limit(request, " <= ", request->key_to, sql, &is_first);
    if (order->after != NULL) {
        add_and(sql, &is_first);
        is_good = add_after(order, 0, sql) && is_good;
    }
    if (request->order == SCAN_BY_VALUES) {
        add_and(sql, &is_first);
        is_good = mysql_values(request, sql) && is_good;
    }
    if (request->where != NULL) {
        struct buffer filter;
        buffer_init(&filter, MYSQL_SELECT_BYTES);
        if (mysql_where(request->table, filter_root(request->where),
                        &filter)) {
            add_and(sql, &is_first);
            add(sql, buffer_text(&filter));
        }
        is_good = is_good && !filter.is_overflown;
        buffer_release(&filter);
    }
    return is_good;
}

static void add_order(const struct scan_request *request,
                      const struct order *order, struct buffer *sql)
{
    for (size_t i = 0; i < order->count; i++) {
        add(sql, i == 0 ? " ORDER BY " : ",");
        mysql_quote_name(sql, order->columns[i]->name);
    }
    if (request->row_limit > 0)
        buffer_add_format(sql, " LIMIT %llu",
                          (unsigned long long)request->row_limit);
}

enum status mysql_select(const struct mysql_source *source,
                         const struct scan_request *request,
                         struct buffer *sql, struct error *error)
{
    const struct table *table = request->table;
    struct order order;
    (void)source;
    if (wants_cursor(request) && cursor_column(request) == NULL)
        return error_set(error, ERROR_COLUMN_MISSING,
                         "cannot read table %s by its column %s: it has none "
                         "of that name", table->name, request->cursor);
    enum status status = order_init(request, &order, error);
    if (status == STATUS_OK) {
        add_columns(request, sql);
        add_index(request, sql);
        bool is_good = add_conditions(request, &order, sql);
        add_order(request, &order, sql);
        if (!is_good && request->order == SCAN_BY_VALUES)
            status = error_set(error, ERROR_STATE_DAMAGED,
                               "cannot read rows of table %s by values that "
                               "are none of its columns", table->name);
        else if (!is_good && order.after == NULL)
            status = error_set_status(error, ERROR_USAGE, STATUS_USAGE,
                                      "cannot compare the first key column "
                                      "of table %s with \"%s\"", table->name,
                                      request->key_from ? request->key_from
                                      : request->key_to ? request->key_to
                                                        : "");
        else if (!is_good)
            status = error_set(error, ERROR_STATE_DAMAGED,
                               "cannot read table %s from position %s",
                               table->name, request->after);
        else if (sql->is_overflown)
            status = error_set(error, ERROR_SETTINGS_VALUE,
                               "cannot read table %s: the SELECT is longer "
                               "than 16 MiB", table->name);
    }
    order_release(&order);
    return status;
}
