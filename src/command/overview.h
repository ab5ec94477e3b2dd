#ifndef TIDEMARK_COMMAND_OVERVIEW_H
#define TIDEMARK_COMMAND_OVERVIEW_H

#include <jansson.h>

#include "looking.h"
#include "summary.h"

/* The tables as they stand at one moment, from the state alone. */
struct overview_table {
    const struct state_table *table; /* NULL: set and never run */
    struct summary_line line;
    char name[512]; /* with its source where that is not "main" */
    char note[96];
    uint64_t rows_done;     /* of a copy under way; 0: none */
    uint64_t rows_expected; /* 0 unknown */
};
struct overview {
    struct overview_table *tables;
    size_t count;
    struct state_table **rows;
    struct state_run_table *last; /* of the last runs of all tables */
    size_t last_count;
    uint64_t throttle; /* bytes a second that a daemon may read; 0: any */
    json_t *daemon; /* what it says of itself; NULL: none was asked */
};

/* Reads it; ERROR_NOTHING_MATCHES where the command line names no table that
 * the state or the settings know. Released also after a failure. */
enum status overview_read(struct overview *overview,
                          const struct looking *looking,
                          const struct command_line *line,
                          struct error *error) MUST_CHECK;
/* Asks a daemon how it is, and when it reads each table next. */
enum status overview_ask_daemon(struct overview *overview,
                                const struct looking *looking,
                                const struct command_line *line,
                                struct error *error) MUST_CHECK;
void overview_release(struct overview *overview);

/* What a table cannot show by its numbers: rows that no window reaches. Into
 * target; false where there is nothing to say. */
bool overview_remark(const struct overview_table *table, char *target,
                     size_t size);
json_t *overview_json(const struct overview_table *table);

#endif
