#ifndef TIDEMARK_SOURCE_SOURCE_H
#define TIDEMARK_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/batch.h"
#include "model/calendar.h"
#include "model/shape.h"
#include "settings/settings.h"
#include "source/log.h"

/*
 * What every source offers: primitives. It knows nothing of windows as a way
 * of reading, audits or warehouses. A position (of a key, of a cursor) is text
 * that only the source understands: a JSON array of strings.
 *
 * `struct source` is shared by all threads and guards itself; a
 * `struct source_session` is one connection and belongs to one thread.
 * Implementations embed these structs as their first member.
 */
struct source {
    const struct source_ops *ops;
};
struct source_session {
    struct source *source;
};

/* Facts for `check`, `status` and the identity of versions. */
struct source_facts {
    char *product;  /* "MariaDB 10.11.19" */
    char *identity; /* server_uuid; MariaDB: "server id@hostname:port" */
    char *tls;      /* "TLS 1.3, verified", "plain, loopback" */
    char *zone;     /* in which NOW() stands for clients, "UTC", "CET" */
    bool is_bound_proved; /* windows: transactions can be seen */
    char *bound_note; /* why not, or how; never NULL */
    int64_t clock_offset_us; /* server minus ours */
};

/* A table found by name, cheap facts only. */
struct source_name {
    char *name;
    uint64_t estimated_rows;
    uint64_t estimated_bytes;
    bool is_view;
};

/* What describe found beside the columns. */
struct source_cursor {
    char *column;
    bool is_indexed;
    bool is_nullable;
    enum cursor_unit unit; /* of an integer as guessed from its maximum */
    bool has_zone; /* DATETIME, DATE: a wall clock, cursor_zone matters */
    bool is_likely; /* its name or ON UPDATE says that it moves with the row:
                       a guess without settings may take it */
    char *index; /* the index that serves it, for scan_request; or NULL */
};
struct source_table {
    struct table *table; /* every usable column, the key, no shape applied */
    char **unusable;     /* names of columns of types that are not supported */
    char **unusable_types;
    size_t unusable_count;
    char **hidden; /* notes for people, such as "not InnoDB: ..." */
    size_t hidden_count;
    /* Every column that may serve as a cursor, best first: indexed ones named
     * updated_at and its like, ON UPDATE CURRENT_TIMESTAMP. */
    struct source_cursor *cursors;
    size_t cursor_count;
    char *key_flaw; /* without a key: why an index that is unique does not give
                       one; NULL: there is none */
    bool is_changing; /* has a unique key that `key:` could name */
};

/* Up to here windows may read: every row with a cursor below `bound_us` is in
 * every snapshot opened after the reading, or its writer is named. */
struct source_bound {
    int64_t bound_us;   /* instant, UTC */
    int64_t now_us;     /* the source's clock at the reading */
    bool is_proved;     /* false: fixed lag */
    bool is_held;       /* an open writer holds it back */
    int64_t held_us;    /* for how long */
    char holder[256];   /* connection, user, host, age; "" if not held */
    char note[256];     /* why it is not proved; "" if it is */
};

/* Rows that no window reaches. */
struct source_strays {
    uint64_t nulls;   /* the cursor IS NULL */
    uint64_t zeros;   /* it is 0, or a zero date */
    uint64_t futures; /* it is at or above an instant in the future */
};

enum scan_order {
    SCAN_BY_KEY,     /* ascending by the table's key */
    SCAN_BY_CURSOR,  /* ascending by (cursor, key) */
    SCAN_NULL_CURSOR, /* cursor IS NULL, ascending by key */
    SCAN_ZERO_CURSOR, /* cursor = 0, a zero date: likewise */
    SCAN_BY_VALUES, /* rows that hold given values: any order, no position */
    SCAN_WHOLE       /* any order, no position: a table without a key */
};

/* Some columns of a table: those of its key, of a foreign key. A value of them
 * all is one text, in the form of positions: a JSON array of texts. */
struct source_columns {
    const size_t *indexes;
    size_t count;
};
struct source_values {
    const struct table *table;
    struct source_columns columns;
    const char *const *texts;
    size_t count;
};

/*
 * One SELECT. All texts are borrowed for the life of the scan. Positions are
 * exclusive starts: rows after them.
 */
struct scan_request {
    const struct table *table;  /* the columns that are selected */
    const struct shape *shape;  /* bound to the table; applied to each row */
    enum scan_order order;
    const char *after;          /* position, NULL: from the start */
    const char *key_from;       /* first key column >= this text, or NULL */
    const char *key_to;         /* first key column <= this text, or NULL */
    /* Only rows that pass it are selected (backfill --where); NULL: all. It is
     * written as SQL by the source and evaluated again by us. */
    const struct filter *where;
    const char *cursor;         /* column name; SCAN_BY_CURSOR, _NULL_.. */
    const char *cursor_index;   /* source_cursor.index; NULL: none */
    enum cursor_unit cursor_unit;
    const struct zone *cursor_zone; /* wall clocks; NULL: UTC */
    int64_t cursor_from_us;     /* inclusive; INT64_MIN: none */
    int64_t cursor_to_us;       /* exclusive; INT64_MAX: none */
    uint64_t row_limit;         /* at most that many rows; 0: no limit */
    /* SCAN_BY_VALUES: rows whose columns `by` hold one of `values` as the
     * source compares, so perhaps in another spelling. A table's key is read
     * by its index. */
    struct source_columns by;
    const char *const *values;
    size_t value_count; /* at most SOURCE_VALUES_MAX */
};
/* Above a thousand MariaDB makes a table of them and reads the other whole. */
#define SOURCE_VALUES_MAX 500

