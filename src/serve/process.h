#ifndef TIDEMARK_SERVE_PROCESS_H
#define TIDEMARK_SERVE_PROCESS_H

#include <pthread.h>

#include "serve/daemon.h"
#include "serve/listen.h"
#include "serve/notify.h"
#include "sync/schedule.h"
#include "sync/steer.h"
#include "sync/sync.h"

/* How long to wait before what a person must mend is tried again. */
#define ACTION_WAIT_MS 300000

/* The last failure that was told: the same one is not told twice. */
struct told {
    char what[768];
};

/* What the threads of the daemon share. */
struct process {
    const struct daemon_options *options;
    struct steer *steer;
    struct notify *notify;
    struct listen *listener;
    char source[64]; /* its name in the state */
    char *state;     /* path; neither of both changes by a reload */
    char *socket;
    int64_t started_us; /* UTC */
    pthread_t conductor;

    pthread_mutex_t mutex; /* for all below, down to the next line */
    struct settings *fresh; /* read, not yet in force; owned */
    bool is_ready;          /* both sides were opened once */
    bool is_done;           /* the conductor has ended */
    bool has_failed;        /* the daemon must end, and why: */
    struct error failure;
    uint64_t reloads;       /* that took effect */

    /* of the conductor alone */
    struct sync *sync;
    struct schedule *schedule;
    pthread_t follower;
    bool has_follower;
};

/* Shall the threads come to their end: a stop, a reload, or a failure? */
bool process_must_leave(struct process *process);
/* The daemon cannot go on. The first failure counts. */
void process_fail(struct process *process, const struct error *error);
/* Logs a failure that is not the one told last. */
void told_failure(struct told *told, const char *about,
                  const struct error *error);
void told_clear(struct told *told);
/* Has the tables that a failure of a whole side holds up tell it: those that
 * follow the log, or the others that are due. */
void process_outage(const struct process *process, const struct error *error,
                    bool of_followed, bool of_scheduled);

/* conduct.c: a thread that opens both sides, works, and opens them again after
 * a reload. */
void *conduct_run(void *process);

/* windows.c: reads what is due until it must leave; by the conductor. */
void windows_stay(struct process *process);

/* follower.c: starts the follower where it does not run, and waits for its
 * end where it does. */
void follower_start(struct process *process);
void follower_join(struct process *process);

/* answers.c */
char *answer_line(void *process, const char *line, size_t length);
/* Reads the settings anew and has them put in force. */
enum status process_reload(struct process *process, struct error *error)
    MUST_CHECK;
/* Reads at most so many bytes a second from now on; 0: without a limit. */
void process_throttle(struct process *process, uint64_t rate);
/* "12 of 14 tables on time, lag 0.3 s" */
void process_headline(struct process *process, char *target, size_t size);

/* signals.c: SIGHUP and SIGUSR1 as flags and a descriptor to poll. */
bool signals_install(void);
int signals_descriptor(void);
/* True once for each time that the signal came; clears it. */
bool signals_take(int number);

#endif
