#ifndef TIDEMARK_SYNC_CDC_H
#define TIDEMARK_SYNC_CDC_H

#include <pthread.h>
#include <stdatomic.h>

#include "source/log.h"
#include "sync/cdc_pace.h"
#include "sync/schema_changes.h"
#include "sync/repair_scope.h"
#include "sync/task.h"

/*
 * The log of a source within a run: one stream ("main/cdc") for all tables
 * that are followed. A round is
 *
 *     cdc_begin -> copies (cdc_copy, by workers) -> cdc_follow -> cdc_end
 *
 * What the log could not tell becomes requests; a further round serves them.
 * A daemon (cdc_stay.c) stays in a round as long as no table must be described
 * anew, and copies beside the reading of the log.
 */

/* A followed table of a round. */
struct cdc_table {
    struct followed followed; /* its context is this struct */
    struct cdc *cdc;
    struct work *work;
    size_t index;        /* in the run */
    uint64_t request;    /* the newest that asks for a copy; 0: none */
    bool needs_copy;     /* it is read whole at the place of this round */
    bool is_beside;      /* beside the table that is there, before the log */
    bool waits;          /* a later round of a daemon reads it whole */
    atomic_bool is_copied; /* and that was done */
    uint64_t ahead_request; /* the newest note that a copy of it was made
                               which the log has not reached; 0: none */
    uint64_t went_version; /* rows went by a foreign key, and a copy of it
                              may lack them; 0: none did */
    bool is_went_noted;    /* in the state, or with the next checkpoint */
    atomic_bool has_ended; /* it was tried, with or without success */
    bool is_prepared;    /* the warehouse's table is ready */
    bool is_new;         /* it was made when it was prepared */
    bool is_stopped;     /* no row of it is taken any more */
    struct followed_reference *references; /* foreign keys that refer to it */
    struct cdc_edge **edges; /* those keys, in the same order */
    struct error problem; /* why it is stopped; ERROR_NONE: a request */
    struct schema schema; /* of its rows, against how it is described */
    struct batch *open;  /* being filled, or NULL */
    struct batch **full; /* behind one another, to be put before it */
    size_t full_count;
    uint64_t held_rows;
    uint64_t held_bytes;
    struct pace pace;
    /* By the loaders, with the mutex of the round. */
    uint64_t rows_read;
    uint64_t rows_confirmed;
    uint64_t deletes;
    uint64_t bytes;
};

/* A foreign key that changes rows beside the log. Constant in a round. */
struct cdc_edge {
    struct log_child child; /* texts are owned */
    struct cdc_table *table;  /* the child's; NULL: not followed */
    struct cdc_table *parent; /* NULL: not followed */
    size_t *columns;    /* of the child's plan; NULL: its rows cannot be found
                           by them */
    size_t *referenced; /* of the parent's plan, likewise */
};

struct cdc {
    struct sync *sync;
    struct sync_run *run;
    struct stay *stay; /* of a daemon; NULL: a run, which ends */
    pthread_mutex_t mutex;
    struct state *state;
    struct source_session *session;
    struct warehouse_session *warehouse;
    char name[STREAM_NAME_BYTES];
    uint64_t fence;
    char *place;       /* where the round begins; committed */
    uint64_t epoch;
    uint64_t scan;     /* version of the copies; 0: none are made */
    uint64_t last_request; /* the newest one as the round began */
    /* cdc_wait.c; of whoever repairs, but for the number. */
    char *mark;
    uint64_t mark_request;
    _Atomic uint64_t passed_request;
    struct cdc_table *tables; /* in order of name */
    size_t count;
    struct deliver *deliver;
    struct follow *follow;
    bool is_between;   /* no transaction is open */
    uint64_t held_bytes; /* of full batches */
    uint64_t held_rows;
    int64_t held_since_us; /* monotonic; 0: nothing is held */
    uint64_t full_bytes;   /* everything is handed over at the latest */
    uint64_t ahead_bytes;  /* of a table, it goes ahead of the others */
    struct cdc_table *ahead; /* its batches are sent as they get full */
    bool is_begun;         /* the delivery that they go into */
    uint64_t sent_rows;    /* into it */
    uint64_t sent_bytes;
    int64_t next_due_us;   /* of the table that is due first; 0: none */
    size_t first_batch_bytes; /* of a table; small where they are many */
    uint64_t put_bytes;    /* handed over so far */
    uint64_t deliveries;   /* begun so far */
    struct state_request *requests; /* found since the last seal */
    size_t request_count;
    struct cdc_pending *pending; /* values of requests that are not yet made */
    size_t pending_count;
    struct cdc_edge *edges;
    size_t edge_count;
    bool has_cascades; /* rows may be gone that no request has seen to yet */
    bool is_repairing; /* rows of an older place may still be loaded */
    _Atomic uint64_t repair_steps; /* moves while rows are read again */
    bool has_moved;    /* transactions since the last seal */
    struct log_ledger before; /* of the rounds before this one */
    int64_t retention_s;      /* of the log; -1 unknown, 0 for ever */
    bool has_problems; /* tables of the run are not followed for theirs */
    bool is_stale;     /* a table must be described anew behind this
                          transaction: the round ends there */
};

