/* Figures as people read them. No locale has a say: digits and points are
 * made here. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define GROUPED_BYTES 28u
#define SHORT_BYTES 16u

const char *text_grouped(char *target, uint64_t value)
{
    char digits[GROUPED_BYTES];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
    char *end = target;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *end++ = ',';
        *end++ = digits[i];
    }
    *end = '\0';
    return target;
}

const char *text_bytes(char *target, uint64_t value)
{
    static const char *const units[] = {"B",  "kB", "MB", "GB",
                                        "TB", "PB", "EB"};
    uint64_t divisor = 1;
    size_t unit = 0;

    /* 999,500 is 1.0 MB already, not 1000 kB. */
    while (unit + 1 < ARRAY_COUNT(units) &&
           value >= divisor * 1000 - divisor / 2) {
        divisor *= 1000;
        unit++;
    }
    if (unit > 0 && value < divisor * 10 - divisor / 20) {
        uint64_t tenth = divisor / 10;
        unsigned tenths = (unsigned)((value + tenth / 2) / tenth);

        snprintf(target, SHORT_BYTES, "%u.%u %s", tenths / 10, tenths % 10,
                 units[unit]);
    } else {
        snprintf(target, SHORT_BYTES, "%" PRIu64 " %s",
                 value / divisor + (value % divisor >= divisor - divisor / 2),
                 units[unit]);
    }
    return target;
}

const char *text_elapsed(char *target, uint64_t milliseconds)
{
    uint64_t seconds = milliseconds / 1000;

    if (seconds < 10)
        snprintf(target, SHORT_BYTES, "%u.%us", (unsigned)seconds,
                 (unsigned)(milliseconds % 1000 / 100));
    else if (seconds < 60)
        snprintf(target, SHORT_BYTES, "%us", (unsigned)seconds);
    else if (seconds < 3600)
        snprintf(target, SHORT_BYTES, "%um%02u", (unsigned)(seconds / 60),
                 (unsigned)(seconds % 60));
    else if (seconds < 86400)
        snprintf(target, SHORT_BYTES, "%uh%02u", (unsigned)(seconds / 3600),
                 (unsigned)(seconds % 3600 / 60));
    else
        snprintf(target, SHORT_BYTES, "%" PRIu64 "d%02u", seconds / 86400,
                 (unsigned)(seconds % 86400 / 3600));
    return target;
}
