#ifndef TIDEMARK_WAREHOUSE_WAREHOUSE_H
#define TIDEMARK_WAREHOUSE_WAREHOUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/batch.h"
#include "model/stream.h"
#include "settings/settings.h"

/*
 * What every warehouse offers. It takes a delivery by
 *
 *     begin -> put(batch)* -> finish -> poll until OK, TEMPORARY or worse
 *
 * and knows nothing of databases, streams of reading or checkpoints. `struct
 * warehouse` is shared and guards itself; a `struct warehouse_session` (one
 * connection) belongs to one thread. Implementations embed these structs.
 */
struct warehouse {
    const struct warehouse_ops *ops;
};
struct warehouse_session {
    struct warehouse *warehouse;
};

/* What a driver can do beyond begin, put, finish, poll. */
struct warehouse_powers {
    bool swaps;        /* reload beside the live table, then swap */
    bool sums;         /* range digests */
    bool reads_back;   /* highest_version and the like */
    bool alters;       /* adds and widens columns in place */
};

struct warehouse_facts {
    char *product; /* "ClickHouse 26.7.2.1" */
    char *tls;
    struct warehouse_powers powers;
    int64_t clock_offset_us; /* warehouse minus ours; 0 where unknown */
};

/* One step of a layout change, as `plan` prints it. */
struct warehouse_change {
    char kind;  /* '+' create, '~' alter, '=' nothing, 'x' cannot */
    char *text; /* "create table shop.orders__tm (23 columns), view shop.orders"
                 */
};
struct warehouse_plan {
    struct warehouse_change *changes; /* in order; count 0: fits as it is */
    size_t count;
    bool needs_reload; /* the table there cannot become this one */
    bool is_new;       /* nothing is stored yet */
    char *why;         /* of needs_reload, else NULL */
};

enum load_target {
    LOAD_LIVE,  /* the stored table */
    LOAD_BESIDE /* the copy that a reload fills, to be swapped */
};

/* What one delivery to one table is. Borrowed by the load until its end. */
struct load_request {
    const struct table *table;
    enum load_target target;
    struct identity identity; /* its place among all loads; request 1 */
};
/* One load on its way; drivers embed it. */
struct load {
    struct warehouse_session *session;
};

/* Stored rows asked for by cells. */
struct rows_request {
    const struct table *table;
    const size_t *columns; /* whose cells are compared, as bytes */
    size_t column_count; /* 0: none are, but the versions */
    const struct batch *values; /* of the table: a row has their cells */
    size_t first; /* of its rows */
    size_t count;
    uint64_t below; /* without columns: alive rows of versions below it, */
    const char *from; /* or, where it is 0, in the order of the key, alive */
    const char *to; /* rows whose first key column, a whole number, lies
                       between these, the ends included; NULL: no end */
    bool is_by_key; /* `columns` are the key: newest rows, deletes too; else
                       those alone that are alive */
    bool is_whole;  /* all cells are wanted, else the key's and `columns` */
    const bool *wanted; /* and these columns; NULL: no others */
};

struct warehouse_ops {
    const char *name;             /* "clickhouse" */
    const struct key_table *keys; /* settings it understands */

    /* Connects once; refuses what it cannot serve by name (too old) before
     * anything is created. A missing database is no failure here. */
    enum status (*open)(const struct settings *settings,
                        struct warehouse **warehouse, struct error *error);
    void (*close)(struct warehouse *warehouse);
    /* Borrowed until close. */
    const struct warehouse_facts *(*facts)(struct warehouse *warehouse);
    enum status (*session_open)(struct warehouse *warehouse,
                                struct warehouse_session **session,
                                struct error *error);
    void (*session_close)(struct warehouse_session *session);

