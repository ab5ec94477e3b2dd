/* Comparing and copying texts, and the name that was probably meant. */

#include "base/text.h"

#include <string.h>
#include <strings.h>

/* Names longer than this get no suggestion. */
#define NEAREST_BYTES_MAX 64u

bool text_equal(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

static uint8_t lower(char character)
{
    uint8_t byte = (uint8_t)character;

    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool text_equal_nocase(const char *left, const char *right)
{
    while (*left != '\0' && lower(*left) == lower(*right)) {
        left++;
        right++;
    }
    return lower(*left) == lower(*right);
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text);
    size_t suffix_length = strlen(suffix);

    return length >= suffix_length &&
           strcmp(text + length - suffix_length, suffix) == 0;
}

bool text_copy(char *target, size_t size, const char *text)
{
    size_t length = strlen(text);
    bool is_whole = length < size;

    if (size == 0)
        return false;
    if (!is_whole)
        length = size - 1;
    memcpy(target, text, length);
    target[length] = '\0';
    return is_whole;
}

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* Letters that are wrong, missing, too many, or two that changed places; three
 * rows of the table at a time. */
static size_t edit_distance(const char *left, const char *right)
{
    size_t rows[3][NEAREST_BYTES_MAX + 1];
    size_t right_length = strlen(right);
    size_t line = 0;

    for (size_t i = 0; i <= right_length; i++)
        rows[0][i] = i;
    while (left[line] != '\0') {
        size_t *row = rows[++line % 3];
        const size_t *above = rows[(line - 1) % 3];
        const size_t *second = rows[(line + 1) % 3];

        row[0] = line;
        for (size_t i = 1; i <= right_length; i++) {
            size_t change = above[i - 1] + (left[line - 1] != right[i - 1]);

            row[i] = smaller(change, smaller(above[i], row[i - 1]) + 1);
            if (i > 1 && line > 1 && left[line - 1] == right[i - 2] &&
                left[line - 2] == right[i - 1])
                row[i] = smaller(row[i], second[i - 2] + 1);
        }
    }
    return rows[line % 3][right_length];
}

const char *text_nearest(const char *text, const char *const *candidates,
                         size_t count)
{
    size_t length = strlen(text);
    size_t best = length / 3 + 1;
    const char *nearest = NULL;

    if (length > NEAREST_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance;

        if (strlen(candidates[i]) > NEAREST_BYTES_MAX)
            continue;
        distance = edit_distance(text, candidates[i]);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
