#ifndef TIDEMARK_TEST_FUZZ_MADE_JSON_H
#define TIDEMARK_TEST_FUZZ_MADE_JSON_H

/* Binary JSON whose counts, sizes and offsets are right. */
#include "made.h"

#define MADE_JSON_DEPTH 4

static inline void made_json_length(struct made *made, size_t length)
{
    for (; length > 0x7f; length >>= 7)
        made_byte(made, (uint8_t)(0x80 | length));
    made_byte(made, (uint8_t)length);
}

/* Packed moments and times, of either sign. */
static inline void made_json_time(struct made *made)
{
    uint64_t whole = ((made_draw(made, 10000) * 13 + made_draw(made, 13))
                          << 22) | made_draw(made, 1 << 22);
    uint64_t packed = whole << 24 | made_draw(made, 1000000);

    made_number(made, made_once(made, 3) ? 0 - packed : packed, 8);
}

static inline void made_json_opaque(struct made *made)
{
    static const uint8_t types[] = {246, 10, 11, 12, 7, 252, 16, 255, 13};
    uint8_t type = types[made_draw(made, sizeof(types))];
    size_t length = made_draw(made, made_once(made, 4) ? 300 : 20);

    made_byte(made, type);
    if (type == 246) {
        made_json_length(made, 2 + 4);
        made_bytes(made, "\x05\x02", 2); /* decimal(5,2) takes 3 bytes */
        made_random(made, 4);
        return;
    }
    if (type <= 12 && !made_once(made, 8)) {
        made_json_length(made, 8);
        made_json_time(made);
        return;
    }
    made_json_length(made, length);
    made_random(made, length);
}

static inline void made_json_scalar(struct made *made, uint8_t kind)
{
    static const uint8_t sizes[] = {1, 2, 2, 4, 4, 8, 8};
    static const double reals[] = {0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e-5,
                                   123456789012345680.0, 1e300, 5e-324,
                                   -2.5, 1e-15, 9007199254740993.0};
    uint64_t number = made_edge(made);
    size_t at;

    if (kind == 4) {
        made_byte(made, (uint8_t)made_draw(made, made_once(made, 9) ? 4 : 3));
    } else if (kind == 11) {
        if (!made_once(made, 3))
            memcpy(&number, &reals[made_draw(made, 13)], sizeof(number));
        made_number(made, number, 8);
    } else if (kind == 12) {
        at = made->size;
        made_byte(made, 0);
        made_words(made, 100);
        made_patch(made, at, made->size - at - 1, 1);
    } else if (kind == 15) {
        made_json_opaque(made);
    } else {
        made_number(made, number, sizes[kind - 4]);
    }
}

static inline uint8_t made_json_kind(struct made *made, unsigned depth)
{
    static const uint8_t scalars[] = {4, 5, 6, 7, 8, 9, 10, 11, 12, 15};

    if (depth < MADE_JSON_DEPTH && made_once(made, 3))
        return (uint8_t)made_draw(made, 4);
    return scalars[made_draw(made, sizeof(scalars))];
}

static inline void made_json_container(struct made *made, uint8_t kind,
                                       unsigned depth);

static inline void made_json_value(struct made *made, uint8_t kind,
                                   unsigned depth)
{
    if (kind < 4)
        made_json_container(made, kind, depth + 1);
    else
        made_json_scalar(made, kind);
}

static inline void made_json_element(struct made *made, size_t start,
                                     size_t entry, size_t word,
                                     unsigned depth)
{
    uint8_t kind = made_json_kind(made, depth);
    bool is_inline = (kind >= 4 && kind <= 6) ||
                     (word == 4 && (kind == 7 || kind == 8));

    made_patch(made, entry, kind, 1);
    if (is_inline) {
        made_patch(made, entry + 1,
                   kind == 4 ? made_draw(made, 3) : made_edge(made), word);
        return;
    }
    made_patch(made, entry + 1, made->size - start, word);
    made_json_value(made, kind, depth);
}

static inline void made_json_container(struct made *made, uint8_t kind,
                                       unsigned depth)
{
    size_t word = kind % 2 == 1 ? 4 : 2;
    size_t count = made_draw(made, 5);
    size_t keys = kind < 2 ? count * (word + 2) : 0;
    size_t start = made->size;
    size_t at = start + 2 * word;

    for (size_t i = 0; i < 2 * word + keys + count * (word + 1); i++)
        made_byte(made, 0);
    made_patch(made, start, count, word);
    for (size_t i = 0; keys > 0 && i < count; i++, at += word + 2) {
        size_t key = made->size;

        made_words(made, 100);
        made_patch(made, at, key - start, word);
        made_patch(made, at + word, made->size - key, 2);
    }
    for (size_t i = 0; i < count; i++, at += word + 1)
        made_json_element(made, start, at, word, depth);
    made_patch(made, start + word, made->size - start, word);
}

static inline void made_json(struct made *made)
{
    uint8_t kind = made_json_kind(made, 0);

    if (made_once(made, 2))
        kind = (uint8_t)made_draw(made, 4);
    made_byte(made, kind);
    made_json_value(made, kind, 0);
}

#endif
