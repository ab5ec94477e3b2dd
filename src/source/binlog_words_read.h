#ifndef TIDEMARK_SOURCE_BINLOG_WORDS_READ_H
#define TIDEMARK_SOURCE_BINLOG_WORDS_READ_H

#include "source/binlog_words.h"

/* What the files of the words share. Each `read` stands behind the word that
 * chose it and says what the statement is. */

static inline bool is(const struct binlog_tokens *tokens, const char *word)
{
    return binlog_tokens_is(tokens, word);
}

static inline bool take(struct binlog_tokens *tokens, const char *word)
{
    return binlog_tokens_take(tokens, word);
}

static inline bool take_symbol(struct binlog_tokens *tokens, char symbol)
{
    return binlog_tokens_take_symbol(tokens, symbol);
}

static inline bool is_end(const struct binlog_tokens *tokens)
{
    return tokens->now.type == TOKEN_END ||
           binlog_tokens_is_symbol(tokens, ';');
}

static inline bool is_one_of(const struct binlog_tokens *tokens,
                      const char *const *list)
{
    while (*list)
        if (is(tokens, *list++))
            return true;
    return false;
}

static inline void skip_all(struct binlog_tokens *tokens,
                            const char *const *list)
{
    while (is_one_of(tokens, list))
        binlog_tokens_next(tokens);
}

/* `db`.`name`, name or .name; false where none stands there. */
bool words_take_name(struct binlog_tokens *tokens, char **database,
                     char **name);
bool words_add_name(struct binlog_words *words, struct binlog_tokens *tokens);
void words_drop_names(struct binlog_words *words);

/* --- binlog_words_ddl.c --- */
enum query_class words_read_ddl(struct binlog_words *words,
                                struct binlog_tokens *tokens);

/* --- binlog_words_alter.c --- */
/* The clauses behind the table's name, into words->changes. */
void words_read_clauses(struct binlog_words *words,
                        struct binlog_tokens *tokens);
/* [IF EXISTS] name, of an index that is dropped. */
bool words_drop_index(struct binlog_words *words,
                      struct binlog_tokens *tokens);
/* A part of a name, quotes resolved; NULL where none stands there. */
char *words_take_part(struct binlog_tokens *tokens);

/* --- binlog_words_dml.c --- */
/* Statements that write rows; false where the word begins none. */
bool words_read_dml(struct binlog_words *words, struct binlog_tokens *tokens);
enum query_class words_read_xa(struct binlog_words *words,
                               struct binlog_tokens *tokens);

#endif
