/*
 * Windows and whole tables, read when they are due. What tables there are is
 * looked up by their names once a minute, which is one query; they are
 * described anew when those changed, and always before they are read.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "process.h"

#define LOOK_US INT64_C(60000000)
#define SOON_US INT64_C(5000000)
/* At most so long between two looks at what is due. */
#define SLEEP_MAX_MS INT64_C(60000)
/* A listing asks both sides about thousands of tables. */
#define LISTING_MS 600000

struct windows {
    struct process *process;
    struct told told;
    char *names;     /* of all tables of the source, as one text */
    int64_t look_us; /* monotonic, of the next look at the names */
};

/* Nothing is read before the next look succeeded. */
static void forget_names(struct windows *windows)
{
    memory_free(windows->names);
    windows->names = NULL;
}

static void fail_or_wait(struct windows *windows, const struct error *error)
{
    bool waits = error->status == STATUS_ACTION ||
                 error->status == STATUS_USAGE;
    if (error->status == STATUS_INTERNAL) {
        process_fail(windows->process, error);
        return;
    }
    if (error->status == STATUS_STOPPED)
        return;
    told_failure(&windows->told, NULL, error);
    schedule_failed(windows->process->schedule, clock_monotonic_us());
    process_outage(windows->process, error, false, true);
    forget_names(windows);
    windows->look_us = clock_monotonic_us() + (waits ? LOOK_US : SOON_US);
}

/* --- what tables there are ---------------------------------------------- */

static char *join_names(const struct source_name *names, size_t count)
{
    size_t size = 1;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(names[i].name) + 1;
    char *joined = memory_new(size, 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names[i].name);
        memcpy(joined + at, names[i].name, length);
        joined[at + length] = '\n';
        at += length + 1;
    }
    return joined;
}

static enum status read_names(struct windows *windows, char **joined,
                              struct error *error)
{
    struct source *source = windows->process->sync->source;
    struct source_session *session = NULL;
    struct source_name *names = NULL;
    size_t count = 0;
    enum status status = source->ops->session_open(source, &session, error);
    if (status == STATUS_OK)
        status = source->ops->names(session, &names, &count, error);
    if (status == STATUS_OK) {
        *joined = join_names(names, count);
        source->ops->names_free(names, count);
    }
    if (session)
        source->ops->session_close(session);
    return status;
}

static bool has_followed(const struct work *works, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (works[i].mode == MODE_CDC && works[i].problem.id == ERROR_NONE)
            return true;
    return false;
}

static enum status list_all(struct windows *windows, struct error *error)
{
    struct process *process = windows->process;
    struct work *works = NULL;
    size_t count = 0;
    enum status status = works_list(process->sync, NULL, &works, &count,
                                    error);
    if (status != STATUS_OK)
        return status;
    schedule_take(process->schedule, works, count, clock_monotonic_us());
    if (has_followed(works, count))
        follower_start(process);
    works_free(process->sync, works, count);
    return STATUS_OK;
}

static enum status look(struct windows *windows, struct error *error)
{
    char *names = NULL;
    error_clear(error);
    enum status status = read_names(windows, &names, error);
    if (status != STATUS_OK)
        return status;
    windows->look_us = clock_monotonic_us() + LOOK_US;
    if (windows->names && text_equal(windows->names, names)) {
        memory_free(names);
        return STATUS_OK;
    }
    if (windows->names)
        steer_touch(windows->process->steer);
    forget_names(windows);
    status = list_all(windows, error);
    if (status == STATUS_OK)
        windows->names = names;
    else
        memory_free(names);
    return status;
}

/* --- a run over what is due --------------------------------------------- */

static void add_counts(struct state_run *history, const struct sync_run *run)
{
    history->tables = run->count;
    for (size_t i = 0; i < run->count; i++) {
        const struct work_result *result = &run->results[i];
        history->rows_read += result->rows_read;
        history->rows_confirmed += result->rows_confirmed;
        history->bytes += result->bytes;
        history->bad_rows += result->problem.status == STATUS_TABLE ? 1 : 0;
    }
}

static void tell_problems(const struct sync_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct work *work = &run->works[i];
        const struct error *problem = &run->results[i].problem;
        bool is_known = work->state &&
                        text_equal(work->state->problem.what, problem->what);
        if (problem->id == ERROR_NONE || problem->id == ERROR_PAUSED ||
            problem->id == ERROR_INTERRUPTED || is_known)
            continue;
        log_line(status_is_retryable(problem->status) ? LOG_WARNING
                                                      : LOG_ERROR,
                 work->name, "%s (%s); next: %s", problem->what,
                 error_id_text(problem->id), error_advice(problem));
    }
}

