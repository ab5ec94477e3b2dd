/* Packets of any content are decoded to their last byte or refused. */
#include "unit.h"

#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_mysql.h"
#include "model/digest.h"

static const uint8_t MOMENT[] = {11,  0xe8, 0x07, 2,    3,    4,
                                 5,   6,    0x20, 0xa1, 0x07, 0};
static const uint8_t MINUS_ONE_DAY[] = {8, 1, 1, 0, 0, 0, 2, 3, 4};

static struct table *every_type(void)
{
    static const char *const declared[] = {
        "int(11)",      "tinyint(4) NULL", "mediumint(8) unsigned",
        "bigint(20)",   "bit(12)",         "decimal(10,2) NULL",
        "double",       "float",           "year(4)",
        "date",         "time(6)",         "datetime(6) NULL",
        "varchar(20)",  "varbinary(9)",    "enum('a','b')",
    };
    struct table *table = table_new("shop", "orders");
    size_t key = 0;

    for (size_t i = 0; i < ARRAY_COUNT(declared); i++) {
        char name[] = {(char)('a' + i), '\0'};
        mysql_column(table, name, declared[i]);
    }
    table_set_key(table, &key, 1);
    table_settle(table);
    return table;
}

static void fill_row(struct mysql_row *row, bool has_nulls)
{
    double eighth = 0.125;
    float half = 0.5f;

    mysql_row_start(row, 15);
    mysql_row_int(row, -2, 4);
    has_nulls ? mysql_row_null(row) : mysql_row_int(row, -128, 1);
    mysql_row_int(row, 16777215, 4);
    mysql_row_int(row, INT64_MIN, 8);
    mysql_row_text(row, "\x08\x01");
    has_nulls ? mysql_row_null(row) : mysql_row_text(row, "-12.50");
    mysql_row_raw(row, &eighth, sizeof(eighth));
    mysql_row_raw(row, &half, sizeof(half));
    mysql_row_int(row, 2155, 2);
    mysql_row_raw(row, "\x04\xe8\x07\x02\x1d", 5);
    mysql_row_raw(row, MINUS_ONE_DAY, sizeof(MINUS_ONE_DAY));
    has_nulls ? mysql_row_null(row)
              : mysql_row_raw(row, MOMENT, sizeof(MOMENT));
    mysql_row_text(row, "gr\xc3\xbc\xc3\x9f");
    mysql_row_text(row, "\xff\x01");
    mysql_row_text(row, "b");
}

static void assert_text(const struct batch *batch, size_t column,
                        const char *wanted)
{
    struct bytes text = batch_text(batch, column, 0);

    assert_int_equal(text.size, strlen(wanted));
    assert_memory_equal(text.data, wanted, text.size);
}

static void each_type_is_read(void **state)
{
    struct table *table = every_type();
    struct batch *batch = batch_new(table, 4, 1 << 20);
    struct mysql_rows rows;
    struct mysql_row row;
    int32_t decimal;

    (void)state;
    mysql_rows_make(&rows, table, 0);
    fill_row(&row, false);
    assert_int_equal(
        mysql_rows_decode(&rows, batch, mysql_row_packet(&row)), ROW_MADE);
    batch_add_row(batch, false);
    assert_int_equal(batch_int(batch, 0, 0), -2);
    assert_int_equal(batch_int(batch, 1, 0), -128);
    assert_int_equal(batch_int(batch, 2, 0), 16777215);
    assert_true(batch_int(batch, 3, 0) == INT64_MIN);
    assert_int_equal(batch_int(batch, 4, 0), 0x801);
    memcpy(&decimal, batch_cell(batch, 5, 0), sizeof(decimal));
    assert_int_equal(decimal, -1250);
    assert_true(batch_double(batch, 6, 0) == 0.125);
    assert_true(batch_double(batch, 7, 0) == 0.5);
    assert_int_equal(batch_int(batch, 8, 0), 2155);
    assert_int_equal(batch_int(batch, 9, 0), 19782);
    assert_true(batch_int(batch, 10, 0) == -INT64_C(93784000000));
    assert_true(batch_int(batch, 11, 0) == INT64_C(1706933106500000));
    assert_text(batch, 12, "gr\xc3\xbc\xc3\x9f");
    assert_text(batch, 13, "\xff\x01");
    assert_text(batch, 14, "b");
    mysql_rows_release(&rows);
    batch_free(batch);
    table_free(table);
}

