#ifndef TIDEMARK_SYNC_WORKS_H
#define TIDEMARK_SYNC_WORKS_H

#include "sync/sync.h"

/* The works while they are made. */
struct listing {
    struct sync *sync;
    const struct work_choice *choice;
    struct source_session *session;
    struct warehouse_session *warehouse;
    struct state *state; /* NULL: nothing was ever done */
    struct state_table **known; /* of the state, ends in NULL; or NULL */
    struct work *works;
    size_t count;
};

/* --- works_names.c ------------------------------------------------------- */

/* A work for each table of the source that the settings and the command name.
 * ERROR_NOTHING_MATCHES where there is none, or none for a word of the command
 * line. */
enum status works_find_names(struct listing *listing, struct error *error)
    MUST_CHECK;
bool works_has(const struct listing *listing, const char *name);

/* --- works_rivals.c ------------------------------------------------------ */

/* Two tables cannot fill the same one of the warehouse: the one that may not
 * gets a problem. Of works that are made. */
void works_refuse_rivals(struct listing *listing);

#endif
