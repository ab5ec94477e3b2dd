/* Row filters as text: what is wrong is said with its place, and what is
 * right becomes a tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/filter.h"

static void a_filter_that_is_wrong_names_the_place(void **state)
{
    static const struct {
        const char *text;
        const char *what;
    } cases[] = {
        {"", "a column is expected at character 1"},
        {"n", "a comparison is expected at character 2"},
        {"n = ", "a constant is expected at character 5"},
        {"n = m", "a constant is expected at character 5"},
        {"n = NULL", "a constant is expected at character 5"},
        {"1 = n", "a column is expected at character 1"},
        {"n = 1 n", "AND, OR or the end is expected at character 7"},
        {"n = 1)", "AND, OR or the end is expected at character 6"},
        {"(n = 1", ") is expected at character 7"},
        {"n = 'a", "a constant is expected at character 5"},
        {"`n = 1", "a column is expected at character 1"},
        {"n IN 1", "( is expected at character 6"},
        {"n IN ()", "a constant is expected at character 7"},
        {"n IN (1", ", or ) is expected at character 8"},
        {"n IN (1,)", "a constant is expected at character 9"},
        {"n IS 1", "NULL is expected at character 6"},
        {"n NOT = 1", "IN or BETWEEN is expected at character 7"},
        {"n BETWEEN 1 OR 2", "AND is expected at character 13"},
        {"n = 1 AND", "a column is expected at character 10"},
        {"and = 1", "a column is expected at character 1"},
        {"n == 1", "a constant is expected at character 4"},
        {"n = 0x1", "a constant is expected at character 5"},
        {"n = 1.2.3", "a constant is expected at character 5"},
        {"n = 1e5", "a constant is expected at character 5"},
        {"n = - 1", "a constant is expected at character 5"},
        {"n = \"a\"", "a constant is expected at character 5"},
        {"gr\xc3\xb6\xc3\x9f" "e = ;", "a constant is expected at "
                                       "character 9"},
        {"n = 1; DROP", "AND, OR or the end is expected at character 6"},
        {"f(n) = 1", "a comparison is expected at character 2"},
    };
    struct filter *filter;
    struct error error;
    char wanted[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        snprintf(wanted, sizeof(wanted), "cannot use a filter: %s of \"%s\"",
                 cases[i].what, cases[i].text);
        assert_int_equal(filter_parse(cases[i].text, &filter, &error),
                         STATUS_USAGE);
        assert_int_equal(error.id, ERROR_FILTER);
        assert_string_equal(error.what, wanted);
        assert_null(filter);
    }
}

static void each_column_is_named_once(void **state)
{
    const char *const *names;
    struct filter *filter;
    struct error error;

    (void)state;
    assert_int_equal(filter_parse("a = 1 AND b IN (1) OR a BETWEEN 1 AND 2 "
                                  "AND NOT c IS NOT NULL",
                                  &filter, &error),
                     STATUS_OK);
    assert_int_equal(filter_columns(filter, &names), 3);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    assert_string_equal(names[2], "c");
    filter_free(filter);
    filter_free(NULL);
}

static void the_tree_can_be_walked(void **state)
{
    const struct filter_node *root;
    struct filter *filter;
    struct error error;

    (void)state;
    assert_int_equal(
        filter_parse("a >= 1.50 OR NOT b IN ('it''s', 0x00, true, False)",
                     &filter, &error),
        STATUS_OK);
    root = filter_root(filter);
    assert_int_equal(root->kind, FILTER_OR);
    assert_int_equal(root->left->kind, FILTER_COMPARE);
    assert_int_equal(root->left->operator, FILTER_GE);
    assert_string_equal(root->left->column, "a");
    assert_true(root->left->constants[0].is_number);
    assert_string_equal(root->left->constants[0].text, "1.50");
    assert_int_equal(root->right->kind, FILTER_NOT);
    root = root->right->left;
    assert_int_equal(root->kind, FILTER_IN);
    assert_int_equal(root->constant_count, 4);
    assert_false(root->constants[0].is_number);
    assert_string_equal(root->constants[0].text, "it's");
    assert_string_equal(root->constants[1].text, "0x00");
    assert_true(root->constants[1].is_number);
    assert_string_equal(root->constants[2].text, "1");
    assert_string_equal(root->constants[3].text, "0");
    filter_free(filter);
}

/* `start`, `count` times `part`, and `end`. */
static enum status parse_many(const char *start, const char *part,
                              size_t count, const char *end,
                              struct error *error)
{
    struct filter *filter;
    enum status status;
    struct buffer text;

    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, start);
    for (size_t i = 0; i < count; i++)
        buffer_add_text(&text, part);
    buffer_add_text(&text, end);
    status = filter_parse(buffer_text(&text), &filter, error);
    filter_free(filter);
    buffer_release(&text);
    return status;
}

static void depth_and_number_are_limited(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(parse_many("", "NOT ", 99, "n=2", &error), STATUS_OK);
    assert_int_equal(parse_many("", "NOT ", 100, "n=2", &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "more than 100 levels"));
    assert_int_equal(parse_many("", "(", 100000, "n=2", &error), STATUS_USAGE);
    assert_int_equal(parse_many("", "n=1 OR ", 499, "n=2", &error), STATUS_OK);
    assert_int_equal(parse_many("", "n=1 OR ", 500, "n=2", &error),
                     STATUS_USAGE);
    assert_non_null(strstr(error.what, "more than 1,000 conditions"));
    assert_int_equal(parse_many("n IN (", "1,", 9999, "1)", &error),
                     STATUS_OK);
    assert_int_equal(parse_many("n IN (", "1,", 10000, "1)", &error),
                     STATUS_USAGE);
    assert_non_null(strstr(error.what, "more than 10,000 constants"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_that_is_wrong_names_the_place),
        cmocka_unit_test(each_column_is_named_once),
        cmocka_unit_test(the_tree_can_be_walked),
        cmocka_unit_test(depth_and_number_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
