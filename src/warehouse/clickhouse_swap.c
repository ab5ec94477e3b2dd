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
    clickhouse_copy_sql(session->house, table, CLICKHOUSE_BESIDE, MARK, &sql);
    return run_sql(session, &sql, error);
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

/* Brings the copy to the live name, where `token` says it is the one. */
static enum status swap_in(struct clickhouse_session *session,
                           const struct table *table, const char *token,
                           const struct clickhouse_table *copy, bool has_live,
                           struct error *error)
{
    if (!copy->name || !text_equal(copy->uuid, token))
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot swap table \"%s\": the copy that was loaded "
                         "is gone", table->name);
    enum status status = comment_beside(session, table, table->comment,
                                        error);
    return status == STATUS_OK ? exchange(session, table, has_live, error)
                               : status;
}

static enum status read_both(struct clickhouse_session *session,
                             const struct table *table,
                             struct clickhouse_table *found,
                             struct error *error)
{
    char *live = memory_format("%s" CLICKHOUSE_STORED, table->target);
    char *copy = memory_format("%s" CLICKHOUSE_BESIDE, table->target);
    const char *names[] = {live, copy};
    enum status status = clickhouse_catalog(session, names, 2, found, error);
    memory_free(live);
    memory_free(copy);
    return status;
}

enum status clickhouse_swap(struct warehouse_session *session,
                            const struct table *table, const char *token,
                            struct error *error)
{
    struct clickhouse_session *ours = (struct clickhouse_session *)session;
    struct clickhouse_table found[2];
    enum status status = read_both(ours, table, found, error);
    if (status != STATUS_OK)
        return status;
    bool is_done = found[0].name && text_equal(found[0].uuid, token);
    if (!is_done)
        status = swap_in(ours, table, token, &found[1],
                         found[0].name != NULL, error);
    clickhouse_table_release(&found[0]);
    clickhouse_table_release(&found[1]);
    if (status == STATUS_OK)
        status = clickhouse_settle_view(ours, table, token, error);
    return status == STATUS_OK ? drop_beside(ours, table, error) : status;
}
