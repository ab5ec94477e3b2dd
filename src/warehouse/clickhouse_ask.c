/*
 * What tidemark asks about stored tables: first names of columns, versions,
 * sizes; and what it may be granted.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "clickhouse_plan.h"

static void take_seeds(const struct table *table,
                       const struct clickhouse_table *stored,
                       char **seed_names)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct clickhouse_column *there =
            clickhouse_table_find(stored, table->columns[i].name);
        if (there)
            seed_names[i] = clickhouse_comment_seed(there->comment);
    }
}

enum status clickhouse_seeds(struct warehouse_session *session,
                             const struct table *const *tables, size_t count,
                             char ***seed_names, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table *found = memory_new(count, sizeof *found);
    char **names = memory_new(count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = memory_format("%s" CLICKHOUSE_STORED, tables[i]->target);
    enum status status = clickhouse_catalog(ours, (const char *const *)names,
                                            count, found, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        take_seeds(tables[i], &found[i], seed_names[i]);
        clickhouse_table_release(&found[i]);
    }
    for (size_t i = 0; i < count; i++)
        memory_free(names[i]);
    memory_free(names);
    memory_free(found);
    return status;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool is_among(const struct clickhouse_rows *rows, const char *name)
{
    return rows->row_count > 0 &&
           bsearch(&name, rows->cells, rows->row_count, sizeof *rows->cells,
                   compare_names);
}

/* The names of all tables of the database, for they cost the server nothing:
 * it opens no table for them. */
enum status clickhouse_stored(struct warehouse_session *session,
                              const struct table *const *tables,
                              size_t count, bool *is_stored,
                              bool *is_shown, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT name FROM system.tables WHERE database = ");
    sql_text(&sql, ours->house->database);
    buffer_add_text(&sql, " FORMAT TSV");
    enum status status = clickhouse_query(ours, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    if (rows.row_count > 1)
        qsort(rows.cells, rows.row_count, sizeof *rows.cells, compare_names);
    for (size_t i = 0; i < count; i++) {
        char *name = memory_format("%s" CLICKHOUSE_STORED, tables[i]->target);
        is_stored[i] = is_among(&rows, name);
        is_shown[i] = is_among(&rows, tables[i]->target);
        memory_free(name);
    }
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

/* Does the last answer say that table or column is not there? */
static bool is_absent(const struct clickhouse_session *session)
{
    int code = clickhouse_answer_code(session->http);
    return code == CODE_NO_SUCH_COLUMN || code == CODE_UNKNOWN_IDENTIFIER ||
           code == CODE_UNKNOWN_TABLE || code == CODE_UNKNOWN_DATABASE;
}

enum status clickhouse_highest(struct warehouse_session *session,
                               const struct table *table, uint64_t *version,
                               struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_rows rows;
    struct buffer sql;
    *version = 0;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT max(_tm_version) FROM ");
    sql_table(&sql, ours->house, table->target, CLICKHOUSE_STORED);
    buffer_add_text(&sql, " FORMAT TSV");
    enum status status = clickhouse_query(ours, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK && is_absent(ours)) {
        error_clear(error);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    if (rows.row_count != 1 ||
        !text_to_u64(clickhouse_cell(&rows, 0, 0), version))
        status = error_set(error, ERROR_WAREHOUSE_ANSWER,
                           "could not read the highest version of table "
                           "\"%s\"", table->name);
    clickhouse_rows_release(&rows);
    return status;
}

enum status clickhouse_size(struct warehouse_session *session,
                            const struct table *table, uint64_t *rows,
                            uint64_t *bytes, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table stored;
    enum status status = clickhouse_describe(ours, table->target,
                                             CLICKHOUSE_STORED, &stored,
                                             error);
    *rows = 0;
    *bytes = 0;
    if (status != STATUS_OK)
        return status;
    *rows = stored.rows;
    *bytes = stored.bytes;
    clickhouse_table_release(&stored);
    return STATUS_OK;
}

static void add_grant(const char *rights, const char *database,
                      const char *user, struct buffer *target)
{
    buffer_add_format(target, "GRANT %s", rights);
    if (database) {
        buffer_add_text(target, " ON ");
        sql_name(target, database);
        buffer_add_text(target, ".*");
    }
    buffer_add_text(target, " TO ");
    sql_name(target, user);
    buffer_add_text(target, ";\n");
}

/* All that prepare, load, reload and swap need, as found by taking them away.
 * Those of tables hold for views too. */
void clickhouse_grants(const struct endpoint_settings *settings,
                       struct buffer *target)
{
    static const char *const others[] = {
        "TABLE ENGINE ON Atomic", "TABLE ENGINE ON MergeTree",
        "TABLE ENGINE ON ReplacingMergeTree", "SELECT ON system.mutations",
        "SELECT ON system.processes"};
    const char *database = settings->url.path[0] ? settings->url.path
                                                 : "default";
    const char *user = settings->url.user[0] ? settings->url.user : "default";
    add_grant("SELECT, INSERT, CREATE DATABASE, CREATE TABLE, DROP TABLE, "
              "ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER MODIFY COMMENT",
              database, user, target);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        add_grant(others[i], NULL, user, target);
}
