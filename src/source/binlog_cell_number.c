/*
 * Numbers of row images: out of their bytes, into the maker of the type. What
 * must stay true: a value that no server writes is malformed, never rounded.
 */
#include "source/binlog_cell.h"

#define GROUP_DIGITS 9u
/* A column has 65 digits at most, 30 of them of fraction; inside of a JSON
 * document whole groups of nine are counted. */
#define PRECISION_MAX 81u
#define SCALE_MAX 72u
/* So many digits are a number of 64 bits. */
#define SHORT_PRECISION 18u

/* Bytes of 0 to 9 digits. */
static const uint8_t DIGIT_BYTES[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
static const uint32_t POWERS[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
    1000000000};

uint64_t binlog_big_endian(struct bytes value)
{
    uint64_t number = 0;

    for (size_t i = 0; i < value.size && i < 8; i++)
        number = number << 8 | value.data[i];
    return number;
}

uint64_t binlog_little_endian(struct bytes value)
{
    uint64_t number = 0;

    memcpy(&number, value.data, value.size < 8 ? value.size : 8);
    return number;
}

#define READ_NUMBER(name, type, maker_of)                               \
    static bool name(struct binlog_cell *cell, struct bytes value)      \
    {                                                                   \
        type number;                                                    \
                                                                        \
        memcpy(&number, value.data, sizeof(number));                    \
        maker_of(cell->maker, number);                                  \
        return true;                                                    \
    }

READ_NUMBER(read_int1, int8_t, mysql_cell_int)
READ_NUMBER(read_int2, int16_t, mysql_cell_int)
READ_NUMBER(read_int4, int32_t, mysql_cell_int)
READ_NUMBER(read_int8, int64_t, mysql_cell_int)
READ_NUMBER(read_uint1, uint8_t, mysql_cell_uint)
READ_NUMBER(read_uint2, uint16_t, mysql_cell_uint)
READ_NUMBER(read_uint4, uint32_t, mysql_cell_uint)
READ_NUMBER(read_uint8, uint64_t, mysql_cell_uint)

static bool read_uint3(struct binlog_cell *cell, struct bytes value)
{
    mysql_cell_uint(cell->maker, binlog_little_endian(value));
    return true;
}

static bool read_int3(struct binlog_cell *cell, struct bytes value)
{
    uint32_t number = (uint32_t)binlog_little_endian(value) << 8;

    mysql_cell_int(cell->maker, (int32_t)number >> 8);
    return true;
}

binlog_read_function *binlog_int_reader(const struct binlog_column *column,
                                        const struct mysql_type *type)
{
    bool is_unsigned = type->is_unsigned;

    switch (column->code) {
    case MYSQL_TYPE_TINY:
        return is_unsigned ? read_uint1 : read_int1;
    case MYSQL_TYPE_SHORT:
        return is_unsigned ? read_uint2 : read_int2;
    case MYSQL_TYPE_INT24:
        return is_unsigned ? read_uint3 : read_int3;
    case MYSQL_TYPE_LONG:
        return is_unsigned ? read_uint4 : read_int4;
    default:
        return is_unsigned ? read_uint8 : read_int8;
    }
}

bool binlog_read_float(struct binlog_cell *cell, struct bytes value)
{
    float number;

    memcpy(&number, value.data, sizeof(number));
    mysql_cell_double(cell->maker, (double)number);
    return true;
}

bool binlog_read_double(struct binlog_cell *cell, struct bytes value)
{
    double number;

    memcpy(&number, value.data, sizeof(number));
    mysql_cell_double(cell->maker, number);
    return true;
}

bool binlog_read_bit(struct binlog_cell *cell, struct bytes value)
{
    mysql_cell_uint(cell->maker, binlog_big_endian(value));
    return true;
}

/* Year 0 is 0. */
bool binlog_read_year(struct binlog_cell *cell, struct bytes value)
{
    uint8_t year = value.data[0];

    mysql_cell_uint(cell->maker, year == 0 ? 0 : year + 1900u);
    return true;
}

unsigned binlog_decimal_bytes(unsigned precision, unsigned scale)
{
    unsigned whole = precision - scale;

    if (precision == 0 || precision > PRECISION_MAX || scale > SCALE_MAX ||
        scale > precision)
        return 0;
    return whole / GROUP_DIGITS * 4 + DIGIT_BYTES[whole % GROUP_DIGITS] +
           scale / GROUP_DIGITS * 4 + DIGIT_BYTES[scale % GROUP_DIGITS];
}

/* A group of that many digits; `flip` undoes the sign. */
static bool add_group(const uint8_t **at, unsigned digits, uint8_t flip,
                      char **target)
{
    uint32_t group = 0;

    for (unsigned i = 0; i < DIGIT_BYTES[digits]; i++)
        group = group << 8 | (uint8_t)(*(*at)++ ^ flip);
    if (group >= POWERS[digits])
        return false;
    for (unsigned i = digits; i > 0; i--) {
        (*target)[i - 1] = (char)('0' + group % 10);
        group /= 10;
    }
    *target += digits;
    return true;
}

/* `count` digits in groups of nine, the short one first or last. */
static bool add_digits(const uint8_t **at, unsigned count, bool is_short_first,
                       uint8_t flip, char **target)
{
    unsigned rest = count % GROUP_DIGITS;
    bool is_good = true;

    if (is_short_first)
        is_good = add_group(at, rest, flip, target);
    for (unsigned i = 0; is_good && i < count / GROUP_DIGITS; i++)
        is_good = add_group(at, GROUP_DIGITS, flip, target);
    if (!is_short_first && is_good)
        is_good = add_group(at, rest, flip, target);
    return is_good;
}

/* Big-endian groups, the top bit inverted, all bits where it is negative. */
bool binlog_decimal_text(struct bytes value, unsigned precision,
                         unsigned scale, struct buffer *text)
{
    uint8_t copy[4 * (PRECISION_MAX / GROUP_DIGITS + 3)];
    char digits[PRECISION_MAX + 1];
    char *end = digits;
    const uint8_t *at = copy;
    unsigned whole = precision - scale;
    uint8_t flip;
    size_t start = 0;

    if (value.size == 0 || value.size > sizeof(copy) ||
        value.size != binlog_decimal_bytes(precision, scale))
        return false;
    memcpy(copy, value.data, value.size);
    flip = copy[0] & 0x80 ? 0 : 0xff;
    copy[0] ^= 0x80;
    if (!add_digits(&at, whole, true, flip, &end) ||
        !add_digits(&at, scale, false, flip, &end))
        return false;
    while (start + 1 < whole && digits[start] == '0')
        start++;
    if (flip)
        buffer_add_byte(text, '-');
    if (whole == 0)
        buffer_add_byte(text, '0');
    buffer_add(text, digits + start, whole - start);
    if (scale > 0) {
        buffer_add_byte(text, '.');
        buffer_add(text, digits + whole, scale);
    }
    return true;
}

static bool read_decimal(struct binlog_cell *cell, struct bytes value)
{
    buffer_clear(&cell->text);
    if (!binlog_decimal_text(value, cell->column->meta[0],
                             cell->column->meta[1], &cell->text))
        return false;
    mysql_cell_decimal(cell->maker, buffer_bytes(&cell->text));
    return true;
}

static uint32_t read_group(const uint8_t *at, uint32_t bytes)
{
    uint32_t group = 0;

    if (bytes == 4)
        return binlog_big_four(at);
    for (uint32_t i = 0; i < bytes; i++)
        group = group << 8 | at[i];
    return group;
}

/* One of at most 18 digits into a column of its own scale. */
static bool read_short_decimal(struct binlog_cell *cell, struct bytes value)
{
    const uint8_t *at = value.data;
    bool is_negative = !(*at & 0x80);
    uint32_t flip = is_negative ? UINT32_MAX : 0;
    int64_t number = 0;

    for (const struct binlog_group *group = cell->groups; group->limit > 0;
         at += group->bytes, group++) {
        uint32_t digits = read_group(at, group->bytes) ^ group->sign ^
                          (flip & group->mask);
        if (digits >= group->limit)
            return false;
        number = number * group->limit + digits;
    }
    mysql_cell_scaled(cell->maker, is_negative ? -number : number);
    return true;
}

static struct binlog_group *add_plan(struct binlog_group *group,
                                     unsigned digits)
{
    if (digits == 0)
        return group;
    group->bytes = DIGIT_BYTES[digits];
    group->limit = POWERS[digits];
    group->mask = UINT32_MAX >> (32 - 8 * group->bytes);
    return group + 1;
}

/* In their order; two short groups and one of nine digits are the most. */
static void plan_groups(unsigned whole, unsigned scale,
                        struct binlog_group *groups)
{
    struct binlog_group *end = add_plan(groups, whole % GROUP_DIGITS);

    for (unsigned i = 0; i < whole / GROUP_DIGITS + scale / GROUP_DIGITS; i++)
        end = add_plan(end, GROUP_DIGITS);
    add_plan(end, scale % GROUP_DIGITS);
    groups->sign = groups->mask ^ groups->mask >> 1;
}

binlog_read_function *binlog_decimal_reader(struct binlog_cell *cell)
{
    unsigned precision = cell->column->meta[0];
    unsigned scale = cell->column->meta[1];

    if (precision > SHORT_PRECISION || !cell->maker->is_natural ||
        scale != cell->maker->column->scale)
        return read_decimal;
    plan_groups(precision - scale, scale, cell->groups);
    return read_short_decimal;
}
