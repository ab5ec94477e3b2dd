/*
 * Cells of numbers. What must stay true: a number is stored exactly or the
 * cell fails.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/decimal.h"
#include "model/digest.h"
#include "source/mysql_cell.h"

#define NUMBER_TEXT_BYTES 32

/* Whole numbers below are printed without an exponent. */
#define WHOLE_MAX 1e18

/* So many are no more than 18 digits. */
#define FAST_BYTES 18

void mysql_cell_retype_int(struct mysql_cell *cell, int64_t value)
{
    char text[NUMBER_TEXT_BYTES];

    snprintf(text, sizeof(text), "%" PRId64, value);
    mysql_cell_retype(cell, bytes_of(text));
}

void mysql_cell_retype_uint(struct mysql_cell *cell, uint64_t value)
{
    char text[NUMBER_TEXT_BYTES];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    mysql_cell_retype(cell, bytes_of(text));
}

/* The fewest digits that give the same number again. */
static void format_double(double value, bool is_single, char *text,
                          size_t size)
{
    int digits = is_single ? FLT_DIG : DBL_DIG;
    int most = is_single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;

    if (fabs(value) < WHOLE_MAX && value == trunc(value)) {
        snprintf(text, size, "%.0f", value);
        return;
    }
    for (; digits <= most; digits++) {
        double again;
        snprintf(text, size, "%.*g", digits, value);
        again = strtod(text, NULL);
        if (again == value || (is_single && (float)again == (float)value))
            return;
    }
}

void mysql_cell_retype_double(struct mysql_cell *cell, double value)
{
    char text[NUMBER_TEXT_BYTES];

    format_double(value, cell->type.base == MYSQL_BASE_FLOAT, text,
                  sizeof(text));
    mysql_cell_retype(cell, bytes_of(text));
}

/* Appends the digits up to `end` to a number; false for another byte. */
static inline bool take_digits(const uint8_t *at, const uint8_t *end,
                               uint64_t *number)
{
    for (; at < end; at++) {
        unsigned digit = (unsigned)*at - '0';
        if (digit > 9)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

/*
 * Scaled integer of a text of at most 18 digits with exactly `scale` of
 * fraction, as servers send it: anything else goes the long way.
 */
static bool parse_short(struct bytes text, unsigned scale, int64_t *value)
{
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.size;
    const uint8_t *point;
    bool is_negative = text.size > 0 && *at == '-';
    uint64_t number = 0;

    at += is_negative;
    if (text.size > FAST_BYTES || (size_t)(end - at) < scale + 1)
        return false;
    if (scale > 0) {
        point = end - scale - 1;
        if (*point != '.' || !take_digits(at, point, &number))
            return false;
        at = point + 1;
    }
    if (!take_digits(at, end, &number))
        return false;
    *value = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool fits(int64_t value, unsigned precision)
{
    static const int64_t powers[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
        1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
        100000000000000, 1000000000000000, 10000000000000000,
        100000000000000000};

    return precision >= ARRAY_COUNT(powers) ||
           (value < powers[precision] && value > -powers[precision]);
}

static void put_scaled(const struct column *column, int64_t value,
                       uint8_t *place)
{
    if (column->width == 4) {
        memcpy(place, &value, 4);
        return;
    }
    if (column->width > sizeof(value))
        memset(place, value < 0 ? 0xff : 0, column->width);
    memcpy(place, &value, sizeof(value));
}

static bool make_decimal(const struct column *column, struct bytes text,
                         uint8_t *place)
{
    int64_t value;

    if (!parse_short(text, column->scale, &value) ||
        !fits(value, column->precision))
        return decimal_parse(text, column->precision, column->scale,
                             column->width, place);
    put_scaled(column, value, place);
    return true;
}

/* The cell is made, or had no room for the number. */
static void end_decimal(struct mysql_cell *cell, const uint8_t *place,
                        bool is_made)
{
    const struct column *column = cell->column;

    if (!is_made)
        mysql_cell_fail(cell, ERROR_VALUE_RANGE,
                        "it does not fit decimal(%u,%u)", column->precision,
                        column->scale);
    else if (cell->is_stored)
        mysql_cell_digest(cell, digest_decimal(place, column->width,
                                               column->scale, cell->seed));
}

void mysql_cell_scaled(struct mysql_cell *cell, int64_t value)
{
    uint8_t *place = batch_fixed(cell->row->batch, cell->index);
    bool is_made = fits(value, cell->column->precision);

    if (is_made)
        put_scaled(cell->column, value, place);
    end_decimal(cell, place, is_made);
}

void mysql_cell_decimal(struct mysql_cell *cell, struct bytes text)
{
    uint8_t *place;

    if (!cell->is_natural) {
        mysql_cell_retype(cell, text);
        return;
    }
    place = batch_fixed(cell->row->batch, cell->index);
    end_decimal(cell, place, make_decimal(cell->column, text, place));
}
