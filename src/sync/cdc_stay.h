#ifndef TIDEMARK_SYNC_CDC_STAY_H
#define TIDEMARK_SYNC_CDC_STAY_H

#include "sync/cdc.h"
#include "sync/daemon.h"

/* What is remembered of a table that could not be read whole, or was so too
 * often, beyond a round. */
struct stay_pause {
    char *table;
    uint64_t pause_ms;      /* the last one; 0: none */
    int64_t not_before_us;  /* monotonic */
    int64_t copied_us;      /* monotonic; the last success, 0 never */
    unsigned copies;        /* in a row, without much time between */
    enum error_id told;     /* what people were told */
};

struct stay {
    struct sync *sync;
    struct steer *steer;
    uint64_t generation;     /* of steer, as the round began */
    atomic_bool is_ending;   /* the round: copies stop at their next step */
    int64_t round_at_us;     /* a further round is wanted then; monotonic,
                                0: none is */
    pthread_mutex_t mutex;   /* of the pauses */
    struct stay_pause *pauses;
    size_t pause_count;
};

/* --- cdc_stay_pause.c ---------------------------------------------------- */

/* The pause of the copies of all tables. */
#define STAY_ALL ""

void stay_pauses_free(struct stay *stay);
/* The moment from which the table may be read whole; monotonic. */
int64_t stay_not_before_us(struct stay *stay, const char *table);
/* It was; or it could not be, for that reason. */
void stay_note_copied(struct stay *stay, const char *table);
void stay_note_failed(struct stay *stay, const char *table,
                      const struct error *error);

/* --- cdc_stay_copy.c ----------------------------------------------------- */

/* Copies of a round, in a thread of their own. */
struct stay_copies {
    struct cdc *cdc;
    bool *is_idle;
    pthread_t thread;
    bool is_started;
    atomic_bool has_ended;
    struct error error; /* what ended it for all; once has_ended */
};
/* Those made beside the warehouse's table, or the others. */
enum status stay_copies_start(struct stay_copies *copies, struct cdc *cdc,
                              bool are_beside, struct error *error);
bool stay_copies_have_ended(const struct stay_copies *copies);
/* Waits for their end. A failure that concerns them alone puts them off. */
enum status stay_copies_join(struct stay_copies *copies, struct error *error);

/* --- cdc_stay_repair.c --------------------------------------------------- */

/* Requests by values, served in a thread of their own. */
struct stay_repair {
    struct cdc *cdc;
    pthread_t thread;
    bool is_started;
    atomic_bool has_ended;
    struct error error;    /* of the last time; once has_ended */
    int64_t not_before_us; /* monotonic; after a failure */
    uint64_t pause_ms;
};
/* Once a second: starts it where there is something to do. *has_ended: it has
 * done some; requests that are left may want a round. */
enum status stay_repair_look(struct stay_repair *repair, struct cdc *cdc,
                             bool *has_ended, struct error *error);
/* Waits for its end. */
enum status stay_repair_join(struct stay_repair *repair,
                             struct error *error);

/* --- cdc_stay_round.c ---------------------------------------------------- */

/* From cdc_begin to the end of the round; the log is read on all the while. */
enum status stay_round(struct stay *stay, struct cdc *cdc,
                       struct error *error);

#endif
