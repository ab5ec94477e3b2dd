/* Batches: what is written is read back, and nothing of a row that was
 * dropped, blanked or cleared stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture_model.h"
#include "model/digest.h"
#include "model/key.h"

enum { ID, AMOUNT, NOTE, CODE };

/* id INT8 key, amount INT4 NULL, note TEXT NULL, code BYTES of 3. */
static struct table *make_table(void)
{
    struct table *table = table_new("shop", "orders");

    fixture_column(table, "id", KIND_INT, 8);
    fixture_column(table, "amount", KIND_INT, 4)->is_nullable = true;
    fixture_column(table, "note", KIND_TEXT, 0)->is_nullable = true;
    fixture_column(table, "code", KIND_BYTES, 0);
    fixture_key(table, 1);
    return table;
}

static void write_row(struct batch *batch, int64_t id, const char *note)
{
    fixture_put_int(batch, ID, id);
    fixture_put_int(batch, AMOUNT, -id);
    fixture_put_text(batch, NOTE, note);
    fixture_put_text(batch, CODE, "abc");
}

static void add_row(struct batch *batch, int64_t id, const char *note)
{
    write_row(batch, id, note);
    batch_add_row(batch, false);
}

static void assert_text(const struct batch *batch, size_t column, size_t row,
                        const char *text)
{
    assert_true(bytes_equal(batch_text(batch, column, row), bytes_of(text)));
}

static void cells_are_read_back_as_written(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 3, 1 << 20);

    (void)state;
    add_row(batch, 1, "one");
    fixture_put_int(batch, ID, INT64_MIN);
    batch_set_null(batch, AMOUNT);
    batch_set_null(batch, NOTE);
    fixture_put_text(batch, CODE, "");
    batch_add_row(batch, false);
    add_row(batch, 3, "three");
    assert_int_equal(batch->row_count, 3);
    assert_true(batch_int(batch, ID, 1) == INT64_MIN);
    assert_int_equal(batch_int(batch, AMOUNT, 0), -1);
    assert_true(batch_is_null(batch, AMOUNT, 1));
    assert_true(batch_is_null(batch, NOTE, 1));
    assert_false(batch_is_null(batch, ID, 1));
    assert_false(batch_is_null(batch, AMOUNT, 2));
    assert_false(batch_is_null(batch, NOTE, 2));
    assert_text(batch, NOTE, 0, "one");
    assert_text(batch, NOTE, 1, "");
    assert_text(batch, NOTE, 2, "three");
    assert_text(batch, CODE, 1, "");
    assert_text(batch, CODE, 2, "abc");
    batch_free(batch);
    batch_free(NULL);
    table_free(table);
}

static void a_text_stands_behind_its_length_in_leb128(void **state)
{
    static const size_t sizes[] = {0, 1, 127, 128, 16383, 16384, 2097152};
    struct table *table = table_new("shop", "texts");
    char *text = memory_new(2097153, 1);
    struct buffer wanted;
    struct batch *batch;

    (void)state;
    fixture_column(table, "t", KIND_TEXT, 0);
    batch = batch_new(table, ARRAY_COUNT(sizes), 1 << 30);
    buffer_init(&wanted, 1 << 30);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct bytes value = {(const uint8_t *)text, sizes[i]};
        memset(text, 'a' + (int)i, sizes[i]);
        assert_true(batch_add_text(batch, 0, value));
        buffer_add_varint(&wanted, sizes[i]);
        buffer_add(&wanted, text, sizes[i]);
        assert_int_equal(batch->columns[0].ends[i], wanted.size);
        batch_add_row(batch, false);
        assert_true(bytes_equal(batch_text(batch, 0, i), value));
    }
    assert_true(bytes_equal(buffer_bytes(&batch->columns[0].text),
                            buffer_bytes(&wanted)));
    assert_int_equal(batch->text_bytes, wanted.size);
    buffer_release(&wanted);
    memory_free(text);
    batch_free(batch);
    table_free(table);
}

static void integers_of_every_width_keep_their_sign(void **state)
{
    static const uint8_t widths[] = {1, 2, 4, 8};
    struct table *table = table_new("shop", "numbers");
    struct batch *batch;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(widths); i++) {
        fixture_column(table, "signed", KIND_INT, widths[i]);
        fixture_column(table, "unsigned", KIND_UINT, widths[i]);
    }
    batch = batch_new(table, 1, 1 << 20);
    for (size_t i = 0; i < 2 * ARRAY_COUNT(widths); i++)
        fixture_put_int(batch, i, -2);
    batch_add_row(batch, false);
    for (size_t i = 0; i < ARRAY_COUNT(widths); i++)
        assert_int_equal(batch_int(batch, 2 * i, 0), -2);
    assert_int_equal(batch_int(batch, 1, 0), 0xfe);
    assert_int_equal(batch_int(batch, 3, 0), 0xfffe);
    assert_int_equal(batch_int(batch, 5, 0), 0xfffffffe);
    assert_int_equal(batch_int(batch, 7, 0), -2);
    batch_free(batch);
    table_free(table);
}

