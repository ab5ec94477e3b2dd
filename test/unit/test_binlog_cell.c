/* Values as they lay in the logs of real servers become the texts of keys and
 * the cells of scans. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "fixture_binlog.h"
#include "fixture_mysql.h"

#define TEXT_LIMIT 4096

struct one {
    struct table *table;
    struct batch *batch;
    struct mysql_cell_row row;
    struct mysql_cell maker;
    struct binlog_column column;
    struct binlog_cell cell;
    struct event_bytes event;
    struct bytes value;
    struct buffer text;
};

static void one_open(struct one *one, const char *declared, uint8_t code,
                     const char *meta)
{
    struct event_bytes bytes = {.size = 0};

    memset(one, 0, sizeof(*one));
    event_add(&bytes, meta);
    one->column.code = code;
    memcpy(one->column.meta, bytes.data, bytes.size);
    one->table = table_new("shop", "orders");
    mysql_column(one->table, "c", declared);
    one->batch = batch_new(one->table, 4, 1 << 20);
    one->row.batch = one->batch;
    mysql_cell_init(&one->maker, &one->row, one->table, 0,
                    mysql_set(FORM_UTF8));
    assert_true(binlog_cell_init(&one->cell, &one->column));
    binlog_cell_bind(&one->cell, &one->maker);
    buffer_init(&one->text, TEXT_LIMIT);
}

static void one_close(struct one *one)
{
    buffer_release(&one->text);
    binlog_cell_release(&one->cell);
    mysql_cell_release(&one->maker);
    batch_free(one->batch);
    table_free(one->table);
}

/* Cuts the value, which must take all of `hex`, and gives it to the maker. */
static bool one_read(struct one *one, const char *hex)
{
    const uint8_t *end;

    one->event.size = 0;
    event_add(&one->event, hex);
    end = one->event.data + one->event.size;
    one->row.failure = ERROR_NONE;
    if (binlog_cell_cut(&one->cell, one->event.data, end, &one->value) != end)
        return false;
    batch_drop_row(one->batch);
    return one->cell.read(&one->cell, one->value);
}

struct sample {
    const char *declared;
    uint8_t code;
    const char *meta;
    const char *hex;
    const char *text; /* as in a key */
};

static const struct sample SAMPLES[] = {
    {"tinyint(4)", 1, "", "80", "-128"},
    {"tinyint(3) unsigned", 1, "", "80", "128"},
    {"smallint(6)", 2, "", "ff7f", "32767"},
    {"smallint(5) unsigned", 2, "", "ffff", "65535"},
    {"mediumint(9)", 9, "", "ffffff", "-1"},
    {"mediumint(9)", 9, "", "000080", "-8388608"},
    {"mediumint(8) unsigned", 9, "", "ffffff", "16777215"},
    {"int(11)", 3, "", "feffffff", "-2"},
    {"int(10) unsigned", 3, "", "feffffff", "4294967294"},
    {"bigint(20)", 8, "", "0000000000000080", "-9223372036854775808"},
    {"bigint(20) unsigned", 8, "", "ffffffffffffffff",
     "18446744073709551615"},
    {"float", 4, "04", "0000c03f", "1.5"},
    {"double", 5, "08", "000000000000e0bf", "-0.5"},
    {"bit(12)", 16, "0401", "0fff", "4095"},
    {"bit(64)", 16, "0008", "8000000000000001", "9223372036854775809"},
    {"year(4)", 13, "", "00", "0"},
    {"year(4)", 13, "", "01", "1901"},
    {"year(4)", 13, "", "ff", "2155"},
    {"date", 10, "", "40d00f", "2024-02-00"},
    {"date", 10, "", "000000", "0000-00-00"},
    {"time(6)", 19, "06", "7fffffffffff", "-00:00:00.000001"},
    {"time(6)", 19, "06", "800000000000", "00:00:00"},
    {"time", 19, "00", "4b9105", "-838:59:59"},
    {"time(2)", 19, "02", "80a1c332", "10:07:03.500000"},
    {"time", 11, "", "590a80", "-838:59:59"},
    {"datetime", 18, "00", "8000000000", "0000-00-00 00:00:00"},
    {"datetime(6)", 18, "06", "99b28c3b840f423f",
     "2024-02-06 03:46:04.999999"},
    {"datetime", 12, "", "386eaa8b68120000",
     "2024-02-29 10:11:12"},
    {"timestamp(6)", 17, "06", "7fffffff0f423f",
     "2038-01-19 03:14:07.999999"},
    {"timestamp", 17, "00", "ffffffff", "2106-02-07 06:28:15"},
    {"timestamp", 17, "00", "00000000", "0000-00-00 00:00:00"},
    {"timestamp", 7, "", "01000000", "1970-01-01 00:00:01"},
    {"decimal(10,2)", 246, "0a02", "8000000132", "1.50"},
    {"decimal(10,2)", 246, "0a02", "7ffffffecd", "-1.50"},
    {"decimal(10,2)", 246, "0a02", "8000000000", "0.00"},
    {"decimal(4,4)", 246, "0404", "8000", "0.0000"},
    {"decimal(4,4)", 246, "0404", "a70f", "0.9999"},
    {"decimal(1,0)", 246, "0100", "76", "-9"},
    {"enum('a','b')", 247, "f701", "02", "2"},
    {"set('a','b','c')", 248, "f801", "05", "5"},
    {"char(9)", 254, "fe24", "0261c3", "x61c3"},
    {"char(100)", 254, "ee90", "010061", "x61"},
    {"varchar(20)", 15, "5000", "03616200", "x616200"},
    {"varchar(400)", 15, "4006", "010061", "x61"},
    {"binary(4)", 254, "fe04", "020a00", "x0a000000"},
    {"varbinary(4)", 15, "0400", "020a00", "x0a00"},
    {"blob", 252, "02", "0100ff", "xff"},
    {"uuid", 254, "fe10", "0401020304",
     "01020304-0000-0000-0000-000000000000"},
    {"inet4", 254, "fe04", "010a", "10.0.0.0"},
    {"inet6", 254, "fe10", "00", "::"},
    {"inet6", 254, "fe10", "0320010d", "2001:d00::"},
    {"inet6", 254, "fe10", "1000000000000000000000ffff01020304",
     "::ffff:1.2.3.4"},
};

