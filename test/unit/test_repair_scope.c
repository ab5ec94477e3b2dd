/* Scopes of requests: what is written is read back, what is not understood is
 * the whole table; lists hold each value once and end at their limit. */
#include "unit.h"

#include "base/memory.h"
#include "sync/repair_scope.h"

static struct repair_list list_of(const char *values, size_t count_max)
{
    struct repair_list list;
    repair_list_init(&list, count_max, 1000);
    (void)repair_list_add_all(&list, values);
    return list;
}

static void keys_come_back(void **context)
{
    struct repair_list keys = list_of("[\"1\",\"x61\"],[\"2\",\"\"]", 9);
    struct scope scope;
    char *text = scope_keys(&keys);
    (void)context;
    assert_string_equal(text, "{\"keys\":[[\"1\",\"x61\"],[\"2\",\"\"]]}");
    scope_read(text, &scope);
    assert_int_equal(scope.kind, SCOPE_KEYS);
    assert_string_equal(scope.values, "[\"1\",\"x61\"],[\"2\",\"\"]");
    scope_release(&scope);
    memory_free(text);
    repair_list_release(&keys);
}

static void children_come_back(void **context)
{
    char *columns[] = {"a", "quoted \" name"};
    struct scope written = {.columns = columns, .column_count = 2,
                            .level = 3, .is_gone = true,
                            .waits = true};
    struct repair_list values = list_of("[\"1\",\"2\"]", 9);
    struct scope scope;
    char *text = scope_children(&written, &values);
    (void)context;
    scope_read(text, &scope);
    assert_int_equal(scope.kind, SCOPE_CHILDREN);
    assert_int_equal(scope.level, 3);
    assert_true(scope.is_gone);
    assert_true(scope.waits);
    assert_int_equal(scope.column_count, 2);
    assert_string_equal(scope.columns[0], columns[0]);
    assert_string_equal(scope.columns[1], columns[1]);
    assert_string_equal(scope.values, "[\"1\",\"2\"]");
    scope_release(&scope);
    scope_read("{\"passed\":true}", &scope);
    assert_int_equal(scope.kind, SCOPE_PASSED);
    memory_free(text);
    repair_list_release(&values);
}

static void words_come_back(void **context)
{
    struct scope scope;
    (void)context;
    scope_read("{\"all\":true,\"waits\":true}", &scope);
    assert_int_equal(scope.kind, SCOPE_ALL);
    assert_true(scope.waits);
    scope_read("{\"passed\":true,\"copy\":true}", &scope);
    assert_int_equal(scope.kind, SCOPE_PASSED);
    assert_true(scope.is_copy);
    scope_read("{\"went\":true}", &scope);
    assert_int_equal(scope.kind, SCOPE_WENT);
    assert_false(scope.waits || scope.is_copy);
    scope_read("{\"all\":true}", &scope);
    assert_int_equal(scope.kind, SCOPE_ALL);
    assert_false(scope.waits);
}

static void a_version_comes_back(void **context)
{
    struct scope scope;
    (void)context;
    scope_read("{\"below\":\"9007199254740993\"}", &scope);
    assert_int_equal(scope.kind, SCOPE_BELOW);
    assert_true(scope.below == UINT64_C(9007199254740993));
    scope_release(&scope);
}

static void what_is_not_understood_is_the_whole_table(void **context)
{
    static const char *const texts[] = {
        "{\"all\":true}", "", "[]", "{", "{\"keys\":[]}", "{\"keys\":[1]}",
        "{\"keys\":{}}", "{\"below\":\"x\"}", "{\"below\":\"0\"}",
        "{\"children\":[],\"values\":[[\"1\"]]}",
        "{\"children\":[1],\"values\":[[\"1\"]]}",
        "{\"children\":[\"a\"],\"values\":[]}", "{\"children\":[\"a\"]}",
        "{\"ranges\":[[\"1\"],[\"2\"]]}"};
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct scope scope;
        scope_read(texts[i], &scope);
        assert_int_equal(scope.kind, SCOPE_ALL);
        scope_release(&scope);
    }
}

static void a_list_holds_each_value_once(void **context)
{
    struct repair_list list;
    (void)context;
    repair_list_init(&list, 1000, 100000);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 500; i++) {
            char *value = memory_format("[\"%d\"]", i);
            assert_true(repair_list_add(&list, bytes_of(value)));
            memory_free(value);
        }
    }
    assert_int_equal(list.count, 500);
    assert_string_equal(repair_list_at(&list, 0), "[\"0\"]");
    assert_string_equal(repair_list_at(&list, 499), "[\"499\"]");
    repair_list_release(&list);
}

static void a_list_that_is_full_says_so(void **context)
{
    struct repair_list list = list_of("[\"1\"],[\"2\"]", 2);
    (void)context;
    assert_true(repair_list_add(&list, bytes_of("[\"1\"]")));
    assert_false(list.is_full);
    assert_false(repair_list_add(&list, bytes_of("[\"3\"]")));
    assert_true(list.is_full);
    repair_list_release(&list);
    repair_list_init(&list, 100, 12);
    assert_true(repair_list_add(&list, bytes_of("[\"1\"]")));
    assert_true(repair_list_add(&list, bytes_of("[\"2\"]")));
    assert_false(repair_list_add(&list, bytes_of("[\"3\"]")));
    repair_list_release(&list);
}

static void lists_of_other_texts_are_refused(void **context)
{
    static const char *const texts[] = {
        "[", "[]", "[\"1\"", "[\"1\"]x", "[\"1\\\"\"]", "[1]", "\"1\"",
        "[\"1\",]", "[\"1\" ,\"2\"]"};
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct repair_list list;
        repair_list_init(&list, 100, 1000);
        assert_false(repair_list_add_all(&list, texts[i]));
        repair_list_release(&list);
    }
}

static void columns_are_found_by_name(void **context)
{
    static const char *const both[] = {"b", "a"};
    static const char *const other[] = {"a", "c"};
    struct table *table = table_new("shop", "t");
    (void)context;
    (void)table_add_column(table, "a");
    (void)table_add_column(table, "b");
    size_t *columns = scope_columns(table, both, 2);
    assert_int_equal(columns[0], 1);
    assert_int_equal(columns[1], 0);
    memory_free(columns);
    assert_null(scope_columns(table, other, 2));
    table_column(table, "a")->is_stored = false;
    assert_null(scope_columns(table, both, 2));
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_back),
        cmocka_unit_test(children_come_back),
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(a_version_comes_back),
        cmocka_unit_test(what_is_not_understood_is_the_whole_table),
        cmocka_unit_test(a_list_holds_each_value_once),
        cmocka_unit_test(a_list_that_is_full_says_so),
        cmocka_unit_test(lists_of_other_texts_are_refused),
        cmocka_unit_test(columns_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
