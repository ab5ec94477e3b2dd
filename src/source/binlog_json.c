/*
 * Binary JSON to text. What must stay true: nothing outside of the document is
 * read; every byte of it is walked once at most, so that the text is bounded
 * by the document and nobody can make it grow by pointing twice.
 */
#include "source/binlog_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "source/binlog_json_scalar.h"

enum json_kind {
    SMALL_OBJECT,
    LARGE_OBJECT,
    SMALL_ARRAY,
    LARGE_ARRAY,
    LITERAL,
    INT16,
    UINT16,
    INT32,
    UINT32,
    INT64,
    UINT64,
    DOUBLE,
    STRING,
    OPAQUE = 15
};

struct walk {
    struct buffer *text;
    size_t left; /* bytes that may still be walked */
    unsigned depth;
};

/* A container with what its header says. */
struct container {
    struct bytes bytes; /* from its count on */
    size_t word;        /* bytes of an offset: 2 or 4 */
    uint32_t count;
    bool is_object;
};

static bool write_value(struct walk *walk, uint8_t kind, struct bytes bytes);

/* Counts bytes as walked; false where there were too many. */
static bool spend(struct walk *walk, size_t bytes)
{
    if (bytes > walk->left)
        return false;
    walk->left -= bytes;
    return true;
}

static uint32_t number_at(const uint8_t *at, size_t bytes)
{
    uint32_t number = 0;

    memcpy(&number, at, bytes);
    return number;
}

static bool write_string(struct walk *walk, struct bytes bytes)
{
    struct bytes value;

    if (!binlog_json_take(bytes, &value) || !spend(walk, value.size + 1))
        return false;
    binlog_json_quote(value, walk->text);
    return true;
}

static bool write_opaque(struct walk *walk, struct bytes bytes)
{
    struct bytes value;

    if (bytes.size == 0 ||
        !binlog_json_take((struct bytes){bytes.data + 1, bytes.size - 1},
                          &value) ||
        !spend(walk, value.size + 2))
        return false;
    return binlog_json_opaque(bytes.data[0], value, walk->text);
}

static bool write_number(struct walk *walk, uint8_t kind, struct bytes bytes)
{
    static const uint8_t sizes[] = {2, 2, 4, 4, 8, 8, 8};
    size_t size = sizes[kind - INT16];
    unsigned shift = 64 - 8 * (unsigned)size;
    uint64_t number = 0;
    double real;

    if (bytes.size < size || !spend(walk, size))
        return false;
    memcpy(&number, bytes.data, size);
    if (kind == DOUBLE) {
        memcpy(&real, &number, sizeof(real));
        binlog_json_double(real, walk->text);
    } else if (kind == UINT16 || kind == UINT32 || kind == UINT64) {
        buffer_add_format(walk->text, "%" PRIu64, number);
    } else {
        buffer_add_format(walk->text, "%" PRId64,
                          (int64_t)(number << shift) >> shift);
    }
    return true;
}

static bool write_literal(struct walk *walk, struct bytes bytes)
{
    static const char *const texts[] = {"null", "true", "false"};

    if (bytes.size == 0 || bytes.data[0] > 2 || !spend(walk, 1))
        return false;
    buffer_add_text(walk->text, texts[bytes.data[0]]);
    return true;
}

static bool open_container(struct walk *walk, uint8_t kind,
                           struct bytes bytes, struct container *found)
{
    size_t word = kind == LARGE_OBJECT || kind == LARGE_ARRAY ? 4 : 2;
    bool is_object = kind == SMALL_OBJECT || kind == LARGE_OBJECT;
    size_t entry = (is_object ? word + 2 : 0) + 1 + word;
    size_t size;

    if (bytes.size < 2 * word)
        return false;
    *found = (struct container){.bytes = bytes,
                                .word = word,
                                .count = number_at(bytes.data, word),
                                .is_object = is_object};
    size = number_at(bytes.data + word, word);
    if (size > bytes.size || size < 2 * word ||
        found->count > (size - 2 * word) / entry)
        return false;
    found->bytes.size = size;
    return spend(walk, 2 * word + found->count * entry);
}

static bool write_key(struct walk *walk, const struct container *from,
                      uint32_t index)
{
    const uint8_t *entry =
        from->bytes.data + 2 * from->word + index * (from->word + 2);
    size_t offset = number_at(entry, from->word);
    size_t length = number_at(entry + from->word, 2);

    if (offset > from->bytes.size || length > from->bytes.size - offset ||
        !spend(walk, length))
        return false;
    binlog_json_quote((struct bytes){from->bytes.data + offset, length},
                      walk->text);
    buffer_add_text(walk->text, ": ");
    return true;
}

/* Literals and small numbers stand in the entry itself. */
static bool is_inline(uint8_t kind, size_t word)
{
    return kind == LITERAL || kind == INT16 || kind == UINT16 ||
           (word == 4 && (kind == INT32 || kind == UINT32));
}

static bool write_element(struct walk *walk, const struct container *from,
                          uint32_t index)
{
    size_t keys = from->is_object ? from->count * (from->word + 2) : 0;
    const uint8_t *entry = from->bytes.data + 2 * from->word + keys +
                           index * (from->word + 1);
    uint8_t kind = entry[0];
    size_t offset;

    if (is_inline(kind, from->word)) {
        /* Its bytes were counted with the header. */
        walk->left += from->word;
        if (!write_value(walk, kind,
                         (struct bytes){entry + 1, from->word}))
            return false;
        return true;
    }
    offset = number_at(entry + 1, from->word);
    if (offset >= from->bytes.size)
        return false;
    return write_value(walk, kind,
                       (struct bytes){from->bytes.data + offset,
                                      from->bytes.size - offset});
}

static bool write_container(struct walk *walk, uint8_t kind,
                            struct bytes bytes)
{
    struct container found;
    bool is_good = ++walk->depth <= BINLOG_JSON_DEPTH &&
                   open_container(walk, kind, bytes, &found);

    if (!is_good)
        return false;
    buffer_add_byte(walk->text, found.is_object ? '{' : '[');
    for (uint32_t i = 0; is_good && i < found.count; i++) {
        if (i > 0)
            buffer_add_text(walk->text, ", ");
        is_good = (!found.is_object || write_key(walk, &found, i)) &&
                  write_element(walk, &found, i);
    }
    buffer_add_byte(walk->text, found.is_object ? '}' : ']');
    walk->depth--;
    return is_good;
}

static bool write_value(struct walk *walk, uint8_t kind, struct bytes bytes)
{
    switch (kind) {
    case SMALL_OBJECT:
    case LARGE_OBJECT:
    case SMALL_ARRAY:
    case LARGE_ARRAY:
        return write_container(walk, kind, bytes);
    case LITERAL:
        return write_literal(walk, bytes);
    case STRING:
        return write_string(walk, bytes);
    case OPAQUE:
        return write_opaque(walk, bytes);
    default:
        return kind >= INT16 && kind <= DOUBLE &&
               write_number(walk, kind, bytes);
    }
}

bool binlog_json_text(struct bytes document, struct buffer *text)
{
    struct walk walk = {.text = text, .left = document.size};

    if (document.size == 0) {
        buffer_add_text(text, "null");
        return !text->is_overflown;
    }
    return write_value(&walk, document.data[0],
                       (struct bytes){document.data + 1,
                                      document.size - 1}) &&
           !text->is_overflown;
}
