/* The datagrams for systemd. Ours, for libsystemd brings five libraries. */

#include "serve/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define MESSAGE_BYTES 1024

struct notify {
    int socket; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_bytes;
    uint64_t watchdog_us;
};

/* Is it an address that a datagram can go to? */
static bool take_address(struct notify *notify, const char *name)
{
    size_t length = strlen(name);
    struct sockaddr_un *address = &notify->address;

    if (length < 2 || length >= sizeof(address->sun_path) ||
        (name[0] != '/' && name[0] != '@'))
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, length);
    if (name[0] == '@')
        address->sun_path[0] = '\0';
    notify->address_bytes =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

/* WATCHDOG_PID names the process that is watched, where it is there. */
static uint64_t read_watchdog(void)
{
    const char *interval = getenv("WATCHDOG_USEC");
    const char *process = getenv("WATCHDOG_PID");
    uint64_t microseconds = 0;
    uint64_t pid = 0;

    if (process && (!text_to_u64(process, &pid) || pid != (uint64_t)getpid()))
        return 0;
    if (!interval || !text_to_u64(interval, &microseconds))
        return 0;
    return microseconds;
}

struct notify *notify_new(void)
{
    struct notify *notify = memory_new(1, sizeof(*notify));
    const char *name = getenv("NOTIFY_SOCKET");

    notify->socket = -1;
    if (!name || !take_address(notify, name))
        return notify;
    notify->watchdog_us = read_watchdog();
    notify->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            0);
    return notify;
}

void notify_free(struct notify *notify)
{
    if (!notify)
        return;
    if (notify->socket >= 0)
        close(notify->socket);
    memory_free(notify);
}

void notify_send(const struct notify *notify, const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list arguments;

    if (notify->socket < 0)
        return;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length <= 0)
        return;
    if ((size_t)length >= sizeof(text))
        length = (int)sizeof(text) - 1;
    (void)sendto(notify->socket, text, (size_t)length, MSG_NOSIGNAL,
                 (const struct sockaddr *)&notify->address,
                 notify->address_bytes);
}

uint64_t notify_watchdog_us(const struct notify *notify)
{
    return notify->watchdog_us;
}
