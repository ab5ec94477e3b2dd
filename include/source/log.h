#ifndef TIDEMARK_SOURCE_LOG_H
#define TIDEMARK_SOURCE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/batch.h"
#include "model/shape.h"

/*
 * What a source with a log of changes offers beside its scans: rows as they
 * were changed, in the order of their commits. It knows nothing of loads,
 * checkpoints or requests.
 *
 * A place is text that only the source understands (a JSON object, readable
 * in the state): the end of a transaction, with the clock that was counted up
 * to there (model/version.h) and the identity of the log.
 */
struct source;
struct source_session;

/* A place as people read it; texts are owned: log_spot_release. */
struct log_spot {
    char *file;
    uint64_t offset;
    char *gtid;     /* the set of what lies before; "" or NULL: none */
    int64_t time_us; /* its last transaction's, UTC; 0 unknown */
};
void log_spot_release(struct log_spot *spot);

/* Can the log be read on from a place? */
enum log_loss {
    LOG_THERE,
    LOG_PURGED,   /* the server has dropped what follows */
    LOG_MOVED,    /* another server holds the place and goes on from it, see
                     `move`; the epoch must step */
    LOG_FORKED,   /* another server that lacks a part of what was read, or has
                     changes before the place that were not read; the epoch
                     must step */
    LOG_ANOTHER,  /* another server or another log; the epoch must step */
    LOG_SHORTENED /* the log ends before the place; the epoch must step */
};

/* For check and status. Texts are owned: log_facts_release. */
struct log_warning {
    char *text;
    char *hint; /* the statement or setting that mends it, or NULL */
};
struct log_facts {
    char *why_not;     /* it cannot be followed, as people read it; or NULL */
    char *next;        /* the statement or setting that would help, or NULL */
    bool has_rows;     /* it is written as rows, not as statements */
    char *summary;     /* "ROW, full image, full metadata, kept 10 d" */
    int64_t retention_s; /* how long a file that is closed is kept at least;
                            0: for ever, -1: unknown */
    struct log_warning *warnings; /* what is not in the log, or may not be
                                     for long */
    size_t warning_count;
};
void log_facts_release(struct log_facts *facts);

/* Columns of a table whose changes change rows of other tables beside the log:
 * those that a foreign key refers to. */
struct followed_reference {
    const size_t *columns; /* NULL: not all are read, no value is known */
    size_t count;
    bool on_delete; /* a delete is told */
    bool on_update; /* a change of these columns is told */
};
/* What became of a row that is referred to. */
enum log_touch {
    PARENT_GONE,
    PARENT_CHANGED, /* one of the two values of a change */
    PARENT_NEW      /* a value that was not there before */
};

/* A table whose rows are wanted; the caller's until the log is closed. */
struct followed {
    const struct table *table;
    const struct shape *shape; /* bound to the table */
    void *context;             /* the caller's own */
    const struct followed_reference *references;
    size_t reference_count;
    bool tells_new; /* PARENT_NEW is wanted; may change while it is read */
};

/* A foreign key that changes rows of its table without a word in the log. All
 * texts are borrowed for the call. */
struct log_child {
    const char *table;
    const char *parent_database;
    const char *parent;
    const char *const *columns;    /* of the table */
    const char *const *referenced; /* of the parent, in the same order */
    size_t count;
    bool deletes;   /* ON DELETE CASCADE: the row goes with its parent's */
    bool on_delete; /* that, or SET NULL, SET DEFAULT */
    bool on_update; /* likewise, or its columns follow the parent's */
};

/* Every row image and every other event the log held, by what became of it:
 * seen = applied + the sum of filtered. */
enum log_filter {
    FILTERED_TABLE,     /* the table is not followed */
    FILTERED_STOPPED,   /* it is stopped */
    FILTERED_KEPT,      /* a delete, and settings keep deleted rows */
    FILTERED_REQUEST,   /* a request reads it again */
    FILTERED_IGNORABLE, /* the server says it may be ignored */
    FILTERED_OWN,       /* of the log's own making: rotation, heartbeat ... */
    FILTERED_PREPARED,  /* XA that is not committed yet: seen again then */
    LOG_FILTER_COUNT
};