static void a_float_of_four_bytes_is_read_exactly(void **state)
{
    struct table *table = table_new("shop", "numbers");
    float narrow = 0.1f;
    double wide = 0.1;
    struct batch *batch;

    (void)state;
    fixture_column(table, "narrow", KIND_FLOAT, 4);
    fixture_column(table, "wide", KIND_FLOAT, 8);
    batch = batch_new(table, 1, 1 << 20);
    memcpy(batch_fixed(batch, 0), &narrow, sizeof(narrow));
    memcpy(batch_fixed(batch, 1), &wide, sizeof(wide));
    batch_add_row(batch, false);
    assert_true(batch_double(batch, 0, 0) == (double)narrow);
    assert_true(batch_double(batch, 1, 0) == wide);
    batch_free(batch);
    table_free(table);
}

static void under_a_null_lies_nothing_of_an_older_row(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 1, 1 << 20);

    (void)state;
    add_row(batch, 7, "secret");
    batch_clear(batch);
    fixture_put_int(batch, ID, 8);
    batch_set_null(batch, AMOUNT);
    batch_set_null(batch, NOTE);
    fixture_put_text(batch, CODE, "x");
    batch_add_row(batch, false);
    assert_int_equal(batch_int(batch, AMOUNT, 0), 0);
    assert_text(batch, NOTE, 0, "");
    assert_int_equal(batch->columns[NOTE].text.size, 1);
    batch_free(batch);
    table_free(table);
}

static void a_dropped_row_leaves_nothing(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 4, 1 << 20);
    size_t bytes;

    (void)state;
    add_row(batch, 1, "one");
    bytes = batch_bytes(batch);
    fixture_put_int(batch, ID, 2);
    fixture_put_text(batch, NOTE, "dropped");
    batch->digest_sum = 5;
    batch_drop_row(batch);
    assert_int_equal(batch_bytes(batch), bytes);
    assert_int_equal(batch->row_count, 1);
    add_row(batch, 3, "three");
    assert_text(batch, NOTE, 1, "three");
    assert_text(batch, CODE, 1, "abc");
    assert_true(batch->digests[1] == digest_finish(0));
    batch_free(batch);
    table_free(table);
}

static void a_row_has_the_digest_of_its_sum_and_a_delete_none(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 4, 1 << 20);

    (void)state;
    batch->digest_sum = 42;
    add_row(batch, 1, "one");
    batch->digest_sum = 43;
    write_row(batch, 2, "two");
    batch_add_row(batch, true);
    add_row(batch, 3, "three");
    assert_true(batch->digests[0] == digest_finish(42));
    assert_true(batch->digests[1] == 0);
    assert_true(batch->digests[2] == digest_finish(0));
    assert_int_equal(batch->deleted[0], 0);
    assert_int_equal(batch->deleted[1], 1);
    assert_int_equal(batch->deleted[2], 0);
    batch_free(batch);
    table_free(table);
}

static void a_bucket_is_the_top_of_the_keys_hash(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 4, 1 << 20);
    size_t key[] = {CODE, ID};
    struct buffer canonical;

    (void)state;
    assert_null(batch->buckets);
    batch_free(batch);
    table_set_key(table, key, 2);
    table_settle(table);
    batch = batch_new(table, 4, 1 << 20);
    buffer_init(&canonical, 100);
    for (int64_t id = 0; id < 2; id++) {
        add_row(batch, id, "");
        buffer_clear(&canonical);
        key_canonical(batch, (size_t)id, &canonical);
        assert_int_equal(batch->buckets[id],
                         key_hash(buffer_bytes(&canonical)) >> 32);
    }
    assert_true(batch->buckets[0] != batch->buckets[1]);
    buffer_release(&canonical);
    batch_free(batch);
    table_free(table);
}

static void a_batch_is_full_by_rows_or_by_bytes(void **state)
{
    struct table *table = make_table();
    size_t row_bytes = table_fixed_bytes(table);
    struct batch *batch = batch_new(table, 2, 1 << 20);

    (void)state;
    assert_false(batch_is_full(batch));
    add_row(batch, 1, "");
    assert_false(batch_is_full(batch));
    add_row(batch, 2, "");
    assert_true(batch_is_full(batch));
    batch_clear(batch);
    assert_false(batch_is_full(batch));
    batch_free(batch);
    batch = batch_new(table, 100, row_bytes + 1 + 4 + 10);
    add_row(batch, 1, "123456789");
    assert_false(batch_is_full(batch));
    batch_clear(batch);
    add_row(batch, 1, "1234567890");
    assert_int_equal(batch_bytes(batch), row_bytes + 11 + 4);
    assert_true(batch_is_full(batch));
    batch_free(batch);
    table_free(table);
}

