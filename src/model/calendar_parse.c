/* Dates and times from the text of a person: settings, filters, options. */
#include "model/calendar.h"

#define SECOND_US INT64_C(1000000)
#define HOURS_MAX 100000000

/* What is left of the text. */
struct cursor {
    const uint8_t *place;
    const uint8_t *end;
};

static bool take(struct cursor *cursor, char wanted)
{
    if (cursor->place == cursor->end || *cursor->place != (uint8_t)wanted)
        return false;
    cursor->place++;
    return true;
}

static bool is_digit_next(const struct cursor *cursor)
{
    return cursor->place < cursor->end && *cursor->place >= '0' &&
           *cursor->place <= '9';
}

/* Exactly `count` digits. */
static bool take_digits(struct cursor *cursor, unsigned count, unsigned *value)
{
    *value = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!is_digit_next(cursor))
            return false;
        *value = *value * 10 + (unsigned)(*cursor->place - '0');
        cursor->place++;
    }
    return true;
}

/* [.1 to 6 digits] */
static bool take_fraction(struct cursor *cursor, int64_t *microseconds)
{
    int64_t unit = SECOND_US;

    *microseconds = 0;
    if (!take(cursor, '.'))
        return true;
    if (!is_digit_next(cursor))
        return false;
    while (is_digit_next(cursor) && unit > 1) {
        unit /= 10;
        *microseconds += unit * (*cursor->place - '0');
        cursor->place++;
    }
    return true;
}

static bool take_date(struct cursor *cursor, int32_t *days)
{
    unsigned year;
    unsigned month;
    unsigned day;

    if (!take_digits(cursor, 4, &year) || !take(cursor, '-') ||
        !take_digits(cursor, 2, &month) || !take(cursor, '-') ||
        !take_digits(cursor, 2, &day) ||
        !calendar_is_date((int)year, month, day))
        return false;
    *days = calendar_days((int)year, month, day);
    return true;
}

/* hh:mm[:ss[.ffffff]] of a day */
static bool take_clock(struct cursor *cursor, int64_t *microseconds)
{
    unsigned hour;
    unsigned minute;
    unsigned second = 0;
    int64_t fraction = 0;

    if (!take_digits(cursor, 2, &hour) || !take(cursor, ':') ||
        !take_digits(cursor, 2, &minute))
        return false;
    if (take(cursor, ':') && (!take_digits(cursor, 2, &second) ||
                              !take_fraction(cursor, &fraction)))
        return false;
    *microseconds =
        (int64_t)((hour * 60 + minute) * 60 + second) * SECOND_US + fraction;
    return hour < 24 && minute < 60 && second < 60;
}

bool calendar_parse_datetime(struct bytes text, int64_t *microseconds)
{
    struct cursor cursor = {text.data, text.data + text.size};
    int64_t of_day = 0;
    int32_t days;

    if (!take_date(&cursor, &days))
        return false;
    if (take(&cursor, ' ') || take(&cursor, 'T')) {
        if (!take_clock(&cursor, &of_day))
            return false;
        (void)take(&cursor, 'Z');
    }
    *microseconds = days * CALENDAR_DAY_US + of_day;
    return cursor.place == cursor.end;
}

bool calendar_parse_time(struct bytes text, int64_t *microseconds)
{
    struct cursor cursor = {text.data, text.data + text.size};
    bool is_negative = take(&cursor, '-');
    int64_t hours = 0;
    unsigned minute;
    unsigned second;
    int64_t fraction;

    if (!is_digit_next(&cursor))
        return false;
    while (is_digit_next(&cursor) && hours < HOURS_MAX) {
        hours = hours * 10 + (*cursor.place - '0');
        cursor.place++;
    }
    if (!take(&cursor, ':') || !take_digits(&cursor, 2, &minute) ||
        !take(&cursor, ':') || !take_digits(&cursor, 2, &second) ||
        !take_fraction(&cursor, &fraction) || minute > 59 || second > 59)
        return false;
    *microseconds =
        (hours * 3600 + minute * 60 + second) * SECOND_US + fraction;
    if (is_negative)
        *microseconds = -*microseconds;
    return cursor.place == cursor.end;
}
