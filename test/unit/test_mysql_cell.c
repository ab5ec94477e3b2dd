/* Makers of cells: exact, or the row is named. */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "fixture_mysql.h"

/* One table of a key `id` and a column `c`. */
struct making {
    struct table *table;
    struct column *column;
    struct batch *batch;
    struct mysql_rows rows;
    struct error error;
};

static void making_start(struct making *making, const char *declared)
{
    size_t key = 1;

    making->table = table_new("shop", "orders");
    mysql_column(making->table, "c", declared);
    mysql_column(making->table, "id", "bigint(20)");
    table_set_key(making->table, &key, 1);
    table_settle(making->table);
    making->column = &making->table->columns[0];
}

static struct mysql_cell *making_cell(struct making *making)
{
    making->batch = batch_new(making->table, 4, 1 << 20);
    mysql_rows_make(&making->rows, making->table, 0);
    making->rows.row.batch = making->batch;
    return &making->rows.cells[0];
}

/* The key comes behind the cell that was made. */
static enum error_id making_end(struct making *making)
{
    enum error_id failure = making->rows.row.failure;

    mysql_cell_int(&making->rows.cells[1], 42);
    if (failure != ERROR_NONE)
        mysql_cell_error(&making->rows.row, &making->error);
    return failure;
}

static void making_release(struct making *making)
{
    mysql_rows_release(&making->rows);
    batch_free(making->batch);
    table_free(making->table);
}

static void retype(struct column *column, enum kind kind, uint8_t width)
{
    column->kind = kind;
    column->width = width;
}

static void a_zero_date_is_named_by_its_key(void **state)
{
    const struct mysql_moment none = {.year = 2024};
    struct making making;

    (void)state;
    making_start(&making, "date");
    mysql_cell_date(making_cell(&making), &none);
    assert_int_equal(making_end(&making), ERROR_VALUE_DATE);
    assert_int_equal(making.error.status, STATUS_TABLE);
    assert_string_equal(
        making.error.what,
        "cannot store column \"c\" of table \"orders\", row with id=42: "
        "2024-00-00 has no value in the warehouse");
    assert_non_null(strstr(making.error.next, "zero_dates"));
    making_release(&making);
}

static void a_zero_date_may_become_null(void **state)
{
    const struct mysql_moment none = {.hour = 1};
    struct making making;

    (void)state;
    making_start(&making, "datetime");
    making.column->date_policy = DATES_NULL;
    making.column->is_nullable = true;
    mysql_cell_datetime(making_cell(&making), &none);
    assert_int_equal(making_end(&making), ERROR_NONE);
    assert_true(batch_is_null(making.batch, 0, 0));
    making_release(&making);
}

static void dates_as_text_are_as_the_server_prints_them(void **state)
{
    const struct mysql_moment moment = {2024, 2, 0, 10, 0, 0, 500000};
    static const struct {
        const char *declared;
        const char *text;
    } cases[] = {
        {"date", "2024-02-00"},
        {"datetime", "2024-02-00 10:00:00"},
        {"datetime(1)", "2024-02-00 10:00:00.5"},
        {"timestamp(6)", "2024-02-00 10:00:00.500000"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct making making;
        making_start(&making, cases[i].declared);
        retype(making.column, KIND_TEXT, 0);
        struct mysql_cell *cell = making_cell(&making);
        if (i == 0)
            mysql_cell_date(cell, &moment);
        else
            mysql_cell_datetime(cell, &moment);
        assert_int_equal(making_end(&making), ERROR_NONE);
        assert_true(bytes_equal(batch_text(making.batch, 0, 0),
                                bytes_of(cases[i].text)));
        making_release(&making);
    }
}

/* The last date is remembered, and it alone. */
static void dates_are_told_apart(void **state)
{
    static const struct {
        struct mysql_moment moment;
        int32_t days;
    } cases[] = {
        {{.year = 2025, .month = 1, .day = 1}, 20089},
        {{.year = 2024, .month = 9, .day = 1}, 19967},
        {{.year = 2025, .month = 1, .day = 1}, 20089},
        {{.year = 0, .month = 1, .day = 1}, -719528},
    };
    struct making making;

    (void)state;
    making_start(&making, "date");
    struct mysql_cell *cell = making_cell(&making);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        mysql_cell_date(cell, &cases[i].moment);
        assert_int_equal(making_end(&making), ERROR_NONE);
        assert_int_equal(batch_int(making.batch, 0, i), cases[i].days);
        batch_add_row(making.batch, false);
    }
    making_release(&making);
}

static void a_limit_holds_at_both_ends(void **state)
{
    static const struct {
        int64_t value;
        enum error_id failure;
    } cases[] = {{-11, ERROR_VALUE_RANGE}, {-10, ERROR_NONE},
                 {20, ERROR_NONE},         {21, ERROR_VALUE_RANGE}};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct making making;
        making_start(&making, "time(6)");
        making.column->lowest = -10;
        making.column->highest = 20;
        mysql_cell_time(making_cell(&making), cases[i].value);
        assert_int_equal(making_end(&making), cases[i].failure);
        making_release(&making);
    }
}

