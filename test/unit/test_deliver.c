/*
 * The pipeline against a warehouse of our own that answers on order: when a
 * checkpoint moves, and that none moves when it must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "deliver/deliver.h"
#include "fixture_warehouse.h"

/* What every test has. */
struct fixture {
    char path[64];
    struct warehouse warehouse;
    struct table *table;
    struct pool *pool;
    struct deliver_plan plan;
    struct deliver *deliver;
    uint64_t fence;
};
static struct fixture fixture;

static void take_lease(void)
{
    struct state *state = NULL;
    struct error error;
    assert_int_equal(state_open(fixture.path, STATE_WRITE, &state, &error),
                     STATUS_OK);
    assert_int_equal(state_lease_take(state, "t/backfill", "me",
                                      &fixture.plan.fence, &error),
                     STATUS_OK);
    state_close(state);
}

static int set_up(void **context)
{
    (void)context;
    memset(&script, 0, sizeof script);
    memset(&fixture, 0, sizeof fixture);
    (void)snprintf(fixture.path, sizeof fixture.path,
                   "/tmp/test_deliver_%ld.db", (long)getpid());
    fixture.warehouse.ops = &script_warehouse;
    fixture.table = table_new("d", "t");
    struct column *column = table_add_column(fixture.table, "id");
    column->kind = KIND_INT;
    column->width = 8;
    column->is_stored = true;
    table_set_key(fixture.table, (size_t[]){0}, 1);
    table_settle(fixture.table);
    fixture.pool = pool_new(1 << 20, 1 << 16);
    fixture.plan = (struct deliver_plan){
        .stream = "t/backfill",
        .table = fixture.table,
        .warehouse = &fixture.warehouse,
        .pool = fixture.pool,
        .state_path = fixture.path,
        .loader_count = 2,
    };
    take_lease();
    return 0;
}

static int tear_down(void **context)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    (void)context;
    deliver_close(fixture.deliver);
    pool_free(fixture.pool);
    table_free(fixture.table);
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "%s%s", fixture.path, endings[i]);
        (void)unlink(name);
    }
    return 0;
}

static void open_pipeline(void)
{
    struct error error;
    assert_int_equal(deliver_open(&fixture.plan, &fixture.deliver, &error),
                     STATUS_OK);
}

static enum status put_three_rows(struct error *error)
{
    struct batch *batch = NULL;
    enum status status = deliver_take(fixture.deliver, fixture.table, &batch,
                                      error);
    if (status != STATUS_OK)
        return status;
    for (int64_t row = 0; row < 3; row++) {
        memcpy(batch_fixed(batch, 0), &row, sizeof row);
        batch_add_row(batch, false);
    }
    return deliver_put(fixture.deliver, batch, error);
}

/* One delivery of three rows that resumes from `place`. */
static enum status send(const char *place, struct error *error)
{
    struct deliver_seal seal = {.resume_from = place};
    enum status status = deliver_begin(fixture.deliver, 77, error);
    if (status == STATUS_OK)
        status = put_three_rows(error);
    return status == STATUS_OK ? deliver_seal(fixture.deliver, &seal, error)
                               : status;
}

static char *saved_place(void)
{
    struct state *state = NULL;
    struct state_stream stream;
    struct error error;
    assert_int_equal(state_open(fixture.path, STATE_READ, &state, &error),
                     STATUS_OK);
    assert_int_equal(state_stream_read(state, "t/backfill", &stream, &error),
                     STATUS_OK);
    char *place = memory_text(stream.checkpoint);
    state_stream_release(&stream);
    state_close(state);
    return place;
}

static void assert_place(const char *expected)
{
    char *place = saved_place();
    if (expected)
        assert_string_equal(place, expected);
    else
        assert_null(place);
    memory_free(place);
}

