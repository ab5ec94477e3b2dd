/* Overlaps, tables, seeds and runs. */

#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "scratch.h"
#include "state/checkpoint_write.h"

static struct state *open_state(const char *path)
{
    struct state *state = NULL;
    struct error error;

    assert_ok(state_open(path, STATE_WRITE, &state, &error), error);
    return state;
}

/* Saves pairs for a stream as a checkpoint would. */
static void save_pairs(struct state *state, const char *stream, bool reset,
                       const struct overlap_pair *pairs, size_t count)
{
    struct checkpoint checkpoint = {
        .stream = stream, .resume_from = "c", .pairs = pairs,
        .pair_count = count, .overlap_reset = reset};
    struct error error;

    assert_ok(state_lease_take(state, stream, "tester", &checkpoint.fence,
                               &error),
              error);
    assert_ok(checkpoint_save(state, &checkpoint, 1, &error), error);
}

static size_t read_pairs(struct state *state, const char *stream,
                         struct overlap_pair *pairs, size_t capacity)
{
    struct overlap_pair *list;
    struct error error;
    size_t count;

    assert_ok(state_overlap_read(state, stream, &list, &count, &error),
              error);
    memcpy(pairs, list == NULL ? pairs : list,
           (count < capacity ? count : capacity) * sizeof(*pairs));
    memory_free(list);
    return count;
}

static void pairs_come_sorted_the_newest_of_a_key(void **folder)
{
    static const struct overlap_pair first[] = {
        {UINT64_MAX, 1}, {0, UINT64_MAX}, {UINT64_C(1) << 63, 3}, {5, 0}};
    static const struct overlap_pair second[] = {{5, 7}, {6, 1}, {6, 2}};
    struct state *state = open_state(scratch_path(folder, "sorted.db"));
    struct overlap_pair pairs[8];

    save_pairs(state, "a/x", false, first, 4);
    save_pairs(state, "a/x", false, second, 3);
    assert_int_equal(read_pairs(state, "a/x", pairs, 8), 5);
    assert_true(pairs[0].key_hash == 0 && pairs[0].digest == UINT64_MAX);
    assert_true(pairs[1].key_hash == 5 && pairs[1].digest == 7);
    assert_true(pairs[2].key_hash == 6 && pairs[2].digest == 2);
    assert_true(pairs[3].key_hash == UINT64_C(1) << 63);
    assert_true(pairs[4].key_hash == UINT64_MAX);
    save_pairs(state, "a/x", false, first, 4);
    save_pairs(state, "a/x", true, second, 1);
    assert_int_equal(read_pairs(state, "a/x", pairs, 8), 1);
    state_close(state);
}

static void pairs_are_given_to_one_attempt_only(void **folder)
{
    static const struct overlap_pair pair = {1, 2};
    struct state *state = open_state(scratch_path(folder, "once.db"));
    struct overlap_pair pairs[2];

    save_pairs(state, "a/x", false, &pair, 1);
    assert_int_equal(read_pairs(state, "a/x", pairs, 2), 1);
    assert_int_equal(read_pairs(state, "a/x", pairs, 2), 0);
    state_close(state);
}

static void beyond_the_limit_all_pairs_are_dropped(void **folder)
{
    size_t most = OVERLAP_PAIRS_MAX;
    struct overlap_pair *pairs = memory_new(most + 1, sizeof(*pairs));
    struct state *state = open_state(scratch_path(folder, "limit.db"));

    for (size_t i = 0; i <= most; i++)
        pairs[i] = (struct overlap_pair){i * 7919, i};
    save_pairs(state, "a/x", false, pairs, most);
    assert_int_equal(read_pairs(state, "a/x", pairs, 0), most);
    save_pairs(state, "a/x", false, pairs, most + 1);
    assert_int_equal(read_pairs(state, "a/x", pairs, 0), 0);
    save_pairs(state, "a/x", false, pairs, most);
    save_pairs(state, "a/x", false, pairs + most, 1);
    assert_int_equal(read_pairs(state, "a/x", pairs, 0), 0);
    memory_free(pairs);
    state_close(state);
}

static void forgetting_a_table_means_its_streams_alone(void **folder)
{
    static const struct overlap_pair pair = {1, 2};
    static const char *const others[] = {"orders2/full", "order/full",
                                         "main.orders/full", "ORDERS/full",
                                         "orders.x/full", "orders"};
    struct state *state = open_state(scratch_path(folder, "streams.db"));
    struct overlap_pair pairs[2];
    struct error error;

    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        save_pairs(state, others[i], false, &pair, 1);
    save_pairs(state, "orders/full", false, &pair, 1);
    save_pairs(state, "orders/backfill:x/y", false, &pair, 1);
    assert_ok(state_overlap_forget(state, "orders", &error), error);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_int_equal(read_pairs(state, others[i], pairs, 2), 1);
    assert_int_equal(read_pairs(state, "orders/full", pairs, 2), 0);
    assert_int_equal(read_pairs(state, "orders/backfill:x/y", pairs, 2), 0);
    state_close(state);
}

