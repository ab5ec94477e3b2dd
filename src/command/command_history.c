/* `history`: past runs from the state, or one of them table by table. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "looking.h"
#include "screen.h"
#include "summary.h"

#define RUNS_SHOWN 20

/* "2026-11-21 13:52:01" (UTC) of a point in time; "" for none. */
static const char *time_cell(char *target, size_t size, int64_t utc_us)
{
    char text[40];
    target[0] = '\0';
    if (utc_us == 0)
        return target;
    (void)clock_text(text, utc_us);
    text[10] = ' ';
    text[19] = '\0';
    (void)text_copy(target, size, text);
    return target;
}

/* A run without an end is at work, or its process died. */
static const char *outcome_of(const struct state_run *run)
{
    return run->ended_us == 0 ? "not ended" : run->outcome;
}

static void print_runs(const struct command_line *line,
                       const struct state_run *runs, size_t count)
{
    static const char *const headers[] = {
        ">RUN", "START (UTC)", "END", "STARTED BY", "COMMAND", "OUTCOME",
        ">TABLES", ">READ", ">CONFIRMED", ">BYTES", ">BAD"};
    struct screen_table *table = screen_table_new(
        headers, ARRAY_COUNT(headers), screen_has_colour(line));
    for (size_t i = 0; i < count; i++) {
        const struct state_run *run = &runs[i];
        char cells[8][32];
        bool has_ended = run->ended_us != 0;
        (void)snprintf(cells[0], sizeof cells[0], "%llu",
                       (unsigned long long)run->id);
        const char *const texts[] = {
            cells[0],
            time_cell(cells[1], sizeof cells[1], run->started_us),
            time_cell(cells[2], sizeof cells[2], run->ended_us),
            run->started_by,
            run->command,
            outcome_of(run),
            has_ended ? text_grouped(cells[3], run->tables) : NULL,
            has_ended ? text_grouped(cells[4], run->rows_read) : NULL,
            has_ended ? text_grouped(cells[5], run->rows_confirmed) : NULL,
            has_ended ? text_bytes(cells[6], run->bytes) : NULL,
            has_ended ? text_grouped(cells[7], run->bad_rows) : NULL,
        };
        screen_table_add(table, texts);
    }
    screen_table_print(table);
}

static json_t *run_json(const struct state_run *run)
{
    json_t *object = json_object();
    bool has_ended = run->ended_us != 0;
    document_count(object, "run", run->id);
    document_time(object, "started", run->started_us);
    document_time(object, "ended", run->ended_us);
    document_text(object, "started_by", run->started_by);
    document_text(object, "command", run->command);
    if (!has_ended)
        return object;
    document_text(object, "outcome", run->outcome);
    document_number(object, "code", run->exit_code);
    document_count(object, "table_count", run->tables);
    document_count(object, "rows_read", run->rows_read);
    document_count(object, "rows_confirmed", run->rows_confirmed);
    document_count(object, "bytes", run->bytes);
    document_count(object, "bad", run->bad_rows);
    return object;
}

static enum status print_list(const struct command_line *line,
                              struct state *state, const char *table,
                              struct error *error)
{
    struct state_run *runs = NULL;
    size_t count = 0;
    size_t limit = line->count ? (size_t)line->count : RUNS_SHOWN;
    enum status status = STATUS_OK;
    if (state)
        status = state_runs(state, table, limit, &runs, &count, error);
    if (status != STATUS_OK)
        return status;
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        json_t *array = json_array();
        for (size_t i = 0; i < count; i++)
            (void)json_array_append_new(array, run_json(&runs[i]));
        (void)json_object_set_new(document, "runs", array);
        document_print(document);
    } else if (count > 0) {
        print_runs(line, runs, count);
    } else {
        fprintf(stderr, "no run%s%s yet; next: tidemark run\n",
                table ? " of " : "", table ? table : "");
    }
    memory_free(runs);
    return STATUS_OK;
}

static enum status find_run(struct state *state, uint64_t id,
                            struct state_run *run, struct error *error)
{
    struct state_run *runs = NULL;
    size_t count = 0;
    enum status status = STATUS_OK;
    if (state)
        status = state_runs(state, NULL, SIZE_MAX, &runs, &count, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        if (runs[i].id == id)
            *run = runs[i];
    memory_free(runs);
    if (run->id == id)
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "the history holds no run %llu",
                    (unsigned long long)id);
    error_next(error, "tidemark history");
    return error->status;
}

static void print_detail(const struct command_line *line,
                         const struct state_run *run,
                         const struct state_run_table *tables, size_t count)
{
    struct summary_line *lines = memory_new(count, sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i] = summary_of_history(&tables[i]);
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        json_t *object = run_json(run);
        json_t *array = json_array();
        for (size_t i = 0; i < count; i++)
            (void)json_array_append_new(array, summary_json(&lines[i]));
        (void)json_object_update(document, object);
        document_text(document, "command", line->command);
        document_text(document, "run_command", run->command);
        (void)json_object_set_new(document, "tables", array);
        json_decref(object);
        document_print(document);
    } else {
        print_runs(line, run, 1);
        (void)putchar('\n');
        summary_print(line, lines, count);
        for (size_t i = 0; i < count; i++)
            if (tables[i].problem.id != ERROR_NONE)
                screen_failure(tables[i].name, &tables[i].problem);
    }
    memory_free(lines);
}

static enum status print_run(const struct command_line *line,
                             struct state *state, uint64_t id,
                             struct error *error)
{
    struct state_run run = {.id = 0};
    struct state_run_table *tables = NULL;
    size_t count = 0;
    enum status status = find_run(state, id, &run, error);
    if (status == STATUS_OK)
        status = state_run_tables(state, id, &tables, &count, error);
    if (status != STATUS_OK)
        return status;
    print_detail(line, &run, tables, count);
    state_run_tables_free(tables, count);
    return STATUS_OK;
}

enum status command_history(const struct command_line *line, int *exit_code,
                            struct error *error)
{
    struct looking looking = {.state = NULL};
    uint64_t run = 0;
    (void)exit_code;
    if (line->argument_count > 1)
        return error_set(error, ERROR_USAGE,
                         "history takes one table or one run");
    const char *argument = line->argument_count ? line->arguments[0] : NULL;
    enum status status = looking_open(&looking, line, error);
    if (status != STATUS_OK)
        return status;
    if (argument && text_to_u64(argument, &run) && run > 0)
        status = print_run(line, looking.state, run, error);
    else
        status = print_list(line, looking.state, argument, error);
    looking_close(&looking);
    return status;
}
