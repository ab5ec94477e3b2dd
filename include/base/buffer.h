#ifndef TIDEMARK_BASE_BUFFER_H
#define TIDEMARK_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* Bytes that belong to somebody else; valid as long as he says. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

/* The bytes of a text without its NUL; borrowed. */
struct bytes bytes_of(const char *text);
bool bytes_equal(struct bytes left, struct bytes right);
/* Order of memcmp, the shorter first where one begins the other. */
int bytes_compare(struct bytes left, struct bytes right);

/*
 * A growing run of bytes with a limit. What would pass the limit is not
 * written, `is_overflown` is set and stays set until clear: look at it once,
 * after the last write. All zero with a limit is a valid empty buffer.
 */
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t limit; /* bytes; 0 is no room at all */
    bool is_overflown;
};

void buffer_init(struct buffer *buffer, size_t limit);
/* Frees the memory; the buffer is empty with the same limit. */
void buffer_release(struct buffer *buffer);
/* Empty again, memory kept. */
void buffer_clear(struct buffer *buffer);
/* Room for `more` bytes; false and overflown where the limit forbids it. */
bool buffer_reserve(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_byte(struct buffer *buffer, uint8_t byte);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_format(struct buffer *buffer, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* Unsigned LEB128, 1 to 10 bytes. */
void buffer_add_varint(struct buffer *buffer, uint64_t value);
/* Lower-case hexadecimal digits of `bytes`. */
void buffer_add_hex(struct buffer *buffer, struct bytes bytes);
/* The content as a text with NUL, borrowed until the next change. A NUL byte
 * is always kept behind the content by this call. "" when overflown at 0. */
const char *buffer_text(struct buffer *buffer);
/* The content; `data` is never NULL. */
struct bytes buffer_bytes(const struct buffer *buffer);

#endif
