/*
 * What tables there are, as the server tells it. Everybody who decides what to
 * change or how to send reads it here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"

/* Tables asked for in one query: with 4,096 columns each, the most a source
 * has, their answer stays below the limit. */
#define NAMES_AT_ONCE 25u
/* Tables and columns are not read at one moment: a table that is swapped or
 * dropped by a request of a process that has died may come without columns.
 * Whose columns may not be seen, stays without. */
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

/*
 * One request, of few columns, for each costs the server more than its rows
 * do: rows of tables and of columns are a kind, the table's name, a comment,
 * and the rest as lines. A line feed stands in none but the last of them.
 */
#define KIND_TABLE "1"
#define KIND_COLUMN "2"
#define ROW_CELLS 4
#define TABLE_LINES 8
#define COLUMN_LINES 3

static const char TABLES[] =
    "SELECT " KIND_TABLE " AS kind, name, comment, arrayStringConcat(["
    "engine, engine_full, sorting_key, toString(uuid), "
    "toString(ifNull(total_rows, 0)), toString(ifNull(total_bytes, 0)), "
    "toString(notEmpty(dependencies_table)), as_select], '\\n') AS lines "
    "FROM system.tables";
static const char COLUMNS[] =
    " UNION ALL SELECT " KIND_COLUMN ", table, comment, arrayStringConcat(["
    "toString(position), type, name], '\\n') FROM system.columns";

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

/* Takes the last cell of a row apart. False where lines are missing. */
static bool take_lines(const struct clickhouse_rows *rows, size_t row,
                       char **lines, size_t count)
{
    char *at = rows->cells[row * rows->column_count + ROW_CELLS - 1];
    for (size_t i = 0; i + 1 < count; i++) {
        char *feed = strchr(at, '\n');
        if (!feed)
            return false;
        *feed = 0;
        lines[i] = at;
        at = feed + 1;
    }
    lines[count - 1] = at;
    return true;
}

static bool take_table(struct clickhouse_table *table,
                       const struct clickhouse_rows *rows, size_t row)
{
    char *lines[TABLE_LINES];
    if (!take_lines(rows, row, lines, TABLE_LINES))
        return false;
    clickhouse_table_release(table);
    table->name = memory_text(clickhouse_cell(rows, row, 1));
    table->comment = memory_text(clickhouse_cell(rows, row, 2));
    table->engine = memory_text(lines[0]);
    table->engine_full = memory_text(lines[1]);
    table->sorting_key = memory_text(lines[2]);
    table->uuid = memory_text(lines[3]);
    (void)text_to_u64(lines[4], &table->rows);
    (void)text_to_u64(lines[5], &table->bytes);
    table->has_dependents = text_equal(lines[6], "1");
    table->select = memory_text(lines[7]);
    return true;
}

static bool take_column(struct clickhouse_table *table,
                        const struct clickhouse_rows *rows, size_t row)
{
    char *lines[COLUMN_LINES];
    struct clickhouse_column column = {.place = 0};
    if (!take_lines(rows, row, lines, COLUMN_LINES) ||
        !text_to_u64(lines[0], &column.place))
        return false;
    column.type = memory_text(lines[1]);
    column.name = memory_text(lines[2]);
    column.comment = memory_text(clickhouse_cell(rows, row, 2));
    table->columns = memory_resize(table->columns, table->column_count + 1,
                                   sizeof *table->columns);
    table->columns[table->column_count++] = column;
    return true;
}

static size_t find_name(const char *const *names, size_t count,
                        const char *name)
{
    size_t i = 0;
    while (i < count && !text_equal(names[i], name))
        i++;
    return i;
}

/* The rows of one kind. */
static bool take_kind(const struct clickhouse_rows *rows, const char *kind,
                      const char *const *names, size_t count,
                      struct clickhouse_table *tables)
{
    bool is_table = text_equal(kind, KIND_TABLE);
    bool is_whole = rows->row_count == 0 || rows->column_count == ROW_CELLS;
    for (size_t row = 0; row < rows->row_count && is_whole; row++) {
        size_t i = find_name(names, count, clickhouse_cell(rows, row, 1));
        if (i == count || !text_equal(clickhouse_cell(rows, row, 0), kind))
            continue;
        if (is_table)
            is_whole = take_table(&tables[i], rows, row);
        else if (tables[i].name)
            is_whole = take_column(&tables[i], rows, row);
    }
    return is_whole;
}

static int compare_places(const void *left, const void *right)
{
    const struct clickhouse_column *first = left;
    const struct clickhouse_column *second = right;
    return first->place < second->place ? -1 : first->place > second->place;
}

static bool take_rows(const struct clickhouse_rows *rows,
                      const char *const *names, size_t count,
                      struct clickhouse_table *tables)
{
    if (!take_kind(rows, KIND_TABLE, names, count, tables) ||
        !take_kind(rows, KIND_COLUMN, names, count, tables))
        return false;
    for (size_t i = 0; i < count; i++)
        if (tables[i].column_count > 0)
            qsort(tables[i].columns, tables[i].column_count,
                  sizeof *tables[i].columns, compare_places);
    return true;
}

static enum status read_once(struct clickhouse_session *session,
                             const char *const *names, size_t count,
                             struct clickhouse_table *tables,
                             struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, TABLES);
    add_where(&sql, session->house, "name", names, count);
    buffer_add_text(&sql, COLUMNS);
    add_where(&sql, session->house, "table", names, count);
    buffer_add_text(&sql, " FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    if (!take_rows(&rows, names, count, tables))
        status = error_set(error, ERROR_WAREHOUSE_ANSWER,
                           "could not understand what %s tells of its tables",
                           session->house->place.name);
    clickhouse_rows_release(&rows);
    return status;
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
        enum status status = read_once(session, names, count, tables, error);
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