/* Does any table of the run follow the log? */
bool cdc_is_wanted(const struct sync_run *run);
/* --- cdc_ready.c: before the tables of a round are described ------------- */

struct cdc_ready {
    bool is_other; /* another server answers than before */
    bool is_late;  /* what was described before is too old, or of that one */
    char *end;     /* where the log begins anew; owned, or NULL */
};
/* From now on one server alone is asked (log_ops.pin). Waits until all can be
 * seen that lies before the saved place. */
enum status cdc_ready(struct sync *sync, struct cdc_ready *ready,
                      struct error *error) MUST_CHECK;
/* Every SELECT from then on sees what came before the place. *has_waited is
 * set where that took a while; may be NULL. */
enum status cdc_wait_visible(struct sync *sync, struct source_session *session,
                             const char *place, bool *has_waited,
                             struct error *error) MUST_CHECK;

/*
 * Takes the stream, finds the place to go on from and what must be copied.
 * The epoch is settled: nothing of the round was loaded before. Where the log
 * no longer holds the place, every table is copied.
 */
enum status cdc_begin(struct cdc *cdc, struct sync *sync,
                      struct sync_run *run, struct error *error) MUST_CHECK;
/* The followed table of a work of the run, NULL where it is not followed. */
struct cdc_table *cdc_table_of(struct cdc *cdc, size_t index);
struct cdc_table *cdc_table_named(struct cdc *cdc, const char *name);
/* No row of it is taken any more; it alone waits for a person. */
void cdc_stop_table(struct cdc_table *table, const struct error *problem);
/* Makes the warehouse's table ready, once a round. */
enum status cdc_prepare(struct cdc_table *table, struct error *error)
    MUST_CHECK;
/* Reads a followed table whole at the place of the round, by a worker. */
enum status cdc_copy(struct cdc_table *table, struct task *task,
                     struct error *error) MUST_CHECK;
/* After an attempt of a worker, or the last of them. */
void cdc_copy_ended(struct cdc_table *table, struct task *task,
                    struct state *state);
/* Before the log is read: tables whose copy beside did not come about wait for
 * one that begins anew, for the rows until then pass them by. */
enum status cdc_settle_copies(struct cdc *cdc, struct error *error)
    MUST_CHECK;
/* What was read of a table so far is no part of a later copy: its rows pass by,
 * the place moved on unread, or they are made otherwise now. */
enum status cdc_forget_copies(struct cdc *cdc, struct state *state,
                              const char *table, struct error *error)
    MUST_CHECK;
/* Opens the log at the place of the round. */
enum status cdc_open(struct cdc *cdc, bool stops_at_end, struct error *error)
    MUST_CHECK;
/* Takes what the log told; nothing is handed over. */
enum status cdc_take(struct cdc *cdc, const struct log_item *item,
                     struct error *error) MUST_CHECK;
/* Reads the log to its present end; all copies have ended. */
enum status cdc_follow(struct cdc *cdc, struct error *error) MUST_CHECK;
/* Frees everything; harmless after a cdc_begin that failed. */
void cdc_end(struct cdc *cdc);

/* --- cdc_place.c --------------------------------------------------------- */

/* The place to begin with, the epoch and the version of the copies. */
enum status cdc_place(struct cdc *cdc, struct error *error) MUST_CHECK;

/* --- cdc_rows.c: where rows of the log go -------------------------------- */

struct followed *cdc_find(void *context, const char *database,
                          const char *name);
enum log_filter cdc_why(void *context, const char *database,
                        const char *name);
enum status cdc_room(void *context, struct followed *followed,
                     struct batch **batch, struct error *error);
/* Hands over what is held. Where no transaction is open the stream can then
 * resume behind it. */
