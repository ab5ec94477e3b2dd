/*
 * Tables and columns from information_schema: four questions for any hundreds
 * of tables, never one a table. Names are compared byte by byte here, whatever
 * the server's collation finds.
 */
#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "mysql_catalog.h"

#define CHUNK_TABLES 2000u
/* So often is asked anew where tables change between the questions. */
#define TRIES 3

const char *mysql_or_empty(const char *cell)
{
    return cell == NULL ? "" : cell;
}

uint64_t mysql_or_zero(const char *cell)
{
    uint64_t number = 0;
    return cell != NULL && text_to_u64(cell, &number) ? number : 0;
}

void mysql_catalog_where(const struct mysql_source *source,
                         const char *const *names, size_t count,
                         struct buffer *sql)
{
    buffer_add_text(sql, " WHERE TABLE_SCHEMA = ");
    mysql_quote_text(sql, source->database);
    if (count == 0)
        return;
    buffer_add_text(sql, count == 1 ? " AND TABLE_NAME = (" :
                                      " AND TABLE_NAME IN (");
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(sql, i > 0 ? "," : "");
        mysql_quote_text(sql, names[i]);
    }
    buffer_add_text(sql, ")");
}

/* --- describe --- */

struct describing {
    const struct mysql_source *source;
    const char *const *names;
    size_t count;
    struct source_table **tables;
    size_t last; /* the table of the last row; most rows follow each other */
};

/* The place of a name that was asked for; `count` where it was not. */
static size_t place_of(struct describing *work, const char *name)
{
    for (size_t i = 0; i < work->count; i++) {
        size_t at = (work->last + i) % work->count;
        if (text_equal(work->names[at], name)) {
            work->last = at;
            return at;
        }
    }
    return work->count;
}

static void add_text(char ***list, size_t *count, char *text)
{
    *list = memory_resize(*list, *count + 1, sizeof(**list));
    (*list)[(*count)++] = text;
}

static void add_unusable(struct source_table *table, const char *name,
                         const char *type)
{
    size_t count = table->unusable_count;
    add_text(&table->unusable, &count, memory_text(name));
    add_text(&table->unusable_types, &table->unusable_count,
             memory_text(type));
}

static void add_note(struct source_table *table, char *note)
{
    add_text(&table->hidden, &table->hidden_count, note);
}

/* Cells: name, type, engine, rows, bytes, comment. */
static bool take_table(void *context, char **cells,
                       const unsigned long *lengths)
{
    struct describing *work = context;
    (void)lengths;
    size_t at = cells[0] == NULL ? work->count : place_of(work, cells[0]);
    const char *type = mysql_or_empty(cells[1]);
    const char *engine = mysql_or_empty(cells[2]);
    if (at == work->count || work->tables[at] != NULL ||
        text_equal(type, "SEQUENCE"))
        return true;
    struct source_table *table = memory_new(1, sizeof(*table));
    table->table = table_new(work->source->database, cells[0]);
    table->table->estimated_rows = mysql_or_zero(cells[3]);
    table->table->estimated_bytes = mysql_or_zero(cells[4]);
    if (!text_equal(type, "VIEW")) {
        memory_free(table->table->comment);
        table->table->comment = memory_text(mysql_or_empty(cells[5]));
    }
    if (text_equal(type, "VIEW"))
        add_note(table, memory_text("a view: it has no index, so no key"));
    else if (!text_equal_nocase(engine, "InnoDB"))
        add_note(table, memory_format("not InnoDB but %s: a snapshot of it is "
                                      "not consistent", engine));
    if (text_equal(type, "SYSTEM VERSIONED"))
        add_note(table, memory_text("system-versioned: its present rows are "
                                    "read, not its history"));
    work->tables[at] = table;
    return true;
}

/* MySQL leaves out the charset of labels that are binary; MariaDB does not. */
static const char *charset_of(char **cells)
{
    bool has_labels = text_starts(cells[2], "enum(") ||
                      text_starts(cells[2], "set(");
    return has_labels && !cells[4] ? "binary" : cells[4];
}

/* Cells: table, column, type, nullable, charset, collation, comment, extra. */
static void fill_column(struct column *column, char **cells)
{
    column->declared = memory_text(mysql_or_empty(cells[2]));
    column->is_nullable = !text_equal(mysql_or_empty(cells[3]), "NO");
    column->charset = memory_text(charset_of(cells));
    column->collation = memory_text(cells[5]);
    memory_free(column->comment);
    column->comment = memory_text(mysql_or_empty(cells[6]));
    column->is_stored = true;
}

