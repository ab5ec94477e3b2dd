/*
 * The thread that hears: signals, the socket, and the time at which systemd
 * wants a sign of life. It waits in one poll and does nothing that takes long.
 */
#include "serve/daemon.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "process.h"

#define TICK_MS 1000
#define DRAIN_TICK_MS 100
#define STATUS_US INT64_C(5000000)
/* More time is asked for this often while a drain goes on. */
#define EXTEND_US INT64_C(5000000)
#define EXTENSION_US 30000000
/* The watchdog is fed four times as often as it must be; a part that made no
 * progress for half its time beyond what it declared starves it. */
#define FEEDS 4
#define LIMIT_PARTS 2

/* What the hearing thread knows by itself. */
struct hearing {
    struct process *process;
    bool is_draining;
    bool is_ready_told;
    uint64_t reloads_told;
    bool is_reloading;
    int64_t fed_us; /* all monotonic */
    int64_t status_us;
    int64_t extended_us;
    char headline[256];
};

/* --- reload ------------------------------------------------------------- */

/* What cannot change while the process runs. */
static enum status check_fresh(const struct process *process,
                               const struct settings *fresh,
                               struct error *error)
{
    const char *changed = NULL;
    if (!text_equal(fresh->state, process->state))
        changed = "state";
    else if (!text_equal(fresh->socket, process->socket))
        changed = "socket";
    else if (!text_equal(fresh->sources[0].name, process->source))
        changed = "source";
    if (!changed)
        return STATUS_OK;
    error_set(error, ERROR_SETTINGS_VALUE,
              "cannot change \"%s\" while the daemon runs", changed);
    error_next(error, "restart the daemon");
    return error->status;
}

enum status process_reload(struct process *process, struct error *error)
{
    struct settings *fresh = NULL;
    struct settings *older = NULL;
    enum status status = process->options->load(process->options->context,
                                                &fresh, error);
    if (status == STATUS_OK)
        status = check_fresh(process, fresh, error);
    if (status != STATUS_OK) {
        settings_free(fresh);
        error_effect(error, "The settings in force stay.");
        log_line(LOG_ERROR, NULL, "could not reload: %s (%s); next: %s",
                 error->what, error_id_text(error->id), error_advice(error));
        return status;
    }
    pthread_mutex_lock(&process->mutex);
    older = process->fresh;
    process->fresh = fresh;
    steer_leave(process->steer);
    pthread_mutex_unlock(&process->mutex);
    settings_free(older);
    log_line(LOG_INFO, NULL, "the settings were read again");
    return STATUS_OK;
}

static void hear_hangup(struct hearing *hearing)
{
    struct error error;
    const struct notify *notify = hearing->process->notify;
    notify_send(notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
                (long long)clock_monotonic_us());
    hearing->is_reloading = true;
    error_clear(&error);
    if (process_reload(hearing->process, &error) == STATUS_OK)
        return;
    hearing->is_reloading = false;
    notify_send(notify, "READY=1\nSTATUS=could not reload: %.500s",
                error.what);
    hearing->status_us = clock_monotonic_us() + 2 * STATUS_US;
    hearing->headline[0] = '\0';
}

/* --- what systemd is told ----------------------------------------------- */

static void tell_ready(struct hearing *hearing)
{
    struct process *process = hearing->process;
    pthread_mutex_lock(&process->mutex);
    bool is_ready = process->is_ready;
    uint64_t reloads = process->reloads;
    pthread_mutex_unlock(&process->mutex);
    if (is_ready && !hearing->is_ready_told) {
        hearing->is_ready_told = true;
        notify_send(process->notify, "READY=1");
        log_line(LOG_INFO, NULL, "ready");
    }
    if (reloads > hearing->reloads_told) {
        hearing->reloads_told = reloads;
        hearing->is_reloading = false;
        notify_send(process->notify, "READY=1");
        log_line(LOG_INFO, NULL, "the new settings are in force");
    }
}

static void tell_status(struct hearing *hearing, int64_t now_us)
{
    char headline[256];
    if (hearing->is_draining || now_us < hearing->status_us)
        return;
    hearing->status_us = now_us + STATUS_US;
    process_headline(hearing->process, headline, sizeof headline);
    if (text_equal(headline, hearing->headline))
        return;
    (void)text_copy(hearing->headline, sizeof hearing->headline, headline);
    notify_send(hearing->process->notify, "STATUS=%s", headline);
}

/* A drain or a start that makes progress may take longer than the unit says. */
static void ask_for_time(struct hearing *hearing, int64_t now_us)
{
    bool is_wanted = hearing->is_draining || !hearing->is_ready_told;
    if (!is_wanted || now_us < hearing->extended_us ||
        !steer_is_alive(hearing->process->steer, EXTENSION_US))
        return;
    hearing->extended_us = now_us + EXTEND_US;
    notify_send(hearing->process->notify, "EXTEND_TIMEOUT_USEC=%d",
                EXTENSION_US);
}

static void feed_watchdog(struct hearing *hearing, int64_t now_us)
{
    const struct process *process = hearing->process;
    int64_t interval_us = (int64_t)notify_watchdog_us(process->notify);
    if (interval_us == 0 || now_us < hearing->fed_us + interval_us / FEEDS ||
        !steer_is_alive(process->steer, interval_us / LIMIT_PARTS))
        return;
    hearing->fed_us = now_us;
    notify_send(process->notify, "WATCHDOG=1");
}

