/*
 * Dates and times of row images. What must stay true: zero and partial dates
 * come out as they are; a field out of its range is malformed.
 */
#include "model/calendar.h"
#include "source/binlog_cell.h"

#define SECOND_US INT64_C(1000000)
#define TIME2_ZERO 0x800000
#define DATETIME2_ZERO (INT64_C(1) << 39)
#define MONTHS 13 /* a year has a month 0 */

static bool is_good(const struct mysql_moment *moment)
{
    return moment->year <= 9999 && moment->month <= 12 && moment->day <= 31 &&
           moment->hour <= 23 && moment->minute <= 59 &&
           moment->second <= 59 && moment->microsecond <= 999999;
}

/* Big endian of 0 to 3 bytes for up to 6 digits; -1 where it is too large. */
static inline int32_t fraction(struct bytes value)
{
    static const int32_t units[] = {0, 10000, 100, 1};
    static const int32_t limits[] = {1, 100, 10000, 1000000};
    int32_t number = 0;

    if (value.size > 3)
        return -1;
    for (size_t i = 0; i < value.size; i++)
        number = number << 8 | value.data[i];
    if (number >= limits[value.size])
        return -1;
    return number * units[value.size];
}

static struct bytes tail(struct bytes value, size_t head)
{
    return (struct bytes){value.data + head, value.size - head};
}

static void split_date(uint64_t date, struct mysql_moment *moment)
{
    moment->day = date & 31;
    moment->month = date >> 5 & 15;
    moment->year = (unsigned)(date >> 9);
}

/* Decimal yyyymmddhhmmss. */
static void split_old(uint64_t number, struct mysql_moment *moment)
{
    moment->second = (unsigned)(number % 100);
    moment->minute = (unsigned)(number / 100 % 100);
    moment->hour = (unsigned)(number / 10000 % 100);
    moment->day = (unsigned)(number / 1000000 % 100);
    moment->month = (unsigned)(number / 100000000 % 100);
    number /= UINT64_C(10000000000);
    moment->year = number > 9999 ? 10000 : (unsigned)number;
}

/* Year x 13 + month 17 bits, day 5, hour 5, minute 6, second 6. */
static bool split_new(struct bytes value, struct mysql_moment *moment)
{
    int64_t packed =
        ((int64_t)binlog_big_four(value.data) << 8 | value.data[4]) -
        DATETIME2_ZERO;
    int32_t microsecond = fraction(tail(value, 5));

    if (packed < 0 || microsecond < 0)
        return false;
    moment->second = packed & 63;
    moment->minute = packed >> 6 & 63;
    moment->hour = packed >> 12 & 31;
    moment->day = packed >> 17 & 31;
    moment->month = (unsigned)(packed >> 22) % MONTHS;
    moment->year = (unsigned)(packed >> 22) / MONTHS;
    moment->microsecond = (unsigned)microsecond;
    return true;
}

/* Second 0 stands for the zero date. */
static bool split_seconds(uint32_t seconds, int32_t microsecond,
                          struct mysql_moment *moment)
{
    int32_t days = (int32_t)(seconds / 86400);
    unsigned time = seconds % 86400;
    int year;

    if (microsecond < 0)
        return false;
    moment->microsecond = (unsigned)microsecond;
    if (seconds == 0)
        return true;
    calendar_date(days, &year, &moment->month, &moment->day);
    moment->year = (unsigned)year;
    moment->hour = time / 3600;
    moment->minute = time / 60 % 60;
    moment->second = time % 60;
    return true;
}

bool binlog_moment(const struct binlog_cell *cell, struct bytes value,
                   struct mysql_moment *moment)
{
    bool is_split = true;

    memset(moment, 0, sizeof(*moment));
    switch (cell->column->code) {
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        split_date(binlog_little_endian(value), moment);
        break;
    case MYSQL_TYPE_DATETIME:
        split_old(binlog_little_endian(value), moment);
        break;
    case MYSQL_TYPE_TIMESTAMP:
        is_split = split_seconds((uint32_t)binlog_little_endian(value), 0,
                                 moment);
        break;
    case MYSQL_TYPE_TIMESTAMP2:
        is_split = split_seconds(
            binlog_big_four(value.data), fraction(tail(value, 4)), moment);
        break;
    default:
        is_split = split_new(value, moment);
    }
    return is_split && is_good(moment);
}