/* A column is tried before it is added: a table has only usable ones. */
static bool is_usable(char **cells)
{
    struct column probe;
    memset(&probe, 0, sizeof(probe));
    probe.declared = cells[2];
    probe.charset = cells[4];
    return cells[2] != NULL && mysql_map_column(&probe);
}

static bool take_column(void *context, char **cells,
                        const unsigned long *lengths)
{
    struct describing *work = context;
    (void)lengths;
    if (cells[0] == NULL || cells[1] == NULL)
        return true;
    size_t at = place_of(work, cells[0]);
    if (at == work->count || work->tables[at] == NULL)
        return true;
    struct source_table *table = work->tables[at];
    if (text_starts(cells[1], "_tm_")) {
        add_unusable(table, cells[1], "reserved name");
        return true;
    }
    if (!is_usable(cells)) {
        add_unusable(table, cells[1], mysql_or_empty(cells[2]));
        return true;
    }
    struct column *column = table_add_column(table->table, cells[1]);
    fill_column(column, cells);
    if (mysql_map_column(column))
        mysql_cursor_consider(table, column, mysql_or_empty(cells[7]));
    return true;
}

/* Cells: table, clause. MariaDB's JSON is a LONGTEXT with exactly this. */
static bool take_check(void *context, char **cells,
                       const unsigned long *lengths)
{
    struct describing *work = context;
    (void)lengths;
    if (cells[0] == NULL || cells[1] == NULL)
        return true;
    size_t at = place_of(work, cells[0]);
    if (at == work->count || work->tables[at] == NULL)
        return true;
    struct table *table = work->tables[at]->table;
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        struct buffer clause;
        buffer_init(&clause, 1024);
        buffer_add_text(&clause, "json_valid(");
        mysql_quote_name(&clause, column->name);
        buffer_add_text(&clause, ")");
        if (column->kind == KIND_TEXT &&
            text_equal(buffer_text(&clause), cells[1]))
            column->kind = KIND_JSON;
        buffer_release(&clause);
    }
    return true;
}

static const char TABLES[] =
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH,"
    " TABLE_COMMENT FROM information_schema.TABLES";
static const char COLUMNS[] =
    "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE,"
    " CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_COMMENT, EXTRA"
    " FROM information_schema.COLUMNS";
static const char CHECKS[] =
    "SELECT TABLE_NAME, CHECK_CLAUSE"
    " FROM information_schema.CHECK_CONSTRAINTS";

static enum status ask(struct describing *work, MYSQL *link,
                       const char *question, mysql_row_function *row,
                       struct error *error)
{
    struct buffer sql;
    buffer_init(&sql, CATALOG_BYTES);
    buffer_add_text(&sql, question);
    mysql_catalog_where(work->source, work->names, work->count, &sql);
    if (question == COLUMNS)
        buffer_add_text(&sql, " ORDER BY TABLE_NAME, ORDINAL_POSITION");
    enum status status =
        mysql_query_rows(link, buffer_text(&sql), row, work, error);
    buffer_release(&sql);
    return status;
}

/* The checks of MariaDB name their schema otherwise. */
static enum status ask_checks(struct describing *work, MYSQL *link,
                              struct error *error)
{
    struct buffer sql;
    buffer_init(&sql, CATALOG_BYTES);
    buffer_add_text(&sql, CHECKS);
    buffer_add_text(&sql, " WHERE CHECK_CLAUSE LIKE 'json_valid(%'"
                          " AND CONSTRAINT_SCHEMA = ");
    mysql_quote_text(&sql, work->source->database);
    enum status status = mysql_query_rows(link, buffer_text(&sql), take_check,
                                          work, error);
    buffer_release(&sql);
    return status;
}

static enum status read_keys(struct describing *work, MYSQL *link,
                             struct error *error)
{
    struct mysql_indexes *indexes =
        memory_new(work->count, sizeof(*indexes));
    enum status status = mysql_indexes_read(work->source, link, work->names,
                                            work->count, indexes, error);
    for (size_t i = 0; i < work->count; i++) {
        struct source_table *table = work->tables[i];
        if (status == STATUS_OK && table != NULL) {
            mysql_key_find(table->table, &indexes[i]);
            if (table->table->key_count == 0)
                table->key_flaw = mysql_key_flaw(table->table, &indexes[i]);
            table->is_changing = mysql_key_exists(table->table, &indexes[i]);
            mysql_cursor_settle(table, &indexes[i]);
        }
        mysql_indexes_release(&indexes[i]);
    }
    memory_free(indexes);
    return status;
}