enum status cdc_flush(struct cdc *cdc, struct error *error) MUST_CHECK;
/* Hands over tables whose time has come, and moves no checkpoint. */
enum status cdc_flush_due(struct cdc *cdc, int64_t now_us,
                          struct error *error) MUST_CHECK;
/* After a failure: waits for the loads that were begun. What is cut off could
 * land late, behind deletes of what is older. */
enum status cdc_land(struct cdc *cdc, struct error *error) MUST_CHECK;
/* Is the memory held that can be? */
bool cdc_is_full(const struct cdc *cdc);
/* Drops what is held. */
void cdc_drop(struct cdc *cdc);
/* Is it time to hand over what is held? */
bool cdc_is_due(const struct cdc *cdc);

/* --- cdc_ledger.c -------------------------------------------------------- */

/* Goes on from what was saved, NULL: nothing, and notes how long the server
 * keeps its log. */
void cdc_ledger_begin(struct cdc *cdc, const char *saved);
/* As JSON, to be saved with the checkpoint; the caller frees it. */
char *cdc_ledger_text(const struct cdc *cdc);

#define CDC_ALL "{\"all\":true}"
#define CDC_ALL_LATER "{\"all\":true,\"waits\":true}"

/* --- cdc_request.c ------------------------------------------------------- */

/* Everything of a table, with the next checkpoint; `version` is that of the
 * event, as below. False where that was asked for already. */
bool cdc_request_table(struct cdc *cdc, const struct work *work,
                       uint64_t version, const char *reason);
/* The same at the place that was reached. */
void cdc_request_now(struct cdc *cdc, const struct work *work,
                     const char *reason);
/* Deletes of that version for what lies below it, likewise. */
void cdc_request_below(struct cdc *cdc, const struct work *work,
                       uint64_t version);
/* Rows of these keys ("["1"],["2"]"), likewise; NULL: everything. */
void cdc_request_keys(struct cdc *cdc, const struct work *work,
                      const char *keys, uint64_t version,
                      const char *reason);
/* The rows that the foreign key changes or has changed for this value of the
 * parent; NULL: for any. */
void cdc_request_children(struct cdc *cdc, const struct cdc_edge *edge,
                          bool is_gone, const char *value, uint64_t version);
/* Makes requests of the values gathered; before a seal. */
void cdc_requests_gather(struct cdc *cdc);
/* At once: all of a table. `version` as above, that of the reading which found
 * the cause; 0: one that is open already will do. */
enum status cdc_file_table(struct cdc *cdc, struct state *state,
                           const char *table, uint64_t version,
                           const char *reason, struct error *error)
    MUST_CHECK;
/* The same, when the log was read to where the reading was: what a foreign key
 * changed beside it. */
enum status cdc_file_later(struct cdc *cdc, struct state *state,
                           const char *table, uint64_t version,
                           struct error *error) MUST_CHECK;
/* Which tables must be copied: files what is known without the log (new
 * tables, those that are followed no more), then reads the open ones. */
enum status cdc_requests_read(struct cdc *cdc, struct error *error)
    MUST_CHECK;
/* Strikes off what the copies have served, makes the deletes that are asked
 * for. *is_open: another round is needed. */
enum status cdc_requests_serve(struct cdc *cdc, bool *is_open,
                               struct error *error) MUST_CHECK;
/* What copies have filed is older than the log that is opened behind them. */
enum status cdc_requests_copied(struct cdc *cdc, struct error *error)
    MUST_CHECK;
/* Is every request that was made in the state by now? */
bool cdc_requests_are_saved(struct cdc *cdc);
void cdc_requests_drop(struct cdc *cdc);

/* --- cdc_stay.c ----------------------------------------------------------- */

/* Shall what runs beside the log end at its next step? NULL: never. */
bool stay_is_ending(const struct stay *stay);
/* Puts copies off that were tried in vain not long ago. */
void stay_put_off(struct cdc *cdc);
/* A request that only a further round can serve. */
void stay_want_round(struct cdc_table *table, uint64_t request);
/* It cannot be followed for now. */
void stay_table_failed(struct cdc_table *table);
/* A worker has done with the copy. */
void stay_copy_ended(struct cdc_table *table, struct task *task,
                     struct state *state);
/* --- cdc_schema.c: columns that come, go and change ---------------------- */

/* Of each table, against what the state says; sets needs_copy where the log
 * alone cannot lead from one to the other. */
