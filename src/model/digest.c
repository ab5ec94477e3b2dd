/*
 * Canonical cells and the digest of a row as model/digest.h defines them: a
 * frozen format. xxHash is compiled into this file so that its code for short
 * inputs is not behind a call; nothing else in the program includes it so.
 */
#include "model/digest.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NAN_BITS UINT64_C(0x7ff8000000000000)
#define LIMBS_MAX 4

/* The longest cell of an integer: 2^64-1 has nine bytes. */
#define INT_CELL_BYTES 9

uint64_t digest_seed(const char *seed_name)
{
    return XXH3_64bits(seed_name, strlen(seed_name));
}

uint64_t digest_mix(uint64_t value)
{
    value ^= value >> 33;
    value *= UINT64_C(0xff51afd7ed558ccd);
    value ^= value >> 33;
    value *= UINT64_C(0xc4ceb9fe1a85ec53);
    value ^= value >> 33;
    return value;
}

/* The factors are the inverses of those of digest_mix modulo 2^64. */
uint64_t digest_unmix(uint64_t value)
{
    value ^= value >> 33;
    value *= UINT64_C(0x9cb4b2f8129337db);
    value ^= value >> 33;
    value *= UINT64_C(0x4f74430c22a54005);
    value ^= value >> 33;
    return value;
}

uint64_t digest_finish(uint64_t sum)
{
    uint64_t digest = digest_mix(DIGEST_BASE + sum);

    return digest != 0 ? digest : 1;
}

/* Bytes of the shortest two's complement, sign bit included. */
static size_t signed_size(int64_t value)
{
    uint64_t magnitude = (uint64_t)(value < 0 ? ~value : value);

    if (magnitude == 0)
        return 1;
    return (size_t)(64 - __builtin_clzll(magnitude)) / 8 + 1;
}

size_t digest_cell_int(int64_t value, uint8_t *target)
{
    memcpy(target, &value, sizeof(value));
    return signed_size(value);
}

size_t digest_cell_uint(uint64_t value, uint8_t *target)
{
    memcpy(target, &value, sizeof(value));
    if (value <= INT64_MAX)
        return signed_size((int64_t)value);
    target[sizeof(value)] = 0;
    return INT_CELL_BYTES;
}

size_t digest_cell_double(double value, uint8_t *target)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    if (value == 0)
        bits = 0;
    else if (value != value)
        bits = NAN_BITS;
    memcpy(target, &bits, sizeof(bits));
    return sizeof(bits);
}

__extension__ typedef unsigned __int128 wide;

/* A magnitude in limbs of 64 bits, the lowest first. */
struct magnitude {
    uint64_t limbs[LIMBS_MAX];
    size_t count; /* without zero limbs at the top; 0 is the value 0 */
    bool is_negative;
};

static void magnitude_trim(struct magnitude *value)
{
    while (value->count > 0 && value->limbs[value->count - 1] == 0)
        value->count--;
}

static void magnitude_negate(struct magnitude *value)
{
    uint64_t carry = 1;

    for (size_t i = 0; i < value->count; i++) {
        value->limbs[i] = ~value->limbs[i] + carry;
        carry = carry && value->limbs[i] == 0;
    }
}

static void magnitude_load(struct magnitude *value, const uint8_t *scaled,
                           unsigned width)
{
    value->count = width / sizeof(uint64_t);
    memcpy(value->limbs, scaled, width);
    value->is_negative = scaled[width - 1] >> 7;
    if (value->is_negative)
        magnitude_negate(value);
    magnitude_trim(value);
}

/* Divides by ten where that leaves no rest; false and unchanged else. */
static bool magnitude_tenth(struct magnitude *value)
{
    uint64_t quotient[LIMBS_MAX] = {0};
    wide rest = 0;

    for (size_t i = value->count; i-- > 0;) {
        rest = rest << 64 | value->limbs[i];
        quotient[i] = (uint64_t)(rest / 10);
        rest %= 10;
    }
    if (rest != 0)
        return false;
    memcpy(value->limbs, quotient, value->count * sizeof(*quotient));
    magnitude_trim(value);
    return true;
}

static size_t store_magnitude(struct magnitude *value, uint8_t *target)
{
    uint8_t sign = value->is_negative ? 0xff : 0;
    size_t size = value->count * sizeof(uint64_t);

    if (value->is_negative)
        magnitude_negate(value);
    memcpy(target, value->limbs, size);
    target[size] = sign;
    size++;
    while (size > 1 && target[size - 1] == sign &&
           target[size - 2] >> 7 == sign >> 7)
        size--;
    return size;
}

static size_t decimal_narrow(int64_t value, unsigned scale, uint8_t *target)
{
    while (scale > 0 && value % 10 == 0 && value != 0) {
        value /= 10;
        scale--;
    }
    target[0] = (uint8_t)(value != 0 ? scale : 0);
    return 1 + digest_cell_int(value, target + 1);
}

static size_t decimal_wide(struct magnitude *value, unsigned scale,
                           uint8_t *target)
{
    while (scale > 0 && magnitude_tenth(value))
        scale--;
    target[0] = (uint8_t)scale;
    return 1 + store_magnitude(value, target + 1);
}

size_t digest_cell_decimal(const uint8_t *scaled, unsigned width,
                           unsigned scale, uint8_t *target)
{
    struct magnitude value;
    int64_t eight;
    int32_t four;

    if (width == sizeof(four)) {
        memcpy(&four, scaled, sizeof(four));
        return decimal_narrow(four, scale, target);
    }
    if (width == sizeof(eight)) {
        memcpy(&eight, scaled, sizeof(eight));
        return decimal_narrow(eight, scale, target);
    }
    magnitude_load(&value, scaled, width);
    if (value.count == 0)
        return decimal_narrow(0, 0, target);
    if (value.count > 1 || value.limbs[0] > INT64_MAX)
        return decimal_wide(&value, scale, target);
    eight = (int64_t)value.limbs[0];
    return decimal_narrow(value.is_negative ? -eight : eight, scale, target);
}

uint64_t digest_int(int64_t value, uint64_t seed)
{
    return XXH3_64bits_withSeed(&value, signed_size(value), seed);
}

uint64_t digest_uint(uint64_t value, uint64_t seed)
{
    uint8_t cell[INT_CELL_BYTES];

    return XXH3_64bits_withSeed(cell, digest_cell_uint(value, cell), seed);
}

uint64_t digest_double(double value, uint64_t seed)
{
    uint8_t cell[sizeof(value)];

    return XXH3_64bits_withSeed(cell, digest_cell_double(value, cell), seed);
}

uint64_t digest_decimal(const uint8_t *scaled, unsigned width,
                        unsigned scale, uint64_t seed)
{
    uint8_t cell[DIGEST_CELL_BYTES];
    size_t size = digest_cell_decimal(scaled, width, scale, cell);

    return XXH3_64bits_withSeed(cell, size, seed);
}

uint64_t digest_bytes(struct bytes bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.size, seed);
}
