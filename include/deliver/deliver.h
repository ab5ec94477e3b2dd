#ifndef TIDEMARK_DELIVER_DELIVER_H
#define TIDEMARK_DELIVER_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/batch.h"
#include "state/state.h"
#include "warehouse/warehouse.h"

/*
 * The road from a reader to a saved checkpoint. A reader makes deliveries one
 * after the other: deliver_begin, deliver_take / deliver_put for each batch,
 * deliver_seal with the place from which the stream resumes after it. A stream
 * of one table gives all rows of a delivery one version; a stream of many
 * tables (plan.table NULL) puts batches whose rows carry their versions, those
 * of one table behind one another. Loaders
 * (threads of their own) send them; commits keep the order of deliveries. The
 * first failure of either side ends the attempt: every later call returns it,
 * and the stream starts again from its saved checkpoint.
 */
struct deliver;

struct deliver_counts {
    uint64_t rows_read;      /* put */
    uint64_t rows_confirmed; /* acknowledged and saved */
    uint64_t deletes;        /* of the confirmed */
    uint64_t bytes;          /* of batches, confirmed */
    uint64_t deliveries;     /* so many from the first on are confirmed */
};

/* The rows of one table in one delivery. */
struct deliver_part {
    const struct table *table;
    uint64_t rows;
    uint64_t deletes;
    uint64_t bytes;
    int64_t load_us; /* what its requests took; streams of many tables */
};

/* What one attempt of one stream needs; borrowed until deliver_close. */
struct deliver_plan {
    const char *stream;
    const struct table *table; /* NULL: many tables, all with a key */
    enum load_target target;
    struct warehouse *warehouse;
    struct pool *pool;
    const char *state_path; /* loaders open the state for themselves */
    uint64_t fence;
    const char *checkpoint; /* where the attempt starts, or NULL */
    uint64_t rows_expected; /* 0 where unknown */
    size_t loader_count;    /* 1 to 4 */
    uint64_t queue_bytes;   /* a put waits where more of earlier batches wait
                               for the loaders or are in their hands; 0: for
                               the pool alone */
    bool one_request_a_batch; /* tables without a key */
    /* Told what each commit confirmed of each table, by a loader's thread; may
     * be NULL. */
    void (*progress)(void *context, const struct deliver_part *part);
    void *context;
};

/*
 * Starts the loaders, after what an earlier process left pending was asked
 * for: each acknowledged one is committed (then *checkpoint is the new
 * resume_from, owned by the caller; NULL: unchanged), the others are struck
 * off. Call it before the reader reads its checkpoint's place.
 */
enum status deliver_settle(const struct deliver_plan *plan,
                           struct warehouse_session *session,
                           struct state *state, char **checkpoint,
                           struct error *error) MUST_CHECK;
enum status deliver_open(const struct deliver_plan *plan,
                         struct deliver **deliver, struct error *error)
    MUST_CHECK;
/* Opens the next delivery; its rows carry `version`. Waits while as many
 * deliveries are open as there are loaders + 1. */
enum status deliver_begin(struct deliver *deliver, uint64_t version,
                          struct error *error) MUST_CHECK;
/* An empty batch; waits for the pool. Give it to put or deliver_return. */
enum status deliver_take(struct deliver *deliver, const struct table *table,
                         struct batch **batch, struct error *error)
    MUST_CHECK;
/* Takes the batch over; where the stream is of one table its rows' version is
 * set here. Empty ones go back. */
enum status deliver_put(struct deliver *deliver, struct batch *batch,
                        struct error *error) MUST_CHECK;
void deliver_return(struct deliver *deliver, struct batch *batch);
/*
 * Ends the delivery: once it and all before it are acknowledged, the stream
 * resumes from `resume_from` (copied); NULL (in a stream of many tables) leaves
 * the checkpoint where it is, for rows that shall be seen before their stream
 * can resume behind them.
 * Without rows the checkpoint alone is saved. `pairs` (copied) and `requests`
 * (copied: filed in the same transaction) as in state/checkpoint_write.h.
 */
struct deliver_seal {
    const char *resume_from;
    const struct overlap_pair *pairs;
    size_t pair_count;
    bool overlap_reset;
    const struct state_request *requests;
    size_t request_count;
    const char *ledger; /* copied; NULL: as it was */
};
enum status deliver_seal(struct deliver *deliver,
                         const struct deliver_seal *seal,
                         struct error *error) MUST_CHECK;
/* Waits until every sealed delivery is committed. */
enum status deliver_drain(struct deliver *deliver, struct error *error)
    MUST_CHECK;
void deliver_counts(struct deliver *deliver, struct deliver_counts *counts);
/* Ends the attempt; what is not committed is dropped. NULL is allowed. */
void deliver_close(struct deliver *deliver);

#endif
