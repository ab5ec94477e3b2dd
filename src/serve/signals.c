/* SIGHUP and SIGUSR1: a handler may do little, so it sets a flag and writes a
 * byte; the thread that polls does the rest. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

static atomic_bool has_hangup;
static atomic_bool has_user;
static atomic_int wake_read = -1;
static atomic_int wake_write = -1;

static void on_signal(int number)
{
    int saved = errno;

    atomic_store(number == SIGHUP ? &has_hangup : &has_user, true);
    if (write(atomic_load(&wake_write), "", 1) < 0) {
        /* The pipe is full: it is readable already. */
    }
    errno = saved;
}

bool signals_install(void)
{
    struct sigaction action;
    int ends[2];

    if (atomic_load(&wake_read) < 0) {
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
            return false;
        atomic_store(&wake_read, ends[0]);
        atomic_store(&wake_write, ends[1]);
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGHUP, &action, NULL) == 0 &&
           sigaction(SIGUSR1, &action, NULL) == 0;
}

int signals_descriptor(void)
{
    return atomic_load(&wake_read);
}

bool signals_take(int number)
{
    char bytes[64];

    while (read(atomic_load(&wake_read), bytes, sizeof(bytes)) > 0) {
        /* One flag stands for any number of bytes. */
    }
    return atomic_exchange(number == SIGHUP ? &has_hangup : &has_user, false);
}
