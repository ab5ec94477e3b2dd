/*
 * Widening a column is a mutation: the statement only notes it, and the server
 * rewrites the column's parts behind it. Where that fails every SELECT of the
 * column fails, so it is watched, and taken back (ClickHouse 26.7, measured).
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "clickhouse_plan.h"

/* Loads go on meanwhile, so that giving up the watch harms nothing. */
#define WATCH_MS 600000u
#define FIRST_WAIT_MS 20u
#define LONGEST_WAIT_MS 2000u

struct mutations {
    size_t open; /* not done */
    char *reason; /* why one fails, or NULL */
};

static void add_place(const struct clickhouse_session *session,
                      const struct table *table, struct buffer *sql)
{
    char *name = memory_format("%s" CLICKHOUSE_STORED, table->target);
    buffer_add_text(sql, " WHERE database = ");
    sql_text(sql, session->house->database);
    buffer_add_text(sql, " AND table = ");
    sql_text(sql, name);
    memory_free(name);
}

static enum status look(struct clickhouse_session *session,
                        const struct table *table,
                        struct mutations *mutations, struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT latest_fail_reason FROM system.mutations");
    add_place(session, table, &sql);
    buffer_add_text(&sql, " AND NOT is_done AND NOT is_killed "
                          "ORDER BY latest_fail_reason DESC FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    mutations->open = rows.row_count;
    mutations->reason = rows.row_count && clickhouse_cell(&rows, 0, 0)[0]
                            ? memory_text(clickhouse_cell(&rows, 0, 0))
                            : NULL;
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

static enum status take_back(struct clickhouse_session *session,
                             const struct table *table,
                             const struct step *step, struct error *error)
{
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "KILL MUTATION");
    add_place(session, table, &sql);
    buffer_add_text(&sql, " AND NOT is_done SYNC");
    struct clickhouse_rows rows;
    enum status status = clickhouse_query(session, &sql, &rows, error);
    clickhouse_rows_release(&rows);
    buffer_clear(&sql);
    buffer_add_text(&sql, step->undo);
    if (status == STATUS_OK)
        status = clickhouse_execute(session, &sql, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    error_set(error, ERROR_WAREHOUSE_TABLE,
              "cannot %s: the server could not rewrite what is stored",
              step->text);
    error_effect(error, "The column was set back to its type before.");
    error_next(error, "See latest_fail_reason in system.mutations; then "
                      "reload the table.");
    return error->status;
}

static enum status watch(struct clickhouse_session *session,
                         const struct table *table, const struct step *step,
                         struct error *error)
{
    uint64_t wait_ms = FIRST_WAIT_MS;
    int64_t until_us = clock_monotonic_us() + (int64_t)WATCH_MS * 1000;
    for (;;) {
        struct mutations mutations = {0, NULL};
        enum status status = look(session, table, &mutations, error);
        bool fails = mutations.reason != NULL;
        memory_free(mutations.reason);
        if (status != STATUS_OK || mutations.open == 0)
            return status;
        if (fails)
            return take_back(session, table, step, error);
        if (clock_monotonic_us() > until_us)
            return error_set(error, ERROR_WAREHOUSE_BUSY,
                             "could not wait any longer to %s: the server is "
                             "still rewriting it", step->text);
        if (!clock_sleep_ms(wait_ms))
            return stop_check(error);
        wait_ms = wait_ms * 2 < LONGEST_WAIT_MS ? wait_ms * 2
                                                : LONGEST_WAIT_MS;
    }
}

enum status clickhouse_widen(struct clickhouse_session *session,
                             const struct table *table,
                             const struct step *step, struct error *error)
{
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, step->sql);
    enum status status = clickhouse_execute_behind(session, &sql, error);
    buffer_release(&sql);
    return status == STATUS_OK ? watch(session, table, step, error) : status;
}
