/*
 * The clauses of an ALTER TABLE. What must stay true: a clause that is not
 * understood to its last word becomes CHANGE_OTHER, so that nobody takes the
 * statement for less than it is.
 */
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_words_read.h"

#define DECLARED_BYTES (256u * 1024)

static const char *const COLUMN_WORDS[] = {"COLUMN", "IF", "NOT", "EXISTS",
                                           NULL};

static struct log_change *add_change(struct binlog_words *words,
                                     enum log_change_kind kind)
{
    words->changes = memory_resize(words->changes, words->change_count + 1,
                                   sizeof(*words->changes));
    words->changes[words->change_count] =
        (struct log_change){.kind = kind, .is_nullable = true};
    return &words->changes[words->change_count++];
}

/* Is it the end of a clause, outside of brackets? */
static bool is_clause_end(const struct binlog_tokens *tokens)
{
    return is_end(tokens) || binlog_tokens_is_symbol(tokens, ',') ||
           binlog_tokens_is_symbol(tokens, ')');
}

/* Behind one token, or behind a whole pair of brackets. */
static void skip_item(struct binlog_tokens *tokens)
{
    size_t depth = 0;

    do {
        if (binlog_tokens_is_symbol(tokens, '('))
            depth++;
        else if (binlog_tokens_is_symbol(tokens, ')') && depth > 0)
            depth--;
        binlog_tokens_next(tokens);
    } while (depth > 0 && tokens->now.type != TOKEN_END);
}

static void skip_clause(struct binlog_tokens *tokens)
{
    while (!is_clause_end(tokens))
        skip_item(tokens);
}

/* --- the definition of a column ------------------------------------------ */

static const char *plain_type(const char *word)
{
    static const char *const same[][2] = {
        {"integer", "int"},      {"dec", "decimal"}, {"numeric", "decimal"},
        {"fixed", "decimal"},    {"bool", "tinyint(1)"},
        {"boolean", "tinyint(1)"}, {"character", "char"}};

    for (size_t i = 0; i < ARRAY_COUNT(same); i++)
        if (text_equal(same[i][0], word))
            return same[i][1];
    return word;
}

static void add_lower(struct buffer *text, struct bytes word)
{
    for (size_t i = 0; i < word.size; i++) {
        uint8_t letter = word.data[i];
        bool is_upper = letter >= 'A' && letter <= 'Z';
        buffer_add_byte(text, is_upper ? (uint8_t)(letter + 32) : letter);
    }
}

/* (12,3) or ('a','b'), as it is written but for spaces. */
static void take_brackets(struct binlog_tokens *tokens, struct buffer *text)
{
    if (!binlog_tokens_is_symbol(tokens, '('))
        return;
    while (!is_end(tokens)) {
        bool is_last = binlog_tokens_is_symbol(tokens, ')');
        buffer_add(text, tokens->now.text.data, tokens->now.text.size);
        binlog_tokens_next(tokens);
        if (is_last)
            return;
    }
}

static char *take_type(struct binlog_tokens *tokens)
{
    struct buffer word;
    struct buffer text;
    char *declared = NULL;

    if (tokens->now.type != TOKEN_WORD)
        return NULL;
    buffer_init(&word, DECLARED_BYTES);
    buffer_init(&text, DECLARED_BYTES);
    add_lower(&word, tokens->now.text);
    buffer_add_text(&text, plain_type(buffer_text(&word)));
    binlog_tokens_next(tokens);
    take_brackets(tokens, &text);
    while (is(tokens, "UNSIGNED") || is(tokens, "ZEROFILL")) {
        buffer_add_byte(&text, ' ');
        add_lower(&text, tokens->now.text);
        binlog_tokens_next(tokens);
    }
    take(tokens, "SIGNED");
    if (!text.is_overflown)
        declared = memory_text(buffer_text(&text));
    buffer_release(&word);
    buffer_release(&text);
    return declared;
}

/* DEFAULT NULL leaves rows as they are; every other one fills them. */
static void take_default(struct binlog_tokens *tokens,
                         struct log_change *change)
{
    if (take(tokens, "NULL"))
        return;
    change->has_default = true;
    if (!take_symbol(tokens, '-'))
        take_symbol(tokens, '+');
    if (!is_clause_end(tokens))
        skip_item(tokens);
    if (binlog_tokens_is_symbol(tokens, '('))
        skip_item(tokens);
}

/* One attribute; false for one that is not known to leave values alone. */
static bool take_attribute(struct binlog_tokens *tokens,
                           struct log_change *change)
{
    static const char *const alone[] = {"NULL", "UNIQUE", "KEY", "VISIBLE",
                                        "INVISIBLE", "FIRST", NULL};
    static const char *const with_item[] = {"COMMENT", "AFTER", "CHECK",
                                            NULL};