static void each_type_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(SAMPLES); i++) {
        const struct sample *sample = &SAMPLES[i];
        struct one one;

        one_open(&one, sample->declared, sample->code, sample->meta);
        if (!one_read(&one, sample->hex) ||
            !binlog_cell_text(&one.cell, one.value, &one.text))
            fail_msg("%zu %s is not read", i, sample->declared);
        if (strcmp(buffer_text(&one.text), sample->text) != 0)
            fail_msg("%zu %s: %s", i, sample->declared,
                     buffer_text(&one.text));
        one_close(&one);
    }
}

static void read_or_fail(struct one *one, const struct sample *sample,
                         uint8_t *cell)
{
    one_open(one, sample->declared, sample->code, sample->meta);
    if (!one_read(one, sample->hex) || one->row.failure != ERROR_NONE)
        fail_msg("%s %s", sample->declared, sample->text);
    memcpy(cell, batch_cell(one->batch, 0, 0), one->batch->columns[0].width);
}

/* Made anew in another way, the cell and its digest are the same. */
static void assert_same(struct one *one, const struct sample *sample,
                        const uint8_t *cell, uint64_t sum)
{
    assert_int_equal(one->row.failure, ERROR_NONE);
    if (memcmp(cell, batch_cell(one->batch, 0, 0),
               one->batch->columns[0].width) != 0 ||
        one->batch->digest_sum != sum)
        fail_msg("%s %s", sample->declared, sample->hex);
}

