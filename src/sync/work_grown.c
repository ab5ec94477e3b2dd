/*
 * Has a column only grown? Then its rows are what they were. Any other change
 * of its declaration may have changed values behind the cursor's back.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "sync/work.h"

/* Place in the row of integers, smallest first; -1 for no integer. */
static int integer_rank(const char *declared, size_t length)
{
    static const char *const names[] = {"tinyint", "smallint", "mediumint",
                                        "int", "bigint"};
    for (int i = 0; i < (int)ARRAY_COUNT(names); i++)
        if (strlen(names[i]) == length &&
            strncmp(names[i], declared, length) == 0)
            return i;
    return -1;
}

static size_t word_length(const char *declared)
{
    return strspn(declared, "abcdefghijklmnopqrstuvwxyz0123456789");
}

/* Place in the row of the texts or bytes without a length, likewise. */
static int long_rank(const char *declared, size_t length, const char *family)
{
    static const char *const sizes[] = {"tiny", "", "medium", "long"};
    size_t tail = strlen(family);
    for (int i = 0; i < (int)ARRAY_COUNT(sizes); i++) {
        size_t front = strlen(sizes[i]);
        if (front + tail == length &&
            strncmp(sizes[i], declared, front) == 0 &&
            strncmp(family, declared + front, tail) == 0)
            return i;
    }
    return -1;
}

static bool long_grew(const char *before, const char *now, const char *family)
{
    int rank = long_rank(before, strlen(before), family);
    return rank >= 0 && long_rank(now, strlen(now), family) >= rank;
}

/* The display width of an integer means nothing. */
static const char *behind_brackets(const char *text)
{
    if (*text != '(')
        return text;
    const char *end = strchr(text, ')');
    return end ? end + 1 : text;
}

/* Numbers in brackets that are each at least as large; an absent one is 0. */
static bool numbers_grew(const char *before, const char *now)
{
    while (true) {
        unsigned long old = 0;
        unsigned long new = 0;
        before += strcspn(before, "0123456789)");
        now += strcspn(now, "0123456789)");
        if (!isdigit((unsigned char)*before) &&
            !isdigit((unsigned char)*now))
            return true;
        while (isdigit((unsigned char)*before) && old < 100000000)
            old = old * 10 + (unsigned long)(*before++ - '0');
        while (isdigit((unsigned char)*now) && new < 100000000)
            new = new * 10 + (unsigned long)(*now++ - '0');
        if (new < old)
            return false;
    }
}

/* Labels at the end of a list change no row. */
static bool labels_grew(const char *before, const char *now)
{
    size_t length = strlen(before);
    return length > 1 && strncmp(before, now, length - 1) == 0 &&
           (now[length - 1] == ',' || now[length - 1] == ')');
}

static bool declaration_grew(const char *before, const char *now)
{
    size_t old = word_length(before);
    size_t new = word_length(now);
    int rank = integer_rank(before, old);
    if (rank >= 0)
        return integer_rank(now, new) >= rank &&
               text_equal(behind_brackets(before + old),
                          behind_brackets(now + new));
    if (long_grew(before, now, "text") || long_grew(before, now, "blob"))
        return true;
    if (old != new || strncmp(before, now, old) != 0)
        return false;
    if (strncmp(before, "enum", old) == 0 || strncmp(before, "set", old) == 0)
        return labels_grew(before, now);
    /* BINARY is filled up to its length. */
    bool is_sized = strncmp(before, "float", old) != 0 &&
                    strncmp(before, "double", old) != 0 &&
                    strncmp(before, "binary", old) != 0;
    return is_sized && text_equal(behind_brackets(before + old),
                                  behind_brackets(now + new)) &&
           numbers_grew(before + old, now + new);
}

/* What stands behind the first `count` bars; NULL where there are fewer. */
static const char *behind_bars(const char *text, unsigned count)
{
    for (; count > 0 && text; count--) {
        text = strchr(text, '|');
        text = text ? text + 1 : NULL;
    }
    return text;
}

bool work_column_grew(const char *before, const char *now)
{
    const char *old_null = behind_bars(before, 2);
    const char *new_null = behind_bars(now, 2);
    const char *old = behind_bars(before, 3);
    const char *new = behind_bars(now, 3);
    if (!old || !new)
        return false;
    size_t front = (size_t)(old_null - before);
    bool same_front = front == (size_t)(new_null - now) &&
                      strncmp(before, now, front) == 0;
    bool loses_null = strncmp(old_null, "null", 4) == 0 &&
                      strncmp(new_null, "null", 4) != 0;
    return same_front && !loses_null &&
           (text_equal(old, new) || declaration_grew(old, new));
}
