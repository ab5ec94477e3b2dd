/* UTF-8 by RFC 3629, section 4. What is checked here may go into a JSON text,
 * a terminal or a column of type String as it is. */

#include "base/utf8.h"

#include <string.h>

#include "base/text.h"

#define INVALID_OFFSET UINT32_C(0x110000)

static int is_between(uint8_t byte, uint8_t low, uint8_t high)
{
    return byte >= low && byte <= high;
}

static size_t three_bytes(const uint8_t *data)
{
    uint8_t low = data[0] == 0xe0 ? 0xa0 : 0x80;
    uint8_t high = data[0] == 0xed ? 0x9f : 0xbf;

    return is_between(data[1], low, high) && is_between(data[2], 0x80, 0xbf)
               ? 3
               : 0;
}

static size_t four_bytes(const uint8_t *data)
{
    uint8_t low = data[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = data[0] == 0xf4 ? 0x8f : 0xbf;

    return is_between(data[1], low, high) &&
                   is_between(data[2], 0x80, 0xbf) &&
                   is_between(data[3], 0x80, 0xbf)
               ? 4
               : 0;
}

size_t utf8_sequence(const uint8_t *data, size_t size)
{
    if (data[0] < 0x80)
        return 1;
    if (is_between(data[0], 0xc2, 0xdf))
        return size >= 2 && is_between(data[1], 0x80, 0xbf) ? 2 : 0;
    if (is_between(data[0], 0xe0, 0xef))
        return size >= 3 ? three_bytes(data) : 0;
    if (is_between(data[0], 0xf0, 0xf4))
        return size >= 4 ? four_bytes(data) : 0;
    return 0;
}

size_t utf8_next(const uint8_t *data, size_t size, uint32_t *code_point)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = utf8_sequence(data, size);

    if (length == 0) {
        *code_point = INVALID_OFFSET + data[0];
        return 1;
    }
    *code_point = data[0] & first_bits[length];
    for (size_t i = 1; i < length; i++)
        *code_point = *code_point << 6 | (data[i] & 0x3f);
    return length;
}

void utf8_clean(char *text, int keep_lines)
{
    uint8_t *data = (uint8_t *)text;
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code_point;
        size_t length = utf8_next(data, left, &code_point);

        if (code_point >= INVALID_OFFSET || code_point == 0x7f ||
            (code_point < 0x20 && !(keep_lines && code_point == '\n')) ||
            (code_point >= 0x80 && code_point < 0xa0))
            memset(data, '?', length);
        data += length;
        left -= length;
    }
}

bool text_is_utf8(struct bytes bytes)
{
    const uint8_t *data = bytes.data;
    size_t left = bytes.size;

    while (left > 0) {
        size_t length;
        uint64_t eight;

        if (left >= sizeof(eight)) {
            memcpy(&eight, data, sizeof(eight));
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                data += sizeof(eight);
                left -= sizeof(eight);
                continue;
            }
        }
        length = utf8_sequence(data, left);
        if (length == 0)
            return false;
        data += length;
        left -= length;
    }
    return true;
}
