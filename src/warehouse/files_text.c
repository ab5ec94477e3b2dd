/*
 * Pieces of JSON, written without a format string: they are made for every
 * cell. Digits are the same on every machine; LC_NUMERIC is never set.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files_encode.h"
#include "model/calendar.h"

/* 0: the byte stands for itself, 1: \u00XX, else the letter behind \. */
static const uint8_t ESCAPES[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 'b', 't', 'n', 1, 'f', 'r', 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['"'] = '"', ['\\'] = '\\', [0x7f] = 1,
};

static const char HEX[] = "0123456789abcdef";

size_t files_escape(struct bytes text, uint8_t *target)
{
    uint8_t *to = target;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        uint8_t escape = ESCAPES[byte];
        if (escape == 0) {
            *to++ = byte;
            continue;
        }
        *to++ = '\\';
        if (escape == 1) {
            memcpy(to, "u00", 3);
            to[3] = (uint8_t)HEX[byte >> 4];
            to[4] = (uint8_t)HEX[byte & 15];
            to += 5;
        } else {
            *to++ = escape;
        }
    }
    return (size_t)(to - target);
}

size_t files_base64(struct bytes bytes, uint8_t *target)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *to = target;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        if (left > 1)
            bits |= (uint32_t)bytes.data[i + 1] << 8;
        if (left > 2)
            bits |= bytes.data[i + 2];
        to[0] = (uint8_t)DIGITS[bits >> 18];
        to[1] = (uint8_t)DIGITS[bits >> 12 & 63];
        to[2] = (uint8_t)(left > 1 ? DIGITS[bits >> 6 & 63] : '=');
        to[3] = (uint8_t)(left > 2 ? DIGITS[bits & 63] : '=');
        to += 4;
    }
    return (size_t)(to - target);
}

/* The last `count` digits of the value, with zeros in front. */
static size_t put_digits(uint8_t *target, uint64_t value, size_t count)
{
    for (size_t i = count; i-- > 0; value /= 10)
        target[i] = (uint8_t)('0' + value % 10);
    return count;
}

size_t files_unsigned(uint64_t value, uint8_t *target)
{
    size_t count = 1;
    for (uint64_t rest = value; rest > 9; rest /= 10)
        count++;
    return put_digits(target, value, count);
}

size_t files_number(int64_t value, uint8_t *target)
{
    if (value >= 0)
        return files_unsigned((uint64_t)value, target);
    target[0] = '-';
    return 1 + files_unsigned(-(uint64_t)value, target + 1);
}

static size_t put_text(uint8_t *target, const char *text)
{
    size_t size = strlen(text);
    memcpy(target, text, size);
    return size;
}

/* Digits, few first, until the same value is read back. */
static size_t put_shortest(double value, bool is_single, uint8_t *target)
{
    char text[40];
    int last = is_single ? 9 : 17;
    for (int digits = is_single ? 6 : 15; digits <= last; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        bool is_same = is_single
                           ? (double)strtof(text, NULL) == value
                           : strtod(text, NULL) == value;
        if (is_same)
            break;
    }
    return put_text(target, text);
}

size_t files_double(double value, bool is_single, uint8_t *target)
{
    if (isnan(value))
        return put_text(target, "\"nan\"");
    if (isinf(value))
        return put_text(target, value < 0 ? "\"-inf\"" : "\"+inf\"");
    if (fabs(value) < 1e15 && value == trunc(value) &&
        !(signbit(value) && value == 0))
        return files_number((int64_t)value, target);
    return put_shortest(value, is_single, target);
}

size_t files_date(int32_t days, uint8_t *target)
{
    unsigned month = 0, day = 0;
    int year = 0;
    calendar_date(days, &year, &month, &day);
    size_t size = put_digits(target, (uint64_t)year, 4);
    target[size++] = '-';
    size += put_digits(target + size, month, 2);
    target[size++] = '-';
    return size + put_digits(target + size, day, 2);
}

/* ":mm:ss" of seconds. */
static size_t put_minutes(uint8_t *target, uint64_t seconds)
{
    target[0] = ':';
    put_digits(target + 1, seconds / 60 % 60, 2);
    target[3] = ':';
    return 4 + put_digits(target + 4, seconds % 60, 2);
}

static size_t put_fraction(uint8_t *target, uint64_t microseconds)
{
    target[0] = '.';
    return 1 + put_digits(target + 1, microseconds % 1000000, 6);
}

size_t files_datetime(int64_t microseconds, uint8_t *target)
{
    int64_t days = microseconds / CALENDAR_DAY_US;
    int64_t of_day = microseconds % CALENDAR_DAY_US;
    if (of_day < 0) {
        days--;
        of_day += CALENDAR_DAY_US;
    }
    uint64_t seconds = (uint64_t)of_day / 1000000;
    size_t size = files_date((int32_t)days, target);
    target[size++] = 'T';
    size += put_digits(target + size, seconds / 3600, 2);
    size += put_minutes(target + size, seconds);
    return size + put_fraction(target + size, (uint64_t)of_day);
}

size_t files_time(int64_t microseconds, bool has_fraction, uint8_t *target)
{
    uint64_t magnitude = (uint64_t)microseconds;
    size_t size = 0;
    if (microseconds < 0) {
        target[size++] = '-';
        magnitude = -magnitude;
    }
    uint64_t seconds = magnitude / 1000000;
    uint64_t hours = seconds / 3600;
    size += hours < 100 ? put_digits(target + size, hours, 2)
                        : files_unsigned(hours, target + size);
    size += put_minutes(target + size, seconds);
    return has_fraction ? size + put_fraction(target + size, magnitude)
                        : size;
}

size_t files_uuid(const uint8_t *bytes, uint8_t *target)
{
    size_t size = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            target[size++] = '-';
        target[size++] = (uint8_t)HEX[bytes[i] >> 4];
        target[size++] = (uint8_t)HEX[bytes[i] & 15];
    }
    return size;
}

void files_quote(const char *text, struct buffer *target)
{
    buffer_add_byte(target, '"');
    for (; *text != '\0'; text++) {
        uint8_t escaped[6];
        struct bytes one = {(const uint8_t *)text, 1};
        buffer_add(target, escaped, files_escape(one, escaped));
    }
    buffer_add_byte(target, '"');
}
