#ifndef TIDEMARK_SYNC_SYNC_H
#define TIDEMARK_SYNC_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/batch.h"
#include "model/calendar.h"
#include "settings/settings.h"
#include "source/source.h"
#include "state/state.h"
#include "sync/progress.h"
#include "sync/steer.h"
#include "warehouse/warehouse.h"

struct stay;

/*
 * One source and one warehouse, opened, with what all tables share. A command
 * opens one and closes it; threads share it.
 */
struct sync {
    const struct settings *settings; /* borrowed */
    const struct endpoint_settings *endpoint; /* of the source */
    struct source *source;
    struct warehouse *warehouse;
    struct pool *pool;
    char owner[96]; /* "host:pid", for leases */
    struct steer *steer; /* borrowed; NULL: nobody steers this process */
    struct log_look *log_look; /* see sync_log_look; NULL: not looked yet */
};

enum status sync_open(const struct settings *settings, struct sync **sync,
                      struct error *error) MUST_CHECK;
void sync_close(struct sync *sync); /* NULL is allowed */

/*
 * Before the first reading of a run: keeps which server the source is. Another
 * one than before steps the epoch and is told in the log: windows go on from
 * their marks, which nobody can prove for rows of another server.
 */
enum status sync_identify(struct sync *sync, struct state *state,
                          struct error *error) MUST_CHECK;

/* Can the log of the source be followed, as it is and by this account? */
struct log_look {
    struct log_facts facts;
    struct error refusal; /* why not, with what to do; ERROR_NONE: it can */
};
/* Asks for the facts, and whether the server lets us read the log's end. The
 * source must have a log. Released also after a failure. */
enum status log_look(struct source *source, struct log_look *look,
                     struct error *error) MUST_CHECK;
void log_look_release(struct log_look *look);
/* Once for all tables; *look is borrowed, NULL where the source has no log. */
enum status sync_log_look(struct sync *sync, const struct log_look **look,
                          struct error *error) MUST_CHECK;

/*
 * One table to be kept equal: settings and description made into a plan. Made
 * by works_list; a table that cannot be read has `problem` and no promise on
 * the rest.
 */
struct work {
    char *name;
    const struct table_settings *settings; /* borrowed */
    struct source_table *described;        /* owned; NULL when missing */
    struct table *table; /* described->table with the settings applied */
    struct shape shape;
    enum mode mode;
    bool is_guessed;      /* the mode was guessed */
    char reason[160];     /* why this mode */
    const char *cursor;   /* column, NULL: none */
    const char *cursor_index; /* the source's index that begins with it */
    enum cursor_unit cursor_unit;
    struct zone *cursor_zone; /* owned; NULL: UTC */
    uint64_t late_ms;
    struct error problem; /* ERROR_NONE: fine */
    char **remarks;       /* for check and plan */
    size_t remark_count;
    struct state_table *state; /* as it was; owned; NULL: never seen */
    bool is_lost; /* was loaded once, and the warehouse has it no more */
    bool is_hidden; /* its view is gone: it is not idle */
    bool is_absent; /* never seen, and the warehouse has nothing of its name;
                       until it is prepared */
    bool takes_over; /* another table filled its target since: a copy is made
                        beside, for those rows are not its own */
    char *shape_text; /* what the rows are made by; see work_shape_text */
};

/* Which tables a command is about: none given means all of the settings. */
struct work_choice {
    const char *const *patterns; /* from the command line */
    size_t count;
};

/*
 * Finds the tables, describes them, applies settings, state and the
 * warehouse's limits. Few round trips for any number. ERROR_NOTHING_MATCHES
 * (exit 2) where nothing is left.
 */
enum status works_list(struct sync *sync, const struct work_choice *choice,
                       struct work **works, size_t *count,
                       struct error *error) MUST_CHECK;
/* Where one of them follows the log: with all others that do, for a place of
 * the log is one for all. Those that were there stay, in any order. */
enum status works_widen(struct sync *sync, struct work **works, size_t *count,
                        struct error *error) MUST_CHECK;
void works_free(struct sync *sync, struct work *works, size_t count);
/* Overlap of a table's windows, settings and proof of the bound considered. */
uint64_t work_overlap_ms(const struct work *work, bool is_bound_proved);

/* Does what the state says of the shape ask for every row again? */
bool work_must_begin_anew(const struct work *work);

/* The state word of a table as `status` shows it at `now_us` (UTC); *lag_ms is
 * -1 where it is unknown. Static text. */
const char *outcome_word(const struct state_table *table, uint64_t late_ms,
                         int64_t now_us, int64_t *lag_ms);
/* The lag from which a table of that mode is late without settings. */
uint64_t work_default_late_ms(enum mode mode);

/* What a run does with each table. */
enum task_kind { TASK_RUN, TASK_BACKFILL };
struct backfill_choice {
    const char *name;  /* --name, or NULL */
    const char *from;  /* --from, first key column, or NULL */
    const char *to;    /* --to, or NULL */
    const char *where; /* --where, or NULL */
    const char *since; /* --since as it was given, or NULL */
    int64_t since_us;  /* its moment, by the cursor; INT64_MIN: none */
};
/* Can that be meant? ERROR_USAGE and the like for an empty range, a filter
 * that does not fit, and a name that was first given for other rows. A work
 * with a problem passes: the run tells it. */
enum status backfill_check(struct state *state, const struct work *work,
                           const struct backfill_choice *choice,
                           struct error *error) MUST_CHECK;
/*
 * Has the chosen rows of a table that follows the log read again by the next
 * reading of it: files requests, deletes of a range of keys included. Refuses
 * what it cannot name, before anything is asked for (STATUS_USAGE).
 */
enum status backfill_ask(struct sync *sync, struct state *state,
                         const struct work *work,
                         const struct backfill_choice *choice,
                         struct error *error) MUST_CHECK;

/* What became of one table. */
struct work_result {
    const struct work *work;
    const char *state; /* word of the interface, static */
    uint64_t rows_read;
    uint64_t rows_confirmed;
    uint64_t deletes;
    uint64_t bytes;
    int64_t elapsed_ms;
    int64_t lag_ms; /* -1 unknown */
    char note[96];  /* what people should know beside it; "" nothing */
    struct error problem;
};

struct sync_run {
    enum task_kind kind;
    struct backfill_choice backfill; /* TASK_BACKFILL */
    struct work *works;
    size_t count;
    struct work_result *results; /* count of them, filled in */
    struct progress *progress;   /* NULL: nobody looks */
    uint64_t run;                /* id in the history */
    bool is_named; /* a person named the tables: none is skipped */
    bool is_due;   /* the daemon chose them: none was read today */
    enum steer_part part; /* whose progress its readers are */
    struct stay *stay; /* a follower that stays; NULL: the run ends */
    const char *log_end; /* of the log, asked before the works were described;
                            NULL: not asked */
};

/*
 * Reads and loads every table, several side by side; temporary faults are
 * tried again until settings->retry_ms have passed without progress. A table
 * that fails stops alone; STATUS_ACTION and worse of the whole source or
 * warehouse end the run. The status is the worst of all (status_worse).
 */
enum status sync_run(struct sync *sync, struct sync_run *run,
                     struct error *error) MUST_CHECK;

/* Does an open request only say that rows were read ahead of the log? Nothing
 * is read again for it. */
bool cdc_is_note(const struct state_request *request);

#endif
