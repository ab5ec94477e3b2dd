#ifndef TIDEMARK_SYNC_CDC_STAY_READING_H
#define TIDEMARK_SYNC_CDC_STAY_READING_H

#include "sync/cdc_stay.h"

/* What is done beside the log once in a while; of its thread between start and
 * has_ended. */
struct stay_aside {
    struct cdc *cdc;
    pthread_t thread;
    bool is_started;
    atomic_bool has_ended;
    const char **current; /* tables to be confirmed; names are borrowed */
    size_t current_count;
    int64_t current_us;   /* up to that moment, UTC; 0: none are */
    bool wants_names;
    bool has_new;         /* a table of the source that is not known */
    struct error error;   /* once has_ended */
};

/* A round of a daemon while the log is read; of the thread that reads. */
struct reading {
    struct stay *stay;
    struct cdc *cdc;
    struct stay_copies copies;
    struct stay_repair repair;
    int64_t now_us;      /* monotonic, of this step */
    int64_t began_us;
    int64_t ticked_us;
    int64_t saved_us;    /* of the last checkpoint */
    int64_t save_each_us;
    int64_t heard_us;    /* the last event of a transaction */
    int64_t named_us;
    int64_t confirmed_us; /* when the state was last told */
    struct stay_aside aside;
    int64_t ending_us;   /* since when the round is ending; 0: it is not */
    bool has_rows;       /* since the last checkpoint */
    uint64_t paid_bytes;
    size_t ended_copies; /* that were seen to */
    int64_t commit_at_us; /* of the last transaction; UTC of the source */
    uint64_t sealed;     /* a delivery that holds all up to sealed_at_us; 0 */
    int64_t sealed_at_us;
    int64_t lag_from_us; /* all before that moment is loaded; UTC, 0 unknown */
};

/* --- cdc_stay_look.c ----------------------------------------------------- */

/* The round comes to its end as soon as it can. */
void reading_end(struct reading *reading, const char *reason);
/* Pauses, settings that were read anew. */
void reading_look_at_steer(struct reading *reading);
/* What could not be followed as the round began may be mended by now. */
void reading_look_at_problems(struct reading *reading);

/* --- cdc_stay_aside.c ---------------------------------------------------- */

/* Once a second: confirms the lines of tables in the state every 10 seconds,
 * and looks for new tables every minute. A failure is told the next time. */
enum status reading_look_aside(struct reading *reading, struct error *error)
    MUST_CHECK;
/* Waits for its end. */
enum status reading_join_aside(struct reading *reading, struct error *error)
    MUST_CHECK;

/* --- cdc_stay_round.c ---------------------------------------------------- */

/* Is all of the table that was read in the warehouse? */
bool reading_is_current(const struct cdc_table *table);

#endif