static void deliveries_are_saved_in_order(void **context)
{
    struct error error;
    struct deliver_counts counts;
    (void)context;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    assert_int_equal(send("\"2\"", &error), STATUS_OK);
    assert_int_equal(send("\"3\"", &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error), STATUS_OK);
    assert_place("\"3\"");
    deliver_counts(fixture.deliver, &counts);
    assert_int_equal(counts.rows_confirmed, 9);
    assert_int_equal(counts.deliveries, 3);
    assert_int_equal(script.rows[1], 3);
    assert_int_equal(script.begun, script.ended);
}

static void a_delivery_finished_early_waits_for_the_one_before(void **context)
{
    struct error error;
    (void)context;
    script.slow_load = 1;
    script.poll[0][0] = STATUS_TEMPORARY;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    assert_int_equal(send("\"2\"", &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error),
                     STATUS_TEMPORARY);
    assert_int_equal(error.id, ERROR_WAREHOUSE_ANSWER);
    assert_place(NULL);
}

static void rows_without_a_checkpoint_wait_for_none_before(void **context)
{
    struct error error;
    struct deliver_counts counts;
    (void)context;
    fixture.plan.table = NULL;
    script.slow_load = 1;
    script.slow_until = 3;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send(NULL, &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error), STATUS_OK);
    assert_place("\"1\"");
    deliver_counts(fixture.deliver, &counts);
    assert_int_equal(counts.deliveries, 4);
}

static void no_more_waits_for_the_loaders_than_may(void **context)
{
    struct error error;
    struct pool_figures figures;
    struct deliver_seal seal = {.resume_from = "\"1\""};
    (void)context;
    fixture.plan.table = NULL;
    fixture.plan.queue_bytes = 1;
    script.is_slow = true;
    open_pipeline();
    assert_int_equal(deliver_begin(fixture.deliver, 77, &error), STATUS_OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(put_three_rows(&error), STATUS_OK);
    assert_int_equal(deliver_seal(fixture.deliver, &seal, &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error), STATUS_OK);
    assert_int_equal(script.rows[0], 30);
    pool_figures(fixture.pool, &figures);
    assert_true(figures.peak_bytes <= 3 << 16);
}

static void what_fails_moves_no_checkpoint(void **context)
{
    struct error error;
    (void)context;
    script.finish[1] = STATUS_TEMPORARY;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    assert_int_equal(send("\"2\"", &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error),
                     STATUS_TEMPORARY);
    assert_true(deliver_begin(fixture.deliver, 77, &error) != STATUS_OK);
    deliver_close(fixture.deliver);
    fixture.deliver = NULL;
    /* The first may or may not have been saved by then; the second never. */
    char *place = saved_place();
    assert_true(!place || text_equal(place, "\"1\""));
    memory_free(place);
}

static void a_failed_put_moves_no_checkpoint(void **context)
{
    struct error error;
    (void)context;
    script.put[0] = STATUS_TEMPORARY;
    open_pipeline();
    (void)send("\"1\"", &error);
    assert_int_equal(deliver_drain(fixture.deliver, &error),
                     STATUS_TEMPORARY);
    assert_place(NULL);
}

static void not_yet_is_asked_until_it_is_decided(void **context)
{
    struct error error;
    (void)context;
    for (int i = 0; i < 3; i++)
        script.poll[0][i] = STATUS_PENDING;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error), STATUS_OK);
    assert_int_equal(script.polls[0], 4);
    assert_place("\"1\"");
}

static void leave_pending(void)
{
    struct error error;
    for (int i = 0; i < 4; i++)
        script.poll[0][i] = STATUS_PENDING;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    unsigned polls = 0;
    while (polls < 2) {
        usleep(1000);
        pthread_mutex_lock(&script_mutex);
        polls = script.polls[0];
        pthread_mutex_unlock(&script_mutex);
    }
    pthread_mutex_lock(&script_mutex);
    for (int i = 0; i < 4; i++)
        script.poll[0][i] = STATUS_STOPPED;
    pthread_mutex_unlock(&script_mutex);
    deliver_close(fixture.deliver);
    fixture.deliver = NULL;
    assert_place(NULL);
}