static bool has_index(const struct source_table *table)
{
    return table->table->key_count > 0 || table->key_flaw != NULL;
}

/* A table that was dropped between the questions has columns and no key: it
 * is no table without a key, it is gone. */
static enum status forget_dropped(struct describing *work, MYSQL *link,
                                  struct error *error)
{
    struct describing now = *work;
    bool is_needed = false;
    for (size_t i = 0; i < work->count; i++)
        is_needed = is_needed ||
                    (work->tables[i] != NULL && !has_index(work->tables[i]));
    if (!is_needed)
        return STATUS_OK;
    now.tables = memory_new(work->count, sizeof(*now.tables));
    enum status status = ask(&now, link, TABLES, take_table, error);
    for (size_t i = 0; i < work->count; i++) {
        if (status == STATUS_OK && now.tables[i] == NULL &&
            work->tables[i] != NULL) {
            mysql_table_free(work->tables[i]);
            work->tables[i] = NULL;
        }
        mysql_table_free(now.tables[i]);
    }
    memory_free(now.tables);
    return status;
}

static enum status ask_all(struct describing *work, MYSQL *link,
                           struct error *error)
{
    enum status status = ask(work, link, TABLES, take_table, error);
    if (status == STATUS_OK)
        status = ask(work, link, COLUMNS, take_column, error);
    if (status == STATUS_OK && work->source->is_mariadb &&
        work->source->version >= 100222)
        status = ask_checks(work, link, error);
    if (status == STATUS_OK)
        status = read_keys(work, link, error);
    if (status == STATUS_OK)
        status = forget_dropped(work, link, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("describe.asked", error);
    return mysql_cursor_units(link, work->tables, work->count, error);
}

/* --- tables that change meanwhile --- */

static void forget_all(struct describing *work)
{
    for (size_t i = 0; i < work->count; i++) {
        mysql_table_free(work->tables[i]);
        work->tables[i] = NULL;
    }
}

/* Did a table go, or get other columns, between the questions? */
static bool has_moved(enum status status, const struct error *error)
{
    return status != STATUS_OK && (error->id == ERROR_TABLE_MISSING ||
                                   error->id == ERROR_TABLE_CHANGED);
}

static enum status describe_chunk(struct describing *work, MYSQL *link,
                                  struct error *error)
{
    enum status status = ask_all(work, link, error);
    for (size_t i = 1; i < TRIES && has_moved(status, error); i++) {
        forget_all(work);
        status = ask_all(work, link, error);
    }
    return status;
}

/* Where tables move all the time, each is asked about alone; one that does
 * not come to rest counts as gone, for now. */
static enum status describe_alone(struct describing *work, MYSQL *link,
                                  struct error *error)
{
    enum status status = STATUS_OK;
    forget_all(work);
    for (size_t i = 0; i < work->count && status == STATUS_OK; i++) {
        struct describing one = {work->source, work->names + i, 1,
                                 work->tables + i, 0};
        status = describe_chunk(&one, link, error);
        if (has_moved(status, error)) {
            forget_all(&one);
            error_clear(error);
            status = STATUS_OK;
        }
    }
    return status;
}

enum status mysql_describe(struct source_session *session,
                           const char *const *names, size_t count,
                           struct source_table **tables, struct error *error)
{
    MYSQL *link = NULL;
    for (size_t i = 0; i < count; i++)
        tables[i] = NULL;
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);
    for (size_t done = 0; done < count && status == STATUS_OK;
         done += CHUNK_TABLES) {
        size_t left = count - done;
        struct describing work = {
            .source = (const struct mysql_source *)session->source,
            .names = names + done,
            .count = left < CHUNK_TABLES ? left : CHUNK_TABLES,
            .tables = tables + done,
        };
        status = describe_chunk(&work, link, error);
        if (has_moved(status, error))
            status = describe_alone(&work, link, error);
    }
    for (size_t i = 0; i < count && status != STATUS_OK; i++) {
        mysql_table_free(tables[i]);
        tables[i] = NULL;
    }
    return status;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(texts[i]);
    memory_free(texts);
}

void mysql_table_free(struct source_table *table)
{
    if (table == NULL)
        return;
    table_free(table->table);
    memory_free(table->key_flaw);
    free_texts(table->unusable, table->unusable_count);
    free_texts(table->unusable_types, table->unusable_count);
    free_texts(table->hidden, table->hidden_count);
    for (size_t i = 0; i < table->cursor_count; i++) {
        memory_free(table->cursors[i].column);
        memory_free(table->cursors[i].index);
    }
    memory_free(table->cursors);
    memory_free(table);
}
