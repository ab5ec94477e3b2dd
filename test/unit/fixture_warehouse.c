/* The warehouse of tests of the pipeline. */
#include "fixture_warehouse.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

struct script script;
pthread_mutex_t script_mutex = PTHREAD_MUTEX_INITIALIZER;
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
    pthread_mutex_lock(&script_mutex);
    begun->number = request->identity.delivery - 1;
    script.begun++;
    pthread_mutex_unlock(&script_mutex);
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
    if (script.is_slow)
        usleep(5000);
    pthread_mutex_lock(&script_mutex);
    script.rows[number] += batch->row_count;
    pthread_mutex_unlock(&script_mutex);
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
    pthread_mutex_lock(&script_mutex);
    while (script.slow_load == number + 1 && script.finished < until && !late)
        late = pthread_cond_timedwait(&changed, &script_mutex, &end);
    script.finished++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&script_mutex);
    return answer(late ? STATUS_TEMPORARY : script.finish[number], error);
}

static void fake_end(struct load *load)
{
    pthread_mutex_lock(&script_mutex);
    script.ended++;
    pthread_mutex_unlock(&script_mutex);
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
    pthread_mutex_lock(&script_mutex);
    unsigned turn = script.polls[number]++;
    enum status status = script.poll[number][turn < 3 ? turn : 3];
    pthread_mutex_unlock(&script_mutex);
    return answer(status, error);
}

const struct warehouse_ops script_warehouse = {
    .name = "fake",
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .begin = fake_begin,
    .put = fake_put,
    .finish = fake_finish,
    .end = fake_end,
    .poll = fake_poll,
};
