/* The history of runs: for people, reports and monitoring. No decision of the
 * program rests on it. */

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/memory.h"
#include "state/state_store.h"

/* Older runs go, a thousand at each start, so that the file stays small. */
#define KEEP_US (INT64_C(90) * 86400 * 1000000)

static enum status add_run(struct state *state, struct state_run *run,
                           struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_RUN_START);
    query_integer(&query, 1, run->started_us);
    query_text(&query, 2, run->started_by);
    query_text(&query, 3, run->command);
    if (query_row(&query))
        run->id = query_get_unsigned(&query, 0);
    return query_end(&query, error);
}

static enum status prune(struct state *state, int64_t now_us,
                         struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_RUN_PRUNE);
    query_integer(&query, 1, now_us - KEEP_US);
    query_row(&query);
    return query_end(&query, error);
}

static enum status start(struct state *state, struct state_run *run,
                         struct error *error)
{
    enum status status = prune(state, run->started_us, error);

    if (status == STATUS_OK)
        status = add_run(state, run, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.run_start", error);
    return STATUS_OK;
}

enum status state_run_start(struct state *state, struct state_run *run,
                            struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    if (run->started_us == 0)
        run->started_us = clock_utc_us();
    status = start(state, run, error);
    return store_end(state, status, error);
}

enum status state_run_end(struct state *state, const struct state_run *run,
                          struct error *error)
{
    struct query query;

    FAILPOINT("state.run_end", error);
    query_begin(&query, state, STATEMENT_RUN_END);
    query_unsigned(&query, 1, run->id);
    query_integer(&query, 2,
                  run->ended_us == 0 ? clock_utc_us() : run->ended_us);
    query_text(&query, 3, run->outcome);
    query_integer(&query, 4, run->exit_code);
    query_unsigned(&query, 5, run->tables);
    query_unsigned(&query, 6, run->rows_read);
    query_unsigned(&query, 7, run->rows_confirmed);
    query_unsigned(&query, 8, run->bytes);
    query_unsigned(&query, 9, run->bad_rows);
    query_row(&query);
    return query_end(&query, error);
}

static void read_run(struct query *query, struct state_run *run)
{
    *run = (struct state_run){
        .id = query_get_unsigned(query, 0),
        .started_us = query_get_integer(query, 1),
        .ended_us = query_get_integer(query, 2),
        .exit_code = (int)query_get_integer(query, 6),
        .tables = query_get_unsigned(query, 7),
        .rows_read = query_get_unsigned(query, 8),
        .rows_confirmed = query_get_unsigned(query, 9),
        .bytes = query_get_unsigned(query, 10),
        .bad_rows = query_get_unsigned(query, 11),
    };
    query_get_field(query, 3, run->started_by, sizeof(run->started_by));
    query_get_field(query, 4, run->command, sizeof(run->command));
    query_get_field(query, 5, run->outcome, sizeof(run->outcome));
}

enum status state_runs(struct state *state, const char *table, size_t limit,
                       struct state_run **runs, size_t *count,
                       struct error *error)
{
    struct state_run *list = NULL;
    struct query query;
    enum status status;
    size_t length = 0;

    query_begin(&query, state, table == NULL ? STATEMENT_RUN_LIST
                                             : STATEMENT_RUN_LIST_TABLE);
    query_integer(&query, 1, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    if (table != NULL)
        query_text(&query, 2, table);
    while (query_row(&query)) {
        list = memory_resize(list, length + 1, sizeof(*list));
        read_run(&query, &list[length++]);
    }
    status = query_end(&query, error);
    if (status != STATUS_OK) {
        memory_free(list);
        list = NULL;
        length = 0;
    }
    *runs = list;
    *count = length;
    return status;
}

enum status state_run_table_add(struct state *state,
                                const struct state_run_table *table,
                                struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_RUN_TABLE_ADD);
    query_unsigned(&query, 1, table->run);
    query_text(&query, 2, table->name);
    query_text(&query, 3, table->mode);
    query_text(&query, 4, table->state);
    query_unsigned(&query, 5, table->rows_read);
    query_unsigned(&query, 6, table->rows_confirmed);
    query_unsigned(&query, 7, table->inserts);
    query_unsigned(&query, 8, table->updates);
    query_unsigned(&query, 9, table->deletes);
    query_unsigned(&query, 10, table->bad);
    query_unsigned(&query, 11, table->bytes);
    query_integer(&query, 12, table->elapsed_ms);
    query_problem(&query, 13, &table->problem);
    query_row(&query);
    return query_end(&query, error);
}

static void read_run_table(struct query *query, struct state_run_table *table)
{
    *table = (struct state_run_table){
        .run = query_get_unsigned(query, 0),
        .name = query_get_text(query, 1),
        .mode = query_get_text(query, 2),
        .state = query_get_text(query, 3),
        .rows_read = query_get_unsigned(query, 4),
        .rows_confirmed = query_get_unsigned(query, 5),
        .inserts = query_get_unsigned(query, 6),
        .updates = query_get_unsigned(query, 7),
        .deletes = query_get_unsigned(query, 8),
        .bad = query_get_unsigned(query, 9),
        .bytes = query_get_unsigned(query, 10),
        .elapsed_ms = query_get_integer(query, 11),
    };
    query_get_problem(query, 12, &table->problem);
}

enum status state_run_tables(struct state *state, uint64_t run,
                             struct state_run_table **tables, size_t *count,
                             struct error *error)
{
    struct state_run_table *list = NULL;
    struct query query;
    enum status status;
    size_t length = 0;

    query_begin(&query, state, STATEMENT_RUN_TABLE_LIST);
    query_unsigned(&query, 1, run);
    while (query_row(&query)) {
        list = memory_resize(list, length + 1, sizeof(*list));
        read_run_table(&query, &list[length++]);
    }
    status = query_end(&query, error);
    if (status != STATUS_OK) {
        state_run_tables_free(list, length);
        list = NULL;
        length = 0;
    }
    *tables = list;
    *count = length;
    return status;
}

void state_run_tables_free(struct state_run_table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memory_free(tables[i].name);
        memory_free(tables[i].mode);
        memory_free(tables[i].state);
    }
    memory_free(tables);
}
