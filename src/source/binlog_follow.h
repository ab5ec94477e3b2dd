#ifndef TIDEMARK_SOURCE_BINLOG_FOLLOW_H
#define TIDEMARK_SOURCE_BINLOG_FOLLOW_H

#include "source/binlog_link.h"
#include "source/binlog_place.h"
#include "source/binlog_query.h"
#include "source/binlog_row.h"
#include "source/binlog_words.h"
#include "source/log.h"

/*
 * Following: events into rows and news, transaction by transaction. One
 * thread owns it; two connections: the log, and one to ask about tables.
 */
#define FOLLOW_SLOTS 1024u
#define FOLLOW_ITEMS 64u

/* A followed table as it is resolved now. */
struct follow_table {
    struct followed *followed;
    struct binlog_layout *layout; /* NULL: to be read at its next map */
    const struct mysql_charset **charsets;
    bool is_by_order; /* rows were paired by the layout's order */
};

/* What a table's id in the log stands for. */
struct follow_slot {
    struct binlog_map map;
    struct binlog_resolution resolution;
    struct binlog_table rows;
    bool is_ready; /* `rows` is made for `map` */
};

struct follow_replay; /* binlog_follow_xa.c */
struct follow_held;   /* binlog_follow_held.c */

struct follow {
    struct mysql_source *source;
    struct log_request request; /* its texts are copied: */
    char *place_text;
    char *reader_name;
    char *identity;    /* of the server that is read */
    struct mysql_session *session; /* to ask about tables */
    struct binlog_link *link;
    struct binlog_reader reader;
    struct binlog_place place; /* behind the last transaction */
    bool has_committed;        /* one ended since it was opened */
    bool is_doubted;           /* the order by GTID may not be the log's */
    uint64_t skipped_bytes;    /* before the first one, by GTID */
    uint64_t clock;            /* of the next event */
    struct binlog_begin begin; /* of the transaction that is open */
    bool has_gtid;             /* a GTID came, its transaction is open */
    bool has_begun;            /* ... and more than one event is to come */
    uint64_t begin_clock;      /* before it */
    uint64_t begin_start;      /* where it begins in its file */
    bool is_preparing;         /* it is XA: its rows wait for their commit */
    uint64_t prepared_bytes;   /* what the clock will move by then */
    struct binlog_prepare prepare; /* its end; valid with that event */
    char *committed;           /* name of one whose rows come now, or NULL */
    struct follow_replay *replay; /* in place of the log, where not NULL */
    struct follow_held *holding;  /* what is being prepared, or NULL */
    struct follow_held *held;     /* a list: prepared, with a name */
    size_t held_bytes;            /* of the list */
    struct follow_table *tables;
    size_t table_count;
    struct follow_slot *slots; /* FOLLOW_SLOTS, by table id */
    struct followed **touched; /* whose rows the open transaction changed */
    size_t touched_count;
    struct binlog_rows_result result;
    struct binlog_words words; /* of the last statement; items borrow them */
    struct log_change *missing; /* of the last map, likewise */
    struct log_item items[FOLLOW_ITEMS]; /* news not yet given */
    size_t item_count;
    size_t item_given;
    bool has_ended_late; /* LOG_COMMIT is still to be given */
    int64_t ended_us;    /* when the last transaction ended; UTC */
    struct log_ledger ledger;
};

/* Adds news about a table; `followed` NULL: about every one. More than fit
 * become news about every table. */
struct log_item *follow_tell(struct follow *follow, enum log_fate fate,
                             struct followed *followed);
/* Rows of the open transaction were rolled back where the log holds them. */
void follow_undo(struct follow *follow);
/* An event that holds nothing of a row. */
void follow_pass_over(struct follow *follow, const struct binlog_event *event);
/* A transaction ended there, whose bytes the clock has counted. */
void follow_commit(struct follow *follow, uint64_t end);
/* By what the server tells readers apart. */
void follow_name_reader(const struct follow *follow, const char *purpose,
                        char *uuid, uint32_t *server_id);
/* binlog_follow_rows.c: TABLE_MAP and rows events. */
enum status follow_map(struct follow *follow,
                       const struct binlog_event *event,
                       struct error *error) MUST_CHECK;
enum status follow_rows(struct follow *follow, struct binlog_event *event,
                        struct error *error) MUST_CHECK;
void follow_forget_maps(struct follow *follow);
/* Behind an ALTER: the table is looked at anew by its next map. Tells whether
 * rows before it may have been paired wrongly by their order. */
bool follow_forget_table(struct follow *follow, struct followed *followed,
                         const struct binlog_words *words);
/* binlog_follow_query.c: QUERY. *ends: the transaction ends with it. */
enum status follow_query(struct follow *follow,
                         const struct binlog_event *event, bool *ends,
                         struct error *error) MUST_CHECK;

/* binlog_follow_xa.c. The open transaction is one of XA. */
void follow_xa_start(struct follow *follow);
/* Any event of it; *ends: it is prepared, and then, when that is counted: */
enum status follow_xa_event(struct follow *follow,
                            const struct binlog_event *event, bool *ends,
                            struct error *error) MUST_CHECK;
enum status follow_xa_prepared(struct follow *follow,
                               const struct binlog_event *event,
                               struct log_item *item, struct error *error)
    MUST_CHECK;
/* One of the five statements. *ends with `committed` set: when it is counted,
 * follow_xa_commit. */
void follow_xa_query(struct follow *follow, const struct binlog_words *words,
                     bool *ends);
enum status follow_xa_commit(struct follow *follow,
                             const struct binlog_event *event,
                             struct log_item *item, struct error *error)
    MUST_CHECK;
/* While `replay` is set, in place of the log's next event. */
enum status follow_xa_next(struct follow *follow, struct log_item *item,
                           struct error *error) MUST_CHECK;
void follow_xa_close(struct follow *follow);

/* binlog_follow_held.c. The next raw event, noted where one is held. */
enum status follow_feed(void *follow, struct bytes *event,
                        enum binlog_news *news, struct error *error)
    MUST_CHECK;
/* From the next raw event on, until it is dropped, becomes too large, or has
 * ended and has a name. */
void follow_hold_start(struct follow *follow);
void follow_hold_drop(struct follow *follow);
void follow_hold_end(struct follow *follow, const char *name);
/* NULL: none is held by that name. The caller frees it. */
struct follow_held *follow_hold_take(struct follow *follow, const char *name);
void follow_hold_free(struct follow_held *held); /* NULL is allowed */
/* Makes a reader of it; returns what of its clock stands before. */
uint64_t follow_hold_read(struct follow_held *held,
                          struct binlog_reader *reader);
void follow_hold_close(struct follow *follow);

extern const struct log_ops binlog_log_ops;

#endif
