#ifndef TIDEMARK_COMMAND_FINDINGS_H
#define TIDEMARK_COMMAND_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* What check has to say of tables and ends: problems must be solved before a
 * run can do its work, remarks should be known. */
struct finding {
    char *about;  /* the table, or several of them; NULL: the end itself */
    size_t about_count;
    char *text;
    char *hint; /* NULL: none */
    struct error problem; /* ERROR_NONE: a remark */
};
struct findings {
    struct finding *items;
    size_t count;
    size_t problem_count;
    enum status status; /* the worst of the problems */
};

/* The same remark of several tables is kept once. `hint` may be NULL. */
void findings_remark(struct findings *findings, const char *about,
                     const char *text, const char *hint);
void findings_problem(struct findings *findings, const char *about,
                      const struct error *problem);
/* The lines of all findings from `first` on, on standard output. */
void findings_print(const struct findings *findings, size_t first,
                    bool only_problems);
/* [{"level","about","text","hint"|"error"}] */
json_t *findings_json(const struct findings *findings);
void findings_release(struct findings *findings);

#endif
