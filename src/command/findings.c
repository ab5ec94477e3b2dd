/* The list of what check has found. */
#include "findings.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "document.h"
#include "screen.h"

/* Names told of one remark; the rest is a number. */
#define NAMES_TOLD 3

static struct finding *add(struct findings *findings)
{
    findings->items = memory_resize(findings->items, findings->count + 1,
                                    sizeof *findings->items);
    struct finding *finding = &findings->items[findings->count++];
    memset(finding, 0, sizeof *finding);
    finding->about_count = 1;
    return finding;
}

static bool is_same(const char *left, const char *right)
{
    return left && right ? text_equal(left, right) : left == right;
}

static bool join(struct findings *findings, const char *about,
                 const char *text, const char *hint)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        if (finding->problem.id != ERROR_NONE || !finding->about || !about ||
            !text_equal(finding->text, text) || !is_same(finding->hint, hint))
            continue;
        if (finding->about_count++ < NAMES_TOLD) {
            char *joined = memory_format("%s, %s", finding->about, about);
            memory_free(finding->about);
            finding->about = joined;
        }
        return true;
    }
    return false;
}

void findings_remark(struct findings *findings, const char *about,
                     const char *text, const char *hint)
{
    if (join(findings, about, text, hint))
        return;
    struct finding *finding = add(findings);
    finding->about = memory_text(about);
    finding->text = memory_text(text);
    finding->hint = memory_text(hint);
}

void findings_problem(struct findings *findings, const char *about,
                      const struct error *problem)
{
    char next[sizeof problem->next];
    struct finding *finding = add(findings);
    finding->about = memory_text(about);
    finding->text = memory_text(problem->what);
    finding->hint = memory_text(screen_next(problem, next, sizeof next));
    finding->problem = *problem;
    findings->problem_count++;
    findings->status = findings->problem_count == 1
                           ? problem->status
                           : status_worse(findings->status, problem->status);
}

static void print_one(const struct finding *finding)
{
    bool is_problem = finding->problem.id != ERROR_NONE;
    char more[48] = "";
    if (finding->about_count > NAMES_TOLD)
        (void)snprintf(more, sizeof more, " and %zu more",
                       finding->about_count - NAMES_TOLD);
    screen_line(stdout, "  %c %s%s%s%s%s%s%s", is_problem ? 'x' : '!',
                finding->about ? finding->about : "", more,
                finding->about ? "  " : "", finding->text,
                is_problem ? " (" : "",
                is_problem ? error_id_text(finding->problem.id) : "",
                is_problem ? ")" : "");
    if (finding->problem.effect[0])
        screen_line(stdout, "      effect: %s", finding->problem.effect);
    if (finding->hint)
        screen_line(stdout, "      %s %s", is_problem ? "next:" : "hint:",
                    finding->hint);
}

void findings_print(const struct findings *findings, size_t first,
                    bool only_problems)
{
    for (size_t i = first; i < findings->count; i++)
        if (!only_problems || findings->items[i].problem.id != ERROR_NONE)
            print_one(&findings->items[i]);
}

json_t *findings_json(const struct findings *findings)
{
    json_t *array = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        bool is_problem = finding->problem.id != ERROR_NONE;
        json_t *object = json_object();
        document_text(object, "level", is_problem ? "problem" : "remark");
        document_text(object, "about", finding->about);
        document_count(object, "tables", finding->about_count);
        document_text(object, "text", finding->text);
        if (is_problem)
            document_error(object, "error", &finding->problem);
        else
            document_text(object, "hint", finding->hint);
        (void)json_array_append_new(array, object);
    }
    return array;
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        memory_free(findings->items[i].about);
        memory_free(findings->items[i].text);
        memory_free(findings->items[i].hint);
    }
    memory_free(findings->items);
    memset(findings, 0, sizeof *findings);
}
