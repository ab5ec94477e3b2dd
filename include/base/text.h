#ifndef TIDEMARK_BASE_TEXT_H
#define TIDEMARK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Small questions about texts. All are pure; NULL is not allowed unless said.
 */

bool text_equal(const char *left, const char *right);
bool text_equal_nocase(const char *left, const char *right); /* ASCII */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* Copies at most size - 1 bytes and a NUL; false when it was cut. */
bool text_copy(char *target, size_t size, const char *text);

/* Whole text as a decimal number, no sign, no space; false else. */
bool text_to_u64(const char *text, uint64_t *value);
bool text_to_i64(const char *text, int64_t *value);
/* "250ms", "10s", "5m", "2h", "7d", "0" into milliseconds. */
bool text_to_duration_ms(const char *text, uint64_t *value);
/* "512", "20k", "20K", "128M", "2G": powers of 1024, into bytes. */
bool text_to_size(const char *text, uint64_t *value);
/* "true", "false", "yes", "no", "on", "off". */
bool text_to_bool(const char *text, bool *value);

/* Shell pattern of * and ? and [..], case-sensitive, over the whole text. */
bool text_matches(const char *text, const char *pattern);
/* True when it holds one of * ? [. */
bool text_is_pattern(const char *text);

/* Of `count` candidates the one with the smallest edit distance to `text`,
 * or NULL where none is near (distance above a third of the length). */
const char *text_nearest(const char *text, const char *const *candidates,
                         size_t count);

/* True when every byte belongs to valid UTF-8 (RFC 3629: no surrogates,
 * nothing above U+10FFFF, no overlong forms). NUL is valid. */
bool text_is_utf8(struct bytes bytes);

/* 12,345,678 into `target` (at least 28 bytes); returns target. */
const char *text_grouped(char *target, uint64_t value);
/* "88 MB", "1.2 GB" (powers of 1000) into `target` (at least 16 bytes). */
const char *text_bytes(char *target, uint64_t value);
/* "0.8s", "46s", "1m12", "2h05", "3d04" into `target` (>= 16 bytes). */
const char *text_elapsed(char *target, uint64_t milliseconds);

#endif
