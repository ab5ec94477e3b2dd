/*
 * A pass from lock to summary. What is printed: nothing before the end unless
 * somebody looks on; then the table on standard output and a block for each
 * failure on standard error; with --json one document that holds all of it.
 */
#include "pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "model/stream.h"
#include "document.h"
#include "meter.h"
#include "opening.h"
#include "screen.h"
#include "summary.h"

struct pass {
    const struct command_line *line;
    struct opening *opening;
    struct sync_run run;
    struct state_run history;
    struct steer *steer; /* for the pauses alone */
    int64_t started_us;  /* monotonic */
    enum status status;
};

/* A service of systemd has an invocation; cron has no terminal. */
static const char *started_by(void)
{
    if (getenv("INVOCATION_ID"))
        return "timer";
    return isatty(STDIN_FILENO) || isatty(STDERR_FILENO) ? "manual" : "timer";
}

static enum status begin_history(struct pass *pass, struct error *error)
{
    (void)text_copy(pass->history.started_by,
                    sizeof pass->history.started_by, started_by());
    (void)text_copy(pass->history.command, sizeof pass->history.command,
                    pass->line->command);
    return state_run_start(pass->opening->state, &pass->history, error);
}

static void add_counts(struct pass *pass)
{
    struct state_run *history = &pass->history;
    history->tables = pass->run.count;
    for (size_t i = 0; i < pass->run.count; i++) {
        const struct work_result *result = &pass->run.results[i];
        history->rows_read += result->rows_read;
        history->rows_confirmed += result->rows_confirmed;
        history->bytes += result->bytes;
        history->bad_rows += result->problem.status == STATUS_TABLE ? 1 : 0;
    }
}

/* The history is for people: that it could not be kept is a failure of its
 * own, but never hides what the pass itself met. */
static void end_history(struct pass *pass, struct error *error)
{
    struct error kept;
    error_clear(&kept);
    pass->history.exit_code = command_exit_code(pass->status);
    (void)text_copy(pass->history.outcome, sizeof pass->history.outcome,
                    pass->status == STATUS_TABLE ? "partial"
                                                 : status_name(pass->status));
    enum status status = state_run_end(pass->opening->state, &pass->history,
                                       &kept);
    if (status == STATUS_OK)
        return;
    if (error->id == ERROR_NONE)
        *error = kept;
    pass->status = status_worse(pass->status, status);
}

/* A table that follows the log is read again by requests: what the log brings
 * meanwhile is newer. */
static enum status ask_again(struct pass *pass, struct error *error)
{
    struct opening *opening = pass->opening;
    const struct work *work = &opening->works[0];
    if (pass->run.kind != TASK_BACKFILL || pass->run.backfill.name ||
        work->mode != MODE_CDC || work->problem.id != ERROR_NONE)
        return STATUS_OK;
    pass->run.kind = TASK_RUN;
    return backfill_ask(opening->sync, opening->state, work,
                        &pass->run.backfill, error);
}

static enum status read_tables(struct pass *pass, struct error *error)
{
    struct opening *opening = pass->opening;
    struct sync_run *run = &pass->run;
    enum status status = opening_connect(opening, pass->line, true, error);
    if (status == STATUS_OK)
        status = sync_identify(opening->sync, opening->state, error);
    pass->steer = steer_new();
    if (status == STATUS_OK)
        status = steer_load(pass->steer, opening->state,
                            opening->sync->endpoint->name, error);
    if (status == STATUS_OK && run->kind == TASK_BACKFILL)
        status = backfill_check(opening->state, &opening->works[0],
                                &run->backfill, error);
    if (status == STATUS_OK)
        status = ask_again(pass, error);
    if (status == STATUS_OK && run->kind == TASK_RUN)
        status = works_widen(opening->sync, &opening->works, &opening->count,
                             error);
    if (status != STATUS_OK)
        return status;
    opening->sync->steer = pass->steer;
    run->works = opening->works;
    run->count = opening->count;
    run->results = memory_new(run->count, sizeof *run->results);
    run->progress = progress_new(run->count);
    run->run = pass->history.id;
    run->is_named = pass->line->argument_count > 0;
    struct meter *meter = meter_start(pass->line, run->progress, run->count);
    status = sync_run(opening->sync, run, error);
    meter_stop(meter);
    add_counts(pass);
    return status;
}

static size_t count_status(const struct pass *pass, bool is_for_person)
{
    size_t count = 0;
    for (size_t i = 0; i < pass->run.count; i++) {
        const struct error *problem = &pass->run.results[i].problem;
        bool needs = !status_is_retryable(problem->status);
        if (problem->id != ERROR_NONE && needs == is_for_person)
            count++;
    }
    return count;
}

static void print_totals(const struct pass *pass)
{
    char rows[32], bytes[32], elapsed[32];
    const struct state_run *history = &pass->history;
    size_t person = count_status(pass, true);
    size_t later = count_status(pass, false);
    int64_t elapsed_us = clock_monotonic_us() - pass->started_us;
    printf("%s %llu: %zu table%s, %s rows confirmed, %s, %s",
           pass->line->command, (unsigned long long)history->id,
           pass->run.count, pass->run.count == 1 ? "" : "s",
           text_grouped(rows, history->rows_confirmed),
           text_bytes(bytes, history->bytes),
           text_elapsed(elapsed, (uint64_t)elapsed_us / 1000));
    if (person > 0)
        printf("; %zu table%s you", person, person == 1 ? " needs" : "s need");
    if (later > 0)
        printf("; %zu to be tried again", later);
    (void)putchar('\n');
}

