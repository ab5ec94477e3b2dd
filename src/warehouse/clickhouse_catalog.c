/*
 * What tables there are, as the server tells it. Everybody who decides what to
 * change or how to send reads it here.
 */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"

/* Tables asked for in one query: with 4,096 columns each, the most a source
 * has, their answer stays below the limit. */
#define NAMES_AT_ONCE 25u
/* A table that is swapped or dropped by a request of a process that has died
 * may stand in the one answer and be missing in the other. Whose columns may
 * not be seen, stays without. */
#define READ_TURNS 10
#define READ_PAUSE_MS 100

void clickhouse_table_release(struct clickhouse_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        memory_free(table->columns[i].name);
        memory_free(table->columns[i].type);
        memory_free(table->columns[i].comment);
    }
    memory_free(table->columns);
    memory_free(table->name);
    memory_free(table->engine);
    memory_free(table->engine_full);
    memory_free(table->sorting_key);
    memory_free(table->uuid);
    memory_free(table->comment);
    memory_free(table->select);
    memset(table, 0, sizeof *table);
}

const struct clickhouse_column *
clickhouse_table_find(const struct clickhouse_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (text_equal(table->columns[i].name, name))
            return &table->columns[i];
    }
    return NULL;
}

static void add_where(struct buffer *sql, const struct clickhouse *house,
                      const char *column, const char *const *names,
                      size_t count)
{
    buffer_add_text(sql, " WHERE database = ");
    sql_text(sql, house->database);
    buffer_add_format(sql, " AND %s IN (", column);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_text(sql, ", ");
        sql_text(sql, names[i]);
    }
    buffer_add_text(sql, ")");
}

static void fill_table(struct clickhouse_table *table,
                       const struct clickhouse_rows *rows, size_t row)
{
    table->name = memory_text(clickhouse_cell(rows, row, 0));
    table->engine = memory_text(clickhouse_cell(rows, row, 1));
    table->engine_full = memory_text(clickhouse_cell(rows, row, 2));
    table->sorting_key = memory_text(clickhouse_cell(rows, row, 3));
    table->uuid = memory_text(clickhouse_cell(rows, row, 4));
    table->select = memory_text(clickhouse_cell(rows, row, 5));
    (void)text_to_u64(clickhouse_cell(rows, row, 6), &table->rows);
    (void)text_to_u64(clickhouse_cell(rows, row, 7), &table->bytes);
    table->has_dependents = text_equal(clickhouse_cell(rows, row, 8), "1");
    table->comment = memory_text(clickhouse_cell(rows, row, 9));
}

static size_t find_name(const char *const *names, size_t count,
                        const char *name)
{
    size_t i = 0;
    while (i < count && !text_equal(names[i], name))
        i++;
    return i;
}

static enum status read_tables(struct clickhouse_session *session,
                               const char *const *names, size_t count,
                               struct clickhouse_table *tables,
                               struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT name, engine, engine_full, sorting_key, "
                          "uuid, as_select, ifNull(total_rows, 0), "
                          "ifNull(total_bytes, 0), "
                          "notEmpty(dependencies_table), comment "
                          "FROM system.tables");
    add_where(&sql, session->house, "name", names, count);
    buffer_add_text(&sql, " FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    for (size_t row = 0; row < rows.row_count && rows.column_count == 10;
         row++) {
        size_t i = find_name(names, count, clickhouse_cell(&rows, row, 0));
        if (i < count && !tables[i].name)
            fill_table(&tables[i], &rows, row);
    }
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

static void add_column(struct clickhouse_table *table,
                       const struct clickhouse_rows *rows, size_t row)
{
    table->columns = memory_resize(table->columns, table->column_count + 1,
                                   sizeof *table->columns);
    table->columns[table->column_count++] = (struct clickhouse_column){
        .name = memory_text(clickhouse_cell(rows, row, 1)),
        .type = memory_text(clickhouse_cell(rows, row, 2)),
        .comment = memory_text(clickhouse_cell(rows, row, 3)),
    };
}

static enum status read_columns(struct clickhouse_session *session,
                                const char *const *names, size_t count,
                                struct clickhouse_table *tables,
                                struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT table, name, type, comment FROM "
                          "system.columns");
    add_where(&sql, session->house, "table", names, count);
    buffer_add_text(&sql, " ORDER BY table, position FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    for (size_t row = 0; row < rows.row_count && rows.column_count == 4;
         row++) {
        size_t i = find_name(names, count, clickhouse_cell(&rows, row, 0));
        if (i < count && tables[i].name)
            add_column(&tables[i], &rows, row);
    }
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

/* Did a table come without its columns? */
static bool is_torn(const struct clickhouse_table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tables[i].name && tables[i].column_count == 0)
            return true;
    return false;
}

static enum status read_some(struct clickhouse_session *session,
                             const char *const *names, size_t count,
                             struct clickhouse_table *tables,
                             struct error *error)
{
    for (int turn = 1;; turn++) {
        enum status status = read_tables(session, names, count, tables,
                                         error);
        if (status == STATUS_OK)
            status = read_columns(session, names, count, tables, error);
        if (status != STATUS_OK || !is_torn(tables, count) ||
            turn == READ_TURNS || !clock_sleep_ms(READ_PAUSE_MS))
            return status;
        for (size_t i = 0; i < count; i++)
            clickhouse_table_release(&tables[i]);
    }
}

enum status clickhouse_catalog(struct clickhouse_session *session,
                               const char *const *names, size_t count,
                               struct clickhouse_table *tables,
                               struct error *error)
{
    enum status status = STATUS_OK;
    memset(tables, 0, count * sizeof *tables);
    for (size_t i = 0; i < count && status == STATUS_OK; i += NAMES_AT_ONCE) {
        size_t some = count - i < NAMES_AT_ONCE ? count - i : NAMES_AT_ONCE;
        status = read_some(session, names + i, some, tables + i, error);
    }
    for (size_t i = 0; i < count && status != STATUS_OK; i++)
        clickhouse_table_release(&tables[i]);
    return status;
}

enum status clickhouse_describe(struct clickhouse_session *session,
                                const char *name, const char *suffix,
                                struct clickhouse_table *table,
                                struct error *error)
{
    char *whole = memory_format("%s%s", name, suffix);
    const char *names[] = {whole};
    enum status status = clickhouse_catalog(session, names, 1, table, error);
    memory_free(whole);
    return status;
}
