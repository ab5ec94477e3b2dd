/* Numbers, patterns, suggestions and figures. */

#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void a_number_is_the_whole_text_or_refused(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "1a", "0x1", "1.0", "18446744073709551616"};
    uint64_t value = 7;
    int64_t number = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(text_to_u64(bad[i], &value));
    assert_false(text_to_u64("-1", &value));
    assert_int_equal(value, 7);
    assert_true(text_to_u64("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
    assert_true(text_to_i64("-9223372036854775808", &number));
    assert_true(number == INT64_MIN);
    assert_true(text_to_i64("9223372036854775807", &number));
    assert_true(number == INT64_MAX);
    assert_true(text_to_i64("-0", &number));
    assert_int_equal(number, 0);
    assert_false(text_to_i64("-9223372036854775809", &number));
    assert_false(text_to_i64("9223372036854775808", &number));
    assert_false(text_to_i64("-", &number));
}

static void durations_and_sizes_need_a_known_unit(void **state)
{
    static const char *const bad[] = {"", "s", "1", "1 s", "-1s", "1w",
                                      "1S", "300000000000000000d"};
    uint64_t value = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(text_to_duration_ms(bad[i], &value));
    assert_true(text_to_duration_ms("0", &value) && value == 0);
    assert_true(text_to_duration_ms("250ms", &value) && value == 250);
    assert_true(text_to_duration_ms("7d", &value) && value == 604800000);
    assert_true(text_to_duration_ms("5m", &value) && value == 300000);
    assert_true(text_to_size("512", &value) && value == 512);
    assert_true(text_to_size("20k", &value) && value == 20480);
    assert_true(text_to_size("20K", &value) && value == 20480);
    assert_true(text_to_size("2G", &value) && value == UINT64_C(1) << 31);
    assert_false(text_to_size("2T", &value));
    assert_false(text_to_size("18446744073709551615K", &value));
}

static void only_six_words_are_truth_values(void **state)
{
    bool value = false;

    (void)state;
    assert_true(text_to_bool("yes", &value) && value);
    assert_true(text_to_bool("off", &value) && !value);
    assert_true(text_to_bool("true", &value) && value);
    assert_false(text_to_bool("TRUE", &value));
    assert_false(text_to_bool("1", &value));
    assert_false(text_to_bool("", &value));
}

static void patterns_match_whole_names(void **state)
{
    static const struct {
        const char *text;
        const char *pattern;
        bool matches;
    } cases[] = {
        {"orders", "orders", true},   {"orders", "order", false},
        {"orders", "*", true},        {"", "*", true},
        {"", "?", false},             {"orders", "o*s", true},
        {"orders", "o*x", false},     {"a.b.c", "a.*.c", true},
        {"t\xc3\xa4st", "t?st", true}, {"tast", "t[a-c]st", true},
        {"tdst", "t[a-c]st", false},  {"tdst", "t[!a-c]st", true},
        {"tdst", "t[^d]st", false},   {"t]st", "t[]]st", true},
        {"t-st", "t[a-]st", true},    {"t[st", "t[st", true},
        {"ORDERS", "orders", false},  {"aaab", "*a*a*b", true},
        {"mississippi", "*issip*", true}, {"abc", "abc*?", false},
        {"\xc3\xa4", "[\xc3\xa0-\xc3\xaf]", true}, {"x", "[", false},
        {"\xff", "?", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        if (text_matches(cases[i].text, cases[i].pattern) !=
            cases[i].matches)
            fail_msg("%s against %s", cases[i].text, cases[i].pattern);
    }
    assert_true(text_is_pattern("a?"));
    assert_false(text_is_pattern("a.b-c"));
}

static void a_pattern_of_stars_takes_no_exponential_time(void **state)
{
    char text[2001];
    char pattern[101];
    int64_t start_us = clock_monotonic_us();

    (void)state;
    memset(text, 'a', 2000);
    text[2000] = '\0';
    for (size_t i = 0; i < 100; i += 2)
        memcpy(pattern + i, "*a", 3);
    pattern[99] = 'b';
    assert_false(text_matches(text, pattern));
    assert_true(clock_monotonic_us() - start_us < 1000000);
}

static void the_nearest_name_is_suggested_if_it_is_near(void **state)
{
    static const char *const names[] = {"tables", "source", "warehouse"};

    (void)state;
    assert_string_equal(text_nearest("tabels", names, 3), "tables");
    assert_string_equal(text_nearest("warehose", names, 3), "warehouse");
    assert_string_equal(text_nearest("source", names, 3), "source");
    assert_string_equal(text_nearest("suorce", names, 3), "source");
    assert_string_equal(text_nearest("plian", (const char *[]){"plain"}, 1),
                        "plain");
    assert_string_equal(text_nearest("adn", (const char *[]){"and"}, 1),
                        "and");
    assert_null(text_nearest("palin", (const char *[]){"plane"}, 1));
    assert_null(text_nearest("xyz", names, 3));
    assert_null(text_nearest("", names, 3));
}

static void utf8_is_strict(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        bool is_valid;
    } cases[] = {
        {"plain ascii text", 16, true},  {"\0", 1, true},
        {"\xc3\xa4", 2, true},           {"\xc3", 1, false},
        {"\xc0\xaf", 2, false},          {"\xe0\x9f\xbf", 3, false},
        {"\xed\xa0\x80", 3, false},      {"\xed\x9f\xbf", 3, true},
        {"\xf0\x8f\xbf\xbf", 4, false},  {"\xf0\x90\x80\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},   {"\xf4\x90\x80\x80", 4, false},
        {"\xf5\x80\x80\x80", 4, false},  {"\x80", 1, false},
        {"12345678\xff", 9, false},      {"1234567\xff", 8, false},
        {"\xe2\x82\xac", 3, true},       {"\xe2\x82", 2, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct bytes bytes = {(const uint8_t *)cases[i].text, cases[i].size};

        if (text_is_utf8(bytes) != cases[i].is_valid)
            fail_msg("case %zu", i);
    }
}

static void figures_read_well(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(text_grouped(text, 0), "0");
    assert_string_equal(text_grouped(text, 999), "999");
    assert_string_equal(text_grouped(text, 12345678), "12,345,678");
    assert_string_equal(text_grouped(text, UINT64_MAX),
                        "18,446,744,073,709,551,615");
    assert_string_equal(text_bytes(text, 999), "999 B");
    assert_string_equal(text_bytes(text, 1000), "1.0 kB");
    assert_string_equal(text_bytes(text, 999499), "999 kB");
    assert_string_equal(text_bytes(text, 999500), "1.0 MB");
    assert_string_equal(text_bytes(text, 88000000), "88 MB");
    assert_string_equal(text_bytes(text, 1230000000), "1.2 GB");
    assert_string_equal(text_bytes(text, UINT64_MAX), "18 EB");
    assert_string_equal(text_elapsed(text, 840), "0.8s");
    assert_string_equal(text_elapsed(text, 46000), "46s");
    assert_string_equal(text_elapsed(text, 72000), "1m12");
    assert_string_equal(text_elapsed(text, 7500000), "2h05");
    assert_string_equal(text_elapsed(text, 273600000), "3d04");
}

static void a_copy_that_was_cut_says_so(void **state)
{
    char target[4];

    (void)state;
    assert_true(text_copy(target, sizeof(target), "abc"));
    assert_string_equal(target, "abc");
    assert_false(text_copy(target, sizeof(target), "abcd"));
    assert_string_equal(target, "abc");
    assert_true(text_starts("abc", "ab") && !text_starts("a", "ab"));
    assert_true(text_ends("abc", "bc") && !text_ends("c", "bc"));
    assert_true(text_equal_nocase("aBc", "AbC"));
    assert_false(text_equal_nocase("ab", "abc"));
}

static void a_time_is_iso_text_in_utc(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(clock_text(text, 0), "1970-01-01T00:00:00.000000Z");
    assert_string_equal(clock_text(text, -1), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(clock_text(text, INT64_C(1795269121123456)),
                        "2026-11-21T13:52:01.123456Z");
    assert_true(strlen(clock_text(text, INT64_MIN)) < 32);
    assert_true(strlen(clock_text(text, INT64_MAX)) < 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_the_whole_text_or_refused),
        cmocka_unit_test(durations_and_sizes_need_a_known_unit),
        cmocka_unit_test(only_six_words_are_truth_values),
        cmocka_unit_test(patterns_match_whole_names),
        cmocka_unit_test(a_pattern_of_stars_takes_no_exponential_time),
        cmocka_unit_test(the_nearest_name_is_suggested_if_it_is_near),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(figures_read_well),
        cmocka_unit_test(a_copy_that_was_cut_says_so),
        cmocka_unit_test(a_time_is_iso_text_in_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
