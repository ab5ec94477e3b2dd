/* The stop flag. The handlers do what POSIX allows a handler: atomics, write
 * and _exit. The descriptor is never read, so it stays readable for all who
 * poll it. */

#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static atomic_int requested_signal;
static atomic_int interrupt_count;
static atomic_bool ends_on_second;
static atomic_int wake_write = -1;
static atomic_int wake_read = -1;

static void on_signal(int number)
{
    int saved = errno;

    if ((number == SIGINT || atomic_load(&ends_on_second)) &&
        atomic_fetch_add(&interrupt_count, 1) > 0)
        _exit(status_exit_code(STATUS_STOPPED));
    stop_request(number);
    errno = saved;
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void stop_install(void)
{
    int ends[2];

    if (atomic_load(&wake_read) < 0 &&
        pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
        atomic_store(&wake_write, ends[1]);
        atomic_store(&wake_read, ends[0]);
    }
    handle(SIGTERM, on_signal);
    handle(SIGINT, on_signal);
    handle(SIGPIPE, SIG_IGN);
}

void stop_end_on_second(void)
{
    atomic_store(&ends_on_second, true);
}

bool stop_is_requested(void)
{
    return atomic_load(&requested_signal) != 0;
}

int stop_signal(void)
{
    return atomic_load(&requested_signal);
}

void stop_request(int signal_number)
{
    int none = 0;
    int descriptor = atomic_load(&wake_write);

    atomic_compare_exchange_strong(&requested_signal, &none, signal_number);
    if (descriptor >= 0 && write(descriptor, "", 1) < 0) {
        /* The pipe is full: it is readable already. */
    }
}

int stop_descriptor(void)
{
    return atomic_load(&wake_read);
}

enum status stop_check(struct error *error)
{
    if (!stop_is_requested())
        return STATUS_OK;
    return error_set(error, ERROR_INTERRUPTED, "interrupted by signal %d",
                     stop_signal());
}