static void settle(char **place)
{
    struct warehouse_session session = {.warehouse = &fixture.warehouse};
    struct state *state = NULL;
    struct error error;
    assert_int_equal(state_open(fixture.path, STATE_WRITE, &state, &error),
                     STATUS_OK);
    assert_int_equal(deliver_settle(&fixture.plan, &session, state, place,
                                    &error), STATUS_OK);
    state_close(state);
}

static void what_was_pending_is_settled_after_a_restart(void **context)
{
    char *place = NULL;
    (void)context;
    leave_pending();
    memset(script.poll, 0, sizeof script.poll);
    take_lease();
    settle(&place);
    assert_string_equal(place, "\"1\"");
    memory_free(place);
    assert_place("\"1\"");
}

static void a_pending_delivery_that_failed_is_struck_off(void **context)
{
    char *place = NULL;
    (void)context;
    leave_pending();
    for (int i = 0; i < 4; i++)
        script.poll[0][i] = STATUS_TEMPORARY;
    take_lease();
    settle(&place);
    assert_null(place);
    assert_place(NULL);
    unsigned polls = script.polls[0];
    settle(&place);
    assert_int_equal(script.polls[0], polls);
}

static void an_older_owner_saves_nothing(void **context)
{
    struct error error;
    uint64_t old_fence = fixture.plan.fence;
    (void)context;
    take_lease();
    fixture.plan.fence = old_fence;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    assert_true(deliver_drain(fixture.deliver, &error) != STATUS_OK);
    assert_int_equal(error.id, ERROR_STATE_FENCED);
    assert_place(NULL);
}

static void a_delivery_without_rows_moves_the_checkpoint(void **context)
{
    struct error error;
    struct deliver_seal seal = {.resume_from = "\"5\""};
    (void)context;
    open_pipeline();
    assert_int_equal(deliver_begin(fixture.deliver, 77, &error), STATUS_OK);
    assert_int_equal(deliver_seal(fixture.deliver, &seal, &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error), STATUS_OK);
    assert_int_equal(script.begun, 0);
    assert_place("\"5\"");
}

static void an_open_delivery_is_dropped_at_the_end(void **context)
{
    struct error error;
    struct batch *batch = NULL;
    (void)context;
    open_pipeline();
    assert_int_equal(send("\"1\"", &error), STATUS_OK);
    assert_int_equal(deliver_begin(fixture.deliver, 77, &error), STATUS_OK);
    assert_int_equal(deliver_take(fixture.deliver, fixture.plan.table,
                                  &batch, &error), STATUS_OK);
    int64_t value = 9;
    memcpy(batch_fixed(batch, 0), &value, sizeof value);
    batch_add_row(batch, false);
    assert_int_equal(deliver_put(fixture.deliver, batch, &error), STATUS_OK);
    assert_int_equal(deliver_drain(fixture.deliver, &error), STATUS_OK);
    deliver_close(fixture.deliver);
    fixture.deliver = NULL;
    assert_place("\"1\"");
    struct pool_figures figures;
    pool_figures(fixture.pool, &figures);
    assert_int_equal(figures.used_bytes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deliveries_are_saved_in_order),
        TEST(a_delivery_finished_early_waits_for_the_one_before),
        TEST(rows_without_a_checkpoint_wait_for_none_before),
        TEST(no_more_waits_for_the_loaders_than_may),
        TEST(what_fails_moves_no_checkpoint),
        TEST(a_failed_put_moves_no_checkpoint),
        TEST(not_yet_is_asked_until_it_is_decided),
        TEST(what_was_pending_is_settled_after_a_restart),
        TEST(a_pending_delivery_that_failed_is_struck_off),
        TEST(an_older_owner_saves_nothing),
        TEST(a_delivery_without_rows_moves_the_checkpoint),
        TEST(an_open_delivery_is_dropped_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
