/*
 * Reload: a copy beside the live table, then EXCHANGE TABLES.
 *
 * What must stay true: the uuid of the copy is its token, and names move while
 * uuids stay, so that after a crash in the middle the same swap is seen as
 * done; EXCHANGE is never sent twice for one decision, and nothing is dropped
 * before the copy was seen at the live name, for an EXCHANGE that was given up
 * may still run and swap back; only a table whose comment says so is gone on
 * with as a copy, and the comment goes before the swap, so that the old live
 * table is never taken for one.
 */
#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse_plan.h"

#define MARK "tidemark: being loaded"

/* Runs `sql` and releases it. */
static enum status run_sql(struct clickhouse_session *session,
                           struct buffer *sql, struct error *error)
{
    enum status status = clickhouse_execute(session, sql, error);
    buffer_release(sql);
    return status;
}

static enum status drop_beside(struct clickhouse_session *session,
                               const struct table *table, struct error *error)
{
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "DROP TABLE IF EXISTS ");
    sql_table(&sql, session->house, table->target, CLICKHOUSE_BESIDE);
    buffer_add_text(&sql, " SYNC");
    return run_sql(session, &sql, error);
}

static enum status comment_beside(struct clickhouse_session *session,
                                  const struct table *table,
                                  const char *comment, struct error *error)
{
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "ALTER TABLE ");
    sql_table(&sql, session->house, table->target, CLICKHOUSE_BESIDE);
    buffer_add_text(&sql, " MODIFY COMMENT ");
    sql_text(&sql, comment);
    return run_sql(session, &sql, error);
}

static enum status create_beside(struct clickhouse_session *session,
                                 const struct table *table,
                                 struct error *error)
{
    struct buffer sql;
    enum status status = drop_beside(session, table, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("clickhouse.ddl.beside", error);
    sql_init(&sql);
    clickhouse_create_sql(session->house, table, CLICKHOUSE_BESIDE, &sql);
    status = run_sql(session, &sql, error);
    return status == STATUS_OK
               ? comment_beside(session, table, MARK, error)
               : status;
}

/* A copy that was begun, of the same layout. */
static bool is_usable(const struct clickhouse *house,
                      const struct table *table,
                      const struct clickhouse_table *copy)
{
    struct steps steps = {NULL, 0, NULL, false};
    if (!copy->name || !text_equal(copy->comment, MARK))
        return false;
    clickhouse_compare(house, table, copy, &steps);
    bool is_same = steps.count == 0 && !steps.needs_reload;
    steps_release(&steps);
    return is_same;
}

enum status clickhouse_beside(struct warehouse_session *session,
                              const struct table *table, bool keeps,
                              char *token, size_t size, struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table copy;
    enum status status = clickhouse_describe(ours, table->target,
                                             CLICKHOUSE_BESIDE, &copy, error);
    if (status != STATUS_OK)
        return status;
    if (!keeps || !is_usable(ours->house, table, &copy)) {
        clickhouse_table_release(&copy);
        status = create_beside(ours, table, error);
        if (status == STATUS_OK)
            status = clickhouse_describe(ours, table->target,
                                         CLICKHOUSE_BESIDE, &copy, error);
    }
    if (status == STATUS_OK &&
        (!copy.name || !text_copy(token, size, copy.uuid)))
        status = error_set(error, ERROR_WAREHOUSE_ANSWER,
                           "could not find the copy of table \"%s\" that was "
                           "created", table->name);
    if (status == STATUS_OK)
        clickhouse_table_release(&copy);
    return status;
}

static enum status exchange(struct clickhouse_session *session,
                            const struct table *table, bool has_live,
                            struct error *error)
{
    struct buffer sql;
    FAILPOINT("clickhouse.swap.before", error);
    sql_init(&sql);
    buffer_add_text(&sql, has_live ? "EXCHANGE TABLES " : "RENAME TABLE ");
    sql_table(&sql, session->house, table->target, CLICKHOUSE_BESIDE);
    buffer_add_text(&sql, has_live ? " AND " : " TO ");
    sql_table(&sql, session->house, table->target, CLICKHOUSE_STORED);
    enum status status = clickhouse_execute_once(session, &sql, error);
    buffer_release(&sql);
    if (status == STATUS_OK)
        FAILPOINT("clickhouse.swap.after", error);
    return status;
}

static enum status swap_in(struct clickhouse_session *session,
                           const struct table *table, const char *token,
                           const struct clickhouse_table *live,
                           struct error *error)
{
    struct clickhouse_table copy;
    enum status status = clickhouse_describe(session, table->target,
                                             CLICKHOUSE_BESIDE, &copy, error);
    if (status != STATUS_OK)
        return status;
    bool is_copy = copy.name && text_equal(copy.uuid, token);
    clickhouse_table_release(&copy);
    if (!is_copy)
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot swap table \"%s\": the copy that was loaded "
                         "is gone", table->name);
    status = comment_beside(session, table, table->comment, error);
    return status == STATUS_OK
               ? exchange(session, table, live->name != NULL, error)
               : status;
}

static enum status is_live(struct clickhouse_session *session,
                           const struct table *table, const char *token,
                           struct clickhouse_table *live, bool *is_there,
                           struct error *error)
{
    enum status status = clickhouse_describe(session, table->target,
                                             CLICKHOUSE_STORED, live, error);
    *is_there = status == STATUS_OK && live->name &&
                text_equal(live->uuid, token);
    return status;
}

static enum status confirm(struct clickhouse_session *session,
                           const struct table *table, const char *token,
                           struct error *error)
{
    struct clickhouse_table live;
    bool is_done = false;
    enum status status = is_live(session, table, token, &live, &is_done,
                                 error);
    if (status != STATUS_OK)
        return status;
    clickhouse_table_release(&live);
    return is_done ? STATUS_OK
                   : error_set(error, ERROR_WAREHOUSE_ANSWER,
                               "table \"%s\" was swapped back by an earlier "
                               "request", table->name);
}

enum status clickhouse_swap(struct warehouse_session *session,
                            const struct table *table, const char *token,
                            struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table live;
    bool is_done = false;
    enum status status = is_live(ours, table, token, &live, &is_done, error);
    if (status != STATUS_OK)
        return status;
    if (!is_done)
        status = swap_in(ours, table, token, &live, error);
    clickhouse_table_release(&live);
    if (status == STATUS_OK && !is_done)
        status = confirm(ours, table, token, error);
    if (status == STATUS_OK)
        status = clickhouse_settle_view(ours, table, error);
    return status == STATUS_OK ? drop_beside(ours, table, error) : status;
}
