/* A checkpoint is saved whole or not at all, by its owner alone. */

#include "unit.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "scratch.h"
#include "state/checkpoint_write.h"

#define STREAM "orders/incremental"

static struct state *open_state(const char *path)
{
    struct state *state = NULL;
    struct error error;

    assert_ok(state_open(path, STATE_WRITE, &state, &error), error);
    return state;
}

static uint64_t take_lease(struct state *state)
{
    uint64_t fence = 0;
    struct error error;

    assert_ok(state_lease_take(state, STREAM, "tester", &fence, &error),
              error);
    return fence;
}

static int64_t count_of(const char *path, const char *text)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    int64_t count;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, text, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

static void expect(struct state *state, const char *checkpoint,
                   uint64_t rows_done)
{
    struct state_stream stream;
    struct error error;

    assert_ok(state_stream_read(state, STREAM, &stream, &error), error);
    if (checkpoint == NULL)
        assert_null(stream.checkpoint);
    else
        assert_string_equal(stream.checkpoint, checkpoint);
    assert_int_equal(stream.rows_done, rows_done);
    state_stream_release(&stream);
}

static void a_checkpoint_is_stored_as_given(void **folder)
{
    const char *path = scratch_path(folder, "given.db");
    struct state *state = open_state(path);
    struct checkpoint checkpoint = {
        .stream = STREAM,
        .fence = take_lease(state),
        .resume_from = "{\"mark\": \"2026-11-21\",  \"key\":[\"\xc3\xa4\"]}",
        .rows = 10,
        .rows_expected = 100,
    };
    struct state_stream stream;
    struct error error;

    expect(state, NULL, 0);
    assert_ok(checkpoint_save(state, &checkpoint, 1, &error), error);
    checkpoint.rows_expected = 0;
    assert_ok(checkpoint_save(state, &checkpoint, 2, &error), error);
    state_close(state);
    state = open_state(path);
    expect(state, checkpoint.resume_from, 20);
    assert_ok(state_stream_read(state, STREAM, &stream, &error), error);
    assert_int_equal(stream.rows_expected, 100);
    assert_true(stream.saved_us > INT64_C(1500000000000000));
    state_stream_release(&stream);
    assert_ok(state_stream_read(state, "nobody/full", &stream, &error),
              error);
    assert_null(stream.checkpoint);
    assert_int_equal(stream.fence, 0);
    state_close(state);
}

static void a_stale_owner_changes_nothing(void **folder)
{
    const char *path = scratch_path(folder, "stale.db");
    struct state *state = open_state(path);
    struct overlap_pair pair = {1, 1};
    struct checkpoint stale = {.stream = STREAM, .fence = take_lease(state),
                               .resume_from = "old", .rows = 1,
                               .pairs = &pair, .pair_count = 1,
                               .overlap_reset = true};
    struct checkpoint fresh = stale;
    struct error error;

    fresh.fence = take_lease(state);
    fresh.resume_from = "new";
    assert_true(fresh.fence > stale.fence);
    assert_ok(checkpoint_pend(state, &fresh, 1, "job", &error), error);
    assert_ok(checkpoint_save(state, &fresh, 2, &error), error);
    pair.digest = 9;
    assert_fails(checkpoint_save(state, &stale, 1, &error), error,
                 ERROR_STATE_FENCED);
    assert_fails(checkpoint_pend(state, &stale, 3, "job", &error), error,
                 ERROR_STATE_FENCED);
    assert_fails(checkpoint_unpend(state, STREAM, stale.fence, 1, &error),
                 error, ERROR_STATE_FENCED);
    assert_fails(state_stream_forget(state, STREAM, stale.fence, &error),
                 error, ERROR_STATE_FENCED);
    stale.stream = "nobody/full";
    assert_fails(checkpoint_save(state, &stale, 1, &error), error,
                 ERROR_STATE_FENCED);
    expect(state, "new", 1);
    assert_int_equal(count_of(path, "SELECT count(*) FROM pendings"), 1);
    assert_int_equal(count_of(path, "SELECT sum(digest) FROM overlaps"), 1);
    state_close(state);
}

static void a_forgotten_stream_keeps_its_fence(void **folder)
{
    struct state *state = open_state(scratch_path(folder, "forget.db"));
    struct checkpoint checkpoint = {.stream = STREAM,
                                    .fence = take_lease(state),
                                    .resume_from = "x", .rows = 4};
    uint64_t fence = checkpoint.fence;
    struct error error;

    assert_ok(checkpoint_save(state, &checkpoint, 1, &error), error);
    assert_ok(state_stream_forget(state, STREAM, fence, &error), error);
    expect(state, NULL, 0);
    assert_true(take_lease(state) > fence);
    state_close(state);
}

