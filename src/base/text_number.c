/* Numbers that people write in settings and options. A number that does not
 * fit is refused, never cut. */

#include <string.h>

#include "base/text.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static bool add_digit(uint64_t *value, char digit)
{
    return !__builtin_mul_overflow(*value, 10u, value) &&
           !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

/* The digits that `text` begins with; the rest of it, or NULL where there is
 * no digit or the number is too large. */
static const char *read_digits(const char *text, uint64_t *value)
{
    const char *start = text;

    *value = 0;
    while (*text >= '0' && *text <= '9') {
        if (!add_digit(value, *text++))
            return NULL;
    }
    return text > start ? text : NULL;
}

bool text_to_u64(const char *text, uint64_t *value)
{
    uint64_t number;
    const char *rest = read_digits(text, &number);

    if (rest == NULL || *rest != '\0')
        return false;
    *value = number;
    return true;
}

bool text_to_i64(const char *text, int64_t *value)
{
    bool is_negative = *text == '-';
    uint64_t number;

    if (!text_to_u64(text + is_negative, &number))
        return false;
    if (is_negative) {
        if (number > (uint64_t)INT64_MAX + 1)
            return false;
        *value = number == 0 ? 0 : -(int64_t)(number - 1) - 1;
        return true;
    }
    if (number > INT64_MAX)
        return false;
    *value = (int64_t)number;
    return true;
}

static bool with_unit(const char *text, const struct unit *units,
                      size_t count, uint64_t *value)
{
    uint64_t number;
    uint64_t product;
    const char *rest = read_digits(text, &number);

    if (rest == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!text_equal(rest, units[i].name))
            continue;
        if (__builtin_mul_overflow(number, units[i].factor, &product))
            return false;
        *value = product;
        return true;
    }
    return false;
}

bool text_to_duration_ms(const char *text, uint64_t *value)
{
    static const struct unit units[] = {
        {"ms", 1},        {"s", 1000},      {"m", 60000},
        {"h", 3600000},   {"d", 86400000},
    };

    if (text_equal(text, "0")) {
        *value = 0;
        return true;
    }
    return with_unit(text, units, ARRAY_COUNT(units), value);
}

bool text_to_size(const char *text, uint64_t *value)
{
    static const struct unit units[] = {
        {"", 1},
        {"k", UINT64_C(1) << 10},
        {"K", UINT64_C(1) << 10},
        {"M", UINT64_C(1) << 20},
        {"G", UINT64_C(1) << 30},
    };

    return with_unit(text, units, ARRAY_COUNT(units), value);
}

bool text_to_bool(const char *text, bool *value)
{
    static const char *const words[] = {"false", "true", "no",
                                        "yes",   "off",  "on"};

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (text_equal(text, words[i])) {
            *value = i % 2 == 1;
            return true;
        }
    }
    return false;
}
