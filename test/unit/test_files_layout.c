/* The layout of a table in a folder of files, and what would change there. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "fixture_model.h"
#include "model/calendar.h"
#include "warehouse/files.h"

/* id key; hidden, not stored; note may be NULL. */
static struct table *orders(void)
{
    struct table *table = table_new("shop", "orders");
    fixture_column(table, "id", KIND_UINT, 8);
    fixture_column(table, "hidden", KIND_INT, 4)->is_stored = false;
    fixture_column(table, "note", KIND_TEXT, 0)->is_nullable = true;
    fixture_key(table, 1);
    return table;
}

static void a_layout_names_what_is_stored(void **state)
{
    struct table *table = orders();
    struct column *price = fixture_column(table, "price", KIND_DECIMAL, 8);
    struct buffer text;
    (void)state;
    price->precision = 12;
    price->scale = 2;
    column_set_seed(price, "old");
    buffer_init(&text, 4096);
    files_layout_write(table, &text);
    assert_string_equal(
        buffer_text(&text),
        "\"key\":[\"id\"],\"columns\":["
        "{\"name\":\"id\",\"type\":\"uint64\",\"nullable\":false,"
        "\"seed\":\"id\"},"
        "{\"name\":\"note\",\"type\":\"text\",\"nullable\":true,"
        "\"seed\":\"note\"},"
        "{\"name\":\"price\",\"type\":\"decimal(12,2)\",\"nullable\":false,"
        "\"seed\":\"old\"}]");
    buffer_release(&text);
    json_t *layout = files_layout_of(table);
    const json_t *column = files_layout_find(layout, "note");
    assert_string_equal(json_string_value(json_object_get(column, "type")),
                        "text");
    assert_null(files_layout_find(layout, "hidden"));
    json_decref(layout);
    table_free(table);
}

static void a_new_table_is_a_folder(void **state)
{
    struct files_reading live = {.rows = 0};
    struct warehouse_plan plan;
    struct table *table = orders();
    (void)state;
    files_layout_plan(table, &live, &plan);
    assert_true(plan.is_new);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.changes[0].kind, '+');
    assert_string_equal(plan.changes[0].text,
                        "create folder orders (2 columns)");
    warehouse_plan_release(&plan);
    table->columns[2].is_stored = false;
    files_layout_plan(table, &live, &plan);
    assert_string_equal(plan.changes[0].text,
                        "create folder orders (1 column)");
    warehouse_plan_release(&plan);
    table_free(table);
}

/* Stored as orders() with some rows; wanted as `change` makes it. NULL: no
 * change; else the one change, or, where it needs a reload, the reason. */
static void assert_plan(void (*change)(struct table *), uint64_t rows,
                        bool needs_reload, const char *wanted)
{
    struct table *stored = orders();
    struct table *table = orders();
    struct warehouse_plan plan;
    struct files_reading live = {.rows = rows};
    fixture_column(stored, "n", KIND_INT, 4);
    fixture_column(table, "n", KIND_INT, 4);
    live.layout = files_layout_of(stored);
    change(table);
    files_layout_plan(table, &live, &plan);
    assert_false(plan.is_new);
    assert_true(plan.needs_reload == needs_reload);
    assert_int_equal(plan.count, wanted && !needs_reload);
    if (needs_reload)
        assert_string_equal(plan.why, wanted);
    else
        assert_null(plan.why);
    if (plan.count > 0)
        assert_string_equal(plan.changes[0].text, wanted);
    warehouse_plan_release(&plan);
    json_decref(live.layout);
    table_free(stored);
    table_free(table);
}

static void leave(struct table *table)
{
    (void)table;
}

static void add(struct table *table)
{
    fixture_column(table, "more", KIND_FLOAT, 4);
}

static void widen(struct table *table)
{
    table->columns[3].width = 8;
}

static void number(struct table *table)
{
    table->columns[3].kind = KIND_DECIMAL;
    table->columns[3].precision = 10;
}

static void uuid(struct table *table)
{
    table->columns[2].kind = KIND_UUID;
}

static void date(struct table *table)
{
    table->columns[3].kind = KIND_DATE;
}

static void nullable(struct table *table)
{
    table->columns[3].is_nullable = true;
}

static void key(struct table *table)
{
    table->columns[1].is_stored = true;
    fixture_key(table, 2);
}

static void date_and_key(struct table *table)
{
    date(table);
    key(table);
    table->columns[1].is_stored = false;
}

static void only_what_is_written_alike_is_changed(void **state)
{
    (void)state;
    assert_plan(leave, 5, false, NULL);
    assert_plan(add, 5, false, "add column orders.more float32");
    assert_plan(widen, 5, false,
                "change column orders.n from int32 to int64");
    assert_plan(number, 5, false,
                "change column orders.n from int32 to decimal(10,0)");
    assert_plan(uuid, 5, false,
                "change column orders.note from text to uuid");
    assert_plan(nullable, 5, false, "describe column orders.n anew");
}

static void everything_else_is_a_reload_of_the_rows(void **state)
{
    (void)state;
    assert_plan(date, 5, true, "column n is stored as int32, not date");
    assert_plan(date_and_key, 5, true,
                "column n is stored as int32, not date");
    assert_plan(date, 0, false, "describe orders anew");
}

static void another_key_is_another_table(void **state)
{
    struct table *table = orders();
    struct warehouse_plan plan;
    struct files_reading live = {.rows = 1};
    (void)state;
    live.layout = files_layout_of(table);
    fixture_key(table, 0);
    files_layout_plan(table, &live, &plan);
    assert_true(plan.needs_reload);
    assert_string_equal(plan.why, "the rows there have another key");
    warehouse_plan_release(&plan);
    json_decref(live.layout);
    table_free(table);
}

static void years_have_four_digits(void **state)
{
    static const enum kind kinds[] = {KIND_DATE, KIND_DATETIME,
                                      KIND_TIMESTAMP, KIND_TIME, KIND_INT};
    struct table *table = table_new("shop", "t");
    struct error error;
    int64_t day_us = INT64_C(86400000000);
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        fixture_column(table, "c", kinds[i], 8);
    assert_ok(files_fit(NULL, table, &error), error);
    assert_true(table->columns[0].lowest == -719528);
    assert_true(table->columns[0].highest == 2932896);
    for (size_t i = 1; i < 3; i++) {
        assert_true(table->columns[i].lowest == -719528 * day_us);
        assert_true(table->columns[i].highest == 2932897 * day_us - 1);
    }
    for (size_t i = 3; i < 5; i++)
        assert_true(table->columns[i].lowest == table->columns[i].highest);
    fixture_column(table, "_tm_x", KIND_INT, 4)->is_stored = false;
    assert_ok(files_fit(NULL, table, &error), error);
    table->columns[5].is_stored = true;
    assert_fails(files_fit(NULL, table, &error), error,
                 ERROR_WAREHOUSE_LACKS);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layout_names_what_is_stored),
        cmocka_unit_test(a_new_table_is_a_folder),
        cmocka_unit_test(only_what_is_written_alike_is_changed),
        cmocka_unit_test(everything_else_is_a_reload_of_the_rows),
        cmocka_unit_test(another_key_is_another_table),
        cmocka_unit_test(years_have_four_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
