/*
 * `check`: one line a fact, then problems and remarks with what to do. Both
 * ends are looked at even where one of them fails. Changes nothing.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "check_tables.h"
#include "commands.h"
#include "document.h"
#include "findings.h"
#include "meter.h"
#include "opening.h"
#include "screen.h"

/* Clocks further apart make lags wrong. */
#define CLOCK_LIMIT_US INT64_C(5000000)
#define TEXT_BYTES 512

struct checking {
    const struct command_line *line;
    struct opening opening;
    struct findings findings;
    json_t *document; /* NULL: text */
};

/* Neither in a document nor under --quiet. */
static bool shows_facts(const struct checking *checking)
{
    return !checking->document && !checking->line->is_quiet;
}

static void print_fact(const struct checking *checking, const char *name,
                       const char *text)
{
    if (shows_facts(checking))
        screen_line(stdout, "  %-9s %s", name, text);
}

static void print_findings(const struct checking *checking, size_t first)
{
    if (!checking->document)
        findings_print(&checking->findings, first, checking->line->is_quiet);
}

static void print_end(const struct checking *checking, const char *name,
                      const struct endpoint_settings *endpoint,
                      const char *product, const char *tls)
{
    struct buffer url;
    if (!shows_facts(checking))
        return;
    buffer_init(&url, 4096);
    url_text(&endpoint->url, &url);
    screen_line(stdout, "%-11s %s   %s%s%s", name, buffer_text(&url),
                product ? product : "", tls ? "   " : "", tls ? tls : "");
    buffer_release(&url);
    (void)fflush(stdout);
}

static void check_clock(struct checking *checking, const char *side,
                        int64_t offset_us)
{
    char text[TEXT_BYTES];
    bool is_far = offset_us > CLOCK_LIMIT_US || offset_us < -CLOCK_LIMIT_US;
    int64_t tenths = offset_us / 100000;
    (void)snprintf(text, sizeof text, "%+.1f s%s",
                   tenths ? (double)tenths / 10 : 0.0, is_far ? "" : "   ok");
    print_fact(checking, "clock", text);
    if (!is_far)
        return;
    (void)snprintf(text, sizeof text, "the clock of the %s is %+.1f s from "
                   "ours: lags are wrong by that", side,
                   (double)offset_us / 1e6);
    findings_remark(&checking->findings, NULL, text,
                    "let NTP set the clocks of both machines");
}

static void check_bound(struct checking *checking,
                        const struct source_facts *facts)
{
    char text[TEXT_BYTES];
    (void)snprintf(text, sizeof text, "%s",
                   facts->is_bound_proved
                       ? "bound proved, overlap 5 s   ok"
                       : "fixed lag, overlap 10 min");
    print_fact(checking, "windows", text);
    if (facts->is_bound_proved)
        return;
    (void)snprintf(text, sizeof text, "windows lag behind: %s",
                   facts->bound_note);
    findings_remark(&checking->findings, NULL, text,
                    "tidemark grants  shows what lets it be proved");
}

/* The log is told also where no table follows it. */
static void check_log_of(struct checking *checking, struct source *source)
{
    char text[TEXT_BYTES];
    json_t *object = checking->document
                         ? json_object_get(checking->document, "source")
                         : NULL;
    check_log_line(source, object, text, sizeof text);
    if (text[0])
        print_fact(checking, "log", text);
}

static void note_source(struct checking *checking,
                        const struct source_facts *facts)
{
    json_t *object = json_object();
    document_text(object, "product", facts->product);
    document_text(object, "tls", facts->tls);
    document_text(object, "zone", facts->zone);
    document_bool(object, "is_bound_proved", facts->is_bound_proved);
    document_text(object, "bound_note", facts->bound_note);
    (void)json_object_set_new(object, "clock_offset_seconds",
                              json_real((double)facts->clock_offset_us /
                                        1e6));
    (void)json_object_set_new(checking->document, "source", object);
}

static bool check_source(struct checking *checking)
{
    const struct endpoint_settings *endpoint =
        &checking->opening.settings->sources[0];
    const struct source_ops *ops = source_find(endpoint->url.scheme);
    struct source *source = NULL;
    struct error error;
    size_t first = checking->findings.count;
    meter_note(checking->line, "connecting to the source");
    enum status status = ops->open(endpoint, &source, &error);
    meter_note(checking->line, NULL);
    if (status == STATUS_OK) {
        const struct source_facts *facts = ops->facts(source);
        print_end(checking, "source", endpoint, facts->product, facts->tls);
        if (checking->document)
            note_source(checking, facts);
        check_log_of(checking, source);
        check_clock(checking, "source", facts->clock_offset_us);
        check_bound(checking, facts);
        ops->close(source);
    } else {
        print_end(checking, "source", endpoint, NULL, NULL);
        findings_problem(&checking->findings, NULL, &error);
    }
    print_findings(checking, first);
    return status == STATUS_OK;
}

static void note_warehouse(struct checking *checking,
                           const struct warehouse_facts *facts)
{
    json_t *object = json_object();
    document_text(object, "product", facts->product);
    document_text(object, "tls", facts->tls);
    (void)json_object_set_new(object, "clock_offset_seconds",
                              json_real((double)facts->clock_offset_us /
                                        1e6));
    (void)json_object_set_new(checking->document, "warehouse", object);
}

