#ifndef TIDEMARK_SYNC_TASK_H
#define TIDEMARK_SYNC_TASK_H

#include "deliver/deliver.h"
#include "sync/sync.h"

/*
 * One attempt at one table by one thread: its connections, its state handle
 * and what it has done. Readers (backfill, incremental, reload) work on it;
 * what fails ends the attempt.
 */
struct task {
    struct sync *sync;
    struct work *work;
    size_t index; /* in the run, for progress */
    struct sync_run *run;
    struct work_result *result;
    struct source_session *session;
    struct warehouse_session *warehouse; /* for layout and swaps */
    struct state *state;
    uint64_t scan_version; /* of every row, at a place of the log; 0: each
                              chunk takes a reading of its own */
    bool is_prepared; /* the warehouse's table is ready */
    uint64_t expected_rows;
    /* What the readers learnt, for the table's line in the state. */
    int64_t mark_us;    /* INT64_MIN: no window was read */
    int64_t reading_us; /* the source's clock when reading began; 0 never */
    uint64_t null_cursors;
    uint64_t future_cursors;
    int64_t strays_us; /* when those were last loaded */
};

/* Makes the warehouse's table ready. *is_new: it was made here, and holds
 * nothing. */
enum status work_prepare(const struct sync *sync, struct work *work,
                         struct warehouse_session *session, bool *is_new,
                         struct error *error) MUST_CHECK;
/* Makes the warehouse's table ready and the next version higher than every
 * stored one; before the first delivery of an attempt. */
enum status task_prepare(struct task *task, struct error *error) MUST_CHECK;

/* The readers; each runs to the end of what there is to do now. */
enum status backfill_first(struct task *task, int64_t *mark_us,
                           struct error *error) MUST_CHECK;
enum status backfill_again(struct task *task,
                           const struct backfill_choice *choice,
                           struct error *error) MUST_CHECK;
/* The SELECT of what is chosen; the caller frees *where by filter_free. */
enum status backfill_request(const struct work *work,
                             const struct backfill_choice *choice,
                             struct scan_request *request,
                             struct filter **where, struct error *error)
    MUST_CHECK;
/* backfill_choice.c: is it all of the table? */
bool backfill_is_whole(const struct backfill_choice *choice);
/* The choice as options; the caller frees it. */
char *backfill_text(const struct backfill_choice *choice);
/* The reader's part of its stream's name: a name of its own makes a second
 * start harmless; without one the choice itself is the name. */
void backfill_reader(const struct backfill_choice *choice, char *target,
                     size_t size);
enum status incremental_run(struct task *task, struct error *error)
    MUST_CHECK;
/* `mark_us` NULL: the table is read whole each time; else where the windows
 * that follow begin. */
enum status reload_run(struct task *task, int64_t *mark_us,
                       struct error *error) MUST_CHECK;
/* Counts the rows that no window reaches and loads them once a day; after
 * incremental_run has set mark_us. */
enum status strays_run(struct task *task, struct error *error) MUST_CHECK;
/* One attempt at the table as the run wants it. */
enum status task_attempt(struct task *task, struct error *error) MUST_CHECK;

/* Saves the shape and what is read how (life BACKFILLING), so that a later
 * attempt knows by what its rows were made. */
enum status work_note_shape(struct sync *sync, struct work *work,
                            struct state *state, struct error *error)
    MUST_CHECK;

/* --- one stream of one attempt ------------------------------------------ */

/*
 * A stream taken by lease, with what an earlier process left pending settled,
 * its checkpoint read, and the road to the warehouse.
 */
struct stream {
    struct task *task;
    char name[STREAM_NAME_BYTES];
    uint64_t fence;
    char *checkpoint; /* where it resumes; NULL: at its start */
    uint64_t rows_done;
    int64_t saved_us; /* of the checkpoint, UTC; 0 never */
    struct deliver *deliver; /* NULL until stream_load */
};
enum status stream_open(struct task *task, const char *reader,
                        struct stream *stream, struct error *error)
    MUST_CHECK;
/* Starts the loaders. */
enum status stream_load(struct stream *stream, enum load_target target,
                        struct error *error) MUST_CHECK;
/* Saves a checkpoint that needs no rows; stream_load must be done. */
enum status stream_save(struct stream *stream, const struct deliver_seal *seal,
                        struct error *error) MUST_CHECK;
/* Waits for the commits, adds the counts to the result, frees. `status` is
 * that of the work so far; the worse of both is returned. */
enum status stream_close(struct stream *stream, enum status status,
                         struct error *error) MUST_CHECK;

/* --- chunks ------------------------------------------------------------- */

/*
 * Reads a request in chunks, each with a snapshot and a reading of its own and
 * each one delivery, until the rows end. `checkpoint` makes the text to resume
 * from: `after` is the position reached, NULL once the rows have ended; freed
 * by the caller. `seal_last` NULL, or called to complete the last seal.
 */
struct copy {
    struct stream *stream;
    struct scan_request request; /* `after` is where to begin */
    char *(*checkpoint)(void *context, const char *after);
    void (*seal_last)(void *context, struct deliver_seal *seal);
    void *context;
    bool is_whole; /* one chunk without limit: a table without a key */
};
enum status copy_run(struct copy *copy, struct error *error) MUST_CHECK;

/* A request for every row of the work in that order. */
struct scan_request scan_table(const struct work *work,
                               enum scan_order order);
/* The same with its cursor. */
struct scan_request scan_cursor(const struct work *work,
                                enum scan_order order);

/* --- checkpoints as text -------------------------------------------------- */

/* {"mark":ISO,"bound":ISO,"after":[..],"phase":..,"token":..}; parts that are
 * absent are INT64_MIN or NULL. The token is that of a reload's copy, or what
 * a person asked to have read again (backfill_text). */
struct place {
    int64_t mark_us;
    int64_t bound_us;
    char *after;
    char *phase;
    char *token;
};
void place_init(struct place *place);
void place_release(struct place *place);
/* NULL text gives an empty place; a text that is not ours is an error. */
enum status place_read(const char *text, const char *stream,
                       struct place *place, struct error *error) MUST_CHECK;
/* Absent parts as above; the caller frees it. */
char *place_text(const char *phase, int64_t mark_us, int64_t bound_us,
                 const char *after, const char *token);

/* --- cursors ------------------------------------------------------------- */

/* An instant in the units in which the cursor's cells lie in a batch. */
int64_t cursor_cell(const struct work *work, int64_t utc_us);

#endif
