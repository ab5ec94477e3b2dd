/*
 * Cells of a kind that the settings chose (`types:`, `zero_dates: text`). What
 * must stay true: the new cell says exactly what the old one said, or it
 * fails.
 */
#include <stdio.h>
#include <stdlib.h>

#include "model/decimal.h"
#include "model/digest.h"
#include "source/mysql_cell.h"

/* Longer texts are no numbers that a kind could hold. */
#define NUMBER_BYTES 400
#define UUID_TEXT_BYTES 36
#define BITS(column) (8u * (column)->width)

static void fail_kind(struct mysql_cell *cell)
{
    mysql_cell_fail(cell, ERROR_VALUE_RANGE, "it is no %s of %u bits",
                    kind_name(cell->column->kind), BITS(cell->column));
}

/* [-]digits[.zeros], at most 2^64 - 1 in magnitude. */
static bool parse_whole(struct bytes text, bool *is_negative,
                        uint64_t *magnitude)
{
    size_t at = text.size > 0 && text.data[0] == '-';
    size_t first = at;

    *is_negative = at > 0;
    *magnitude = 0;
    for (; at < text.size && text.data[at] != '.'; at++) {
        unsigned digit = (unsigned)text.data[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(*magnitude, 10, magnitude) ||
            __builtin_add_overflow(*magnitude, digit, magnitude))
            return false;
    }
    if (at == first)
        return false;
    for (at++; at < text.size; at++) {
        if (text.data[at] != '0')
            return false;
    }
    return true;
}

static bool is_in_range(const struct column *column, bool is_negative,
                        uint64_t magnitude)
{
    uint64_t half = UINT64_C(1) << (BITS(column) - 1);

    if (column->kind == KIND_INT)
        return is_negative ? magnitude <= half : magnitude < half;
    if (is_negative && magnitude > 0)
        return false;
    return column->width == 8 || magnitude >> BITS(column) == 0;
}

static void store_whole(struct mysql_cell *cell, struct bytes text)
{
    bool is_negative;
    uint64_t value;

    if (!parse_whole(text, &is_negative, &value) ||
        !is_in_range(cell->column, is_negative, value)) {
        fail_kind(cell);
        return;
    }
    if (is_negative)
        value = 0 - value;
    memcpy(batch_fixed(cell->row->batch, cell->index), &value,
           cell->column->width);
    if (!cell->is_stored)
        return;
    mysql_cell_digest(cell, cell->column->kind == KIND_INT
                                ? digest_int((int64_t)value, cell->seed)
                                : digest_uint(value, cell->seed));
}

/* A decimal holds as a double when the double, printed with as many digits of
 * fraction, is the decimal again. */
static bool parse_double(struct bytes text, double *value)
{
    char digits[NUMBER_BYTES + 1];
    char again[NUMBER_BYTES + 1];
    const char *point;
    char *end;
    int fraction;

    if (text.size == 0 || text.size > NUMBER_BYTES)
        return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    if (strspn(digits, "-.0123456789") != text.size)
        return false;
    *value = strtod(digits, &end);
    point = strchr(digits, '.');
    fraction = point ? (int)strlen(point + 1) : 0;
    if (*end != '\0' ||
        snprintf(again, sizeof(again), "%.*f", fraction, *value) < 0)
        return false;
    return strcmp(again, digits) == 0;
}

static void store_double(struct mysql_cell *cell, struct bytes text)
{
    double value;

    if (!parse_double(text, &value) ||
        cell->column->width != sizeof(value)) {
        fail_kind(cell);
        return;
    }
    memcpy(batch_fixed(cell->row->batch, cell->index), &value,
           sizeof(value));
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_double(value, cell->seed));
}

static void store_decimal(struct mysql_cell *cell, struct bytes text)
{
    const struct column *column = cell->column;
    uint8_t *place = batch_fixed(cell->row->batch, cell->index);

    if (!decimal_parse(text, column->precision, column->scale,
                       column->width, place)) {
        mysql_cell_fail(cell, ERROR_VALUE_RANGE, "it is no decimal(%u,%u)",
                        column->precision, column->scale);
        return;
    }
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_decimal(place, column->width,
                                               column->scale, cell->seed));
}

static int nibble(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool mysql_cell_parse_uuid(struct bytes text, uint8_t *uuid)
{
    size_t at = 0;

    if (text.size != UUID_TEXT_BYTES)
        return false;
    for (size_t i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) &&
            text.data[at++] != '-')
            return false;
        int high = nibble(text.data[at]);
        int low = nibble(text.data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return true;
}

void mysql_cell_retype(struct mysql_cell *cell, struct bytes text)
{
    uint8_t uuid[16];

    switch (cell->column->kind) {
    case KIND_TEXT:
    case KIND_JSON:
    case KIND_BYTES:
        mysql_cell_store(cell, text);
        break;
    case KIND_INT:
    case KIND_UINT:
        store_whole(cell, text);
        break;
    case KIND_FLOAT:
        store_double(cell, text);
        break;
    case KIND_DECIMAL:
        store_decimal(cell, text);
        break;
    case KIND_UUID:
        if (mysql_cell_parse_uuid(text, uuid)) {
            mysql_cell_uuid(cell, uuid);
            break;
        }
        fail_kind(cell);
        break;
    default:
        fail_kind(cell);
    }
}
