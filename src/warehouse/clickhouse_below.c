/*
 * Deletes for all keys whose newest row is older than a version: a TRUNCATE,
 * and what a complete reading no longer found. They are rows of that version,
 * never the server's own TRUNCATE, which a late load would undo.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "clickhouse_plan.h"

#define FORMER_PAUSE_MS 50
#define FORMER_MAX_US INT64_C(120000000)

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

/* INSERTs into the table that began before this process did. */
static enum status count_former(struct clickhouse_session *session,
                                const struct table *table, uint64_t *count,
                                struct error *error)
{
    const struct clickhouse *house = session->house;
    int64_t age_us = clock_monotonic_us() - house->opened_us;
    struct clickhouse_rows rows;
    struct buffer insert;
    struct buffer sql;
    sql_init(&insert);
    buffer_add_text(&insert, "INSERT INTO ");
    sql_table(&insert, house, table->target, CLICKHOUSE_STORED);
    buffer_add_text(&insert, " ");
    sql_init(&sql);
    buffer_add_format(&sql, "SELECT count() FROM system.processes WHERE "
                            "elapsed > %" PRId64 ".%06" PRId64
                            " AND startsWith(query, ",
                      age_us / 1000000, age_us % 1000000);
    sql_text(&sql, buffer_text(&insert));
    buffer_add_text(&sql, ") FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    *count = 0;
    if (status == STATUS_OK && rows.row_count == 1)
        (void)text_to_u64(clickhouse_cell(&rows, 0, 0), count);
    clickhouse_rows_release(&rows);
    buffer_release(&insert);
    buffer_release(&sql);
    return status;
}

/* What a process that died had sent in full may still be stored: it would land
 * behind the deletes. Who may not look goes on. */
static enum status await_former(struct clickhouse_session *session,
                                const struct table *table,
                                struct error *error)
{
    int64_t until_us = clock_monotonic_us() + FORMER_MAX_US;
    for (;;) {
        uint64_t count = 0;
        enum status status = count_former(session, table, &count, error);
        if (status != STATUS_OK && error->id == ERROR_WAREHOUSE_GRANT) {
            error_clear(error);
            return STATUS_OK;
        }
        if (status != STATUS_OK || count == 0)
            return status;
        if (clock_monotonic_us() > until_us)
            return error_set(error, ERROR_WAREHOUSE_BUSY,
                             "could not wait any longer for a load of table "
                             "\"%s\" that began before", table->name);
        if (!clock_sleep_ms(FORMER_PAUSE_MS))
            return stop_check(error);
    }
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
    enum status status = await_former(ours, table, error);
    if (status != STATUS_OK)
        return status;
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
    status = clickhouse_execute(ours, &sql, error);
    buffer_release(&sql);
    return status;
}
