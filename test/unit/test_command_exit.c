/* The exit code of a command that was asked to stop. */
#include "unit.h"

#include <signal.h>

#include "base/stop.h"
#include "command/command.h"

static void without_a_signal_the_status_decides(void **state)
{
    (void)state;
    assert_int_equal(command_exit_code(STATUS_OK), 0);
    assert_int_equal(command_exit_code(STATUS_STOPPED),
                     status_exit_code(STATUS_STOPPED));
}

static void a_signal_counts_only_where_it_stopped_something(void **state)
{
    (void)state;
    stop_request(SIGTERM);
    assert_int_equal(command_exit_code(STATUS_STOPPED), 128 + SIGTERM);
    assert_int_equal(command_exit_code(STATUS_OK), 0);
    assert_int_equal(command_exit_code(STATUS_TABLE),
                     status_exit_code(STATUS_TABLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_signal_the_status_decides),
        cmocka_unit_test(a_signal_counts_only_where_it_stopped_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
