#ifndef TIDEMARK_SOURCE_BINLOG_TOKEN_H
#define TIDEMARK_SOURCE_BINLOG_TOKEN_H

#include <stdbool.h>

#include "base/buffer.h"

/*
 * Words of SQL as the server cuts them: comments are gone, the bodies of
 * executable comments are code. Pure; any bytes are taken.
 */

/* What decides how a text is cut. All zero: the defaults of a server whose
 * executable comments are all code. */
struct binlog_dialect {
    bool is_mariadb;
    unsigned version;          /* of the server, 101119; 0: not known */
    bool has_ansi_quotes;      /* "x" is a name */
    bool has_no_backslash;     /* \ is a character as any */
    uint16_t charset;          /* collation id of the text; 0: UTF-8 */
};

enum binlog_token_type {
    TOKEN_END,
    TOKEN_WORD,   /* a keyword, a plain name or a number */
    TOKEN_NAME,   /* quoted; the text has its quotes */
    TOKEN_STRING, /* quoted */
    TOKEN_SYMBOL  /* one byte */
};

struct binlog_token {
    enum binlog_token_type type;
    struct bytes text; /* borrowed */
};

struct binlog_tokens {
    const struct binlog_dialect *dialect;
    struct bytes left;
    bool is_in_code; /* within an executable comment */
    struct binlog_token now;
};

/* Stands at the first token. */
void binlog_tokens_init(struct binlog_tokens *tokens, struct bytes text,
                        const struct binlog_dialect *dialect);
/* Goes to the next token; stays at the end. */
void binlog_tokens_next(struct binlog_tokens *tokens);
/* Is the token that word (upper case given, any case met)? */
bool binlog_tokens_is(const struct binlog_tokens *tokens, const char *word);
bool binlog_tokens_is_symbol(const struct binlog_tokens *tokens, char symbol);
/* As `is`, then goes on. */
bool binlog_tokens_take(struct binlog_tokens *tokens, const char *word);
bool binlog_tokens_take_symbol(struct binlog_tokens *tokens, char symbol);
/* The content of a quoted token, quotes and escapes resolved, or the word as
 * it stands; appended. */
void binlog_token_value(const struct binlog_tokens *tokens,
                        struct buffer *target);

#endif