static void a_null_where_none_may_be_is_a_changed_table(void **state)
{
    struct making making;

    (void)state;
    making_start(&making, "int(11)");
    mysql_cell_null(making_cell(&making));
    assert_int_equal(making_end(&making), ERROR_TABLE_CHANGED);
    assert_int_equal(making.error.status, STATUS_TEMPORARY);
    making_release(&making);
}

static void text_that_is_not_valid_stops_or_is_replaced(void **state)
{
    const struct bytes raw = {(const uint8_t *)"a\xff\xc3z", 4};
    struct making making;

    (void)state;
    making_start(&making, "varchar(9)");
    mysql_cell_string(making_cell(&making), raw);
    assert_int_equal(making_end(&making), ERROR_VALUE_TEXT);
    making_release(&making);
    making_start(&making, "varchar(9)");
    making.column->text_policy = TEXT_REPLACE;
    mysql_cell_string(making_cell(&making), raw);
    assert_int_equal(making_end(&making), ERROR_NONE);
    assert_true(bytes_equal(batch_text(making.batch, 0, 0),
                            bytes_of("a\xef\xbf\xbd\xef\xbf\xbdz")));
    making_release(&making);
}

static void a_key_that_is_not_valid_is_shown_by_its_bytes(void **state)
{
    const struct bytes raw = {(const uint8_t *)"a\xff", 2};
    size_t key = 0;
    struct making making;

    (void)state;
    making_start(&making, "varchar(9)");
    table_set_key(making.table, &key, 1);
    table_settle(making.table);
    mysql_cell_string(making_cell(&making), raw);
    assert_int_equal(making_end(&making), ERROR_VALUE_TEXT);
    assert_non_null(strstr(making.error.what, "row with c=0x61ff:"));
    making_release(&making);
}

