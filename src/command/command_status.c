/*
 * `status`: how the tables stand, from the state alone, so that it can be
 * asked while a run is at work and while source or warehouse are down.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "overview.h"
#include "overview_log.h"
#include "screen.h"

#define WATCH_MS 2000
#define WAIT_MS 500
/* Home, and clear to the end of the screen. */
#define TERMINAL_HOME "\033[H\033[J"

static void print_remarks(const struct overview *overview)
{
    size_t incremental = 0;
    char remark[512];
    for (size_t i = 0; i < overview->count; i++) {
        const struct summary_line *line = &overview->tables[i].line;
        if (line->mode && text_equal(line->mode,
                                     mode_name(MODE_INCREMENTAL)))
            incremental++;
        if (overview_remark(&overview->tables[i], remark, sizeof remark))
            screen_line(stdout, "%s", remark);
    }
    if (incremental > 0)
        screen_line(stdout, "incremental tables do not see rows that are "
                    "deleted at the source: soft_delete, mode: cdc or mode: "
                    "full does");
}

static void print_daemon(const struct overview *overview)
{
    char bytes[32], limit[80] = "";
    const json_t *daemon = overview->daemon;
    const char *headline =
        json_string_value(json_object_get(daemon, "headline"));
    (void)text_bytes(bytes, overview->throttle);
    if (overview->throttle > 0)
        (void)snprintf(limit, sizeof limit, "at most %s a second", bytes);
    if (headline)
        screen_line(stdout, "daemon %lld: %s%s%s",
                    (long long)json_integer_value(json_object_get(daemon,
                                                                  "pid")),
                    headline, *limit ? ", reads " : "", limit);
    else if (*limit)
        screen_line(stdout, "no daemon runs; the next one reads %s", limit);
}

static void print_text(const struct command_line *line,
                       const struct overview *overview)
{
    if (overview->count == 0) {
        screen_line(stderr, overview->daemon
                                ? "no table was read yet"
                                : "nothing was run yet; next: tidemark run");
        print_daemon(overview);
        return;
    }
    struct summary_line *all = memory_new(overview->count, sizeof *all);
    for (size_t i = 0; i < overview->count; i++)
        all[i] = overview->tables[i].line;
    summary_print(line, all, overview->count);
    memory_free(all);
    print_remarks(overview);
    print_daemon(overview);
}

static json_t *make_json(const struct command_line *line,
                         const struct overview *overview)
{
    json_t *document = document_new(line->command, 0);
    json_t *array = json_array();
    document_time(document, "now", clock_utc_us());
    for (size_t i = 0; i < overview->count; i++)
        (void)json_array_append_new(array,
                                    overview_json(&overview->tables[i]));
    (void)json_object_set_new(document, "tables", array);
    if (overview->throttle > 0)
        document_count(document, "throttle", overview->throttle);
    if (overview->daemon)
        (void)json_object_set(document, "daemon", overview->daemon);
    return document;
}

static const struct error *problem_of(const struct overview *overview,
                                      size_t index)
{
    const struct state_table *table = overview->tables[index].table;
    return table && table->problem.id != ERROR_NONE ? &table->problem : NULL;
}

static bool has_problem(const struct overview *overview, size_t index,
                        const struct error *problem)
{
    const struct error *own = problem_of(overview, index);
    return own && text_equal(own->what, problem->what);
}

/* One block a problem, however many tables have it. */
static void print_problems(const struct overview *overview)
{
    for (size_t i = 0; i < overview->count; i++) {
        char who[600];
        const char *name = overview->tables[i].name;
        const struct error *problem = problem_of(overview, i);
        size_t before = 0, others = 0;
        while (problem && before < i &&
               !has_problem(overview, before, problem))
            before++;
        if (!problem || before < i)
            continue;
        for (size_t j = i + 1; j < overview->count; j++)
            others += has_problem(overview, j, problem);
        (void)snprintf(who, sizeof who, "%s and %zu other%s", name, others,
                       others == 1 ? "" : "s");
        screen_failure(others > 0 ? who : name, problem);
    }
}

