/*
 * Decimal text to scaled integers and back. Exact: what has no place in the
 * precision or scale is refused, never rounded.
 */
#include "model/decimal.h"

#include <string.h>

#include "base/attributes.h"

#define LIMBS 4
#define PRECISION_MAX 76

/* A part of the digits that fits into 64 bits. */
#define PART_DIGITS 18
#define PART UINT64_C(1000000000000000000)

__extension__ typedef unsigned __int128 wide;

/* The digits of a text, taken apart: sign, then whole, then fraction. */
struct digits {
    struct bytes whole;    /* without leading zeros */
    struct bytes fraction; /* without trailing zeros */
    bool is_negative;
};

static size_t count_digits(struct bytes text)
{
    size_t count = 0;

    while (count < text.size && text.data[count] >= '0' &&
           text.data[count] <= '9')
        count++;
    return count;
}

static struct bytes bytes_after(struct bytes bytes, size_t count)
{
    return (struct bytes){bytes.data + count, bytes.size - count};
}

static bool digits_split(struct bytes text, struct digits *digits)
{
    size_t count;

    digits->is_negative = text.size > 0 && text.data[0] == '-';
    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = bytes_after(text, 1);
    count = count_digits(text);
    digits->whole = (struct bytes){text.data, count};
    digits->fraction = (struct bytes){text.data + count, 0};
    if (count == 0)
        return false;
    text = bytes_after(text, count);
    if (text.size > 0) {
        if (text.data[0] != '.' || text.size == 1)
            return false;
        digits->fraction = bytes_after(text, 1);
        if (count_digits(digits->fraction) != digits->fraction.size)
            return false;
    }
    while (digits->whole.size > 0 && digits->whole.data[0] == '0')
        digits->whole = bytes_after(digits->whole, 1);
    while (digits->fraction.size > 0 &&
           digits->fraction.data[digits->fraction.size - 1] == '0')
        digits->fraction.size--;
    return true;
}

/* Digit `index` of whole and fraction in one run, '0' behind them. */
static uint64_t digit_at(const struct digits *digits, size_t index)
{
    if (index < digits->whole.size)
        return digits->whole.data[index] - (uint64_t)'0';
    index -= digits->whole.size;
    if (index < digits->fraction.size)
        return digits->fraction.data[index] - (uint64_t)'0';
    return 0;
}

