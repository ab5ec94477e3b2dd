/*
 * Stored rows by the cells of some columns. Cells go there as quoted text,
 * which the server makes the column's type of, and come back as RowBinary,
 * which lies as batches do. What must stay true: nothing of a cell can end its
 * quotes; an answer is taken apart within its bytes.
 */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "clickhouse_plan.h"
#include "model/calendar.h"
#include "model/decimal.h"

#define UUID_BYTES 16u

/* --- cells as text ------------------------------------------------------- */

static void add_escaped(struct buffer *sql, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < ' ' || byte >= 0x7f || byte == '\'' || byte == '\\')
            buffer_add_format(sql, "\\x%02x", byte);
        else
            buffer_add_byte(sql, byte);
    }
}

static void add_uuid(struct buffer *sql, const uint8_t *uuid)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        buffer_add_text(sql, i > 0 ? "-" : "");
        buffer_add_hex(sql, (struct bytes){uuid, groups[i]});
        uuid += groups[i];
    }
}

static bool add_fixed(struct buffer *sql, const struct batch *batch,
                      size_t index, size_t row)
{
    const struct column *column = &batch->table->columns[index];
    const uint8_t *cell = batch_cell(batch, index, row);
    switch (column->kind) {
    case KIND_BOOL:
    case KIND_INT:
        buffer_add_format(sql, "%" PRId64, batch_int(batch, index, row));
        return true;
    case KIND_UINT:
        buffer_add_format(sql, "%" PRIu64,
                          (uint64_t)batch_int(batch, index, row));
        return true;
    case KIND_FLOAT:
        buffer_add_format(sql, "%.17g", batch_double(batch, index, row));
        return true;
    case KIND_DECIMAL:
        decimal_format(cell, column->width, column->scale, sql);
        return true;
    case KIND_DATE:
        calendar_format_date((int32_t)batch_int(batch, index, row), sql);
        return true;
    case KIND_DATETIME:
    case KIND_TIMESTAMP:
        calendar_format_datetime(batch_int(batch, index, row), 6, sql);
        return true;
    case KIND_UUID:
        add_uuid(sql, cell);
        return true;
    default:
        return false; /* a TIME may be stored as a number */
    }
}

static bool add_cell(struct buffer *sql, const struct batch *batch,
                     size_t index, size_t row)
{
    const struct column *column = &batch->table->columns[index];
    bool is_good = !batch_is_null(batch, index, row);
    buffer_add_byte(sql, '\'');
    if (is_good && kind_is_variable(column->kind))
        add_escaped(sql, batch_text(batch, index, row));
    else
        is_good = is_good && add_fixed(sql, batch, index, row);
    buffer_add_byte(sql, '\'');
    return is_good;
}

/* "(`a`, `b`) IN (('1', '2'), ..)" */
static bool add_condition(struct buffer *sql,
                          const struct rows_request *request)
{
    const struct table *table = request->table;
    size_t count = request->column_count;
    bool is_good = true;
    buffer_add_byte(sql, '(');
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(sql, i > 0 ? ", " : "");
        sql_name(sql, table->columns[request->columns[i]].name);
    }
    buffer_add_text(sql, ") IN (");
    for (size_t row = 0; row < request->count; row++) {
        buffer_add_text(sql, row > 0 ? ", (" : "(");
        for (size_t i = 0; i < count; i++) {
            buffer_add_text(sql, i > 0 ? ", " : "");
            is_good = add_cell(sql, request->values, request->columns[i],
                               request->first + row) && is_good;
        }
        buffer_add_byte(sql, ')');
    }
    buffer_add_byte(sql, ')');
    return is_good;
}

/* --- the statement ------------------------------------------------------- */

static bool is_compared(const struct rows_request *request, size_t column)
{
    for (size_t i = 0; i < request->column_count; i++)
        if (request->columns[i] == column)
            return true;
    return false;
}

static bool is_selected(const struct rows_request *request, size_t column)
{
    return request->table->columns[column].is_stored &&
           (request->is_whole || table_is_key(request->table, column) ||
            is_compared(request, column) ||
            (request->wanted && request->wanted[column]));
}

