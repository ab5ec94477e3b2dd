/*
 * `plan`: what a run would create, read and write, and about how long it would
 * take. Changes nothing, on either side and in the state.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "opening.h"
#include "screen.h"

/* Bytes of a source's table a second, one table at a time: what a first copy
 * does with little load, to guess a time where no run has told better. */
#define USUAL_BYTES_A_SECOND UINT64_C(20000000)
/* A run that moved less says nothing of speed. */
#define TELLING_BYTES UINT64_C(10000000)
#define RUNS_ASKED 50

struct planning {
    const struct command_line *line;
    struct opening opening;
    struct warehouse_plan *plans; /* of opening.works */
    size_t problems;
    size_t unchanged;
    uint64_t rows;
    uint64_t bytes;
    uint64_t bytes_a_second;
};

/* The fastest of the last runs: what source and warehouse can do. */
static void find_speed(struct planning *planning)
{
    struct state *state = NULL;
    struct state_run *runs = NULL;
    size_t count = 0;
    struct error ignored; /* no history, no better guess */
    uint64_t best = 0;
    if (state_open(planning->opening.settings->state, STATE_READ, &state,
                   &ignored) == STATUS_OK && state)
        (void)!state_runs(state, NULL, RUNS_ASKED, &runs, &count, &ignored);
    for (size_t i = 0; i < count; i++) {
        int64_t elapsed_ms = (runs[i].ended_us - runs[i].started_us) / 1000;
        if (runs[i].bytes < TELLING_BYTES || elapsed_ms <= 0)
            continue;
        uint64_t speed = runs[i].bytes * 1000 / (uint64_t)elapsed_ms;
        best = speed > best ? speed : best;
    }
    planning->bytes_a_second = best ? best : USUAL_BYTES_A_SECOND;
    memory_free(runs);
    state_close(state);
}

static bool was_copied(const struct work *work)
{
    return work->state && work->state->success_us != 0;
}

/* Which rows a run would read; *is_all: as many as the table has. */
static const char *reading_of(const struct work *work,
                              const struct warehouse_plan *plan,
                              bool *is_all)
{
    *is_all = true;
    if (work->mode == MODE_FULL)
        return work->is_guessed ? "all rows, once a day"
                                : "all rows, as each time";
    if (plan->needs_reload || work_must_begin_anew(work))
        return "all rows again, for what they are made by has changed";
    if (!was_copied(work))
        return work->state && work->state->run ? "all rows, a copy goes on"
                                               : "all rows, for the first "
                                                 "time";
    *is_all = false;
    return "rows changed since the last run";
}

static void print_estimate(const struct planning *planning,
                           const char *about, uint64_t rows, uint64_t bytes)
{
    char count[32], size[32], elapsed[32];
    uint64_t ms = bytes * 1000 / planning->bytes_a_second;
    if (rows == 0)
        return;
    screen_line(stdout, "    %s: about %s rows, %s, %s", about,
                text_grouped(count, rows), text_bytes(size, bytes),
                ms < 1000 ? "less than 1s" : text_elapsed(elapsed, ms));
}

/* Was the same said of a table before? Of the database, then. */
static bool was_said(const struct planning *planning, size_t index,
                     const char *text)
{
    for (size_t i = 0; i < index; i++)
        for (size_t j = 0; j < planning->plans[i].count; j++)
            if (text_equal(planning->plans[i].changes[j].text, text))
                return true;
    return false;
}

/* Does something that is not ours stand in the way? */
static bool is_blocked(const struct warehouse_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].kind == 'x')
            return true;
    return false;
}

static void print_work(struct planning *planning, size_t index)
{
    const struct work *work = &planning->opening.works[index];
    const struct warehouse_plan *plan = &planning->plans[index];
    bool is_all = false;
    const char *reading = reading_of(work, plan, &is_all);
    for (size_t i = 0; i < plan->count; i++)
        if (!was_said(planning, index, plan->changes[i].text))
            screen_line(stdout, "%c %s", plan->changes[i].kind,
                        plan->changes[i].text);
    if (is_blocked(plan)) {
        screen_line(stdout, "    next: set  %s: {to: ANOTHER_NAME}, or move "
                    "away what is there", work->name);
        return;
    }
    if (plan->needs_reload)
        screen_line(stdout, "~ read all of %s into a new table: %s",
                    work->name, plan->why ? plan->why : "");
    if (plan->count == 0 && !plan->needs_reload && !is_all) {
        planning->unchanged++;
        return;
    }
    if (plan->count == 0 && !plan->needs_reload)
        screen_line(stdout, "= %s", work->name);
    screen_line(stdout, "    %s (%s): %s", mode_name(work->mode),
                work->reason, reading);
    if (is_all)
        print_estimate(planning, "estimated", work->table->estimated_rows,
                       work->table->estimated_bytes);
}

