/* Waits between tries. The jitter keeps many streams that failed together
 * from coming back together. */

#include "base/backoff.h"

#include <sys/random.h>

#include "base/clock.h"

void backoff_init(struct backoff *backoff, uint64_t first_ms, uint64_t cap_ms,
                  uint64_t total_ms)
{
    *backoff = (struct backoff){
        .first_ms = first_ms, .cap_ms = cap_ms, .total_ms = total_ms};
    backoff_reset(backoff);
}

/* 75 to 125 % of `milliseconds`. */
static uint64_t with_jitter(uint64_t milliseconds)
{
    uint32_t random = 0;
    uint64_t half = milliseconds / 2;

    /* Where the kernel has none yet the wait is simply the shortest. */
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        random = 0;
    return milliseconds - milliseconds / 4 + random % (half + 1);
}

bool backoff_next(struct backoff *backoff, uint64_t least_ms,
                  uint64_t *wait_ms)
{
    int64_t passed_us = clock_monotonic_us() - backoff->started_us;
    uint64_t passed_ms = (uint64_t)passed_us / 1000;
    uint64_t wait;

    if (passed_ms >= backoff->total_ms)
        return false;
    wait = with_jitter(backoff->next_ms);
    if (wait < least_ms)
        wait = least_ms;
    if (wait > backoff->cap_ms)
        wait = backoff->cap_ms;
    if (wait > backoff->total_ms - passed_ms)
        wait = backoff->total_ms - passed_ms;
    backoff->next_ms = backoff->next_ms > backoff->cap_ms / 2
                           ? backoff->cap_ms
                           : backoff->next_ms * 2;
    backoff->attempts++;
    *wait_ms = wait;
    return true;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->next_ms = backoff->first_ms;
    backoff->started_us = clock_monotonic_us();
    backoff->attempts = 0;
}
