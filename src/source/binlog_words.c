/*
 * Classes of statements. What must stay true: a text is called irrelevant only
 * where its first words are in a list; every other one that is not understood
 * to the point that matters is unknown, or a statement without names.
 */
#include "source/binlog_words.h"

#include "base/memory.h"
#include "source/binlog_words_read.h"

#define NAME_BYTES 1024

const char *query_class_text(enum query_class class)
{
    static const char *const texts[] = {
        "irrelevant",   "begin",        "commit",      "rollback",
        "savepoint",    "rollback to",  "xa start",    "xa end",
        "xa prepare",   "xa commit",    "xa rollback", "create table",
        "drop table",   "rename table", "truncate",    "alter table",
        "drop database", "statement",   "unknown"};

    return texts[class];
}

char *words_take_part(struct binlog_tokens *tokens)
{
    struct buffer value;
    char *text = NULL;

    if (tokens->now.type != TOKEN_WORD && tokens->now.type != TOKEN_NAME)
        return NULL;
    buffer_init(&value, NAME_BYTES);
    binlog_token_value(tokens, &value);
    if (!value.is_overflown && value.size > 0)
        text = memory_text(buffer_text(&value));
    buffer_release(&value);
    binlog_tokens_next(tokens);
    return text;
}

bool words_take_name(struct binlog_tokens *tokens, char **database,
                      char **name)
{
    bool has_database;

    *database = NULL;
    take_symbol(tokens, '.');
    *name = words_take_part(tokens);
    if (!*name)
        return false;
    has_database = take_symbol(tokens, '.');
    if (!has_database)
        return true;
    *database = *name;
    *name = words_take_part(tokens);
    if (*name)
        return true;
    memory_free(*database);
    *database = NULL;
    return false;
}

bool words_add_name(struct binlog_words *words, struct binlog_tokens *tokens)
{
    struct query_name name = {NULL, NULL, NULL, NULL};

    if (!words_take_name(tokens, &name.database, &name.name))
        return false;
    words->names = memory_resize(words->names, words->name_count + 1,
                                 sizeof(name));
    words->names[words->name_count++] = name;
    return true;
}

void words_drop_names(struct binlog_words *words)
{
    for (size_t i = 0; i < words->name_count; i++) {
        memory_free(words->names[i].database);
        memory_free(words->names[i].name);
        memory_free(words->names[i].new_database);
        memory_free(words->names[i].new_name);
    }
    memory_free(words->names);
    words->names = NULL;
    words->name_count = 0;
}

void binlog_words_release(struct binlog_words *words)
{
    words_drop_names(words);
    for (size_t i = 0; i < words->change_count; i++) {
        memory_free(words->changes[i].name);
        memory_free(words->changes[i].new_name);
        memory_free(words->changes[i].declared);
    }
    memory_free(words->changes);
    *words = (struct binlog_words){.class = QUERY_UNKNOWN};
}

/* --- the first word ------------------------------------------------------ */

static enum query_class read_rollback(struct binlog_tokens *tokens)
{
    take(tokens, "WORK");
    return is(tokens, "TO") ? QUERY_ROLLBACK_TO : QUERY_ROLLBACK;
}

static enum query_class read_control(struct binlog_words *words,
                                     struct binlog_tokens *tokens)
{
    static const char *const irrelevant[] = {
        "GRANT",  "REVOKE", "ANALYZE", "OPTIMIZE",  "REPAIR", "CHECK",
        "FLUSH",  "RESET",  "SET",     "USE",       "CHECKSUM", "INSTALL",
        "CACHE",  "KILL",   "LOCK",    "UNINSTALL", "UNLOCK", "PURGE", NULL};

    if (take(tokens, "BEGIN")) /* not that of a block of statements */
        return is_end(tokens) || is(tokens, "WORK") ? QUERY_BEGIN
                                                    : QUERY_UNKNOWN;
    if (take(tokens, "START"))
        return is(tokens, "TRANSACTION") ? QUERY_BEGIN : QUERY_UNKNOWN;
    if (is(tokens, "COMMIT"))
        return QUERY_COMMIT;
    if (take(tokens, "ROLLBACK"))
        return read_rollback(tokens);
    if (is(tokens, "SAVEPOINT") || is(tokens, "RELEASE"))
        return QUERY_SAVEPOINT;
    if (take(tokens, "XA"))
        return words_read_xa(words, tokens);
    if (is_one_of(tokens, irrelevant))
        return QUERY_IRRELEVANT;
    if (words_read_dml(words, tokens))
        return QUERY_STATEMENT;
    return words_read_ddl(words, tokens);
}

void binlog_words_read(struct binlog_words *words, struct bytes text,
                       const struct binlog_dialect *dialect)
{
    struct binlog_tokens tokens;
    struct binlog_tokens start;

    *words = (struct binlog_words){.class = QUERY_UNKNOWN};
    binlog_tokens_init(&tokens, text, dialect);
    start = tokens;
    /* SET STATEMENT a = b FOR ... */
    if (take(&tokens, "SET") && take(&tokens, "STATEMENT")) {
        while (!is_end(&tokens) && !is(&tokens, "FOR"))
            binlog_tokens_next(&tokens);
        if (!take(&tokens, "FOR"))
            return;
    } else {
        tokens = start;
    }
    words->class = read_control(words, &tokens);
    if (words->class == QUERY_UNKNOWN)
        words_drop_names(words);
}
