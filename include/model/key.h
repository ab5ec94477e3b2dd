#ifndef TIDEMARK_MODEL_KEY_H
#define TIDEMARK_MODEL_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/batch.h"

/*
 * The canonical key of a row and what is made of it: a frozen format, proved
 * by golden vectors.
 *
 *     canonical key = for each key column in the key's order:
 *                     length of its canonical cell (model/digest.h) as
 *                     unsigned LEB128, then the cell
 *     hash          = XXH3_64bits (seed 0) of the canonical key
 *     _tm_bucket    = hash >> 32, an unsigned number of 32 bits
 *
 * Keys are compared as these bytes, never by a source's collation. Only
 * columns that cannot be NULL are keys. -0.0 is 0.0.
 */

/* Appends the canonical key of `row`. */
void key_canonical(const struct batch *batch, size_t row,
                   struct buffer *target);
uint64_t key_hash(struct bytes canonical);
uint32_t key_bucket(uint64_t hash);
/* The key as people read it: "id=42" or "a=1, b=x"; text that is not UTF-8 or
 * BYTES as 0x.. hexadecimal; at most 200 bytes a column, then "...". */
void key_text(const struct batch *batch, size_t row, struct buffer *target);

#endif