    if (take(tokens, "NOT")) {
        change->is_nullable = false;
        return take(tokens, "NULL");
    }
    if (take(tokens, "DEFAULT")) {
        take_default(tokens, change);
        return true;
    }
    if (is_one_of(tokens, alone)) {
        binlog_tokens_next(tokens);
        return true;
    }
    if (take(tokens, "ON") && take(tokens, "UPDATE")) {
        skip_item(tokens);
        if (binlog_tokens_is_symbol(tokens, '('))
            skip_item(tokens);
        return true;
    }
    if (!is_one_of(tokens, with_item))
        return false;
    binlog_tokens_next(tokens);
    skip_item(tokens);
    return true;
}

/* Character sets count only where rows are there already. */
static bool take_charset(struct binlog_tokens *tokens,
                         const struct log_change *change)
{
    if (change->kind != CHANGE_ADD)
        return false;
    if (take(tokens, "CHARACTER")) {
        if (!take(tokens, "SET"))
            return false;
    } else if (!take(tokens, "CHARSET") && !take(tokens, "COLLATE")) {
        return false;
    }
    skip_item(tokens);
    return true;
}

/* Behind the name: type and attributes. */
static bool take_definition(struct binlog_tokens *tokens,
                            struct log_change *change)
{
    bool is_known = true;

    change->declared = take_type(tokens);
    if (!change->declared || text_equal(change->declared, "serial"))
        return false;
    /* Without a word of it: NOT NULL, now. */
    if (text_starts(change->declared, "timestamp"))
        change->has_default = !is(tokens, "NULL");
    while (is_known && !is_clause_end(tokens))
        is_known = take_attribute(tokens, change) ||
                   take_charset(tokens, change);
    return is_known;
}

/* --- clauses ------------------------------------------------------------- */

static bool add_column(struct binlog_words *words,
                       struct binlog_tokens *tokens)
{
    struct log_change *change = add_change(words, CHANGE_ADD);

    change->name = words_take_part(tokens);
    return change->name && take_definition(tokens, change);
}

/* (a INT, b INT) */
static bool add_columns(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    binlog_tokens_next(tokens);
    do {
        if (!add_column(words, tokens))
            return false;
    } while (take_symbol(tokens, ','));
    return take_symbol(tokens, ')');
}

static bool read_add(struct binlog_words *words, struct binlog_tokens *tokens)
{
    static const char *const indexes[] = {
        "INDEX", "KEY", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "CHECK",
        NULL};
    static const char *const parents[] = {"FOREIGN", "CONSTRAINT", NULL};

    if (is(tokens, "PARTITION")) {
        skip_clause(tokens);
        return true;
    }
    if (is_one_of(tokens, indexes)) {
        skip_clause(tokens);
        return true;
    }
    if (is_one_of(tokens, parents)) {
        add_change(words, CHANGE_PARENT);
        skip_clause(tokens);
        return true;
    }
    if (is(tokens, "PRIMARY") || is(tokens, "SYSTEM") || is(tokens, "PERIOD"))
        return false;
    skip_all(tokens, COLUMN_WORDS);
    return binlog_tokens_is_symbol(tokens, '(') ? add_columns(words, tokens)
                                                : add_column(words, tokens);
}

static bool take_named(struct binlog_words *words,
                       struct binlog_tokens *tokens,
                       enum log_change_kind kind)
{
    struct log_change *change;

    skip_all(tokens, COLUMN_WORDS);
    change = add_change(words, kind);
    change->name = words_take_part(tokens);
    return change->name != NULL;
}

bool words_drop_index(struct binlog_words *words,
                      struct binlog_tokens *tokens)
{
    return take_named(words, tokens, CHANGE_DROP_INDEX);
}

static bool read_drop(struct binlog_words *words,
                      struct binlog_tokens *tokens)
{
    if (take(tokens, "INDEX") || take(tokens, "KEY"))
        return take_named(words, tokens, CHANGE_DROP_INDEX);
    if (take(tokens, "FOREIGN")) {
        add_change(words, CHANGE_PARENT);
        skip_clause(tokens);
        return true;
    }
    if (take(tokens, "CONSTRAINT")) {
        add_change(words, CHANGE_PARENT);
        return take_named(words, tokens, CHANGE_DROP_INDEX);
    }
    if (take(tokens, "CHECK")) {
        skip_clause(tokens);
        return true;
    }
    if (is(tokens, "PRIMARY") || is(tokens, "SYSTEM") ||
        is(tokens, "PARTITION") || is(tokens, "PERIOD") ||
        !take_named(words, tokens, CHANGE_DROP))
        return false;
    if (!take(tokens, "RESTRICT"))
        take(tokens, "CASCADE");
    return true;
}