static void the_digest_is_that_of_the_stored_cells(void **state)
{
    struct table *table = table_new("shop", "orders");
    struct batch *batch;
    struct mysql_rows rows;
    struct mysql_row row;
    uint64_t sum;

    (void)state;
    mysql_column(table, "a", "int(11)");
    mysql_column(table, "b", "int(11)")->is_stored = false;
    mysql_column(table, "c", "decimal(10,2)");
    mysql_column(table, "d", "int(11) NULL");
    mysql_column(table, "e", "varchar(20)");
    mysql_column(table, "f", "varchar(20)")->is_stored = false;
    mysql_column(table, "g", "double")->is_stored = false;
    mysql_column(table, "h", "date")->is_stored = false;
    batch = batch_new(table, 4, 1 << 20);
    mysql_rows_make(&rows, table, 0);
    mysql_row_start(&row, 8);
    mysql_row_int(&row, 5, 4);
    mysql_row_int(&row, 6, 4);
    mysql_row_text(&row, "1.50");
    mysql_row_null(&row);
    mysql_row_text(&row, "x");
    mysql_row_text(&row, "y");
    mysql_row_int(&row, 0, 8);
    mysql_row_raw(&row, "\x04\xe8\x07\x02\x1d", 5);
    assert_int_equal(
        mysql_rows_decode(&rows, batch, mysql_row_packet(&row)), ROW_MADE);
    sum = digest_int(5, digest_seed("a")) +
          digest_bytes((struct bytes){(const uint8_t *)"\x01\x0f", 2},
                       digest_seed("c")) +
          digest_bytes(bytes_of("x"), digest_seed("e"));
    assert_true(batch->digest_sum == sum);
    mysql_rows_release(&rows);
    batch_free(batch);
    table_free(table);
}

static void nulls_take_no_bytes(void **state)
{
    struct table *table = every_type();
    struct batch *batch = batch_new(table, 4, 1 << 20);
    struct mysql_rows rows;
    struct mysql_row row;

    (void)state;
    mysql_rows_make(&rows, table, 0);
    fill_row(&row, true);
    assert_int_equal(
        mysql_rows_decode(&rows, batch, mysql_row_packet(&row)), ROW_MADE);
    assert_true(batch_is_null(batch, 1, 0));
    assert_true(batch_is_null(batch, 5, 0));
    assert_true(batch_is_null(batch, 11, 0));
    assert_false(batch_is_null(batch, 0, 0));
    assert_text(batch, 14, "b");
    mysql_rows_release(&rows);
    batch_free(batch);
    table_free(table);
}

/* Exactly so many bytes are allocated, so that a sanitizer sees one more. */
static enum mysql_row_result decode_part(struct mysql_rows *rows,
                                         struct batch *batch,
                                         const struct mysql_row *row,
                                         size_t size)
{
    uint8_t *exact = malloc(size + (size == 0));
    enum mysql_row_result result;

    memcpy(exact, row->data, size);
    result = mysql_rows_decode(rows, batch, (struct bytes){exact, size});
    free(exact);
    return result;
}

static void a_packet_cut_anywhere_is_malformed(void **state)
{
    struct table *table = every_type();
    struct batch *batch = batch_new(table, 4, 1 << 20);
    struct mysql_rows rows;
    struct mysql_row row;

    (void)state;
    mysql_rows_make(&rows, table, 0);
    fill_row(&row, false);
    for (size_t size = 0; size < row.size; size++) {
        assert_int_equal(decode_part(&rows, batch, &row, size),
                         ROW_MALFORMED);
        assert_int_equal(batch->row_count, 0);
        assert_int_equal(batch->text_bytes, 0);
    }
    assert_int_equal(decode_part(&rows, batch, &row, row.size + 1),
                     ROW_MALFORMED);
    mysql_rows_release(&rows);
    batch_free(batch);
    table_free(table);
}

