/* Text of sets that need no server, and the bytes that fit none. The tables of
 * the others are proved against the servers: test/server/test_charsets.py. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "fixture_mysql.h"

#define BAD "\xef\xbf\xbd"

struct text_case {
    enum mysql_charset_form form;
    const char *raw;
    size_t size;
    const char *wanted;
    size_t bad_count;
};

static void assert_converts(const struct mysql_charset *set,
                            const struct text_case *test)
{
    struct buffer target;
    struct bytes raw = {(const uint8_t *)test->raw, test->size};

    buffer_init(&target, 4096);
    buffer_add_text(&target, "<");
    assert_int_equal(mysql_charset_convert(set, raw, &target),
                     test->bad_count);
    assert_string_equal(buffer_text(&target) + 1, test->wanted);
    buffer_release(&target);
}

static void each_form_is_converted(void **state)
{
    static const struct text_case cases[] = {
        {FORM_UTF8, "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 10,
         "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 0},
        {FORM_UTF8, "\x80z\xc3", 3, BAD "z" BAD, 2},
        {FORM_UTF8, "\xed\xa0\x80", 3, BAD BAD BAD, 3},
        {FORM_UTF8, "\xf0\x9f\x98", 3, BAD BAD BAD, 3},
        {FORM_UTF8, "\xc0\x80", 2, BAD BAD, 2},
        {FORM_ASCII, "a\x7f\x80", 3, "a\x7f" BAD, 1},
        {FORM_UCS2, "\0a\x20\xac", 4, "a\xe2\x82\xac", 0},
        {FORM_UCS2, "\xd8\0\0a", 4, BAD BAD "a", 2},
        {FORM_UTF16, "\0a\xd8\x3d\xde\0", 6, "a\xf0\x9f\x98\x80", 0},
        {FORM_UTF16LE, "a\0\x3d\xd8\0\xde", 6, "a\xf0\x9f\x98\x80", 0},
        {FORM_UTF16, "\xd8\x3d", 2, BAD BAD, 2},
        {FORM_UTF16, "\xd8\x3d\0a", 4, BAD BAD "a", 2},
        {FORM_UTF32, "\0\x01\xf6\0", 4, "\xf0\x9f\x98\x80", 0},
        {FORM_UTF32, "\0\x10\xff\xff", 4, "\xf4\x8f\xbf\xbf", 0},
        {FORM_UTF32, "\0\x11\0\0\0\0\0a", 8, BAD BAD BAD BAD "a", 4},
        {FORM_UCS2, "\x20", 1, BAD, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_converts(mysql_set(cases[i].form), &cases[i]);
}

/* A set of one and two bytes: a1 a2 is U+4E00, a3 alone is U+20AC. */
static struct mysql_charset *two_bytes(void)
{
    struct mysql_charset *set = memory_new(1, sizeof(*set));

    set->form = FORM_TABLE;
    set->is_ascii_plain = true;
    set->singles = memory_new(256, sizeof(*set->singles));
    set->doubles = memory_new(65536, sizeof(*set->doubles));
    memset(set->doubles, 0xff, 65536 * sizeof(*set->doubles));
    for (uint32_t i = 0; i < 256; i++)
        set->singles[i] = i < 128 ? i : CODE_NONE;
    set->singles[0xa3] = 0x20ac;
    set->doubles[0xa1a2] = 0x4e00;
    return set;
}

static void codes_of_a_table_are_converted(void **state)
{
    static const struct text_case cases[] = {
        {FORM_TABLE, "a\xa1\xa2\xa3", 4, "a\xe4\xb8\x80\xe2\x82\xac", 0},
        {FORM_TABLE, "\xa1", 1, BAD, 1},
        {FORM_TABLE, "\xa1z", 2, BAD "z", 1},
        {FORM_TABLE, "\xff\xff", 2, BAD BAD, 2},
    };
    struct mysql_charset *set = two_bytes();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_converts(set, &cases[i]);
    mysql_charset_free(set);
}

static void a_long_text_is_converted_whole(void **state)
{
    const size_t size = 100001;
    uint8_t *raw = memory_new(size, 1);
    struct mysql_charset *set = two_bytes();
    struct buffer target;

    (void)state;
    memset(raw, 0xa3, size);
    buffer_init(&target, 4 * size);
    assert_int_equal(mysql_charset_convert(
                         set, (struct bytes){raw, size}, &target), 0);
    assert_int_equal(target.size, 3 * size);
    assert_memory_equal(target.data + target.size - 3, "\xe2\x82\xac", 3);
    buffer_release(&target);
    buffer_init(&target, 3 * size - 1);
    mysql_charset_convert(set, (struct bytes){raw, size}, &target);
    assert_true(target.is_overflown);
    buffer_release(&target);
    mysql_charset_free(set);
    memory_free(raw);
}

static void only_valid_bytes_are_plain(void **state)
{
    static const struct {
        enum mysql_charset_form form;
        const char *raw;
        size_t size;
        bool is_plain;
    } cases[] = {
        {FORM_UTF8, "", 0, true},
        {FORM_UTF8, "abcdefg", 7, true},
        {FORM_UTF8, "abcdefghijklmnop\xc3\xbc", 18, true},
        {FORM_UTF8, "abcdefghijklmnop\xc3", 17, false},
        {FORM_UTF8, "abcdefg\xff", 8, false},
        {FORM_ASCII, "abcdefghijk", 11, true},
        {FORM_ASCII, "abcdefghij\x80", 11, false},
        {FORM_ASCII, "\x80" "bcdefghij", 10, false},
        {FORM_UCS2, "\0a", 2, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct bytes raw = {(const uint8_t *)cases[i].raw, cases[i].size};
        assert_int_equal(
            mysql_charset_is_plain(mysql_set(cases[i].form), raw),
            cases[i].is_plain);
    }
}

static void four_bytes_are_counted_in_order(void **state)
{
    static const uint8_t first[] = {0x81, 0x30, 0x81, 0x30};
    static const uint8_t last[] = {0x84, 0x39, 0xfe, 0x39};
    static const uint8_t high[] = {0x90, 0x30, 0x81, 0x30};
    static const uint8_t none[] = {0x84, 0x3a, 0xfe, 0x39};

    (void)state;
    assert_int_equal(mysql_charset_four_index(first), 0);
    assert_int_equal(mysql_charset_four_index(last), FOUR_BYTE_CODES - 1);
    assert_int_equal(mysql_charset_four_index(high), 189000);
    assert_int_equal(mysql_charset_four_index(none), CODE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_converted),
        cmocka_unit_test(codes_of_a_table_are_converted),
        cmocka_unit_test(a_long_text_is_converted_whole),
        cmocka_unit_test(only_valid_bytes_are_plain),
        cmocka_unit_test(four_bytes_are_counted_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
