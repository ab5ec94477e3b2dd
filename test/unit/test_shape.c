/* What the settings make of a row: which rows become deletes, and what is
 * left of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture_model.h"
#include "model/digest.h"
#include "model/shape.h"

enum { ID, STATE, GONE, NOTE, PLAIN };

struct world {
    struct table *table;
    struct batch *batch;
    struct shape shape;
};

/* id and plain are the key; gone and note may be NULL. */
static struct world *world_new(const char *rows, const char *soft_delete)
{
    struct world *world = memory_new(1, sizeof(*world));
    static const size_t key[] = {ID, PLAIN};
    struct error error;

    world->table = table_new("shop", "orders");
    fixture_column(world->table, "id", KIND_INT, 8);
    fixture_column(world->table, "state", KIND_INT, 4);
    fixture_column(world->table, "gone", KIND_INT, 4)->is_nullable = true;
    fixture_column(world->table, "note", KIND_TEXT, 0)->is_nullable = true;
    fixture_column(world->table, "plain", KIND_TEXT, 0);
    table_set_key(world->table, key, 2);
    table_settle(world->table);
    world->batch = batch_new(world->table, 4, 1 << 20);
    if (rows)
        assert_int_equal(filter_parse(rows, &world->shape.rows, &error),
                         STATUS_OK);
    if (soft_delete)
        assert_int_equal(filter_parse(soft_delete, &world->shape.soft_delete,
                                      &error),
                         STATUS_OK);
    assert_int_equal(shape_bind(&world->shape, world->table, &error),
                     STATUS_OK);
    return world;
}

static void world_free(struct world *world)
{
    shape_release(&world->shape);
    assert_null(world->shape.rows);
    batch_free(world->batch);
    table_free(world->table);
    memory_free(world);
}

static void write_row(struct world *world, int state, int gone)
{
    fixture_put_int(world->batch, ID, 7);
    fixture_put_int(world->batch, STATE, state);
    fixture_put_int(world->batch, GONE, gone);
    fixture_put_text(world->batch, NOTE, "private");
    fixture_put_text(world->batch, PLAIN, "key");
    world->batch->digest_sum = 42;
}

static void assert_text(const struct world *world, size_t column,
                        const char *text)
{
    assert_true(bytes_equal(batch_text(world->batch, column, 0),
                            bytes_of(text)));
}

static void assert_whole(const struct world *world)
{
    assert_int_equal(batch_int(world->batch, ID, 0), 7);
    assert_int_equal(batch_int(world->batch, STATE, 0), 3);
    assert_false(batch_is_null(world->batch, GONE, 0));
    assert_text(world, NOTE, "private");
    assert_text(world, PLAIN, "key");
}

static void assert_blank_but_for_the_key(const struct world *world)
{
    assert_int_equal(batch_int(world->batch, ID, 0), 7);
    assert_int_equal(batch_int(world->batch, STATE, 0), 0);
    assert_true(batch_is_null(world->batch, GONE, 0));
    assert_true(batch_is_null(world->batch, NOTE, 0));
    assert_text(world, NOTE, "");
    assert_text(world, PLAIN, "key");
    assert_true(world->batch->deleted[0] != 0);
    assert_true(world->batch->digests[0] == 0);
}

static void without_a_shape_every_row_stays(void **state)
{
    struct world *world = world_new(NULL, NULL);

    (void)state;
    write_row(world, 3, 1);
    assert_false(shape_end_row(NULL, world->batch));
    assert_whole(world);
    assert_true(world->batch->digests[0] == digest_finish(42));
    batch_clear(world->batch);
    write_row(world, 3, 1);
    assert_false(shape_end_row(&world->shape, world->batch));
    assert_whole(world);
    world_free(world);
}

static void a_row_that_passes_stays(void **state)
{
    struct world *world = world_new("state = 3", "gone = 1");

    (void)state;
    write_row(world, 3, 0);
    assert_false(shape_end_row(&world->shape, world->batch));
    assert_whole(world);
    assert_int_equal(world->batch->deleted[0], 0);
    assert_true(world->batch->digests[0] == digest_finish(42));
    world_free(world);
}

static void a_row_that_is_refused_is_a_blank_delete(void **state)
{
    struct world *world = world_new("state = 4", NULL);

    (void)state;
    write_row(world, 3, 0);
    assert_true(shape_end_row(&world->shape, world->batch));
    assert_blank_but_for_the_key(world);
    world_free(world);
}

