/*
 * What must stay true: every call goes on or stands at the end; a quote that
 * never ends takes the rest; the second byte of a double-byte letter is no
 * quote and no backslash.
 */
#include "source/binlog_token.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Collations of the character sets whose second bytes may be below 0x80. */
static bool has_double_bytes(uint16_t charset)
{
    static const uint16_t ids[] = {1,  84, 13, 88,  28,  87,
                                   95, 96, 248, 249, 250};

    for (size_t i = 0; i < ARRAY_COUNT(ids); i++)
        if (ids[i] == charset)
            return true;
    return false;
}

static bool is_shift_jis(uint16_t charset)
{
    return charset == 13 || charset == 88 || charset == 95 || charset == 96;
}

/* Bytes of the letter at `at`: 1 or 2. */
static size_t letter_bytes(const struct binlog_tokens *tokens, size_t at)
{
    uint16_t charset = tokens->dialect->charset;
    uint8_t first = tokens->left.data[at];

    if (first < 0x81 || first == 0xff || at + 1 >= tokens->left.size ||
        !has_double_bytes(charset))
        return 1;
    if (is_shift_jis(charset) && first >= 0xa0 && first <= 0xdf)
        return 1;
    return tokens->left.data[at + 1] >= 0x30 ? 2 : 1;
}

static uint8_t byte_at(const struct binlog_tokens *tokens, size_t at)
{
    return at < tokens->left.size ? tokens->left.data[at] : '\0';
}

static void skip(struct binlog_tokens *tokens, size_t size)
{
    if (size > tokens->left.size)
        size = tokens->left.size;
    if (size > 0)
        tokens->left.data += size;
    tokens->left.size -= size;
}

static void skip_line(struct binlog_tokens *tokens)
{
    size_t at = 0;

    while (at < tokens->left.size && tokens->left.data[at] != '\n')
        at++;
    skip(tokens, at);
}

static void skip_comment(struct binlog_tokens *tokens)
{
    size_t at = 2;

    while (at < tokens->left.size &&
           (byte_at(tokens, at) != '*' || byte_at(tokens, at + 1) != '/'))
        at++;
    skip(tokens, at + 2);
}

/* MariaDB passes over what only MySQL 5.7 to 9 would run. */
static bool is_run(const struct binlog_dialect *dialect, bool is_for_mariadb,
                   unsigned version)
{
    if (dialect->version == 0)
        return true;
    if (dialect->is_mariadb && !is_for_mariadb && version >= 50700 &&
        version <= 99999)
        return false;
    return version <= dialect->version;
}

/* An executable comment: its mark and version go, its body is code. */
static bool enter_code(struct binlog_tokens *tokens)
{
    bool is_for_mariadb = tokens->dialect->is_mariadb &&
                          byte_at(tokens, 2) == 'M' &&
                          byte_at(tokens, 3) == '!';
    size_t at = is_for_mariadb ? 4 : 3;
    size_t digits = 0;
    unsigned version = 0;

    if (!is_for_mariadb && byte_at(tokens, 2) != '!')
        return false;
    while (digits < 6 && isdigit(byte_at(tokens, at + digits)))
        version = version * 10 + byte_at(tokens, at + digits++) - '0';
    if (digits < 5) {
        digits = 0;
        version = 0;
    }
    if (!is_run(tokens->dialect, is_for_mariadb, version))
        return false;
    skip(tokens, at + digits);
    tokens->is_in_code = true;
    return true;
}

static bool is_comment_line(const struct binlog_tokens *tokens)
{
    uint8_t third = byte_at(tokens, 2);

    if (byte_at(tokens, 0) == '#')
        return true;
    return byte_at(tokens, 0) == '-' && byte_at(tokens, 1) == '-' &&
           (third <= ' ' || tokens->left.size == 2);
}

/* Space and comments in front of the next token. */
static void skip_between(struct binlog_tokens *tokens)
{
    while (tokens->left.size > 0) {
        uint8_t first = byte_at(tokens, 0);
        uint8_t second = byte_at(tokens, 1);

        if (first <= ' ')
            skip(tokens, 1);
        else if (is_comment_line(tokens))
            skip_line(tokens);
        else if (tokens->is_in_code && first == '*' && second == '/') {
            tokens->is_in_code = false;
            skip(tokens, 2);
        } else if (first == '/' && second == '*') {
            if (!enter_code(tokens))
                skip_comment(tokens);
        } else
            return;
    }
}

