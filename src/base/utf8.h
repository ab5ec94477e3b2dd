#ifndef TIDEMARK_BASE_UTF8_H
#define TIDEMARK_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the valid UTF-8 sequence (RFC 3629) that `data` begins with, 0
 * where there is none. `size` is at least 1. */
size_t utf8_sequence(const uint8_t *data, size_t size);

/* As above, and the code point; an invalid byte counts as one character of a
 * value above all code points. Returns the bytes taken, at least 1. */
size_t utf8_next(const uint8_t *data, size_t size, uint32_t *code_point);

/* Replaces in place what must not reach a terminal or a JSON text: control
 * characters (C0, DEL, C1) and invalid bytes become '?'. Line feeds stay when
 * `keep_lines` is not 0. The length does not change. */
void utf8_clean(char *text, int keep_lines);

#endif
