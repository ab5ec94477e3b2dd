/* Which changes of a table ask for every row again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sync/work.h"

#define A "\"a\":\"int||null|int(11)\""
#define A_TEXT "\"a\":\"text|latin1|null|text\""
#define B "\"b\":\"text|utf8mb4|null|varchar(10)\""
#define C "\"c\":\"int||null|int(11)\""
#define SHAPE(columns, rest) \
    "{\"columns\":{" columns "},\"deletes\":0" rest "}"
#define MODE ",\"mode\":\"incremental\""
#define CURSOR ",\"cursor\":\"u\""
#define DATES ",\"dates\":0"
#define BEFORE SHAPE(A "," B, CURSOR DATES MODE)

static void the_same_asks_for_nothing(void **context)
{
    (void)context;
    assert_false(shape_needs_reading(BEFORE, BEFORE));
    assert_false(shape_needs_reading(NULL, BEFORE));
}

static void a_column_that_is_gone_asks_for_nothing(void **context)
{
    (void)context;
    assert_false(shape_needs_reading(BEFORE, SHAPE(A, CURSOR DATES MODE)));
}

static void what_changes_the_rows_asks_for_all(void **context)
{
    static const char *const changed[] = {
        SHAPE(A "," B "," C, CURSOR DATES MODE), /* a new column */
        SHAPE(A_TEXT "," B, CURSOR DATES MODE),
        SHAPE(A "," B, CURSOR DATES MODE ",\"rows\":\"a = 1\""),
        SHAPE(A "," B, CURSOR ",\"dates\":1" MODE),
        SHAPE(A "," B, ",\"cursor\":\"v\"" DATES MODE),
        SHAPE(A "," B, CURSOR DATES MODE ",\"zone\":\"Asia/Tokyo\""),
        SHAPE(A "," B, CURSOR DATES MODE ",\"unit\":1"),
        SHAPE(A "," B, CURSOR DATES MODE ",\"to\":\"x\""),
        SHAPE(A "," B, CURSOR DATES MODE ",\"from\":\"x\""),
        SHAPE(A "," B, CURSOR DATES MODE ",\"key\":[\"a\"]"),
        SHAPE(A "," B, DATES ",\"mode\":\"full\""),
        "{\"columns\":{" A "," B "},\"deletes\":1" CURSOR DATES MODE "}",
    };
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(changed); i++)
        assert_true(shape_needs_reading(BEFORE, changed[i]));
}

static void what_only_grows_asks_for_nothing(void **context)
{
    static const char *const grown[][2] = {
        {"int||null|int(11)", "int||null|bigint(20)"},
        {"int||not null|tinyint(3) unsigned", "int||null|int(5) unsigned"},
        {"text|utf8mb4|null|varchar(50)", "text|utf8mb4|null|varchar(80)"},
        {"decimal||null|decimal(10,2)", "decimal||null|decimal(12,3)"},
        {"text|latin1|null|enum('a','b')", "text|latin1|null|"
                                           "enum('a','b','c|d')"},
        {"datetime||null|datetime", "datetime||null|datetime(6)"},
    };
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(grown); i++) {
        assert_true(work_column_grew(grown[i][0], grown[i][1]));
        assert_false(work_column_grew(grown[i][1], grown[i][0]));
    }
}

static void what_may_change_values_asks_for_all(void **context)
{
    static const char *const changed[][2] = {
        {"text|latin1|null|enum('a','b')", "text|latin1|null|enum('x','b')"},
        {"text|latin1|null|enum('a','b')", "text|latin1|null|enum('b','a')"},
        {"int||null|int(11)", "int||null|int(10) unsigned"},
        {"float||null|double", "float||null|float"},
        {"float||null|float(7,2)", "float||null|float(8,3)"},
        {"text|latin1|null|varchar(9)", "text|utf8mb4|null|varchar(9)"},
        {"int||null|int(11)", "int||not null|int(11)"},
        {"int||null|int(11)", "text||null|int(11)"},
        {"int", "int"},
    };
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(changed); i++)
        assert_false(work_column_grew(changed[i][0], changed[i][1]));
}

static void a_damaged_text_asks_for_all(void **context)
{
    (void)context;
    assert_true(shape_needs_reading("{", BEFORE));
}

/* The shape of a table of one column, by windows over it. */
static void assert_shape(uint64_t estimated_rows, const char *zone,
                         const char *wanted)
{
    char path[] = "shop";
    struct settings settings = {.deletes = DELETES_MARK};
    struct endpoint_settings endpoint = {.url = {.path = path}};
    struct sync sync = {.settings = &settings, .endpoint = &endpoint};
    struct table_settings entry = {.zero_dates = DATES_STOP};
    struct work work = {.settings = &entry, .mode = MODE_INCREMENTAL,
                        .cursor = "u", .cursor_unit = CURSOR_MILLISECONDS};
    work.table = table_new("shop", "orders");
    struct column *column = table_add_column(work.table, "u");
    size_t key = 0;
    column->kind = KIND_INT;
    column->width = 8;
    column->declared = memory_text("bigint(20)");
    table_set_key(work.table, &key, 1);
    work.table->estimated_rows = estimated_rows;
    entry.cursor_zone = zone ? memory_text(zone) : NULL;
    char *text = work_shape_text(&sync, &work);
    assert_string_equal(text, wanted);
    memory_free(text);
    memory_free(entry.cursor_zone);
    table_free(work.table);
}

static void a_shape_names_all_that_makes_the_rows(void **context)
{
    (void)context;
    assert_shape(5, "Asia/Tokyo",
                 "{\"columns\":{\"u\":\"int||not null|bigint(20)\"},"
                 "\"cursor\":\"u\",\"dates\":0,\"deletes\":1,"
                 "\"from\":\"shop\",\"key\":[\"u\",\"bigint(20)\",\"\"],"
                 "\"mode\":\"incremental\",\"to\":\"orders\",\"unit\":2,"
                 "\"zone\":\"Asia/Tokyo\"}");
    assert_shape(0, NULL,
                 "{\"columns\":{\"u\":\"int||not null|bigint(20)\"},"
                 "\"cursor\":\"u\",\"dates\":0,\"deletes\":1,"
                 "\"from\":\"shop\",\"key\":[\"u\",\"bigint(20)\",\"\"],"
                 "\"mode\":\"incremental\",\"to\":\"orders\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_names_all_that_makes_the_rows),
        cmocka_unit_test(the_same_asks_for_nothing),
        cmocka_unit_test(a_column_that_is_gone_asks_for_nothing),
        cmocka_unit_test(what_changes_the_rows_asks_for_all),
        cmocka_unit_test(what_only_grows_asks_for_nothing),
        cmocka_unit_test(what_may_change_values_asks_for_all),
        cmocka_unit_test(a_damaged_text_asks_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
