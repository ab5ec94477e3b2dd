/* Names of streams and identities: what states and warehouses keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/stream.h"

static void a_stream_is_named_by_table_and_reader(void **state)
{
    char name[STREAM_NAME_BYTES];

    (void)state;
    stream_name(name, sizeof(name), "orders", "incremental");
    assert_string_equal(name, "orders/incremental");
    stream_name(name, sizeof(name), "main.orders", "backfill:2024");
    assert_string_equal(name, "main.orders/backfill:2024");
}

static void names_that_are_too_long_stay_apart(void **state)
{
    char table[400] = "";
    char left[STREAM_NAME_BYTES];
    char right[STREAM_NAME_BYTES];

    (void)state;
    memset(table, 'x', sizeof(table) - 1);
    stream_name(left, sizeof(left), table, "full");
    stream_name(right, sizeof(right), table, "incremental");
    assert_int_equal(strlen(left), STREAM_NAME_BYTES - 1);
    assert_string_not_equal(left, right);
    table[sizeof(table) - 2] = 'y';
    stream_name(right, sizeof(right), table, "full");
    assert_string_not_equal(left, right);
    assert_int_equal(left[STREAM_NAME_BYTES - 1 - 17], '~');
}

static void the_longest_name_that_fits_is_not_cut(void **state)
{
    char table[STREAM_NAME_BYTES] = "";
    char name[STREAM_NAME_BYTES];

    (void)state;
    memset(table, 'x', STREAM_NAME_BYTES - 1 - 2);
    stream_name(name, sizeof(name), table, "r");
    assert_string_equal(name + STREAM_NAME_BYTES - 3, "/r");
    stream_name(name, sizeof(name), table, "rr");
    assert_int_equal(name[STREAM_NAME_BYTES - 1 - 17], '~');
    assert_int_equal(strlen(name), STREAM_NAME_BYTES - 1);
}

static void an_identity_is_the_text_that_is_frozen(void **state)
{
    struct identity identity = {
        .stream = "orders/incremental",
        .place = 0xabc,
        .version = UINT64_C(0x20000000000020),
        .delivery = 12,
        .request = 3,
    };
    char text[IDENTITY_BYTES];

    (void)state;
    identity_text(&identity, 0, text, sizeof(text));
    assert_string_equal(text, "orders/incremental:0000000000000abc:"
                              "0020000000000020:12:3");
    identity_text(&identity, 0xf00, text, sizeof(text));
    assert_string_equal(text, "orders/incremental:0000000000000abc:"
                              "0020000000000020:12:3:0000000000000f00");
}

static void the_longest_identity_fits(void **state)
{
    struct identity identity = {.stream = "", .delivery = UINT32_MAX,
                                .request = UINT32_MAX};
    char text[IDENTITY_BYTES];

    (void)state;
    memset(identity.stream, 's', STREAM_NAME_BYTES - 1);
    identity_text(&identity, UINT64_MAX, text, sizeof(text));
    assert_string_equal(text + strlen(text) - 17, ":ffffffffffffffff");
}

/* XXH3_64bits of "abc", from the reference implementation. */
static void a_place_is_the_hash_of_its_checkpoint(void **state)
{
    (void)state;
    assert_true(identity_place(NULL) == 0);
    assert_true(identity_place("abc") == UINT64_C(0x78af5f94892f3950));
    assert_true(identity_place("") == UINT64_C(0x2d06800538d394c2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_named_by_table_and_reader),
        cmocka_unit_test(names_that_are_too_long_stay_apart),
        cmocka_unit_test(the_longest_name_that_fits_is_not_cut),
        cmocka_unit_test(an_identity_is_the_text_that_is_frozen),
        cmocka_unit_test(the_longest_identity_fits),
        cmocka_unit_test(a_place_is_the_hash_of_its_checkpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
