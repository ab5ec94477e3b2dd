/*
 * Deletes for all keys whose newest row is older than a version: a TRUNCATE,
 * and what a complete reading no longer found. They are rows of that version,
 * never the server's own TRUNCATE, which a late load would undo.
 */
#include <inttypes.h>

#include "clickhouse_plan.h"

/* Under deletes: mark the row keeps its last values. */
static void add_names(const struct clickhouse *house,
                      const struct table *table, struct buffer *sql)
{
    bool keeps = house->deletes == DELETES_MARK;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored ||
            (!keeps && !table_is_key(table, i)))
            continue;
        sql_name(sql, table->columns[i].name);
        buffer_add_text(sql, ", ");
    }
    if (table->is_bucketed)
        buffer_add_text(sql, "_tm_bucket, ");
}

enum status clickhouse_tombstones(struct warehouse_session *session,
                                  const struct table *table,
                                  uint64_t version, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    const struct clickhouse *house = ours->house;
    struct buffer sql;
    if (house->deletes == DELETES_KEEP)
        return STATUS_OK;
    sql_init(&sql);
    buffer_add_text(&sql, "INSERT INTO ");
    sql_table(&sql, house, table->target, CLICKHOUSE_STORED);
    buffer_add_text(&sql, " (");
    add_names(house, table, &sql);
    buffer_add_text(&sql, "_tm_version, _tm_deleted, _tm_digest) SELECT ");
    add_names(house, table, &sql);
    buffer_add_format(&sql, "%" PRIu64 ", 1, 0 FROM ", version);
    sql_table(&sql, house, table->target, CLICKHOUSE_STORED);
    /* Moved before FINAL, the condition would choose among older rows. */
    buffer_add_format(&sql,
                      " FINAL WHERE _tm_version < %" PRIu64
                      " AND _tm_deleted = 0 SETTINGS "
                      "optimize_move_to_prewhere_if_final = 0, "
                      "insert_deduplicate = 0", version);
    enum status status = clickhouse_execute(ours, &sql, error);
    buffer_release(&sql);
    return status;
}