static void add_select(struct buffer *sql, const struct clickhouse *house,
                       const struct rows_request *request)
{
    const struct table *table = request->table;
    buffer_add_text(sql, "SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        struct buffer type;
        struct buffer sent;
        if (!is_selected(request, i))
            continue;
        sql_init(&type);
        sql_init(&sent);
        clickhouse_type(house, &table->columns[i], &type);
        clickhouse_sent_type(buffer_text(&type), &sent);
        /* What the source has as NOT NULL may be blank there. */
        buffer_add_text(sql, table->columns[i].is_nullable
                                 ? "CAST(("
                                 : "CAST(assumeNotNull(");
        sql_name(sql, table->columns[i].name);
        buffer_add_text(sql, ") AS ");
        buffer_add_text(sql, buffer_text(&sent));
        buffer_add_text(sql, "), ");
        buffer_release(&type);
        buffer_release(&sent);
    }
    buffer_add_text(sql, "_tm_version, _tm_deleted FROM ");
    sql_table(sql, house, table->target, CLICKHOUSE_STORED);
}

static void add_key(struct buffer *sql, const struct table *table)
{
    for (size_t i = 0; i < table->key_count; i++) {
        buffer_add_text(sql, i > 0 ? ", " : "");
        sql_name(sql, table->columns[table->key[i]].name);
    }
}

/* Newest of a key by its version, deletes too: FINAL hides those. */
static bool write_by_key(struct buffer *sql, const struct clickhouse *house,
                         const struct rows_request *request, size_t limit)
{
    add_select(sql, house, request);
    buffer_add_text(sql, " WHERE ");
    bool is_good = add_condition(sql, request);
    buffer_add_text(sql, " ORDER BY ");
    add_key(sql, request->table);
    buffer_add_text(sql, ", _tm_version DESC LIMIT 1 BY ");
    add_key(sql, request->table);
    buffer_add_format(sql, " LIMIT %zu", limit);
    return is_good;
}

/* First the keys that may be meant, older rows too, by a scan of few columns;
 * of those alone the newest rows. */
static bool write_by_cells(struct buffer *sql, const struct clickhouse *house,
                           const struct rows_request *request, size_t limit)
{
    add_select(sql, house, request);
    buffer_add_text(sql, " FINAL WHERE (");
    add_key(sql, request->table);
    buffer_add_text(sql, ") IN (SELECT ");
    add_key(sql, request->table);
    buffer_add_text(sql, " FROM ");
    sql_table(sql, house, request->table->target, CLICKHOUSE_STORED);
    buffer_add_text(sql, " WHERE ");
    bool is_good = add_condition(sql, request);
    buffer_add_text(sql, ") AND ");
    is_good = add_condition(sql, request) && is_good;
    /* Moved before FINAL, the condition would choose among older rows. */
    buffer_add_format(sql, " AND _tm_deleted = 0 LIMIT %zu SETTINGS "
                           "optimize_move_to_prewhere_if_final = 0", limit);
    return is_good;
}

/* --- the answer ---------------------------------------------------------- */

struct answer {
    const uint8_t *at;
    const uint8_t *end;
};

static bool take(struct answer *answer, void *target, size_t size)
{
    if ((size_t)(answer->end - answer->at) < size)
        return false;
    memcpy(target, answer->at, size);
    answer->at += size;
    return true;
}

static bool take_variable(struct answer *answer, struct batch *batch,
                          size_t index)
{
    uint64_t size = 0;
    uint8_t byte = 0x80;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        if (shift > 28 || !take(answer, &byte, 1))
            return false;
        size |= (uint64_t)(byte & 0x7f) << shift;
    }
    if ((uint64_t)(answer->end - answer->at) < size ||
        !batch_add_text(batch, index,
                        (struct bytes){answer->at, (size_t)size}))
        return false;
    answer->at += size;
    return true;
}

/* Each half of a UUID is a little-endian number there. */
static void swap_uuid(uint8_t *uuid)
{
    for (size_t i = 0; i < 2; i++) {
        uint64_t half;
        memcpy(&half, uuid + 8 * i, sizeof half);
        half = __builtin_bswap64(half);
        memcpy(uuid + 8 * i, &half, sizeof half);
    }
}

static bool take_cell(struct answer *answer, struct batch *batch,
                      size_t index)
{
    const struct column *column = &batch->table->columns[index];
    uint8_t is_null = 0;
    if (column->is_nullable && !take(answer, &is_null, 1))
        return false;
    if (is_null) {
        batch_set_null(batch, index);
        return true;
    }
    if (kind_is_variable(column->kind))
        return take_variable(answer, batch, index);
    uint8_t *place = batch_fixed(batch, index);
    if (!take(answer, place, column->width))
        return false;
    if (column->kind == KIND_UUID)
        swap_uuid(place);
    return true;
}

