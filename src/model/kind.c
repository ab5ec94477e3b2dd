/* Names and widths of the kinds of a column. */
#include "model/kind.h"

#include <stddef.h>

#include "base/attributes.h"

static const char *const names[KIND_COUNT] = {
#define X(name, text) [KIND_##name] = text,
    KIND_LIST(X)
#undef X
};

const char *kind_name(enum kind kind)
{
    return names[kind];
}

bool kind_is_variable(enum kind kind)
{
    return kind == KIND_TEXT || kind == KIND_BYTES || kind == KIND_JSON;
}

uint8_t kind_decimal_width(unsigned precision)
{
    static const struct {
        uint8_t precision;
        uint8_t width;
    } limits[] = {{9, 4}, {18, 8}, {38, 16}, {76, 32}};

    for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
        if (precision <= limits[i].precision)
            return limits[i].width;
    }
    return 0;
}
