/* The pool: batches within the limit, waiting beyond it, one always. */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture_model.h"

#define MIB ((size_t)1 << 20)

static struct table *make_table(const char *name)
{
    struct table *table = table_new("shop", name);

    fixture_column(table, "id", KIND_INT, 8);
    fixture_column(table, "note", KIND_TEXT, 0);
    fixture_key(table, 1);
    return table;
}

static struct pool_figures figures_of(struct pool *pool)
{
    struct pool_figures figures;

    pool_figures(pool, &figures);
    return figures;
}

static void sleep_ms(long milliseconds)
{
    struct timespec pause = {.tv_nsec = milliseconds * 1000000};

    nanosleep(&pause, NULL);
}

static void a_batch_has_the_rows_that_its_bytes_hold(void **state)
{
    struct table *table = make_table("orders");
    struct pool *pool = pool_new(64 * MIB, MIB);
    struct batch *batch = pool_take(pool, table);

    (void)state;
    assert_int_equal(batch->capacity, MIB / table_row_bytes(table));
    assert_int_equal(batch->byte_budget, MIB);
    pool_give(batch);
    pool_free(pool);
    pool = pool_new(64 * MIB, 8 * MIB);
    batch = pool_take(pool, table);
    assert_int_equal(batch->capacity, 65536);
    pool_give(batch);
    pool_free(pool);
    pool = pool_new(64, 10);
    batch = pool_take(pool, table);
    assert_int_equal(batch->capacity, 1);
    assert_false(batch_is_full(batch));
    pool_give(batch);
    pool_free(pool);
    table_free(table);
}

static void a_batch_that_came_back_is_empty_and_used_again(void **state)
{
    struct table *table = make_table("orders");
    struct table *other = make_table("items");
    struct pool *pool = pool_new(10 * MIB, MIB);
    struct batch *first = pool_take(pool, table);
    struct batch *second;

    (void)state;
    fixture_put_int(first, 0, 1);
    fixture_put_text(first, 1, "one");
    batch_add_row(first, false);
    pool_give(first);
    second = pool_take(pool, other);
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(second->table, other);
    pool_give(second);
    second = pool_take(pool, table);
    assert_ptr_equal(first, second);
    assert_int_equal(second->row_count, 0);
    assert_int_equal(second->text_bytes, 0);
    pool_give(second);
    pool_forget(pool, table);
    table_free(table);
    pool_free(pool);
    table_free(other);
}

static void idle_batches_are_kept_as_long_as_they_fit(void **state)
{
    struct table *table = make_table("orders");
    struct table *other = make_table("items");
    struct pool *pool = pool_new(2 * MIB, MIB);
    struct batch *first = pool_take(pool, table);
    struct batch *second;

    (void)state;
    pool_give(first);
    second = pool_take(pool, other);
    pool_give(second);
    assert_ptr_equal(pool_take(pool, table), first);
    pool_give(first);
    pool_forget(pool, table);
    table_free(table);
    assert_ptr_equal(pool_take(pool, other), second);
    pool_give(second);
    pool_free(pool);
    table_free(other);
}

static void figures_say_what_is_out(void **state)
{
    struct table *table = make_table("orders");
    struct pool *pool = pool_new(3 * MIB, MIB);
    struct batch *first = pool_take(pool, table);
    struct batch *second = pool_take(pool, table);

    (void)state;
    assert_int_equal(figures_of(pool).limit_bytes, 3 * MIB);
    assert_int_equal(figures_of(pool).used_bytes, 2 * MIB);
    pool_give(first);
    assert_int_equal(figures_of(pool).used_bytes, MIB);
    pool_give(second);
    assert_int_equal(figures_of(pool).used_bytes, 0);
    assert_int_equal(figures_of(pool).peak_bytes, 2 * MIB);
    assert_int_equal(figures_of(pool).wait_count, 0);
    pool_free(pool);
    table_free(table);
}

struct taker {
    struct pool *pool;
    const struct table *table;
    struct batch *batch;
    _Atomic int is_done;
};

static void *take_one(void *argument)
{
    struct taker *taker = argument;

    taker->batch = pool_take(taker->pool, taker->table);
    taker->is_done = 1;
    return NULL;
}

static void who_finds_none_waits_for_one(void **state)
{
    struct table *table = make_table("orders");
    struct pool *pool = pool_new(2 * MIB, MIB);
    struct batch *first = pool_take(pool, table);
    struct batch *second = pool_take(pool, table);
    struct taker taker = {.pool = pool, .table = table};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, take_one, &taker), 0);
    sleep_ms(50);
    assert_false(taker.is_done);
    pool_give(first);
    pthread_join(thread, NULL);
    assert_ptr_equal(taker.batch, first);
    assert_int_equal(figures_of(pool).wait_count, 1);
    assert_true(figures_of(pool).wait_us >= 20000);
    assert_int_equal(figures_of(pool).peak_bytes, 2 * MIB);
    pool_give(second);
    pool_give(taker.batch);
    pool_free(pool);
    table_free(table);
}

