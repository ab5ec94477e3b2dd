/* What check says of a log that tables follow. */
#include "base/memory.h"
#include "check_tables.h"

static void add_facts(struct log_facts *facts, struct findings *findings)
{
    struct error problem;
    if (facts->why_not) {
        error_set_status(&problem, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                         "cannot follow the log: %s", facts->why_not);
        if (facts->next)
            error_next(&problem, "%s", facts->next);
        findings_problem(findings, NULL, &problem);
    }
    for (size_t i = 0; i < facts->warning_count; i++)
        findings_remark(findings, NULL, facts->warnings[i], NULL);
}

static void tell_child(void *context, const char *table)
{
    findings_remark(context, table,
                    "a foreign key changes it beside the log: it is read "
                    "whole after each run that brought changes", NULL);
}

enum status check_log(const struct opening *opening,
                      struct source_session *session,
                      struct findings *findings, struct error *error)
{
    const struct log_ops *log = opening->sync->source->ops->log;
    struct log_facts facts;
    bool is_followed = false;
    for (size_t i = 0; i < opening->count; i++)
        is_followed |= opening->works[i].mode == MODE_CDC &&
                       opening->works[i].problem.id == ERROR_NONE;
    if (!is_followed)
        return STATUS_OK;
    enum status status = log->facts(session, &facts, error);
    if (status == STATUS_OK)
        add_facts(&facts, findings);
    log_facts_release(&facts);
    if (status == STATUS_OK)
        status = log->children(session, tell_child, findings, error);
    return status;
}