static enum status run_kept(struct windows *windows, struct state *state,
                            struct sync_run *run, struct error *error)
{
    struct process *process = windows->process;
    struct state_run history = {.started_by = "daemon", .command = "run"};
    int64_t started_us = clock_monotonic_us();
    enum status status = state_run_start(state, &history, error);
    if (status != STATUS_OK)
        return status;
    run->run = history.id;
    status = sync_run(process->sync, run, error);
    for (size_t i = 0; i < run->count; i++)
        schedule_ran(process->schedule, &run->results[i], started_us);
    add_counts(&history, run);
    tell_problems(run);
    history.exit_code = status_exit_code(status);
    (void)text_copy(history.outcome, sizeof history.outcome,
                    status == STATUS_TABLE ? "partial" : status_name(status));
    struct error kept;
    if (state_run_end(state, &history, &kept) != STATUS_OK)
        told_failure(&windows->told, NULL, &kept);
    return status;
}

static enum status run_works(struct windows *windows, struct work *works,
                             size_t count, struct error *error)
{
    struct state *state = NULL;
    struct sync_run run = {.kind = TASK_RUN, .works = works, .count = count,
                           .is_due = true, .part = STEER_SCHEDULER};
    enum status status = state_open(windows->process->state, STATE_WRITE,
                                    &state, error);
    run.results = memory_new(count, sizeof *run.results);
    if (status == STATUS_OK)
        status = run_kept(windows, state, &run, error);
    memory_free(run.results);
    state_close(state);
    return status;
}

static bool is_named(const struct work_choice *due, const char *name)
{
    for (size_t i = 0; i < due->count; i++)
        if (text_equal(due->patterns[i], name))
            return true;
    return false;
}

/* Those that are due come first: a table may have begun to follow the log
 * since it was listed. */
static size_t due_first(struct work *works, size_t count,
                        const struct work_choice *due)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct work work = works[i];
        if ((work.mode == MODE_CDC && work.problem.id == ERROR_NONE) ||
            !is_named(due, work.name))
            continue;
        works[i] = works[kept];
        works[kept++] = work;
    }
    return kept;
}

/* A name that would be read as a pattern asks for the listing of all. */
static bool has_pattern(const struct work_choice *due)
{
    for (size_t i = 0; i < due->count; i++)
        if (text_is_pattern(due->patterns[i]))
            return true;
    return false;
}

static enum status run_named(struct windows *windows,
                             const struct work_choice *due,
                             struct error *error)
{
    struct process *process = windows->process;
    struct work *works = NULL;
    size_t found = 0;
    error_clear(error);
    steer_wait(process->steer, STEER_SCHEDULER, LISTING_MS);
    enum status status = works_list(process->sync,
                                    has_pattern(due) ? NULL : due, &works,
                                    &found, error);
    if (status != STATUS_OK)
        return status;
    size_t scheduled = due_first(works, found, due);
    steer_progress(process->steer, STEER_SCHEDULER);
    if (scheduled > 0)
        status = run_works(windows, works, scheduled, error);
    works_free(process->sync, works, found);
    return status;
}

static void run_due(struct windows *windows)
{
    struct process *process = windows->process;
    const char **names = NULL;
    struct error error;
    size_t count = schedule_due(process->schedule, process->steer,
                                clock_monotonic_us(), &names);
    if (count > 0) {
        error_clear(&error);
        const struct work_choice due = {.patterns = names, .count = count};
        enum status status = run_named(windows, &due, &error);
        if (status == STATUS_OK)
            told_clear(&windows->told);
        else if (error.id != ERROR_NONE)
            fail_or_wait(windows, &error);
    }
    memory_free(names);
}

/* --- the loop ----------------------------------------------------------- */

static void tell_figures(struct windows *windows)
{
    struct process *process = windows->process;
    struct steer_figures figures = {.lag_ms = -1};
    figures.tables = schedule_count(process->schedule,
                                    &figures.tables_on_time);
    steer_tell(process->steer, STEER_SCHEDULER, &figures);
}

static void sleep_until_due(struct windows *windows, uint64_t generation)
{
    struct steer *steer = windows->process->steer;
    int64_t next_us = windows->look_us;
    if (windows->names) {
        int64_t due_us = schedule_next_us(windows->process->schedule, steer);
        next_us = due_us < next_us ? due_us : next_us;
    }
    int64_t left_ms = (next_us - clock_monotonic_us()) / 1000 + 1;
    if (left_ms <= 0)
        return;
    if (left_ms > SLEEP_MAX_MS)
        left_ms = SLEEP_MAX_MS;
    steer_wait(steer, STEER_SCHEDULER, (uint64_t)left_ms);
    (void)steer_sleep(steer, generation, (uint64_t)left_ms);
}

static void step(struct windows *windows)
{
    struct error error;
    struct process *process = windows->process;
    uint64_t generation = steer_generation(process->steer);
    steer_progress(process->steer, STEER_SCHEDULER);
    if (clock_monotonic_us() >= windows->look_us) {
        steer_wait(process->steer, STEER_SCHEDULER, LISTING_MS);
        if (look(windows, &error) != STATUS_OK)
            fail_or_wait(windows, &error);
        generation = steer_generation(process->steer);
    }
    if (windows->names && !process_must_leave(process))
        run_due(windows);
    tell_figures(windows);
    sleep_until_due(windows, generation);
}

void windows_stay(struct process *process)
{
    struct windows windows = {.process = process};
    while (!process_must_leave(process))
        step(&windows);
    memory_free(windows.names);
}