enum status cdc_schema_begin(struct cdc *cdc, struct error *error) MUST_CHECK;
/* What is copied in this round has the columns that are described. */
void cdc_schema_copies(struct cdc *cdc);
/* News of a table's columns; *is_met false: they are of another kind. */
enum status cdc_schema_meet(struct cdc *cdc, const struct log_item *item,
                            bool *is_met, struct error *error) MUST_CHECK;
/* At the end of the log: what it has not told is read again. */
void cdc_schema_end(struct cdc *cdc);

/* --- cdc_children.c ------------------------------------------------------ */

/* Learns the foreign keys, once a round. */
enum status cdc_children(struct cdc *cdc, struct error *error) MUST_CHECK;
void cdc_children_drop(struct cdc *cdc);
/* As log_sink has them. */
void cdc_parent(void *context, struct followed *followed, size_t reference,
                enum log_touch touch, const char *value, uint64_t version);
/* May rows be gone beside the log that no request has seen to? A row that is
 * written then may have been gone before: what hung on it is asked for. */
void cdc_expect_cascades(struct cdc *cdc, bool has_cascades);
/* Do rows of other tables go, or change, with those of the table? */
bool cdc_has_cascade(const struct cdc_table *table);
void cdc_passed(void *context, const char *database, const char *name,
                uint64_t version);
/* Nobody knows which rows of a table went: its children, theirs and so on are
 * told one after the other, each table once. */
typedef enum status cdc_branch_function(void *context, const char *table,
                                        struct error *error);
enum status cdc_branch(struct cdc *cdc, const char *table,
                       cdc_branch_function *tell, void *context,
                       struct error *error) MUST_CHECK;
/* Requests all of them with the next checkpoint. */
void cdc_request_branch(struct cdc *cdc, const char *table,
                        uint64_t version);

/* --- cdc_repair.c -------------------------------------------------------- */

/*
 * Serves what is open by keys and by foreign keys, at the place of the last
 * checkpoint: rows are read again, those that are gone are deleted, and
 * requests are struck off behind them. What it finds too large becomes a
 * request for the whole table. *is_open: requests are left that need a round
 * (copies), or tables that are not followed.
 *
 * Of `cdc` only what is constant in a round is read (tables, edges, epoch,
 * name), and connections and state are its own: a thread may call it beside
 * the one that reads the log, for all the time between cdc_begin and cdc_end,
 * as soon as a checkpoint with requests was saved. `results` is that of the
 * run, or NULL: nobody counts. STATUS_TEMPORARY: call again. A daemon does so
 * in a thread (cdc_stay_repair.c), a run when the log has been read.
 */
enum status cdc_repair(struct cdc *cdc, struct work_result *results,
                       bool *is_open, struct error *error) MUST_CHECK;
/* Is the request one that it serves now? */
bool cdc_is_repaired(struct cdc *cdc, const struct state_request *request);
/* Was it filed beside the log, for rows that a reading did not find? */
bool cdc_must_wait(const struct state_request *request);
/* Is it a note (sync.h), or will it be another request then? */
bool cdc_is_let_go(const struct state_request *request);
/* Keeps that rows of the table are read, or were, ahead of the log, by a
 * reading of that version: before anything is loaded, or while the request is
 * open for which all of it is read. */
enum status cdc_file_passed(struct cdc *cdc, struct state *state,
                            const struct cdc_table *table, bool is_copy,
                            uint64_t version, struct error *error) MUST_CHECK;
/* On another server: requests, with the next checkpoint, of all tables that
 * are so. */
enum status cdc_request_ahead(struct cdc *cdc, uint64_t version,
                              struct error *error) MUST_CHECK;
/* Must the log be read on before it is served (cdc_wait.c)? */
bool cdc_is_waiting(const struct cdc *cdc,
                    const struct state_request *request);
/* The log was read to an end that it had after the round began. */
void cdc_wait_passed(struct cdc *cdc);
/* Before a copy deletes what it no longer found: files requests for what hangs
 * on those rows, whose values are then lost. */
enum status cdc_follow_buried(struct cdc_table *table, struct task *task,
                              uint64_t below, struct error *error) MUST_CHECK;
/* The same where the whole table is put in place of the one before. */
enum status cdc_follow_swapped(struct cdc_table *table, struct task *task,
                               struct error *error) MUST_CHECK;
/* Before a request is struck off that was served in another way than by its
 * values: what its changes move further on is asked for. */
enum status cdc_follow_moves(struct cdc *cdc, struct state *state,
                             const struct cdc_table *table,
                             const struct scope *scope, struct error *error)
    MUST_CHECK;

#endif
