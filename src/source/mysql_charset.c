/*
 * Text of any character set into UTF-8, and the sets that a source has met.
 * What must stay true: what leaves here is valid UTF-8; surrogates, which
 * MariaDB keeps in ucs2 and utf32, are no characters.
 */
#include "source/mysql_charset.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/mysql.h"
#include "source/mysql_charset_table.h"

#define REPLACEMENT 0xfffd
#define CODE_MAX 0x10ffff

/* A byte of a source becomes at most 3 of UTF-8, a code at most 4. */
#define CHUNK_BYTES 4096
#define CODE_BYTES 16

#define TRIPLE_LEAD 0x8f
#define FOUR_INDEX_HIGH 189000u /* of 90 30 81 30, which is U+10000 */

struct mysql_charsets {
    struct mysql_charset *first;
};

static const struct mysql_charset *find(const struct mysql_charsets *sets,
                                        const char *name)
{
    const struct mysql_charset *set = sets ? sets->first : NULL;

    while (set && !text_equal(set->name, name))
        set = set->next;
    return set;
}

/* The server is asked without the lock; who comes second throws his away. */
enum status mysql_charset_find(struct mysql_source *source, MYSQL *link,
                               const char *name,
                               const struct mysql_charset **charset,
                               struct error *error)
{
    struct mysql_charset *loaded;
    enum status status;

    pthread_mutex_lock(&source->mutex);
    *charset = find(source->charsets, name);
    pthread_mutex_unlock(&source->mutex);
    if (*charset)
        return STATUS_OK;
    status = mysql_charset_load(source, link, name, &loaded, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&source->mutex);
    *charset = find(source->charsets, name);
    if (*charset) {
        mysql_charset_free(loaded);
    } else {
        if (!source->charsets)
            source->charsets = memory_new(1, sizeof(*source->charsets));
        loaded->next = source->charsets->first;
        source->charsets->first = loaded;
        *charset = loaded;
    }
    pthread_mutex_unlock(&source->mutex);
    return STATUS_OK;
}

void mysql_charset_free(struct mysql_charset *charset)
{
    memory_free(charset->singles);
    memory_free(charset->doubles);
    memory_free(charset->triples);
    memory_free(charset->fours);
    memory_free(charset->ids);
    memory_free(charset);
}

void mysql_charsets_free(struct mysql_charsets *charsets)
{
    while (charsets && charsets->first) {
        struct mysql_charset *set = charsets->first;
        charsets->first = set->next;
        mysql_charset_free(set);
    }
    memory_free(charsets);
}

bool mysql_charset_has_collation(const struct mysql_charset *charset,
                                 unsigned id)
{
    for (size_t i = 0; i < charset->id_count; i++) {
        if (charset->ids[i] == id)
            return true;
    }
    return false;
}

/* By words; the last one overlaps the one before it. */
static bool is_ascii(struct bytes text)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    const uint8_t *at = text.data;
    uint64_t word;
    uint8_t bits = 0;

    if (text.size < sizeof(word)) {
        for (size_t i = 0; i < text.size; i++)
            bits |= at[i];
        return bits < 0x80;
    }
    for (; at + sizeof(word) < text.data + text.size; at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if (word & high)
            return false;
    }
    memcpy(&word, text.data + text.size - sizeof(word), sizeof(word));
    return (word & high) == 0;
}

bool mysql_charset_is_plain(const struct mysql_charset *charset,
                            struct bytes raw)
{
    if (raw.size == 0 || (charset->is_ascii_plain && is_ascii(raw)))
        return true;
    return charset->form == FORM_UTF8 && text_is_utf8(raw);
}

static uint32_t utf8_code(const uint8_t *at, size_t length)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = at[0] & first_bits[length];

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (at[i] & 0x3f);
    return code;
}

static size_t next_utf8(const uint8_t *at, size_t left, uint32_t *code)
{
    size_t length = at[0] < 0x80   ? 1
                    : at[0] < 0xe0 ? 2
                    : at[0] < 0xf0 ? 3
                                   : 4;

    if (length > left || !text_is_utf8((struct bytes){at, length}))
        return 1;
    *code = utf8_code(at, length);
    return length;
}

static uint32_t unit(const uint8_t *at, bool is_little)
{
    return is_little ? at[0] | (uint32_t)at[1] << 8
                     : (uint32_t)at[0] << 8 | at[1];
}

static size_t next_utf16(const uint8_t *at, size_t left, bool is_little,
                         uint32_t *code)
{
    uint32_t high;
    uint32_t low;

    if (left < 2)
        return left;
    high = unit(at, is_little);
    if (high < 0xd800 || high > 0xdfff) {
        *code = high;
        return 2;
    }
    if (high > 0xdbff || left < 4)
        return 2;
    low = unit(at + 2, is_little);
    if (low < 0xdc00 || low > 0xdfff)
        return 2;
    *code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return 4;
}

