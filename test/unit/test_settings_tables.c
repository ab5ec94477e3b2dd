/* The entries of tables: their forms, their options, and which of them is
 * meant for a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture_settings.h"

static void an_entry_has_many_forms(void **state)
{
    struct settings *settings = settings_with(
        "tables:\n"
        "  - orders\n"
        "  - \"log_*\": {mode: incremental, cursor: updated_at}\n"
        "  - customers: full\n"
        "  - items:\n"
        "  - a: {to: b}\n"
        "    c: {to: d}\n"
        "  - except: [x, \"tmp_*\"]\n"
        "  - except: y\n");

    (void)state;
    assert_int_equal(settings->table_count, 6);
    assert_string_equal(settings->tables[0].pattern, "orders");
    assert_true(settings->tables[0].is_exact);
    assert_false(settings->tables[0].has_mode);
    assert_int_equal(settings->tables[0].place.line, 4);
    assert_int_equal(settings->tables[0].place.column, 5);
    assert_false(settings->tables[1].is_exact);
    assert_true(settings->tables[1].has_mode);
    assert_int_equal(settings->tables[1].mode, MODE_INCREMENTAL);
    assert_string_equal(settings->tables[1].cursors[0], "updated_at");
    assert_true(settings->tables[2].has_mode);
    assert_int_equal(settings->tables[2].mode, MODE_FULL);
    assert_string_equal(settings->tables[3].pattern, "items");
    assert_string_equal(settings->tables[5].target, "d");
    assert_int_equal(settings->except_count, 3);
    assert_string_equal(settings->except[1], "tmp_*");
    settings_free(settings);
}

static void one_map_may_stand_for_the_list(void **state)
{
    struct settings *settings =
        settings_with("tables:\n  \"*\": {mode: full}\n  except: a\n");

    (void)state;
    assert_int_equal(settings->table_count, 1);
    assert_int_equal(settings->tables[0].mode, MODE_FULL);
    assert_int_equal(settings->except_count, 1);
    settings_free(settings);
}

static void every_option_arrives(void **state)
{
    struct settings *settings = settings_with(
        "tables:\n"
        "  - orders:\n"
        "      to: dim_orders\n"
        "      columns: [id, name]\n"
        "      rows: \"country = 'JP' AND status IN (1, 2)\"\n"
        "      cursor: [a, b]\n"
        "      cursor_zone: Asia/Tokyo\n"
        "      cursor_unit: ms\n"
        "      overlap: 0s\n"
        "      soft_delete: is_deleted = 1\n"
        "      key: [shop_id, id]\n"
        "      zero_dates: null\n"
        "      bad_text: replace\n"
        "      types: {loc: UInt16, kind: \"Decimal(10, 2)\"}\n"
        "      late: 30m\n");
    const struct table_settings *table = &settings->tables[0];

    (void)state;
    assert_string_equal(table->target, "dim_orders");
    assert_int_equal(table->column_count, 2);
    assert_string_equal(table->columns[1], "name");
    assert_string_equal(table->rows, "country = 'JP' AND status IN (1, 2)");
    assert_int_equal(table->cursor_count, 2);
    assert_string_equal(table->cursors[1], "b");
    assert_string_equal(table->cursor_zone, "Asia/Tokyo");
    assert_true(table->has_cursor_unit);
    assert_int_equal(table->cursor_unit, CURSOR_MILLISECONDS);
    assert_true(table->has_overlap);
    assert_int_equal(table->overlap_ms, 0);
    assert_string_equal(table->soft_delete, "is_deleted = 1");
    assert_int_equal(table->key_count, 2);
    assert_string_equal(table->key[0], "shop_id");
    assert_int_equal(table->zero_dates, DATES_NULL);
    assert_int_equal(table->bad_text, TEXT_REPLACE);
    assert_int_equal(table->type_count, 2);
    assert_string_equal(table->type_columns[1], "kind");
    assert_string_equal(table->type_names[1], "Decimal(10, 2)");
    assert_int_equal(table->late_ms, 1800000);
    settings_free(settings);
}

static void what_is_not_written_is_absent(void **state)
{
    struct settings *settings = settings_with("tables: a\n");
    const struct table_settings *table = &settings->tables[0];

    (void)state;
    assert_null(table->target);
    assert_int_equal(table->column_count, 0);
    assert_null(table->rows);
    assert_int_equal(table->cursor_count, 0);
    assert_null(table->cursor_zone);
    assert_false(table->has_cursor_unit);
    assert_int_equal(table->cursor_unit, CURSOR_TIME);
    assert_false(table->has_overlap);
    assert_null(table->soft_delete);
    assert_int_equal(table->key_count, 0);
    assert_int_equal(table->zero_dates, DATES_STOP);
    assert_int_equal(table->bad_text, TEXT_STOP);
    assert_int_equal(table->late_ms, 0);
    settings_free(settings);
}

static void general_settings_hold_for_all_wherever_they_stand(void **state)
{
    struct settings *settings = settings_with(
        "tables:\n"
        "  - a\n"
        "  - b: {zero_dates: stop, late: 1m}\n"
        "zero_dates: text\n"
        "bad_text: replace\n"
        "late: 2h\n");

    (void)state;
    assert_int_equal(settings->tables[0].zero_dates, DATES_TEXT);
    assert_int_equal(settings->tables[0].bad_text, TEXT_REPLACE);
    assert_int_equal(settings->tables[0].late_ms, 7200000);
    assert_int_equal(settings->tables[1].zero_dates, DATES_STOP);
    assert_int_equal(settings->tables[1].bad_text, TEXT_REPLACE);
    assert_int_equal(settings->tables[1].late_ms, 60000);
    settings_free(settings);
}

/* The target of the entry that is meant tells which it is. */
static void meant(const struct settings *settings, const char *table,
                  const char *late)
{
    const struct table_settings *entry = settings_for(settings, table);
    uint64_t late_ms;

    if (late == NULL) {
        assert_null(entry);
        return;
    }
    assert_non_null(entry);
    assert_true(key_number(KEY_DURATION, late, &late_ms));
    assert_int_equal(entry->late_ms, late_ms);
}