static void begin_drain(struct hearing *hearing)
{
    if (hearing->is_draining || !stop_is_requested())
        return;
    hearing->is_draining = true;
    notify_send(hearing->process->notify, "STOPPING=1\nSTATUS=draining");
    log_line(LOG_INFO, NULL, "signal %d: draining", stop_signal());
}

static void tell_figures(struct hearing *hearing)
{
    char headline[256];
    struct steer *steer = hearing->process->steer;
    uint64_t limit = steer_throttled(steer);
    process_headline(hearing->process, headline, sizeof headline);
    log_line(LOG_INFO, NULL, "%s; up %lld s; limit %llu bytes/s, %s",
             headline,
             (long long)((clock_utc_us() - hearing->process->started_us) /
                         1000000),
             (unsigned long long)limit,
             steer_is_paused(steer, NULL) ? "paused" : "not paused");
}

/* --- the loop ----------------------------------------------------------- */

static int tick_ms(const struct hearing *hearing)
{
    uint64_t watchdog_ms =
        notify_watchdog_us(hearing->process->notify) / FEEDS / 1000;
    if (hearing->is_draining || !hearing->is_ready_told ||
        hearing->is_reloading)
        return DRAIN_TICK_MS;
    if (watchdog_ms > 0 && watchdog_ms < TICK_MS)
        return (int)watchdog_ms;
    return TICK_MS;
}

static void hear(struct hearing *hearing)
{
    struct process *process = hearing->process;
    struct pollfd polls[LISTEN_POLLS_MAX + 2];
    size_t count = listen_polls(process->listener, polls);
    polls[count] = (struct pollfd){.fd = signals_descriptor(),
                                   .events = POLLIN};
    /* Once a stop was heard its descriptor stays readable. */
    polls[count + 1] = (struct pollfd){
        .fd = hearing->is_draining ? -1 : stop_descriptor(),
        .events = POLLIN};
    if (poll(polls, count + 2, tick_ms(hearing)) < 0)
        for (size_t i = 0; i < count; i++)
            polls[i].revents = 0;
    listen_serve(process->listener, polls, count);
    begin_drain(hearing);
    if (signals_take(SIGHUP) && !hearing->is_draining)
        hear_hangup(hearing);
    if (signals_take(SIGUSR1))
        tell_figures(hearing);
    int64_t now_us = clock_monotonic_us();
    tell_ready(hearing);
    tell_status(hearing, now_us);
    ask_for_time(hearing, now_us);
    feed_watchdog(hearing, now_us);
}

static bool is_done(struct process *process)
{
    pthread_mutex_lock(&process->mutex);
    bool is_done = process->is_done;
    pthread_mutex_unlock(&process->mutex);
    return is_done;
}

static void hear_until_done(struct process *process)
{
    struct hearing hearing = {.process = process};
    notify_send(process->notify, "STATUS=connecting to source and warehouse");
    while (!is_done(process))
        hear(&hearing);
    pthread_join(process->conductor, NULL);
    if (!hearing.is_draining)
        notify_send(process->notify, "STOPPING=1");
}

/* What a person asked for before this process began. */
static enum status load_steering(struct process *process,
                                 struct error *error)
{
    uint64_t rate = 0;
    enum status status = steer_load(process->steer, process->options->state,
                                    process->source, error);
    if (status == STATUS_OK)
        status = state_throttled(process->options->state, process->source,
                                 &rate, error);
    if (status == STATUS_OK && rate > 0)
        process_throttle(process, rate);
    return status;
}

static enum status start(struct process *process, struct error *error)
{
    const struct settings *settings = *process->options->settings;
    enum status status = listen_open(settings->socket, answer_line, process,
                                     &process->listener, error);
    /* After it listens: who found no daemon before has written by now. */
    if (status == STATUS_OK)
        status = load_steering(process, error);
    if (status != STATUS_OK)
        return status;
    if (!signals_install() ||
        pthread_create(&process->conductor, NULL, conduct_run, process))
        return error_set(error, ERROR_MACHINE, "could not start a thread");
    return STATUS_OK;
}

static void release(struct process *process)
{
    listen_close(process->listener);
    settings_free(process->fresh);
    steer_free(process->steer);
    notify_free(process->notify);
    pthread_mutex_destroy(&process->mutex);
    memory_free(process->state);
    memory_free(process->socket);
}

enum status daemon_run(const struct daemon_options *options,
                       struct error *error)
{
    const struct settings *settings = *options->settings;
    struct process process = {
        .options = options,
        .steer = steer_new(),
        .notify = notify_new(),
        .state = memory_text(settings->state),
        .socket = memory_text(settings->socket),
        .started_us = clock_utc_us(),
    };
    (void)text_copy(process.source, sizeof process.source,
                    settings->sources[0].name);
    pthread_mutex_init(&process.mutex, NULL);
    enum status status = start(&process, error);
    if (status == STATUS_OK) {
        hear_until_done(&process);
        if (process.has_failed) {
            *error = process.failure;
            status = error->status;
        }
    }
    release(&process);
    return status;
}
