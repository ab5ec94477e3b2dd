#ifndef TIDEMARK_WAREHOUSE_CLICKHOUSE_NATIVE_H
#define TIDEMARK_WAREHOUSE_CLICKHOUSE_NATIVE_H

#include <sys/uio.h>

#include "clickhouse.h"

/*
 * FORMAT Native as ClickHouse 26.7 takes it without client_protocol_version:
 * a block is the number of columns and of rows as varints, then per column its
 * name, its type and its cells. The batch's arrays are sent where they lie.
 */

/* One column of the block. */
struct native_column {
    size_t index;      /* in the batch; unused for the _tm_ columns */
    size_t head_start; /* name and type, in `heads` */
    size_t head_end;
    bool adds_nulls; /* stored as Nullable, but never NULL any more */
    bool is_uuid;    /* its halves are swapped in a copy */
};

struct native {
    const struct table *table;
    struct buffer heads;
    struct native_column *columns;
    size_t column_count; /* without the _tm_ ones */
    size_t own_heads[4]; /* ends of the heads of the _tm_ columns */
    struct buffer counts;
    uint8_t *zeros; /* NULL bytes of a column that adds them */
    uint8_t *uuids; /* swapped ones of all such columns */
    size_t uuid_columns;
    size_t capacity; /* rows that both have room for */
    struct iovec *pieces;
    size_t piece_count;
};

/* `stored` tells the types; ERROR_WAREHOUSE_TABLE where a column is not there
 * or its type does not take these cells. Release it after a failure, too. */
enum status native_init(struct native *native,
                        const struct clickhouse *house,
                        const struct table *table,
                        const struct clickhouse_table *stored,
                        struct error *error) MUST_CHECK;
void native_release(struct native *native);
/* The block of a batch: native->pieces, valid until the batch changes. */
void native_encode(struct native *native, const struct batch *batch);

#endif
