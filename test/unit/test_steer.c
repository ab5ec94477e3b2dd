/* What a daemon's threads share: pauses, throttle, figures. */

#include "unit.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "scratch.h"
#include "sync/steer.h"

static void a_pause_is_of_a_table_or_of_everything(void **state)
{
    struct steer *steer = steer_new();

    (void)state;
    assert_false(steer_is_paused(steer, "a"));
    assert_true(steer_pause(steer, "a"));
    assert_false(steer_pause(steer, "a"));
    assert_true(steer_is_paused(steer, "a"));
    assert_false(steer_is_paused(steer, "b"));
    assert_false(steer_is_paused(steer, NULL));
    assert_true(steer_pause(steer, NULL));
    assert_true(steer_is_paused(steer, "b"));
    assert_true(steer_is_paused(steer, NULL));
    assert_true(steer_resume(steer, NULL));
    assert_false(steer_is_paused(steer, "a"));
    assert_false(steer_resume(steer, NULL));
    assert_false(steer_resume(steer, "a"));
    steer_free(steer);
}

static void the_generation_moves_with_every_change(void **state)
{
    struct steer *steer = steer_new();
    uint64_t first = steer_generation(steer);

    (void)state;
    (void)steer_pause(steer, "a");
    assert_int_equal(steer_generation(steer), first + 1);
    (void)steer_pause(steer, "a");
    assert_int_equal(steer_generation(steer), first + 1);
    steer_leave(steer);
    assert_int_equal(steer_generation(steer), first + 2);
    assert_true(steer_must_leave(steer));
    steer_enter(steer);
    assert_false(steer_must_leave(steer));
    steer_free(steer);
}

static void nobody_steers(void **state)
{
    struct steer_figures figures;
    struct error error;

    (void)state;
    assert_false(steer_pause(NULL, "a"));
    assert_false(steer_is_paused(NULL, NULL));
    assert_int_equal(steer_generation(NULL), 0);
    assert_false(steer_must_leave(NULL));
    steer_pay(NULL, UINT64_MAX);
    steer_progress(NULL, STEER_FOLLOWER);
    assert_false(steer_figures(NULL, STEER_FOLLOWER, &figures));
    assert_true(steer_is_alive(NULL, 0));
    assert_ok(steer_check(NULL, &error), error);
    assert_true(steer_sleep(NULL, 0, 1));
}

/* Milliseconds that paying so often takes. */
static int64_t pay_ms(struct steer *steer, uint64_t bytes, int times)
{
    int64_t start_us = clock_monotonic_us();

    for (int i = 0; i < times; i++)
        steer_pay(steer, bytes);
    return (clock_monotonic_us() - start_us) / 1000;
}

static void a_throttle_holds_its_rate(void **state)
{
    struct steer *steer = steer_new();

    (void)state;
    assert_true(pay_ms(steer, UINT64_C(1) << 40, 100) < 100);
    steer_throttle(steer, 1000000);
    int64_t took_ms = pay_ms(steer, 100000, 5);
    assert_true(took_ms >= 450 && took_ms < 1500);
    /* A quiet time buys a burst of a quarter of a second and no more. */
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
    took_ms = pay_ms(steer, 100000, 6);
    assert_true(took_ms >= 300 && took_ms < 1200);
    steer_throttle(steer, 0);
    assert_true(pay_ms(steer, UINT64_C(1) << 40, 100) < 100);
    steer_free(steer);
}

static void *pay_much(void *steer)
{
    steer_pay(steer, UINT64_C(1) << 40);
    return NULL;
}

static void nobody_waits_when_the_throttle_goes_or_all_leave(void **state)
{
    struct steer *steer = steer_new();
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        steer_throttle(steer, 1);
        pthread_create(&threads[i], NULL, pay_much, steer);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        if (i == 0)
            steer_throttle(steer, 0);
        else
            steer_leave(steer);
        pthread_join(threads[i], NULL);
    }
    steer_free(steer);
}

static void a_part_without_progress_is_not_alive(void **state)
{
    struct steer *steer = steer_new();
    struct steer_figures figures;

    (void)state;
    assert_true(steer_is_alive(steer, 0));
    steer_progress(steer, STEER_SCHEDULER);
    steer_wait(steer, STEER_FOLLOWER, 50);
    assert_true(steer_figures(steer, STEER_FOLLOWER, &figures));
    assert_int_equal(figures.lag_ms, -1);
    assert_true(figures.waits_us > figures.progress_us);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    steer_progress(steer, STEER_SCHEDULER);
    assert_true(steer_is_alive(steer, 20000)); /* it said that it waits */
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    steer_progress(steer, STEER_SCHEDULER);
    assert_false(steer_is_alive(steer, 20000));
    steer_gone(steer, STEER_FOLLOWER);
    assert_true(steer_is_alive(steer, 20000));
    assert_false(steer_figures(steer, STEER_FOLLOWER, &figures));
    steer_progress(steer, STEER_PARTS); /* nobody */
    steer_free(steer);
}

