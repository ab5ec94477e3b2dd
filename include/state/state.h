#ifndef TIDEMARK_STATE_STATE_H
#define TIDEMARK_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/table.h"

/*
 * The state: one SQLite file (WAL, synchronous FULL, STRICT tables) that holds
 * where each stream resumes, what is open, and what was done. People may read
 * it with sqlite3. A handle belongs to one thread; every thread opens its own.
 * All failures are ERROR_STATE_*; a failed fsync or commit leaves what was
 * there before. All SQL stands in state/statements.h.
 */
struct state;

enum state_access { STATE_WRITE, STATE_READ };

/*
 * Opens the file; with STATE_WRITE makes it (mode 0600, folder 0700) and
 * migrates by user_version, one transaction a step. Refuses a foreign
 * application_id, a newer user_version, a damaged file (quick_check after an
 * unclean end), a hard link and a network file system. With STATE_READ a
 * missing file gives *state NULL and STATUS_OK.
 */
enum status state_open(const char *path, enum state_access access,
                       struct state **state, struct error *error) MUST_CHECK;
void state_close(struct state *state); /* NULL is allowed */
const char *state_path(const struct state *state);

/*
 * One process at a time: a lock file beside the state (PATH.lock, flock), held
 * by descriptor until state_unlock. ERROR_STATE_BUSY names the holder's pid.
 */
struct state_lock;
enum status state_lock(const char *path, struct state_lock **lock,
                       struct error *error) MUST_CHECK;
void state_unlock(struct state_lock *lock); /* NULL is allowed */

/* --- sources: identity, epoch, readings ------------------------------- */

struct state_source {
    char name[64];
    char identity[128]; /* server uuid, or MariaDB's id; "" if never seen */
    uint64_t epoch;     /* 1 at first */
    uint64_t readings;  /* the last number given, 0 at first */
};
/* Reads or makes the row of a source. */
enum status state_source(struct state *state, const char *name,
                         struct state_source *source, struct error *error)
    MUST_CHECK;
/*
 * Keeps who the source is. Where it was another server before, the epoch steps
 * in the same transaction and *former holds that one's identity, "" otherwise.
 */
enum status state_source_identify(struct state *state, const char *name,
                                  const char *identity, char former[128],
                                  struct error *error) MUST_CHECK;
/* The epoch becomes at least `epoch`; where it rises the readings begin again;
 * ERROR_STATE_DAMAGED where none is left. */
enum status state_epoch_step(struct state *state, const char *name,
                             uint64_t epoch, struct error *error) MUST_CHECK;
/*
 * Takes the next reading of a source and keeps the write lock on its row:
 * open the snapshot, then state_reading_keep; if that fails, close the
 * snapshot unread. state_reading_drop gives up. *version is ready to use. An
 * exhausted clock steps the epoch.
 */
enum status state_reading_take(struct state *state, const char *source,
                               uint64_t *version, struct error *error)
    MUST_CHECK;
enum status state_reading_keep(struct state *state, struct error *error)
    MUST_CHECK;
void state_reading_drop(struct state *state);
/*
 * The version of a scan at a place of the log: its clock and the next reading
 * number there. *version is 0 where the numbers of this clock are used up, or
 * the clock lies before that of an earlier scan: the log must move on, or the
 * epoch step.
 */
enum status state_scan_take(struct state *state, const char *source,
                            uint64_t clock, uint64_t *version,
                            struct error *error) MUST_CHECK;

/* --- streams ----------------------------------------------------------- */

struct state_stream {
    char name[320];
    char *checkpoint; /* NULL: never saved; owned: state_stream_release */
    uint64_t fence;
    uint64_t rows_done;      /* confirmed since the stream's work began */
    uint64_t rows_expected;  /* 0 where unknown */
    int64_t saved_us;        /* UTC; 0 never */
    char *ledger;            /* of a log, JSON, or NULL; owned as well */
};
/* Reads one; a stream that is not there yields checkpoint NULL, fence 0. */
enum status state_stream_read(struct state *state, const char *name,
                              struct state_stream *stream,
                              struct error *error) MUST_CHECK;
void state_stream_release(struct state_stream *stream);
/* Takes the lease: (stream, owner, fence + 1, until). Every later save must
 * carry *fence; an older owner's saves fail with ERROR_STATE_FENCED. */
