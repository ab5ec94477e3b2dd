/*
 * The pipeline against a warehouse of our own that answers on order: when a
 * checkpoint moves, and that none moves when it must not.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "deliver/deliver.h"

/* What the warehouse does with the n-th load (from 0) when it is asked. */
struct script {
    enum status poll[8][4]; /* answers in turn; the last one stays */
    unsigned polls[8];
    enum status put[8];
    enum status finish[8];
    unsigned begun;
    unsigned ended;
    uint64_t rows[8];
    unsigned slow_load; /* its finish waits until others have finished */
    unsigned slow_until; /* so many; 0: one. In vain for 5 s: it fails */
    unsigned finished;
};

static struct script script;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

struct fake_load {
    struct load base;
    unsigned number;
};
struct fake_session {
    struct warehouse_session base;
};

static enum status answer(enum status status, struct error *error)
{
    if (status != STATUS_OK && status != STATUS_PENDING)
        (void)error_set_status(error, ERROR_WAREHOUSE_ANSWER, status,
                               "could not, as ordered");
    return status;
}

static enum status fake_session_open(struct warehouse *warehouse,
                                     struct warehouse_session **session,
                                     struct error *error)
{
    struct fake_session *opened = memory_new(1, sizeof *opened);
    (void)error;
    opened->base.warehouse = warehouse;
    *session = &opened->base;
    return STATUS_OK;
}

static void fake_session_close(struct warehouse_session *session)
{
    memory_free(session);
}

static enum status fake_begin(struct warehouse_session *session,
                              const struct load_request *request,
                              struct load **load, struct error *error)
{
    struct fake_load *begun = memory_new(1, sizeof *begun);
    (void)error;
    begun->base.session = session;
    *load = &begun->base;
    pthread_mutex_lock(&mutex);
    begun->number = request->identity.delivery - 1;
    script.begun++;
    pthread_mutex_unlock(&mutex);
    return STATUS_OK;
}

static unsigned number_of(const struct load *load)
{
    return ((const struct fake_load *)load)->number;
}

static enum status fake_put(struct load *load, const struct batch *batch,
                            struct error *error)
{
    unsigned number = number_of(load);
    pthread_mutex_lock(&mutex);
    script.rows[number] += batch->row_count;
    pthread_mutex_unlock(&mutex);
    return answer(script.put[number], error);
}

static enum status fake_finish(struct load *load, char *handle, size_t size,
                               struct error *error)
{
    unsigned number = number_of(load);
    unsigned until = script.slow_until ? script.slow_until : 1;
    struct timespec end;
    int late = 0;
    (void)snprintf(handle, size, "%u", number);
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 5;
    pthread_mutex_lock(&mutex);
    while (script.slow_load == number + 1 && script.finished < until && !late)
        late = pthread_cond_timedwait(&changed, &mutex, &end);
    script.finished++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return answer(late ? STATUS_TEMPORARY : script.finish[number], error);
}

static void fake_end(struct load *load)
{
    pthread_mutex_lock(&mutex);
    script.ended++;
    pthread_mutex_unlock(&mutex);
    memory_free(load);
}

static enum status fake_poll(struct warehouse_session *session,
                             const char *handle, uint64_t rows,
                             uint64_t *wait_ms, struct error *error)
{
    unsigned number = (unsigned)(handle[0] - '0');
    (void)session;
    (void)rows;
    *wait_ms = 1;
    pthread_mutex_lock(&mutex);
    unsigned turn = script.polls[number]++;
    enum status status = script.poll[number][turn < 3 ? turn : 3];
    pthread_mutex_unlock(&mutex);
    return answer(status, error);
}

static const struct warehouse_ops ops = {
    .name = "fake",
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .begin = fake_begin,
    .put = fake_put,
    .finish = fake_finish,
    .end = fake_end,
    .poll = fake_poll,
};

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
    fixture.warehouse.ops = &ops;
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

/* One delivery of three rows that resumes from `place`. */
static enum status send(const char *place, struct error *error)
{
    struct batch *batch = NULL;
    struct deliver_seal seal = {.resume_from = place};
    enum status status = deliver_begin(fixture.deliver, 77, error);
    if (status == STATUS_OK)
        status = deliver_take(fixture.deliver, fixture.table, &batch, error);
    if (status != STATUS_OK)
        return status;
    for (int64_t row = 0; row < 3; row++) {
        memcpy(batch_fixed(batch, 0), &row, sizeof row);
        batch_add_row(batch, false);
    }
    status = deliver_put(fixture.deliver, batch, error);
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
        pthread_mutex_lock(&mutex);
        polls = script.polls[0];
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 4; i++)
        script.poll[0][i] = STATUS_STOPPED;
    pthread_mutex_unlock(&mutex);
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