static bool check_warehouse(struct checking *checking)
{
    const struct settings *settings = checking->opening.settings;
    const struct warehouse_ops *ops =
        warehouse_find(settings->warehouse.url.scheme);
    struct warehouse *warehouse = NULL;
    struct error error;
    size_t first = checking->findings.count;
    meter_note(checking->line, "connecting to the warehouse");
    enum status status = ops->open(settings, &warehouse, &error);
    meter_note(checking->line, NULL);
    if (status == STATUS_OK) {
        const struct warehouse_facts *facts = ops->facts(warehouse);
        print_end(checking, "warehouse", &settings->warehouse,
                  facts->product, facts->tls);
        if (facts->clock_offset_us != 0)
            check_clock(checking, "warehouse", facts->clock_offset_us);
        if (checking->document)
            note_warehouse(checking, facts);
        ops->close(warehouse);
    } else {
        print_end(checking, "warehouse", &settings->warehouse, NULL, NULL);
        findings_problem(&checking->findings, NULL, &error);
    }
    print_findings(checking, first);
    return status == STATUS_OK;
}

static size_t count_mode(const struct opening *opening, enum mode mode)
{
    size_t count = 0;
    for (size_t i = 0; i < opening->count; i++)
        count += opening->works[i].problem.id == ERROR_NONE &&
                 opening->works[i].mode == mode;
    return count;
}

static void print_tables(const struct checking *checking, size_t first)
{
    const struct opening *opening = &checking->opening;
    size_t cdc = count_mode(opening, MODE_CDC);
    size_t incremental = count_mode(opening, MODE_INCREMENTAL);
    size_t full = count_mode(opening, MODE_FULL);
    char followed[32] = "";
    if (cdc > 0)
        (void)snprintf(followed, sizeof followed, "%zu cdc, ", cdc);
    if (shows_facts(checking))
        screen_line(stdout, "tables      %zu found: %s%zu incremental, %zu "
                    "full%s", opening->count, followed, incremental, full,
                    cdc + incremental + full < opening->count
                        ? ", others stand still"
                        : "");
    print_findings(checking, first);
}

static void note_tables(const struct checking *checking)
{
    json_t *array = json_array();
    for (size_t i = 0; i < checking->opening.count; i++) {
        const struct work *work = &checking->opening.works[i];
        json_t *object = json_object();
        document_text(object, "name", work->name);
        document_error(object, "error", &work->problem);
        if (work->problem.id == ERROR_NONE) {
            document_text(object, "mode", mode_name(work->mode));
            document_text(object, "reason", work->reason);
            document_text(object, "cursor", work->cursor);
            document_text(object, "target", work->table->target);
        }
        (void)json_array_append_new(array, object);
    }
    (void)json_object_set_new(checking->document, "tables", array);
}

static void look_at_tables(struct checking *checking)
{
    struct error error;
    size_t first = checking->findings.count;
    enum status status = opening_connect(&checking->opening, checking->line,
                                         false, &error);
    if (status == STATUS_OK)
        status = check_tables(&checking->opening, &checking->findings,
                              &error);
    if (status != STATUS_OK)
        findings_problem(&checking->findings, NULL, &error);
    if (checking->document)
        note_tables(checking);
    else if (checking->opening.count > 0)
        print_tables(checking, first);
    else
        print_findings(checking, first);
}

static void print_end_line(const struct checking *checking)
{
    const struct findings *findings = &checking->findings;
    size_t problems = findings->problem_count;
    size_t remarks = findings->count - problems;
    char problem_text[32] = "no problem";
    char remark_text[32] = "no remark";
    if (problems > 0)
        (void)snprintf(problem_text, sizeof problem_text, "%zu problem%s",
                       problems, problems == 1 ? "" : "s");
    if (problems == 0 && checking->line->is_quiet)
        return;
    if (remarks > 0)
        (void)snprintf(remark_text, sizeof remark_text, "%zu remark%s",
                       remarks, remarks == 1 ? "" : "s");
    screen_line(stdout, "%zu table%s, %s, %s. %s",
                checking->opening.count,
                checking->opening.count == 1 ? "" : "s", problem_text,
                remark_text,
                problems == 0   ? "next: tidemark run"
                : problems == 1 ? "Solve the problem, then: tidemark run"
                                : "Solve the problems, then: tidemark run");
}

/* Settings alone: no connection is opened. */
static void check_offline(const struct checking *checking)
{
    const struct settings *settings = checking->opening.settings;
    if (shows_facts(checking))
        screen_line(stdout, "settings    %s   valid; no connection was "
                    "opened", settings->path);
    if (checking->document)
        document_text(checking->document, "file", settings->path);
}

static void finish_document(struct checking *checking)
{
    const struct findings *findings = &checking->findings;
    document_count(checking->document, "problems", findings->problem_count);
    document_count(checking->document, "remarks",
                   findings->count - findings->problem_count);
    (void)json_object_set_new(checking->document, "findings",
                              findings_json(findings));
    document_number(checking->document, "exit",
                    command_exit_code(findings->status));
    document_print(checking->document);
}

enum status command_check(const struct command_line *line, int *exit_code,
                          struct error *error)
{
    struct checking checking = {.line = line};
    (void)exit_code;
    enum status status = opening_settings(&checking.opening, line, error);
    if (status != STATUS_OK)
        return status;
    if (line->json)
        checking.document = document_new(line->command, 0);
    if (line->is_offline) {
        check_offline(&checking);
    } else {
        bool has_source = check_source(&checking);
        bool has_warehouse = check_warehouse(&checking);
        if (has_source && has_warehouse)
            look_at_tables(&checking);
        if (!checking.document)
            print_end_line(&checking);
    }
    if (checking.document)
        finish_document(&checking);
    status = checking.findings.status;
    findings_release(&checking.findings);
    opening_close(&checking.opening);
    return status;
}
