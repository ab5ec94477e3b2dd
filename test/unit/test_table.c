/* The plan of a table: columns, key, seeds and the size of a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture_model.h"
#include "model/digest.h"

static void a_new_table_is_named_and_has_no_column(void **state)
{
    struct table *table = table_new("shop", "orders");

    (void)state;
    assert_string_equal(table->database, "shop");
    assert_string_equal(table->name, "orders");
    assert_string_equal(table->target, "orders");
    assert_string_equal(table->comment, "");
    assert_int_equal(table->column_count, 0);
    assert_int_equal(table->key_count, 0);
    table_free(table);
    table_free(NULL);
}

static void a_column_is_found_by_its_exact_name(void **state)
{
    struct table *table = table_new("shop", "orders");

    (void)state;
    table_add_column(table, "id");
    table_add_column(table, "Name");
    assert_int_equal(table_find(table, "Name"), 1);
    assert_int_equal(table_find(table, "name"), 2);
    assert_ptr_equal(table_column(table, "id"), &table->columns[0]);
    assert_null(table_column(table, "i"));
    assert_true(table->columns[0].is_stored);
    assert_string_equal(table->columns[0].comment, "");
    table_free(table);
}

static void a_typing_error_stands_for_the_nearest_column(void **state)
{
    struct table *table = table_new("shop", "orders");

    (void)state;
    assert_null(table_nearest(table, "updated_at"));
    table_add_column(table, "created_at");
    table_add_column(table, "updated_at");
    assert_string_equal(table_nearest(table, "updatet_at"), "updated_at");
    assert_string_equal(table_nearest(table, "UPDATED_at"), "updated_at");
    assert_null(table_nearest(table, "zz"));
    table_free(table);
}

static void a_seed_is_that_of_the_first_name(void **state)
{
    struct table *table = table_new("shop", "orders");
    struct column *column = table_add_column(table, "new_name");

    (void)state;
    assert_true(column->seed == digest_seed("new_name"));
    column_set_seed(column, "old_name");
    assert_string_equal(column->name, "new_name");
    assert_string_equal(column->seed_name, "old_name");
    assert_true(column->seed == digest_seed("old_name"));
    column_set_seed(column, column->seed_name);
    assert_string_equal(column->seed_name, "old_name");
    table_free(table);
}

static void key_columns_keep_the_keys_order(void **state)
{
    struct table *table = table_new("shop", "orders");
    size_t key[] = {2, 0};

    (void)state;
    for (int i = 0; i < 3; i++)
        table_add_column(table, i == 0 ? "a" : i == 1 ? "b" : "c");
    table_set_key(table, key, 2);
    key[0] = 1;
    assert_int_equal(table->key[0], 2);
    assert_int_equal(table->key[1], 0);
    assert_true(table_is_key(table, 0));
    assert_false(table_is_key(table, 1));
    assert_true(table_is_key(table, 2));
    table_set_key(table, NULL, 0);
    assert_false(table_is_key(table, 0));
    table_free(table);
}

static void only_keys_of_one_integer_need_no_bucket(void **state)
{
    struct table *table = table_new("shop", "orders");

    (void)state;
    fixture_column(table, "a", KIND_INT, 4);
    fixture_column(table, "b", KIND_UINT, 8);
    fixture_key(table, 0);
    assert_false(table->is_bucketed);
    fixture_key(table, 2);
    assert_true(table->is_bucketed);
    fixture_key(table, 1);
    assert_false(table->is_bucketed);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        table->columns[0].kind = kind;
        table_settle(table);
        assert_int_equal(table->is_bucketed,
                         kind != KIND_INT && kind != KIND_UINT);
    }
    table_free(table);
}

static void the_bytes_of_a_row_count_every_array(void **state)
{
    struct table *table = table_new("shop", "orders");

    (void)state;
    assert_int_equal(table_fixed_bytes(table), 8 + 8 + 1);
    fixture_column(table, "a", KIND_INT, 4);
    assert_int_equal(table_fixed_bytes(table), 17 + 4);
    table->columns[0].is_nullable = true;
    assert_int_equal(table_fixed_bytes(table), 17 + 5);
    fixture_column(table, "t", KIND_TEXT, 0);
    assert_int_equal(table_fixed_bytes(table), 17 + 5 + sizeof(size_t));
    assert_int_equal(table_row_bytes(table), 17 + 5 + sizeof(size_t) + 16);
    table->is_bucketed = true;
    assert_int_equal(table_fixed_bytes(table), 21 + 5 + sizeof(size_t));
    table_free(table);
}

static void modes_have_the_names_of_the_settings(void **state)
{
    (void)state;
    assert_string_equal(mode_name(MODE_INCREMENTAL), "incremental");
    assert_string_equal(mode_name(MODE_FULL), "full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_table_is_named_and_has_no_column),
        cmocka_unit_test(a_column_is_found_by_its_exact_name),
        cmocka_unit_test(a_typing_error_stands_for_the_nearest_column),
        cmocka_unit_test(a_seed_is_that_of_the_first_name),
        cmocka_unit_test(key_columns_keep_the_keys_order),
        cmocka_unit_test(only_keys_of_one_integer_need_no_bucket),
        cmocka_unit_test(the_bytes_of_a_row_count_every_array),
        cmocka_unit_test(modes_have_the_names_of_the_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