static void a_table_is_read_as_it_was_written(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "table.db"));
    struct state_table *table = state_table_new("main", "b");
    struct state_table *found;
    struct state_table **all;
    struct error error;

    assert_ok(state_table_write(state, table, &error), error);
    table->target = memory_text("orders");
    table->life = LIFE_STOPPED;
    table->mode = memory_text("incremental");
    table->is_guessed = true;
    table->mark = memory_text("2026-11-21T00:00:00Z");
    table->mark_us = -5;
    table->null_cursors = UINT64_MAX;
    table->run = 12;
    error_set_status(&table->problem, ERROR_VALUE_DATE, STATUS_ACTION,
                     "zero date in id=42");
    error_next(&table->problem, "Mend it.");
    table->layout = memory_text("{}");
    assert_ok(state_table_write(state, table, &error), error);
    assert_ok(state_table_read(state, "main", "b", &found, &error), error);
    assert_string_equal(found->target, "orders");
    assert_int_equal(found->life, LIFE_STOPPED);
    assert_string_equal(found->mode, "incremental");
    assert_true(found->is_guessed);
    assert_string_equal(found->mark, table->mark);
    assert_int_equal(found->mark_us, -5);
    assert_true(found->null_cursors == UINT64_MAX);
    assert_int_equal(found->run, 12);
    assert_memory_equal(&found->problem, &table->problem,
                        sizeof(struct error));
    assert_null(found->shape);
    assert_string_equal(found->layout, "{}");
    state_table_free(found);
    state_table_free(table);

    table = state_table_new("main", "a");
    assert_ok(state_table_write(state, table, &error), error);
    state_table_free(table);
    assert_ok(state_tables(state, &all, &error), error);
    assert_string_equal(all[0]->name, "a");
    assert_int_equal(all[0]->problem.id, ERROR_NONE);
    assert_string_equal(all[1]->name, "b");
    assert_null(all[2]);
    state_tables_free(all);
    assert_ok(state_table_read(state, "main", "none", &found, &error), error);
    assert_null(found);
    state_close(state);
}

static char *seed_of(struct state *state, const char *column)
{
    struct error error;
    char *seed;

    assert_ok(state_seed_read(state, "main", "orders", column, &seed, &error),
              error);
    return seed;
}

static void a_renamed_column_keeps_its_seed(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "seed.db"));
    struct column columns[2] = {{.name = memory_text("b")},
                                {.name = memory_text("c")}};
    char name[] = "orders";
    struct table table = {.name = name, .columns = columns,
                          .column_count = 2};
    struct error error;
    char *seed;

    columns[0].seed_name = memory_text("a");
    columns[1].seed_name = memory_text("c");
    assert_null(seed_of(state, "b"));
    assert_ok(state_seed_write(state, "main", &table, &error), error);
    seed = seed_of(state, "b");
    assert_string_equal(seed, "a");
    memory_free(seed);
    table.column_count = 1;
    assert_ok(state_seed_write(state, "main", &table, &error), error);
    assert_null(seed_of(state, "c"));
    for (size_t i = 0; i < 2; i++) {
        memory_free(columns[i].name);
        memory_free(columns[i].seed_name);
    }
    state_close(state);
}

static uint64_t add_run(struct state *state, int64_t started_us,
                        const char *table_name)
{
    struct state_run run = {.started_us = started_us, .started_by = "manual",
                            .command = "run"};
    char name[32];
    char mode[] = "full";
    struct state_run_table table = {.name = name, .mode = mode,
                                    .rows_read = 5, .elapsed_ms = 1200};
    struct error error;

    assert_ok(state_run_start(state, &run, &error), error);
    text_copy(name, sizeof(name), table_name);
    table.run = run.id;
    error_set(&table.problem, ERROR_TABLE_MISSING, "no %s", table_name);
    assert_ok(state_run_table_add(state, &table, &error), error);
    run.exit_code = 1;
    run.rows_confirmed = UINT64_C(1) << 40;
    text_copy(run.outcome, sizeof(run.outcome), "partial");
    assert_ok(state_run_end(state, &run, &error), error);
    return run.id;
}