/* Where rows go. Called from within next, by its thread. */
struct log_sink {
    void *context;
    /* The followed table of that name, NULL: its rows are filtered. Asked for
     * each table map, so it must be quick. */
    struct followed *(*find)(void *context, const char *database,
                             const char *name);
    /* Why there is none; NULL: nobody follows it. */
    enum log_filter (*why)(void *context, const char *database,
                           const char *name);
    /* A batch of the table with room for one row. The row's version is set by
     * the source; rows of one batch may have any. */
    enum status (*room)(void *context, struct followed *table,
                        struct batch **batch, struct error *error);
    /* A row that `references[reference]` is about was deleted, or its columns
     * changed: the value (source/source.h, source_columns) before, and for a
     * change the one behind too, by a call of its own. NULL: the log does not
     * tell it. Rows without a value are not told. May be NULL. */
    void (*parent)(void *context, struct followed *table, size_t reference,
                   enum log_touch touch, const char *value,
                   uint64_t version);
    /* Rows of a table that was not found were changed or deleted, perhaps: its
     * rows are not looked at. May be NULL. */
    void (*passed)(void *context, const char *database, const char *name,
                   uint64_t version);
};

/* The oldest transaction that was prepared (XA) and neither committed nor
 * rolled back at a place: its part of the log is needed until it is. */
struct log_waiting {
    size_t count;    /* of all such ones */
    char name[300];  /* as people find it in XA RECOVER: format:gtrid:bqual,
                        the two in hex */
    int64_t since_s; /* UTC */
};
/* The last part of the log that the server still has. */
struct log_extent {
    uint64_t files;
    uint64_t bytes;
    bool is_all; /* there is nothing older */
    char first[256]; /* name of its first file */
};

struct log_request {
    const char *place;  /* from `end` or `place` */
    /* Who reads: the same text for every reader of this stream, of no other
     * one. A new reader takes over from one that died. */
    const char *reader;
    uint64_t epoch;     /* of the versions */
    bool stops_at_end;  /* read to the end as it is now, then LOG_END */
    struct log_sink sink;
};

enum log_news {
    LOG_NOTHING, /* rows went to the sink or were filtered */
    LOG_COMMIT,  /* a transaction ended: `place` is one to resume from */
    LOG_TABLE,   /* something befell a table, see log_fate */
    LOG_IDLE,    /* nothing came for up to a second; heartbeats are this */
    LOG_END
};

/* One clause of an ALTER, as it is written. Texts belong to the source until
 * the next call of `next`. */
enum log_change_kind {
    CHANGE_ADD,        /* a column: declared, is_nullable, has_default */
    CHANGE_DROP,       /* a column */
    CHANGE_RENAME,     /* a column: new_name */
    CHANGE_TYPE,       /* a column: declared, is_nullable */
    CHANGE_DROP_INDEX, /* of that name; of a constraint perhaps */
    CHANGE_PARENT,     /* a foreign key came or went */
    CHANGE_OTHER       /* not understood: any row may be another */
};
struct log_change {
    enum log_change_kind kind;
    char *name;
    char *new_name; /* CHANGE_RENAME, else NULL */
    char *declared; /* "int unsigned", as the source's describe has it where
                       the statement is plain; or NULL */
    bool is_nullable;
    bool has_default; /* rows that are there get a value, or may */
};

/* What befell a followed table, at its place in the log. */
enum log_fate {
    TABLE_TRUNCATED, /* all rows below `version` are gone */
    TABLE_DROPPED,
    TABLE_RENAMED,   /* it is another table now, or none */
    TABLE_CREATED,   /* `name`, which is not followed; `table` is NULL */
    TABLE_ALTERED,   /* by `changes`; its next rows are paired anew */
    TABLE_EARLIER,   /* the next rows lack columns that came later, named by
                        `changes` (CHANGE_ADD); they will hold NULL */
    TABLE_AS_NOW,    /* the next rows have the columns it is described by */
    TABLE_CHANGED,   /* its next rows do not fit what is known of it */
    TABLE_UNKNOWN,   /* its rows cannot be told apart any more: read it anew */
    TABLE_STATEMENT, /* changed by a statement: any row may differ */
    TABLE_UNSEEN,    /* changed by what was not read: any row may differ */
    TABLE_KEYS,      /* the log holds rows that are not whole: `keys` */
    TABLE_BAD_ROW    /* `reason`: a value without a place; the table stops */
};

