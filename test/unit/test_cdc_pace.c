/* The pace of followed tables: few hot ones at once, many within seconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sync/cdc_pace.h"

#define SECOND INT64_C(1000000)
#define TABLES 2000

static struct pace paces[TABLES];

/* Seconds in which each table gets so many rows. */
static void pass(size_t count, uint64_t rows, size_t seconds, double budget)
{
    for (size_t second = 0; second < seconds; second++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            paces[i].rows += rows;
            sum += pace_weigh(&paces[i], SECOND);
        }
        for (size_t i = 0; i < count; i++)
            pace_reckon(&paces[i], sum, budget);
    }
}

static int forget(void **state)
{
    (void)state;
    memset(paces, 0, sizeof paces);
    return 0;
}

static void a_hot_table_is_loaded_at_once(void **state)
{
    (void)state;
    pass(1, 1000, 20, 0.5);
    assert_int_equal(paces[0].interval_us, PACE_LEAST_US);
}

static void many_tables_stay_within_the_budget(void **state)
{
    double load = 0;

    (void)state;
    pass(100, 10, 20, 0.5);
    for (size_t i = 0; i < 100; i++)
        load += (double)pace_price_us(&paces[i]) /
                (double)paces[i].interval_us;
    assert_true(load < 0.51);
    assert_true(load > 0.45);
    assert_true(paces[0].interval_us < PACE_MOST_US);
}

static void no_row_waits_too_long(void **state)
{
    (void)state;
    pass(TABLES, 1, 20, 0.01);
    assert_int_equal(paces[0].interval_us, PACE_MOST_US);
}

static void hot_ones_go_before_lukewarm_ones(void **state)
{
    (void)state;
    for (size_t second = 0; second < 20; second++) {
        paces[0].rows += 1000;
        pass(300, 1, 1, 0.5);
    }
    assert_true(paces[0].interval_us * 5 < paces[1].interval_us);
}

static void a_dear_load_is_made_less_often(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50; i++)
        pace_priced(&paces[0], 400000);
    pass(1, 100, 20, 0.5);
    assert_true(paces[0].interval_us > 700000);
    assert_true(paces[0].interval_us < 900000);
}

static void loads_that_had_to_wait_are_no_price(void **state)
{
    struct pace *pace = &paces[0];

    (void)state;
    for (size_t i = 0; i < 60; i++)
        pace_priced(pace, i % 3 == 0 ? 200000 : 10000);
    assert_true(pace_price_us(pace) < 30000);
    for (size_t i = 0; i < 100; i++)
        pace_priced(pace, 200000);
    assert_true(pace_price_us(pace) > 150000);
}

static void the_first_row_waits_for_its_neighbours_alone(void **state)
{
    struct pace *pace = &paces[0];

    (void)state;
    pace_row(pace, 10 * SECOND);
    pace_row(pace, 0);
    assert_int_equal(pace->due_us, 10 * SECOND + PACE_LINGER_US);
    pace_loaded(pace, 10 * SECOND);
    assert_int_equal(pace->due_us, 0);
    pace_row(pace, 10 * SECOND + 1);
    assert_int_equal(pace->due_us, 10 * SECOND + PACE_LEAST_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hot_table_is_loaded_at_once, forget),
        cmocka_unit_test_setup(many_tables_stay_within_the_budget, forget),
        cmocka_unit_test_setup(no_row_waits_too_long, forget),
        cmocka_unit_test_setup(hot_ones_go_before_lukewarm_ones, forget),
        cmocka_unit_test_setup(a_dear_load_is_made_less_often, forget),
        cmocka_unit_test_setup(loads_that_had_to_wait_are_no_price, forget),
        cmocka_unit_test_setup(the_first_row_waits_for_its_neighbours_alone,
                               forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