/* limbs = limbs * factor + more; what passes the top is lost. */
static void multiply_add(uint64_t *limbs, uint64_t factor, uint64_t more)
{
    wide carry = more;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (wide)limbs[i] * factor;
        limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

/* limbs /= divisor; returns the rest. */
static uint64_t divide(uint64_t *limbs, uint64_t divisor)
{
    wide rest = 0;

    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 64 | limbs[i];
        limbs[i] = (uint64_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint64_t)rest;
}

static void negate(uint64_t *limbs)
{
    bool has_carry = true;

    for (size_t i = 0; i < LIMBS; i++) {
        limbs[i] = ~limbs[i] + has_carry;
        has_carry = has_carry && limbs[i] == 0;
    }
}

static const uint64_t powers[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
    1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
    100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
    PART,
};

/* The road of nearly all values: at most 18 digits with the zeros up to the
 * scale. False where the text is longer or anything is wrong with it. */
static bool parse_short(struct bytes text, unsigned precision, unsigned scale,
                        int64_t *value)
{
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t i = is_negative;
    size_t start = i;
    size_t point;
    uint64_t sum = 0;

    if (text.size > PART_DIGITS)
        return false;
    for (; i < text.size && (uint8_t)(text.data[i] - '0') < 10; i++)
        sum = sum * 10 + (uint8_t)(text.data[i] - '0');
    point = i;
    if (i < text.size && text.data[i] == '.') {
        for (i++; i < text.size && (uint8_t)(text.data[i] - '0') < 10; i++)
            sum = sum * 10 + (uint8_t)(text.data[i] - '0');
        if (i == point + 1 || i - point - 1 > scale)
            return false;
        scale -= (unsigned)(i - point - 1);
    }
    if (i != text.size || point == start || i - start + scale > PART_DIGITS)
        return false;
    sum *= powers[scale];
    *value = is_negative ? -(int64_t)sum : (int64_t)sum;
    return precision >= PART_DIGITS || sum < powers[precision];
}

static bool parse_long(struct bytes text, unsigned precision, unsigned scale,
                       uint64_t *limbs)
{
    struct digits digits;
    size_t count;
    size_t i = 0;

    if (!digits_split(text, &digits) || precision > PRECISION_MAX ||
        digits.fraction.size > scale)
        return false;
    count = digits.whole.size + scale;
    while (i < count && digit_at(&digits, i) == 0)
        i++;
    if (count - i > precision)
        return false;
    while (i < count) {
        uint64_t part = 0;
        uint64_t factor = 1;
        for (; i < count && factor < PART; i++) {
            part = part * 10 + digit_at(&digits, i);
            factor *= 10;
        }
        multiply_add(limbs, factor, part);
    }
    if (digits.is_negative)
        negate(limbs);
    return true;
}

bool decimal_parse(struct bytes text, unsigned precision, unsigned scale,
                   unsigned width, uint8_t *target)
{
    uint64_t limbs[LIMBS] = {0};
    int64_t value;

    if (parse_short(text, precision, scale, &value)) {
        memset(limbs, value < 0 ? 0xff : 0, sizeof(limbs));
        memcpy(limbs, &value, sizeof(value));
    } else if (!parse_long(text, precision, scale, limbs)) {
        return false;
    }
    memcpy(target, limbs, width);
    return true;
}

/* Sign-extends `width` bytes into all limbs. */
static void load(uint64_t *limbs, const uint8_t *scaled, unsigned width)
{
    memset(limbs, scaled[width - 1] >> 7 ? 0xff : 0, LIMBS * sizeof(*limbs));
    memcpy(limbs, scaled, width);
}

/* All digits of a positive value, at least `least`, the last at the end of
 * `text`; returns where the first stands. */
static char *write_digits(uint64_t *limbs, size_t least, char *text,
                          size_t size)
{
    char *end = text + size;
    char *place = end;
    uint64_t any = limbs[0] | limbs[1] | limbs[2] | limbs[3];

    while (any != 0) {
        uint64_t part = divide(limbs, PART);
        any = limbs[0] | limbs[1] | limbs[2] | limbs[3];
        for (int i = 0; i < PART_DIGITS && (part != 0 || any != 0); i++) {
            *--place = (char)('0' + part % 10);
            part /= 10;
        }
    }
    while ((size_t)(end - place) < least)
        *--place = '0';
    return place;
}

void decimal_format(const uint8_t *scaled, unsigned width, unsigned scale,
                    struct buffer *target)
{
    char text[PRECISION_MAX + 4];
    uint64_t limbs[LIMBS];
    bool is_negative = scaled[width - 1] >> 7;
    const char *digits;
    size_t whole;

    load(limbs, scaled, width);
    if (is_negative)
        negate(limbs);
    digits = write_digits(limbs, scale + 1, text, sizeof(text));
    whole = (size_t)(text + sizeof(text) - digits) - scale;
    if (is_negative)
        buffer_add_byte(target, '-');
    buffer_add(target, digits, whole);
    if (scale > 0) {
        buffer_add_byte(target, '.');
        buffer_add(target, digits + whole, scale);
    }
}

int decimal_compare(const uint8_t *left, const uint8_t *right,
                    unsigned width)
{
    uint64_t lefts[LIMBS];
    uint64_t rights[LIMBS];
    int64_t left_top;
    int64_t right_top;

    load(lefts, left, width);
    load(rights, right, width);
    memcpy(&left_top, &lefts[LIMBS - 1], sizeof(left_top));
    memcpy(&right_top, &rights[LIMBS - 1], sizeof(right_top));
    if (left_top != right_top)
        return left_top < right_top ? -1 : 1;
    for (size_t i = LIMBS - 1; i-- > 0;) {
        if (lefts[i] != rights[i])
            return lefts[i] < rights[i] ? -1 : 1;
    }
    return 0;
}
