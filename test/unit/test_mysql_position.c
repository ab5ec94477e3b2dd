/* Where a scan stands, as text: written from raw cells, and read again. */
#include "unit.h"

#include <mysql.h>
#include <string.h>

#include "base/memory.h"
#include "fixture_mysql.h"
#include "source/mysql_position_write.h"
#include "source/mysql_sql.h"

/* One column that is the whole key, and what the scan of it notes. */
struct scan_of {
    struct table *table;
    struct batch *batch;
    struct mysql_rows rows;
    struct mysql_row row;
    struct mysql_position position;
};

static struct scan_of begin(const char *declared, size_t extra_count)
{
    struct scan_of scan = {.table = table_new("shop", "t")};
    size_t key = 0;
    mysql_column(scan.table, "k", declared);
    table_set_key(scan.table, &key, 1);
    table_settle(scan.table);
    struct scan_request request = {.table = scan.table,
                                   .order = SCAN_BY_KEY};
    mysql_position_init(&scan.position, &request);
    assert_int_equal(scan.position.extra_count, extra_count);
    scan.batch = batch_new(scan.table, 4, 1 << 20);
    return scan;
}

/* The position after a row of these bytes. */
static void assert_position(const char *declared, const void *cell,
                            size_t size, const char *wanted)
{
    struct scan_of scan = begin(declared, 0);
    mysql_rows_make(&scan.rows, scan.table, 0);
    mysql_row_start(&scan.row, 1);
    mysql_row_raw(&scan.row, cell, size);
    (void)mysql_rows_decode(&scan.rows, scan.batch,
                            mysql_row_packet(&scan.row));
    assert_null(mysql_position_text(&scan.position));
    assert_true(mysql_position_note(&scan.position, &scan.rows));
    assert_string_equal(mysql_position_text(&scan.position), wanted);
    mysql_position_release(&scan.position);
    mysql_rows_release(&scan.rows);
    batch_free(scan.batch);
    table_free(scan.table);
}

#define assert_written(declared, cell, wanted) \
    assert_position(declared, cell, sizeof(cell) - 1, wanted)

static void numbers_are_written_with_their_sign(void **state)
{
    (void)state;
    assert_written("int(11)", "\xfe\xff\xff\xff", "[\"-2\"]");
    assert_written("int(10) unsigned", "\xfe\xff\xff\xff",
                   "[\"4294967294\"]");
    assert_written("tinyint(4)", "\x80", "[\"-128\"]");
    assert_written("smallint(6)", "\xff\x7f", "[\"32767\"]");
    assert_written("bigint(20)", "\0\0\0\0\0\0\0\x80",
                   "[\"-9223372036854775808\"]");
    assert_written("bigint(20) unsigned", "\0\0\0\0\0\0\0\x80",
                   "[\"9223372036854775808\"]");
    assert_written("year(4)", "\x6b\x08", "[\"2155\"]");
    assert_written("bit(12)", "\x02\x08\x01", "[\"2049\"]");
    assert_written("bit(1)", "\x01\x01", "[\"1\"]");
    assert_written("decimal(10,2)", "\x06-12.50", "[\"-12.50\"]");
}

static void floats_are_written_to_their_last_bit(void **state)
{
    double third = 1.0 / 3;
    float half = -0.5f;
    (void)state;
    assert_position("double", &third, sizeof third,
                    "[\"0.33333333333333331\"]");
    assert_position("float", &half, sizeof half, "[\"-0.5\"]");
}

static void moments_have_their_fraction_only_where_there_is_one(void **state)
{
    (void)state;
    assert_written("date", "\x04\xe8\x07\x02\x1d", "[\"2024-02-29\"]");
    assert_written("datetime(6)", "\x04\xe8\x07\x02\x1d",
                   "[\"2024-02-29 00:00:00\"]");
    assert_written("datetime(6)", "\x07\xe8\x07\x02\x1d\x04\x05\x06",
                   "[\"2024-02-29 04:05:06\"]");
    assert_written("timestamp(6)",
                   "\x0b\xe8\x07\x02\x1d\x04\x05\x06\x01\0\0\0",
                   "[\"2024-02-29 04:05:06.000001\"]");
    assert_written("time(6)", "\x08\x01\x01\0\0\0\x02\x03\x04",
                   "[\"-26:03:04\"]");
    assert_written("time(6)", "\x0c\0\0\0\0\0\x02\x03\x04\x20\xa1\x07\0",
                   "[\"02:03:04.500000\"]");
}

static void texts_are_written_as_digits_of_bytes(void **state)
{
    (void)state;
    assert_written("varchar(20)", "\x03" "a\"b", "[\"x612262\"]");
    assert_written("varbinary(9)", "\x02\xff\0", "[\"xff00\"]");
    assert_written("varchar(20)", "\0", "[\"x\"]");
    assert_written("decimal(10,2)", "\x03" "1'2", "[\"1?2\"]");
}

static void a_label_is_written_as_its_number(void **state)
{
    struct scan_of scan = begin("enum('a','b')", 1);
    (void)state;
    mysql_rows_make(&scan.rows, scan.table, 1);
    scan.rows.extra_bytes[0] = 2;
    mysql_row_start(&scan.row, 2);
    mysql_row_text(&scan.row, "b");
    mysql_row_int(&scan.row, 258, 2);
    assert_int_equal(mysql_rows_decode(&scan.rows, scan.batch,
                                       mysql_row_packet(&scan.row)),
                     ROW_MADE);
    assert_true(mysql_position_note(&scan.position, &scan.rows));
    assert_string_equal(mysql_position_text(&scan.position), "[\"258\"]");
    mysql_position_release(&scan.position);
    mysql_rows_release(&scan.rows);
    batch_free(scan.batch);
    table_free(scan.table);
}

static void assert_refused(const char *text, size_t count)
{
    char **parts = NULL;
    assert_false(mysql_position_read(text, count, &parts));
    assert_null(parts);
}

static void parts_are_read_again(void **state)
{
    char **parts = NULL;
    (void)state;
    assert_true(mysql_position_read("[\"-2\",\"x6122\"]", 2, &parts));
    assert_string_equal(parts[0], "-2");
    assert_string_equal(parts[1], "x6122");
    mysql_position_free(parts, 2);
    assert_true(mysql_position_read("[\"a\",  \"\"]", 2, &parts));
    assert_string_equal(parts[0], "a");
    assert_string_equal(parts[1], "");
    mysql_position_free(parts, 2);
}

static void what_is_no_position_is_refused(void **state)
{
    (void)state;
    assert_refused("", 1);
    assert_refused("[", 1);
    assert_refused("[]", 1);
    assert_refused("[]", 0);
    assert_refused("\"1\"]", 1);
    assert_refused("[\"1\"", 1);
    assert_refused("[\"1\"] ", 1);
    assert_refused("[\"1]", 1);
    assert_refused("[1]", 1);
    assert_refused("[\"1\"]", 2);
    assert_refused("[\"1\",\"2\"]", 1);
    assert_refused("[\"1\" \"2\"]", 2);
    assert_refused("[\"a\\\"b\"]", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_with_their_sign),
        cmocka_unit_test(floats_are_written_to_their_last_bit),
        cmocka_unit_test(
            moments_have_their_fraction_only_where_there_is_one),
        cmocka_unit_test(texts_are_written_as_digits_of_bytes),
        cmocka_unit_test(a_label_is_written_as_its_number),
        cmocka_unit_test(parts_are_read_again),
        cmocka_unit_test(what_is_no_position_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
