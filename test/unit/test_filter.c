/* Row filters: what passes, in three-valued logic and exactly for each kind,
 * and which constants are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixture_model.h"
#include "model/calendar.h"
#include "model/decimal.h"
#include "model/filter.h"

enum { N, U, B, F, D, DAY, T, AT, NAME, RAW, DOC, ID, P, NONE, COUNT };

struct world {
    struct table *table;
    struct batch *batch;
};

static void add_columns(struct table *table)
{
    fixture_column(table, "n", KIND_INT, 4);
    fixture_column(table, "u", KIND_UINT, 8);
    fixture_column(table, "b", KIND_BOOL, 1);
    fixture_column(table, "f", KIND_FLOAT, 8);
    fixture_column(table, "d", KIND_DECIMAL, 16)->scale = 2;
    fixture_column(table, "day", KIND_DATE, 4);
    fixture_column(table, "t", KIND_TIME, 8);
    fixture_column(table, "at", KIND_DATETIME, 8);
    fixture_column(table, "name", KIND_TEXT, 0);
    fixture_column(table, "raw", KIND_BYTES, 0);
    fixture_column(table, "doc", KIND_JSON, 0);
    fixture_column(table, "id", KIND_UUID, 16);
    fixture_column(table, "p", KIND_DECIMAL, 4)->scale = 1;
    fixture_column(table, "none", KIND_INT, 4);
    table->columns[D].precision = 38;
    for (size_t i = 0; i < COUNT; i++)
        table->columns[i].is_nullable = true;
}

/* n -5, u 2^64-1, b true, f 0.5, d -1.50, day 2026-11-21, t -01:00:00.5,
 * at 2026-11-21 13:52:01.25, name 'zwölf', raw 00 ff, a uuid, p 12.5,
 * none NULL. */
static void write_row(struct batch *batch)
{
    static const uint8_t uuid[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
                                   0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                   0xcc, 0xdd, 0xee, 0xff};
    double half = 0.5;

    fixture_put_int(batch, N, -5);
    fixture_put_int(batch, U, -1);
    fixture_put_int(batch, B, 1);
    memcpy(batch_fixed(batch, F), &half, sizeof(half));
    assert_true(decimal_parse(bytes_of("-1.50"), 38, 2, 16,
                              batch_fixed(batch, D)));
    fixture_put_int(batch, DAY, calendar_days(2026, 11, 21));
    fixture_put_int(batch, T, -3600500000);
    fixture_put_int(batch, AT, 1795269121250000);
    fixture_put_text(batch, NAME, "zw\xc3\xb6lf");
    fixture_put(batch, RAW, (struct bytes){(const uint8_t *)"\0\xff", 2});
    fixture_put_text(batch, DOC, "{}");
    fixture_put(batch, ID, (struct bytes){uuid, sizeof(uuid)});
    fixture_put_int(batch, P, 125);
    batch_set_null(batch, NONE);
}

static int make_world(void **state)
{
    struct world *world = memory_new(1, sizeof(*world));

    world->table = table_new("shop", "orders");
    add_columns(world->table);
    world->batch = batch_new(world->table, 2, 1 << 20);
    write_row(world->batch);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;

    batch_free(world->batch);
    table_free(world->table);
    memory_free(world);
    return 0;
}

