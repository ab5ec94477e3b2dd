#ifndef TIDEMARK_MODEL_CALENDAR_H
#define TIDEMARK_MODEL_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Proleptic Gregorian calendar. Years to be read are -32767 to 32767; days and
 * microseconds to be written may be any. */

#define CALENDAR_DAY_US INT64_C(86400000000)

bool calendar_is_date(int year, unsigned month, unsigned day);
/* Days since 1970-01-01 of a valid date. */
int32_t calendar_days(int year, unsigned month, unsigned day);
void calendar_date(int32_t days, int *year, unsigned *month, unsigned *day);
/* "2026-11-21"; appended. */
void calendar_format_date(int32_t days, struct buffer *target);
/* "2026-11-21 13:52:01" and `digits` (0 to 6) of fraction. */
void calendar_format_datetime(int64_t microseconds, unsigned digits,
                              struct buffer *target);
/* "-838:59:59.000001": as many hours as needed, at least two digits. */
void calendar_format_time(int64_t microseconds, unsigned digits,
                          struct buffer *target);
/* "2026-11-21", "2026-11-21 13:52[:01[.123456]]" with ' ' or 'T', perhaps
 * "Z" behind; false else. */
bool calendar_parse_datetime(struct bytes text, int64_t *microseconds);
/* [-]h:mm:ss[.ffffff] */
bool calendar_parse_time(struct bytes text, int64_t *microseconds);

/*
 * A time zone as a list of changes of its offset, read from the system's zone
 * files once: when a name is first asked for TZ of the process changes, so that
 * no other thread may run then. Covers 1971 to 2037; later times take the last
 * year's rules.
 */
struct zone;
/* NULL where the system does not know the name. "UTC" and "+HH:MM" are always
 * known. */
struct zone *zone_load(const char *name);
void zone_free(struct zone *zone);
bool zone_has_daylight_saving(const struct zone *zone); /* in 2020..2037 */
/* Wall clock of an instant, both in microseconds. */
int64_t zone_wall(const struct zone *zone, int64_t utc_us);
/* Instant of a wall clock; in a repeated hour the earlier reading, in a
 * skipped hour that of the change. */
int64_t zone_instant(const struct zone *zone, int64_t wall_us);

#endif
