#ifndef TIDEMARK_SERVE_NOTIFY_H
#define TIDEMARK_SERVE_NOTIFY_H

#include <stdint.h>

#include "base/attributes.h"

/*
 * What systemd wants to know of a service of Type=notify (sd_notify(3)): one
 * datagram to the socket that NOTIFY_SOCKET names, a path or an abstract name
 * behind '@'. Without that variable nothing is sent. A datagram that cannot be
 * sent is dropped: the service goes on, and systemd sees that it is silent.
 */
struct notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Never NULL. */
struct notify *notify_new(void);
void notify_free(struct notify *notify); /* NULL is allowed */
/* Lines "NAME=value" joined by '\n'; no value of a table may stand there. */
void notify_send(const struct notify *notify, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* How often the watchdog of systemd must hear WATCHDOG=1, in microseconds; 0:
 * it does not watch this process. */
uint64_t notify_watchdog_us(const struct notify *notify);

#endif