static bool passes(const struct world *world, const char *text)
{
    struct filter *filter;
    struct error error;
    bool result;

    if (filter_parse(text, &filter, &error) != STATUS_OK ||
        filter_bind(filter, world->table, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.what);
    result = filter_passes(filter, world->batch, world->batch->row_count);
    filter_free(filter);
    return result;
}

/* Each of the texts is true, and its NOT is false. */
static void check_true(const struct world *world, const char *const *texts,
                       size_t count)
{
    char negated[400];

    for (size_t i = 0; i < count; i++) {
        snprintf(negated, sizeof(negated), "NOT (%s)", texts[i]);
        if (!passes(world, texts[i]) || passes(world, negated))
            fail_msg("%s is not true", texts[i]);
    }
}

static void check_false(const struct world *world, const char *const *texts,
                        size_t count)
{
    char negated[400];

    for (size_t i = 0; i < count; i++) {
        snprintf(negated, sizeof(negated), "NOT (%s)", texts[i]);
        if (passes(world, texts[i]) || !passes(world, negated))
            fail_msg("%s is not false", texts[i]);
    }
}

static void check_unknown(const struct world *world, const char *const *texts,
                          size_t count)
{
    char negated[400];

    for (size_t i = 0; i < count; i++) {
        snprintf(negated, sizeof(negated), "NOT (%s)", texts[i]);
        if (passes(world, texts[i]) || passes(world, negated))
            fail_msg("%s is not unknown", texts[i]);
    }
}

static void integers_compare_exactly(void **state)
{
    static const char *const yes[] = {
        "n = -5", "n <> 5", "n != -4", "n < -4", "n <= -5", "n > -6",
        "n >= -5", "n < -4.5", "n > -5.5", "n <= -4.99", "n >= -5.000",
        "n = -5.0", "n <> -5.5", "n < 0.1", "n BETWEEN -5 AND -5",
        "n NOT BETWEEN -4 AND 4", "n IN (1, -5)", "n NOT IN (1, 2, -5.5)",
        "n > -99999999999999999999999999999999999999",
        "u = 18446744073709551615", "u > 18446744073709551614",
        "u < 18446744073709551616", "u < 18446744073709551615.5", "u > -1",
        "u <> -1", "b = TRUE", "b <> false", "b = 1", "b IN (TRUE)",
    };
    static const char *const no[] = {
        "n = 5", "n < -5", "n > -5", "n = -5.5", "n = -4.5", "n >= -4.5",
        "n <= -5.5", "n IN (5)", "n BETWEEN -4 AND -3", "n = 4294967291",
        "u = -1", "u < 0", "b = FALSE",
    };

    check_true(*state, yes, ARRAY_COUNT(yes));
    check_false(*state, no, ARRAY_COUNT(no));
}

static void decimals_and_floats_compare_by_value(void **state)
{
    static const char *const yes[] = {
        "d = -1.5", "d = -1.500", "d > -1.501", "d < -1.499", "d <> -1.501",
        "d < 0", "d > -2", "d >= -1.5", "d IN (1, -1.50)",
        "d > -99999999999999999999999999999999999999999999999999",
        "p = 12.5", "p < 12.51", "p > 12.49", "p >= -0.05", "p <> -12.5",
        "f = 0.5", "f = 0.50", "f > 0", "f < 1", "f > 0.4999", "f <> -0.5",
    };
    static const char *const no[] = {
        "d = -1.501", "d = -1.499", "d = 1.5", "d >= -1.499", "d <= -1.501",
        "f = 0.6", "f > 0.5", "f < 0.5",
    };

    check_true(*state, yes, ARRAY_COUNT(yes));
    check_false(*state, no, ARRAY_COUNT(no));
}

static void dates_and_times_compare_with_texts(void **state)
{
    static const char *const yes[] = {
        "day = '2026-11-21'", "day > '2026-11-20'", "day < '2026-11-22'",
        "day < '2026-11-21 00:00:01'", "day >= '2026-11-21 00:00:00'",
        "t = '-1:00:00.5'", "t < '0:00:00'", "t > '-01:00:01'",
        "at = '2026-11-21 13:52:01.25'", "at > '2026-11-21'",
        "at < '2026-11-21T13:52:01.250001'", "at > '2026-11-21 13:52'",
        "at BETWEEN '2026-11-21' AND '2026-11-22'",
    };
    static const char *const no[] = {
        "day = '2026-11-21 00:00:01'", "day <> '2026-11-21'",
        "at = '2026-11-21 13:52:01'", "t = '1:00:00.5'",
    };

    check_true(*state, yes, ARRAY_COUNT(yes));
    check_false(*state, no, ARRAY_COUNT(no));
}

static void texts_and_bytes_compare_by_bytes(void **state)
{
    static const char *const yes[] = {
        "name = 'zw\xc3\xb6lf'", "name <> 'ZW\xc3\xb6LF'", "name > 'Z'",
        "name < 'zx'", "name > 'zw'", "name <> ''", "name <> 'it''s'",
        "name IN ('a', 'zw\xc3\xb6lf')", "raw = 0x00ff", "raw = 0x00FF",
        "raw > 0x00", "raw < 'a'", "raw <> 0x", "raw NOT IN (0xff, 0x00)",
        "id = '00112233-4455-6677-8899-aabbccddeeff'",
        "id = '00112233445566778899AABBCCDDEEFF'",
        "id > '00000000-0000-0000-0000-000000000000'",
        "id < 'ff000000-0000-0000-0000-000000000000'",
        "doc IS NOT NULL",
    };
    static const char *const no[] = {
        "name = 'zw\xc3\xb6l'", "name = 'zwolf'", "raw = 'a'", "raw = 0xff",
        "raw = 0x00", "doc IS NULL",
    };

    check_true(*state, yes, ARRAY_COUNT(yes));
    check_false(*state, no, ARRAY_COUNT(no));
}

static void null_makes_a_test_unknown(void **state)
{
    static const char *const unknown[] = {
        "none = 1", "none <> 1", "none IN (1, 2)", "none NOT IN (1)",
        "none BETWEEN 1 AND 2", "none < 1 OR n = 5", "none < 1 AND n = -5",
        "none = 1 OR none = 2", "NOT none = 1",
    };
    static const char *const yes[] = {
        "none IS NULL", "n IS NOT NULL", "none = 1 OR n = -5",
        "n = -5 OR none = 1", "none IS NULL AND n = -5",
    };
    static const char *const no[] = {
        "none IS NOT NULL", "n IS NULL", "none = 1 AND n = 5",
        "n = 5 AND none = 1",
    };

    check_unknown(*state, unknown, ARRAY_COUNT(unknown));
    check_true(*state, yes, ARRAY_COUNT(yes));
    check_false(*state, no, ARRAY_COUNT(no));
}

static void a_nan_passes_no_comparison(void **state)
{
    static const char *const unknown[] = {"f = 1", "f <> 1", "f < 1",
                                          "f >= 1", "f IN (1)"};
    struct world *world = *state;
    double value = __builtin_nan("");
    double kept;

    memcpy(&kept, batch_fixed(world->batch, F), sizeof(kept));
    memcpy(batch_fixed(world->batch, F), &value, sizeof(value));
    check_unknown(world, unknown, ARRAY_COUNT(unknown));
    memcpy(batch_fixed(world->batch, F), &kept, sizeof(kept));
}

static void and_binds_before_or_and_not_before_both(void **state)
{
    static const char *const yes[] = {
        "n = -5 OR n = 1 AND n = 2", "n = 1 AND n = 2 OR n = -5",
        "NOT n = 1 AND n = -5", "not n = 1 and n = -5", "NOT NOT n = -5",
        "(n = -5 OR n = 1) AND (n = -5)", "((((n=-5))))", "n\n=\t-5 ",
        "n NOT BETWEEN 1 AND 2 AND n = -5", "`n` = -5",
        "n BETWEEN -9 AND 9 AND n = -5 OR n = 7",
    };
    static const char *const no[] = {
        "(n = -5 OR n = 1) AND n = 2", "NOT (n = 1 OR n = -5)",
        "NOT n = -5 OR n = 1",
    };

    check_true(*state, yes, ARRAY_COUNT(yes));
    check_false(*state, no, ARRAY_COUNT(no));
}

static void names_may_be_quoted(void **state)
{
    struct world *world = *state;
    char *kept = world->table->columns[N].name;

    world->table->columns[N].name = memory_text("or `der");
    assert_true(passes(world, "`or ``der` = -5"));
    memory_free(world->table->columns[N].name);
    world->table->columns[N].name = memory_text("zZ\xc4\x80\xf4_19$");
    assert_true(passes(world, "zZ\xc4\x80\xf4_19$ = -5"));
    memory_free(world->table->columns[N].name);
    world->table->columns[N].name = kept;
}

static void a_constant_that_does_not_fit_is_refused(void **state)
{
    static const char *const texts[] = {
        "n = 'a'", "n = '5'", "n = 0x05", "b = 'true'", "f = 'x'",
        "d = '1'", "name = 1", "name = TRUE", "name = 0x61", "raw = 1",
        "doc = '{}'", "day = 20261121", "day = '2026-02-30'", "day = 'x'",
        "t = '2026-11-21'", "at = '13:00:00'", "id = '0011'", "id = 0x00",
        "id = '00112233-4455-6677-8899-aabbccddeefg'",
        "id = '00112233-4455-6677-8899-aabbccddeeff00'",
        "n = 1000000000000000000000000000000000000000",
        "n IN (1, 2, 'x')",
    };
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct filter *filter;
        struct error error;
        assert_int_equal(filter_parse(texts[i], &filter, &error), STATUS_OK);
        if (filter_bind(filter, world->table, &error) != STATUS_TABLE)
            fail_msg("%s was taken", texts[i]);
        assert_int_equal(error.id, ERROR_FILTER);
        filter_free(filter);
    }
}