static void runs_come_newest_first(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "runs.db"));
    uint64_t first = add_run(state, 0, "orders");
    uint64_t second = add_run(state, 0, "items");
    uint64_t third = add_run(state, 0, "orders");
    struct state_run_table *tables;
    struct state_run *runs;
    struct error error;
    size_t count;

    assert_true(first < second && second < third);
    assert_ok(state_runs(state, NULL, 2, &runs, &count, &error), error);
    assert_int_equal(count, 2);
    assert_int_equal(runs[0].id, third);
    assert_int_equal(runs[1].id, second);
    assert_string_equal(runs[0].outcome, "partial");
    assert_string_equal(runs[0].started_by, "manual");
    assert_int_equal(runs[0].exit_code, 1);
    assert_true(runs[0].rows_confirmed == UINT64_C(1) << 40);
    assert_true(runs[0].ended_us >= runs[0].started_us);
    memory_free(runs);
    assert_ok(state_runs(state, "orders", 10, &runs, &count, &error), error);
    assert_int_equal(count, 2);
    assert_int_equal(runs[1].id, first);
    memory_free(runs);
    assert_ok(state_run_tables(state, third, &tables, &count, &error), error);
    assert_int_equal(count, 1);
    assert_string_equal(tables[0].name, "orders");
    assert_null(tables[0].state);
    assert_int_equal(tables[0].problem.id, ERROR_TABLE_MISSING);
    assert_string_equal(tables[0].problem.what, "no orders");
    state_run_tables_free(tables, count);
    state_close(state);
}

static void old_runs_go_with_their_tables(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "old.db"));
    int64_t day_us = INT64_C(86400) * 1000000;
    uint64_t old = add_run(state, clock_utc_us() - 91 * day_us, "orders");
    uint64_t kept = add_run(state, clock_utc_us() - 89 * day_us, "orders");
    struct state_run_table *tables;
    struct state_run *runs;
    struct error error;
    size_t count;

    assert_true(kept > old);
    add_run(state, 0, "orders");
    assert_ok(state_runs(state, NULL, 10, &runs, &count, &error), error);
    assert_int_equal(count, 2);
    assert_int_equal(runs[1].id, kept);
    memory_free(runs);
    assert_ok(state_run_tables(state, old, &tables, &count, &error), error);
    assert_int_equal(count, 0);
    state_run_tables_free(tables, count);
    state_close(state);
}

static void every_figure_of_a_table_is_kept(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "figures.db"));
    struct state_run run = {.started_by = "cron", .command = "run"};
    char name[] = "orders";
    char mode[] = "incremental";
    char word[] = "on time";
    struct state_run_table *tables;
    struct error error;
    size_t count;

    assert_ok(state_run_start(state, &run, &error), error);
    struct state_run_table table = {
        .run = run.id,       .name = name,  .mode = mode, .state = word,
        .rows_read = 11,     .rows_confirmed = 12,        .inserts = 13,
        .updates = 14,       .deletes = 15, .bad = 16,    .bytes = 17,
        .elapsed_ms = 18,
    };
    assert_ok(state_run_table_add(state, &table, &error), error);
    assert_ok(state_run_tables(state, run.id, &tables, &count, &error),
              error);
    assert_int_equal(count, 1);
    assert_int_equal(tables[0].run, run.id);
    assert_string_equal(tables[0].name, "orders");
    assert_string_equal(tables[0].mode, "incremental");
    assert_string_equal(tables[0].state, "on time");
    assert_int_equal(tables[0].rows_read, 11);
    assert_int_equal(tables[0].rows_confirmed, 12);
    assert_int_equal(tables[0].inserts, 13);
    assert_int_equal(tables[0].updates, 14);
    assert_int_equal(tables[0].deletes, 15);
    assert_int_equal(tables[0].bad, 16);
    assert_int_equal(tables[0].bytes, 17);
    assert_int_equal(tables[0].elapsed_ms, 18);
    assert_int_equal(tables[0].problem.id, ERROR_NONE);
    state_run_tables_free(tables, count);
    state_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_come_sorted_the_newest_of_a_key),
        cmocka_unit_test(pairs_are_given_to_one_attempt_only),
        cmocka_unit_test(beyond_the_limit_all_pairs_are_dropped),
        cmocka_unit_test(forgetting_a_table_means_its_streams_alone),
        cmocka_unit_test(a_table_is_read_as_it_was_written),
        cmocka_unit_test(a_renamed_column_keeps_its_seed),
        cmocka_unit_test(runs_come_newest_first),
        cmocka_unit_test(old_runs_go_with_their_tables),
        cmocka_unit_test(every_figure_of_a_table_is_kept),
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