    /*
     * Completes the table for this warehouse before it is read: sets lowest
     * and highest of the time kinds to what the server keeps unchanged, and
     * refuses what has no type here (ERROR_WAREHOUSE_LACKS with the column).
     * Pure but for facts learnt at open.
     */
    enum status (*fit)(struct warehouse *warehouse, struct table *table,
                       struct error *error);
    /* What would have to change so that the table can be loaded. Changes
     * nothing. The caller clears *plan with warehouse_plan_release. For many
     * tables in few round trips: plans[i] of tables[i]. */
    enum status (*plan)(struct warehouse_session *session,
                        const struct table *const *tables, size_t count,
                        struct warehouse_plan *plans, struct error *error);
    /* Which of many tables have anything stored, and whether people can see
     * it (a view), in one cheap request; NULL where plan is as cheap. */
    enum status (*stored)(struct warehouse_session *session,
                          const struct table *const *tables, size_t count,
                          bool *is_stored, bool *is_shown,
                          struct error *error);
    /* Does it: database, table, columns, view. Repeatable; a table that holds
     * rows is never dropped. Columns missing at the source stay. Where the
     * table needs a reload it is left as it is: begin refuses LOAD_LIVE.
     * *is_new, in: nothing was stored when somebody looked last. It may be
     * tried without another look then, unless that could harm what has come
     * since. Out: this call made the table, so that no row is older than it. */
    enum status (*prepare)(struct warehouse_session *session,
                           const struct table *table, bool *is_new,
                           struct error *error);
    /* Seed names of the stored columns, from their comments: the state asks
     * when it knows none. For many tables in few round trips:
     * seed_names[i][j] of tables[i]->columns[j], NULL before; stays so where
     * the column is not there. The caller frees each, also after a failure. */
    enum status (*seeds)(struct warehouse_session *session,
                         const struct table *const *tables, size_t count,
                         char ***seed_names, struct error *error);
    /* The highest version of any stored row, deletes included; 0 where none
     * or no table. NULL where powers.reads_back is false. */
    enum status (*highest_version)(struct warehouse_session *session,
                                   const struct table *table,
                                   uint64_t *version, struct error *error);
    /* A delete of that version for every key whose newest row is alive and
     * older. All loads of older rows must have ended. Repeatable. NULL where
     * not able: then the table is reloaded. */
    enum status (*tombstones_below)(struct warehouse_session *session,
                                    const struct table *table,
                                    uint64_t version, struct error *error);
    /*
     * Appends the newest rows whose cells are among the values: cells that are
     * not wanted are blank, versions and deletes as stored, no digests. All
     * loads must have ended. *is_more: the batch had no room for all of them.
     * ERROR_WAREHOUSE_LACKS: a column cannot be compared. NULL where not able.
     */
    enum status (*rows_by)(struct warehouse_session *session,
                           const struct rows_request *request,
                           struct batch *batch, bool *is_more,
                           struct error *error);
    /* Rows and stored bytes of the table; 0 where it is not there. */
    enum status (*size)(struct warehouse_session *session,
                        const struct table *table, uint64_t *rows,
                        uint64_t *bytes, struct error *error);

    /*
     * A load. After the first put of a table with a key nothing is sent again:
     * any fault ends the attempt (STATUS_TEMPORARY) and the reader starts
     * again from the checkpoint. Batches are borrowed for the call. A load
     * without put must not be finished. finish ends the sending and fills
     * `handle` (text, what poll needs, also after a restart).
     */
    enum status (*begin)(struct warehouse_session *session,
                         const struct load_request *request,
                         struct load **load, struct error *error);
    enum status (*put)(struct load *load, const struct batch *batch,
                       struct error *error);
    enum status (*finish)(struct load *load, char *handle, size_t size,
                          struct error *error);
    /* Frees the load; before finish nothing of it may become visible. */
    void (*end)(struct load *load);
    /*
     * STATUS_OK: all rows of the handle are kept and acknowledged in full
     * (invariant 8). STATUS_PENDING: not yet, ask again after *wait_ms. Else
     * the delivery must be made anew. `rows` is what finish had sent.
     */
    enum status (*poll)(struct warehouse_session *session,
                        const char *handle, uint64_t rows,
                        uint64_t *wait_ms, struct error *error);

    /*
     * Reload, where powers.swaps: an empty copy beside (what is left of an
     * older one goes, unless `keeps` and its layout is the same), then the
     * swap. `token` names the copy; swap is repeatable with the same token: it
     * is STATUS_OK when that copy is live already. NULL where not able.
     */
    enum status (*beside)(struct warehouse_session *session,
                          const struct table *table, bool keeps, char *token,
                          size_t size, struct error *error);
    enum status (*swap)(struct warehouse_session *session,
                        const struct table *table, const char *token,
                        struct error *error);
    /* The exact GRANT statements it needs, one a line. */
    void (*grants)(const struct endpoint_settings *settings,
                   struct buffer *target);
};

void warehouse_plan_release(struct warehouse_plan *plan);

/* The driver for a URL scheme, or NULL. */
const struct warehouse_ops *warehouse_find(const char *scheme);
/* All drivers; ends in NULL. */
const struct warehouse_ops *const *warehouse_all(void);
/* For tests: adds a driver that warehouse_find then knows. */
void warehouse_register(const struct warehouse_ops *ops);

#endif
