/* Two clocks that are never mixed: monotonic for durations, UTC for points in
 * time that people see. No order of rows rests on either. */

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "base/stop.h"

#define US_PER_SECOND INT64_C(1000000)
#define CLOCK_TEXT_BYTES 32u
#define POLL_MS_MAX 86400000

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_utc_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

bool clock_sleep_ms(uint64_t milliseconds)
{
    int64_t start_us = clock_monotonic_us();

    while (!stop_is_requested()) {
        /* A negative descriptor is passed over by poll. */
        struct pollfd stop = {.fd = stop_descriptor(), .events = POLLIN};
        uint64_t passed_us = (uint64_t)(clock_monotonic_us() - start_us);
        uint64_t left_ms;

        if (passed_us / 1000 >= milliseconds)
            return true;
        left_ms = milliseconds - passed_us / 1000;
        poll(&stop, 1, left_ms < POLL_MS_MAX ? (int)left_ms : POLL_MS_MAX);
    }
    return false;
}

const char *clock_text(char *target, int64_t utc_us)
{
    int64_t microseconds = utc_us % US_PER_SECOND;
    time_t seconds = utc_us / US_PER_SECOND;
    struct tm parts;

    if (microseconds < 0) {
        microseconds += US_PER_SECOND;
        seconds--;
    }
    gmtime_r(&seconds, &parts);
    snprintf(target, CLOCK_TEXT_BYTES, "%04d-%02u-%02uT%02u:%02u:%02u.%06uZ",
             (parts.tm_year + 1900) % 400000,
             (unsigned)parts.tm_mon % 12 + 1,
             (unsigned)parts.tm_mday % 32, (unsigned)parts.tm_hour % 24,
             (unsigned)parts.tm_min % 60, (unsigned)parts.tm_sec % 61,
             (unsigned)microseconds % 1000000);
    return target;
}
