#ifndef TIDEMARK_MODEL_DECIMAL_H
#define TIDEMARK_MODEL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * Decimal text to scaled integer and back; exact or refused, never rounded.
 * `scale` is at most 76, `width` fits the precision (kind_decimal_width).
 */

/* Parses [-+]digits[.digits] (a digit on both sides of the point) with at
 * most `scale` significant digits of fraction (trailing zeros beyond are
 * allowed) into `width` (4, 8, 16, 32) bytes, little-endian two's complement.
 * False where the text is malformed or the value does not fit the precision.
 * -0 is 0. */
bool decimal_parse(struct bytes text, unsigned precision, unsigned scale,
                   unsigned width, uint8_t *target);
/* Digits with exactly `scale` of fraction, "-0.50"; appended. */
void decimal_format(const uint8_t *scaled, unsigned width, unsigned scale,
                    struct buffer *target);
/* -1, 0, 1 for two of equal width and scale. */
int decimal_compare(const uint8_t *left, const uint8_t *right,
                    unsigned width);

#endif
