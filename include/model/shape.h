#ifndef TIDEMARK_MODEL_SHAPE_H
#define TIDEMARK_MODEL_SHAPE_H

#include "model/batch.h"
#include "model/filter.h"

/*
 * What the settings make of a row, applied in one place as the row is ended,
 * so that every road gives the same: a row that the filter refuses, or that is
 * marked as deleted at the source, is a delete.
 */
struct shape {
    struct filter *rows;        /* NULL: every row; owned */
    struct filter *soft_delete; /* NULL: none; passes = deleted; owned */
    bool keeps_last_values;     /* deletes: mark: a soft-deleted row keeps its
                                   cells; else all but the key are blanked by
                                   batch_blank, as they always are in a row
                                   that `rows` refuses */
    bool drops_refused; /* a copy that begins empty: nothing to take back */
    bool keeps_rows; /* deletes: keep: a soft-deleted row stays alive without
                        a digest, a refused one is dropped */
    /* Asked for each row before it is ended, with its cells written and its
     * digest_sum complete; false drops it. NULL: every row is wanted. */
    bool (*admits)(void *context, const struct batch *batch,
                   uint64_t key_hash, bool is_deleted);
    void *context;
};

/* Binds both filters to the table; again when the table changed. */
enum status shape_bind(struct shape *shape, const struct table *table,
                       struct error *error) MUST_CHECK;
void shape_release(struct shape *shape);
/* Ends the row being written in `batch`, all cells of which are there, by
 * batch_add_row, or drops it; true when it became a delete. `shape` NULL:
 * every row is added as it is. */
bool shape_end_row(const struct shape *shape, struct batch *batch);
/* The same for a row that was deleted, as for one that is marked at the
 * source. `is_whole`: all its cells are there, not its key alone. */
void shape_end_deleted(const struct shape *shape, struct batch *batch,
                       bool is_whole);

#endif
