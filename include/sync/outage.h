#ifndef TIDEMARK_SYNC_OUTAGE_H
#define TIDEMARK_SYNC_OUTAGE_H

#include "settings/settings.h"
#include "state/state.h"

/* A fault of a daemon that concerns source, warehouse or log as a whole. */
struct outage {
    const struct settings *settings;
    const char *source;  /* its name in the state */
    bool of_followed;    /* it holds up the tables that follow the log */
    bool of_scheduled;   /* those of the others that are due */
    const struct error *problem;
};

/*
 * Makes it the problem of each live table that it holds up, unless that has a
 * problem of its own which a person must mend. It is taken back by
 * state_tables_confirm, or when the table was read. A state that cannot be
 * written is logged.
 */
void outage_keep(const struct outage *outage);

#endif
