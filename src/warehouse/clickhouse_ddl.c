/*
 * The statements that make a table and its view.
 *
 * People read the view, which stands under the source's name; rows lie in the
 * stored table behind it, where the highest version of a key wins. A table
 * without a key has no versions that could win: its loads are told apart by
 * tokens, for which the table keeps a window.
 */
#include "clickhouse.h"

/* Tokens that a table without a key remembers. */
#define WINDOW "10000"

static void add_column(const struct clickhouse *house,
                       const struct column *column, struct buffer *sql)
{
    struct buffer comment;
    sql_init(&comment);
    clickhouse_comment(column, &comment);
    buffer_add_text(sql, "  ");
    sql_name(sql, column->name);
    buffer_add_byte(sql, ' ');
    clickhouse_type(house, column, sql);
    buffer_add_text(sql, " COMMENT ");
    sql_text(sql, buffer_text(&comment));
    buffer_add_text(sql, ",\n");
    buffer_release(&comment);
}

static void add_engine(const struct clickhouse *house,
                       const struct table *table, struct buffer *sql)
{
    if (table->key_count == 0) {
        buffer_add_text(sql, "\nENGINE = MergeTree ORDER BY tuple() SETTINGS "
                             "non_replicated_deduplication_window = " WINDOW);
        return;
    }
    buffer_add_text(sql, house->deletes == DELETES_MARK
                             ? "\nENGINE = ReplacingMergeTree(_tm_version)"
                             : "\nENGINE = ReplacingMergeTree(_tm_version, "
                               "_tm_deleted)");
    /* Brackets around one column would stay in its sorting key. */
    bool is_list = table->key_count > 1;
    buffer_add_text(sql, is_list ? " ORDER BY (" : " ORDER BY ");
    for (size_t i = 0; i < table->key_count; i++) {
        if (i > 0)
            buffer_add_text(sql, ", ");
        sql_name(sql, table->columns[table->key[i]].name);
    }
    if (is_list)
        buffer_add_byte(sql, ')');
}

static void add_table(const struct clickhouse *house,
                      const struct table *table, const char *suffix,
                      const char *comment, struct buffer *sql)
{
    sql_table(sql, house, table->target, suffix);
    buffer_add_text(sql, " (\n");
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].is_stored)
            add_column(house, &table->columns[i], sql);
    }
    buffer_add_text(sql, "  _tm_version UInt64,\n  _tm_deleted UInt8,\n"
                         "  _tm_digest UInt64");
    if (table->is_bucketed)
        buffer_add_text(sql, ",\n  _tm_bucket UInt32");
    buffer_add_byte(sql, ')');
    add_engine(house, table, sql);
    if (comment[0]) {
        buffer_add_text(sql, "\nCOMMENT ");
        sql_text(sql, comment);
    }
}

void clickhouse_create_sql(const struct clickhouse *house, const char *verb,
                           const struct table *table, struct buffer *sql)
{
    buffer_add_text(sql, verb);
    add_table(house, table, CLICKHOUSE_STORED, table->comment, sql);
}

void clickhouse_copy_sql(const struct clickhouse *house,
                         const struct table *table, const char *suffix,
                         const char *comment, struct buffer *sql)
{
    buffer_add_text(sql, CREATE_TABLE_WHERE_NONE);
    add_table(house, table, suffix, comment, sql);
}

void clickhouse_view_sql(const struct clickhouse *house, const char *verb,
                         const struct table *table, struct buffer *sql)
{
    bool shows_mark = house->deletes == DELETES_MARK;
    buffer_add_text(sql, verb);
    sql_table(sql, house, table->target, "");
    buffer_add_text(sql, " AS SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored)
            continue;
        sql_name(sql, table->columns[i].name);
        buffer_add_text(sql, ", ");
    }
    if (shows_mark)
        buffer_add_text(sql, "_tm_deleted");
    else
        sql->size -= 2;
    buffer_add_text(sql, " FROM ");
    sql_table(sql, house, table->target, CLICKHOUSE_STORED);
    if (table->key_count > 0)
        buffer_add_text(sql, " FINAL");
    if (shows_mark)
        buffer_add_format(sql, " WHERE _tm_deleted < %d", DELETED_UNSEEN);
    else if (table->key_count == 0)
        buffer_add_text(sql, " WHERE _tm_deleted = 0");
}
