#ifndef TIDEMARK_SYNC_REPAIR_H
#define TIDEMARK_SYNC_REPAIR_H

#include "sync/sync.h"

/*
 * The one reader that puts rows right: it reads given rows again, delivers
 * what it finds and deletes what is gone. Whoever knows which rows those are,
 * and at which version they are read, uses it: requests of a followed source,
 * audits.
 *
 * A struct repair holds the connections of one thread; work and settings must
 * stay as they are until it is closed.
 */
struct repair {
    struct sync *sync;
    struct state *state;
    struct source_session *session;
    struct warehouse_session *warehouse;
    _Atomic uint64_t *steps; /* counts what was done, for whoever waits; may be
                                NULL. Set behind repair_open. */
};
enum status repair_open(struct sync *sync, struct repair *repair,
                        struct error *error) MUST_CHECK;
void repair_close(struct repair *repair); /* harmless after a failure */

struct repair_request {
    struct work *work; /* of a table with a key */
    /* Values (source/source.h) of these columns; keys where they are the
     * key's. Rows by anything else are delivered, and nothing is deleted. */
    struct source_columns columns;
    const char *const *values;
    size_t count;
    uint64_t version; /* of all that is delivered; each SELECT sees every
                         change up to it */
    /* No row of these keys may have a version above it: `is_beaten`. */
    uint64_t highest;
    /* Told, before anything of it is loaded, which rows of a page the source
     * has no more and the warehouse still shows: those of `rows` with a flag,
     * with the cells of the key and of `wanted` (one a column; NULL: none).
     * May be NULL. */
    enum status (*gone)(void *context, const struct batch *rows,
                        const bool *is_gone, struct error *error);
    const bool *wanted;
    void *context;
};

struct repair_outcome {
    bool is_beaten; /* a stored row is newer: nothing was delivered */
    uint64_t keys_gone;
    uint64_t rows_read;
    uint64_t rows_confirmed;
    uint64_t deletes;
    uint64_t bytes;
};

/*
 * When it returns STATUS_OK everything is acknowledged. May be repeated, with
 * a new version. STATUS_TABLE: a value has no place, or a text is no value of
 * the columns. `outcome` is added to.
 */
enum status repair_rows(struct repair *repair,
                        const struct repair_request *request,
                        struct repair_outcome *outcome, struct error *error)
    MUST_CHECK;

#endif