static void pendings_are_there_after_a_restart_in_order(void **folder)
{
    const char *path = scratch_path(folder, "pend.db");
    struct state *state = open_state(path);
    struct checkpoint checkpoint = {.stream = STREAM,
                                    .fence = take_lease(state),
                                    .resume_from = "c", .rows = 7};
    struct checkpoint_pending *pendings;
    struct error error;
    size_t count;

    assert_ok(checkpoint_pend(state, &checkpoint, 10, "ten", &error), error);
    assert_ok(checkpoint_pend(state, &checkpoint, 9, "nine", &error), error);
    assert_ok(checkpoint_pend(state, &checkpoint, 11, "eleven", &error),
              error);
    expect(state, NULL, 0);
    state_close(state);
    state = open_state(path);
    checkpoint.fence = take_lease(state);
    assert_ok(checkpoint_pendings(state, STREAM, &pendings, &count, &error),
              error);
    assert_int_equal(count, 3);
    assert_int_equal(pendings[0].delivery, 9);
    assert_string_equal(pendings[0].handle, "nine");
    assert_string_equal(pendings[1].resume_from, "c");
    assert_int_equal(pendings[2].rows, 7);
    checkpoint_pendings_free(pendings, count);
    assert_ok(checkpoint_save(state, &checkpoint, 9, &error), error);
    assert_ok(checkpoint_unpend(state, STREAM, checkpoint.fence, 11, &error),
              error);
    assert_ok(checkpoint_pendings(state, STREAM, &pendings, &count, &error),
              error);
    assert_int_equal(count, 1);
    assert_int_equal(pendings[0].delivery, 10);
    checkpoint_pendings_free(pendings, count);
    assert_ok(checkpoint_unpend(state, STREAM, checkpoint.fence, 1, &error),
              error);
    assert_ok(checkpoint_pendings(state, STREAM, &pendings, &count, &error),
              error);
    assert_int_equal(count, 0);
    checkpoint_pendings_free(pendings, count);
    state_close(state);
}

static void a_request_is_filed_with_its_checkpoint_once(void **folder)
{
    const char *path = scratch_path(folder, "request.db");
    struct state *state = open_state(path);
    struct state_request request = {
        .source = "main", .table = "orders", .scope = "{\"keys\":[1]}",
        .reason = "filter"};
    struct checkpoint checkpoint = {
        .stream = STREAM, .fence = take_lease(state) + 1,
        .resume_from = "c", .requests = &request, .request_count = 1};
    struct error error;

    assert_fails(checkpoint_save(state, &checkpoint, 1, &error), error,
                 ERROR_STATE_FENCED);
    assert_int_equal(count_of(path, "SELECT count(*) FROM requests"), 0);
    checkpoint.fence--;
    assert_ok(checkpoint_pend(state, &checkpoint, 1, "job", &error), error);
    assert_ok(checkpoint_save(state, &checkpoint, 1, &error), error);
    assert_int_equal(count_of(path, "SELECT count(*) FROM requests"), 1);
    state_close(state);
}

/* Saves checkpoint N with N rows done, pair digests N and no pending N. */
static void save_for_ever(const char *path)
{
    struct state *state = open_state(path);
    struct overlap_pair pairs[50];
    struct checkpoint checkpoint = {
        .stream = STREAM, .fence = take_lease(state), .rows = 1,
        .pairs = pairs, .pair_count = 50};
    struct state_stream stream;
    struct error error;
    char text[32];

    assert_ok(state_stream_read(state, STREAM, &stream, &error), error);
    for (uint64_t i = stream.rows_done + 1;; i++) {
        for (uint64_t j = 0; j < 50; j++)
            pairs[j] = (struct overlap_pair){j, i};
        snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
        checkpoint.resume_from = text;
        if (checkpoint_save(state, &checkpoint, i, &error) != STATUS_OK)
            _exit(1);
    }
}