enum status state_lease_take(struct state *state, const char *stream,
                             const char *owner, uint64_t *fence,
                             struct error *error) MUST_CHECK;
/* The stream's checkpoint and leftovers go (a finished backfill). Fenced. */
enum status state_stream_forget(struct state *state, const char *stream,
                                uint64_t fence, struct error *error)
    MUST_CHECK;

/* --- tables ------------------------------------------------------------ */

/* A table's life; texts are those of the interface. */
#define TABLE_LIFE_LIST(X) \
    X(NEW, "never run") X(BACKFILLING, "copying") X(LIVE, "on time") \
    X(REPAIRING, "repairing") X(STOPPED, "action required")
enum table_life {
#define X(name, text) LIFE_##name,
    TABLE_LIFE_LIST(X)
#undef X
    LIFE_COUNT
};

struct state_table {
    char *source;
    char *name;
    char *target;
    enum table_life life;
    char *mode;       /* "incremental", "full" */
    bool is_guessed;  /* the mode was guessed, not set */
    char *mark;       /* high-water mark as ISO text or NULL */
    int64_t mark_us;  /* the mark as instant, 0 where there is none */
    int64_t confirmed_us; /* start of the last confirmed reading, 0 never */
    int64_t success_us;   /* end of the last good run, 0 never */
    uint64_t null_cursors;   /* cursor NULL or 0, last count */
    uint64_t future_cursors; /* rows beyond the bound by more than a day */
    int64_t strays_us;       /* when those were last loaded, 0 never */
    uint64_t rows_confirmed; /* by the last run */
    uint64_t run;            /* the last run that touched it */
    struct error problem;    /* id ERROR_NONE where there is none */
    char *shape;             /* fingerprint of columns, filter, masks */
    char *layout;            /* JSON kept for the reader of the layout */
};
/* NULL where the table was never seen; freed by state_table_free. */
enum status state_table_read(struct state *state, const char *source,
                             const char *name, struct state_table **table,
                             struct error *error) MUST_CHECK;
enum status state_table_write(struct state *state,
                              const struct state_table *table,
                              struct error *error) MUST_CHECK;
/* Many of them in one transaction. */
enum status state_tables_write(struct state *state,
                               const struct state_table *const *tables,
                               size_t count, struct error *error) MUST_CHECK;
/* Those that are live and without a problem of their own are confirmed up to
 * that moment, in one transaction; it never goes back. What befell the whole
 * source or warehouse before is over with it. */
enum status state_tables_confirm(struct state *state, const char *source,
                                 const char *const *names, size_t count,
                                 int64_t confirmed_us, struct error *error)
    MUST_CHECK;
/* Those that are live get that problem, in one transaction, unless a person
 * must mend another one first. */
enum status state_tables_trouble(struct state *state, const char *source,
                                 const char *const *names, size_t count,
                                 const struct error *problem,
                                 struct error *error) MUST_CHECK;
struct state_table *state_table_new(const char *source, const char *name);
void state_table_free(struct state_table *table);
/* All tables in order of source and name; the array ends in NULL and is freed
 * by state_tables_free. */
enum status state_tables(struct state *state, struct state_table ***tables,
                         struct error *error) MUST_CHECK;
void state_tables_free(struct state_table **tables);
/* First name of a column, by which its seed goes; NULL when never seen. The
 * caller frees *seed_name. */
enum status state_seed_read(struct state *state, const char *source,
                            const char *table, const char *column,
                            char **seed_name, struct error *error)
    MUST_CHECK;
enum status state_seed_write(struct state *state, const char *source,
                             const struct table *table, struct error *error)
    MUST_CHECK;

/* The column was renamed: its seed goes with it. Once more does nothing. */
enum status state_seed_rename(struct state *state, const char *source,
                              const char *table, const char *from,
                              const char *to, struct error *error) MUST_CHECK;
/* The shape of a table alone; one that was never seen is left out. */
enum status state_shape_write(struct state *state, const char *source,
                              const char *table, const char *shape,
                              struct error *error) MUST_CHECK;

/* --- overlap: what the window before delivered last ---------------------- */

#define OVERLAP_PAIRS_MAX 200000 /* kept a stream */
struct overlap_pair {
    uint64_t key_hash;
    uint64_t digest; /* 0: a delete */
};
/* Takes the pairs of a stream, sorted by key_hash, out of the state: an attempt
 * that dies leaves none behind that are no longer what was delivered last. The
 * caller frees *pairs. */
