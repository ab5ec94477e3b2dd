/* Signals, and ends of the process that no caller sees. Each in a child. */

#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/stop.h"
#include "scratch.h"

/* What waitpid tells of a child that runs `body`. */
static int status_of(void (*body)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        body();
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void interrupt_once(void)
{
    struct pollfd stop;

    stop_install();
    stop = (struct pollfd){.fd = stop_descriptor(), .events = POLLIN};
    if (poll(&stop, 1, 0) != 0)
        _exit(1);
    raise(SIGINT);
    if (poll(&stop, 1, 0) != 1 || poll(&stop, 1, 0) != 1)
        _exit(2);
    _exit(stop_is_requested() && stop_signal() == SIGINT ? 0 : 3);
}

static void interrupt_twice(void)
{
    stop_install();
    raise(SIGINT);
    raise(SIGINT);
}

static void terminate_then_interrupt(void)
{
    stop_install();
    raise(SIGTERM);
    raise(SIGINT);
    raise(SIGTERM);
    _exit(stop_signal() == SIGTERM ? 0 : 1);
}

static void write_to_nobody(void)
{
    int ends[2];

    stop_install();
    if (pipe(ends) != 0)
        _exit(1);
    close(ends[0]);
    _exit(write(ends[1], "x", 1) == -1 && !stop_is_requested() ? 0 : 2);
}

static void ask_too_much(void)
{
    close(STDERR_FILENO);
    memory_resize(NULL, SIZE_MAX, 2);
}

static void the_first_signal_asks_and_the_second_interrupt_ends(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(status_of(interrupt_once)), 0);
    assert_int_equal(WEXITSTATUS(status_of(interrupt_twice)), 130);
    assert_int_equal(WEXITSTATUS(status_of(terminate_then_interrupt)), 0);
}

static void a_broken_pipe_is_no_end(void **state)
{
    (void)state;
    assert_int_equal(status_of(write_to_nobody), 0);
}

static void memory_that_is_not_there_ends_with_7(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(status_of(ask_too_much)), 7);
}

static enum status pass_point(struct error *error)
{
    FAILPOINT("unit.point", error);
    return STATUS_OK;
}

#ifdef TIDEMARK_FAILPOINTS
/* How many of five passes fail under a rule. */
static int failures(const char *rule)
{
    struct error error;
    int count = 0;
    int status;
    pid_t child;

    setenv("TIDEMARK_FP", rule, 1);
    child = fork();
    if (child == 0) {
        for (int i = 0; i < 5; i++) {
            if (pass_point(&error) == STATUS_OK)
                continue;
            if (error.id != ERROR_FAILPOINT)
                _exit(99);
            count++;
        }
        _exit(count);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    unsetenv("TIDEMARK_FP");
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void a_failpoint_acts_on_the_hits_that_are_meant(void **state)
{
    const char *log = scratch_path(state, "hits");

    assert_int_equal(failures(""), 0);
    assert_int_equal(failures("unit.point=error"), 5);
    assert_int_equal(failures("unit.point=error@2"), 1);
    assert_int_equal(failures("unit.point=error@4+"), 2);
    assert_int_equal(failures("unit.points=error;unit.poin=kill"), 0);
    assert_int_equal(failures("a=kill;unit.point=error@3"), 1);
    assert_int_equal(failures("unit.point=kill@5"), -SIGKILL);
    assert_int_equal(failures("unit.point=kill@6"), 0);
    assert_int_equal(failures("unit.point=exit"), 7);
    assert_int_equal(failures("unit.point=sleep:1"), 0);
    assert_int_equal(failures("unit.point=what"), 7);
    assert_int_equal(failures("unit.point"), 7);
    setenv("TIDEMARK_FP_LOG", log, 1);
    assert_int_equal(failures("unit.point=error@2"), 1);
    unsetenv("TIDEMARK_FP_LOG");
    assert_string_equal(scratch_read(log),
                        "unit.point\nunit.point\nunit.point\nunit.point\n"
                        "unit.point\n");
}
#else
static void a_release_contains_no_failpoint(void **state)
{
    struct error error;

    (void)state;
    setenv("TIDEMARK_FP", "unit.point=error", 1);
    assert_ok(pass_point(&error), error);
    unsetenv("TIDEMARK_FP");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signal_asks_and_the_second_interrupt_ends),
        cmocka_unit_test(a_broken_pipe_is_no_end),
        cmocka_unit_test(memory_that_is_not_there_ends_with_7),
#ifdef TIDEMARK_FAILPOINTS
        cmocka_unit_test(a_failpoint_acts_on_the_hits_that_are_meant),
#else
        cmocka_unit_test(a_release_contains_no_failpoint),
#endif
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
