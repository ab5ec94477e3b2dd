#ifndef TIDEMARK_SYNC_STEER_H
#define TIDEMARK_SYNC_STEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "state/state.h"

/*
 * What a person or the system asks of a daemon, and what its threads tell of
 * themselves. Thread-safe. Every function but steer_new takes NULL, which is a
 * process that nobody steers: nothing is paused or throttled, nothing is told.
 */
struct steer;

struct steer *steer_new(void);
void steer_free(struct steer *steer);

/* --- pauses ---------------------------------------------------------------
 * `table` is the name of a work; NULL is everything. A table is paused when
 * it or everything is; resuming everything resumes each table too. True when
 * that changed something. */
bool steer_pause(struct steer *steer, const char *table);
bool steer_resume(struct steer *steer, const char *table);
/* A mutex and a short list: ask by table and generation, not by row. */
bool steer_is_paused(struct steer *steer, const char *table);

/* Takes the pauses of a source from the state. */
enum status steer_load(struct steer *steer, struct state *state,
                       const char *source, struct error *error) MUST_CHECK;

/* Moves with every change of a pause, with steer_leave and steer_touch. Starts
 * at 1; 0 for NULL. */
uint64_t steer_generation(struct steer *steer);
/* The source has other tables than before: describe them anew. */
void steer_touch(struct steer *steer);
/* Sleeps until `milliseconds` passed, the generation is not `generation` any
 * more, or a stop is requested; true when the time passed in full. */
bool steer_sleep(struct steer *steer, uint64_t generation,
                 uint64_t milliseconds);

/* The settings were read anew: whoever works with `struct sync` finishes what
 * it has, saves, and returns STATUS_OK, so that both sides are opened again.
 * steer_enter takes that back before the threads start again. */
void steer_leave(struct steer *steer);
void steer_enter(struct steer *steer);
bool steer_must_leave(struct steer *steer);
/* Between two steps of work: STATUS_OK, or STATUS_STOPPED where a stop was
 * requested or this process must leave. */
enum status steer_check(struct steer *steer, struct error *error) MUST_CHECK;

/* --- throttle -------------------------------------------------------------
 * One limit for all that is read from the source. 0: none. */
void steer_throttle(struct steer *steer, uint64_t bytes_a_second);
uint64_t steer_throttled(struct steer *steer);
/* Call after reading `bytes`: waits in small steps until they are within the
 * limit, a stop or steer_leave comes, or the limit is taken away. */
void steer_pay(struct steer *steer, uint64_t bytes);

/* --- figures --------------------------------------------------------------
 * The watchdog of the system is fed while every part that is present made
 * progress lately, or waits as it said. */
enum steer_part { STEER_FOLLOWER, STEER_SCHEDULER, STEER_PARTS };
/* STEER_PARTS as a part is nobody: nothing is told. */

struct steer_figures {
    int64_t progress_us; /* monotonic, of the last progress; 0 never */
    int64_t waits_us;    /* monotonic, end of the declared wait; 0 none */
    int64_t told_us;     /* monotonic, of the last steer_tell; 0 never */
    int64_t lag_ms;      /* of the latest table, now; -1 unknown */
    size_t tables;
    size_t tables_on_time;
    char note[96]; /* what it does now, such as a place; "" nothing */
};

/* Real progress: bytes came (a heartbeat of the source counts), rows were
 * read or confirmed, a checkpoint was saved. Cheap; ends a declared wait. */
void steer_progress(struct steer *steer, enum steer_part part);
/* A wait that ends by itself: a retry, the next due table, an answer with a
 * time-out. After so long without progress the part counts as stuck. */
void steer_wait(struct steer *steer, enum steer_part part,
                uint64_t milliseconds);
/* Lag, tables, tables_on_time and note are taken; the moments are not. The lag
 * grows from then on. */
void steer_tell(struct steer *steer, enum steer_part part,
                const struct steer_figures *figures);
/* What was told does not hold while a fault lasts: no table is on time, and
 * the note says what is tried again. Until the part tells anew. */
void steer_tell_fault(struct steer *steer, enum steer_part part,
                      const struct error *error);
/* From the first progress, wait or tell until this, the part is watched. */
void steer_gone(struct steer *steer, enum steer_part part);
/* False where the part is not present; *figures is empty then. */
bool steer_figures(struct steer *steer, enum steer_part part,
                   struct steer_figures *figures);
/* True while no present part has gone without progress for `limit_us` beyond
 * what it declared. */
bool steer_is_alive(struct steer *steer, int64_t limit_us);

#endif