enum status state_overlap_read(struct state *state, const char *stream,
                               struct overlap_pair **pairs, size_t *count,
                               struct error *error) MUST_CHECK;
/* Forgets the pairs of every stream of a table: another road wrote to it. */
enum status state_overlap_forget(struct state *state, const char *table,
                                 struct error *error) MUST_CHECK;

/* --- requests ----------------------------------------------------------- */

/* The one road for what went wrong; served by the reader `repair`. Filed in
 * the transaction that moves the checkpoint past its cause. */
struct state_request {
    uint64_t id;
    char *source;
    char *table;
    char *scope;   /* JSON: keys, ranges, children or everything */
    char *visible; /* position that must be visible, or NULL */
    char *reason;
    int64_t filed_us; /* UTC; set when it is read */
};
/* Outside of a checkpoint. */
enum status state_request_file(struct state *state,
                               const struct state_request *request,
                               struct error *error) MUST_CHECK;
/* The oldest open ones of a source, at most `limit`; freed by the call below.
 */
enum status state_requests(struct state *state, const char *source,
                           size_t limit, struct state_request **requests,
                           size_t *count, struct error *error) MUST_CHECK;
void state_requests_free(struct state_request *requests, size_t count);
enum status state_request_served(struct state *state, uint64_t id,
                                 struct error *error) MUST_CHECK;

/* --- pauses -------------------------------------------------------------- */

/* What a person has paused, until it is resumed. Needs no lock of the state.
 * `table` "" is everything of the source: resuming it resumes each table. */
enum status state_pause(struct state *state, const char *source,
                        const char *table, struct error *error) MUST_CHECK;
enum status state_resume(struct state *state, const char *source,
                         const char *table, struct error *error) MUST_CHECK;
struct state_pause {
    char source[64];
    char table[256];
    int64_t since_us; /* UTC */
};
/* All of them; the caller frees *pauses with memory_free. */
enum status state_pauses(struct state *state, struct state_pause **pauses,
                         size_t *count, struct error *error) MUST_CHECK;

/* At most so many bytes a second are to be read from the source, until that is
 * changed; 0: no limit. Needs no lock of the state. */
enum status state_throttle(struct state *state, const char *source,
                           uint64_t bytes_a_second, struct error *error)
    MUST_CHECK;
enum status state_throttled(struct state *state, const char *source,
                            uint64_t *bytes_a_second, struct error *error)
    MUST_CHECK;

/* --- runs --------------------------------------------------------------- */

struct state_run {
    uint64_t id;
    int64_t started_us;
    int64_t ended_us; /* 0 while it runs, or when it died */
    char started_by[16]; /* manual, timer, daemon, repair */
    char command[32];
    char outcome[32]; /* "ok", "partial", ... status names */
    int exit_code;
    uint64_t tables;
    uint64_t rows_read;
    uint64_t rows_confirmed;
    uint64_t bytes;
    uint64_t bad_rows;
};
struct state_run_table {
    uint64_t run;
    char *name;
    char *mode;
    char *state; /* word of the interface */
    uint64_t rows_read;
    uint64_t rows_confirmed;
    uint64_t inserts; /* windows cannot tell: rows that are not deletes */
    uint64_t updates;
    uint64_t deletes;
    uint64_t bad;
    uint64_t bytes;
    int64_t elapsed_ms;
    struct error problem;
};
enum status state_run_start(struct state *state, struct state_run *run,
                            struct error *error) MUST_CHECK;
enum status state_run_end(struct state *state, const struct state_run *run,
                          struct error *error) MUST_CHECK;
enum status state_run_table_add(struct state *state,
                                const struct state_run_table *table,
                                struct error *error) MUST_CHECK;
/* The last `limit` runs, newest first; freed by the caller with memory_free.
 * `table` NULL: all runs, else those that touched it. */
enum status state_runs(struct state *state, const char *table, size_t limit,
                       struct state_run **runs, size_t *count,
                       struct error *error) MUST_CHECK;
enum status state_run_tables(struct state *state, uint64_t run,
                             struct state_run_table **tables, size_t *count,
                             struct error *error) MUST_CHECK;
void state_run_tables_free(struct state_run_table *tables, size_t count);

#endif
