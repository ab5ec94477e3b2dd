/* What a key of each type takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/key.h"

struct sample {
    enum key_type type;
    const char *text;
    uint64_t number; /* of the types that have one */
};

static const struct sample taken[] = {
    {KEY_TEXT, "x", 0},
    {KEY_LIST, "x", 0},
    {KEY_MAP, "x", 0},
    {KEY_BOOL, "true", 0},
    {KEY_BOOL, "off", 0},
    {KEY_CHOICE, "lz4", 0},
    {KEY_CHOICE, "zstd", 0},
    {KEY_CHOICE, "none", 0},
    {KEY_COUNT, "0", 0},
    {KEY_COUNT, "12", 12},
    {KEY_COUNT, "18446744073709551615", UINT64_MAX},
    {KEY_DURATION, "250ms", 250},
    {KEY_DURATION, "0", 0},
    {KEY_DURATION, "2h", 7200000},
    {KEY_SIZE, "512", 512},
    {KEY_SIZE, "2M", 2 << 20},
    {KEY_RATE, "20M/s", 20 << 20},
    {KEY_RATE, "1/s", 1},
    {KEY_SHARE, "0.5", 500},
    {KEY_SHARE, "2", 2000},
    {KEY_SHARE, "0.125", 125},
};

static const struct sample refused[] = {
    {KEY_TEXT, "", 0},       {KEY_LIST, "", 0},      {KEY_MAP, "", 0},
    {KEY_BOOL, "", 0},       {KEY_BOOL, "1", 0},     {KEY_BOOL, "maybe", 0},
    {KEY_CHOICE, "", 0},     {KEY_CHOICE, "lz", 0},  {KEY_CHOICE, "lz44", 0},
    {KEY_CHOICE, "zstd|lz4", 0}, {KEY_CHOICE, "|", 0},
    {KEY_COUNT, "", 0},      {KEY_COUNT, "-1", 0},   {KEY_COUNT, "1k", 0},
    {KEY_COUNT, "18446744073709551616", 0},
    {KEY_DURATION, "10", 0}, {KEY_DURATION, "m", 0}, {KEY_DURATION, "", 0},
    {KEY_SIZE, "2T", 0},     {KEY_SIZE, "M", 0},     {KEY_SIZE, "2MB", 0},
    {KEY_SHARE, ".5", 0},    {KEY_SHARE, "1.", 0},   {KEY_SHARE, "0.1234", 0},
    {KEY_SHARE, "-1", 0},    {KEY_SHARE, "50%", 0},  {KEY_SHARE, "1e3", 0},
    {KEY_RATE, "20M", 0},    {KEY_RATE, "/s", 0},    {KEY_RATE, "20M/m", 0},
    {KEY_RATE, "0000000000000000000000000000000000001/s", 0},
};

static struct key key_of(enum key_type type)
{
    return (struct key){.name = "it", .type = type,
                        .choices = "zstd|lz4|none"};
}

static void what_fits_is_taken(void **state)
{
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(taken); i++) {
        struct key key = key_of(taken[i].type);
        uint64_t number = 0;

        if (key_check(&key, taken[i].text, &error) != STATUS_OK)
            fail_msg("%s is refused: %s", taken[i].text, error.what);
        if (taken[i].type >= KEY_COUNT && taken[i].type <= KEY_SHARE)
            assert_true(key_number(key.type, taken[i].text, &number));
        else
            assert_false(key_number(key.type, taken[i].text, &number));
        assert_int_equal(number, taken[i].number);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        struct key key = key_of(refused[i].type);

        if (key_check(&key, refused[i].text, &error) != STATUS_USAGE)
            fail_msg("\"%s\" is taken", refused[i].text);
        assert_int_equal(error.id, ERROR_SETTINGS_VALUE);
    }
}

static void the_error_says_what_is_expected(void **state)
{
    static const char *const expected[] = {
        [KEY_TEXT] = "\"it\" expects a text",
        [KEY_BOOL] = "\"it\" expects true or false",
        [KEY_COUNT] = "\"it\" expects a whole number",
        [KEY_DURATION] = "\"it\" expects a duration such as 30s, 10m or 2h",
        [KEY_SIZE] = "\"it\" expects a size such as 512K, 128M or 2G",
        [KEY_RATE] = "\"it\" expects a rate such as 20M/s",
        [KEY_SHARE] = "\"it\" expects a share such as 0.5 or 2",
        [KEY_CHOICE] = "\"it\" expects one of zstd|lz4|none",
        [KEY_LIST] = "\"it\" expects a text or a list of texts",
        [KEY_MAP] = "\"it\" expects a map",
    };
    struct error error;

    (void)state;
    for (size_t type = 0; type < ARRAY_COUNT(expected); type++) {
        struct key key = key_of((enum key_type)type);

        assert_int_equal(key_check(&key, "", &error), STATUS_USAGE);
        assert_string_equal(error.what, expected[type]);
    }
}

static void a_choice_has_its_index(void **state)
{
    unsigned index;

    (void)state;
    assert_true(choice_find("zstd|lz4|none", "zstd", &index));
    assert_int_equal(index, 0);
    assert_true(choice_find("zstd|lz4|none", "none", &index));
    assert_int_equal(index, 2);
    assert_true(choice_find("one", "one", &index));
    assert_false(choice_find("one", "on", &index));
}

static void a_key_is_found_by_its_whole_name(void **state)
{
    static const struct key keys[] = {{.name = "a"}, {.name = "ab"}};
    static const struct key_table table = {"", "", keys, 2};

    (void)state;
    assert_ptr_equal(key_find(&table, "a"), &keys[0]);
    assert_ptr_equal(key_find(&table, "ab"), &keys[1]);
    assert_null(key_find(&table, "abc"));
    assert_null(key_find(&table, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_taken),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(the_error_says_what_is_expected),
        cmocka_unit_test(a_choice_has_its_index),
        cmocka_unit_test(a_key_is_found_by_its_whole_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
