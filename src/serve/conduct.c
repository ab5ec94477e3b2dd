/*
 * The thread that works: opens both sides, reads what is due, and has the log
 * followed beside. A reload drains both, puts the new settings in force while
 * nobody looks at the old ones, and begins again.
 */
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "process.h"
#include "sync/outage.h"

#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000

bool process_must_leave(struct process *process)
{
    return stop_is_requested() || steer_must_leave(process->steer);
}

void process_fail(struct process *process, const struct error *error)
{
    pthread_mutex_lock(&process->mutex);
    if (!process->has_failed)
        process->failure = *error;
    process->has_failed = true;
    pthread_mutex_unlock(&process->mutex);
    steer_leave(process->steer);
}

void told_failure(struct told *told, const char *about,
                  const struct error *error)
{
    if (text_equal(told->what, error->what))
        return;
    (void)text_copy(told->what, sizeof told->what, error->what);
    log_line(status_is_retryable(error->status) ? LOG_WARNING : LOG_ERROR,
             about, "%s (%s); next: %s", error->what,
             error_id_text(error->id), error_advice(error));
}

void told_clear(struct told *told)
{
    told->what[0] = '\0';
}

void process_outage(const struct process *process, const struct error *error,
                    bool of_followed, bool of_scheduled)
{
    const struct outage outage = {
        .settings = *process->options->settings,
        .source = process->source,
        .of_followed = of_followed,
        .of_scheduled = of_scheduled,
        .problem = error,
    };
    outage_keep(&outage);
}

static enum status identify(struct process *process, struct error *error)
{
    struct state *state = NULL;
    enum status status = state_open(process->state, STATE_WRITE, &state,
                                    error);
    if (status == STATUS_OK)
        status = sync_identify(process->sync, state, error);
    state_close(state);
    return status;
}

static enum status open_once(struct process *process, struct error *error)
{
    error_clear(error);
    steer_wait(process->steer, STEER_SCHEDULER, RETRY_CAP_MS * 4);
    enum status status = sync_open(*process->options->settings,
                                   &process->sync, error);
    if (status != STATUS_OK)
        return status;
    process->sync->steer = process->steer;
    status = identify(process, error);
    if (status != STATUS_OK) {
        sync_close(process->sync);
        process->sync = NULL;
    }
    return status;
}

static bool was_ready(struct process *process)
{
    pthread_mutex_lock(&process->mutex);
    bool is_ready = process->is_ready;
    pthread_mutex_unlock(&process->mutex);
    return is_ready;
}

/* May it be tried again without a person, or after one had time to act? A
 * daemon that never worked ends instead: who starts it is there to look. */
static bool may_wait(struct process *process, const struct error *error)
{
    return error->status != STATUS_INTERNAL &&
           (status_is_retryable(error->status) || was_ready(process));
}

/* True once both sides are open; false: it must leave. */
static bool open_both(struct process *process)
{
    struct told told = {.what = ""};
    struct backoff backoff;
    struct error error;
    backoff_init(&backoff, RETRY_FIRST_MS, RETRY_CAP_MS, UINT64_MAX / 4);
    while (!process_must_leave(process)) {
        uint64_t wait_ms = ACTION_WAIT_MS;
        uint64_t generation = steer_generation(process->steer);
        enum status status = open_once(process, &error);
        if (status == STATUS_OK)
            return true;
        if (!may_wait(process, &error)) {
            process_fail(process, &error);
            return false;
        }
        told_failure(&told, NULL, &error);
        process_outage(process, &error, true, true);
        if (status_is_retryable(status))
            (void)backoff_next(&backoff, 0, &wait_ms);
        steer_wait(process->steer, STEER_SCHEDULER, wait_ms);
        (void)steer_sleep(process->steer, generation, wait_ms);
    }
    return false;
}

static void work(struct process *process)
{
    pthread_mutex_lock(&process->mutex);
    process->is_ready = true;
    pthread_mutex_unlock(&process->mutex);
    process->schedule = schedule_new();
    windows_stay(process);
    steer_gone(process->steer, STEER_SCHEDULER);
    follower_join(process);
    schedule_free(process->schedule);
    process->schedule = NULL;
    sync_close(process->sync);
    process->sync = NULL;
}

/* Nobody works: the settings that were read come into force. False where the
 * daemon ends. */
static bool take_fresh(struct process *process)
{
    struct settings *old = NULL;
    pthread_mutex_lock(&process->mutex);
    bool goes_on = !process->has_failed && !stop_is_requested();
    if (goes_on && process->fresh) {
        old = *process->options->settings;
        *process->options->settings = process->fresh;
        process->fresh = NULL;
        process->reloads++;
    }
    if (goes_on)
        steer_enter(process->steer);
    pthread_mutex_unlock(&process->mutex);
    settings_free(old);
    return goes_on;
}

void *conduct_run(void *argument)
{
    struct process *process = argument;
    do {
        if (open_both(process))
            work(process);
    } while (take_fresh(process));
    pthread_mutex_lock(&process->mutex);
    process->is_done = true;
    pthread_mutex_unlock(&process->mutex);
    return NULL;
}