/* Short ones are never texts. */
static void decimals_are_those_of_their_texts(void **state)
{
    static const struct sample samples[] = {
        {"decimal(12,2)", 246, "0c02", "81000bc61432", "1000771604.50"},
        {"decimal(18,10)", 246, "120a", "7f439eb1f8a432eafe",
         "-12345678.1234567891"},
        {"decimal(18,1)", 246, "1201", "80bc614e35b7bf8708",
         "12345678901234567.8"},
        {"decimal(18,0)", 246, "1200", "bb9ac9ff3b9ac9ff",
         "999999999999999999"},
        {"decimal(18,0)", 246, "1200", "44653600c4653600",
         "-999999999999999999"},
        {"decimal(9,9)", 246, "0909", "80000001", "0.000000001"},
        {"decimal(9,9)", 246, "0909", "7ffffffe", "-0.000000001"},
        {"decimal(3,2)", 246, "0302", "76f5", "-9.10"},
        {"decimal(3,2)", 246, "0302", "7fff", "0.00"},
        {"decimal(20,2)", 246, "1402", "7fed2978caf1cb3fb1",
         "-1234567890123456.78"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct one one;
        uint8_t cell[32];
        uint64_t sum;
        read_or_fail(&one, &samples[i], cell);
        sum = one.batch->digest_sum;
        batch_drop_row(one.batch);
        mysql_cell_decimal(&one.maker, bytes_of(samples[i].text));
        assert_same(&one, &samples[i], cell, sum);
        one_close(&one);
    }
}

static void moments_are_those_of_their_dates(void **state)
{
    static const struct sample samples[] = {
        {"datetime(6)", 18, "06", "99b28c3b840f423f", NULL},
        {"datetime(1)", 18, "01", "99b28c3b845a", NULL},
        {"timestamp(6)", 17, "06", "7fffffff0f423f", NULL},
        {"timestamp(3)", 17, "03", "657a1c800019", NULL},
        {"timestamp", 17, "00", "ffffffff", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct one one;
        struct mysql_moment moment;
        uint8_t cell[32];
        uint64_t sum;
        read_or_fail(&one, &samples[i], cell);
        sum = one.batch->digest_sum;
        batch_drop_row(one.batch);
        assert_true(binlog_moment(&one.cell, one.value, &moment));
        mysql_cell_datetime(&one.maker, &moment);
        assert_same(&one, &samples[i], cell, sum);
        one_close(&one);
    }
}

static void what_no_server_writes_is_malformed(void **state)
{
    static const struct sample samples[] = {
        {"datetime(6)", 18, "06", "ffffffffffffffff", NULL},
        {"datetime(2)", 18, "02", "8000000000ff", NULL},
        {"time", 19, "00", "ffffff", NULL},
        {"timestamp(4)", 17, "04", "00000001ffff", NULL},
        {"decimal(4,4)", 246, "0404", "ffff", NULL},
        {"decimal(10,2)", 246, "0a02", "85f5e10000", NULL},
        {"decimal(10,2)", 246, "0a02", "8000000164", NULL},
        {"decimal(20,2)", 246, "1402", "800000003b9aca0000", NULL},
        {"enum('a','b')", 247, "f701", "03", NULL},
        {"set('a','b','c')", 248, "f801", "08", NULL},
        {"time", 11, "", "ffff7f", NULL},
        {"datetime", 12, "", "ffffffffffffffff", NULL},
        {"uuid", 254, "fe20", "110102030405060708090a0b0c0d0e0f1011", NULL},
        {"json", 245, "04", "020000000408", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct one one;
        one_open(&one, samples[i].declared, samples[i].code,
                 samples[i].meta);
        if (one_read(&one, samples[i].hex))
            fail_msg("%zu %s", i, samples[i].declared);
        one_close(&one);
    }
}

static void a_value_that_is_cut_off_is_not_cut_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(SAMPLES); i++) {
        struct one one;
        struct event_bytes event = {.size = 0};
        one_open(&one, SAMPLES[i].declared, SAMPLES[i].code,
                 SAMPLES[i].meta);
        event_add(&event, SAMPLES[i].hex);
        for (size_t size = 0; size < event.size; size++) {
            uint8_t *exact = memory_new(size, 1);
            memcpy(exact, event.data, size);
            assert_null(binlog_cell_cut(&one.cell, exact, exact + size,
                                        &one.value));
            memory_free(exact);
        }
        one_close(&one);
    }
}

static void labels_become_texts(void **state)
{
    static const struct {
        const char *declared;
        uint8_t code;
        const char *hex;
        const char *text;
    } samples[] = {{"enum('a','it''s')", 247, "02", "it's"},
                   {"enum('a','b')", 247, "00", ""},
                   {"set('a','b','c')", 248, "05", "a,c"},
                   {"set('a','b','c')", 248, "00", ""},
                   {"set('','b')", 248, "03", ",b"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct one one;
        struct bytes text;
        one_open(&one, samples[i].declared, samples[i].code, "f701");
        assert_true(one_read(&one, samples[i].hex));
        text = batch_text(one.batch, 0, 0);
        assert_int_equal(text.size, strlen(samples[i].text));
        assert_memory_equal(text.data, samples[i].text, text.size);
        one_close(&one);
    }
}

static void a_date_that_is_no_day_fails_by_its_text(void **state)
{
    struct one one;

    (void)state;
    one_open(&one, "date", 10, "");
    assert_true(one_read(&one, "40d00f"));
    assert_int_equal(one.row.failure, ERROR_VALUE_DATE);
    assert_string_equal(one.row.reason,
                        "2024-02-00 has no value in the warehouse");
    one_close(&one);
}

static void lengths_out_of_range_are_refused(void **state)
{
    static const struct binlog_column columns[] = {
        {.code = 246, .meta = {82, 0}}, {.code = 246, .meta = {4, 5}},
        {.code = 4, .meta = {8}},       {.code = 5, .meta = {4}},
        {.code = 252, .meta = {5}},     {.code = 252, .meta = {0}},
        {.code = 16, .meta = {8, 1}},   {.code = 16, .meta = {1, 8}},
        {.code = 247, .meta = {247, 3}}, {.code = 248, .meta = {248, 9}},
        {.code = 18, .meta = {7}},      {.code = 200, .meta = {0}}};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        struct binlog_cell cell;
        assert_false(binlog_cell_init(&cell, &columns[i]));
        binlog_cell_release(&cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_read),
        cmocka_unit_test(decimals_are_those_of_their_texts),
        cmocka_unit_test(moments_are_those_of_their_dates),
        cmocka_unit_test(what_no_server_writes_is_malformed),
        cmocka_unit_test(a_value_that_is_cut_off_is_not_cut_out),
        cmocka_unit_test(labels_become_texts),
        cmocka_unit_test(a_date_that_is_no_day_fails_by_its_text),
        cmocka_unit_test(lengths_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
