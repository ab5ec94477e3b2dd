/* The calendar against a count of days one by one and against the system's
 * own, and every end of the range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "model/calendar.h"

static void days_count_up_one_by_one(void **state)
{
    int32_t days = calendar_days(-500, 1, 1);
    int year = -500;
    unsigned month = 1;
    unsigned day = 1;

    (void)state;
    while (year < 2500) {
        int found_year;
        unsigned found_month;
        unsigned found_day;
        assert_true(calendar_is_date(year, month, day));
        assert_int_equal(calendar_days(year, month, day), days);
        calendar_date(days, &found_year, &found_month, &found_day);
        assert_true(found_year == year && found_month == month &&
                    found_day == day);
        days++;
        day++;
        if (!calendar_is_date(year, month, day)) {
            day = 1;
            month = month % 12 + 1;
            year += month == 1;
        }
    }
    assert_int_equal(calendar_days(1970, 1, 1), 0);
}

static void the_system_has_the_same_calendar(void **state)
{
    (void)state;
    for (int64_t days = -700000; days < 12000000; days += 997) {
        time_t instant = (time_t)(days * 86400);
        struct tm wanted;
        int year;
        unsigned month;
        unsigned day;
        gmtime_r(&instant, &wanted);
        calendar_date((int32_t)days, &year, &month, &day);
        assert_int_equal(year, wanted.tm_year + 1900);
        assert_int_equal(month, wanted.tm_mon + 1);
        assert_int_equal(day, wanted.tm_mday);
        if (year <= 32767)
            assert_int_equal(calendar_days(year, month, day), days);
    }
}

static void impossible_dates_are_no_dates(void **state)
{
    (void)state;
    assert_true(calendar_is_date(2024, 2, 29));
    assert_true(calendar_is_date(2000, 2, 29));
    assert_true(calendar_is_date(0, 2, 29));
    assert_false(calendar_is_date(1900, 2, 29));
    assert_false(calendar_is_date(2023, 2, 29));
    assert_false(calendar_is_date(2024, 2, 30));
    assert_false(calendar_is_date(2024, 4, 31));
    assert_true(calendar_is_date(2024, 12, 31));
    assert_false(calendar_is_date(2024, 12, 32));
    assert_false(calendar_is_date(2024, 0, 1));
    assert_false(calendar_is_date(2024, 13, 1));
    assert_false(calendar_is_date(2024, 1, 0));
}

static void check_datetime(int64_t microseconds, unsigned digits,
                           const char *wanted)
{
    struct buffer text;

    buffer_init(&text, 100);
    calendar_format_datetime(microseconds, digits, &text);
    assert_string_equal(buffer_text(&text), wanted);
    buffer_release(&text);
}

static void check_time(int64_t microseconds, unsigned digits,
                       const char *wanted)
{
    struct buffer text;

    buffer_init(&text, 100);
    calendar_format_time(microseconds, digits, &text);
    assert_string_equal(buffer_text(&text), wanted);
    buffer_release(&text);
}

static void datetimes_are_written_with_their_digits(void **state)
{
    (void)state;
    check_datetime(0, 0, "1970-01-01 00:00:00");
    check_datetime(-1, 6, "1969-12-31 23:59:59.999999");
    check_datetime(-1, 0, "1969-12-31 23:59:59");
    check_datetime(1795269121123456, 6, "2026-11-21 13:52:01.123456");
    check_datetime(1795269121123456, 3, "2026-11-21 13:52:01.123");
    check_datetime(1795269121000000, 1, "2026-11-21 13:52:01.0");
    check_datetime(-CALENDAR_DAY_US, 0, "1969-12-31 00:00:00");
    check_datetime(253402300799999999, 6, "9999-12-31 23:59:59.999999");
}

static void the_ends_of_the_range_can_be_written(void **state)
{
    struct buffer text;

    (void)state;
    check_datetime(INT64_MAX, 6, "294247-01-10 04:00:54.775807");
    check_datetime(INT64_MIN, 6, "-290308-12-21 19:59:05.224192");
    check_time(INT64_MAX, 6, "2562047788:00:54.775807");
    check_time(INT64_MIN, 6, "-2562047788:00:54.775808");
    buffer_init(&text, 100);
    calendar_format_date(INT32_MAX, &text);
    buffer_add_byte(&text, ' ');
    calendar_format_date(INT32_MIN, &text);
    assert_string_equal(buffer_text(&text), "5881580-07-11 -5877641-06-23");
    buffer_release(&text);
}

static void times_have_as_many_hours_as_they_need(void **state)
{
    (void)state;
    check_time(0, 0, "00:00:00");
    check_time(-1, 6, "-00:00:00.000001");
    check_time(3020399000001, 6, "838:59:59.000001");
    check_time(-3020399000000, 0, "-838:59:59");
    check_time(3661500000, 2, "01:01:01.50");
}

static void datetimes_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t microseconds;
    } cases[] = {
        {"1970-01-01", 0},
        {"1970-01-02", CALENDAR_DAY_US},
        {"2026-11-21 13:52", 1795269120000000},
        {"2026-11-21 13:52:01", 1795269121000000},
        {"2026-11-21T13:52:01.1", 1795269121100000},
        {"2026-11-21T13:52:01.123456Z", 1795269121123456},
        {"1969-12-31 23:59:59.999999", -1},
        {"9999-12-31 23:59:59.999999", 253402300799999999},
        {"0000-01-01", INT64_C(-62167219200000000)},
    };
    int64_t found;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(calendar_parse_datetime(bytes_of(cases[i].text), &found));
        assert_true(found == cases[i].microseconds);
    }
}

static void what_is_no_datetime_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "2026", "2026-11", "2026-1-2", "2026-11-31", "2026-02-29",
        "0000-00-00", "2026-11-21 ", "2026-11-21 13", "2026-11-21 24:00",
        "2026-11-21 13:60", "2026-11-21 13:52:60", "2026-11-21 13:52:01.",
        "2026-11-21 13:52:01.1234567", "2026-11-21 13:52:01x",
        "2026-11-21Z", "26-11-21", "12026-11-21", "2026/11/21",
        "2026-11-21x13:52", "2026-11-21 13:52:01 Z", "-2026-11-21",
    };
    int64_t found;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (calendar_parse_datetime(bytes_of(texts[i]), &found))
            fail_msg("%s was read", texts[i]);
    }
}

static void times_are_read(void **state)
{
    int64_t found;

    (void)state;
    assert_true(calendar_parse_time(bytes_of("-838:59:59.000001"), &found));
    assert_true(found == -3020399000001);
    assert_true(calendar_parse_time(bytes_of("1:02:03"), &found));
    assert_true(found == 3723000000);
    assert_true(calendar_parse_time(bytes_of("999999999:59:59"), &found));
    assert_false(calendar_parse_time(bytes_of("9999999999:59:59"), &found));
    assert_false(calendar_parse_time(bytes_of("1:2:03"), &found));
    assert_false(calendar_parse_time(bytes_of("1:60:03"), &found));
    assert_false(calendar_parse_time(bytes_of("1:00:60"), &found));
    assert_false(calendar_parse_time(bytes_of(":00:00"), &found));
    assert_false(calendar_parse_time(bytes_of("-"), &found));
    assert_false(calendar_parse_time(bytes_of("1:00:00 "), &found));
    assert_false(calendar_parse_time(bytes_of("12:00"), &found));
    assert_false(calendar_parse_time(bytes_of("--1:00:00"), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_up_one_by_one),
        cmocka_unit_test(the_system_has_the_same_calendar),
        cmocka_unit_test(impossible_dates_are_no_dates),
        cmocka_unit_test(datetimes_are_written_with_their_digits),
        cmocka_unit_test(the_ends_of_the_range_can_be_written),
        cmocka_unit_test(times_have_as_many_hours_as_they_need),
        cmocka_unit_test(datetimes_are_read),
        cmocka_unit_test(what_is_no_datetime_is_refused),
        cmocka_unit_test(times_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
