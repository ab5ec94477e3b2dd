#ifndef TIDEMARK_MODEL_DIGEST_H
#define TIDEMARK_MODEL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * The digest of a row: a frozen format, proved by golden vectors that a second
 * implementation computes again (test/golden).
 *
 *     digest = mix64(DIGEST_BASE + sum over the stored columns that are not
 *              NULL of XXH3_64(canonical cell, seed of the column))
 *
 * All sums modulo 2^64. XXH3_64 is XXH3_64bits_withSeed of xxHash 0.8. mix64
 * is fmix64 of MurmurHash3, invertible. A computed 0 becomes 1, so that 0
 * means "no digest": tombstones and rows kept on purpose. A column's seed is
 * XXH3_64 with seed 0 of the UTF-8 of its seed_name. "Stored" is is_stored of
 * struct column: what is read for a filter only has no part in the sum, and
 * whoever makes the cell leaves it out.
 *
 * Canonical cells know no declared width, so that wider types change nothing:
 *
 *   BOOL INT UINT      shortest two's complement, little endian, at least one
 *                      byte: 0 is 00, -1 is ff, 127 is 7f, 128 is 80 00,
 *                      2^64-1 is eight ff and a 00
 *   DATE               days, as INT
 *   TIME DATETIME TIMESTAMP  microseconds, as INT
 *   FLOAT              the 8 bytes of the value as IEEE double, little
 *                      endian; -0.0 is 0.0, every NaN is 7ff8000000000000
 *   DECIMAL            scale without trailing zeros of the fraction as one
 *                      byte, then the scaled integer as INT: 1.50 is
 *                      01 0f, 100 is 00 64, 0.00 is 00 00
 *   TEXT BYTES JSON    the bytes as they are
 *   UUID               its 16 bytes in the order of the text
 *
 * Not equal by intent: a cell of another kind with the same bytes has the
 * same hash (TEXT -> BYTES changes nothing).
 */
#define DIGEST_BASE UINT64_C(0x746964656d61726b) /* "tidemark" */

/* The longest canonical cell of a fixed kind, in bytes. */
#define DIGEST_CELL_BYTES 34

uint64_t digest_seed(const char *seed_name);
uint64_t digest_mix(uint64_t value);   /* fmix64 */
uint64_t digest_unmix(uint64_t value); /* its inverse */
/* mix64(DIGEST_BASE + sum), 1 for 0. */
uint64_t digest_finish(uint64_t sum);

/* The hash of one cell, to be added to the row's sum. */
uint64_t digest_int(int64_t value, uint64_t seed);
uint64_t digest_uint(uint64_t value, uint64_t seed);
uint64_t digest_double(double value, uint64_t seed);
/* `scaled`: little-endian two's complement of `width` bytes (4, 8, 16, 32),
 * `scale` 0 to 76. */
uint64_t digest_decimal(const uint8_t *scaled, unsigned width,
                        unsigned scale, uint64_t seed);
uint64_t digest_bytes(struct bytes bytes, uint64_t seed);

/* The canonical bytes themselves, for keys and tests. Each writes at most
 * DIGEST_CELL_BYTES into `target` and returns how many. */
size_t digest_cell_int(int64_t value, uint8_t *target);
size_t digest_cell_uint(uint64_t value, uint8_t *target);
size_t digest_cell_double(double value, uint8_t *target);
size_t digest_cell_decimal(const uint8_t *scaled, unsigned width,
                           unsigned scale, uint8_t *target);

#endif
