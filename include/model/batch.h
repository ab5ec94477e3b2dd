#ifndef TIDEMARK_MODEL_BATCH_H
#define TIDEMARK_MODEL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "model/table.h"

/*
 * Rows of one table, column by column: taken apart once, in the source's
 * decoder, and never put together again. The arrays lie as ClickHouse's Native
 * format wants them, so that encoding is a list of pieces.
 *
 * A writer fills the cell of every column at index `row_count`, each once,
 * then calls batch_add_row. Nothing is allocated for a row in the steady
 * state: arrays have `capacity` rows, text grows by doubling and is kept for
 * the next use.
 */
/* Under deletes: mark, a row that the filter refuses: it may never have been
 * there, so that nobody sees it as a deleted row. */
#define DELETED_UNSEEN 2

struct batch_column {
    /* One byte a row, 1 is NULL; NULL where the column cannot be NULL. Under
     * a NULL a fixed cell is all zero, a variable one has length 0. */
    uint8_t *nulls;
    uint8_t *fixed;     /* capacity * width bytes; NULL for variable kinds */
    size_t width;       /* bytes of a fixed cell; 0 for variable kinds */
    struct buffer text; /* variable kinds: LEB128 length + bytes, row by row */
    size_t *ends;       /* variable kinds: end of each row's bytes in text */
};

struct batch {
    const struct table *table; /* borrowed; outlives the batch's use */
    struct batch_column *columns; /* table->column_count of them */
    size_t row_count;
    size_t capacity;     /* rows */
    size_t byte_budget;  /* batch_is_full from here on */
    size_t row_bytes;    /* table_fixed_bytes of the table */
    size_t text_bytes;   /* sum of text.size of all columns */
    uint64_t *versions;  /* as model/version.h; set when the batch is closed */
    uint8_t *deleted;    /* 1: a delete; the other cells may be anything;
                            DELETED_UNSEEN: not to be shown as one either */
    uint64_t *digests;   /* finished digests; 0 for deletes */
    uint32_t *buckets;   /* _tm_bucket; NULL unless table->is_bucketed */
    uint64_t digest_sum; /* of the row being written: sum of cell hashes */
    struct buffer key;   /* scratch of batch_add_row */
    struct pool *pool;   /* where it goes back to; NULL: to nobody */
    size_t grant_bytes;  /* what it takes of the pool's limit */
    struct batch *next;  /* the pool's, while it is idle */
};

/* Bytes of one column's variable cells, lengths included. */
#define BATCH_TEXT_LIMIT ((size_t)1 << 30)

/* A batch of at most `capacity` rows that counts as full from `byte_budget`
 * bytes. One value may be larger; up to 1 GiB. */
struct batch *batch_new(const struct table *table, size_t capacity,
                        size_t byte_budget);
void batch_free(struct batch *batch); /* NULL is allowed */
/* No rows, memory kept. */
void batch_clear(struct batch *batch);
/* Bytes that the rows take, row values included. */
size_t batch_bytes(const struct batch *batch);
/* Bytes of memory held, rows or not. */
size_t batch_memory(const struct batch *batch);
/* Asked before each row: there is no room for one where it is true. */
static inline bool batch_is_full(const struct batch *batch)
{
    return batch->row_count == batch->capacity ||
           batch->row_count * batch->row_bytes + batch->text_bytes >=
               batch->byte_budget;
}

/*
 * Cells of the row being written, by column index. The digest's part is added
 * by the cell's maker to batch->digest_sum, for he has the value at hand: for
 * every cell that is not NULL of every column whose is_stored is set. Columns
 * that are only read have cells in the batch but no part in the digest.
 */

/* Where the fixed cell of the row being written lies; its NULL byte is 0. */
static inline uint8_t *batch_fixed(struct batch *batch, size_t column)
{
    struct batch_column *place = &batch->columns[column];
    if (place->nulls)
        place->nulls[batch->row_count] = 0;
    return place->fixed + batch->row_count * place->width;
}

/* Appends a variable cell; false above 1 GiB a column: the batch is too full,
 * or, where it has no row, the value too large. Nothing is written then. */
bool batch_add_text(struct batch *batch, size_t column, struct bytes value);
/* `column` must be one that can be NULL. */
void batch_set_null(struct batch *batch, size_t column);
/* Hash (model/key.h) of the key of the row being written. */
uint64_t batch_row_key_hash(struct batch *batch);
/* Ends the row: digest from digest_sum (0 when deleted), bucket from the key.
 */
void batch_add_row(struct batch *batch, bool is_deleted);
/* Forgets the row being written (its cells so far). */
void batch_drop_row(struct batch *batch);
/* Puts a blank in place of a cell of the row being written, all of whose
 * cells are there: NULL where the column allows it, else zero or ''; BYTES of
 * fixed length become as many zero bytes. digest_sum is not corrected. */
void batch_blank(struct batch *batch, size_t column);
/* The same version for every row. */
void batch_set_version(struct batch *batch, uint64_t version);

/* Reading back. `row` may be the one being written. */
static inline bool batch_is_null(const struct batch *batch, size_t column,
                                 size_t row)
{
    const uint8_t *nulls = batch->columns[column].nulls;
    return nulls && nulls[row] != 0;
}

/* The bytes of a fixed cell; borrowed. */
static inline const uint8_t *batch_cell(const struct batch *batch,
                                        size_t column, size_t row)
{
    const struct batch_column *place = &batch->columns[column];
    return place->fixed + row * place->width;
}

/* The value of a variable cell without its length; borrowed until the next
 * cell of the column is added. */
struct bytes batch_text(const struct batch *batch, size_t column, size_t row);
/* A fixed integer kind (BOOL INT UINT DATE TIME DATETIME TIMESTAMP) as 64 bits
 * (UINT above 2^63 keeps its bits). */
int64_t batch_int(const struct batch *batch, size_t column, size_t row);
/* A FLOAT of 4 or 8 bytes. */
double batch_double(const struct batch *batch, size_t column, size_t row);

/*
 * The pool: the memory limit of rows and the only back-pressure. Thread-safe.
 * `limit_bytes` is shared by all batches; each takes `batch_bytes` of it, or
 * what pool_try was asked for, idle ones included. One batch is always granted
 * to a caller when none is out, so that work never stands still for ever.
 */
struct pool;
struct pool_figures {
    uint64_t limit_bytes;
    uint64_t used_bytes;  /* granted to batches that are out now */
    uint64_t peak_bytes;  /* largest sum seen; a batch that outgrew its grant
                             by single large rows counts as it is given back */
    uint64_t wait_count;  /* takes that had to wait */
    uint64_t wait_us;
};
struct pool *pool_new(uint64_t limit_bytes, size_t batch_bytes);
void pool_free(struct pool *pool); /* every batch must be back */
/* An empty batch for the table, of 1 to 65,536 rows; waits until one is free.
 * NULL when the pool was closed. Batches of the same table are used again. */
struct batch *pool_take(struct pool *pool, const struct table *table);
/* The same of at most `bytes` bytes and without waiting: NULL when nothing is
 * free. For whoever holds batches himself and must part with some first. */
struct batch *pool_try(struct pool *pool, const struct table *table,
                       size_t bytes);
/* Gives a batch back, or frees one that belongs to no pool; NULL is allowed.
 * The table must still be there. */
void pool_give(struct batch *batch);
/* Frees what is kept of a table that is about to be freed. */
void pool_forget(struct pool *pool, const struct table *table);
/* Wakes all waiters for good. */
void pool_close(struct pool *pool);
void pool_figures(struct pool *pool, struct pool_figures *figures);

#endif
