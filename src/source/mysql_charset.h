#ifndef TIDEMARK_SOURCE_MYSQL_CHARSET_H
#define TIDEMARK_SOURCE_MYSQL_CHARSET_H

#include <mysql.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * Text from the character sets of the server to UTF-8. The result is that of
 * the server's CONVERT(... USING utf8mb4) wherever the bytes are valid; for
 * that reason the tables of the sets that have no rule are asked of the server
 * itself, once.
 */
struct mysql_charset;
struct mysql_charsets;
struct mysql_source;

/*
 * The character set of that name; belongs to the source and lives as long. A
 * set seen for the first time is loaded over `link`, which must be idle.
 * Thread-safe. ERROR_TYPE_UNSUPPORTED for a set that is not known.
 */
enum status mysql_charset_find(struct mysql_source *source, MYSQL *link,
                               const char *name,
                               const struct mysql_charset **charset,
                               struct error *error) MUST_CHECK;
/* True when the collation of that id belongs to the character set. */
bool mysql_charset_has_collation(const struct mysql_charset *charset,
                                 unsigned id);
/* UTF-8 of every text is its bytes: utf8mb4, utf8mb3, ascii. */
bool mysql_charset_is_utf8(const struct mysql_charset *charset);

/*
 * Appends `raw` as UTF-8; each byte that does not fit as U+FFFD. Returns how
 * many did not fit.
 */
size_t mysql_charset_convert(const struct mysql_charset *charset,
                             struct bytes raw, struct buffer *target);
/* True when `raw` is valid and its UTF-8 is the same bytes: a quick look that
 * may say no where a slow one would say yes. */
bool mysql_charset_is_plain(const struct mysql_charset *charset,
                            struct bytes raw);

#endif
