/* The one line a table that run, status and history share, as text and JSON. */
#include "summary.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "document.h"
#include "screen.h"

#define CELL_BYTES 96

struct summary_line summary_of_result(const struct work_result *result)
{
    bool is_bad = result->problem.status == STATUS_TABLE;
    return (struct summary_line){
        .name = result->work->name,
        .mode = result->work->table ? mode_name(result->work->mode) : NULL,
        .state = result->state,
        .rows_read = (int64_t)result->rows_read,
        .rows_confirmed = (int64_t)result->rows_confirmed,
        .deletes = (int64_t)result->deletes,
        .bad = is_bad ? 1 : 0,
        .bytes = (int64_t)result->bytes,
        .lag_ms = result->lag_ms,
        .elapsed_ms = result->elapsed_ms,
        .problem = &result->problem,
        .note = result->note[0] ? result->note : NULL,
    };
}

struct summary_line summary_of_history(const struct state_run_table *table)
{
    return (struct summary_line){
        .name = table->name,
        .mode = table->mode,
        .state = table->state,
        .rows_read = (int64_t)table->rows_read,
        .rows_confirmed = (int64_t)table->rows_confirmed,
        .deletes = (int64_t)table->deletes,
        .bad = (int64_t)table->bad,
        .bytes = (int64_t)table->bytes,
        .lag_ms = -1,
        .elapsed_ms = table->elapsed_ms,
        .problem = &table->problem,
    };
}

static const char *count_cell(char *target, int64_t value)
{
    return value < 0 ? NULL : text_grouped(target, (uint64_t)value);
}

static const char *time_cell(char *target, int64_t milliseconds)
{
    return milliseconds < 0 ? NULL
                            : text_elapsed(target, (uint64_t)milliseconds);
}

static void state_cell(char *target, size_t size,
                       const struct summary_line *line)
{
    bool has_problem = line->problem && line->problem->id != ERROR_NONE;
    (void)snprintf(target, size, "%s%s%s%s%s", line->state ? line->state : "",
                   has_problem ? "  " : "",
                   has_problem ? error_id_text(line->problem->id) : "",
                   line->note ? "  " : "", line->note ? line->note : "");
}

static bool has_success(const struct summary_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].success_us != 0)
            return true;
    return false;
}

static const char *success_cell(char *target, size_t size, int64_t success_us)
{
    char elapsed[32];
    int64_t ago_us = clock_utc_us() - success_us;
    if (success_us == 0)
        return NULL;
    (void)snprintf(target, size, "%s ago",
                   text_elapsed(elapsed,
                                ago_us > 0 ? (uint64_t)ago_us / 1000 : 0));
    return target;
}

static bool has_next(const struct summary_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].next_us != 0)
            return true;
    return false;
}

static const char *next_cell(char *target, size_t size, int64_t next_us)
{
    char left[32];
    int64_t left_us = next_us - clock_utc_us();
    if (next_us == 0)
        return NULL;
    if (left_us <= 0)
        return "now";
    (void)snprintf(target, size, "in %s",
                   text_elapsed(left, (uint64_t)left_us / 1000));
    return target;
}

void summary_print(const struct command_line *line,
                   const struct summary_line *lines, size_t count)
{
    static const char *const headers[] = {
        "TABLE", "MODE", ">READ", ">CONFIRMED", ">DEL",
        ">BAD",  ">LAG", ">TIME", "STATE", ">SUCCESS", ">NEXT"};
    /* TIME, READ, BAD, DEL, CONFIRMED, SUCCESS: --json has them always. */
    static const size_t spare[] = {7, 2, 5, 4, 3, 9};
    size_t columns = ARRAY_COUNT(headers) -
                     (has_next(lines, count)      ? 0
                      : has_success(lines, count) ? 1
                                                  : 2);
    struct screen_table *table = screen_table_new(headers, columns,
                                                  screen_has_colour(line));
    for (size_t i = 0; i < count; i++) {
        char cells[6][32];
        char success[40];
        char next[40];
        char state[CELL_BYTES * 2];
        state_cell(state, sizeof state, &lines[i]);
        const char *const texts[] = {
            lines[i].name,
            lines[i].mode,
            count_cell(cells[0], lines[i].rows_read),
            count_cell(cells[1], lines[i].rows_confirmed),
            count_cell(cells[2], lines[i].deletes),
            count_cell(cells[3], lines[i].bad),
            time_cell(cells[4], lines[i].lag_ms),
            time_cell(cells[5], lines[i].elapsed_ms),
            state,
            success_cell(success, sizeof success, lines[i].success_us),
            next_cell(next, sizeof next, lines[i].next_us),
        };
        screen_table_add(table, texts);
    }
    screen_table_fit(table, screen_width(), spare, ARRAY_COUNT(spare));
    screen_table_print(table);
}

/* `updates` is not there: a reader of windows or whole tables cannot tell an
 * update from an insert; both are `inserts`. */
json_t *summary_json(const struct summary_line *line)
{
    json_t *object = json_object();
    document_text(object, "name", line->name);
    document_text(object, "mode", line->mode);
    document_text(object, "state", line->state);
    document_text(object, "note", line->note);
    document_number(object, "rows_read", line->rows_read);
    document_number(object, "rows_confirmed", line->rows_confirmed);
    if (line->deletes >= 0)
        document_number(object, "inserts",
                        line->rows_confirmed - line->deletes);
    document_number(object, "deletes", line->deletes);
    document_number(object, "bad", line->bad);
    document_number(object, "bytes", line->bytes);
    document_seconds(object, "lag_seconds", line->lag_ms);
    document_seconds(object, "elapsed_seconds", line->elapsed_ms);
    document_time(object, "last_success", line->success_us);
    document_time(object, "next_run", line->next_us);
    if (line->problem)
        document_error(object, "error", line->problem);
    return object;
}