static void decimals_are_exact_or_stop(void **state)
{
    static const struct {
        const char *declared;
        const char *text;
        const char *low; /* first 8 bytes */
        enum error_id failure;
    } cases[] = {
        {"decimal(4,2)", "-1.50", "\x6a\xff\xff\xff", ERROR_NONE},
        {"decimal(4,2)", "0.00", "\0\0\0\0", ERROR_NONE},
        {"decimal(4,2)", "-0.00", "\0\0\0\0", ERROR_NONE},
        {"decimal(4,0)", "7", "\x07\0\0\0", ERROR_NONE},
        {"decimal(4,2)", "99.99", "\x0f\x27\0\0", ERROR_NONE},
        {"decimal(4,2)", "100.00", "", ERROR_VALUE_RANGE},
        {"decimal(4,2)", "-99.99", "\xf1\xd8\xff\xff", ERROR_NONE},
        {"decimal(4,2)", "-100.00", "", ERROR_VALUE_RANGE},
        {"decimal(4,2)", "1.234", "", ERROR_VALUE_RANGE},
        {"decimal(4,2)", "x.00", "", ERROR_VALUE_RANGE},
        {"decimal(4,2)", "", "", ERROR_VALUE_RANGE},
        {"decimal(4,0)", "-", "", ERROR_VALUE_RANGE},
        {"decimal(20,2)", "-0.01", "\xff\xff\xff\xff\xff\xff\xff\xff",
         ERROR_NONE},
        {"decimal(30,2)", "123456789012345678901.25",
         "\xcd\x44\x42\x71\x76\x4e\xb6\x42", ERROR_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct making making;
        making_start(&making, cases[i].declared);
        mysql_cell_decimal(making_cell(&making), bytes_of(cases[i].text));
        assert_int_equal(making_end(&making), cases[i].failure);
        if (cases[i].failure == ERROR_NONE)
            assert_memory_equal(
                batch_cell(making.batch, 0, 0), cases[i].low,
                making.column->width < 8 ? making.column->width : 8);
        making_release(&making);
    }
}

static void a_kind_of_ones_own_is_exact_or_stops(void **state)
{
    static const struct {
        enum kind kind;
        uint8_t width;
        const char *text;
        bool holds;
    } cases[] = {
        {KIND_INT, 1, "-128", true},   {KIND_INT, 1, "128", false},
        {KIND_INT, 1, "-129", false},  {KIND_UINT, 1, "255", true},
        {KIND_UINT, 1, "256", false},  {KIND_UINT, 1, "-1", false},
        {KIND_UINT, 8, "18446744073709551615", true},
        {KIND_UINT, 8, "18446744073709551616", false},
        {KIND_INT, 8, "-9223372036854775808", true},
        {KIND_INT, 8, "9223372036854775808", false},
        {KIND_INT, 4, "12.00", true},  {KIND_INT, 4, "12.01", false},
        {KIND_INT, 4, "", false},      {KIND_INT, 4, "-", false},
        {KIND_INT, 4, "1 ", false},    {KIND_INT, 4, ".0", false},
        {KIND_FLOAT, 8, "0.1", true},  {KIND_FLOAT, 8, "-5", true},
        {KIND_FLOAT, 8, "9007199254740993", false},
        {KIND_FLOAT, 8, "0.1234567890123456789", false},
        {KIND_FLOAT, 8, "nan", false}, {KIND_FLOAT, 8, "1.2.3", false},
        {KIND_UUID, 16, "123e4567-E89b-12d3-a456-426655440000", true},
        {KIND_UUID, 16, "123e4567-e89b-12d3-a456-42665544000g", false},
        {KIND_UUID, 16, "123e4567xe89b-12d3-a456-426655440000", false},
        {KIND_UUID, 16, "123e4567", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct making making;
        making_start(&making, "varchar(60)");
        retype(making.column, cases[i].kind, cases[i].width);
        mysql_cell_string(making_cell(&making), bytes_of(cases[i].text));
        enum error_id wanted =
            cases[i].holds ? ERROR_NONE : ERROR_VALUE_RANGE;
        if (making_end(&making) != wanted)
            fail_msg("%s as %s %u", cases[i].text,
                     kind_name(cases[i].kind), cases[i].width);
        making_release(&making);
    }
}

/* The kind that describe gives a type is made without a detour; any other is
 * looked at value by value. */
static void a_kind_is_natural_for_its_type_alone(void **state)
{
    static const char *const types[] = {
        "int(11)",       "bigint(20) unsigned", "mediumint(8)", "bit(64)",
        "year(4)",       "float",               "double",       "date",
        "decimal(10,2)", "time(6)",             "datetime",     "timestamp",
        "varchar(9)",    "varbinary(9)",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        struct making making;
        making_start(&making, types[i]);
        bool is_number = making.column->kind == KIND_INT;
        if (!making_cell(&making)->is_natural)
            fail_msg("%s is not natural", types[i]);
        making_release(&making);
        making_start(&making, types[i]);
        retype(making.column, is_number ? KIND_UINT : KIND_INT, 8);
        if (making_cell(&making)->is_natural)
            fail_msg("%s is natural as another kind", types[i]);
        making_release(&making);
    }
}

static void a_narrower_kind_is_not_natural(void **state)
{
    static const struct {
        const char *type;
        enum kind kind;
        uint8_t width;
        bool is_natural;
    } cases[] = {
        {"int(11)", KIND_INT, 2, false},   {"int(11)", KIND_INT, 8, true},
        {"bit(64)", KIND_UINT, 4, false},  {"bit(9)", KIND_UINT, 8, true},
        {"year(4)", KIND_UINT, 4, false},  {"year(4)", KIND_UINT, 2, true},
        {"double", KIND_FLOAT, 4, false},  {"float", KIND_FLOAT, 8, true},
        {"mediumint(8)", KIND_INT, 4, true},
        {"mediumint(8)", KIND_INT, 2, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct making making;
        making_start(&making, cases[i].type);
        retype(making.column, cases[i].kind, cases[i].width);
        if (making_cell(&making)->is_natural != cases[i].is_natural)
            fail_msg("%s as %s %u", cases[i].type, kind_name(cases[i].kind),
                     cases[i].width);
        making_release(&making);
    }
}

static void a_short_binary_is_filled_up(void **state)
{
    struct making making;

    (void)state;
    making_start(&making, "binary(4)");
    mysql_cell_bytes(making_cell(&making), bytes_of("\x0a"));
    assert_int_equal(making_end(&making), ERROR_NONE);
    assert_int_equal(batch_text(making.batch, 0, 0).size, 4);
    assert_memory_equal(batch_text(making.batch, 0, 0).data, "\x0a\0\0\0", 4);
    making_release(&making);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zero_date_is_named_by_its_key),
        cmocka_unit_test(a_zero_date_may_become_null),
        cmocka_unit_test(dates_as_text_are_as_the_server_prints_them),
        cmocka_unit_test(dates_are_told_apart),
        cmocka_unit_test(a_limit_holds_at_both_ends),
        cmocka_unit_test(a_null_where_none_may_be_is_a_changed_table),
        cmocka_unit_test(text_that_is_not_valid_stops_or_is_replaced),
        cmocka_unit_test(a_key_that_is_not_valid_is_shown_by_its_bytes),
        cmocka_unit_test(decimals_are_exact_or_stop),
        cmocka_unit_test(a_kind_of_ones_own_is_exact_or_stops),
        cmocka_unit_test(a_kind_is_natural_for_its_type_alone),
        cmocka_unit_test(a_narrower_kind_is_not_natural),
        cmocka_unit_test(a_short_binary_is_filled_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
