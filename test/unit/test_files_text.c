/* Pieces of JSON for files: exact texts, and doubles that come back. */
#include "unit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/calendar.h"
#include "warehouse/files_encode.h"

#define PIECE_BYTES 128

/* The piece as a text; one at a time. */
static const char *text_of(const uint8_t *piece, size_t size)
{
    static char text[PIECE_BYTES + 1];
    assert_true(size <= PIECE_BYTES);
    memcpy(text, piece, size);
    text[size] = '\0';
    return text;
}

static void texts_are_escaped(void **state)
{
    static const struct {
        struct bytes from;
        const char *wanted;
    } cases[] = {
        {{(const uint8_t *)"", 0}, ""},
        {{(const uint8_t *)"plain /", 7}, "plain /"},
        {{(const uint8_t *)"\"\\", 2}, "\\\"\\\\"},
        {{(const uint8_t *)"\b\t\n\f\r", 5}, "\\b\\t\\n\\f\\r"},
        {{(const uint8_t *)"\0\1\x1f\x7f", 4},
         "\\u0000\\u0001\\u001f\\u007f"},
        {{(const uint8_t *)"\xc3\xa9\xf0\x9f\x8c\x8a", 6},
         "\xc3\xa9\xf0\x9f\x8c\x8a"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint8_t piece[PIECE_BYTES];
        size_t size = files_escape(cases[i].from, piece);
        assert_string_equal(text_of(piece, size), cases[i].wanted);
    }
}

static void bytes_are_base64(void **state)
{
    static const struct {
        struct bytes from;
        const char *wanted;
    } cases[] = {
        {{(const uint8_t *)"", 0}, ""},
        {{(const uint8_t *)"f", 1}, "Zg=="},
        {{(const uint8_t *)"fo", 2}, "Zm8="},
        {{(const uint8_t *)"foo", 3}, "Zm9v"},
        {{(const uint8_t *)"foobar", 6}, "Zm9vYmFy"},
        {{(const uint8_t *)"\xff\xfe\x00", 3}, "//4A"},
        {{(const uint8_t *)"\xfb\xef\xbe", 3}, "++++"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint8_t piece[PIECE_BYTES];
        size_t size = files_base64(cases[i].from, piece);
        assert_string_equal(text_of(piece, size), cases[i].wanted);
    }
}

static void integers_are_digits(void **state)
{
    static const int64_t numbers[] = {0, 1, -1, 9, 10, -10, 99, 100,
                                      INT64_MAX, INT64_MIN};
    uint8_t piece[PIECE_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "%" PRId64, numbers[i]);
        size_t size = files_number(numbers[i], piece);
        assert_string_equal(text_of(piece, size), wanted);
    }
    size_t size = files_unsigned(UINT64_MAX, piece);
    assert_string_equal(text_of(piece, size), "18446744073709551615");
}

static void floats_have_as_few_digits_as_do(void **state)
{
    static const struct {
        double value;
        bool is_single;
        const char *wanted;
    } cases[] = {
        {0.0, false, "0"},
        {-0.0, false, "-0"},
        {1.0, false, "1"},
        {-12345.0, false, "-12345"},
        {0.1, false, "0.1"},
        {0.1 + 0.2, false, "0.30000000000000004"},
        {1e15, false, "1e+15"},
        {999999999999999.0, false, "999999999999999"},
        {1e22, false, "1e+22"},
        {5e-324, false, "4.94065645841247e-324"},
        {1.7976931348623157e308, false, "1.7976931348623157e+308"},
        {(double)0.1f, true, "0.1"},
        {(double)16777216.0f, true, "16777216"},
        {(double)3.4028235e38f, true, "3.4028235e+38"},
    };
    uint8_t piece[PIECE_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        size_t size = files_double(cases[i].value, cases[i].is_single, piece);
        assert_string_equal(text_of(piece, size), cases[i].wanted);
    }
    size_t size = files_double((double)NAN, false, piece);
    assert_string_equal(text_of(piece, size), "\"nan\"");
    size = files_double((double)INFINITY, false, piece);
    assert_string_equal(text_of(piece, size), "\"+inf\"");
    size = files_double(-(double)INFINITY, true, piece);
    assert_string_equal(text_of(piece, size), "\"-inf\"");
}

/* A number of the whole range, the same in every run. */
static uint64_t next_bits(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed ^ *seed >> 29;
}

static void every_double_comes_back(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = next_bits(&seed);
        uint8_t piece[PIECE_BYTES];
        double value, again;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        size_t size = files_double(value, false, piece);
        again = strtod(text_of(piece, size), NULL);
        assert_memory_equal(&again, &value, sizeof value);
    }
}

static void every_float_comes_back(void **state)
{
    uint64_t seed = 8;
    (void)state;
    for (int i = 0; i < 50000; i++) {
        uint32_t bits = (uint32_t)(next_bits(&seed) >> 32);
        uint8_t piece[PIECE_BYTES];
        float value, again;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        size_t size = files_double((double)value, true, piece);
        again = strtof(text_of(piece, size), NULL);
        assert_memory_equal(&again, &value, sizeof value);
    }
}

static void times_are_iso_8601(void **state)
{
    static const struct {
        int64_t microseconds;
        const char *wanted;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000"},
        {-1, "1969-12-31T23:59:59.999999"},
        {INT64_C(1795275811000001), "2026-11-21T15:43:31.000001"},
        {INT64_C(-62167219200000000), "0000-01-01T00:00:00.000000"},
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000000"},
    };
    uint8_t piece[PIECE_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        size_t size = files_datetime(cases[i].microseconds, piece);
        assert_string_equal(text_of(piece, size), cases[i].wanted);
    }
    size_t size = files_date(calendar_days(2024, 2, 29), piece);
    assert_string_equal(text_of(piece, size), "2024-02-29");
}

static void spans_have_hours_enough(void **state)
{
    static const struct {
        int64_t microseconds;
        bool has_fraction;
        const char *wanted;
    } cases[] = {
        {0, false, "00:00:00"},
        {0, true, "00:00:00.000000"},
        {-1, true, "-00:00:00.000001"},
        {INT64_C(-3020399000000), false, "-838:59:59"},
        {INT64_C(3020399999999), true, "838:59:59.999999"},
        {INT64_C(356399000000), false, "98:59:59"},
        {INT64_C(360000000000), false, "100:00:00"},
    };
    uint8_t piece[PIECE_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        size_t size = files_time(cases[i].microseconds,
                                 cases[i].has_fraction, piece);
        assert_string_equal(text_of(piece, size), cases[i].wanted);
    }
}

static void uuids_have_four_dashes(void **state)
{
    static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
                                     0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                     0xcc, 0xdd, 0xee, 0xff};
    uint8_t piece[PIECE_BYTES];
    (void)state;
    size_t size = files_uuid(uuid, piece);
    assert_string_equal(text_of(piece, size),
                        "00112233-4455-6677-8899-aabbccddeeff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(bytes_are_base64),
        cmocka_unit_test(integers_are_digits),
        cmocka_unit_test(floats_have_as_few_digits_as_do),
        cmocka_unit_test(every_double_comes_back),
        cmocka_unit_test(every_float_comes_back),
        cmocka_unit_test(times_are_iso_8601),
        cmocka_unit_test(spans_have_hours_enough),
        cmocka_unit_test(uuids_have_four_dashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
