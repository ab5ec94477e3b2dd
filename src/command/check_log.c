/* What check says of the log: its line always, what is wrong with it where
 * tables follow it. */
#include <stdio.h>

#include "base/memory.h"
#include "check_tables.h"
#include "document.h"

static void note_look(const struct log_look *look, json_t *document)
{
    json_t *object = json_object();
    json_t *warnings = json_array();
    document_text(object, "summary", look->facts.summary);
    document_bool(object, "can_be_followed",
                  look->refusal.id == ERROR_NONE);
    document_error(object, "error", &look->refusal);
    document_number(object, "retention_seconds", look->facts.retention_s);
    for (size_t i = 0; i < look->facts.warning_count; i++) {
        json_t *warning = json_object();
        document_text(warning, "text", look->facts.warnings[i].text);
        document_text(warning, "hint", look->facts.warnings[i].hint);
        (void)json_array_append_new(warnings, warning);
    }
    (void)json_object_set_new(object, "warnings", warnings);
    (void)json_object_set_new(document, "log", object);
}

void check_log_line(struct source *source, json_t *document, char *text,
                    size_t size)
{
    struct log_look look;
    struct error error;
    text[0] = '\0';
    if (!source->ops->log)
        return;
    /* A failure is met again by what follows, and told there. */
    if (log_look(source, &look, &error) == STATUS_OK) {
        (void)snprintf(text, size, "%s   %s", look.facts.summary,
                       look.refusal.id != ERROR_NONE ? "cannot be followed"
                       : look.facts.warning_count > 0
                           ? "can be followed"
                           : "ok");
        if (document)
            note_look(&look, document);
    }
    log_look_release(&look);
}

static void add_look(const struct log_look *look, struct findings *findings)
{
    if (look->refusal.id != ERROR_NONE)
        findings_problem(findings, NULL, &look->refusal);
    for (size_t i = 0; i < look->facts.warning_count; i++)
        findings_remark(findings, NULL, look->facts.warnings[i].text,
                        look->facts.warnings[i].hint);
}

static void tell_child(void *context, const struct log_child *child)
{
    findings_remark(context, child->table,
                    "a foreign key changes it beside the log: its rows are "
                    "read again where those of the table it refers to were "
                    "deleted or changed", NULL);
}

/* A guess is kept; a better one is offered, or what stands in its way told. */
static void tell_guesses(const struct opening *opening,
                         const struct log_look *look,
                         struct findings *findings)
{
    bool can = look->refusal.id == ERROR_NONE && look->facts.has_rows;
    char *text = can ? memory_text("the log can be followed; the way of "
                                   "reading that was guessed before is kept")
                     : memory_format("not from the log: %s",
                                     look->refusal.id != ERROR_NONE
                                         ? look->refusal.what
                                         : "its format is not ROW");
    for (size_t i = 0; i < opening->count; i++) {
        const struct work *work = &opening->works[i];
        if (work->problem.id == ERROR_NONE && work->is_guessed &&
            work->mode != MODE_CDC && work->table->key_count > 0)
            findings_remark(findings, work->name, text,
                            can ? "set  mode: cdc  to see deletes, too"
                            : look->refusal.id != ERROR_NONE
                                ? look->refusal.next
                                : "SET GLOBAL binlog_format = ROW, then set "
                                  "mode: cdc");
    }
    memory_free(text);
}

/* Is a table of that mode there, by settings or by a guess? */
static bool has_mode(const struct opening *opening, bool is_cdc)
{
    for (size_t i = 0; i < opening->count; i++) {
        const struct work *work = &opening->works[i];
        bool is_here = work->mode == MODE_CDC;
        if (work->problem.id == ERROR_NONE && is_here == is_cdc &&
            (is_cdc || (work->is_guessed && work->table->key_count > 0)))
            return true;
    }
    return false;
}

enum status check_log(const struct opening *opening,
                      struct source_session *session,
                      struct findings *findings, struct error *error)
{
    const struct log_ops *log = opening->sync->source->ops->log;
    const struct log_look *look = NULL;
    bool is_followed = has_mode(opening, true);
    if (!log || (!is_followed && !has_mode(opening, false)))
        return STATUS_OK;
    enum status status = sync_log_look(opening->sync, &look, error);
    if (status == STATUS_OK)
        tell_guesses(opening, look, findings);
    if (!is_followed)
        return status;
    if (status == STATUS_OK)
        add_look(look, findings);
    if (status == STATUS_OK)
        status = log->children(session, tell_child, findings, error);
    return status;
}
