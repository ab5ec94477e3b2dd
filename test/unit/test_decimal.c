/* Decimals: exact or refused, at every width and on both roads of parsing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/decimal.h"
#include "model/kind.h"

#define NINES_38 "99999999999999999999999999999999999999"

struct decimal_case {
    unsigned precision;
    unsigned scale;
    const char *text;
    const char *wanted; /* formatted again; NULL: refused */
};

static void check(const struct decimal_case *entry)
{
    unsigned width = kind_decimal_width(entry->precision);
    uint8_t scaled[32];
    struct buffer text;
    bool is_parsed = decimal_parse(bytes_of(entry->text), entry->precision,
                                   entry->scale, width, scaled);

    if (is_parsed != (entry->wanted != NULL))
        fail_msg("%s in (%u, %u)", entry->text, entry->precision,
                 entry->scale);
    if (!is_parsed)
        return;
    buffer_init(&text, 200);
    decimal_format(scaled, width, entry->scale, &text);
    assert_string_equal(buffer_text(&text), entry->wanted);
    buffer_release(&text);
}

static void check_all(const struct decimal_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&cases[i]);
}

static void what_fits_is_exact(void **state)
{
    static const struct decimal_case cases[] = {
        {9, 2, "0", "0.00"},
        {9, 2, "-0", "0.00"},
        {9, 2, "-0.00", "0.00"},
        {9, 2, "1.5", "1.50"},
        {9, 2, "+1.5", "1.50"},
        {9, 2, "-0.5", "-0.50"},
        {9, 2, "-0.01", "-0.01"},
        {9, 2, "0001.10", "1.10"},
        {9, 2, "1.10000000000000000000000000", "1.10"},
        {9, 0, "999999999", "999999999"},
        {9, 0, "-999999999", "-999999999"},
        {9, 9, "0.999999999", "0.999999999"},
        {9, 9, "-0.000000001", "-0.000000001"},
        {18, 0, "999999999999999999", "999999999999999999"},
        {18, 0, "-999999999999999999", "-999999999999999999"},
        {18, 18, "0.123456789012345678", "0.123456789012345678"},
        {38, 0, NINES_38, NINES_38},
        {38, 0, "-" NINES_38, "-" NINES_38},
        {38, 30, "12345678.000000000000000000000000000001",
         "12345678.000000000000000000000000000001"},
        {38, 30, "1", "1.000000000000000000000000000000"},
        {76, 38, NINES_38 "." NINES_38, NINES_38 "." NINES_38},
        {76, 38, "-" NINES_38 "." NINES_38, "-" NINES_38 "." NINES_38},
        {76, 0, "1" NINES_38, "1" NINES_38},
        {76, 0, NINES_38 NINES_38, NINES_38 NINES_38},
        {76, 0, "1000000000000000000000000000000000000",
         "1000000000000000000000000000000000000"},
        {65, 30, "0.5", "0.500000000000000000000000000000"},
        {19, 0, "9223372036854775807", "9223372036854775807"},
        {19, 0, "-9223372036854775808", "-9223372036854775808"},
        {20, 0, "18446744073709551616", "18446744073709551616"},
    };

    (void)state;
    check_all(cases, sizeof(cases) / sizeof(cases[0]));
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct decimal_case cases[] = {
        {9, 0, "1000000000", NULL},
        {9, 0, "-1000000000", NULL},
        {9, 2, "10000000.00", NULL},
        {9, 2, "9999999.991", NULL},
        {9, 2, "0.001", NULL},
        {9, 9, "1", NULL},
        {5, 2, "1000", NULL},
        {5, 2, "1000.0", NULL},
        {18, 0, "1000000000000000000", NULL},
        {18, 17, "10", NULL},
        {38, 0, "1" NINES_38, NULL},
        {38, 1, NINES_38, NULL},
        {38, 2, "0.00100000000000000001", NULL},
        {76, 38, "1" NINES_38 "." NINES_38, NULL},
        {76, 0, NINES_38 NINES_38 "0", NULL},
        {76, 0,
         NINES_38 NINES_38 NINES_38 NINES_38 NINES_38 NINES_38, NULL},
    };

    (void)state;
    check_all(cases, sizeof(cases) / sizeof(cases[0]));
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "-", "+", ".", "1.", ".5", "-.5", "1..2", "1.2.3", "--1", "1-",
        " 1", "1 ", "1e5", "0x1", "1,5", "abc", "1a", "1.a", "\xd9\xa1",
        "12345678901234567890.", "12345678901234567890.1x",
        "-x2345678901234567890", "1234567890123456789:",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(&(struct decimal_case){38, 10, texts[i], NULL});
}

