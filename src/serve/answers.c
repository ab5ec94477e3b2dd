/*
 * What the socket's requests do, by the thread that polls. A pause and a
 * throttle are kept in the state before they take effect: they outlive the
 * process.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "process.h"
#include "serve/request.h"

/* --- figures ------------------------------------------------------------ */

void process_headline(struct process *process, char *target, size_t size)
{
    struct steer_figures follower, windows;
    char lag[48] = "";
    pthread_mutex_lock(&process->mutex);
    bool is_ready = process->is_ready;
    pthread_mutex_unlock(&process->mutex);
    (void)steer_figures(process->steer, STEER_FOLLOWER, &follower);
    (void)steer_figures(process->steer, STEER_SCHEDULER, &windows);
    size_t tables = follower.tables + windows.tables;
    bool is_paused = steer_is_paused(process->steer, NULL);
    if (follower.lag_ms >= 0)
        (void)snprintf(lag, sizeof lag, ", lag %.1f s",
                       (double)follower.lag_ms / 1000);
    if (!is_ready)
        (void)snprintf(target, size, "connecting to source and warehouse");
    else if (tables == 0 && is_paused)
        (void)snprintf(target, size, "paused");
    else if (tables == 0)
        (void)snprintf(target, size, "no table yet%s%s",
                       follower.note[0] ? ", " : "", follower.note);
    else
        (void)snprintf(target, size, "%s%zu of %zu tables on time%s%s%s",
                       is_paused ? "paused; " : "",
                       follower.tables_on_time + windows.tables_on_time,
                       tables, lag,
                       follower.note[0] ? ", " : "", follower.note);
}

static json_t *part_json(struct steer *steer, enum steer_part part)
{
    struct steer_figures figures;
    if (!steer_figures(steer, part, &figures))
        return json_null();
    json_t *object = json_object();
    int64_t quiet_us = clock_monotonic_us() - figures.progress_us;
    (void)json_object_set_new(object, "tables",
                              json_integer((json_int_t)figures.tables));
    (void)json_object_set_new(
        object, "on_time", json_integer((json_int_t)figures.tables_on_time));
    (void)json_object_set_new(object, "progress_seconds",
                              json_real((double)quiet_us / 1e6));
    if (figures.lag_ms >= 0)
        (void)json_object_set_new(object, "lag_seconds",
                                  json_real((double)figures.lag_ms / 1e3));
    if (figures.note[0])
        (void)json_object_set_new(object, "note", json_string(figures.note));
    return object;
}

static void add_status(struct process *process, json_t *answer)
{
    char started[32];
    char headline[256];
    pthread_mutex_lock(&process->mutex);
    bool is_ready = process->is_ready;
    uint64_t reloads = process->reloads;
    pthread_mutex_unlock(&process->mutex);
    process_headline(process, headline, sizeof headline);
    (void)json_object_set_new(answer, "pid", json_integer(getpid()));
    (void)json_object_set_new(
        answer, "started", json_string(clock_text(started,
                                                  process->started_us)));
    (void)json_object_set_new(answer, "ready", json_boolean(is_ready));
    (void)json_object_set_new(answer, "headline", json_string(headline));
    (void)json_object_set_new(answer, "reloads",
                              json_integer((json_int_t)reloads));
    (void)json_object_set_new(
        answer, "throttle",
        json_integer((json_int_t)steer_throttled(process->steer)));
    (void)json_object_set_new(
        answer, "paused", json_boolean(steer_is_paused(process->steer, NULL)));
    (void)json_object_set_new(answer, "follower",
                              part_json(process->steer, STEER_FOLLOWER));
    (void)json_object_set_new(answer, "scheduler",
                              part_json(process->steer, STEER_SCHEDULER));
}

/* --- what is asked ------------------------------------------------------ */

static enum status pause_one(struct process *process, const char *table,
                             struct error *error)
{
    enum status status = state_pause(process->options->state, process->source,
                                     table ? table : "", error);
    if (status == STATUS_OK && steer_pause(process->steer, table))
        log_line(LOG_INFO, table, "paused");
    return status;
}

static enum status resume_one(struct process *process, const char *table,
                              struct error *error)
{
    enum status status = state_resume(process->options->state,
                                      process->source, table ? table : "",
                                      error);
    if (status == STATUS_OK && steer_resume(process->steer, table))
        log_line(LOG_INFO, table, "resumed");
    return status;
}

static enum status pause_or_resume(struct process *process,
                                   const struct request *request,
                                   struct error *error)
{
    enum status (*act)(struct process *, const char *, struct error *) =
        request->kind == REQUEST_PAUSE ? pause_one : resume_one;
    enum status status = STATUS_OK;
    if (request->table_count == 0)
        return act(process, NULL, error);
    for (size_t i = 0; i < request->table_count && status == STATUS_OK; i++)
        status = act(process, request->tables[i], error);
    return status;
}

void process_throttle(struct process *process, uint64_t rate)
{
    char bytes[32];
    steer_throttle(process->steer, rate);
    if (rate > 0)
        log_line(LOG_INFO, NULL, "reading at most %s/s",
                 text_bytes(bytes, rate));
    else
        log_line(LOG_INFO, NULL, "reading without a limit");
}

static enum status throttle(struct process *process, uint64_t rate,
                            struct error *error)
{
    enum status status = state_throttle(process->options->state,
                                        process->source, rate, error);
    if (status == STATUS_OK)
        process_throttle(process, rate);
    return status;
}

static enum status carry_out(struct process *process,
                             const struct request *request, json_t *answer,
                             struct error *error)
{
    switch (request->kind) {
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
        return pause_or_resume(process, request, error);
    case REQUEST_THROTTLE:
        return throttle(process, request->rate, error);
    case REQUEST_RELOAD:
        return process_reload(process, error);
    default:
        add_status(process, answer);
        return STATUS_OK;
    }
}

char *answer_line(void *context, const char *line, size_t length)
{
    struct request request;
    struct error error;
    json_t *answer = json_object();
    error_clear(&error);
    (void)json_object_set_new(answer, "ok", json_true());
    enum status status = request_parse(line, length, &request, &error);
    if (status == STATUS_OK)
        status = carry_out(context, &request, answer, &error);
    request_release(&request);
    if (status != STATUS_OK) {
        (void)json_object_set_new(answer, "ok", json_false());
        (void)json_object_set_new(answer, "id",
                                  json_string(error_id_text(error.id)));
        (void)json_object_set_new(answer, "text", json_string(error.what));
        (void)json_object_set_new(answer, "effect",
                                  json_string(error.effect));
        (void)json_object_set_new(answer, "next", json_string(error.next));
    }
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    return text;
}
