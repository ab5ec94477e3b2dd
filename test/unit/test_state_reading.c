/* Epochs and readings: a number is given once, whoever asks. */

#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/version.h"
#include "scratch.h"
#include "state/state.h"

static struct state *open_state(const char *path)
{
    struct state *state = NULL;
    struct error error;

    assert_ok(state_open(path, STATE_WRITE, &state, &error), error);
    return state;
}

static uint64_t take(struct state *state)
{
    uint64_t version = 0;
    struct error error;

    assert_ok(state_reading_take(state, "main", &version, &error), error);
    return version;
}

static uint64_t take_and_keep(struct state *state)
{
    uint64_t version = take(state);
    struct error error;

    assert_ok(state_reading_keep(state, &error), error);
    return version;
}

static void set_readings(const char *path, uint64_t epoch, uint64_t readings)
{
    sqlite3 *database;
    char text[128];

    snprintf(text, sizeof(text),
             "UPDATE sources SET epoch = %llu, readings = %llu",
             (unsigned long long)epoch, (unsigned long long)readings);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, text, NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
}

static void a_source_starts_in_the_first_epoch(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "first.db"));
    struct state_source source;
    struct error error;
    char former[128];

    assert_ok(state_source(state, "main", &source, &error), error);
    assert_string_equal(source.name, "main");
    assert_string_equal(source.identity, "");
    assert_int_equal(source.epoch, 1);
    assert_int_equal(source.readings, 0);
    assert_ok(state_source_identify(state, "main", "uuid", former, &error),
              error);
    assert_ok(state_source_identify(state, "other", "x", former, &error),
              error);
    assert_ok(state_source(state, "main", &source, &error), error);
    assert_string_equal(source.identity, "uuid");
    assert_true(take_and_keep(state) == version_make(1, 1, 0));
    assert_ok(state_source(state, "main", &source, &error), error);
    assert_int_equal(source.readings, 1);
    state_close(state);
}

static void readings_grow_over_reopening(void **folder)
{
    const char *path = scratch_path(folder, "grow.db");
    uint64_t last = 0;

    for (int i = 0; i < 5; i++) {
        struct state *state = open_state(path);
        uint64_t version = take_and_keep(state);

        assert_true(version > last);
        last = version;
        state_close(state);
    }
    assert_true(last == version_make(1, 5, 0));
}

static void a_dropped_reading_is_given_again(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "drop.db"));
    uint64_t version = take(state);
    struct error error;

    state_reading_drop(state);
    assert_true(take_and_keep(state) == version);
    assert_true(take_and_keep(state) > version);
    assert_fails(state_reading_keep(state, &error), error, ERROR_DEFECT);
    state_close(state);
}

struct opener {
    const char *path;
    struct state *state;
    uint64_t version;
};

static void *take_in_thread(void *argument)
{
    struct opener *opener = argument;

    opener->version = take_and_keep(opener->state);
    return NULL;
}

/* Until the first snapshot is open the second gets no number at all. */
static void the_lock_holds_until_the_reading_is_kept(void **folder)
{
    const char *path = scratch_path(folder, "held.db");
    struct state *state = open_state(path);
    struct opener second = {path, open_state(path), 0};
    struct error error;
    pthread_t thread;
    uint64_t version = take(state);

    pthread_create(&thread, NULL, take_in_thread, &second);
    usleep(100000);
    assert_true(second.version == 0);
    assert_ok(state_reading_keep(state, &error), error);
    pthread_join(thread, NULL);
    assert_true(second.version > version);
    state_close(second.state);
    state_close(state);
}

static void a_kill_before_keep_leaves_no_gap_and_no_double(void **folder)
{
    const char *path = scratch_path(folder, "killed.db");
    struct state *state = open_state(path);
    pid_t child;
    int status;

    state_close(state);
    child = fork();
    if (child == 0) {
        take(open_state(path));
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    state = open_state(path);
    assert_true(take_and_keep(state) == version_make(1, 1, 0));
    state_close(state);
}

static void an_epoch_only_rises(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "epoch.db"));
    struct state_source source;
    struct error error;
    uint64_t before = take_and_keep(state);

    assert_ok(state_epoch_step(state, "main", 5, &error), error);
    assert_ok(state_source(state, "main", &source, &error), error);
    assert_int_equal(source.epoch, 5);
    assert_int_equal(source.readings, 0);
    assert_true(take_and_keep(state) > before);
    /* Another thread may ask for what is there already. */
    assert_ok(state_epoch_step(state, "main", 5, &error), error);
    assert_ok(state_epoch_step(state, "main", 4, &error), error);
    assert_ok(state_source(state, "main", &source, &error), error);
    assert_int_equal(source.epoch, 5);
    assert_int_equal(source.readings, 1);
    assert_ok(state_epoch_step(state, "main", VERSION_EPOCH_MAX, &error),
              error);
    assert_fails(state_epoch_step(state, "main", 0, &error), error,
                 ERROR_STATE_DAMAGED);
    assert_fails(state_epoch_step(state, "main", VERSION_EPOCH_MAX + 1,
                                  &error),
                 error, ERROR_STATE_DAMAGED);
    state_close(state);
}

static void another_server_steps_the_epoch(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "server.db"));
    struct state_source source;
    struct error error;
    char former[128];

    assert_ok(state_source_identify(state, "main", "a", former, &error),
              error);
    assert_string_equal(former, "");
    uint64_t before = take_and_keep(state);
    assert_ok(state_source_identify(state, "main", "a", former, &error),
              error);
    assert_string_equal(former, "");
    assert_ok(state_source(state, "main", &source, &error), error);
    assert_int_equal(source.epoch, 1);
    assert_ok(state_source_identify(state, "main", "b", former, &error),
              error);
    assert_string_equal(former, "a");
    assert_ok(state_source(state, "main", &source, &error), error);
    assert_string_equal(source.identity, "b");
    assert_int_equal(source.epoch, 2);
    assert_true(take_and_keep(state) > before);
    state_close(state);
}

static void an_exhausted_clock_steps_the_epoch(void **folder)
{
    const char *path = scratch_path(folder, "exhausted.db");
    struct state *state = open_state(path);
    struct error error;
    char former[128];
    uint64_t version;

    take_and_keep(state);
    set_readings(path, 7, VERSION_CLOCK_MAX - 1);
    assert_true(take_and_keep(state) ==
                version_make(7, VERSION_CLOCK_MAX, 0));
    assert_true(take_and_keep(state) == version_make(8, 1, 0));
    set_readings(path, VERSION_EPOCH_MAX, VERSION_CLOCK_MAX);
    assert_fails(state_reading_take(state, "main", &version, &error), error,
                 ERROR_STATE_DAMAGED);
    assert_ok(state_source_identify(state, "main", "x", former, &error),
              error);
    state_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_starts_in_the_first_epoch),
        cmocka_unit_test(readings_grow_over_reopening),
        cmocka_unit_test(a_dropped_reading_is_given_again),
        cmocka_unit_test(the_lock_holds_until_the_reading_is_kept),
        cmocka_unit_test(a_kill_before_keep_leaves_no_gap_and_no_double),
        cmocka_unit_test(an_epoch_only_rises),
        cmocka_unit_test(another_server_steps_the_epoch),
        cmocka_unit_test(an_exhausted_clock_steps_the_epoch),
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
