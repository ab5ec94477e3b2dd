#ifndef TIDEMARK_STATE_CHECKPOINT_WRITE_H
#define TIDEMARK_STATE_CHECKPOINT_WRITE_H

#include "state/state.h"

/*
 * The one place that moves a checkpoint. Only deliver/commit.c may include
 * this header (a script proves it).
 *
 * A delivery that the warehouse accepted but has not yet confirmed ("not yet")
 * is kept as pending: its handle is asked again after a restart, before the
 * stream reads anything.
 */
struct checkpoint {
    const char *stream;
    uint64_t fence;         /* of state_lease_take */
    const char *resume_from; /* the new checkpoint's text */
    uint64_t rows;          /* confirmed by this delivery */
    uint64_t rows_expected; /* of the stream, 0: leave as it is */
    /* Pairs to add for the overlap of the next window (the newest of a key
     * wins); `overlap_reset` first forgets the old ones. At most
     * OVERLAP_PAIRS_MAX are kept a stream; beyond, all are dropped. */
    const struct overlap_pair *pairs;
    size_t pair_count;
    bool overlap_reset;
    /* Requests whose causes this checkpoint passes. */
    const struct state_request *requests;
    size_t request_count;
    const char *ledger; /* of a log, JSON; NULL leaves it as it is */
};

/* One transaction: checkpoint, counts, pairs, requests, and the pending
 * delivery of that number is struck off. ERROR_STATE_FENCED where another
 * owner holds the stream; then nothing was changed. */
enum status checkpoint_save(struct state *state,
                            const struct checkpoint *checkpoint,
                            uint64_t delivery, struct error *error)
    MUST_CHECK;
/* Keeps a delivery as pending, in order of its number. */
enum status checkpoint_pend(struct state *state,
                            const struct checkpoint *checkpoint,
                            uint64_t delivery, const char *handle,
                            struct error *error) MUST_CHECK;

struct checkpoint_pending {
    uint64_t delivery;
    char *handle;
    char *resume_from;
    uint64_t rows;
};
/* All pending deliveries of a stream in order; freed by the call below. */
enum status checkpoint_pendings(struct state *state, const char *stream,
                                struct checkpoint_pending **pendings,
                                size_t *count, struct error *error)
    MUST_CHECK;
void checkpoint_pendings_free(struct checkpoint_pending *pendings,
                              size_t count);
/* Strikes off the pending delivery and all later ones of the stream. Fenced.
 */
enum status checkpoint_unpend(struct state *state, const char *stream,
                              uint64_t fence, uint64_t delivery,
                              struct error *error) MUST_CHECK;

#endif
