/* Patterns of * ? [..] over whole names, character by character of UTF-8. No
 * pattern takes more than length times length steps: only the last star is
 * gone back to. */

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

struct place {
    const uint8_t *data;
    size_t left;
};

static struct place place_of(const char *text)
{
    return (struct place){(const uint8_t *)text, strlen(text)};
}

static uint32_t next(struct place *place)
{
    uint32_t character;
    size_t length = utf8_next(place->data, place->left, &character);

    place->data += length;
    place->left -= length;
    return character;
}

static bool starts(const struct place *place, char character)
{
    return place->left > 0 && place->data[0] == (uint8_t)character;
}

/* Whether `character` is in the set; *pattern stands behind '[' and is moved
 * behind ']'. False in *is_set where no ']' ends it: '[' is a character. */
static bool in_set(struct place *pattern, uint32_t character, bool *is_set)
{
    struct place place = *pattern;
    bool is_negated = starts(&place, '!') || starts(&place, '^');
    bool is_inside = false;
    bool is_first = true;

    if (is_negated)
        next(&place);
    while (place.left > 0 && (is_first || !starts(&place, ']'))) {
        uint32_t low = next(&place);
        uint32_t high = low;

        if (starts(&place, '-') && place.left > 1 && place.data[1] != ']') {
            next(&place);
            high = next(&place);
        }
        is_inside = is_inside || (character >= low && character <= high);
        is_first = false;
    }
    *is_set = place.left > 0;
    if (*is_set) {
        next(&place);
        *pattern = place;
    }
    return is_inside != is_negated;
}

/* One character of the text against one item of the pattern that is no star;
 * both move on when they fit. */
static bool step(struct place *text, struct place *pattern)
{
    struct place text_place = *text;
    struct place place = *pattern;
    uint32_t character;
    uint32_t item;
    bool is_set = false;
    bool fits;

    if (place.left == 0 || text_place.left == 0)
        return false;
    character = next(&text_place);
    item = next(&place);
    fits = item == '?' || item == character;
    if (item == '[') {
        bool is_inside = in_set(&place, character, &is_set);

        fits = is_set ? is_inside : fits;
    }
    if (fits) {
        *text = text_place;
        *pattern = place;
    }
    return fits;
}

bool text_matches(const char *text, const char *pattern)
{
    struct place place = place_of(text);
    struct place items = place_of(pattern);
    struct place star = {NULL, 0};
    struct place star_text = {NULL, 0};

    while (place.left > 0) {
        if (starts(&items, '*')) {
            next(&items);
            star = items;
            star_text = place;
        } else if (!step(&place, &items)) {
            if (star.data == NULL)
                return false;
            next(&star_text);
            place = star_text;
            items = star;
        }
    }
    while (starts(&items, '*'))
        next(&items);
    return items.left == 0;
}

bool text_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}