static void one_is_granted_even_above_the_limit(void **state)
{
    struct table *table = make_table("orders");
    struct pool *pool = pool_new(MIB, 4 * MIB);
    struct batch *batch = pool_take(pool, table);
    struct taker taker = {.pool = pool, .table = table};
    pthread_t thread;

    (void)state;
    assert_non_null(batch);
    assert_int_equal(figures_of(pool).peak_bytes, 4 * MIB);
    assert_int_equal(pthread_create(&thread, NULL, take_one, &taker), 0);
    sleep_ms(20);
    assert_false(taker.is_done);
    pool_give(batch);
    pthread_join(thread, NULL);
    assert_non_null(taker.batch);
    pool_give(taker.batch);
    pool_free(pool);
    table_free(table);
}

static void closing_wakes_who_waits_and_grants_no_more(void **state)
{
    struct table *table = make_table("orders");
    struct pool *pool = pool_new(MIB, MIB);
    struct batch *batch = pool_take(pool, table);
    struct taker taker = {.pool = pool, .table = table, .batch = batch};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, take_one, &taker), 0);
    sleep_ms(20);
    assert_false(taker.is_done);
    pool_close(pool);
    pthread_join(thread, NULL);
    assert_null(taker.batch);
    pool_give(batch);
    assert_null(pool_take(pool, table));
    pool_free(pool);
    table_free(table);
}

static void a_large_row_is_counted_and_its_memory_not_kept(void **state)
{
    struct table *table = make_table("orders");
    struct pool *pool = pool_new(4 * MIB, MIB);
    struct batch *batch = pool_take(pool, table);
    char *large = memory_new(16 * MIB, 1);

    (void)state;
    fixture_put_int(batch, 0, 1);
    assert_true(batch_add_text(
        batch, 1, (struct bytes){(const uint8_t *)large, 16 * MIB}));
    batch_add_row(batch, false);
    memory_free(large);
    pool_give(batch);
    assert_true(figures_of(pool).peak_bytes > 16 * MIB);
    assert_true(figures_of(pool).peak_bytes < 17 * MIB);
    batch = pool_take(pool, table);
    assert_true(batch_memory(batch) <= 2 * MIB);
    pool_give(batch);
    pool_free(pool);
    table_free(table);
}

/* mallinfo2 counts nothing under a sanitizer: this can then only pass. */
static void idle_batches_of_other_tables_make_room(void **state)
{
    struct pool *pool = pool_new(2 * MIB, MIB);
    struct table *tables[20];
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    size_t after;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(tables); i++) {
        tables[i] = make_table("orders");
        pool_give(pool_take(pool, tables[i]));
    }
    after = mallinfo2().uordblks + mallinfo2().hblkhd;
    assert_true(after < before + 3 * MIB);
    pool_free(pool);
    for (size_t i = 0; i < ARRAY_COUNT(tables); i++)
        table_free(tables[i]);
}

static void *take_and_give(void *argument)
{
    struct taker *taker = argument;

    for (int i = 0; i < 2000; i++) {
        struct batch *batch = pool_take(taker->pool, taker->table);
        fixture_put_int(batch, 0, i);
        fixture_put_text(batch, 1, "text");
        batch_add_row(batch, false);
        taker->is_done += batch->row_count == 1;
        pool_give(batch);
    }
    return NULL;
}

static void many_threads_never_pass_the_limit(void **state)
{
    struct table *table = make_table("orders");
    struct table *other = make_table("items");
    struct pool *pool = pool_new(2 * MIB, MIB);
    struct taker takers[4];
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        takers[i] = (struct taker){
            .pool = pool, .table = i % 2 == 0 ? table : other};
        assert_int_equal(
            pthread_create(&threads[i], NULL, take_and_give, &takers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(takers[i].is_done, 2000);
    }
    assert_int_equal(figures_of(pool).used_bytes, 0);
    assert_true(figures_of(pool).peak_bytes <= 2 * MIB);
    pool_free(pool);
    table_free(table);
    table_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_has_the_rows_that_its_bytes_hold),
        cmocka_unit_test(a_batch_that_came_back_is_empty_and_used_again),
        cmocka_unit_test(idle_batches_are_kept_as_long_as_they_fit),
        cmocka_unit_test(figures_say_what_is_out),
        cmocka_unit_test(who_finds_none_waits_for_one),
        cmocka_unit_test(one_is_granted_even_above_the_limit),
        cmocka_unit_test(closing_wakes_who_waits_and_grants_no_more),
        cmocka_unit_test(a_large_row_is_counted_and_its_memory_not_kept),
        cmocka_unit_test(idle_batches_of_other_tables_make_room),
        cmocka_unit_test(many_threads_never_pass_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
