/* Names of folders and files: safe, and never shared. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "warehouse/files.h"

static void plain_names_stay(void **state)
{
    static const char *const names[] = {"orders", "Orders_2", "a.b-c", "_x",
                                        "9"};
    char name[FILES_ENCODED_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        files_name(names[i], name);
        assert_string_equal(name, names[i]);
    }
}

static void other_bytes_are_digits(void **state)
{
    static const struct {
        const char *from;
        const char *wanted;
    } cases[] = {
        {"a/b", "a%2Fb"},     {".", "%2E"},         {"..", "%2E."},
        {"../x", "%2E.%2Fx"}, {"-rf", "%2Drf"},     {"a b", "a%20b"},
        {"100%", "100%25"},   {"~", "%7E"},         {"\xc3\xa9", "%C3%A9"},
        {"a\nb", "a%0Ab"},    {"a:b", "a%3Ab"},     {"%2F", "%252F"},
        {"\x7f", "%7F"},      {"a\\b\"'", "a%5Cb%22%27"},
    };
    char name[FILES_ENCODED_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        files_name(cases[i].from, name);
        assert_string_equal(name, cases[i].wanted);
    }
}

static void long_names_are_cut_and_differ(void **state)
{
    char text[400];
    char first[FILES_ENCODED_BYTES], second[FILES_ENCODED_BYTES];
    (void)state;
    for (size_t length = 100; length < 140; length++) {
        memset(text, 'a', length);
        text[length] = '\0';
        files_name(text, first);
        assert_int_equal(strlen(first), length > 120 ? 120 : length);
        text[length - 1] = 'b';
        files_name(text, second);
        assert_string_not_equal(first, second);
    }
    for (size_t i = 0; i < 64; i++)
        memcpy(text + 3 * i, "\xe6\xbc\xa2", 4);
    files_name(text, first);
    assert_true(strlen(first) <= 120);
    assert_memory_equal(first, "%E6%BC%A2%E6", 12);
    const char *hash = strchr(first, '~');
    assert_non_null(hash);
    assert_int_equal(strlen(hash), 17);
    /* Not in the middle of a byte's digits. */
    assert_int_equal((hash - first) % 3, 0);
}

static void loads_are_named_by_their_identity(void **state)
{
    struct identity identity = {.stream = "shop.orders/incremental",
                                .place = 0x12, .version = 0x34,
                                .delivery = 5, .request = 6};
    char name[FILES_NAME_BYTES];
    (void)state;
    files_load_name(&identity, name);
    assert_string_equal(name, "shop.orders%2Fincremental-0000000000000012-"
                              "0000000000000034-5-6");
    memset(identity.stream, '/', sizeof identity.stream - 1);
    identity.place = identity.version = UINT64_MAX;
    identity.delivery = identity.request = UINT32_MAX;
    files_load_name(&identity, name);
    char part[FILES_NAME_BYTES];
    memcpy(name + strlen(name), "-0123456789abcdef", 18);
    files_part_name(name, 999999, 999999, part);
    assert_true(strlen(part) < FILES_NAME_BYTES - strlen(".tmp"));
    assert_true(text_ends(part, ".999999-999999.ndjson.gz"));
}

static void parts_are_known_by_their_names(void **state)
{
    static const struct {
        const char *name;
        const char *load; /* NULL: none */
        unsigned part;
        unsigned count;
    } cases[] = {
        {"s-1-0123456789abcdef.ndjson.gz", "s-1-0123456789abcdef", 1, 1},
        {"s-0123456789abcdef.2-3.ndjson.gz", "s-0123456789abcdef", 2, 3},
        {"a.b-0123456789abcdef.ndjson.gz", "a.b-0123456789abcdef", 1, 1},
        {"s-0123456789abcdef.ndjson.gz.tmp", NULL, 0, 0},
        {"s-0123456789abcdef.ndjson", NULL, 0, 0},
        {"s-0123456789ABCDEF.ndjson.gz", NULL, 0, 0},
        {"s.ndjson.gz", NULL, 0, 0},
        {".ndjson.gz", NULL, 0, 0},
        {"", NULL, 0, 0},
        {"s-0123456789abcdef.4-3.ndjson.gz", NULL, 0, 0},
        {"s-0123456789abcdef.0-3.ndjson.gz", NULL, 0, 0},
        {"s-0123456789abcdef.1-1.ndjson.gz", NULL, 0, 0},
        {"s-0123456789abcdef.1-99999999999.ndjson.gz", NULL, 0, 0},
        {"manifest.ndjson", NULL, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char load[FILES_NAME_BYTES];
        unsigned part = 0, count = 0;
        bool is_part = files_part_parse(cases[i].name, load, &part, &count);
        if (is_part != (cases[i].load != NULL))
            fail_msg("%s", cases[i].name);
        if (!is_part)
            continue;
        assert_string_equal(load, cases[i].load);
        assert_int_equal(part, cases[i].part);
        assert_int_equal(count, cases[i].count);
        char again[FILES_NAME_BYTES];
        files_part_name(load, part, count, again);
        assert_string_equal(again, cases[i].name);
    }
    assert_true(files_load_hash("s-0123456789abcdef") ==
                UINT64_C(0x0123456789abcdef));
}

static void readings_never_share_a_name(void **state)
{
    char first[FILES_READING_BYTES], second[FILES_READING_BYTES];
    (void)state;
    files_reading_name(first);
    files_reading_name(second);
    assert_string_not_equal(first, second);
    assert_true(files_is_reading(first));
    assert_false(files_is_reading("reading-"));
    assert_false(files_is_reading("reading-012345678901234"));
    assert_false(files_is_reading("reading-0123456789012345/"));
    assert_false(files_is_reading("reading-../../../../../.."));
    assert_false(files_is_reading("orders"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_names_stay),
        cmocka_unit_test(other_bytes_are_digits),
        cmocka_unit_test(long_names_are_cut_and_differ),
        cmocka_unit_test(loads_are_named_by_their_identity),
        cmocka_unit_test(parts_are_known_by_their_names),
        cmocka_unit_test(readings_never_share_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
