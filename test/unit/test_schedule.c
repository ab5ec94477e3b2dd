/* When each table is read next. */

#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sync/schedule.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1000000) * SECOND)

static struct table_settings settings = {.every_ms = 0};

static struct work work_of(const char *name, enum mode mode)
{
    struct work work = {.name = (char *)(uintptr_t)name, .mode = mode,
                        .settings = &settings};

    error_clear(&work.problem);
    return work;
}

/* As one that was read well so many seconds ago. */
static struct state_table *read_before(const char *name, int64_t seconds)
{
    struct state_table *table = state_table_new("main", name);

    table->life = LIFE_LIVE;
    table->success_us = clock_utc_us() - seconds * SECOND;
    table->confirmed_us = table->success_us;
    return table;
}

static size_t due(const struct schedule *schedule, struct steer *steer,
                  int64_t now_us)
{
    const char **names;
    size_t count = schedule_due(schedule, steer, now_us, &names);

    memory_free(names);
    return count;
}

static void new_tables_are_due_and_followed_ones_never(void **state)
{
    struct schedule *schedule = schedule_new();
    struct work works[] = {work_of("a", MODE_INCREMENTAL),
                           work_of("b", MODE_FULL), work_of("c", MODE_CDC)};

    (void)state;
    assert_int_equal(schedule_next_us(schedule, NULL), INT64_MAX);
    schedule_take(schedule, works, 3, NOW);
    assert_int_equal(due(schedule, NULL, NOW), 2);
    assert_int_equal(due(schedule, NULL, NOW - 1), 0);
    assert_int_equal(schedule_next_us(schedule, NULL), NOW);
    /* One that cannot be described may come back. */
    works[2].problem.id = ERROR_TABLE_MISSING;
    schedule_take(schedule, works, 3, NOW);
    assert_int_equal(due(schedule, NULL, NOW), 3);
    schedule_take(schedule, works, 1, NOW);
    assert_int_equal(due(schedule, NULL, NOW), 1);
    schedule_free(schedule);
}

static void what_was_read_counts_from_then(void **state)
{
    struct schedule *schedule = schedule_new();
    struct work works[] = {work_of("a", MODE_INCREMENTAL),
                           work_of("b", MODE_FULL),
                           work_of("c", MODE_INCREMENTAL)};
    size_t on_time = 0;

    (void)state;
    works[0].state = read_before("a", 20);
    works[1].state = read_before("b", 3600);
    works[2].state = read_before("c", -3600); /* the clock was set back */
    for (size_t i = 0; i < 3; i++)
        works[i].late_ms = 100000000;
    schedule_take(schedule, works, 3, NOW);
    assert_int_equal(schedule_count(schedule, &on_time), 3);
    assert_int_equal(on_time, 3);
    assert_int_equal(due(schedule, NULL, NOW + 39 * SECOND), 0);
    assert_int_equal(due(schedule, NULL, NOW + 41 * SECOND), 1);
    assert_int_equal(due(schedule, NULL, NOW + 61 * SECOND), 2);
    assert_int_equal(due(schedule, NULL, NOW + 82799 * SECOND), 2);
    assert_int_equal(due(schedule, NULL, NOW + 82801 * SECOND), 3);
    for (size_t i = 0; i < 3; i++)
        state_table_free(works[i].state);
    schedule_free(schedule);
}

static void a_run_moves_its_table(void **state)
{
    struct schedule *schedule = schedule_new();
    struct work works[] = {work_of("a", MODE_FULL)};
    struct work_result result = {.work = &works[0], .state = "on time"};
    size_t on_time = 0;

    (void)state;
    error_clear(&result.problem);
    schedule_take(schedule, works, 1, NOW);
    schedule_ran(schedule, &result, NOW);
    assert_int_equal(schedule_next_us(schedule, NULL), NOW + 86400 * SECOND);
    (void)schedule_count(schedule, &on_time);
    assert_int_equal(on_time, 1);
    (void)error_set(&result.problem, ERROR_SOURCE_REACH, "away");
    result.state = "retrying";
    schedule_ran(schedule, &result, NOW);
    assert_int_equal(schedule_next_us(schedule, NULL), NOW + 60 * SECOND);
    (void)schedule_count(schedule, &on_time);
    assert_int_equal(on_time, 0);
    (void)error_set(&result.problem, ERROR_VALUE_RANGE, "bad");
    schedule_ran(schedule, &result, NOW);
    assert_int_equal(schedule_next_us(schedule, NULL), NOW + 86400 * SECOND);
    schedule_free(schedule);
}

static void the_settings_say_how_often(void **state)
{
    struct schedule *schedule = schedule_new();
    struct work works[] = {work_of("a", MODE_INCREMENTAL)};
    struct work_result result = {.work = &works[0], .state = "on time"};

    (void)state;
    error_clear(&result.problem);
    settings.every_ms = 5000;
    schedule_take(schedule, works, 1, NOW);
    schedule_ran(schedule, &result, NOW);
    assert_int_equal(schedule_next_us(schedule, NULL), NOW + 5 * SECOND);
    settings.every_ms = UINT64_MAX; /* as good as never */
    schedule_take(schedule, works, 1, NOW);
    schedule_ran(schedule, &result, NOW);
    assert_true(schedule_next_us(schedule, NULL) > NOW + 86400 * SECOND);
    settings.every_ms = 0;
    schedule_free(schedule);
}

static void a_paused_table_is_not_due(void **state)
{
    struct schedule *schedule = schedule_new();
    struct steer *steer = steer_new();
    struct work works[] = {work_of("a", MODE_FULL),
                           work_of("b", MODE_FULL)};

    (void)state;
    schedule_take(schedule, works, 2, NOW);
    (void)steer_pause(steer, "a");
    assert_int_equal(due(schedule, steer, NOW), 1);
    (void)steer_pause(steer, NULL);
    assert_int_equal(due(schedule, steer, NOW), 0);
    assert_int_equal(schedule_next_us(schedule, steer), INT64_MAX);
    (void)steer_resume(steer, NULL);
    assert_int_equal(due(schedule, steer, NOW), 2);
    steer_free(steer);
    schedule_free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_tables_are_due_and_followed_ones_never),
        cmocka_unit_test(what_was_read_counts_from_then),
        cmocka_unit_test(a_run_moves_its_table),
        cmocka_unit_test(the_settings_say_how_often),
        cmocka_unit_test(a_paused_table_is_not_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
