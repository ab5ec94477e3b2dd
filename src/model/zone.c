/*
 * Time zones as lists of changes. The C library knows the rules and reads the
 * zone files; it is asked once, day by day, and each day on which the offset
 * changes is bisected to the second.
 *
 * The list reaches 28 years beyond 2037: from there on only the last rule is
 * left, and among 28 years every kind of year (leap or not, first weekday)
 * is found. Later years are read as the one of these that is like them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/calendar.h"

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)
#define FIRST_YEAR 1971
#define RULE_YEAR 2038
#define RULE_YEARS 28
#define ZONE_FOLDER "/usr/share/zoneinfo"

struct change {
    int64_t at_us;     /* the first instant with the new offset */
    int64_t offset_us; /* wall clock minus UTC from there on */
};

struct zone {
    struct change *changes; /* the first is at INT64_MIN */
    size_t count;
};

static void add_change(struct zone *zone, int64_t at_us, int64_t offset_s)
{
    zone->changes = memory_resize(zone->changes, zone->count + 1,
                                  sizeof(*zone->changes));
    zone->changes[zone->count++] =
        (struct change){at_us, offset_s * SECOND_US};
}

/* What the C library says of the zone that TZ names now. */
static int64_t offset_at(int64_t utc_s)
{
    time_t instant = (time_t)utc_s;
    struct tm wall;

    localtime_r(&instant, &wall);
    return calendar_days(wall.tm_year + 1900, (unsigned)wall.tm_mon + 1,
                         (unsigned)wall.tm_mday) * DAY_S +
           wall.tm_hour * 3600 + wall.tm_min * 60 + wall.tm_sec - utc_s;
}

static int64_t bisect(int64_t before_s, int64_t after_s, int64_t offset_after)
{
    while (after_s - before_s > 1) {
        int64_t middle = before_s + (after_s - before_s) / 2;
        if (offset_at(middle) == offset_after)
            after_s = middle;
        else
            before_s = middle;
    }
    return after_s;
}

static void read_changes(struct zone *zone)
{
    int64_t end = calendar_days(RULE_YEAR + RULE_YEARS + 1, 1, 1) * DAY_S;
    int64_t day = calendar_days(FIRST_YEAR, 1, 1) * DAY_S;
    int64_t offset = offset_at(day);

    add_change(zone, INT64_MIN, offset);
    for (day += DAY_S; day < end; day += DAY_S) {
        int64_t next = offset_at(day);
        if (next != offset)
            add_change(zone, bisect(day - DAY_S, day, next) * SECOND_US, next);
        offset = next;
    }
}