static void the_bytes_are_little_endian_twos_complement(void **state)
{
    static const uint8_t four[] = {0x6a, 0xff, 0xff, 0xff};
    uint8_t scaled[32];
    uint8_t wanted[32];

    (void)state;
    assert_true(decimal_parse(bytes_of("-1.5"), 9, 2, 4, scaled));
    assert_memory_equal(scaled, four, sizeof(four));
    memset(wanted, 0xff, sizeof(wanted));
    memcpy(wanted, four, sizeof(four));
    assert_true(decimal_parse(bytes_of("-1.5"), 76, 2, 32, scaled));
    assert_memory_equal(scaled, wanted, sizeof(wanted));
    memset(wanted, 0, sizeof(wanted));
    wanted[8] = 1;
    assert_true(
        decimal_parse(bytes_of("18446744073709551616"), 38, 0, 16, scaled));
    assert_memory_equal(scaled, wanted, 16);
    memset(wanted + 8, 0xff, 24);
    assert_true(
        decimal_parse(bytes_of("-18446744073709551616"), 76, 0, 32, scaled));
    assert_memory_equal(scaled, wanted, 32);
}

static void check_limits(unsigned precision, unsigned scale)
{
    unsigned width = kind_decimal_width(precision);
    uint8_t scaled[32];
    struct buffer text;

    buffer_init(&text, 200);
    for (unsigned i = 0; i < precision - scale; i++)
        buffer_add_byte(&text, '9');
    if (precision == scale)
        buffer_add_byte(&text, '0');
    for (unsigned i = 0; i < scale; i++)
        buffer_add_text(&text, i == 0 ? ".9" : "9");
    check(&(struct decimal_case){precision, scale, buffer_text(&text),
                                 buffer_text(&text)});
    buffer_clear(&text);
    buffer_add_byte(&text, '1');
    for (unsigned i = 0; i < precision - scale; i++)
        buffer_add_byte(&text, '0');
    assert_false(decimal_parse(buffer_bytes(&text), precision, scale, width,
                               scaled));
    buffer_release(&text);
    if (precision > scale) {
        char one[100];
        snprintf(one, sizeof(one), "1%s%0*d", scale > 0 ? "." : "",
                 (int)scale, 0);
        one[scale > 0 ? scale + 2 : 1] = '\0';
        check(&(struct decimal_case){precision, scale, "1", one});
    }
}

static void every_precision_ends_at_its_nines(void **state)
{
    (void)state;
    for (unsigned precision = 1; precision <= 76; precision++) {
        for (unsigned scale = 0; scale <= precision; scale++)
            check_limits(precision, scale);
    }
}

/* Every value of a small decimal, on the road for short and for long texts.
 */
static void both_roads_of_parsing_agree(void **state)
{
    static const char zeros[] = "00000000000000000000";
    struct buffer text;

    (void)state;
    buffer_init(&text, 100);
    for (int value = -20000; value <= 20000; value++) {
        int32_t scaled = value;
        int32_t small;
        int32_t large;
        buffer_clear(&text);
        decimal_format((const uint8_t *)&scaled, 4, 2, &text);
        assert_true(decimal_parse(buffer_bytes(&text), 5, 2, 4,
                                  (uint8_t *)&small));
        buffer_add_text(&text, zeros);
        assert_true(decimal_parse(buffer_bytes(&text), 5, 2, 4,
                                  (uint8_t *)&large));
        assert_int_equal(small, value);
        assert_int_equal(large, value);
    }
    buffer_release(&text);
}

static void any_stored_number_can_be_written(void **state)
{
    uint8_t scaled[32] = {0};
    struct buffer text;

    (void)state;
    buffer_init(&text, 200);
    scaled[31] = 0x80;
    decimal_format(scaled, 32, 0, &text);
    assert_string_equal(
        buffer_text(&text),
        "-578960446186580977117854925043439539266"
        "34992332820282019728792003956564819968");
    buffer_clear(&text);
    decimal_format(scaled, 32, 76, &text);
    assert_string_equal(
        buffer_text(&text),
        "-5.78960446186580977117854925043439539266"
        "34992332820282019728792003956564819968");
    buffer_release(&text);
}

static void numbers_compare_by_value_at_every_width(void **state)
{
    static const char *const texts[] = {
        "-99999999999999999999", "-18446744073709551616",
        "-18446744073709551615", "-256", "-2", "-1", "0", "1", "2", "255",
        "256", "18446744073709551615", "18446744073709551616",
        "99999999999999999999",
    };
    size_t count = sizeof(texts) / sizeof(texts[0]);
    uint8_t left[32];
    uint8_t right[32];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            for (unsigned width = 4; width <= 32; width *= 2) {
                unsigned precision = width == 4 ? 9 : width == 8 ? 18 : 38;
                if (!decimal_parse(bytes_of(texts[i]), precision, 0, width,
                                   left) ||
                    !decimal_parse(bytes_of(texts[k]), precision, 0, width,
                                   right))
                    continue;
                assert_int_equal(decimal_compare(left, right, width),
                                 (i > k) - (i < k));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_exact),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_precision_ends_at_its_nines),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(the_bytes_are_little_endian_twos_complement),
        cmocka_unit_test(both_roads_of_parsing_agree),
        cmocka_unit_test(any_stored_number_can_be_written),
        cmocka_unit_test(numbers_compare_by_value_at_every_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
