/* Versions: their order is the order of (epoch, clock, reading), at every
 * boundary and at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "model/version.h"

static const uint64_t epochs[] = {1,   2,   3,   255,  256, 511,
                                  512, 513, 767, 1022, 1023};
static const uint64_t clocks[] = {
    0, 1, 2, 31, 32, 33, 0xffff, 0x10000, UINT64_C(1) << 31,
    UINT64_C(1) << 32, (UINT64_C(1) << 43) - 1, UINT64_C(1) << 43,
    (UINT64_C(1) << 47) - 1, UINT64_C(1) << 47, VERSION_CLOCK_MAX - 1,
    VERSION_CLOCK_MAX,
};
static const uint64_t readings[] = {0, 1, 2, 15, 16, 17, 30, 31};

struct parts {
    uint64_t epoch;
    uint64_t clock;
    uint64_t reading;
};

static uint64_t make(struct parts parts)
{
    return version_make(parts.epoch, parts.clock, parts.reading);
}

static int sign(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static int parts_compare(struct parts left, struct parts right)
{
    int order = sign(left.epoch, right.epoch);

    if (order == 0)
        order = sign(left.clock, right.clock);
    return order != 0 ? order : sign(left.reading, right.reading);
}

static size_t edge_count(void)
{
    return ARRAY_COUNT(epochs) * ARRAY_COUNT(clocks) * ARRAY_COUNT(readings);
}

static struct parts edge(size_t index)
{
    struct parts parts = {.reading = readings[index % ARRAY_COUNT(readings)]};

    index /= ARRAY_COUNT(readings);
    parts.clock = clocks[index % ARRAY_COUNT(clocks)];
    parts.epoch = epochs[index / ARRAY_COUNT(clocks)];
    return parts;
}

static void check_parts(struct parts parts)
{
    uint64_t version = make(parts);

    assert_true(version > 0 && version <= INT64_MAX);
    assert_true(version_epoch(version) == parts.epoch);
    assert_true(version_clock(version) == parts.clock);
    assert_true(version_reading(version) == parts.reading);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct parts random_parts(uint64_t *seed)
{
    return (struct parts){
        .epoch = 1 + next_random(seed) % VERSION_EPOCH_MAX,
        .clock = next_random(seed) % (VERSION_CLOCK_MAX + 1),
        .reading = next_random(seed) % (VERSION_READING_MAX + 1),
    };
}

static void the_layout_is_the_one_that_is_frozen(void **state)
{
    (void)state;
    assert_true(version_make(1, 0, 0) == UINT64_C(1) << 53);
    assert_true(version_make(1, 1, 0) == (UINT64_C(1) << 53) + 32);
    assert_true(version_make(1, 0, 1) == (UINT64_C(1) << 53) + 1);
    assert_true(version_make(1023, VERSION_CLOCK_MAX, 31) == INT64_MAX);
}

static void the_parts_of_every_edge_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < edge_count(); i++)
        check_parts(edge(i));
}

static void versions_sort_as_their_parts_at_every_pair_of_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < edge_count(); i++) {
        for (size_t k = 0; k < edge_count(); k++) {
            int wanted = parts_compare(edge(i), edge(k));
            if (sign(make(edge(i)), make(edge(k))) != wanted)
                fail_msg("edges %zu and %zu", i, k);
        }
    }
}

static void versions_sort_as_their_parts_at_random(void **state)
{
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct parts left = random_parts(&seed);
        struct parts right = random_parts(&seed);
        if (i % 2 == 0)
            right.epoch = left.epoch;
        if (i % 4 == 0)
            right.clock = left.clock;
        check_parts(left);
        assert_int_equal(sign(make(left), make(right)),
                         parts_compare(left, right));
    }
}

static void every_epoch_and_reading_is_its_own(void **state)
{
    uint64_t last = 0;

    (void)state;
    for (uint64_t epoch = 1; epoch <= VERSION_EPOCH_MAX; epoch++) {
        for (uint64_t reading = 0; reading <= VERSION_READING_MAX; reading++) {
            uint64_t version = version_make(epoch, 7, reading);
            assert_true(version > last);
            last = version;
        }
    }
}

static void parts_out_of_range_make_no_version(void **state)
{
    (void)state;
    assert_true(version_make(0, 1, 0) == 0);
    assert_true(version_make(0, 0, 0) == 0);
    assert_true(version_make(VERSION_EPOCH_MAX + 1, 1, 0) == 0);
    assert_true(version_make(1, VERSION_CLOCK_MAX + 1, 0) == 0);
    assert_true(version_make(1, 1, VERSION_READING_MAX + 1) == 0);
    assert_true(version_make(UINT64_MAX, UINT64_MAX, UINT64_MAX) == 0);
    assert_true(version_make(1, UINT64_MAX, 0) == 0);
    assert_true(version_make(1, 0, UINT64_MAX) == 0);
}

static void the_epoch_above_beats_the_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < edge_count(); i++) {
        struct parts parts = edge(i);
        uint64_t above = version_epoch_above(make(parts));
        if (parts.epoch == VERSION_EPOCH_MAX) {
            assert_true(above == 0);
        } else {
            assert_true(above == parts.epoch + 1);
            assert_true(version_make(above, 0, 0) > make(parts));
        }
    }
    assert_true(version_epoch_above(0) == 1);
    assert_true(version_epoch_above(UINT64_MAX) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_the_one_that_is_frozen),
        cmocka_unit_test(the_parts_of_every_edge_come_back),
        cmocka_unit_test(versions_sort_as_their_parts_at_every_pair_of_edges),
        cmocka_unit_test(versions_sort_as_their_parts_at_random),
        cmocka_unit_test(every_epoch_and_reading_is_its_own),
        cmocka_unit_test(parts_out_of_range_make_no_version),
        cmocka_unit_test(the_epoch_above_beats_the_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
