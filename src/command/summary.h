#ifndef TIDEMARK_COMMAND_SUMMARY_H
#define TIDEMARK_COMMAND_SUMMARY_H

#include <jansson.h>
#include <stdint.h>

#include "command/command.h"
#include "state/state.h"
#include "sync/sync.h"

/* A table as run, status and history show it; all texts are borrowed. What is
 * unknown is -1 or NULL and is left out. */
struct summary_line {
    const char *name;
    const char *mode;
    const char *state; /* word of the interface */
    int64_t rows_read;
    int64_t rows_confirmed;
    int64_t deletes;
    int64_t bad;
    int64_t bytes;
    int64_t lag_ms;
    int64_t elapsed_ms;
    int64_t success_us; /* UTC; 0: not told */
    int64_t next_us;    /* UTC, when a daemon reads it next; 0: not told */
    const struct error *problem; /* NULL or ERROR_NONE: none */
    const char *note; /* behind the state; NULL: nothing */
};

struct summary_line summary_of_result(const struct work_result *result);
struct summary_line summary_of_history(const struct state_run_table *table);

/* The table of all lines on standard output. */
void summary_print(const struct command_line *line,
                   const struct summary_line *lines, size_t count);
/* One table as a JSON object; the caller may add to it. */
json_t *summary_json(const struct summary_line *line);

#endif
