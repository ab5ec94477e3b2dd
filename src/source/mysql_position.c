/*
 * Reading positions: ["part","part"], as mysql.h defines them. They come from
 * the state file: every part is checked before it becomes SQL.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "mysql_sql.h"

/* One part in quotes; a part never needs an escape. */
static const char *take_part(const char *text, char **part)
{
    *part = NULL;
    if (*text != '"')
        return NULL;
    size_t length = strcspn(text + 1, "\"\\");
    if (text[length + 1] != '"')
        return NULL;
    *part = memory_text_part(text + 1, length);
    return text + length + 2;
}

static const char *take_separator(const char *text, bool is_last)
{
    if (text == NULL || *text != (is_last ? ']' : ','))
        return NULL;
    text++;
    while (!is_last && *text == ' ')
        text++;
    return text;
}

bool mysql_position_read(const char *text, size_t count, char ***parts)
{
    char **taken = memory_new(count, sizeof(*taken));
    const char *rest = *text == '[' ? text + 1 : NULL;
    for (size_t i = 0; i < count && rest != NULL; i++) {
        rest = take_part(rest, &taken[i]);
        rest = take_separator(rest, i + 1 == count);
    }
    *parts = taken;
    if (count > 0 && rest != NULL && *rest == '\0')
        return true;
    mysql_position_free(taken, count);
    *parts = NULL;
    return false;
}

void mysql_position_free(char **parts, size_t count)
{
    for (size_t i = 0; parts != NULL && i < count; i++)
        memory_free(parts[i]);
    memory_free(parts);
}