static void a_refusal_names_column_table_kind_and_constant(void **state)
{
    struct world *world = *state;
    struct filter *filter;
    struct error error;

    assert_int_equal(filter_parse("n = 'a'", &filter, &error), STATUS_OK);
    assert_int_equal(filter_bind(filter, world->table, &error), STATUS_TABLE);
    assert_string_equal(error.what, "cannot compare column \"n\" of table "
                                    "\"orders\", which is int, with 'a'");
    filter_free(filter);
    assert_int_equal(filter_parse("N = 1", &filter, &error), STATUS_OK);
    assert_int_equal(filter_bind(filter, world->table, &error), STATUS_TABLE);
    assert_int_equal(error.id, ERROR_COLUMN_MISSING);
    assert_string_equal(error.what, "the filter of table \"orders\" names "
                                    "column \"N\", which does not exist");
    filter_free(filter);
}

static void a_filter_can_be_bound_again(void **state)
{
    struct world *world = *state;
    struct table *other = table_new("shop", "items");
    struct filter *filter;
    struct batch *batch;
    struct error error;

    fixture_column(other, "u", KIND_TEXT, 0);
    fixture_column(other, "raw", KIND_BYTES, 0);
    batch = batch_new(other, 1, 1 << 20);
    fixture_put_text(batch, 0, "");
    fixture_put_text(batch, 1, "ab");
    assert_int_equal(filter_parse("raw = 0x6162", &filter, &error), STATUS_OK);
    assert_int_equal(filter_bind(filter, world->table, &error), STATUS_OK);
    assert_false(filter_passes(filter, world->batch, 0));
    assert_int_equal(filter_bind(filter, other, &error), STATUS_OK);
    assert_true(filter_passes(filter, batch, 0));
    filter_free(filter);
    batch_free(batch);
    table_free(other);
}

