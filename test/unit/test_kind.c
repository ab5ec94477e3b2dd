/* Kinds: their names and widths are what batches and warehouses rest on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/kind.h"

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (enum kind left = 0; left < KIND_COUNT; left++) {
        assert_non_null(kind_name(left));
        for (enum kind right = 0; right < left; right++)
            assert_false(text_equal(kind_name(left), kind_name(right)));
    }
    assert_string_equal(kind_name(KIND_TIMESTAMP), "timestamp");
}

static void text_bytes_and_json_alone_are_variable(void **state)
{
    (void)state;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        assert_int_equal(kind_is_variable(kind),
                         kind == KIND_TEXT || kind == KIND_BYTES ||
                             kind == KIND_JSON);
}

static void a_decimal_is_as_wide_as_its_precision_needs(void **state)
{
    static const struct {
        unsigned precision;
        unsigned width;
    } cases[] = {{1, 4},   {9, 4},   {10, 8},  {18, 8},  {19, 16},
                 {38, 16}, {39, 32}, {76, 32}, {77, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(kind_decimal_width(cases[i].precision),
                         cases[i].width);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
        cmocka_unit_test(text_bytes_and_json_alone_are_variable),
        cmocka_unit_test(a_decimal_is_as_wide_as_its_precision_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