static void the_most_exact_entry_is_meant(void **state)
{
    struct settings *settings = settings_with(
        "tables:\n"
        "  - orders: {late: 1s}\n"
        "  - \"orders_1*\": {late: 2s}\n"
        "  - \"orders_[12]?\": {late: 3s}\n"
        "  - \"*\": {late: 4s}\n"
        "  - \"order*\": {late: 5s}\n"
        "  - \"[a-c]*\": {late: 6s}\n");

    (void)state;
    meant(settings, "orders", "1s");
    meant(settings, "orders_17", "2s");
    meant(settings, "orders_27", "3s");
    meant(settings, "order", "5s");
    meant(settings, "zebra", "4s");
    meant(settings, "b", "6s");
    meant(settings, "Orders", "4s");
    settings_free(settings);
}

static void of_equals_the_last_is_meant_and_nothing_is_merged(void **state)
{
    struct settings *settings = settings_with(
        "tables:\n"
        "  - a: {late: 1s, to: b}\n"
        "  - a: {late: 2s}\n"
        "  - \"x*\": {late: 3s}\n"
        "  - \"x?\": {late: 4s}\n"
        "  - \"x*z\": {late: 5s}\n");

    (void)state;
    meant(settings, "a", "2s");
    assert_null(settings_for(settings, "a")->target);
    meant(settings, "xy", "4s");
    meant(settings, "xyz", "5s");
    meant(settings, "none", NULL);
    settings_free(settings);
}

static void an_exception_wins_where_it_is_as_exact(void **state)
{
    struct settings *settings = settings_with(
        "tables:\n"
        "  - \"*\": {late: 1s}\n"
        "  - tmp_keep: {late: 2s}\n"
        "  - \"tmp_old_*\": {late: 3s}\n"
        "  - gone: {late: 4s}\n"
        "  - except: [\"tmp_*\", gone, other]\n");

    (void)state;
    meant(settings, "orders", "1s");
    meant(settings, "tmp_x", NULL);
    meant(settings, "tmp_keep", "2s");
    meant(settings, "tmp_old_1", "3s");
    meant(settings, "gone", NULL);
    meant(settings, "other", NULL);
    settings_free(settings);
}

static void option_fails(const char *option, enum error_id id,
                         const char *what)
{
    char *text = memory_format("tables:\n  - \"*\": {%s}\n", option);

    settings_fail_with(text, id, what, NULL);
    memory_free(text);
}

