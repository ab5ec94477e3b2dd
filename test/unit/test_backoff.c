/* Waits between tries, and the end of them. */

#include "unit.h"

#include <signal.h>
#include <stdbool.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/stop.h"

static void waits_double_up_to_the_cap(void **state)
{
    static const uint64_t expected[] = {100, 200, 400, 800, 1000, 1000};
    struct backoff backoff;
    uint64_t wait_ms;

    (void)state;
    for (int round = 0; round < 50; round++) {
        backoff_init(&backoff, 100, 1000, 1000000);
        for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
            assert_true(backoff_next(&backoff, 0, &wait_ms));
            assert_in_range(wait_ms, expected[i] * 3 / 4,
                            expected[i] * 5 / 4);
            assert_true(wait_ms <= 1000);
        }
        assert_int_equal(backoff.attempts, ARRAY_COUNT(expected));
    }
}

static void the_jitter_spreads(void **state)
{
    struct backoff backoff;
    uint64_t lowest = UINT64_MAX;
    uint64_t highest = 0;

    (void)state;
    for (int round = 0; round < 100; round++) {
        uint64_t wait_ms;

        backoff_init(&backoff, 1000, 100000, 1000000);
        assert_true(backoff_next(&backoff, 0, &wait_ms));
        lowest = wait_ms < lowest ? wait_ms : lowest;
        highest = wait_ms > highest ? wait_ms : highest;
    }
    assert_true(highest - lowest > 200);
}

static void the_server_may_ask_for_more_up_to_the_cap(void **state)
{
    struct backoff backoff;
    uint64_t wait_ms;

    (void)state;
    backoff_init(&backoff, 10, 1000, 1000000);
    assert_true(backoff_next(&backoff, 500, &wait_ms));
    assert_int_equal(wait_ms, 500);
    assert_true(backoff_next(&backoff, 50000, &wait_ms));
    assert_int_equal(wait_ms, 1000);
}

static void it_ends_when_the_time_is_used_up(void **state)
{
    struct backoff backoff;
    uint64_t wait_ms;

    (void)state;
    backoff_init(&backoff, 10, 1000, 0);
    assert_false(backoff_next(&backoff, 0, &wait_ms));
    backoff_init(&backoff, 500, 1000, 30);
    assert_true(backoff_next(&backoff, 0, &wait_ms));
    assert_true(wait_ms <= 30);
    assert_true(clock_sleep_ms(31));
    assert_false(backoff_next(&backoff, 0, &wait_ms));
    backoff_reset(&backoff);
    assert_true(backoff_next(&backoff, 0, &wait_ms));
}

/* Last: the flag of a stop cannot be taken back. */
static void a_sleep_ends_when_a_stop_is_requested(void **state)
{
    struct error error;
    int64_t start_us;

    (void)state;
    assert_int_equal(stop_descriptor(), -1);
    stop_install();
    assert_true(stop_descriptor() >= 0);
    assert_int_equal(stop_check(&error), STATUS_OK);
    raise(SIGTERM);
    start_us = clock_monotonic_us();
    assert_false(clock_sleep_ms(60000));
    assert_true(clock_monotonic_us() - start_us < 1000000);
    assert_int_equal(stop_signal(), SIGTERM);
    assert_fails(stop_check(&error), error, ERROR_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_the_cap),
        cmocka_unit_test(the_jitter_spreads),
        cmocka_unit_test(the_server_may_ask_for_more_up_to_the_cap),
        cmocka_unit_test(it_ends_when_the_time_is_used_up),
        cmocka_unit_test(a_sleep_ends_when_a_stop_is_requested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
