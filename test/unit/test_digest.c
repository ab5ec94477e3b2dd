/* Canonical cells and digests against the golden vectors, which another
 * language computed from the definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture_model.h"
#include "model/digest.h"
#include "model/key.h"

/* The hash of a cell as its maker in a source computes it. */
static uint64_t hash_of(const struct batch *batch, size_t column)
{
    const struct column *plan = &batch->table->columns[column];
    const uint8_t *cell = batch_cell(batch, column, 0);

    switch (plan->kind) {
    case KIND_TEXT:
    case KIND_BYTES:
    case KIND_JSON:
        return digest_bytes(batch_text(batch, column, 0), plan->seed);
    case KIND_UUID:
        return digest_bytes((struct bytes){cell, 16}, plan->seed);
    case KIND_FLOAT:
        return digest_double(batch_double(batch, column, 0), plan->seed);
    case KIND_DECIMAL:
        return digest_decimal(cell, plan->width, plan->scale, plan->seed);
    case KIND_UINT:
        return digest_uint((uint64_t)batch_int(batch, column, 0), plan->seed);
    default:
        return digest_int(batch_int(batch, column, 0), plan->seed);
    }
}

/* The canonical cell alone: the key of a table with that one column. */
static void check_cell(const json_t *vector)
{
    struct table *table = table_new("", "");
    struct buffer wanted = golden_bytes(vector, "cell");
    struct buffer framed;
    struct buffer found;
    struct batch *batch;

    golden_column(table, vector);
    fixture_key(table, 1);
    batch = batch_new(table, 1, 1 << 20);
    golden_put(batch, 0, vector);
    buffer_init(&found, 1 << 20);
    buffer_init(&framed, 1 << 20);
    key_canonical(batch, 0, &found);
    buffer_add_varint(&framed, wanted.size);
    buffer_add(&framed, wanted.data, wanted.size);
    if (!bytes_equal(buffer_bytes(&framed), buffer_bytes(&found)) ||
        hash_of(batch, 0) != golden_number(vector, "hash"))
        fail_msg("%s %s of scale %u", golden_text(vector, "kind"),
                 golden_text(vector, "stored"), table->columns[0].scale);
    buffer_release(&wanted);
    buffer_release(&framed);
    buffer_release(&found);
    batch_free(batch);
    table_free(table);
}

static void every_golden_cell_has_its_bytes_and_hash(void **state)
{
    json_t *cells = json_object_get(*state, "cells");
    json_t *vector;
    size_t i;

    assert_true(json_array_size(cells) > 500);
    json_array_foreach(cells, i, vector)
        check_cell(vector);
}

static void check_row(const json_t *row)
{
    json_t *cells = json_object_get(row, "cells");
    struct table *table = table_new("", "");
    struct batch *batch;
    json_t *cell;
    size_t i;

    json_array_foreach(cells, i, cell)
        golden_column(table, cell)->is_nullable = true;
    batch = batch_new(table, 1, 1 << 20);
    json_array_foreach(cells, i, cell) {
        if (json_is_true(json_object_get(cell, "is_null"))) {
            batch_set_null(batch, i);
        } else {
            golden_put(batch, i, cell);
            batch->digest_sum += hash_of(batch, i);
        }
    }
    batch_add_row(batch, false);
    assert_true(batch->digests[0] == golden_number(row, "digest"));
    batch_free(batch);
    table_free(table);
}

static void every_golden_row_has_its_digest(void **state)
{
    json_t *rows = json_object_get(*state, "rows");
    json_t *row;
    size_t i;

    assert_true(json_array_size(rows) >= 100);
    json_array_foreach(rows, i, row)
        check_row(row);
}

static void seeds_are_hashes_of_names(void **state)
{
    json_t *seeds = json_object_get(*state, "seeds");
    json_t *vector;
    size_t i;

    assert_true(json_array_size(seeds) > 0);
    json_array_foreach(seeds, i, vector)
        assert_true(digest_seed(golden_text(vector, "name")) ==
                    golden_number(vector, "seed"));
}

static void mixing_is_as_defined_and_can_be_undone(void **state)
{
    json_t *mixes = json_object_get(*state, "mixes");
    uint64_t value = 1;
    json_t *vector;
    size_t i;

    assert_true(json_array_size(mixes) > 0);
    json_array_foreach(mixes, i, vector)
        assert_true(digest_mix(golden_number(vector, "value")) ==
                    golden_number(vector, "mixed"));
    for (i = 0; i < 10000; i++) {
        value = value * 6364136223846793005u + 1442695040888963407u;
        assert_true(digest_unmix(digest_mix(value)) == value);
        assert_true(digest_mix(digest_unmix(value)) == value);
    }
}

static void a_digest_is_never_zero(void **state)
{
    json_t *finishes = json_object_get(*state, "finishes");
    bool has_one = false;
    json_t *vector;
    size_t i;

    json_array_foreach(finishes, i, vector) {
        uint64_t digest = golden_number(vector, "digest");
        assert_true(digest_finish(golden_number(vector, "sum")) == digest);
        has_one = has_one || digest == 1;
    }
    assert_true(has_one);
}

static void a_wider_type_has_the_same_hash(void **state)
{
    int32_t narrow = -150;
    int64_t wide = -15000;
    uint64_t seed = digest_seed("price");

    (void)state;
    assert_true(digest_decimal((const uint8_t *)&narrow, 4, 2, seed) ==
                digest_decimal((const uint8_t *)&wide, 8, 4, seed));
    assert_true(digest_int(5, seed) == digest_uint(5, seed));
    assert_true(digest_int(5, seed) != digest_int(5, seed + 1));
}

static int load(void **state)
{
    *state = golden_load();
    return 0;
}

static int unload(void **state)
{
    json_decref(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_cell_has_its_bytes_and_hash),
        cmocka_unit_test(every_golden_row_has_its_digest),
        cmocka_unit_test(seeds_are_hashes_of_names),
        cmocka_unit_test(mixing_is_as_defined_and_can_be_undone),
        cmocka_unit_test(a_digest_is_never_zero),
        cmocka_unit_test(a_wider_type_has_the_same_hash),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