static enum status show_logs(const struct command_line *line,
                             const struct looking *looking,
                             const struct overview *overview,
                             json_t *document, struct error *error)
{
    struct overview_log *logs = NULL;
    json_t *array = json_array();
    size_t count = 0;
    enum status status = overview_logs(overview, looking, &logs, &count,
                                       error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (document)
            (void)json_array_append_new(array, overview_log_json(&logs[i]));
        else
            overview_log_print(&logs[i], line->verbose > 0);
    overview_logs_free(logs, count);
    if (document)
        (void)json_object_set(document, "streams", array);
    json_decref(array);
    return status;
}

/* One look: the state is opened anew, for a run may have made it since. */
static enum status look(const struct command_line *line,
                        struct looking *looking, struct overview *overview,
                        struct error *error)
{
    enum status status = looking_open(looking, line, error);
    if (status != STATUS_OK)
        return status;
    status = overview_read(overview, looking, line, error);
    if (status != STATUS_OK || line->waits)
        return status;
    /* None is as good: the state tells enough. */
    if (overview_ask_daemon(overview, looking, line, error) != STATUS_OK)
        error_clear(error);
    return STATUS_OK;
}

static enum status show_once(const struct command_line *line,
                             struct looking *looking, struct error *error)
{
    struct overview overview = {.count = 0};
    enum status status = look(line, looking, &overview, error);
    if (status == STATUS_OK && line->watches)
        (void)fputs(TERMINAL_HOME, stdout);
    json_t *document = status == STATUS_OK && line->json
                           ? make_json(line, &overview)
                           : NULL;
    if (status == STATUS_OK && !document)
        print_text(line, &overview);
    if (status == STATUS_OK)
        status = show_logs(line, looking, &overview, document, error);
    if (status == STATUS_OK && document)
        document_print(document);
    else
        json_decref(document);
    if (status == STATUS_OK && !line->json)
        print_problems(&overview);
    overview_release(&overview);
    looking_pause(looking);
    return status;
}

static enum status watch(const struct command_line *line,
                         struct looking *looking, struct error *error)
{
    if (!isatty(STDOUT_FILENO)) {
        (void)error_set(error, ERROR_USAGE, "--watch needs a terminal");
        error_next(error, "tidemark status, or tidemark status --wait");
        return error->status;
    }
    for (;;) {
        enum status status = show_once(line, looking, error);
        (void)fflush(stdout);
        if (status != STATUS_OK)
            return status;
        if (!clock_sleep_ms(WATCH_MS))
            return stop_check(error);
    }
}

/* What keeps a table from ever being on time by itself. */
static enum status take_problem(const struct overview_table *table,
                                struct error *error)
{
    *error = table->table->problem;
    if (error->id == ERROR_NONE)
        (void)error_set_status(error, ERROR_TABLE_CHANGED, STATUS_TABLE,
                               "table \"%s\" stands still", table->name);
    error_prefix(error, "%s", table->name);
    return error->status;
}

static enum status refuse_paused(const struct overview_table *table,
                                 struct error *error)
{
    (void)error_set_status(error, ERROR_PAUSED, STATUS_TABLE,
                           "table \"%s\" is paused", table->name);
    error_next(error, "tidemark resume %s", table->name);
    return error->status;
}

/* STATUS_PENDING: not yet. */
static enum status judge(const struct overview *overview,
                         struct error *error)
{
    enum status status = overview->count ? STATUS_OK : STATUS_PENDING;
    for (size_t i = 0; i < overview->count; i++) {
        const struct overview_table *table = &overview->tables[i];
        if (text_equal(table->line.state, "action required"))
            return take_problem(table, error);
        if (text_equal(table->line.state, "paused"))
            return refuse_paused(table, error);
        if (!text_equal(table->line.state, "on time"))
            status = STATUS_PENDING;
    }
    return status;
}

static enum status wait_look(const struct command_line *line,
                             struct looking *looking, struct error *error)
{
    struct overview overview = {.count = 0};
    enum status status = look(line, looking, &overview, error);
    if (status == STATUS_OK)
        status = judge(&overview, error);
    overview_release(&overview);
    looking_pause(looking);
    return status;
}

static enum status wait_until(const struct command_line *line,
                              struct looking *looking, struct error *error)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)line->timeout_ms * 1000;
    for (;;) {
        enum status status = wait_look(line, looking, error);
        if (status != STATUS_PENDING)
            return status;
        if (line->timeout_ms && clock_monotonic_us() >= end_us) {
            (void)error_set_status(error, ERROR_INTERRUPTED,
                                   STATUS_TEMPORARY, "gave up waiting: not "
                                   "every table is on time");
            error_next(error, "tidemark status");
            return error->status;
        }
        if (!clock_sleep_ms(WAIT_MS))
            return stop_check(error);
    }
}

enum status command_status(const struct command_line *line, int *exit_code,
                           struct error *error)
{
    struct looking looking = {.state = NULL};
    enum status status = STATUS_OK;
    (void)exit_code;
    if (line->waits)
        status = wait_until(line, &looking, error);
    else if (line->watches)
        status = watch(line, &looking, error);
    if (status == STATUS_OK && (!line->waits || line->json))
        status = show_once(line, &looking, error);
    looking_close(&looking);
    return status;
}
