/*
 * Scalars of binary JSON as the server prints them. What must stay true: the
 * text is the one that SELECT gives, byte for byte.
 */
#include "source/binlog_json_scalar.h"

#include <float.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/binlog_cell.h"

#define LENGTH_BYTES 5
#define MONTHS 13
#define BASE64_LINE 76
/* The exponents of 0.ddd between which the server writes no exponent; above
 * them it does where there is no fraction. */
#define FIXED_LEAST (-14)
#define FIXED_MOST 15

bool binlog_json_take(struct bytes bytes, struct bytes *value)
{
    uint64_t length = 0;

    for (size_t i = 0; i < LENGTH_BYTES && i < bytes.size; i++) {
        length |= (uint64_t)(bytes.data[i] & 0x7f) << 7 * i;
        if (bytes.data[i] & 0x80)
            continue;
        *value = (struct bytes){bytes.data + i + 1, (size_t)length};
        return length <= bytes.size - i - 1;
    }
    return false;
}

static void add_escaped(uint8_t byte, struct buffer *target)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    static const char escapes[] = "\"\\bfnrt";
    const char *found = byte ? strchr(letters, byte) : NULL;

    if (found) {
        buffer_add_byte(target, '\\');
        buffer_add_byte(target, (uint8_t)escapes[found - letters]);
    } else {
        buffer_add_format(target, "\\u%04x", byte);
    }
}

void binlog_json_quote(struct bytes text, struct buffer *target)
{
    size_t start = 0;

    buffer_add_byte(target, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        buffer_add(target, text.data + start, i - start);
        add_escaped(byte, target);
        start = i + 1;
    }
    buffer_add(target, text.data + start, text.size - start);
    buffer_add_byte(target, '"');
}

/* True where the digits of `text` ("1.25e+10"), changed by `step` in the last
 * place, are the number; then they stand in `text`. */
static bool is_number(char *text, size_t size, int step, double value)
{
    char digits[24];
    size_t count = 0;
    char *mark = strchr(text, 'e');
    long exponent = strtol(mark + 1, NULL, 10);
    unsigned long long number;

    if (step == 0)
        return strtod(text, NULL) == value;
    for (char *at = text; at < mark; at++) {
        if (*at != '.')
            digits[count++] = *at;
    }
    digits[count] = '\0';
    number = strtoull(digits, NULL, 10) + (unsigned long long)(long long)step;
    snprintf(digits, sizeof(digits), "%llu", number);
    if (strlen(digits) != count)
        return false;
    snprintf(text, size, "%c.%se%ld", digits[0], digits + 1, exponent);
    return strtod(text, NULL) == value;
}

/* The fewest digits that give the number again, nearest first: beside a power
 * of two those may not be the nearest to it. The exponent of 0.ddd. */
static int find_digits(double value, char *digits, size_t size)
{
    static const int steps[] = {0, 1, -1};
    char text[40];
    char *mark;
    size_t count = 0;
    bool is_found = false;
    /* Up to DBL_DIG digits come out as they are, zeros behind them. */
    int first = value < DBL_MIN ? 0 : DBL_DIG - 1;

    for (int i = first * 3; !is_found && i < DBL_DECIMAL_DIG * 3; i++) {
        snprintf(text, sizeof(text), "%.*e", i / 3, value);
        is_found = is_number(text, sizeof(text), steps[i % 3], value);
    }
    mark = strchr(text, 'e');
    for (char *at = text; at < mark && count + 1 < size; at++) {
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    }
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    return (int)strtol(mark + 1, NULL, 10) + 1;
}

static void add_fixed(const char *digits, int point, struct buffer *text)
{
    int count = (int)strlen(digits);

    if (point <= 0) {
        buffer_add_text(text, "0.");
        for (int i = point; i < 0; i++)
            buffer_add_byte(text, '0');
        buffer_add_text(text, digits);
        return;
    }
    for (int i = 0; i < point; i++)
        buffer_add_byte(text, i < count ? (uint8_t)digits[i] : '0');
    buffer_add_format(text, ".%s", count > point ? digits + point : "0");
}

static void add_exponent(const char *digits, int point, struct buffer *text)
{
    buffer_add_byte(text, (uint8_t)digits[0]);
    if (digits[1] != '\0')
        buffer_add_format(text, ".%s", digits + 1);
    buffer_add_format(text, "e%d", point - 1);
}

void binlog_json_double(double value, struct buffer *text)
{
    char digits[24];
    int point;

    if (value - value != 0.0) { /* no document holds one */
        buffer_add_text(text, "null");
        return;
    }
    if (value < 0 || (value == 0.0 && 1 / value < 0)) {
        buffer_add_byte(text, '-');
        value = -value;
    }
    if (value == 0.0) {
        buffer_add_text(text, "0.0");
        return;
    }
    point = find_digits(value, digits, sizeof(digits));
    if (point < FIXED_LEAST ||
        (point > FIXED_MOST && (int)strlen(digits) <= point))
        add_exponent(digits, point, text);
    else
        add_fixed(digits, point, text);
}

/* ((year x 13 + month) << 5 | day) << 17 | time, then 24 bits of fraction. */
static bool add_moment(uint8_t type, struct bytes value,
                       struct buffer *target)
{
    int64_t packed;
    int64_t size;
    unsigned long long whole;
    unsigned date;
    unsigned time;

    if (value.size != sizeof(packed))
        return false;
    memcpy(&packed, value.data, sizeof(packed));
    size = packed < 0 ? (int64_t)(0 - (uint64_t)packed) : packed;
    whole = (unsigned long long)size >> 24;
    date = (unsigned)(whole >> 22);
    time = (unsigned)(whole & 0x1ffff);
    buffer_add_byte(target, '"');
    if (type == MYSQL_TYPE_TIME)
        buffer_add_format(target, "%s%02u", packed < 0 ? "-" : "",
                          (unsigned)(whole >> 12 & 0x3ff));
    else
        buffer_add_format(target, "%04u-%02u-%02u", date / MONTHS,
                          date % MONTHS, (unsigned)(whole >> 17 & 31));
    if (type == MYSQL_TYPE_DATETIME || type == MYSQL_TYPE_TIMESTAMP)
        buffer_add_format(target, " %02u", time >> 12);
    if (type != MYSQL_TYPE_DATE)
        buffer_add_format(target, ":%02u:%02u.%06u", time >> 6 & 63,
                          time & 63, (unsigned)(size & 0xffffff));
    buffer_add_byte(target, '"');
    return true;
}

/* Lines of 76 letters; the ends of lines are escaped as in any text. */
static void add_base64(struct bytes value, struct buffer *target)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < value.size; i += 3) {
        size_t count = value.size - i < 3 ? value.size - i : 3;
        uint32_t group = 0;
        char four[4] = "====";
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < count ? value.data[i + j] : 0);
        for (size_t j = 0; j <= count; j++)
            four[j] = letters[group >> (18 - 6 * j) & 63];
        if (i > 0 && i / 3 * 4 % BASE64_LINE == 0)
            buffer_add_text(target, "\\n");
        buffer_add(target, four, sizeof(four));
    }
}

bool binlog_json_opaque(uint8_t type, struct bytes value,
                        struct buffer *target)
{
    switch (type) {
    case MYSQL_TYPE_NEWDECIMAL:
        return value.size >= 2 &&
               binlog_decimal_text(
                   (struct bytes){value.data + 2, value.size - 2},
                   value.data[0], value.data[1], target);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return add_moment(type, value, target);
    default:
        buffer_add_format(target, "\"base64:type%u:", type);
        add_base64(value, target);
        buffer_add_byte(target, '"');
        return true;
    }
}
