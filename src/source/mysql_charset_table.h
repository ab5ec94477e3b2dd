#ifndef TIDEMARK_SOURCE_MYSQL_CHARSET_TABLE_H
#define TIDEMARK_SOURCE_MYSQL_CHARSET_TABLE_H

#include <stdint.h>

#include "source/mysql_charset.h"

/* What decoding and loading of character sets share. */

/* No character: not valid, or valid without one in Unicode. */
#define CODE_NONE UINT32_MAX

enum mysql_charset_form {
    FORM_UTF8,  /* utf8mb4, utf8mb3, utf8; binary where it must be text */
    FORM_ASCII,
    FORM_UCS2,
    FORM_UTF16,
    FORM_UTF16LE,
    FORM_UTF32,
    FORM_TABLE /* asked of the server */
};

/* Codes of four bytes in gb18030 up to 84 39 fe 39; from 90 30 81 30 on they
 * are U+10000 and up in order. */
#define FOUR_BYTE_CODES (4u * 10 * 126 * 10)

struct mysql_charset {
    char name[32];
    enum mysql_charset_form form;
    bool is_ascii_plain; /* bytes below 128 are ASCII, always alone */
    uint32_t *singles;   /* FORM_TABLE: 256 */
    uint32_t *doubles;   /* 65,536, or NULL: no codes of two bytes */
    uint32_t *triples;   /* 65,536 behind a byte 8f, or NULL */
    uint32_t *fours;     /* FOUR_BYTE_CODES, or NULL */
    unsigned *ids;       /* of its collations */
    size_t id_count;
    struct mysql_charset *next;
};

/* Position of a code of four bytes in order; CODE_NONE where it is none. */
uint32_t mysql_charset_four_index(const uint8_t *code);
/* Asks the server for a character set, over a link that is idle. The caller
 * frees it. */
enum status mysql_charset_load(const struct mysql_source *source, MYSQL *link,
                               const char *name,
                               struct mysql_charset **charset,
                               struct error *error) MUST_CHECK;
void mysql_charset_free(struct mysql_charset *charset);

#endif
