/* The words of a row filter. */
#include "filter_lex.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

/* Letters, '_', '$' and whatever is not ASCII. */
static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_' || byte == '$' || (unsigned char)byte >= 0x80;
}

/* Bytes of a quoted token; 0 where it is never closed. */
static size_t quoted_length(const char *place)
{
    char quote = place[0];
    size_t i = 1;

    while (place[i] != '\0') {
        if (place[i] != quote)
            i++;
        else if (place[i + 1] == quote)
            i += 2;
        else
            return i + 1;
    }
    return 0;
}

static size_t number_length(const char *place)
{
    size_t i = place[0] == '-' || place[0] == '+';

    while (is_digit(place[i]))
        i++;
    if (place[i] == '.' && is_digit(place[i + 1])) {
        for (i++; is_digit(place[i]);)
            i++;
    }
    return i;
}

static size_t symbol_length(const char *place)
{
    static const char *const symbols[] = {"<>", "!=", "<=", ">=", "=",
                                          "<",  ">",  "(",  ")",  ","};

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        size_t length = strlen(symbols[i]);
        if (strncmp(place, symbols[i], length) == 0)
            return length;
    }
    return 0;
}

static struct token read_number(const char *place)
{
    struct token token = {TOKEN_NUMBER, place, 2};

    if (place[0] == '0' && place[1] == 'x') {
        token.kind = TOKEN_HEX;
        while (is_hex(place[token.length]))
            token.length++;
    } else {
        token.length = number_length(place);
    }
    if (is_letter(place[token.length]) || place[token.length] == '.' ||
        (token.kind == TOKEN_HEX && token.length % 2 != 0))
        token.kind = TOKEN_WRONG;
    return token;
}

static struct token read_word(const char *place)
{
    struct token token = {TOKEN_WORD, place, 0};

    while (is_letter(place[token.length]) || is_digit(place[token.length]))
        token.length++;
    return token;
}

struct token token_read(const char *place)
{
    struct token token = {TOKEN_WRONG, NULL, 1};

    place += strspn(place, " \t\r\n");
    token.start = place;
    if (place[0] == '\0')
        return (struct token){TOKEN_END, place, 0};
    if (place[0] == '\'' || place[0] == '`') {
        size_t length = quoted_length(place);
        if (length > 0) {
            token.kind = place[0] == '`' ? TOKEN_NAME : TOKEN_TEXT;
            token.length = length;
        }
        return token;
    }
    if (is_digit(place[0]) ||
        ((place[0] == '-' || place[0] == '+') && is_digit(place[1])))
        return read_number(place);
    if (is_letter(place[0]))
        return read_word(place);
    if (symbol_length(place) > 0)
        return (struct token){TOKEN_SYMBOL, place, symbol_length(place)};
    return token;
}

bool token_is(const struct token *token, const char *word)
{
    return (token->kind == TOKEN_WORD || token->kind == TOKEN_SYMBOL) &&
           strlen(word) == token->length &&
           strncasecmp(token->start, word, token->length) == 0;
}

char *token_value(const struct token *token)
{
    char *value;
    size_t size = 0;

    if (token->kind != TOKEN_TEXT && token->kind != TOKEN_NAME)
        return memory_text_part(token->start, token->length);
    value = memory_new(token->length, 1);
    for (size_t i = 1; i + 1 < token->length; i++) {
        value[size++] = token->start[i];
        if (token->start[i] == token->start[0])
            i++;
    }
    return value;
}
