/*
 * What tidemark asks about stored tables: first names of columns, versions,
 * sizes; and what it may be granted.
 */
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse_plan.h"

enum status clickhouse_seeds(struct warehouse_session *session,
                             const struct table *table, char **seed_names,
                             struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table stored;
    for (size_t i = 0; i < table->column_count; i++)
        seed_names[i] = NULL;
    enum status status = clickhouse_describe(ours, table->target,
                                             CLICKHOUSE_STORED, &stored,
                                             error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct clickhouse_column *there =
            clickhouse_table_find(&stored, table->columns[i].name);
        if (there)
            seed_names[i] = clickhouse_comment_seed(there->comment);
    }
    clickhouse_table_release(&stored);
    return STATUS_OK;
}

enum status clickhouse_highest(struct warehouse_session *session,
                               const struct table *table, uint64_t *version,
                               struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table stored;
    struct clickhouse_rows rows;
    struct buffer sql;
    *version = 0;
    enum status status = clickhouse_describe(ours, table->target,
                                             CLICKHOUSE_STORED, &stored,
                                             error);
    if (status != STATUS_OK)
        return status;
    bool is_there = clickhouse_table_find(&stored, "_tm_version") != NULL;
    clickhouse_table_release(&stored);
    if (!is_there)
        return STATUS_OK;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT max(_tm_version) FROM ");
    sql_table(&sql, ours->house, table->target, CLICKHOUSE_STORED);
    buffer_add_text(&sql, " FORMAT TSV");
    status = clickhouse_query(ours, &sql, &rows, error);
    buffer_release(&sql);
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

/* CREATE DATABASE counts only where the database is not there yet. */
void clickhouse_grants(const struct endpoint_settings *settings,
                       struct buffer *target)
{
    const char *database = settings->url.path[0] ? settings->url.path
                                                 : "default";
    const char *user = settings->url.user[0] ? settings->url.user : "default";
    static const char *const rights[] = {
        "SELECT, INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW, "
        "DROP TABLE, DROP VIEW, ALTER",
    };
    for (size_t i = 0; i < ARRAY_COUNT(rights); i++) {
        buffer_add_format(target, "GRANT %s ON ", rights[i]);
        sql_name(target, database);
        buffer_add_text(target, ".* TO ");
        sql_name(target, user);
        buffer_add_text(target, ";\n");
    }
    buffer_add_text(target, "GRANT SELECT ON system.databases TO ");
    sql_name(target, user);
    buffer_add_text(target, ";\nGRANT SELECT ON system.mutations TO ");
    sql_name(target, user);
    buffer_add_text(target, ";\n");
}