static void a_wrong_option_is_named(void **state)
{
    (void)state;
    option_fails("mode: append", ERROR_MODE_MISSING,
                 "4:17: mode append does not exist in this build yet");
    option_fails("mode: ful", ERROR_SETTINGS_VALUE,
                 "4:17: \"mode\" expects one of cdc|incremental|full");
    option_fails("cursor_unit: us", ERROR_SETTINGS_VALUE,
                 "4:24: \"cursor_unit\" expects one of s|ms");
    option_fails("overlap: soon", ERROR_SETTINGS_VALUE,
                 "4:20: \"overlap\" expects a duration such as 30s, 10m or "
                 "2h");
    option_fails("overlap: [1s]", ERROR_SETTINGS_VALUE,
                 "4:20: \"overlap\" expects one text, not a list or map");
    option_fails("cursor_zone: Mars/Olympus", ERROR_SETTINGS_VALUE,
                 "4:24: \"cursor_zone\" expects a time zone that this system "
                 "knows, such as Asia/Tokyo or +09:00");
    option_fails("columns: [a, -b]", ERROR_SETTINGS_VALUE,
                 "4:20: \"columns\" expects names, or each with - in front");
    option_fails("columns: [-]", ERROR_SETTINGS_VALUE,
                 "4:20: \"columns\" expects names, or each with - in front");
    option_fails("columns: [a, a]", ERROR_SETTINGS_VALUE,
                 "4:20: \"columns\" names the same twice");
    option_fails("key: []", ERROR_SETTINGS_VALUE,
                 "4:16: \"key\" expects a text or a list of texts");
    option_fails("key: [a, '']", ERROR_SETTINGS_VALUE,
                 "4:20: \"key\" expects a text, not nothing");
    option_fails("types: UInt8", ERROR_SETTINGS_VALUE,
                 "4:18: \"types\" expects a map of columns to types");
    option_fails("types: {a: [b]}", ERROR_SETTINGS_VALUE,
                 "4:22: \"types\" expects one text, not a list or map");
    option_fails("to: dim", ERROR_SETTINGS_VALUE,
                 "4:5: \"to\" expects one table, not the pattern \"*\"");
    option_fails("to: ''", ERROR_SETTINGS_VALUE,
                 "4:15: \"to\" expects a text");
}

static void a_broken_filter_is_an_error_of_its_line(void **state)
{
    struct settings_options options = fixture_options(fixture_file(
        "shop.yml",
        FIXTURE_ENDS "tables:\n  - a:\n      rows: \"b = = 1\"\n", 0600));
    char *start = memory_format("%s:5:13: \"rows\": ", options.path);
    struct settings *settings;
    struct error error;

    (void)state;
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_int_equal(error.id, ERROR_FILTER);
    assert_memory_equal(error.what, start, __builtin_strlen(start));
    memory_free(start);
    fixture_file("shop.yml",
                 FIXTURE_ENDS "tables:\n  - a: {soft_delete: is deleted}\n",
                 0600);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_int_equal(error.id, ERROR_FILTER);
}

static void tables_that_name_nothing_are_refused(void **state)
{
    (void)state;
    settings_fail_with("tables: []\n", ERROR_SETTINGS_MISSING,
                       "3:9: \"tables\" names no table", NULL);
    settings_fail_with("tables: [except: a]\n", ERROR_SETTINGS_MISSING,
                       "3:9: \"tables\" names no table", NULL);
    settings_fail_with("tables: \"\"\n", ERROR_SETTINGS_VALUE,
                       "3:9: \"tables\" expects a name or pattern, not "
                       "nothing", NULL);
    settings_fail_with("tables: [[a]]\n", ERROR_SETTINGS_VALUE,
                       "3:10: \"tables\" expects one text, not a list or "
                       "map", NULL);
    settings_fail_with("tables: [a: [b]]\n", ERROR_SETTINGS_VALUE,
                       "3:13: table \"a\" expects a map of keys to values",
                       NULL);
    settings_fail_with("tables: [a: {}, except: {a: b}]\n",
                       ERROR_SETTINGS_VALUE,
                       "3:25: \"except\" expects a text or a list of texts",
                       NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_has_many_forms),
        cmocka_unit_test(one_map_may_stand_for_the_list),
        cmocka_unit_test(every_option_arrives),
        cmocka_unit_test(what_is_not_written_is_absent),
        cmocka_unit_test(general_settings_hold_for_all_wherever_they_stand),
        cmocka_unit_test(the_most_exact_entry_is_meant),
        cmocka_unit_test(of_equals_the_last_is_meant_and_nothing_is_merged),
        cmocka_unit_test(an_exception_wins_where_it_is_as_exact),
        cmocka_unit_test(a_wrong_option_is_named),
        cmocka_unit_test(a_broken_filter_is_an_error_of_its_line),
        cmocka_unit_test(tables_that_name_nothing_are_refused),
    };

    return cmocka_run_group_tests(tests, settings_fixture_setup,
                                  settings_fixture_teardown);
}