static bool is_word(uint8_t byte)
{
    return isalnum(byte) || byte == '_' || byte == '$' || byte >= 0x80;
}

static size_t word_bytes(const struct binlog_tokens *tokens)
{
    size_t at = 0;

    while (at < tokens->left.size && is_word(tokens->left.data[at]))
        at += letter_bytes(tokens, at);
    return at;
}

/* To behind the closing quote, or to the end. */
static size_t quoted_bytes(const struct binlog_tokens *tokens, uint8_t quote)
{
    bool has_escapes = quote != '`' && !tokens->dialect->has_no_backslash &&
                       !(quote == '"' && tokens->dialect->has_ansi_quotes);
    size_t at = 1;

    while (at < tokens->left.size) {
        uint8_t byte = tokens->left.data[at];

        if (byte == quote && byte_at(tokens, at + 1) == quote)
            at += 2;
        else if (byte == quote)
            return at + 1;
        else if (byte == '\\' && has_escapes)
            at += 2;
        else
            at += letter_bytes(tokens, at);
    }
    return tokens->left.size;
}

void binlog_tokens_next(struct binlog_tokens *tokens)
{
    struct binlog_token *now = &tokens->now;
    uint8_t first;
    size_t size = 1;

    skip_between(tokens);
    now->text = (struct bytes){tokens->left.data, 0};
    now->type = TOKEN_END;
    if (tokens->left.size == 0)
        return;
    first = tokens->left.data[0];
    now->type = TOKEN_SYMBOL;
    if (first == '`' || (first == '"' && tokens->dialect->has_ansi_quotes))
        now->type = TOKEN_NAME;
    else if (first == '\'' || first == '"')
        now->type = TOKEN_STRING;
    else if (is_word(first))
        now->type = TOKEN_WORD;
    if (now->type == TOKEN_WORD)
        size = word_bytes(tokens);
    else if (now->type != TOKEN_SYMBOL)
        size = quoted_bytes(tokens, first);
    now->text.size = size;
    skip(tokens, size);
}

void binlog_tokens_init(struct binlog_tokens *tokens, struct bytes text,
                        const struct binlog_dialect *dialect)
{
    *tokens = (struct binlog_tokens){.dialect = dialect, .left = text};
    binlog_tokens_next(tokens);
}

bool binlog_tokens_is(const struct binlog_tokens *tokens, const char *word)
{
    return tokens->now.type == TOKEN_WORD &&
           tokens->now.text.size == strlen(word) &&
           strncasecmp((const char *)tokens->now.text.data, word,
                       tokens->now.text.size) == 0;
}

bool binlog_tokens_is_symbol(const struct binlog_tokens *tokens, char symbol)
{
    return tokens->now.type == TOKEN_SYMBOL &&
           tokens->now.text.data[0] == (uint8_t)symbol;
}

bool binlog_tokens_take(struct binlog_tokens *tokens, const char *word)
{
    bool is_that = binlog_tokens_is(tokens, word);

    if (is_that)
        binlog_tokens_next(tokens);
    return is_that;
}

bool binlog_tokens_take_symbol(struct binlog_tokens *tokens, char symbol)
{
    bool is_that = binlog_tokens_is_symbol(tokens, symbol);

    if (is_that)
        binlog_tokens_next(tokens);
    return is_that;
}

static uint8_t unescaped(uint8_t byte)
{
    switch (byte) {
    case '0':
        return '\0';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'Z':
        return 26;
    default:
        return byte;
    }
}

void binlog_token_value(const struct binlog_tokens *tokens,
                        struct buffer *target)
{
    struct bytes text = tokens->now.text;
    bool is_string = tokens->now.type == TOKEN_STRING;
    bool has_escapes = is_string && !tokens->dialect->has_no_backslash;
    struct binlog_tokens inner = {.dialect = tokens->dialect, .left = text};
    uint8_t quote;
    size_t at = 1;

    if (tokens->now.type != TOKEN_NAME && !is_string) {
        buffer_add(target, text.data, text.size);
        return;
    }
    quote = text.data[0];
    while (at < text.size) {
        size_t size = letter_bytes(&inner, at);
        uint8_t byte = text.data[at];

        if (byte == quote) {
            at++; /* a double one stands for one, the last for none */
            if (at < text.size)
                buffer_add_byte(target, quote);
        } else if (byte == '\\' && has_escapes && at + 1 < text.size) {
            buffer_add_byte(target, unescaped(text.data[++at]));
        } else {
            buffer_add(target, text.data + at, size);
            at += size - 1;
        }
        at++;
    }
}
