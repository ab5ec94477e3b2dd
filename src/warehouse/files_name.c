/*
 * Names of folders and files. What must stay true: two texts never share a
 * name, and no name leaves its folder, is hidden or means an option.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/text.h"
#include "files.h"

#define ENCODED_MAX (FILES_ENCODED_BYTES - 1)
#define CUT_BYTES 17
/* "-" and 16 digits. */
#define HASH_BYTES 17
#define PARTS_MAX 1000000

static bool is_plain(char letter, bool is_first)
{
    return (letter >= 'A' && letter <= 'Z') ||
           (letter >= 'a' && letter <= 'z') ||
           (letter >= '0' && letter <= '9') || letter == '_' ||
           (!is_first && (letter == '-' || letter == '.'));
}

void files_name(const char *text, char *target)
{
    size_t size = 0;
    size_t whole = 0; /* of what would stay before a cut */
    bool is_long = false;
    for (const char *from = text; *from != '\0' && !is_long; from++) {
        bool plain = is_plain(*from, from == text);
        is_long = size + (plain ? 1 : 3) > ENCODED_MAX;
        if (is_long)
            break;
        if (plain)
            target[size++] = *from;
        else
            size += (size_t)snprintf(target + size, 4, "%%%02X",
                                     (unsigned)(unsigned char)*from);
        if (size <= ENCODED_MAX - CUT_BYTES)
            whole = size;
    }
    target[size] = '\0';
    if (is_long)
        (void)snprintf(target + whole, CUT_BYTES + 1, "~%016" PRIx64,
                       (uint64_t)XXH3_64bits(text, strlen(text)));
}

void files_load_name(const struct identity *identity, char *target)
{
    char stream[FILES_ENCODED_BYTES];
    files_name(identity->stream, stream);
    (void)snprintf(target, FILES_NAME_BYTES,
                   "%s-%016" PRIx64 "-%016" PRIx64 "-%" PRIu32 "-%" PRIu32,
                   stream, identity->place, identity->version,
                   identity->delivery, identity->request);
}

void files_part_name(const char *load, unsigned part, unsigned count,
                     char *target)
{
    if (count == 1)
        (void)snprintf(target, FILES_NAME_BYTES, "%s" FILES_SUFFIX, load);
    else
        (void)snprintf(target, FILES_NAME_BYTES, "%s.%u-%u" FILES_SUFFIX,
                       load, part, count);
}

/* Digits up to `end` as a number from 1; 0 where they are none. */
static unsigned read_number(const char *text, const char *end)
{
    unsigned value = 0;
    if (*text == '0')
        return 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || value >= PARTS_MAX)
            return 0;
        value = value * 10 + (unsigned)(*text - '0');
    }
    return value;
}

bool files_part_parse(const char *name, char *load, unsigned *part,
                      unsigned *count)
{
    if (!text_ends(name, FILES_SUFFIX) || !text_copy(load, FILES_NAME_BYTES,
                                                     name))
        return false;
    load[strlen(load) - strlen(FILES_SUFFIX)] = '\0';
    char *dot = strrchr(load, '.');
    char *dash = dot ? strchr(dot, '-') : NULL;
    *part = dash ? read_number(dot + 1, dash) : 0;
    *count = dash ? read_number(dash + 1, dash + strlen(dash)) : 0;
    if (*part >= 1 && *part <= *count && *count > 1)
        *dot = '\0';
    else
        *part = *count = 1;
    return files_load_hash(load) != 0;
}

uint64_t files_load_hash(const char *load)
{
    size_t size = strlen(load);
    uint64_t hash = 0;
    if (size <= HASH_BYTES || load[size - HASH_BYTES] != '-')
        return 0;
    for (const char *digit = load + size - HASH_BYTES + 1; *digit; digit++) {
        if (*digit >= '0' && *digit <= '9')
            hash = hash << 4 | (uint64_t)(*digit - '0');
        else if (*digit >= 'a' && *digit <= 'f')
            hash = hash << 4 | (uint64_t)(*digit - 'a' + 10);
        else
            return 0;
    }
    return hash;
}

void files_reading_name(char *target)
{
    uint64_t random = 0;
    /* Without it the clock must do: names only need to differ. */
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (uint64_t)clock_utc_us();
    (void)snprintf(target, FILES_READING_BYTES, FILES_READING "%016" PRIx64,
                   random);
}

bool files_is_reading(const char *name)
{
    size_t head = strlen(FILES_READING);
    return strncmp(name, FILES_READING, head) == 0 &&
           strlen(name + head) == 16 &&
           strspn(name + head, "0123456789abcdef") == 16;
}