/* What the pool of batches took: use, largest use and waits. */
static void print_pool(const struct pass *pass)
{
    char used[32], peak[32], limit[32], waited[32];
    struct pool_figures figures;
    pool_figures(pass->opening->sync->pool, &figures);
    printf("pool: %s used, %s at most of %s, %llu wait%s, %s\n",
           text_bytes(used, figures.used_bytes),
           text_bytes(peak, figures.peak_bytes),
           text_bytes(limit, figures.limit_bytes),
           (unsigned long long)figures.wait_count,
           figures.wait_count == 1 ? "" : "s",
           text_elapsed(waited, figures.wait_us / 1000));
}

static void add_pool(const struct pass *pass, json_t *document)
{
    struct pool_figures figures;
    json_t *pool = json_object();
    pool_figures(pass->opening->sync->pool, &figures);
    document_count(pool, "limit_bytes", figures.limit_bytes);
    document_count(pool, "used_bytes", figures.used_bytes);
    document_count(pool, "peak_bytes", figures.peak_bytes);
    document_count(pool, "waits", figures.wait_count);
    document_seconds(pool, "wait_seconds", (int64_t)figures.wait_us / 1000);
    (void)json_object_set_new(document, "pool", pool);
}

static struct summary_line *make_lines(const struct pass *pass)
{
    struct summary_line *lines = memory_new(pass->run.count, sizeof *lines);
    for (size_t i = 0; i < pass->run.count; i++)
        lines[i] = summary_of_result(&pass->run.results[i]);
    return lines;
}

static void print_json(const struct pass *pass, const struct error *error)
{
    json_t *document = document_new(pass->line->command,
                                    command_exit_code(pass->status));
    json_t *tables = json_array();
    struct summary_line *lines = make_lines(pass);
    document_count(document, "run", pass->history.id);
    document_time(document, "started", pass->history.started_us);
    document_text(document, "started_by", pass->history.started_by);
    document_count(document, "rows_read", pass->history.rows_read);
    document_count(document, "rows_confirmed", pass->history.rows_confirmed);
    document_count(document, "bytes", pass->history.bytes);
    document_seconds(document, "elapsed_seconds",
                     (clock_monotonic_us() - pass->started_us) / 1000);
    document_error(document, "error", error);
    if (pass->opening->sync)
        add_pool(pass, document);
    for (size_t i = 0; i < pass->run.count; i++)
        (void)json_array_append_new(tables, summary_json(&lines[i]));
    (void)json_object_set_new(document, "tables", tables);
    document_print(document);
    memory_free(lines);
}

/* The stream that failed, as in every line of the log. */
static void name_stream(const struct pass *pass, const struct work *work,
                        char *target, size_t size)
{
    const char *reader = pass->run.kind == TASK_BACKFILL ? "backfill"
                         : work->mode == MODE_FULL       ? "reload"
                         : work->mode == MODE_CDC        ? "cdc"
                                                         : "incremental";
    if (work->table)
        stream_name(target, size, work->name, reader);
    else
        (void)text_copy(target, size, work->name);
}

/* One block a failure; the same failure of many tables is one block. */
static void print_failures(const struct pass *pass, const struct error *error)
{
    const struct work_result *results = pass->run.results;
    if (error->id != ERROR_NONE)
        screen_failure(NULL, error);
    for (size_t i = 0; i < pass->run.count; i++) {
        const struct error *problem = &results[i].problem;
        bool is_known = problem->id == ERROR_NONE ||
                        problem->id == ERROR_INTERRUPTED ||
                        text_equal(problem->what, error->what);
        for (size_t j = 0; j < i && !is_known; j++)
            is_known = text_equal(problem->what, results[j].problem.what);
        char stream[STREAM_NAME_BYTES];
        name_stream(pass, results[i].work, stream, sizeof stream);
        if (is_known)
            continue;
        screen_failure(stream, problem);
        if (pass->line->log_file)
            log_line(LOG_ERROR, stream, "%s (%s)", problem->what,
                     error_id_text(problem->id));
    }
}

static void print_results(const struct pass *pass, const struct error *error)
{
    if (pass->line->json) {
        print_json(pass, error);
        return;
    }
    if (!pass->line->is_quiet && pass->run.count > 0) {
        struct summary_line *lines = make_lines(pass);
        summary_print(pass->line, lines, pass->run.count);
        print_totals(pass);
        if (pass->line->verbose > 0)
            print_pool(pass);
        memory_free(lines);
    }
    print_failures(pass, error);
}

static void release(struct pass *pass)
{
    progress_free(pass->run.progress);
    memory_free(pass->run.results);
    steer_free(pass->steer);
}

enum status pass_run(const struct command_line *line,
                     struct opening *opening,
                     const struct backfill_choice *choice,
                     struct error *error)
{
    struct pass pass = {.line = line, .opening = opening,
                        .started_us = clock_monotonic_us()};
    pass.status = opening_lock(opening, line, error);
    if (pass.status == STATUS_OK)
        pass.status = begin_history(&pass, error);
    if (pass.status != STATUS_OK)
        return pass.status;
    pass.run.kind = choice ? TASK_BACKFILL : TASK_RUN;
    if (choice)
        pass.run.backfill = *choice;
    pass.status = command_stopped(line, read_tables(&pass, error), error);
    end_history(&pass, error);
    print_results(&pass, error);
    release(&pass);
    error_clear(error);
    return pass.status;
}
