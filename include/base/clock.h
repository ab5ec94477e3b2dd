#ifndef TIDEMARK_BASE_CLOCK_H
#define TIDEMARK_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Durations are measured by the monotonic clock, points in time are UTC. */
int64_t clock_monotonic_us(void);
/* Microseconds since 1970-01-01 UTC. */
int64_t clock_utc_us(void);
/* Sleeps, at most until a stop is requested; true when it slept in full. */
bool clock_sleep_ms(uint64_t milliseconds);
/* "2026-11-21T13:52:01.123456Z" into target (>= 32 bytes); returns it.
 * Any int64 is taken. */
const char *clock_text(char *target, int64_t utc_us);

#endif
