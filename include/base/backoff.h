#ifndef TIDEMARK_BASE_BACKOFF_H
#define TIDEMARK_BASE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* Retries with an end: waits double from `first_ms` to `cap_ms` with jitter
 * of +-25 %, and stop once `total_ms` have passed since init. */
struct backoff {
    uint64_t first_ms;
    uint64_t cap_ms;
    uint64_t total_ms;
    uint64_t next_ms;
    int64_t started_us;
    uint32_t attempts;
};

void backoff_init(struct backoff *backoff, uint64_t first_ms, uint64_t cap_ms,
                  uint64_t total_ms);
/* Milliseconds to wait before the next try, at least `least_ms` (a server's
 * Retry-After, capped at cap_ms); false when the time is used up. */
bool backoff_next(struct backoff *backoff, uint64_t least_ms,
                  uint64_t *wait_ms);
/* Progress was made: as after init. */
void backoff_reset(struct backoff *backoff);

#endif
