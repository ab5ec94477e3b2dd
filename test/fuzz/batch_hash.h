#ifndef TIDEMARK_TEST_FUZZ_BATCH_HASH_H
#define TIDEMARK_TEST_FUZZ_BATCH_HASH_H

#include <xxhash.h>

#include "model/batch.h"

/* All that the rows of a batch hold, by bytes; without rows it is the seed. */
static inline uint64_t batch_hash(const struct batch *batch, uint64_t seed)
{
    size_t rows = batch->row_count;
    uint64_t hash = XXH3_64bits_withSeed(
        batch->versions, rows * sizeof(*batch->versions), seed);

    if (rows == 0)
        return seed;
    hash = XXH3_64bits_withSeed(batch->digests,
                                rows * sizeof(*batch->digests), hash);
    hash = XXH3_64bits_withSeed(batch->deleted, rows, hash);
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const struct batch_column *column = &batch->columns[i];

        hash = XXH3_64bits_withSeed(column->text.data, column->text.size,
                                    hash);
        hash = XXH3_64bits_withSeed(column->fixed, rows * column->width,
                                    hash);
        if (column->nulls)
            hash = XXH3_64bits_withSeed(column->nulls, rows, hash);
    }
    return hash;
}

#endif
