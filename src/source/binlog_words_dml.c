/*
 * Statements that write rows, and XA. What must stay true: a name is told only
 * where it is the one table that the statement itself writes to.
 */
#include <string.h>

#include "source/binlog_words_read.h"

static const char *const MODIFIERS[] = {
    "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "CONCURRENT", "QUICK",
    "IGNORE", "LOCAL", NULL};

/* INSERT, REPLACE */
static void read_insert(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    skip_all(tokens, MODIFIERS);
    take(tokens, "INTO");
    (void)words_add_name(words, tokens);
}

/* One table and what must stand behind it; else nobody knows which. */
static void read_single(struct binlog_words *words,
                        struct binlog_tokens *tokens,
                        const char *const *behind)
{
    if (!words_add_name(words, tokens))
        return;
    if (!is_end(tokens) && !is_one_of(tokens, behind)) {
        take(tokens, "AS");
        if (tokens->now.type == TOKEN_WORD || tokens->now.type == TOKEN_NAME)
            binlog_tokens_next(tokens);
    }
    if (!is_end(tokens) && !is_one_of(tokens, behind))
        words_drop_names(words);
}

static void read_update(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    static const char *const behind[] = {"SET", NULL};

    skip_all(tokens, MODIFIERS);
    read_single(words, tokens, behind);
    if (is_end(tokens))
        words_drop_names(words);
}

static void read_delete(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    static const char *const behind[] = {"WHERE", "ORDER", "LIMIT",
                                         "RETURNING", "PARTITION", NULL};

    skip_all(tokens, MODIFIERS);
    if (!take(tokens, "FROM"))
        return;
    read_single(words, tokens, behind);
    words->deletes_all = words->name_count == 1 && is_end(tokens);
}

/* LOAD DATA ... INTO TABLE t */
static void read_load(struct binlog_words *words,
                      struct binlog_tokens *tokens)
{
    while (!is_end(tokens))
        if (!take(tokens, "INTO"))
            binlog_tokens_next(tokens);
        else if (take(tokens, "TABLE")) {
            (void)words_add_name(words, tokens);
            return;
        }
}

bool words_read_dml(struct binlog_words *words, struct binlog_tokens *tokens)
{
    static const char *const nameless[] = {"WITH", "CALL", "SELECT", "DO",
                                           "EXECUTE", NULL};

    if (take(tokens, "INSERT") || take(tokens, "REPLACE"))
        read_insert(words, tokens);
    else if (take(tokens, "UPDATE"))
        read_update(words, tokens);
    else if (take(tokens, "DELETE"))
        read_delete(words, tokens);
    else if (take(tokens, "LOAD"))
        read_load(words, tokens);
    else
        return is_one_of(tokens, nameless);
    return true;
}

static int digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool put_hex(struct bytes digits, uint8_t *target, size_t *size)
{
    if (digits.size % 2 != 0 || digits.size / 2 > QUERY_XA_BYTES)
        return false;
    for (size_t i = 0; i < digits.size; i += 2) {
        int high = digit_of(digits.data[i]);
        int low = digit_of(digits.data[i + 1]);

        if (high < 0 || low < 0)
            return false;
        target[i / 2] = (uint8_t)(high << 4 | low);
    }
    *size = digits.size / 2;
    return true;
}

/* X'6162', 0x6162 or 'ab'. */
static bool take_xa_part(struct binlog_tokens *tokens, uint8_t *target,
                         size_t *size)
{
    struct buffer value;
    struct bytes text = tokens->now.text;
    bool is_hex = take(tokens, "X");
    bool is_good;

    if (!is_hex && tokens->now.type == TOKEN_WORD && text.size > 2 &&
        text.data[0] == '0' && (text.data[1] | 0x20) == 'x') {
        binlog_tokens_next(tokens);
        return put_hex((struct bytes){text.data + 2, text.size - 2}, target,
                       size);
    }
    if (tokens->now.type != TOKEN_STRING)
        return false;
    buffer_init(&value, QUERY_XA_BYTES * 2);
    binlog_token_value(tokens, &value);
    binlog_tokens_next(tokens);
    is_good = !value.is_overflown;
    if (is_hex)
        is_good = is_good && put_hex(buffer_bytes(&value), target, size);
    else if (is_good && value.size <= QUERY_XA_BYTES) {
        memcpy(target, buffer_bytes(&value).data, value.size);
        *size = value.size;
    } else
        is_good = false;
    buffer_release(&value);
    return is_good;
}

static bool take_format(struct binlog_tokens *tokens, int32_t *format)
{
    int64_t value = 0;
    struct bytes digits = tokens->now.text;

    if (tokens->now.type != TOKEN_WORD || digits.size > 10)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + digits.data[i] - '0';
    }
    *format = (int32_t)(uint32_t)value;
    binlog_tokens_next(tokens);
    return value <= UINT32_MAX;
}

static bool read_xa_name(struct query_xa *xa, struct binlog_tokens *tokens)
{
    xa->format = 1;
    if (!take_xa_part(tokens, xa->global, &xa->global_bytes))
        return false;
    if (take_symbol(tokens, ',') &&
        !take_xa_part(tokens, xa->branch, &xa->branch_bytes))
        return false;
    if (take_symbol(tokens, ',') && !take_format(tokens, &xa->format))
        return false;
    xa->is_one_phase = is(tokens, "ONE");
    return true;
}

enum query_class words_read_xa(struct binlog_words *words,
                                struct binlog_tokens *tokens)
{
    static const struct {
        const char *word;
        enum query_class class;
    } verbs[] = {
        {"START", QUERY_XA_START},   {"BEGIN", QUERY_XA_START},
        {"END", QUERY_XA_END},       {"PREPARE", QUERY_XA_PREPARE},
        {"COMMIT", QUERY_XA_COMMIT}, {"ROLLBACK", QUERY_XA_ROLLBACK},
    };

    for (size_t i = 0; i < ARRAY_COUNT(verbs); i++)
        if (take(tokens, verbs[i].word))
            return read_xa_name(&words->xa, tokens) ? verbs[i].class
                                                    : QUERY_UNKNOWN;
    return QUERY_UNKNOWN;
}
