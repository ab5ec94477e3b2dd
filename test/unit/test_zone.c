/* Time zones against the system's own answers, hour by hour around every
 * change and far beyond the years that are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "model/calendar.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)

static int64_t at(const char *text)
{
    int64_t microseconds;

    assert_true(calendar_parse_datetime(bytes_of(text), &microseconds));
    return microseconds;
}

static struct zone *load(const char *name)
{
    struct zone *zone = zone_load(name);

    assert_non_null(zone);
    return zone;
}

static int64_t system_wall(int64_t utc_us)
{
    time_t instant = (time_t)(utc_us / SECOND_US);
    struct tm wall;

    localtime_r(&instant, &wall);
    return utc_us + wall.tm_gmtoff * SECOND_US;
}

static void use_zone(const char *name)
{
    if (name)
        setenv("TZ", name, 1);
    else
        unsetenv("TZ");
    tzset();
}

static void check_against_system(const char *name, int64_t from_us,
                                 int64_t to_us, int64_t step_us)
{
    struct zone *zone = load(name);

    use_zone(name);
    for (int64_t utc_us = from_us; utc_us < to_us; utc_us += step_us) {
        int64_t wall_us = zone_wall(zone, utc_us);
        if (wall_us != system_wall(utc_us))
            fail_msg("%s at %lld", name, (long long)(utc_us / SECOND_US));
        /* The earlier reading at most, and it reads the same again. */
        assert_true(zone_instant(zone, wall_us) <= utc_us);
        assert_true(zone_wall(zone, zone_instant(zone, wall_us)) == wall_us);
    }
    use_zone(NULL);
    zone_free(zone);
}

static void every_hour_is_that_of_the_system(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin", "America/New_York", "Asia/Tokyo",
        "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
        "Africa/Casablanca", "Pacific/Apia",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        check_against_system(names[i], at("1971-01-02"), at("2050-01-01"),
                             HOUR_US);
}

static void later_years_follow_the_last_rule(void **state)
{
    (void)state;
    check_against_system("Europe/Berlin", at("2050-01-01"), at("2500-01-01"),
                         7 * HOUR_US);
    check_against_system("Australia/Sydney", at("2060-01-01"),
                         at("2200-01-01"), 5 * HOUR_US);
    check_against_system("Asia/Tokyo", at("9000-01-01"), at("9999-01-01"),
                         1001 * HOUR_US);
}

static void a_repeated_hour_is_its_earlier_reading(void **state)
{
    struct zone *zone = load("Europe/Berlin");

    (void)state;
    assert_true(zone_instant(zone, at("2024-10-27 02:30:00")) ==
                at("2024-10-27 00:30:00"));
    assert_true(zone_instant(zone, at("2024-10-27 02:59:59.999999")) ==
                at("2024-10-27 00:59:59.999999"));
    assert_true(zone_instant(zone, at("2024-10-27 03:00:00")) ==
                at("2024-10-27 02:00:00"));
    assert_true(zone_wall(zone, at("2024-10-27 01:30:00")) ==
                at("2024-10-27 02:30:00"));
    assert_true(zone_instant(zone, at("2099-10-25 02:30:00")) ==
                at("2099-10-25 00:30:00"));
    zone_free(zone);
}

static void a_skipped_hour_is_the_instant_of_the_change(void **state)
{
    struct zone *zone = load("Europe/Berlin");

    (void)state;
    assert_true(zone_instant(zone, at("2024-03-31 02:00:00")) ==
                at("2024-03-31 01:00:00"));
    assert_true(zone_instant(zone, at("2024-03-31 02:59:59")) ==
                at("2024-03-31 01:00:00"));
    assert_true(zone_instant(zone, at("2024-03-31 03:00:00")) ==
                at("2024-03-31 01:00:00"));
    assert_true(zone_instant(zone, at("2024-03-31 01:59:59")) ==
                at("2024-03-31 00:59:59"));
    zone_free(zone);
    zone = load("Pacific/Apia");
    assert_true(zone_instant(zone, at("2011-12-30 12:00:00")) ==
                at("2011-12-30 10:00:00"));
    zone_free(zone);
}

static void fixed_offsets_need_no_file(void **state)
{
    struct zone *zone = load("UTC");

    (void)state;
    assert_true(zone_wall(zone, 5) == 5);
    assert_true(zone_instant(zone, INT64_MIN) == INT64_MIN);
    zone_free(zone);
    zone = load("+05:30");
    assert_true(zone_wall(zone, 0) == 5 * HOUR_US + HOUR_US / 2);
    assert_true(zone_instant(zone, 0) == -5 * HOUR_US - HOUR_US / 2);
    assert_false(zone_has_daylight_saving(zone));
    zone_free(zone);
    zone = load("-13:59");
    assert_true(zone_wall(zone, 0) == -14 * HOUR_US + 60 * SECOND_US);
    zone_free(zone);
}

static void unknown_names_are_refused(void **state)
{
    static const char *const names[] = {
        "", "Nowhere/Here", "Europe", "../etc/passwd", "/etc/localtime",
        "zone.tab", "+14:01", "+5:30", "+05:60", "05:30", "+05:30x",
        "+-5:30", "+05-30", "SYSTEM",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_null(zone_load(names[i]));
    zone_free(NULL);
}

static void daylight_saving_is_that_of_our_years(void **state)
{
    struct zone *zone = load("Europe/Berlin");

    (void)state;
    assert_true(zone_has_daylight_saving(zone));
    zone_free(zone);
    zone = load("Asia/Tokyo");
    assert_false(zone_has_daylight_saving(zone));
    zone_free(zone);
    /* It had some until 2019. */
    zone = load("America/Sao_Paulo");
    assert_false(zone_has_daylight_saving(zone));
    zone_free(zone);
}

static void the_ends_of_the_range_do_not_overflow(void **state)
{
    static const char *const names[] = {"Europe/Berlin", "America/New_York",
                                        "+14:00", "-14:00"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct zone *zone = load(names[i]);
        assert_true(zone_wall(zone, INT64_MAX) > INT64_MAX - 15 * HOUR_US);
        assert_true(zone_wall(zone, INT64_MIN) < INT64_MIN + 15 * HOUR_US);
        assert_true(zone_instant(zone, INT64_MAX) > INT64_MAX - 15 * HOUR_US);
        assert_true(zone_instant(zone, INT64_MIN) < INT64_MIN + 15 * HOUR_US);
        zone_free(zone);
    }
}

static void the_zone_of_the_process_stays(void **state)
{
    (void)state;
    use_zone("Asia/Tokyo");
    zone_free(load("Europe/Berlin"));
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    assert_true(system_wall(0) == 9 * HOUR_US);
    use_zone(NULL);
    zone_free(load("Europe/Berlin"));
    assert_null(getenv("TZ"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_hour_is_that_of_the_system),
        cmocka_unit_test(later_years_follow_the_last_rule),
        cmocka_unit_test(a_repeated_hour_is_its_earlier_reading),
        cmocka_unit_test(a_skipped_hour_is_the_instant_of_the_change),
        cmocka_unit_test(fixed_offsets_need_no_file),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(daylight_saving_is_that_of_our_years),
        cmocka_unit_test(the_ends_of_the_range_do_not_overflow),
        cmocka_unit_test(the_zone_of_the_process_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
