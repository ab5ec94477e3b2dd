/*
 * Every column of one table from information_schema. What must stay true: the
 * columns stand as the log counts them, so the two that MariaDB hides of a
 * system-versioned table are added at the end.
 */
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_map.h"
#include "source/mysql_catalog.h"

#define SQL_BYTES 8192

static const char KIND[] =
    "SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ";
static const char COLUMNS[] =
    "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE,"
    " GENERATION_EXPRESSION, COLUMN_DEFAULT"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ";

struct reading {
    struct binlog_layout *layout;
    bool is_versioned;
};

static struct binlog_layout_column *add_column(struct binlog_layout *layout,
                                               const char *name,
                                               const char *declared)
{
    struct binlog_layout_column *column;

    layout->columns =
        memory_resize(layout->columns, layout->column_count + 1,
                      sizeof(*layout->columns));
    column = &layout->columns[layout->column_count++];
    *column = (struct binlog_layout_column){
        .name = memory_text(name), .declared = memory_text(declared)};
    return column;
}

static bool take_kind(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct reading *reading = context;
    const char *kind = mysql_or_empty(cells[0]);

    (void)lengths;
    reading->layout = memory_new(1, sizeof(*reading->layout));
    reading->layout->row_end = BINLOG_NO_COLUMN;
    reading->is_versioned = text_equal(kind, "SYSTEM VERSIONED");
    return false;
}

/* Labels without a character set are binary, as describe has it. */
static bool take_column(void *context, char **cells,
                        const unsigned long *lengths)
{
    struct reading *reading = context;
    struct binlog_layout *layout = reading->layout;
    const char *declared = mysql_or_empty(cells[1]);
    bool has_labels =
        text_starts(declared, "enum(") || text_starts(declared, "set(");
    struct binlog_layout_column *column;

    (void)lengths;
    if (!cells[0])
        return true;
    column = add_column(layout, cells[0], declared);
    column->charset = memory_text(has_labels && !cells[2] ? "binary"
                                                          : cells[2]);
    column->is_nullable = !text_equal(mysql_or_empty(cells[3]), "NO");
    /* MariaDB spells a default of NULL out. */
    column->has_default = mysql_or_empty(cells[4])[0] != '\0' ||
                          (cells[5] && !text_equal_nocase(cells[5], "NULL"));
    if (text_equal_nocase(mysql_or_empty(cells[4]), "ROW END"))
        layout->row_end = layout->column_count - 1;
    return true;
}

static enum status ask(MYSQL *link, const char *question,
                       const char *const *names, mysql_row_function *row,
                       struct reading *reading, struct error *error)
{
    struct buffer sql;
    enum status status;

    buffer_init(&sql, SQL_BYTES);
    buffer_add_text(&sql, question);
    mysql_quote_text(&sql, names[0]);
    buffer_add_text(&sql, " AND TABLE_NAME = ");
    mysql_quote_text(&sql, names[1]);
    if (question == COLUMNS)
        buffer_add_text(&sql, " ORDER BY ORDINAL_POSITION");
    status = mysql_query_rows(link, buffer_text(&sql), row, reading, error);
    buffer_release(&sql);
    return status;
}

static void add_hidden(const struct reading *reading)
{
    struct binlog_layout *layout = reading->layout;

    if (!reading->is_versioned || layout->row_end != BINLOG_NO_COLUMN)
        return;
    add_column(layout, "row_start", "timestamp(6)");
    layout->row_end = layout->column_count;
    add_column(layout, "row_end", "timestamp(6)");
}

enum status binlog_layout_read(MYSQL *link, const char *database,
                               const char *table,
                               struct binlog_layout **layout,
                               struct error *error)
{
    const char *const names[] = {database, table};
    struct reading reading = {.layout = NULL};
    enum status status =
        ask(link, KIND, names, take_kind, &reading, error);

    if (status == STATUS_OK && reading.layout)
        status = ask(link, COLUMNS, names, take_column, &reading, error);
    *layout = reading.layout;
    if (status == STATUS_OK && reading.layout) {
        add_hidden(&reading);
    } else {
        binlog_layout_free(reading.layout);
        *layout = NULL;
    }
    return status;
}

void binlog_layout_free(struct binlog_layout *layout)
{
    if (!layout)
        return;
    for (size_t i = 0; i < layout->column_count; i++) {
        memory_free(layout->columns[i].name);
        memory_free(layout->columns[i].declared);
        memory_free(layout->columns[i].charset);
    }
    memory_free(layout->columns);
    memory_free(layout);
}
