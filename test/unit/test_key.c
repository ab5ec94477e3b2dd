/* Keys: the frozen form against the golden vectors, and the text for people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture_model.h"
#include "model/calendar.h"
#include "model/key.h"

static void check_key(const json_t *vector)
{
    json_t *cells = json_object_get(vector, "cells");
    json_t *bucket = json_object_get(vector, "bucket");
    struct buffer wanted = golden_bytes(vector, "key");
    struct table *table = table_new("", "");
    struct batch *batch;
    struct buffer key;
    json_t *cell;
    size_t i;

    json_array_foreach(cells, i, cell)
        golden_column(table, cell);
    fixture_key(table, json_array_size(cells));
    batch = batch_new(table, 1, 1 << 20);
    json_array_foreach(cells, i, cell)
        golden_put(batch, i, cell);
    batch_add_row(batch, false);
    buffer_init(&key, 1 << 20);
    key_canonical(batch, 0, &key);
    assert_true(bytes_equal(buffer_bytes(&key), buffer_bytes(&wanted)));
    assert_true(key_hash(buffer_bytes(&key)) == golden_number(vector, "hash"));
    if (table->is_bucketed)
        assert_int_equal(batch->buckets[0], json_integer_value(bucket));
    buffer_release(&key);
    buffer_release(&wanted);
    batch_free(batch);
    table_free(table);
}

static void every_golden_key_has_its_bytes_and_bucket(void **state)
{
    json_t *vectors = golden_load();
    json_t *keys = json_object_get(vectors, "keys");
    json_t *vector;
    size_t i;

    (void)state;
    assert_true(json_array_size(keys) > 40);
    json_array_foreach(keys, i, vector)
        check_key(vector);
    json_decref(vectors);
}

static void a_key_is_in_the_keys_order_not_the_tables(void **state)
{
    struct table *table = table_new("", "");
    size_t order[] = {1, 0};
    struct batch *batch;
    struct buffer key;

    (void)state;
    fixture_column(table, "a", KIND_INT, 4);
    fixture_column(table, "b", KIND_TEXT, 0);
    table_set_key(table, order, 2);
    table_settle(table);
    batch = batch_new(table, 1, 1 << 20);
    fixture_put_int(batch, 0, 5);
    fixture_put_text(batch, 1, "xy");
    buffer_init(&key, 100);
    key_canonical(batch, 0, &key);
    assert_string_equal(buffer_text(&key), "\x02xy\x01\x05");
    buffer_clear(&key);
    key_text(batch, 0, &key);
    assert_string_equal(buffer_text(&key), "b=xy, a=5");
    buffer_release(&key);
    batch_free(batch);
    table_free(table);
}

/* The text of the key of one column. */
static void check_text(struct column column, struct bytes stored,
                       const char *wanted)
{
    struct table *table = table_new("", "");
    struct column *added =
        fixture_column(table, "k", column.kind, column.width);
    struct batch *batch;
    struct buffer text;

    added->scale = column.scale;
    fixture_key(table, 1);
    batch = batch_new(table, 1, 1 << 20);
    fixture_put(batch, 0, stored);
    buffer_init(&text, 1000);
    key_text(batch, 0, &text);
    assert_string_equal(buffer_text(&text), wanted);
    buffer_release(&text);
    batch_free(batch);
    table_free(table);
}

static void check_int_text(enum kind kind, uint8_t scale, int64_t value,
                           const char *wanted)
{
    check_text((struct column){.kind = kind, .width = 8, .scale = scale},
               (struct bytes){(const uint8_t *)&value, 8}, wanted);
}

static void a_key_of_each_kind_can_be_read(void **state)
{
    static const uint8_t uuid[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
                                   0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                   0xcc, 0xdd, 0xee, 0xff};
    int32_t day = -1;
    double real = 0.1;

    (void)state;
    check_int_text(KIND_INT, 0, -42, "k=-42");
    check_int_text(KIND_UINT, 0, -1, "k=18446744073709551615");
    check_int_text(KIND_DECIMAL, 2, -150, "k=-1.50");
    check_int_text(KIND_TIME, 3, -1500000, "k=-00:00:01.500");
    check_int_text(KIND_DATETIME, 0, 0, "k=1970-01-01 00:00:00");
    check_int_text(KIND_TIMESTAMP, 6, 1, "k=1970-01-01 00:00:00.000001");
    check_text((struct column){.kind = KIND_BOOL, .width = 1},
               (struct bytes){(const uint8_t *)"\1", 1}, "k=1");
    check_text((struct column){.kind = KIND_DATE, .width = 4},
               (struct bytes){(const uint8_t *)&day, 4}, "k=1969-12-31");
    check_text((struct column){.kind = KIND_FLOAT, .width = 8},
               (struct bytes){(const uint8_t *)&real, 8},
               "k=0.10000000000000001");
    check_text((struct column){.kind = KIND_UUID, .width = 16},
               (struct bytes){uuid, 16},
               "k=00112233-4455-6677-8899-aabbccddeeff");
    check_text((struct column){.kind = KIND_TEXT}, bytes_of("zw\xc3\xb6lf"),
               "k=zw\xc3\xb6lf");
    check_text((struct column){.kind = KIND_TEXT}, bytes_of("\xff"), "k=0xff");
    check_text((struct column){.kind = KIND_BYTES}, bytes_of("ab"),
               "k=0x6162");
}

#define WAVE "\xf0\x9f\x8c\x8a"

static void a_long_key_is_cut_between_characters(void **state)
{
    struct column column = {.kind = KIND_TEXT};
    char wanted[300] = "k=";
    char text[300];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text + 198, WAVE, 4);
    memcpy(wanted + 2, text, 198);
    memcpy(wanted + 200, "...", 4);
    check_text(column, (struct bytes){(const uint8_t *)text, 250}, wanted);
    memcpy(text + 196, WAVE "x", 5);
    memcpy(wanted + 2, text, 200);
    memcpy(wanted + 202, "...", 4);
    check_text(column, (struct bytes){(const uint8_t *)text, 201}, wanted);
    wanted[202] = '\0';
    check_text(column, (struct bytes){(const uint8_t *)text, 200}, wanted);
}

static void long_bytes_are_cut_to_as_many_digits(void **state)
{
    struct column column = {.kind = KIND_BYTES};
    char wanted[300] = "k=0x";
    uint8_t zeros[100] = {0};

    (void)state;
    memset(wanted + 4, '0', 198);
    check_text(column, (struct bytes){zeros, 99}, wanted);
    memcpy(wanted + 202, "...", 4);
    check_text(column, (struct bytes){zeros, 100}, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_key_has_its_bytes_and_bucket),
        cmocka_unit_test(a_key_is_in_the_keys_order_not_the_tables),
        cmocka_unit_test(a_key_of_each_kind_can_be_read),
        cmocka_unit_test(a_long_key_is_cut_between_characters),
        cmocka_unit_test(long_bytes_are_cut_to_as_many_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
