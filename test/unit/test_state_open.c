/* What is a state, and what is refused before it is touched. */

#include "unit.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "state/state.h"
#include "state/state_store.h"

static void execute(const char *path, const char *text)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(database));
    sqlite3_close(database);
}

/* A state with some content, closed. */
static void make_state(const char *path)
{
    struct state *state = NULL;
    struct state_source source;
    struct error error;

    assert_ok(state_open(path, STATE_WRITE, &state, &error), error);
    assert_ok(state_source(state, "main", &source, &error), error);
    state_close(state);
}

static void refused(const char *path, enum error_id id)
{
    struct state *state = NULL;
    struct error error;

    assert_fails(state_open(path, STATE_WRITE, &state, &error), error, id);
    assert_null(state);
    assert_fails(state_open(path, STATE_READ, &state, &error), error, id);
    assert_null(state);
}

static void a_fresh_state_is_private_and_readable(void **folder)
{
    const char *path = scratch_path(folder, "new/state.db");
    const char *above = scratch_path(folder, "new");
    struct state *state = NULL;
    struct error error;
    struct stat facts;

    assert_ok(state_open(path, STATE_READ, &state, &error), error);
    assert_null(state);
    assert_int_equal(access(path, F_OK), -1);
    make_state(path);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(stat(above, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    execute(path, "SELECT * FROM overview, overview_streams, overview_runs");
    assert_ok(state_open(path, STATE_READ, &state, &error), error);
    assert_non_null(state);
    assert_string_equal(state_path(state), path);
    state_close(state);
}

static void a_typing_error_in_a_path_grows_no_tree(void **folder)
{
    const char *path = scratch_path(folder, "no/such/state.db");
    const char *above = scratch_path(folder, "no");
    struct state *state = NULL;
    struct state_lock *lock = NULL;
    struct error error;

    assert_fails(state_open(path, STATE_WRITE, &state, &error), error,
                 ERROR_STATE_OPEN);
    assert_non_null(strstr(error.next, "mkdir -p "));
    assert_fails(state_lock(path, &lock, &error), error, ERROR_STATE_OPEN);
    assert_int_equal(access(above, F_OK), -1);
}

static void an_empty_file_becomes_a_state(void **folder)
{
    const char *path = scratch_path(folder, "empty.db");
    struct state *state = NULL;
    struct error error;

    scratch_write(path, "", 0);
    assert_ok(state_open(path, STATE_READ, &state, &error), error);
    assert_null(state);
    make_state(path);
    make_state(path);
}

static void a_newer_state_is_refused_untouched(void **folder)
{
    const char *path = scratch_path(folder, "newer.db");

    make_state(path);
    execute(path, "PRAGMA user_version = 1000");
    refused(path, ERROR_STATE_NEWER);
}

static void a_database_of_another_program_is_refused(void **folder)
{
    const char *path = scratch_path(folder, "foreign.db");
    const char *plain = scratch_path(folder, "plain.db");

    make_state(path);
    execute(path, "PRAGMA application_id = 42");
    refused(path, ERROR_STATE_FOREIGN);
    execute(plain, "CREATE TABLE notes (text)");
    refused(plain, ERROR_STATE_FOREIGN);
    execute(plain, "SELECT text FROM notes");
}

static void a_file_that_is_no_database_is_refused_untouched(void **folder)
{
    static const char text[] = "name: main\nsource: mysql://localhost/x\n";
    const char *path = scratch_path(folder, "settings.yml");
    char zeros[8192] = {0};

    scratch_write(path, text, sizeof(text) - 1);
    refused(path, ERROR_STATE_FOREIGN);
    assert_string_equal(scratch_read(path), text);
    scratch_write(path, zeros, sizeof(zeros));
    refused(path, ERROR_STATE_FOREIGN);
}

static void what_is_no_plain_file_of_one_name_is_refused(void **folder)
{
    const char *path = scratch_path(folder, "one.db");
    const char *second = scratch_path(folder, "second.db");
    const char *symbolic = scratch_path(folder, "symbolic.db");

    make_state(path);
    assert_int_equal(link(path, second), 0);
    refused(path, ERROR_STATE_OPEN);
    refused(second, ERROR_STATE_OPEN);
    assert_int_equal(unlink(second), 0);
    make_state(path);
    assert_int_equal(symlink(path, symbolic), 0);
    refused(symbolic, ERROR_STATE_OPEN);
    refused(*folder, ERROR_STATE_OPEN);
}

static void network_file_systems_are_known(void **folder)
{
    (void)folder;
    assert_true(place_is_network(0x6969));
    assert_true(place_is_network(0xff534d42));
    assert_false(place_is_network(0xef53));
    assert_false(place_is_network(0x01021994));
    assert_false(place_is_network(0x65735546));
}

/* Every page is spoiled in turn; an unclean end makes the next one look. */
static void spoil_page(const char *path, long page)
{
    FILE *file = fopen(path, "r+");
    char noise[1024];

    assert_non_null(file);
    memset(noise, 0x5a, sizeof(noise));
    fseek(file, page * 4096 + (page == 0 ? 100 : 0), SEEK_SET);
    assert_int_equal(fwrite(noise, 1, sizeof(noise), file), sizeof(noise));
    fclose(file);
}

static void a_damaged_state_is_found_after_an_unclean_end(void **folder)
{
    const char *path = scratch_path(folder, "damaged.db");
    const char *lock_path = scratch_path(folder, "damaged.db.lock");
    struct state_lock *lock = NULL;
    struct state *state = NULL;
    struct error error;
    struct stat facts;

    make_state(path);
    assert_int_equal(stat(path, &facts), 0);
    for (long page = 0; page < facts.st_size / 4096; page++) {
        assert_int_equal(unlink(path), 0);
        make_state(path);
        spoil_page(path, page);
        scratch_write(lock_path, "1\n", 2);
        assert_ok(state_lock(path, &lock, &error), error);
        assert_fails(state_open(path, STATE_WRITE, &state, &error), error,
                     ERROR_STATE_DAMAGED);
        state_unlock(lock);
    }
}

static void a_truncated_state_is_damaged(void **folder)
{
    const char *path = scratch_path(folder, "short.db");
    struct state_lock *lock = NULL;
    struct state *state = NULL;
    struct error error;

    make_state(path);
    assert_int_equal(truncate(path, 5 * 4096 + 17), 0);
    scratch_write(scratch_path(folder, "short.db.lock"), "1\n", 2);
    assert_ok(state_lock(path, &lock, &error), error);
    assert_fails(state_open(path, STATE_WRITE, &state, &error), error,
                 ERROR_STATE_DAMAGED);
    state_unlock(lock);
}

static void a_checked_state_is_checked_once(void **folder)
{
    const char *path = scratch_path(folder, "checked.db");
    const char *lock_path = scratch_path(folder, "checked.db.lock");
    struct state_lock *lock = NULL;
    struct error error;

    make_state(path);
    assert_ok(state_lock(path, &lock, &error), error);
    assert_false(lock_wants_check(path));
    state_unlock(lock);
    assert_string_equal(scratch_read(lock_path), "");
    scratch_write(lock_path, "1\n", 2);
    assert_ok(state_lock(path, &lock, &error), error);
    assert_true(lock_wants_check(path));
    make_state(path);
    assert_false(lock_wants_check(path));
    state_unlock(lock);
}

static void a_second_process_is_told_who_holds_the_state(void **folder)
{
    const char *path = scratch_path(folder, "held.db");
    struct state_lock *lock = NULL;
    struct state_lock *second = NULL;
    struct error error;
    char holder[32];
    int status;
    pid_t child;

    assert_ok(state_lock(path, &lock, &error), error);
    snprintf(holder, sizeof(holder), "process %ld", (long)getpid());
    child = fork();
    if (child == 0) {
        bool is_right = state_lock(path, &second, &error) == STATUS_BUSY &&
                        error.id == ERROR_STATE_BUSY &&
                        strstr(error.what, holder) != NULL;

        _exit(is_right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    state_unlock(lock);
    assert_ok(state_lock(path, &lock, &error), error);
    state_unlock(lock);
}

static void a_lock_outlives_no_process(void **folder)
{
    const char *path = scratch_path(folder, "killed.db");
    struct state_lock *lock = NULL;
    struct error error;
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (state_lock(path, &lock, &error) == STATUS_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_ok(state_lock(path, &lock, &error), error);
    assert_true(lock_wants_check(path));
    state_unlock(lock);
}

static void a_lock_does_not_follow_a_link(void **folder)
{
    const char *path = scratch_path(folder, "linked.db");
    const char *victim = scratch_path(folder, "victim");
    struct state_lock *lock = NULL;
    struct error error;

    scratch_write(victim, "precious", 8);
    assert_int_equal(symlink(victim, scratch_path(folder, "linked.db.lock")),
                     0);
    assert_fails(state_lock(path, &lock, &error), error, ERROR_STATE_OPEN);
    assert_string_equal(scratch_read(victim), "precious");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_state_is_private_and_readable),
        cmocka_unit_test(a_typing_error_in_a_path_grows_no_tree),
        cmocka_unit_test(an_empty_file_becomes_a_state),
        cmocka_unit_test(a_newer_state_is_refused_untouched),
        cmocka_unit_test(a_database_of_another_program_is_refused),
        cmocka_unit_test(a_file_that_is_no_database_is_refused_untouched),
        cmocka_unit_test(what_is_no_plain_file_of_one_name_is_refused),
        cmocka_unit_test(network_file_systems_are_known),
        cmocka_unit_test(a_damaged_state_is_found_after_an_unclean_end),
        cmocka_unit_test(a_truncated_state_is_damaged),
        cmocka_unit_test(a_checked_state_is_checked_once),
        cmocka_unit_test(a_second_process_is_told_who_holds_the_state),
        cmocka_unit_test(a_lock_outlives_no_process),
        cmocka_unit_test(a_lock_does_not_follow_a_link),
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