static void a_value_no_server_sends_is_malformed(void **state)
{
    static const struct {
        const char *declared;
        const char *value;
        size_t size;
    } cases[] = {
        {"date", "\x04\xe8\x07\x0d\x01", 5},
        {"date", "\x04\xe8\x07\x0c\x20", 5},
        {"date", "\x04\x10\x27\x01\x01", 5},
        {"date", "\x03\xe8\x07\x01", 4},
        {"datetime", "\x07\xe8\x07\x01\x01\x18\x00\x00", 8},
        {"datetime", "\x07\xe8\x07\x01\x01\x00\x3c\x00", 8},
        {"datetime", "\x07\xe8\x07\x01\x01\x00\x00\x3c", 8},
        {"datetime", "\x0b\xe8\x07\x01\x01\x00\x00\x00\x40\x42\x0f\x00", 12},
        {"time", "\x08\x02\x00\x00\x00\x00\x00\x00\x00", 9},
        {"time", "\x08\x00\x65\x00\x00\x00\x00\x00\x00", 9},
        {"bit(8)", "\x02\x01\x01", 3},
        {"text", "\xfb", 1},
        {"text", "\xff", 1},
        {"text", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9},
        {"uuid", "\x02\x61\x62", 3},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct table *table = table_new("shop", "orders");
        struct mysql_rows rows;
        struct mysql_row row;
        mysql_column(table, "a", cases[i].declared);
        struct batch *batch = batch_new(table, 1, 1 << 20);
        mysql_rows_make(&rows, table, 0);
        mysql_row_start(&row, 1);
        mysql_row_raw(&row, cases[i].value, cases[i].size);
        assert_int_equal(decode_part(&rows, batch, &row, row.size),
                         ROW_MALFORMED);
        mysql_rows_release(&rows);
        batch_free(batch);
        table_free(table);
    }
}

/* Lengths of 2, 3 and 8 bytes, and the value behind each. */
/* What the server sends of a part of a time: `highest` is taken, one more is
 * not. */
static void assert_limit(const uint8_t *value, size_t size, size_t part,
                         uint8_t highest, bool is_duration)
{
    uint8_t bytes[13];
    struct mysql_moment moment;
    int64_t duration;

    memcpy(bytes, value, size);
    for (uint8_t over = 0; over < 2; over++) {
        bytes[1 + part] = (uint8_t)(highest + over);
        const uint8_t *behind =
            is_duration
                ? mysql_read_duration(bytes, bytes + size, &duration)
                : mysql_read_moment(bytes, bytes + size, &moment);
        assert_ptr_equal(behind, over ? NULL : bytes + size);
    }
}

static void each_part_of_a_time_has_its_limit(void **state)
{
    static const uint8_t moment[] = {11, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t late[] = {11,   0x0f, 0x27, 1, 1,    0,
                                   0,    0,    0x3f, 0x42, 0x0f, 0};
    static const uint8_t duration[] = {12, 0, 0, 0, 0, 0, 0,
                                       0,  0, 0, 0, 0, 0};
    static const uint8_t long_one[] = {12, 0, 0,    0,    0,    0, 0,
                                       0,  0, 0x3f, 0x42, 0x0f, 0};

    (void)state;
    assert_limit(late, sizeof(late), 0, 0x0f, false);
    assert_limit(moment, sizeof(moment), 2, 12, false);
    assert_limit(moment, sizeof(moment), 3, 31, false);
    assert_limit(moment, sizeof(moment), 4, 23, false);
    assert_limit(moment, sizeof(moment), 5, 59, false);
    assert_limit(moment, sizeof(moment), 6, 59, false);
    assert_limit(late, sizeof(late), 7, 0x3f, false);
    assert_limit(duration, sizeof(duration), 0, 1, true);
    assert_limit(duration, sizeof(duration), 5, 23, true);
    assert_limit(duration, sizeof(duration), 6, 59, true);
    assert_limit(duration, sizeof(duration), 7, 59, true);
    assert_limit(long_one, sizeof(long_one), 8, 0x3f, true);
}

static void each_form_of_a_length_is_read(void **state)
{
    static const char *const heads[] = {
        "\xfc\x02\x00", "\xfd\x02\x00\x00",
        "\xfe\x02\x00\x00\x00\x00\x00\x00\x00"};
    static const size_t sizes[] = {3, 4, 9};
    uint8_t value[16];
    struct bytes found;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(heads); i++) {
        memcpy(value, heads[i], sizes[i]);
        memcpy(value + sizes[i], "ab", 2);
        assert_ptr_equal(
            mysql_read_bytes(value, value + sizes[i] + 2, &found),
            value + sizes[i] + 2);
        assert_int_equal(found.size, 2);
        assert_memory_equal(found.data, "ab", 2);
        assert_null(mysql_read_bytes(value, value + sizes[i] + 1, &found));
        assert_null(mysql_read_bytes(value, value + sizes[i] - 1, &found));
    }
}