static uint64_t check_saved(const char *path)
{
    struct state *state = open_state(path);
    struct state_stream stream;
    struct error error;
    uint64_t number = 0;
    char query[64];

    assert_ok(state_stream_read(state, STREAM, &stream, &error), error);
    if (stream.checkpoint != NULL)
        assert_true(text_to_u64(stream.checkpoint, &number));
    assert_int_equal(stream.rows_done, number);
    snprintf(query, sizeof(query),
             "SELECT count(*) FROM overlaps WHERE digest = %llu",
             (unsigned long long)number);
    assert_int_equal(count_of(path, query), number > 0 ? 50 : 0);
    state_stream_release(&stream);
    state_close(state);
    return number;
}

static void a_kill_at_any_time_leaves_a_whole_save(void **folder)
{
    const char *path = scratch_path(folder, "killed.db");
    uint64_t last = 0;

    state_close(open_state(path));
    for (useconds_t round = 0; round < 20; round++) {
        struct state_lock *lock;
        struct error error;
        uint64_t now;
        int status;
        pid_t child = fork();

        if (child == 0)
            save_for_ever(path);
        usleep(10000 + round * 1731);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_ok(state_lock(path, &lock, &error), error);
        now = check_saved(path);
        state_unlock(lock);
        assert_true(now >= last);
        last = now;
    }
    assert_true(last > 20);
}

/* The k-th write fails for lack of space, for many k. */
static void a_full_disk_leaves_a_whole_save(void **folder)
{
    static char filler[4096];
    const char *path = scratch_path(folder, "full.db");
    struct state *state = open_state(path);
    struct error error;
    rlim_t size;
    pid_t child;
    int status;

    for (size_t i = 0; i + 1 < sizeof(filler); i++)
        filler[i] = 'x';
    state_close(state);
    for (size = 80000; size < 140000; size += 4500) {
        child = fork();
        if (child == 0) {
            struct rlimit limit = {size, size};
            struct checkpoint checkpoint = {.stream = STREAM};
            enum status result = STATUS_OK;
            char handle[32];

            signal(SIGXFSZ, SIG_IGN);
            state = open_state(path);
            checkpoint.fence = take_lease(state);
            checkpoint.resume_from = filler;
            setrlimit(RLIMIT_FSIZE, &limit);
            for (uint64_t i = 1; result == STATUS_OK; i++) {
                snprintf(handle, sizeof(handle), "%d", (int)i);
                result = checkpoint_pend(state, &checkpoint,
                                         (uint64_t)size + i, handle, &error);
            }
            _exit(result == STATUS_TEMPORARY &&
                          error.id == ERROR_STATE_WRITE
                      ? 0
                      : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        state = open_state(path);
        assert_ok(checkpoint_unpend(state, STREAM, take_lease(state), 0,
                                    &error),
                  error);
        state_close(state);
    }
}

#ifdef TIDEMARK_FAILPOINTS
/* Dies at each step of a save; what was committed is there, nothing else. */
static void a_kill_at_each_step_is_before_or_after(void **folder)
{
    static const struct {
        const char *rule;
        const char *checkpoint;
    } cases[] = {
        {"state.save.begin=kill", NULL},
        {"state.save.before_commit=kill", NULL},
        {"state.save.before_commit=error", NULL},
        {"state.save.after_commit=kill", "new"},
        {"state.save.after_commit=exit", "new"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *path = scratch_path(folder, cases[i].rule);
        struct state *state = open_state(path);
        uint64_t fence = take_lease(state);
        struct error error;
        pid_t child;
        int status;

        state_close(state);
        child = fork();
        if (child == 0) {
            struct checkpoint checkpoint = {
                .stream = STREAM, .fence = fence, .resume_from = "new"};

            setenv("TIDEMARK_FP", cases[i].rule, 1);
            state = open_state(path);
            if (checkpoint_save(state, &checkpoint, 1, &error) !=
                STATUS_TEMPORARY)
                _exit(1);
            _exit(error.id == ERROR_FAILPOINT ? 7 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 7);
        state = open_state(path);
        expect(state, cases[i].checkpoint, 0);
        state_close(state);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_is_stored_as_given),
        cmocka_unit_test(a_stale_owner_changes_nothing),
        cmocka_unit_test(a_forgotten_stream_keeps_its_fence),
        cmocka_unit_test(pendings_are_there_after_a_restart_in_order),
        cmocka_unit_test(a_request_is_filed_with_its_checkpoint_once),
        cmocka_unit_test(a_kill_at_any_time_leaves_a_whole_save),
        cmocka_unit_test(a_full_disk_leaves_a_whole_save),
#ifdef TIDEMARK_FAILPOINTS
        cmocka_unit_test(a_kill_at_each_step_is_before_or_after),
#endif
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
