/* Texts that go to ClickHouse and come from it: names, comments, answers. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixture_model.h"
#include "warehouse/clickhouse.h"

static void assert_quoted(void (*quote)(struct buffer *, const char *),
                          const char *text, const char *wanted)
{
    struct buffer sql;
    sql_init(&sql);
    quote(&sql, text);
    assert_string_equal(buffer_text(&sql), wanted);
    buffer_release(&sql);
}

static void names_and_texts_cannot_leave_their_quotes(void **state)
{
    (void)state;
    assert_quoted(sql_name, "orders", "`orders`");
    assert_quoted(sql_name, "a`; DROP", "`a\\`; DROP`");
    assert_quoted(sql_name, "a\\", "`a\\\\`");
    assert_quoted(sql_text, "it's", "'it\\'s'");
    assert_quoted(sql_text, "\\' OR 1", "'\\\\\\' OR 1'");
}

static void a_name_is_as_long_as_its_file_can_be(void **state)
{
    struct clickhouse house = {.name_bytes_max = 20};
    struct error error;
    (void)state;
    assert_int_equal(clickhouse_name_bytes("az_AZ09"), 7);
    assert_int_equal(clickhouse_name_bytes("a-b"), 5);
    assert_int_equal(clickhouse_name_bytes("\xe6\x97\xa5"), 9);
    struct table *table = table_new("d", "123456789"); /* and __tm_reload */
    assert_int_equal(clickhouse_fit(&house.base, table, &error), STATUS_OK);
    house.name_bytes_max--;
    assert_int_equal(clickhouse_fit(&house.base, table, &error),
                     STATUS_TABLE);
    assert_int_equal(error.id, ERROR_WAREHOUSE_LACKS);
    assert_non_null(strstr(error.next, "123456789: {to: "));
    table_free(table);
}

static void a_seed_is_read_back_from_its_comment(void **state)
{
    static const char *const names[] = {"id", "a;b", "a\\", "; x", "\\;",
                                        "tidemark seed=", "Ünï"};
    static const char *const comments[] = {"", "of the customer",
                                           "; tidemark seed=x", "\\"};
    struct table *table = table_new("d", "t");
    struct column *column = fixture_column(table, "c", KIND_INT, 4);
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(comments); j++) {
            struct buffer text;
            sql_init(&text);
            column_set_seed(column, names[i]);
            memory_free(column->comment);
            column->comment = memory_text(comments[j]);
            clickhouse_comment(column, &text);
            char *seed = clickhouse_comment_seed(buffer_text(&text));
            assert_string_equal(seed, names[i]);
            assert_true(text_ends(buffer_text(&text), comments[j]));
            memory_free(seed);
            buffer_release(&text);
        }
    }
    assert_null(clickhouse_comment_seed("of somebody else"));
    assert_null(clickhouse_comment_seed(""));
    table_free(table);
}

static void rows_are_taken_apart(void **state)
{
    struct clickhouse_rows rows;
    (void)state;
    assert_true(clickhouse_rows_parse(bytes_of("a\tb\\tc\\n\\\\\\'\n\t\\N\n"),
                                      &rows));
    assert_int_equal(rows.row_count, 2);
    assert_int_equal(rows.column_count, 2);
    assert_string_equal(clickhouse_cell(&rows, 0, 0), "a");
    assert_string_equal(clickhouse_cell(&rows, 0, 1), "b\tc\n\\'");
    assert_string_equal(clickhouse_cell(&rows, 1, 0), "");
    assert_string_equal(clickhouse_cell(&rows, 1, 1), "\\N");
    clickhouse_rows_release(&rows);
    assert_true(clickhouse_rows_parse(bytes_of(""), &rows));
    assert_int_equal(rows.row_count, 0);
    clickhouse_rows_release(&rows);
}

static void ragged_rows_are_refused(void **state)
{
    static const char *const texts[] = {"a", "a\tb\nc\n", "a\n\tb\n", "a\nb",
                                        "a\\", "\\N", "a\tb\n\\N"};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct clickhouse_rows rows;
        assert_false(clickhouse_rows_parse(bytes_of(texts[i]), &rows));
        clickhouse_rows_release(&rows);
    }
}

static void many_rows_are_kept_in_order(void **state)
{
    struct clickhouse_rows rows;
    struct buffer text;
    (void)state;
    sql_init(&text);
    for (int i = 0; i < 1000; i++)
        buffer_add_format(&text, "%d\tx\t%d\n", i, -i);
    assert_true(clickhouse_rows_parse(buffer_bytes(&text), &rows));
    assert_int_equal(rows.row_count, 1000);
    assert_string_equal(clickhouse_cell(&rows, 999, 2), "-999");
    clickhouse_rows_release(&rows);
    buffer_release(&text);
}

static void assert_code(const char *header, const char *body, int wanted)
{
    assert_int_equal(clickhouse_code(header, bytes_of(body)), wanted);
}

static void a_failure_is_found_wherever_it_is_told(void **state)
{
    (void)state;
    assert_code("", "", 0);
    assert_code("60", "", 60);
    assert_code("60", "1\n", 60);
    assert_code("abc", "", -1);
    assert_code("0", "", -1);
    assert_code("", "Code: 60. DB::Exception: no table (UNKNOWN_TABLE)", 60);
    assert_code("", "Code: 62, e.displayText() = DB::Exception: no", 62);
    assert_code("", "1\n2\nCode: 241. DB::Exception: Memory", 241);
    assert_code("", "1\n\r\n__exception__\r\nabcdefghijklmnop\r\n"
                    "Code: 395. DB::Exception: x\r\n10 abc\r\n"
                    "__exception__\r\n", 395);
    assert_code("", "\r\n__exception__\r\nwithout a code", -1);
}

static void data_is_no_failure(void **state)
{
    (void)state;
    assert_code("", "1\tCode: 60. DB::Exception: x\n", 0);
    assert_code("", "Code: of conduct\n", 0);
    assert_code("", "Code: 60\n", 0);
    assert_code("", "a\n__exception\n", 0);
}

static void a_late_failure_is_found_behind_much_data(void **state)
{
    struct buffer text;
    (void)state;
    buffer_init(&text, 1024 * 1024);
    for (int i = 0; i < 20000; i++)
        buffer_add_format(&text, "%d\n", i);
    buffer_add_text(&text, "Code: 241. DB::Exception: Memory limit\n");
    assert_int_equal(clickhouse_code("", buffer_bytes(&text)), 241);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_texts_cannot_leave_their_quotes),
        cmocka_unit_test(a_name_is_as_long_as_its_file_can_be),
        cmocka_unit_test(a_seed_is_read_back_from_its_comment),
        cmocka_unit_test(rows_are_taken_apart),
        cmocka_unit_test(ragged_rows_are_refused),
        cmocka_unit_test(many_rows_are_kept_in_order),
        cmocka_unit_test(a_failure_is_found_wherever_it_is_told),
        cmocka_unit_test(data_is_no_failure),
        cmocka_unit_test(a_late_failure_is_found_behind_much_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