static void fields_must_be_what_was_described(void **state)
{
    struct table *table = table_new("shop", "orders");
    struct mysql_field fields[] = {
        {MYSQL_TYPE_LONG, 0, 0, 63},
        {MYSQL_TYPE_NEWDECIMAL, 2, 0, 63},
        {MYSQL_TYPE_VAR_STRING, 0, 0, 45},
        {MYSQL_TYPE_LONG, 0, UNSIGNED_FLAG, 63},
    };
    struct mysql_rows rows;
    char reason[128];

    (void)state;
    mysql_column(table, "a", "int(11)");
    mysql_column(table, "b", "decimal(10,2)");
    mysql_column(table, "c", "varchar(20)");
    mysql_rows_make(&rows, table, 1);
    assert_true(mysql_rows_fit(&rows, fields, 4, reason, sizeof(reason)));
    assert_false(mysql_rows_fit(&rows, fields, 3, reason, sizeof(reason)));
    fields[0].type = MYSQL_TYPE_LONGLONG;
    assert_false(mysql_rows_fit(&rows, fields, 4, reason, sizeof(reason)));
    assert_string_equal(reason, "the type of column \"a\" changed");
    fields[0].type = MYSQL_TYPE_LONG;
    fields[0].flags = UNSIGNED_FLAG;
    assert_false(mysql_rows_fit(&rows, fields, 4, reason, sizeof(reason)));
    fields[0].flags = 0;
    fields[1].decimals = 3;
    assert_false(mysql_rows_fit(&rows, fields, 4, reason, sizeof(reason)));
    fields[1].decimals = 2;
    fields[2].charset = 8;
    assert_false(mysql_rows_fit(&rows, fields, 4, reason, sizeof(reason)));
    fields[2].charset = 45;
    fields[3].type = MYSQL_TYPE_STRING;
    assert_false(mysql_rows_fit(&rows, fields, 4, reason, sizeof(reason)));
    mysql_rows_release(&rows);
    table_free(table);
}

static void a_row_without_room_waits_for_the_next_batch(void **state)
{
    struct table *table = table_new("shop", "orders");
    struct mysql_rows rows;
    struct mysql_row row;

    (void)state;
    mysql_column(table, "a", "varchar(20)");
    mysql_column(table, "b", "varchar(20)");
    struct batch *batch = batch_new(table, 4, (size_t)1 << 40);
    mysql_rows_make(&rows, table, 0);
    mysql_row_start(&row, 2);
    mysql_row_text(&row, "abc");
    mysql_row_text(&row, "abc");
    batch->columns[1].text.limit = 16;
    assert_int_equal(
        mysql_rows_decode(&rows, batch, mysql_row_packet(&row)), ROW_MADE);
    batch_add_row(batch, false);
    assert_int_equal(
        mysql_rows_decode(&rows, batch, mysql_row_packet(&row)),
        ROW_TOO_LARGE);
    assert_int_equal(batch->row_count, 1);
    assert_int_equal(batch->text_bytes, 8);
    mysql_rows_release(&rows);
    batch_free(batch);
    table_free(table);
}

static void the_first_cell_that_fails_is_told(void **state)
{
    struct table *table = table_new("shop", "orders");
    struct mysql_rows rows;
    struct mysql_row row;
    struct error error;

    (void)state;
    mysql_column(table, "a", "date");
    mysql_column(table, "b", "varchar(20)");
    struct batch *batch = batch_new(table, 4, 1 << 20);
    mysql_rows_make(&rows, table, 0);
    mysql_row_start(&row, 2);
    mysql_row_int(&row, 0, 1);
    mysql_row_text(&row, "\xff");
    assert_int_equal(
        mysql_rows_decode(&rows, batch, mysql_row_packet(&row)), ROW_FAILED);
    assert_int_equal(mysql_cell_error(&rows.row, &error), STATUS_TABLE);
    assert_string_equal(error.what,
                        "cannot store column \"a\" of table \"orders\": "
                        "0000-00-00 has no value in the warehouse");
    mysql_rows_release(&rows);
    batch_free(batch);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_read),
        cmocka_unit_test(the_digest_is_that_of_the_stored_cells),
        cmocka_unit_test(nulls_take_no_bytes),
        cmocka_unit_test(a_packet_cut_anywhere_is_malformed),
        cmocka_unit_test(a_value_no_server_sends_is_malformed),
        cmocka_unit_test(each_part_of_a_time_has_its_limit),
        cmocka_unit_test(each_form_of_a_length_is_read),
        cmocka_unit_test(fields_must_be_what_was_described),
        cmocka_unit_test(a_row_without_room_waits_for_the_next_batch),
        cmocka_unit_test(the_first_cell_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
