/* What a single key takes. Pure but for the error text, which names the key
 * and never shows the value: it may be a secret. */

#include "settings/key.h"

#include <string.h>

#include "base/text.h"

const struct key *key_find(const struct key_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (text_equal(table->keys[i].name, name))
            return &table->keys[i];
    }
    return NULL;
}

bool choice_find(const char *choices, const char *text, unsigned *index)
{
    size_t length = strlen(text);

    for (*index = 0; length > 0; (*index)++) {
        size_t width = strcspn(choices, "|");

        if (width == length && memcmp(choices, text, length) == 0)
            return true;
        if (choices[width] == '\0')
            return false;
        choices += width + 1;
    }
    return false;
}

static bool rate_number(const char *text, uint64_t *value)
{
    char size[32];

    if (!text_ends(text, "/s") || !text_copy(size, sizeof(size), text))
        return false;
    size[strlen(size) - strlen("/s")] = '\0';
    return text_to_size(size, value);
}

/* Digits, and up to three more behind a point. */
static bool share_number(const char *text, uint64_t *value)
{
    size_t digits = strspn(text, "0123456789");
    const char *point = text + digits;
    size_t behind = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    uint64_t thousandths = 0;

    if (digits == 0 || digits > 6 || behind > 3 ||
        point[*point == '.' ? behind + 1 : 0] != '\0' ||
        (*point == '.' && behind == 0))
        return false;
    for (size_t i = 0; i < digits; i++)
        thousandths = thousandths * 10 + (uint64_t)(text[i] - '0');
    for (size_t i = 0; i < 3; i++)
        thousandths = thousandths * 10 +
                      (i < behind ? (uint64_t)(point[1 + i] - '0') : 0);
    *value = thousandths;
    return true;
}

bool key_number(enum key_type type, const char *text, uint64_t *value)
{
    switch (type) {
    case KEY_COUNT:
        return text_to_u64(text, value);
    case KEY_DURATION:
        return text_to_duration_ms(text, value);
    case KEY_SIZE:
        return text_to_size(text, value);
    case KEY_RATE:
        return rate_number(text, value);
    case KEY_SHARE:
        return share_number(text, value);
    default:
        return false;
    }
}

const char *key_expects(enum key_type type)
{
    static const char *const expected[] = {
        [KEY_TEXT] = "a text",
        [KEY_BOOL] = "true or false",
        [KEY_COUNT] = "a whole number",
        [KEY_DURATION] = "a duration such as 30s, 10m or 2h",
        [KEY_SIZE] = "a size such as 512K, 128M or 2G",
        [KEY_RATE] = "a rate such as 20M/s",
        [KEY_SHARE] = "a share such as 0.5 or 2",
        [KEY_CHOICE] = "a word",
        [KEY_LIST] = "a text or a list of texts",
        [KEY_MAP] = "a map",
    };

    return expected[type];
}

static bool fits(const struct key *key, const char *text)
{
    uint64_t number;
    unsigned index;
    bool flag;

    switch (key->type) {
    case KEY_BOOL:
        return text_to_bool(text, &flag);
    case KEY_CHOICE:
        return choice_find(key->choices, text, &index);
    case KEY_TEXT:
    case KEY_LIST:
    case KEY_MAP:
        return text[0] != '\0';
    default:
        return key_number(key->type, text, &number);
    }
}

enum status key_check(const struct key *key, const char *text,
                      struct error *error)
{
    if (fits(key, text))
        return STATUS_OK;
    if (key->type == KEY_CHOICE)
        return error_set(error, ERROR_SETTINGS_VALUE,
                         "\"%s\" expects one of %s", key->name, key->choices);
    return error_set(error, ERROR_SETTINGS_VALUE, "\"%s\" expects %s",
                     key->name, key_expects(key->type));
}