static void print_text(struct planning *planning)
{
    const struct opening *opening = &planning->opening;
    for (size_t i = 0; i < opening->count; i++) {
        const struct error *problem = &opening->works[i].problem;
        char next[sizeof problem->next];
        if (problem->id == ERROR_NONE) {
            print_work(planning, i);
            continue;
        }
        screen_line(stdout, "x %s: %s (%s)", opening->works[i].name,
                    problem->what, error_id_text(problem->id));
        screen_line(stdout, "    next: %s",
                    screen_next(problem, next, sizeof next));
    }
    if (planning->unchanged > 0)
        screen_line(stdout, "= %zu table%s unchanged, only changed rows are "
                    "read", planning->unchanged,
                    planning->unchanged == 1 ? "" : "s");
    if (opening->count > 1)
        print_estimate(planning, "all together", planning->rows,
                       planning->bytes);
    screen_line(stdout, "nothing was changed; next: tidemark run");
}

static json_t *plan_json(const struct work *work,
                         const struct warehouse_plan *plan)
{
    json_t *object = json_object();
    json_t *changes = json_array();
    bool is_all = false;
    document_text(object, "name", work->name);
    document_error(object, "error", &work->problem);
    if (work->problem.id == ERROR_NONE) {
        document_text(object, "target", work->table->target);
        document_text(object, "mode", mode_name(work->mode));
        document_text(object, "reason", work->reason);
        document_text(object, "reading", reading_of(work, plan, &is_all));
        document_bool(object, "reads_all", is_all);
        document_bool(object, "needs_reload", plan->needs_reload);
        document_text(object, "why", plan->why);
        if (work->table->estimated_rows) {
            document_count(object, "estimated_rows",
                           work->table->estimated_rows);
            document_count(object, "estimated_bytes",
                           work->table->estimated_bytes);
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        json_t *change = json_object();
        char kind[] = {plan->changes[i].kind, '\0'};
        document_text(change, "kind", kind);
        document_text(change, "text", plan->changes[i].text);
        (void)json_array_append_new(changes, change);
    }
    (void)json_object_set_new(object, "changes", changes);
    return object;
}

static void print_json(const struct planning *planning, enum status status)
{
    const struct opening *opening = &planning->opening;
    json_t *document = document_new(planning->line->command,
                                    command_exit_code(status));
    json_t *array = json_array();
    for (size_t i = 0; i < opening->count; i++)
        (void)json_array_append_new(
            array, plan_json(&opening->works[i], &planning->plans[i]));
    (void)json_object_set_new(document, "tables", array);
    document_count(document, "estimated_rows", planning->rows);
    document_seconds(document, "estimated_seconds",
                     (int64_t)(planning->bytes * 1000 /
                               planning->bytes_a_second));
    document_print(document);
}

static void add_up(struct planning *planning)
{
    for (size_t i = 0; i < planning->opening.count; i++) {
        const struct work *work = &planning->opening.works[i];
        bool is_all = false;
        if (work->problem.id != ERROR_NONE ||
            is_blocked(&planning->plans[i])) {
            planning->problems++;
            continue;
        }
        (void)reading_of(work, &planning->plans[i], &is_all);
        planning->rows += is_all ? work->table->estimated_rows : 0;
        planning->bytes += is_all ? work->table->estimated_bytes : 0;
    }
}

enum status command_plan(const struct command_line *line, int *exit_code,
                         struct error *error)
{
    struct planning planning = {.line = line};
    (void)exit_code;
    enum status status = opening_connect(&planning.opening, line, false,
                                         error);
    if (status == STATUS_OK)
        status = opening_plans(&planning.opening, &planning.plans, error);
    if (status == STATUS_OK) {
        find_speed(&planning);
        add_up(&planning);
        status = planning.problems ? STATUS_TABLE : STATUS_OK;
        if (line->json)
            print_json(&planning, status);
        else
            print_text(&planning);
    }
    opening_plans_free(&planning.opening, planning.plans);
    opening_close(&planning.opening);
    return status;
}
