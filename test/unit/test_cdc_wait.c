/* Notes of readings ahead of the log. */
#include "unit.h"

#include "scratch.h"
#include "state/state.h"
#include "sync/cdc.h"

static size_t count_open(struct state *state)
{
    struct state_request *open = NULL;
    struct error error;
    size_t count = 0;

    assert_ok(state_requests(state, "main", 100, &open, &count, &error),
              error);
    for (size_t i = 0; i < count; i++)
        assert_true(cdc_is_note(&open[i]) && cdc_must_wait(&open[i]));
    state_requests_free(open, count);
    return count;
}

static void one_note_a_table_waits_behind_a_mark(void **folder)
{
    struct endpoint_settings endpoint = {.name = (char[]){"main"}};
    struct sync sync = {.endpoint = &endpoint};
    struct work work = {.name = (char[]){"t"}};
    struct cdc_table table = {.work = &work};
    struct cdc cdc = {.sync = &sync};
    struct state *state = NULL;
    struct error error;

    assert_ok(state_open(scratch_path(folder, "s.db"), STATE_WRITE, &state,
                         &error), error);
    for (uint64_t version = 100; version < 102; version++)
        assert_ok(cdc_file_passed(&cdc, state, &table, false, version,
                                  &error), error);
    assert_int_equal(count_open(state), 2);
    cdc.mark = (char[]){"an end of the log"};
    cdc.mark_request = 2;
    for (uint64_t version = 102; version < 110; version++)
        assert_ok(cdc_file_passed(&cdc, state, &table, false, version,
                                  &error), error);
    assert_int_equal(count_open(state), 3);
    cdc.mark_request = 3;
    assert_ok(cdc_file_passed(&cdc, state, &table, false, 110, &error),
              error);
    assert_ok(cdc_file_passed(&cdc, state, &table, true, 111, &error), error);
    assert_int_equal(count_open(state), 5);
    state_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_note_a_table_waits_behind_a_mark,
                                        scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
