/* The buffer and its limit. */

#include "unit.h"

#include <string.h>

#include "base/buffer.h"

static void what_fits_is_written_and_no_more(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 5);
    buffer_add_text(&buffer, "abc");
    buffer_add_text(&buffer, "def");
    assert_true(buffer.is_overflown);
    assert_string_equal(buffer_text(&buffer), "abc");
    buffer_add_byte(&buffer, 'd');
    assert_string_equal(buffer_text(&buffer), "abc");
    buffer_clear(&buffer);
    assert_false(buffer.is_overflown);
    buffer_add_text(&buffer, "12345");
    assert_false(buffer.is_overflown);
    assert_string_equal(buffer_text(&buffer), "12345");
    assert_int_equal(buffer.size, 5);
    buffer_add_byte(&buffer, '6');
    assert_true(buffer.is_overflown);
    buffer_release(&buffer);
    assert_int_equal(buffer.limit, 5);
    assert_string_equal(buffer_text(&buffer), "");
}

static void the_nul_of_a_full_buffer_does_not_widen_the_limit(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 64);
    for (int i = 0; i < 64; i++)
        buffer_add_byte(&buffer, 'x');
    assert_int_equal(strlen(buffer_text(&buffer)), 64);
    buffer_add_byte(&buffer, 'y');
    assert_true(buffer.is_overflown);
    assert_int_equal(buffer.size, 64);
    buffer_release(&buffer);
}

static void a_format_of_any_length_fits_up_to_the_limit(void **state)
{
    struct buffer buffer;

    (void)state;
    for (int length = 250; length < 260; length++) {
        buffer_init(&buffer, (size_t)length);
        buffer_add_format(&buffer, "%*d", length, 7);
        assert_false(buffer.is_overflown);
        assert_int_equal(buffer.size, length);
        assert_int_equal(buffer.data[length - 1], '7');
        buffer_add_format(&buffer, "%d", 8);
        assert_true(buffer.is_overflown);
        buffer_release(&buffer);
    }
}

static void a_varint_is_leb128(void **state)
{
    static const struct {
        uint64_t value;
        const char *hex;
    } cases[] = {
        {0, "00"},       {127, "7f"},
        {128, "8001"},   {300, "ac02"},
        {16384, "808001"}, {UINT64_MAX, "ffffffffffffffffff01"},
    };
    struct buffer buffer;
    struct buffer hex;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        buffer_init(&buffer, 10);
        buffer_init(&hex, 20);
        buffer_add_varint(&buffer, cases[i].value);
        buffer_add_hex(&hex, buffer_bytes(&buffer));
        assert_string_equal(buffer_text(&hex), cases[i].hex);
        buffer_release(&buffer);
        buffer_release(&hex);
    }
}

static void bytes_are_ordered_as_memcmp_then_by_length(void **state)
{
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xff"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sorted); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(sorted); j++) {
            struct bytes left = bytes_of(sorted[i]);
            struct bytes right = bytes_of(sorted[j]);
            int order = bytes_compare(left, right);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(bytes_equal(left, right), i == j);
        }
    }
}

static void an_absurd_size_overflows_instead_of_wrapping(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 100);
    buffer_add_text(&buffer, "abc");
    assert_false(buffer_reserve(&buffer, SIZE_MAX));
    assert_true(buffer.is_overflown);
    assert_string_equal(buffer_text(&buffer), "abc");
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_written_and_no_more),
        cmocka_unit_test(the_nul_of_a_full_buffer_does_not_widen_the_limit),
        cmocka_unit_test(a_format_of_any_length_fits_up_to_the_limit),
        cmocka_unit_test(a_varint_is_leb128),
        cmocka_unit_test(bytes_are_ordered_as_memcmp_then_by_length),
        cmocka_unit_test(an_absurd_size_overflows_instead_of_wrapping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