static void earlier_rows_can_be_asked(void **state)
{
    struct table *table = table_new("shop", "t");
    struct filter *filter;
    struct batch *batch;
    struct error error;

    (void)state;
    fixture_column(table, "n", KIND_INT, 4);
    batch = batch_new(table, 3, 1 << 20);
    for (int i = 0; i < 3; i++) {
        fixture_put_int(batch, 0, i);
        batch_add_row(batch, false);
    }
    assert_int_equal(filter_parse("n = 1", &filter, &error), STATUS_OK);
    assert_int_equal(filter_bind(filter, table, &error), STATUS_OK);
    assert_false(filter_passes(filter, batch, 0));
    assert_true(filter_passes(filter, batch, 1));
    assert_false(filter_passes(filter, batch, 2));
    filter_free(filter);
    batch_free(batch);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_compare_exactly),
        cmocka_unit_test(decimals_and_floats_compare_by_value),
        cmocka_unit_test(dates_and_times_compare_with_texts),
        cmocka_unit_test(texts_and_bytes_compare_by_bytes),
        cmocka_unit_test(null_makes_a_test_unknown),
        cmocka_unit_test(a_nan_passes_no_comparison),
        cmocka_unit_test(and_binds_before_or_and_not_before_both),
        cmocka_unit_test(names_may_be_quoted),
        cmocka_unit_test(a_constant_that_does_not_fit_is_refused),
        cmocka_unit_test(a_refusal_names_column_table_kind_and_constant),
        cmocka_unit_test(a_filter_can_be_bound_again),
        cmocka_unit_test(earlier_rows_can_be_asked),
    };

    return cmocka_run_group_tests(tests, make_world, free_world);
}