static bool read_rename(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    struct log_change *change;

    if (take(tokens, "INDEX") || take(tokens, "KEY")) {
        skip_clause(tokens);
        return true;
    }
    if (!take(tokens, "COLUMN"))
        return false;
    skip_all(tokens, COLUMN_WORDS);
    change = add_change(words, CHANGE_RENAME);
    change->name = words_take_part(tokens);
    if (!change->name || !take(tokens, "TO"))
        return false;
    change->new_name = words_take_part(tokens);
    return change->new_name != NULL;
}

/* CHANGE a b type is a RENAME of a to b, then a MODIFY of b. */
static bool read_change(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    struct log_change *change;
    char *name;
    char *new_name;

    skip_all(tokens, COLUMN_WORDS);
    name = words_take_part(tokens);
    new_name = name ? words_take_part(tokens) : NULL;
    if (!new_name) {
        memory_free(name);
        return false;
    }
    if (!text_equal(name, new_name)) {
        change = add_change(words, CHANGE_RENAME);
        change->name = name;
        change->new_name = memory_text(new_name);
    } else {
        memory_free(name);
    }
    change = add_change(words, CHANGE_TYPE);
    change->name = new_name;
    return take_definition(tokens, change);
}

static bool read_modify(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    return take_named(words, tokens, CHANGE_TYPE) &&
           take_definition(tokens,
                           &words->changes[words->change_count - 1]);
}

/* ALTER [COLUMN] c SET DEFAULT, ALTER INDEX i VISIBLE: no row changes. */
static bool read_alter(struct binlog_tokens *tokens)
{
    skip_clause(tokens);
    return true;
}

/* Options that say nothing of rows; = may stand behind the word. */
static bool read_option(struct binlog_tokens *tokens)
{
    static const char *const options[] = {
        "ALGORITHM", "AUTO_INCREMENT", "AVG_ROW_LENGTH", "CHECKSUM",
        "COMMENT", "DELAY_KEY_WRITE", "ENABLE", "DISABLE", "FORCE",
        "KEY_BLOCK_SIZE", "LOCK", "MAX_ROWS", "MIN_ROWS", "PACK_KEYS",
        "ROW_FORMAT", "STATS_AUTO_RECALC", "STATS_PERSISTENT",
        "STATS_SAMPLE_PAGES", "WAIT", "NOWAIT", "ORDER", NULL};

    if (take(tokens, "ENGINE")) {
        take_symbol(tokens, '=');
        return take(tokens, "INNODB");
    }
    if (!is_one_of(tokens, options))
        return false;
    binlog_tokens_next(tokens);
    take_symbol(tokens, '=');
    while (!is_clause_end(tokens) && !is_one_of(tokens, options) &&
           !is(tokens, "ENGINE"))
        skip_item(tokens);
    return true;
}

/* Rows stay where they are but for what `moves_rows` tells. */
static bool read_partitions(struct binlog_tokens *tokens)
{
    static const char *const verbs[] = {"PARTITION", "REORGANIZE", "COALESCE",
                                        "REMOVE", "ANALYZE", "OPTIMIZE",
                                        "REBUILD", "CHECK", NULL};

    if (!is_one_of(tokens, verbs))
        return false;
    while (!is_end(tokens))
        skip_item(tokens);
    return true;
}

static bool read_clause(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    if (take(tokens, "ADD"))
        return read_add(words, tokens);
    if (take(tokens, "DROP"))
        return read_drop(words, tokens);
    if (take(tokens, "RENAME"))
        return read_rename(words, tokens);
    if (take(tokens, "CHANGE"))
        return read_change(words, tokens);
    if (take(tokens, "MODIFY"))
        return read_modify(words, tokens);
    if (take(tokens, "ALTER"))
        return read_alter(tokens);
    return read_partitions(tokens) || read_option(tokens);
}

void words_read_clauses(struct binlog_words *words,
                        struct binlog_tokens *tokens)
{
    bool is_understood = true;

    while (is_understood && !is_end(tokens)) {
        is_understood = read_clause(words, tokens);
        while (is_understood && !is_end(tokens) && !take_symbol(tokens, ','))
            is_understood = read_option(tokens) || read_partitions(tokens);
    }
    if (!is_understood)
        add_change(words, CHANGE_OTHER);
}