bool binlog_read_date(struct binlog_cell *cell, struct bytes value)
{
    struct mysql_moment moment;

    if (!binlog_moment(cell, value, &moment))
        return false;
    mysql_cell_date(cell->maker, &moment);
    return true;
}

static bool read_moment(struct binlog_cell *cell, struct bytes value)
{
    struct mysql_moment moment;

    if (!binlog_moment(cell, value, &moment))
        return false;
    mysql_cell_datetime(cell->maker, &moment);
    return true;
}

static bool read_datetime2(struct binlog_cell *cell, struct bytes value)
{
    struct mysql_moment moment;

    if (!split_new(value, &moment) || !is_good(&moment))
        return false;
    mysql_cell_datetime(cell->maker, &moment);
    return true;
}

/* Into a column of its own kind: no date in between. */
static bool read_timestamp2(struct binlog_cell *cell, struct bytes value)
{
    uint32_t seconds = binlog_big_four(value.data);
    int32_t microsecond = fraction(tail(value, 4));

    if (seconds == 0)
        return read_moment(cell, value);
    if (microsecond < 0)
        return false;
    mysql_cell_microseconds(cell->maker,
                         (int64_t)seconds * SECOND_US + microsecond);
    return true;
}

binlog_read_function *binlog_moment_reader(const struct binlog_cell *cell)
{
    switch (cell->column->code) {
    case MYSQL_TYPE_DATETIME2:
        return read_datetime2;
    case MYSQL_TYPE_TIMESTAMP2:
        return cell->maker->is_natural ? read_timestamp2 : read_moment;
    default:
        return read_moment;
    }
}

/* Decimal hhmmss with a sign in 24 bits. */
static bool old_duration(struct bytes value, int64_t *microseconds)
{
    uint32_t raw = (uint32_t)binlog_little_endian(value) << 8;
    int32_t number = (int32_t)raw >> 8;
    int32_t size = number < 0 ? -number : number;
    int64_t seconds =
        size / 10000 * 3600 + size / 100 % 100 * 60 + size % 100;

    *microseconds = (number < 0 ? -seconds : seconds) * SECOND_US;
    return size / 100 % 100 <= 59 && size % 100 <= 59;
}

/* One number of hour 10 bits, minute 6, second 6 and the fraction, with an
 * offset: a negative time is the two's complement of the whole. */
static bool new_duration(struct bytes value, int64_t *microseconds)
{
    unsigned bits = 8 * ((unsigned)value.size - 3);
    int64_t joint = (int64_t)binlog_big_endian(value) -
                    ((int64_t)TIME2_ZERO << bits);
    uint64_t size = (uint64_t)(joint < 0 ? -joint : joint);
    uint64_t time = size >> bits;
    uint8_t digits[3] = {(uint8_t)size, (uint8_t)size, (uint8_t)size};
    int32_t part;
    int64_t whole;

    for (size_t i = 0; i < value.size - 3; i++)
        digits[i] = (uint8_t)(size >> (bits - 8 - 8 * i));
    part = fraction((struct bytes){digits, value.size - 3});
    if (part < 0 || (time & 63) > 59 || (time >> 6 & 63) > 59 ||
        time >> 12 > 838)
        return false;
    whole = (int64_t)((time >> 12) * 3600 + (time >> 6 & 63) * 60 +
                      (time & 63));
    *microseconds = whole * SECOND_US + part;
    if (joint < 0)
        *microseconds = -*microseconds;
    return true;
}

bool binlog_duration(const struct binlog_cell *cell, struct bytes value,
                     int64_t *microseconds)
{
    return cell->column->code == MYSQL_TYPE_TIME
               ? old_duration(value, microseconds)
               : new_duration(value, microseconds);
}

bool binlog_read_time(struct binlog_cell *cell, struct bytes value)
{
    int64_t microseconds;

    if (!binlog_duration(cell, value, &microseconds))
        return false;
    mysql_cell_time(cell->maker, microseconds);
    return true;
}
