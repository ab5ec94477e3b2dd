#ifndef TIDEMARK_MODEL_FILTER_LEX_H
#define TIDEMARK_MODEL_FILTER_LEX_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a name without quotes, or a keyword */
    TOKEN_NAME,   /* `name` */
    TOKEN_TEXT,   /* 'text' */
    TOKEN_NUMBER, /* [-+]digits[.digits] */
    TOKEN_HEX,    /* 0x and an even number of digits */
    TOKEN_SYMBOL, /* = <> != < <= > >= ( ) , */
    TOKEN_WRONG,  /* no token begins here, or its quote is never closed */
};

struct token {
    enum token_kind kind;
    const char *start; /* borrowed from the text, quotes included */
    size_t length;
};

/* The token that begins at or behind `place`, spaces left out. */
struct token token_read(const char *place);
/* True for that keyword in any case, or for that symbol. */
bool token_is(const struct token *token, const char *word);
/* The value of a token, quotes undone; the caller frees it. */
char *token_value(const struct token *token);

#endif