static void figures_are_what_was_told(void **state)
{
    struct steer *steer = steer_new();
    struct steer_figures told = {.lag_ms = 7, .tables = 3,
                                 .tables_on_time = 2};
    struct steer_figures figures;
    struct error error;

    (void)state;
    memset(told.note, 'x', sizeof told.note - 1);
    steer_tell(steer, STEER_FOLLOWER, &told);
    assert_true(steer_figures(steer, STEER_FOLLOWER, &figures));
    assert_in_range(figures.lag_ms, 7, 1000);
    assert_int_equal(figures.tables, 3);
    assert_int_equal(figures.tables_on_time, 2);
    assert_string_equal(figures.note, told.note);
    assert_true(clock_sleep_ms(20));
    assert_true(steer_figures(steer, STEER_FOLLOWER, &figures));
    assert_in_range(figures.lag_ms, 27, 10000); /* nothing came since */
    error_set(&error, ERROR_SOURCE_REACH, "gone");
    steer_tell_fault(steer, STEER_FOLLOWER, &error);
    assert_true(steer_figures(steer, STEER_FOLLOWER, &figures));
    assert_int_equal(figures.tables_on_time, 0);
    assert_int_equal(figures.tables, 3);
    assert_string_equal(figures.note, "tries again (TM2001)");
    assert_true(figures.progress_us > 0);
    steer_free(steer);
}

static void a_throttle_is_kept_by_source(void **state)
{
    const char *path = scratch_path(state, "s.db");
    struct state *opened = NULL;
    struct error error;
    uint64_t rate = 1;

    assert_ok(state_open(path, STATE_WRITE, &opened, &error), error);
    assert_ok(state_throttled(opened, "main", &rate, &error), error);
    assert_int_equal(rate, 0);
    assert_ok(state_throttle(opened, "main", 5, &error), error);
    assert_ok(state_throttle(opened, "main", 7, &error), error);
    assert_ok(state_throttle(opened, "other", 9, &error), error);
    assert_ok(state_throttled(opened, "main", &rate, &error), error);
    assert_int_equal(rate, 7);
    assert_ok(state_throttle(opened, "main", 0, &error), error);
    assert_ok(state_throttled(opened, "main", &rate, &error), error);
    assert_int_equal(rate, 0);
    assert_ok(state_throttled(opened, "other", &rate, &error), error);
    assert_int_equal(rate, 9);
    state_close(opened);
}

static void pauses_come_from_the_state(void **state)
{
    struct steer *steer = steer_new();
    const char *path = scratch_path(state, "s.db");
    struct state *opened = NULL;
    struct error error;

    assert_ok(state_open(path, STATE_WRITE, &opened, &error), error);
    assert_ok(state_pause(opened, "main", "a", &error), error);
    assert_ok(state_pause(opened, "main", "a", &error), error);
    assert_ok(state_pause(opened, "other", "b", &error), error);
    assert_ok(steer_load(steer, opened, "main", &error), error);
    assert_true(steer_is_paused(steer, "a"));
    assert_false(steer_is_paused(steer, "b"));
    assert_ok(state_pause(opened, "main", "", &error), error);
    assert_ok(steer_load(steer, opened, "main", &error), error);
    assert_true(steer_is_paused(steer, NULL));
    assert_ok(state_resume(opened, "main", "", &error), error);
    struct state_pause *pauses = NULL;
    size_t count = 0;
    assert_ok(state_pauses(opened, &pauses, &count, &error), error);
    assert_int_equal(count, 1);
    assert_string_equal(pauses[0].source, "other");
    assert_string_equal(pauses[0].table, "b");
    assert_true(pauses[0].since_us > 0);
    memory_free(pauses);
    state_close(opened);
    steer_free(steer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_of_a_table_or_of_everything),
        cmocka_unit_test(the_generation_moves_with_every_change),
        cmocka_unit_test(nobody_steers),
        cmocka_unit_test(a_throttle_holds_its_rate),
        cmocka_unit_test(nobody_waits_when_the_throttle_goes_or_all_leave),
        cmocka_unit_test(a_part_without_progress_is_not_alive),
        cmocka_unit_test(figures_are_what_was_told),
        cmocka_unit_test_setup_teardown(a_throttle_is_kept_by_source,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(pauses_come_from_the_state,
                                        scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
