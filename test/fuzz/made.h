#ifndef TIDEMARK_TEST_FUZZ_MADE_H
#define TIDEMARK_TEST_FUZZ_MADE_H

/*
 * Bytes for the mutators that know a structure: written in order into a
 * limited space, with numbers drawn from a seed. What does not fit is left
 * out, which is a mutation, too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

struct made {
    uint8_t *data;
    size_t size;
    size_t max;
    uint64_t state;
};

static inline struct made made_of(uint8_t *data, size_t max, unsigned seed)
{
    return (struct made){data, 0, max, seed};
}

/* Below `below`, which is not 0. */
static inline size_t made_draw(struct made *made, size_t below)
{
    uint64_t value = made->state += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)((value ^ value >> 31) % below);
}

/* True one time in `times`. */
static inline bool made_once(struct made *made, size_t times)
{
    return made_draw(made, times) == 0;
}

static inline void made_byte(struct made *made, uint8_t byte)
{
    if (made->size < made->max)
        made->data[made->size++] = byte;
}

static inline void made_bytes(struct made *made, const void *bytes,
                              size_t size)
{
    for (size_t i = 0; i < size; i++)
        made_byte(made, ((const uint8_t *)bytes)[i]);
}

static inline void made_text(struct made *made, const char *text)
{
    made_bytes(made, text, strlen(text));
}

/* Little endian. */
static inline void made_number(struct made *made, uint64_t number,
                               size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        made_byte(made, (uint8_t)(number >> (8 * i)));
}

static inline void made_big(struct made *made, uint64_t number, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        made_byte(made, i < 8 ? (uint8_t)(number >> (8 * i)) : 0);
}

/* Writes over what stands at `at`. */
static inline void made_patch(struct made *made, size_t at, uint64_t number,
                              size_t bytes)
{
    for (size_t i = 0; i < bytes && at + i < made->size; i++)
        made->data[at + i] = (uint8_t)(number >> (8 * i));
}

static inline void made_lenenc(struct made *made, uint64_t number)
{
    if (number < 0xfb) {
        made_byte(made, (uint8_t)number);
        return;
    }
    made_byte(made, number <= UINT16_MAX ? 0xfc : 0xfe);
    made_number(made, number, number <= UINT16_MAX ? 2 : 8);
}

/* The varint of mysql::serialization, for numbers below 2^49. */
static inline void made_varlen(struct made *made, uint64_t number)
{
    size_t more = 0;

    while (more < 6 && number >> (7 * (more + 1)) != 0)
        more++;
    made_number(made, number << (more + 1) | ((UINT64_C(1) << more) - 1),
                more + 1);
}

/* Edges of all widths, and anything. */
static inline uint64_t made_edge(struct made *made)
{
    static const uint64_t edges[] = {
        0, 1, 2, 9, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
        0x80000000, 0xffffffff, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};

    if (made_once(made, 2))
        return edges[made_draw(made, sizeof(edges) / sizeof(*edges))];
    return made_draw(made, UINT64_MAX);
}

static inline void made_random(struct made *made, size_t bytes)
{
    while (bytes-- > 0)
        made_byte(made, (uint8_t)made_draw(made, 256));
}

/* A text as people write them, or bytes that are none. */
static inline void made_words(struct made *made, size_t most)
{
    static const char *const words[] = {
        "", "a", "abc", "\xc3\xa4\xf0\x9f\x98\x80", "\"\\\b\f\n\r\t\x01",
        "2024-02-29", "12.50", "\xff\xfe", "d\xc3", "null", "a'b`c"};
    const char *word =
        words[made_draw(made, sizeof(words) / sizeof(*words))];
    size_t size = strlen(word);

    made_bytes(made, word, size < most ? size : most);
}

/* Of three, one is new, one new and bent, one the old one bent. */
static inline size_t made_mutate(uint8_t *data, size_t size, size_t max_size,
                                 unsigned seed,
                                 void (*build)(struct made *made))
{
    struct made made = made_of(data, max_size, seed);
    size_t way = made_draw(&made, 3);

    if (way == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    build(&made);
    return way == 1 ? made.size
                    : LLVMFuzzerMutate(data, made.size, max_size);
}

#endif
