/*
 * Days and microseconds as dates and times. Counted in eras of 400 years,
 * which all have the same number of days, from 1 March of year 0: so the leap
 * day is the last of its year. Every int64 is taken without overflow.
 */
#include "model/calendar.h"

#include <inttypes.h>

#define ERA_DAYS 146097
#define ERA_YEARS 400
#define YEAR_DAYS 365
/* From 0000-03-01 to 1970-01-01. */
#define EPOCH_DAYS 719468
#define SHIFT_ERAS 2500

#define SECOND_US INT64_C(1000000)

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool calendar_is_date(int year, unsigned month, unsigned day)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30,
                                      31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12 || day < 1)
        return false;
    if (day <= 28)
        return true;
    return day <= lengths[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

int32_t calendar_days(int year, unsigned month, unsigned day)
{
    /* Months from March on: 31 30 31 30 31, twice, and the rest. */
    unsigned is_before = month < 3;
    unsigned from_march = month + 12 * is_before - 3;
    unsigned of_year = (153 * from_march + 2) / 5 + day - 1;
    /* So many eras later nothing is negative. */
    unsigned years = (unsigned)(year + SHIFT_ERAS * ERA_YEARS) - is_before;
    unsigned centuries = years / 100;
    unsigned leaps = years / 4 - centuries + centuries / 4;

    return (int32_t)(years * YEAR_DAYS + leaps + of_year) -
           (SHIFT_ERAS * ERA_DAYS + EPOCH_DAYS);
}

void calendar_date(int32_t days, int *year, unsigned *month, unsigned *day)
{
    int64_t since = (int64_t)days + EPOCH_DAYS;
    int64_t era = (since >= 0 ? since : since - ERA_DAYS + 1) / ERA_DAYS;
    unsigned of_era = (unsigned)(since - era * ERA_DAYS);
    /* Leap days before this day taken out, a year has 365 days. */
    unsigned year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
        YEAR_DAYS;
    unsigned of_year = of_era - (YEAR_DAYS * year_of_era + year_of_era / 4 -
                                 year_of_era / 100);
    unsigned from_march = (5 * of_year + 2) / 153;

    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)(era * ERA_YEARS) + (int)year_of_era + (*month <= 2);
}

void calendar_format_date(int32_t days, struct buffer *target)
{
    unsigned month;
    unsigned day;
    int year;

    calendar_date(days, &year, &month, &day);
    if (year < 0)
        buffer_add_byte(target, '-');
    buffer_add_format(target, "%04d-%02u-%02u", year < 0 ? -year : year, month,
                      day);
}

static void add_fraction(uint64_t microseconds, unsigned digits,
                         struct buffer *target)
{
    unsigned rest = (unsigned)(microseconds % (uint64_t)SECOND_US);

    if (digits == 0)
        return;
    for (unsigned i = digits; i < 6; i++)
        rest /= 10;
    buffer_add_format(target, ".%0*u", (int)digits, rest);
}

static void add_clock(uint64_t microseconds, unsigned digits,
                      struct buffer *target)
{
    uint64_t seconds = microseconds / (uint64_t)SECOND_US;

    buffer_add_format(target, "%02" PRIu64 ":%02u:%02u", seconds / 3600,
                      (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    add_fraction(microseconds, digits, target);
}

void calendar_format_datetime(int64_t microseconds, unsigned digits,
                              struct buffer *target)
{
    int64_t days = microseconds / CALENDAR_DAY_US;
    int64_t of_day = microseconds % CALENDAR_DAY_US;

    if (of_day < 0) {
        days--;
        of_day += CALENDAR_DAY_US;
    }
    calendar_format_date((int32_t)days, target);
    buffer_add_byte(target, ' ');
    add_clock((uint64_t)of_day, digits, target);
}

void calendar_format_time(int64_t microseconds, unsigned digits,
                          struct buffer *target)
{
    uint64_t magnitude = (uint64_t)microseconds;

    if (microseconds < 0) {
        buffer_add_byte(target, '-');
        magnitude = -magnitude;
    }
    add_clock(magnitude, digits, target);
}