/* The C library takes a name that it does not know for UTC. */
static bool is_known(const char *name)
{
    const char *folder = getenv("TZDIR");
    char magic[4] = "";
    char path[512];
    FILE *file;
    int length;

    if (name[0] == '\0' || name[0] == '/' || strstr(name, ".."))
        return false;
    length = snprintf(path, sizeof(path), "%s/%s",
                      folder ? folder : ZONE_FOLDER, name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return false;
    file = fopen(path, "rbe");
    if (!file)
        return false;
    if (fread(magic, 1, sizeof(magic), file) != sizeof(magic))
        magic[0] = '\0';
    fclose(file);
    return memcmp(magic, "TZif", sizeof(magic)) == 0;
}

/* "+HH:MM", "-HH:MM" up to 14 hours; false else. */
static bool parse_offset(const char *name, int64_t *seconds)
{
    struct bytes text = bytes_of(name);
    char whole[sizeof("+00:00:00")];
    int64_t microseconds;

    if (text.size != sizeof("+00:00") - 1 ||
        (name[0] != '+' && name[0] != '-') || name[1] == '-')
        return false;
    snprintf(whole, sizeof(whole), "%s:00", name + 1);
    if (!calendar_parse_time(bytes_of(whole), &microseconds) ||
        microseconds > 14 * 3600 * SECOND_US)
        return false;
    *seconds = microseconds / SECOND_US * (name[0] == '-' ? -1 : 1);
    return true;
}

/* Zones that were read once, so that TZ is left alone while threads run. */
struct known {
    char *name;
    struct zone zone;
};
static struct known *known;
static size_t known_count;
static pthread_mutex_t known_mutex = PTHREAD_MUTEX_INITIALIZER;

static void read_known(struct known *entry, const char *name)
{
    char *kept = memory_text(getenv("TZ"));

    entry->name = memory_text(name);
    setenv("TZ", name, 1);
    tzset();
    read_changes(&entry->zone);
    if (kept)
        setenv("TZ", kept, 1);
    else
        unsetenv("TZ");
    tzset();
    memory_free(kept);
}

/* The entry of that name, read where it is new; the mutex is held. */
static const struct zone *find_known(const char *name)
{
    size_t i = 0;

    while (i < known_count && !text_equal(known[i].name, name))
        i++;
    if (i == known_count) {
        known = memory_resize(known, known_count + 1, sizeof(*known));
        memset(&known[known_count], 0, sizeof(*known));
        read_known(&known[known_count++], name);
    }
    return &known[i].zone;
}

static struct zone *copy_zone(const struct zone *from)
{
    struct zone *zone = memory_new(1, sizeof(*zone));

    zone->changes = memory_new(from->count, sizeof(*zone->changes));
    memcpy(zone->changes, from->changes, from->count * sizeof(*zone->changes));
    zone->count = from->count;
    return zone;
}

struct zone *zone_load(const char *name)
{
    struct zone *zone;
    int64_t offset_s = 0;

    if (text_equal_nocase(name, "UTC") || parse_offset(name, &offset_s)) {
        zone = memory_new(1, sizeof(*zone));
        add_change(zone, INT64_MIN, offset_s);
        return zone;
    }
    if (!is_known(name))
        return NULL;
    pthread_mutex_lock(&known_mutex);
    zone = copy_zone(find_known(name));
    pthread_mutex_unlock(&known_mutex);
    return zone;
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    memory_free(zone->changes);
    memory_free(zone);
}

bool zone_has_daylight_saving(const struct zone *zone)
{
    int64_t start_us = calendar_days(2020, 1, 1) * CALENDAR_DAY_US;
    int64_t end_us = calendar_days(RULE_YEAR, 1, 1) * CALENDAR_DAY_US;

    for (size_t i = 1; i < zone->count; i++) {
        if (zone->changes[i].at_us >= start_us &&
            zone->changes[i].at_us < end_us)
            return true;
    }
    return false;
}

/* How far to move a time beyond the list so that it lies in a like year. */
static int64_t shift_us(int64_t time_us)
{
    int64_t days = time_us / CALENDAR_DAY_US;
    int32_t first;
    int year;
    unsigned month;
    unsigned day;

    calendar_date((int32_t)days, &year, &month, &day);
    if (year < RULE_YEAR + RULE_YEARS)
        return 0;
    first = calendar_days(year, 1, 1);
    for (int like = RULE_YEAR; like < RULE_YEAR + RULE_YEARS; like++) {
        int32_t like_first = calendar_days(like, 1, 1);
        if ((first - like_first) % 7 == 0 &&
            calendar_days(like + 1, 1, 1) - like_first ==
                calendar_days(year + 1, 1, 1) - first)
            return (first - like_first) * CALENDAR_DAY_US;
    }
    return 0;
}

static int64_t add_clamped(int64_t left, int64_t right)
{
    int64_t sum;

    if (__builtin_add_overflow(left, right, &sum))
        return left < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* The last change at or before the time; `is_wall` reads the times of changes
 * by the clock that ends there. */
static size_t find_change(const struct zone *zone, int64_t time_us,
                          bool is_wall)
{
    size_t low = 0;
    size_t high = zone->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        int64_t start_us = zone->changes[middle].at_us;
        if (is_wall)
            start_us += zone->changes[middle - 1].offset_us;
        if (time_us >= start_us)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t zone_wall(const struct zone *zone, int64_t utc_us)
{
    int64_t near_us = utc_us - shift_us(utc_us);
    size_t i = find_change(zone, near_us, false);

    return add_clamped(utc_us, zone->changes[i].offset_us);
}

int64_t zone_instant(const struct zone *zone, int64_t wall_us)
{
    int64_t moved_us = shift_us(wall_us);
    const struct change *change =
        &zone->changes[find_change(zone, wall_us - moved_us, true)];
    int64_t instant_us =
        add_clamped(wall_us - moved_us, -change->offset_us);

    /* The clock was put forward over this reading. */
    if (instant_us < change->at_us)
        instant_us = change->at_us;
    return add_clamped(instant_us, moved_us);
}
