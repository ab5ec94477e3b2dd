/*
 * Character sets as the server itself knows them: each code is made from its
 * bytes by CHAR(... USING set), which is empty for bytes that are no code, and
 * converted to utf32, which gives '?' for a code without a character. What
 * must stay true: a name that is not plain never becomes SQL.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/mysql.h"
#include "source/mysql_charset_table.h"

#define SQL_BYTES 8192
#define CODES 65536
#define HEX_DIGITS 8 /* of one code in utf32 */
#define QUESTION_MARK 0x3f

/* The rows 0 to 255 as `n`. */
#define DIGITS                                                            \
    "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL "     \
    "SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 "  \
    "UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9 UNION ALL " \
    "SELECT 10 UNION ALL SELECT 11 UNION ALL SELECT 12 UNION ALL SELECT " \
    "13 UNION ALL SELECT 14 UNION ALL SELECT 15) "
#define NUMBERS \
    "(SELECT x.d * 16 + y.d AS n FROM " DIGITS "x, " DIGITS "y) "
#define MADE "HEX(CONVERT(CHAR(%s USING %s) USING utf32))"

struct filling {
    uint32_t *codes;
    size_t count;
};

static bool take_code(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct filling *filling = context;
    size_t index;
    uint32_t code;

    if (!cells[0] || !cells[1] || lengths[1] != HEX_DIGITS)
        return true;
    index = strtoul(cells[0], NULL, 10);
    code = (uint32_t)strtoul(cells[1], NULL, 16);
    if (index < filling->count &&
        (code != QUESTION_MARK || index == QUESTION_MARK))
        filling->codes[index] = code;
    return true;
}

/* The codes of one length: where each stands in the table, its bytes, and the
 * numbers that they are made of. */
struct query {
    const char *place;
    const char *bytes;
    const char *from;
    size_t count;
};

static enum status fill(MYSQL *link, const struct mysql_charset *set,
                        const struct query *query, uint32_t **codes,
                        struct error *error)
{
    struct filling filling = {memory_new(query->count, sizeof(**codes)),
                              query->count};
    struct buffer sql;
    enum status status;

    for (size_t i = 0; i < query->count; i++)
        filling.codes[i] = CODE_NONE;
    *codes = filling.codes;
    buffer_init(&sql, SQL_BYTES);
    buffer_add_format(&sql, "SELECT %s, " MADE " FROM %s", query->place,
                      query->bytes, set->name, query->from);
    status = mysql_query_rows(link, buffer_text(&sql), take_code, &filling,
                              error);
    buffer_release(&sql);
    return status;
}

static enum status load_tables(MYSQL *link, struct mysql_charset *set,
                               size_t bytes, struct error *error)
{
    static const struct query singles = {"a.n", "a.n", NUMBERS "a", 256};
    static const struct query doubles = {
        "a.n * 256 + b.n", "a.n, b.n",
        NUMBERS "a, " NUMBERS "b WHERE a.n >= 128", CODES};
    static const struct query triples = {
        "a.n * 256 + b.n", "143, a.n, b.n",
        NUMBERS "a, " NUMBERS "b WHERE a.n >= 128 AND b.n >= 128", CODES};
    static const struct query fours = {
        "((a.d * 10 + b.d) * 126 + c.n - 129) * 10 + d.d",
        "129 + a.d, 48 + b.d, c.n, 48 + d.d",
        DIGITS "a, " DIGITS "b, " NUMBERS "c, " DIGITS
               "d WHERE a.d < 4 AND b.d < 10 AND d.d < 10 AND "
               "c.n BETWEEN 129 AND 254",
        FOUR_BYTE_CODES};
    enum status status = fill(link, set, &singles, &set->singles, error);

    if (status == STATUS_OK && bytes >= 2)
        status = fill(link, set, &doubles, &set->doubles, error);
    if (status == STATUS_OK && bytes == 3)
        status = fill(link, set, &triples, &set->triples, error);
    if (status == STATUS_OK && bytes >= 4)
        status = fill(link, set, &fours, &set->fours, error);
    return status;
}

