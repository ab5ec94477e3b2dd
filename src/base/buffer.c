/* A run of bytes that grows by doubling up to its limit. Once something did
 * not fit nothing more is written until clear: no gap can go unnoticed. */

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define SMALLEST_CAPACITY 64u
#define VARINT_BYTES_MAX 10

struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool bytes_equal(struct bytes left, struct bytes right)
{
    return left.size == right.size &&
           (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

int bytes_compare(struct bytes left, struct bytes right)
{
    size_t common = left.size < right.size ? left.size : right.size;
    int order = common > 0 ? memcmp(left.data, right.data, common) : 0;

    if (order != 0)
        return order;
    return (left.size > right.size) - (left.size < right.size);
}

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_release(struct buffer *buffer)
{
    memory_free(buffer->data);
    buffer_init(buffer, buffer->limit);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->is_overflown = false;
}

/* Doubling, at least `needed`; the limit caps the doubling only. */
static void grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity;

    if (capacity < SMALLEST_CAPACITY)
        capacity = SMALLEST_CAPACITY;
    while (capacity < needed)
        capacity = capacity <= SIZE_MAX / 2 ? capacity * 2 : needed;
    if (capacity > buffer->limit)
        capacity = buffer->limit > needed ? buffer->limit : needed;
    buffer->data = memory_resize(buffer->data, capacity, 1);
    buffer->capacity = capacity;
}

bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->is_overflown)
        return false;
    if (more <= buffer->capacity - buffer->size &&
        buffer->size + more <= buffer->limit)
        return true;
    if (buffer->size > buffer->limit || more > buffer->limit - buffer->size) {
        buffer->is_overflown = true;
        return false;
    }
    grow(buffer, buffer->size + more);
    return true;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0 || !buffer_reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void buffer_add_byte(struct buffer *buffer, uint8_t byte)
{
    if (!buffer_reserve(buffer, 1))
        return;
    buffer->data[buffer->size++] = byte;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    char small[256];
    va_list arguments;
    va_list again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(small, sizeof(small), format, arguments);
    if (length < 0) {
        buffer->is_overflown = true;
    } else if ((size_t)length < sizeof(small)) {
        buffer_add(buffer, small, (size_t)length);
    } else if (buffer_reserve(buffer, (size_t)length)) {
        /* vsnprintf writes a NUL, for which the limit knows no room. */
        if (buffer->capacity - buffer->size <= (size_t)length)
            grow(buffer, buffer->size + (size_t)length + 1);
        vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1,
                  format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void buffer_add_varint(struct buffer *buffer, uint64_t value)
{
    uint8_t encoded[VARINT_BYTES_MAX];
    size_t size = 0;

    while (value >= 0x80) {
        encoded[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    encoded[size++] = (uint8_t)value;
    buffer_add(buffer, encoded, size);
}

void buffer_add_hex(struct buffer *buffer, struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";

    if (bytes.size > SIZE_MAX / 2) {
        buffer->is_overflown = true;
        return;
    }
    if (!buffer_reserve(buffer, bytes.size * 2))
        return;
    for (size_t i = 0; i < bytes.size; i++) {
        buffer->data[buffer->size++] = (uint8_t)digits[bytes.data[i] >> 4];
        buffer->data[buffer->size++] = (uint8_t)digits[bytes.data[i] & 15];
    }
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer->size == 0 && buffer->capacity == 0)
        return "";
    if (buffer->size == buffer->capacity)
        grow(buffer, buffer->size + 1);
    buffer->data[buffer->size] = 0;
    return (const char *)buffer->data;
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    const uint8_t *data = buffer->data ? buffer->data
                                       : (const uint8_t *)"";
    return (struct bytes){data, buffer->size};
}