static bool take_row(struct answer *answer,
                     const struct rows_request *request, struct batch *batch)
{
    uint64_t version = 0;
    uint8_t deleted = 0;
    size_t row = batch->row_count;
    for (size_t i = 0; i < request->table->column_count; i++) {
        if (!is_selected(request, i))
            batch_blank(batch, i);
        else if (!take_cell(answer, batch, i))
            return false;
    }
    if (!take(answer, &version, sizeof version) ||
        !take(answer, &deleted, sizeof deleted))
        return false;
    batch_add_row(batch, true);
    batch->versions[row] = version;
    batch->deleted[row] = deleted;
    return true;
}

static enum status take_rows(struct clickhouse_session *session,
                             const struct rows_request *request,
                             struct batch *batch, bool *is_more,
                             struct error *error)
{
    struct bytes body = http_body(session->http);
    struct answer answer = {body.data, body.data + body.size};
    while (answer.at < answer.end) {
        *is_more = batch->row_count == batch->capacity;
        if (*is_more)
            return STATUS_OK;
        if (take_row(&answer, request, batch))
            continue;
        batch_drop_row(batch);
        return error_set(error, ERROR_WAREHOUSE_ANSWER,
                         "could not understand an answer of %s: rows of "
                         "table \"%s\" are broken",
                         session->house->place.name, request->table->name);
    }
    return STATUS_OK;
}

static bool write_below(struct buffer *sql, const struct clickhouse *house,
                        const struct rows_request *request, size_t limit)
{
    add_select(sql, house, request);
    buffer_add_format(sql, " FINAL WHERE _tm_version < %" PRIu64
                           " AND _tm_deleted = 0 LIMIT %zu SETTINGS "
                           "optimize_move_to_prewhere_if_final = 0",
                      request->below, limit);
    return true;
}

static bool is_number(const char *text)
{
    size_t sign = *text == '-';
    return text[sign] && !text[sign + strspn(text + sign, "0123456789")];
}

static bool add_end(struct buffer *sql, const struct table *table,
                    const char *comparison, const char *end)
{
    if (!end)
        return true;
    buffer_add_text(sql, " AND ");
    sql_name(sql, table->columns[table->key[0]].name);
    buffer_add_format(sql, " %s %s", comparison, end);
    return is_number(end);
}

static bool write_range(struct buffer *sql, const struct clickhouse *house,
                        const struct rows_request *request, size_t limit)
{
    add_select(sql, house, request);
    buffer_add_text(sql, " FINAL WHERE _tm_deleted = 0");
    bool is_good = add_end(sql, request->table, ">=", request->from) &&
                   add_end(sql, request->table, "<=", request->to);
    buffer_add_text(sql, " ORDER BY ");
    add_key(sql, request->table);
    buffer_add_format(sql, " LIMIT %zu SETTINGS "
                           "optimize_move_to_prewhere_if_final = 0", limit);
    return is_good;
}

static bool write_sql(struct buffer *sql, const struct clickhouse *house,
                      const struct rows_request *request, size_t limit)
{
    if (request->column_count == 0 && request->below == 0)
        return write_range(sql, house, request, limit);
    if (request->column_count == 0)
        return write_below(sql, house, request, limit);
    return request->is_by_key ? write_by_key(sql, house, request, limit)
                              : write_by_cells(sql, house, request, limit);
}

enum status clickhouse_rows_by(struct warehouse_session *base,
                               const struct rows_request *request,
                               struct batch *batch, bool *is_more,
                               struct error *error)
{
    struct clickhouse_session *session = (struct clickhouse_session *)base;
    size_t limit = batch->capacity - batch->row_count + 1;
    struct buffer sql;
    bool is_good;
    *is_more = false;
    sql_init(&sql);
    is_good = write_sql(&sql, session->house, request, limit);
    buffer_add_text(&sql, " FORMAT RowBinary");
    enum status status = STATUS_OK;
    if (!is_good)
        status = error_set(error, ERROR_WAREHOUSE_LACKS,
                           "cannot ask ClickHouse for rows of table \"%s\" "
                           "by these columns", request->table->name);
    else
        status = clickhouse_ask(session, &sql, error);
    buffer_release(&sql);
    return status == STATUS_OK
               ? take_rows(session, request, batch, is_more, error)
               : status;
}
