#ifndef TIDEMARK_SYNC_PROGRESS_H
#define TIDEMARK_SYNC_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a run is doing now, for the block on the terminal. Written by readers
 * and loaders, read by whoever draws; all calls are thread-safe.
 */
struct progress;

struct progress_table {
    const char *name;  /* borrowed from the work */
    const char *state; /* word of the interface, static */
    char reason[128];  /* of retrying and the like */
    uint64_t rows_done;     /* confirmed, earlier processes included */
    uint64_t rows_expected; /* 0 unknown */
    uint64_t rows_here;     /* confirmed by this process */
    uint64_t bytes_here;
    int64_t started_us;     /* monotonic; 0 not yet */
    int64_t ended_us;       /* 0 still at work */
};

struct progress *progress_new(size_t count);
void progress_free(struct progress *progress);
/* Changes entry `index`; every function takes NULL and does nothing. */
void progress_start(struct progress *progress, size_t index,
                    const char *name, const char *state);
void progress_expect(struct progress *progress, size_t index, uint64_t done,
                     uint64_t expected);
void progress_state(struct progress *progress, size_t index,
                    const char *state, const char *reason);
void progress_confirm(struct progress *progress, size_t index, uint64_t rows,
                      uint64_t bytes);
void progress_end(struct progress *progress, size_t index,
                  const char *state);
/* Copies all entries into `tables` (count of progress_new). */
void progress_read(struct progress *progress, struct progress_table *tables);

#endif