/* Of 2 or 4 bytes, big endian; no surrogates, nothing above U+10FFFF. */
static size_t next_fixed(const uint8_t *at, size_t left, size_t width,
                         uint32_t *code)
{
    uint32_t value = 0;

    if (left < width)
        return left;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | at[i];
    if ((value < 0xd800 || value > 0xdfff) && value <= CODE_MAX)
        *code = value;
    return width;
}

uint32_t mysql_charset_four_index(const uint8_t *code)
{
    if (code[0] < 0x81 || code[0] > 0xfe || code[1] < 0x30 ||
        code[1] > 0x39 || code[2] < 0x81 || code[2] > 0xfe ||
        code[3] < 0x30 || code[3] > 0x39)
        return CODE_NONE;
    return (((code[0] - 0x81u) * 10 + code[1] - 0x30) * 126 + code[2] -
            0x81) * 10 + code[3] - 0x30;
}

static size_t next_four(const struct mysql_charset *set, const uint8_t *at,
                        uint32_t *code)
{
    uint32_t index = mysql_charset_four_index(at);

    if (index < FOUR_BYTE_CODES)
        *code = set->fours[index];
    else if (index != CODE_NONE && index >= FOUR_INDEX_HIGH &&
             index - FOUR_INDEX_HIGH <= CODE_MAX - 0x10000)
        *code = index - FOUR_INDEX_HIGH + 0x10000;
    return *code == CODE_NONE ? 1 : 4;
}

static size_t next_table(const struct mysql_charset *set, const uint8_t *at,
                         size_t left, uint32_t *code)
{
    *code = set->singles[at[0]];
    if (*code != CODE_NONE)
        return 1;
    if (set->doubles && left >= 2) {
        *code = set->doubles[at[0] << 8 | at[1]];
        if (*code != CODE_NONE)
            return 2;
    }
    if (set->triples && left >= 3 && at[0] == TRIPLE_LEAD) {
        *code = set->triples[at[1] << 8 | at[2]];
        if (*code != CODE_NONE)
            return 3;
    }
    return set->fours && left >= 4 ? next_four(set, at, code) : 1;
}

/* The code that `at` begins with and its bytes; where there is none CODE_NONE
 * and how many bytes do not fit. `left` is at least 1. */
static size_t next_code(const struct mysql_charset *set, const uint8_t *at,
                        size_t left, uint32_t *code)
{
    *code = CODE_NONE;
    switch (set->form) {
    case FORM_UTF8:
        return next_utf8(at, left, code);
    case FORM_ASCII:
        if (at[0] < 0x80)
            *code = at[0];
        return 1;
    case FORM_UCS2:
        return next_fixed(at, left, 2, code);
    case FORM_UTF16:
        return next_utf16(at, left, false, code);
    case FORM_UTF16LE:
        return next_utf16(at, left, true, code);
    case FORM_UTF32:
        return next_fixed(at, left, 4, code);
    default:
        return next_table(set, at, left, code);
    }
}

/* Returns the place behind. */
static uint8_t *put_utf8(uint8_t *at, uint32_t code)
{
    if (code < 0x80) {
        *at++ = (uint8_t)code;
        return at;
    }
    if (code < 0x800) {
        *at++ = (uint8_t)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *at++ = (uint8_t)(0xe0 | code >> 12);
        } else {
            *at++ = (uint8_t)(0xf0 | code >> 18);
            *at++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        }
        *at++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    }
    *at++ = (uint8_t)(0x80 | (code & 0x3f));
    return at;
}

/* Of the code at `at`; counts the bytes that do not fit. */
static uint8_t *convert_code(const struct mysql_charset *set,
                             struct bytes raw, size_t *at, uint8_t *place,
                             size_t *bad_count)
{
    uint32_t code;
    size_t length = next_code(set, raw.data + *at, raw.size - *at, &code);

    *at += length;
    if (code != CODE_NONE)
        return put_utf8(place, code);
    *bad_count += length;
    while (length-- > 0)
        place = put_utf8(place, REPLACEMENT);
    return place;
}

size_t mysql_charset_convert(const struct mysql_charset *charset,
                             struct bytes raw, struct buffer *target)
{
    size_t at = 0;
    size_t bad_count = 0;

    while (at < raw.size) {
        size_t stop = raw.size - at > CHUNK_BYTES ? at + CHUNK_BYTES
                                                  : raw.size;
        /* The last code may end behind the chunk. */
        if (!buffer_reserve(target, 3 * (stop - at) + CODE_BYTES))
            return bad_count;
        uint8_t *place = target->data + target->size;
        while (at < stop)
            place = convert_code(charset, raw, &at, place, &bad_count);
        target->size = (size_t)(place - target->data);
    }
    return bad_count;
}
