#include "source/mysql_charset.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/mysql.h"

struct mysql_charset { const char *name; };
static const struct mysql_charset UTF8 = {"utf8mb4"};
enum status mysql_charset_find(struct mysql_source *source, MYSQL *link,
                               const char *name,
                               const struct mysql_charset **charset,
                               struct error *error)
{
    (void)source; (void)link;
    *charset = &UTF8;
    if (text_starts(name, "utf8") || text_equal(name, "ascii") || text_equal(name, "binary"))
        return STATUS_OK;
    return error_set(error, ERROR_TYPE_UNSUPPORTED, "cannot read the character set %s", name);
}
bool mysql_charset_has_collation(const struct mysql_charset *charset,
                                 unsigned id)
{ (void)charset; (void)id; return true; }
size_t mysql_charset_convert(const struct mysql_charset *charset,
                             struct bytes raw, struct buffer *target)
{ (void)charset; buffer_add(target, raw.data, raw.size); return 1; }

static bool is_ascii(struct bytes text)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.size;
    uint64_t word;

    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, sizeof(word));
        if (word & high)
            return false;
    }
    word = 0;
    memcpy(&word, at, (size_t)(end - at));
    return (word & high) == 0;
}
bool mysql_charset_is_plain(const struct mysql_charset *charset,
                            struct bytes raw)
{ (void)charset;
    return is_ascii(raw) || text_is_utf8(raw); }
void mysql_charsets_free(struct mysql_charsets *charsets) { memory_free(charsets); }