/* Bytes below 128 are ASCII and never part of another code's beginning. */
static bool is_ascii_plain(const struct mysql_charset *set)
{
    for (uint32_t i = 0; i < 128; i++) {
        if (set->singles[i] != i)
            return false;
    }
    return true;
}

static bool take_number(void *context, char **cells,
                        const unsigned long *lengths)
{
    (void)lengths;
    *(size_t *)context = cells[0] ? strtoul(cells[0], NULL, 10) : 0;
    return false;
}

static enum status load_form(MYSQL *link, struct mysql_charset *set,
                             struct error *error)
{
    static const struct {
        const char *name;
        enum mysql_charset_form form;
        bool is_ascii_plain;
    } known[] = {
        {"utf8mb4", FORM_UTF8, true}, {"utf8mb3", FORM_UTF8, true},
        {"utf8", FORM_UTF8, true},    {"binary", FORM_UTF8, true},
        {"ascii", FORM_ASCII, true},  {"ucs2", FORM_UCS2, false},
        {"utf16", FORM_UTF16, false}, {"utf16le", FORM_UTF16LE, false},
        {"utf32", FORM_UTF32, false},
    };
    struct buffer sql;
    size_t bytes = 0;
    enum status status;

    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (!text_equal(known[i].name, set->name))
            continue;
        set->form = known[i].form;
        set->is_ascii_plain = known[i].is_ascii_plain;
        return STATUS_OK;
    }
    buffer_init(&sql, SQL_BYTES);
    buffer_add_format(&sql,
                      "SELECT maxlen FROM information_schema.character_sets "
                      "WHERE character_set_name = '%s'",
                      set->name);
    status = mysql_query_rows(link, buffer_text(&sql), take_number, &bytes,
                              error);
    buffer_release(&sql);
    if (status == STATUS_OK && bytes == 0)
        status = error_set(error, ERROR_TYPE_UNSUPPORTED,
                           "cannot read text in the character set %s: the "
                           "server does not know it", set->name);
    set->form = FORM_TABLE;
    if (status == STATUS_OK)
        status = load_tables(link, set, bytes, error);
    if (status == STATUS_OK)
        set->is_ascii_plain = is_ascii_plain(set);
    return status;
}

static bool take_id(void *context, char **cells, const unsigned long *lengths)
{
    struct mysql_charset *set = context;

    (void)lengths;
    if (!cells[0])
        return true;
    set->ids = memory_resize(set->ids, set->id_count + 1, sizeof(*set->ids));
    set->ids[set->id_count++] = (unsigned)strtoul(cells[0], NULL, 10);
    return true;
}

/* From 10.10 on MariaDB has collations of many sets, whose ids stand only in
 * the second table. */
static enum status load_ids(const struct mysql_source *source, MYSQL *link,
                            struct mysql_charset *set, struct error *error)
{
    bool is_split = source->is_mariadb && source->version >= 101001;
    struct buffer sql;
    enum status status;

    buffer_init(&sql, SQL_BYTES);
    buffer_add_format(&sql,
                      "SELECT id FROM information_schema.%s "
                      "WHERE character_set_name = '%s'",
                      is_split ? "collation_character_set_applicability"
                               : "collations",
                      set->name);
    status = mysql_query_rows(link, buffer_text(&sql), take_id, set, error);
    buffer_release(&sql);
    return status;
}

static bool is_plain_name(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
           strlen(name);
}

enum status mysql_charset_load(const struct mysql_source *source, MYSQL *link,
                               const char *name,
                               struct mysql_charset **charset,
                               struct error *error)
{
    struct mysql_charset *set = memory_new(1, sizeof(*set));
    enum status status;

    if (!is_plain_name(name) ||
        !text_copy(set->name, sizeof(set->name), name)) {
        memory_free(set);
        return error_set(error, ERROR_TYPE_UNSUPPORTED,
                         "cannot read text in the character set %s", name);
    }
    status = load_form(link, set, error);
    if (status == STATUS_OK)
        status = load_ids(source, link, set, error);
    if (status == STATUS_OK)
        *charset = set;
    else
        mysql_charset_free(set);
    return status;
}