struct log_item {
    enum log_news news;
    enum log_fate fate;
    struct followed *table; /* NULL: every followed one */
    uint64_t version;  /* of the event */
    int64_t at_us;     /* LOG_COMMIT: UTC by the source's clock; 0 unknown */
    const struct log_change *changes; /* TABLE_ALTERED, TABLE_EARLIER */
    size_t change_count;
    bool is_doubtful;  /* TABLE_ALTERED: rows before it were paired by order
                          with columns that may be those behind it */
    const char *name;  /* TABLE_CREATED */
    /* TABLE_KEYS: their keys, as values with commas between, borrowed until
     * the next call; NULL: not known. */
    const char *keys;
    struct error reason; /* TABLE_BAD_ROW; else it means nothing */
};

struct log_ledger {
    uint64_t seen;
    uint64_t applied;
    uint64_t filtered[LOG_FILTER_COUNT];
};

struct follow;
struct log_ops {
    /* From now on every connection of the source leads to the server that
     * answers now, or is refused, and behind a refusal `next` fails, too: both
     * STATUS_TEMPORARY. *is_other: it is not the one that was pinned, or else
     * opened, before. */
    enum status (*pin)(struct source *source, bool *is_other,
                       struct error *error);
    void (*unpin)(struct source *source);
    enum status (*facts)(struct source_session *session,
                         struct log_facts *facts, struct error *error);
    /* Where the last `files` files of the log begin, all of them where there
     * are fewer, with the clock 0. The caller frees *place. */
    enum status (*back)(struct source_session *session, size_t files,
                        char **place, struct log_extent *extent,
                        struct error *error);
    /* The end of the log as it is now, with that clock: 0 where an epoch
     * begins. The caller frees *place. */
    enum status (*end)(struct source_session *session, uint64_t clock,
                       char **place, struct error *error);
    enum status (*loss)(struct source_session *session, const char *place,
                        enum log_loss *loss, struct error *error);
    /* LOG_MOVED: the place as that server names it. The caller frees it. */
    enum status (*move)(struct source_session *session, const char *place,
                        char **moved, struct error *error);
    /* Tells the foreign keys of all tables of the database by which the server
     * changes rows without a word in the log: CASCADE and SET NULL. */
    enum status (*children)(struct source_session *session,
                            void (*tell)(void *context,
                                         const struct log_child *child),
                            void *context, struct error *error);
    /* Reads a place without asking anybody; false where it is none. */
    bool (*spot)(const char *place, struct log_spot *spot);
    /* The clock of a place; 0 where the text is none. */
    uint64_t (*clock)(const char *place);
    /* Does all that stands before `end` stand before `place`, too? False
     * where one of the texts is none. Pure. */
    bool (*covers)(const struct source *source, const char *place,
                   const char *end);
    /* False: no transaction waits there. Pure. */
    bool (*waiting)(const char *place, struct log_waiting *waiting);
    /* Does every SELECT that begins from now on see all changes up to the
     * place? Never true too early. The caller asks again after a pause. */
    enum status (*visible)(struct source_session *session, const char *place,
                           bool *is_visible, struct error *error);
    enum status (*open)(struct source *source,
                        const struct log_request *request,
                        struct follow **follow, struct error *error);
    /* How long next waits for an event at most, from 1 ms to the second that
     * it waits without. Over TLS it may wait for a heartbeat all the same. */
    void (*patience)(struct follow *follow, unsigned milliseconds);
    /* Takes one event; returns within a second or so. After a failure only
     * place, ledger and close may be called. STATUS_TEMPORARY: open again from
     * the last place that was saved. */
    enum status (*next)(struct follow *follow, struct log_item *item,
                        struct error *error);
    /* Behind the last LOG_COMMIT; the caller frees it. */
    char *(*place)(const struct follow *follow, uint64_t *clock);
    const struct log_ledger *(*ledger)(const struct follow *follow);
    void (*close)(struct follow *follow); /* NULL is allowed */
};

#endif