struct scan;

struct source_ops {
    const char *name;             /* "mysql" */
    const struct key_table *keys; /* settings it understands */

    /* Connects once, learns the facts. The caller closes *source. */
    enum status (*open)(const struct endpoint_settings *settings,
                        struct source **source, struct error *error);
    void (*close)(struct source *source);
    /* Borrowed until close. */
    const struct source_facts *(*facts)(struct source *source);

    /* A connection ready to read (zone +00:00, no conversion of charsets). */
    enum status (*session_open)(struct source *source,
                                struct source_session **session,
                                struct error *error);
    void (*session_close)(struct source_session *session);

    /* Base tables and views of the URL's database in order of name; one round
     * trip for any number. The array is freed by names_free. */
    enum status (*names)(struct source_session *session,
                         struct source_name **names, size_t *count,
                         struct error *error);
    void (*names_free)(struct source_name *names, size_t count);
    /* Many tables in few round trips. tables[i] is NULL where the name does
     * not exist; then the caller says so. Columns in the source's order,
     * policies not applied, zero facts unknown. */
    enum status (*describe)(struct source_session *session,
                            const char *const *names, size_t count,
                            struct source_table **tables,
                            struct error *error);
    void (*table_free)(struct source_table *table); /* frees all */
    /* Applies `types: {column: type}` to a described column; the type is a
     * kind or warehouse-neutral name such as text, int64, decimal(38,9).
     * ERROR_SETTINGS_VALUE where the source cannot make it. */
    enum status (*retype)(struct table *table, const char *column,
                          const char *type, struct error *error);
    /* Chooses another key; ERROR_KEY_UNUSABLE where no unique index over NOT
     * NULL columns covers it. */
    enum status (*choose_key)(struct source_session *session,
                              struct table *table,
                              const char *const *columns, size_t count,
                              struct error *error);

    /* The bound of windows, asked of the server at most once a second. */
    enum status (*bound)(struct source *source, struct source_bound *bound,
                         struct error *error);
    /* How many rows no window reaches. */
    enum status (*strays)(struct source_session *session,
                          const struct scan_request *request,
                          int64_t future_us, struct source_strays *strays,
                          struct error *error);
    /* The largest cursor as the last instant that it can stand for (the end of
     * the day of a DATE); INT64_MIN where there is none. For
     * each request i into maxima[i], in few round trips: tells tables with
     * nothing to do apart. */
    enum status (*cursor_maxima)(struct source_session *session,
                                 const struct scan_request *requests,
                                 size_t count, int64_t *maxima,
                                 struct error *error);

    /* A consistent snapshot for what this session scans next; no lock. */
    enum status (*snapshot_open)(struct source_session *session,
                                 struct error *error);
    void (*snapshot_close)(struct source_session *session);

    /* Starts the SELECT; *scan belongs to the session until scan_close. */
    enum status (*scan_open)(struct source_session *session,
                             const struct scan_request *request,
                             struct scan **scan, struct error *error);
    /*
     * Appends rows until the batch is full or the rows end (*is_last). A value
     * that cannot be represented gives STATUS_TABLE with row and column named.
     * A short wait never returns early.
     */
    enum status (*scan_next)(struct scan *scan, struct batch *batch,
                             bool *is_last, struct error *error);
    /* Rows the server sent so far, those that were dropped included. */
    uint64_t (*scan_rows)(const struct scan *scan);
    /* Position of the last row appended; borrowed until the next call. NULL
     * before the first row and for SCAN_WHOLE. */
    const char *(*scan_position)(struct scan *scan);
    /* May be called at any point; the rest of the result is cut off. */
    void (*scan_close)(struct scan *scan);
    /* The SELECT as sent, with its literals, for plan, tests and logs. */
    const char *(*scan_sql)(struct scan *scan);
    /*
     * Values as rows: for each text one row with the cells of `columns`, all
     * others blank, digests 0, into a batch with room for them. STATUS_TABLE
     * where a text is no value of the columns.
     */
    enum status (*values_read)(struct source_session *session,
                               const struct source_values *values,
                               struct batch *batch, struct error *error);
    /* Back: the value of a row, appended; false where its cells do not tell
     * what the source has (settings changed them), or one is NULL. */
    bool (*values_write)(const struct batch *batch, size_t row,
                         struct source_columns columns,
                         struct buffer *target);
    /* Following changes; NULL: this source has no log. */
    const struct log_ops *log;
    /* The exact GRANT statements for these settings, one a line; `follows`:
     * tables may follow the log. */
    void (*grants)(const struct endpoint_settings *settings, bool follows,
                   struct buffer *target);
};

/* The driver for a URL scheme, or NULL. */
const struct source_ops *source_find(const char *scheme);
/* All drivers; ends in NULL. */
const struct source_ops *const *source_all(void);

#endif
