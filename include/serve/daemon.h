#ifndef TIDEMARK_SERVE_DAEMON_H
#define TIDEMARK_SERVE_DAEMON_H

#include "base/error.h"
#include "settings/settings.h"
#include "state/state.h"

/*
 * The process that stays. The caller holds the lock of the state and has
 * installed the stop flag. Threads: one that follows the log, one that reads
 * the other tables when they are due, and the caller's, which hears signals,
 * systemd and the socket.
 *
 * SIGTERM and SIGINT drain: what was read is delivered and saved, then
 * STATUS_OK. SIGHUP reads the settings: bad ones are told and those in force
 * stay, good ones take effect once the threads have drained. SIGUSR1 logs
 * figures. Temporary faults never end it; what a person must mend is told once
 * and tried again, but ends it before the first connection.
 */
struct daemon_options {
    struct settings **settings; /* in force; replaced by a reload, the old
                                   ones are freed */
    struct state *state;        /* for writing, of the calling thread */
    /* Reads the settings anew. */
    enum status (*load)(void *context, struct settings **settings,
                        struct error *error);
    void *context;
};

enum status daemon_run(const struct daemon_options *options,
                       struct error *error) MUST_CHECK;

#endif
