#ifndef TIDEMARK_SYNC_OVERLAP_H
#define TIDEMARK_SYNC_OVERLAP_H

#include "sync/task.h"

/*
 * Rows of the overlap that the window before delivered as they still are need
 * not be sent again: a run without new rows changes nothing. What was last
 * delivered of a key is known by a hash of its key and its digest.
 */
struct overlap {
    struct overlap_pair *known; /* sorted by key_hash; of the window before */
    size_t known_count;
    struct overlap_pair *seen;  /* of this window, for the next one */
    size_t seen_count;
    size_t seen_capacity;
    bool is_full;        /* more than the state keeps: none are kept */
    size_t cursor;       /* its column in the table */
    int64_t seen_from;   /* cells below are not of interest to the next one */
};

/* Reads what the stream keeps. `seen_from_us`: the next window begins there.
 */
enum status overlap_open(struct overlap *overlap, struct stream *stream,
                         int64_t seen_from_us, struct error *error)
    MUST_CHECK;
void overlap_release(struct overlap *overlap);
/* For struct shape: false when the row is known; remembers it either way. */
bool overlap_admits(void *overlap, const struct batch *batch,
                    uint64_t key_hash, bool is_deleted);
/* Puts what was seen into the last seal of the window. */
void overlap_seal(const struct overlap *overlap, struct deliver_seal *seal);

#endif