static void a_refused_row_is_blank_even_when_values_are_kept(void **state)
{
    struct world *world = world_new("state = 4", "gone = 1");

    (void)state;
    world->shape.keeps_last_values = true;
    write_row(world, 3, 1);
    assert_true(shape_end_row(&world->shape, world->batch));
    assert_blank_but_for_the_key(world);
    assert_int_equal(world->batch->deleted[0], DELETED_UNSEEN);
    world_free(world);
}

static void what_begins_empty_has_nothing_to_take_back(void **state)
{
    struct world *world = world_new("state = 4", NULL);

    (void)state;
    world->shape.drops_refused = true;
    write_row(world, 3, 0);
    assert_false(shape_end_row(&world->shape, world->batch));
    assert_int_equal(world->batch->row_count, 0);
    world_free(world);
}

static void a_soft_deleted_row_is_a_blank_delete(void **state)
{
    struct world *world = world_new("state = 3", "gone = 1");

    (void)state;
    write_row(world, 3, 1);
    assert_true(shape_end_row(&world->shape, world->batch));
    assert_blank_but_for_the_key(world);
    assert_int_equal(world->batch->deleted[0], 1);
    world_free(world);
}

static void a_soft_deleted_row_keeps_its_values_where_asked(void **state)
{
    struct world *world = world_new(NULL, "gone = 1");

    (void)state;
    world->shape.keeps_last_values = true;
    write_row(world, 3, 1);
    assert_true(shape_end_row(&world->shape, world->batch));
    assert_whole(world);
    assert_int_equal(world->batch->deleted[0], 1);
    assert_true(world->batch->digests[0] == 0);
    world_free(world);
}

static void an_unknown_filter_refuses_and_an_unknown_mark_keeps(void **state)
{
    struct world *world = world_new(NULL, "gone = 1");

    (void)state;
    write_row(world, 3, 1);
    batch_drop_row(world->batch);
    fixture_put_int(world->batch, ID, 7);
    fixture_put_int(world->batch, STATE, 3);
    batch_set_null(world->batch, GONE);
    batch_set_null(world->batch, NOTE);
    fixture_put_text(world->batch, PLAIN, "key");
    assert_false(shape_end_row(&world->shape, world->batch));
    world_free(world);
    world = world_new("gone = 0", NULL);
    fixture_put_int(world->batch, ID, 7);
    fixture_put_int(world->batch, STATE, 3);
    batch_set_null(world->batch, GONE);
    fixture_put_text(world->batch, NOTE, "private");
    fixture_put_text(world->batch, PLAIN, "key");
    assert_true(shape_end_row(&world->shape, world->batch));
    assert_blank_but_for_the_key(world);
    world_free(world);
}

static void rows_after_a_blanked_one_are_whole(void **state)
{
    struct world *world = world_new("state = 3", NULL);

    (void)state;
    write_row(world, 4, 0);
    assert_true(shape_end_row(&world->shape, world->batch));
    write_row(world, 3, 0);
    assert_false(shape_end_row(&world->shape, world->batch));
    assert_blank_but_for_the_key(world);
    assert_true(bytes_equal(batch_text(world->batch, NOTE, 1),
                            bytes_of("private")));
    assert_int_equal(world->batch->buckets[0], world->batch->buckets[1]);
    world_free(world);
}

static void a_filter_that_does_not_fit_is_refused(void **state)
{
    struct world *world = world_new(NULL, NULL);
    struct error error;

    (void)state;
    assert_int_equal(filter_parse("nope = 1", &world->shape.soft_delete,
                                  &error),
                     STATUS_OK);
    assert_int_equal(shape_bind(&world->shape, world->table, &error),
                     STATUS_TABLE);
    world->shape.rows = world->shape.soft_delete;
    world->shape.soft_delete = NULL;
    assert_int_equal(shape_bind(&world->shape, world->table, &error),
                     STATUS_TABLE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_shape_every_row_stays),
        cmocka_unit_test(a_row_that_passes_stays),
        cmocka_unit_test(a_row_that_is_refused_is_a_blank_delete),
        cmocka_unit_test(a_refused_row_is_blank_even_when_values_are_kept),
        cmocka_unit_test(what_begins_empty_has_nothing_to_take_back),
        cmocka_unit_test(a_soft_deleted_row_is_a_blank_delete),
        cmocka_unit_test(a_soft_deleted_row_keeps_its_values_where_asked),
        cmocka_unit_test(an_unknown_filter_refuses_and_an_unknown_mark_keeps),
        cmocka_unit_test(rows_after_a_blanked_one_are_whole),
        cmocka_unit_test(a_filter_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