static void a_second_use_allocates_nothing(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 100, 1 << 20);
    size_t memory = 0;
    const uint8_t *data = NULL;

    (void)state;
    for (int use = 0; use < 3; use++) {
        for (int64_t id = 0; id < 100; id++)
            add_row(batch, id, "some text that needs some room");
        if (use == 0) {
            memory = batch_memory(batch);
            data = batch->columns[NOTE].text.data;
        }
        assert_int_equal(batch_memory(batch), memory);
        assert_ptr_equal(batch->columns[NOTE].text.data, data);
        batch_clear(batch);
        assert_int_equal(batch_bytes(batch), 0);
    }
    assert_true(memory >= 100 * table_fixed_bytes(table) + 3000);
    batch_free(batch);
    table_free(table);
}

static void a_column_refuses_what_passes_one_gib(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 2, 1 << 20);
    struct bytes large = {(const uint8_t *)"x", BATCH_TEXT_LIMIT + 1};

    (void)state;
    assert_false(batch_add_text(batch, NOTE, large));
    add_row(batch, 1, "one");
    large.size = BATCH_TEXT_LIMIT - 3;
    assert_false(batch_add_text(batch, NOTE, large));
    assert_int_equal(batch->columns[NOTE].text.size, 4);
    add_row(batch, 2, "two");
    assert_text(batch, NOTE, 1, "two");
    batch_free(batch);
    table_free(table);
}

/* The column is only said to be full: its memory is never touched. */
static void a_null_fits_into_a_full_column(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 2, 1 << 20);
    struct buffer *text = &batch->columns[NOTE].text;

    (void)state;
    assert_true(buffer_reserve(text, BATCH_TEXT_LIMIT + 1));
    add_row(batch, 1, "");
    text->size = BATCH_TEXT_LIMIT;
    batch->columns[NOTE].ends[0] = BATCH_TEXT_LIMIT;
    assert_false(batch_add_text(batch, NOTE, bytes_of("x")));
    batch_set_null(batch, NOTE);
    assert_int_equal(text->size, BATCH_TEXT_LIMIT + 1);
    assert_int_equal(batch->columns[NOTE].ends[1], BATCH_TEXT_LIMIT + 1);
    assert_false(text->is_overflown);
    batch_free(batch);
    table_free(table);
}

static void a_blank_is_null_where_that_may_be_else_zero(void **state)
{
    struct table *table = make_table();
    struct batch *batch;

    (void)state;
    table->columns[CODE].is_fixed_length = true;
    table->columns[CODE].fixed_length = 3;
    fixture_column(table, "plain", KIND_TEXT, 0);
    batch = batch_new(table, 2, 1 << 20);
    for (int64_t id = 1; id < 3; id++) {
        write_row(batch, id, "hidden");
        fixture_put_text(batch, 4, "hidden too");
        for (size_t column = 0; id == 2 && column < 5; column++)
            batch_blank(batch, column);
        batch_add_row(batch, id == 2);
    }
    assert_text(batch, NOTE, 0, "hidden");
    assert_int_equal(batch_int(batch, ID, 1), 0);
    assert_true(batch_is_null(batch, AMOUNT, 1));
    assert_int_equal(batch_int(batch, AMOUNT, 1), 0);
    assert_true(batch_is_null(batch, NOTE, 1));
    assert_text(batch, NOTE, 1, "");
    assert_true(bytes_equal(batch_text(batch, CODE, 1),
                            (struct bytes){(const uint8_t *)"\0\0", 3}));
    assert_text(batch, 4, 1, "");
    assert_int_equal(batch->text_bytes, 7 + 1 + 4 + 4 + 11 + 1);
    batch_free(batch);
    table_free(table);
}

static void a_version_is_set_for_the_rows_that_are_there(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 3, 1 << 20);

    (void)state;
    add_row(batch, 1, "");
    add_row(batch, 2, "");
    batch_set_version(batch, 99);
    assert_int_equal(batch->versions[0], 99);
    assert_int_equal(batch->versions[1], 99);
    assert_int_equal(batch->versions[2], 0);
    batch_free(batch);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read_back_as_written),
        cmocka_unit_test(a_text_stands_behind_its_length_in_leb128),
        cmocka_unit_test(integers_of_every_width_keep_their_sign),
        cmocka_unit_test(a_float_of_four_bytes_is_read_exactly),
        cmocka_unit_test(under_a_null_lies_nothing_of_an_older_row),
        cmocka_unit_test(a_dropped_row_leaves_nothing),
        cmocka_unit_test(a_row_has_the_digest_of_its_sum_and_a_delete_none),
        cmocka_unit_test(a_bucket_is_the_top_of_the_keys_hash),
        cmocka_unit_test(a_batch_is_full_by_rows_or_by_bytes),
        cmocka_unit_test(a_second_use_allocates_nothing),
        cmocka_unit_test(a_column_refuses_what_passes_one_gib),
        cmocka_unit_test(a_null_fits_into_a_full_column),
        cmocka_unit_test(a_blank_is_null_where_that_may_be_else_zero),
        cmocka_unit_test(a_version_is_set_for_the_rows_that_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
