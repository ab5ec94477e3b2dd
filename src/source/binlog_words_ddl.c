/*
 * Definitions. What must stay true: a definition that names no base table is
 * irrelevant only where it cannot be one of a table.
 */
#include "base/memory.h"
#include "source/binlog_words_read.h"

static void skip_exists(struct binlog_tokens *tokens)
{
    if (!take(tokens, "IF"))
        return;
    take(tokens, "NOT");
    take(tokens, "EXISTS");
}

/* MariaDB: WAIT 5, NOWAIT. */
static void skip_wait(struct binlog_tokens *tokens)
{
    if (take(tokens, "WAIT"))
        binlog_tokens_next(tokens);
    else
        take(tokens, "NOWAIT");
}

/* INDEX i ... ON t: the table is altered. */
static enum query_class read_index(struct binlog_words *words,
                                   struct binlog_tokens *tokens)
{
    while (!is_end(tokens) && !is(tokens, "ON"))
        binlog_tokens_next(tokens);
    if (!take(tokens, "ON") || !words_add_name(words, tokens))
        return QUERY_UNKNOWN;
    return QUERY_ALTER_TABLE;
}

static enum query_class read_create(struct binlog_words *words,
                                    struct binlog_tokens *tokens)
{
    static const char *const of_index[] = {
        "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "ONLINE", "OFFLINE", NULL};
    bool is_index;

    if (take(tokens, "OR"))
        words->is_replacing = take(tokens, "REPLACE");
    words->is_temporary = take(tokens, "TEMPORARY");
    if (take(tokens, "TABLE")) {
        skip_exists(tokens);
        return words_add_name(words, tokens) ? QUERY_CREATE_TABLE
                                             : QUERY_UNKNOWN;
    }
    is_index = is_one_of(tokens, of_index);
    skip_all(tokens, of_index);
    if (is(tokens, "INDEX"))
        return read_index(words, tokens);
    /* SPATIAL REFERENCE SYSTEM */
    return is_index && !is(tokens, "REFERENCE") ? QUERY_UNKNOWN
                                                : QUERY_IRRELEVANT;
}

/* `a`, `b` and so on, up to the end or RESTRICT, CASCADE. */
static enum query_class read_names(struct binlog_words *words,
                                   struct binlog_tokens *tokens,
                                   enum query_class class)
{
    do {
        if (!words_add_name(words, tokens))
            return QUERY_UNKNOWN;
        skip_wait(tokens);
    } while (take_symbol(tokens, ','));
    return class;
}

static enum query_class read_drop_database(struct binlog_words *words,
                                           struct binlog_tokens *tokens)
{
    struct query_name *name;

    skip_exists(tokens);
    if (!words_add_name(words, tokens) || words->names[0].database)
        return QUERY_UNKNOWN;
    name = &words->names[0];
    name->database = name->name;
    name->name = NULL;
    return QUERY_DROP_DATABASE;
}

static enum query_class read_drop(struct binlog_words *words,
                                  struct binlog_tokens *tokens)
{
    bool is_index;

    words->is_temporary = take(tokens, "TEMPORARY");
    if (take(tokens, "TABLE") || take(tokens, "TABLES")) {
        skip_exists(tokens);
        return read_names(words, tokens, QUERY_DROP_TABLE);
    }
    if (take(tokens, "DATABASE") || take(tokens, "SCHEMA"))
        return read_drop_database(words, tokens);
    is_index = take(tokens, "ONLINE") || take(tokens, "OFFLINE");
    if (take(tokens, "INDEX"))
        return words_drop_index(words, tokens) ? read_index(words, tokens)
                                               : QUERY_UNKNOWN;
    return is_index ? QUERY_UNKNOWN : QUERY_IRRELEVANT;
}

static enum query_class read_rename(struct binlog_words *words,
                                    struct binlog_tokens *tokens)
{
    if (!take(tokens, "TABLE") && !take(tokens, "TABLES"))
        return is(tokens, "USER") ? QUERY_IRRELEVANT : QUERY_UNKNOWN;
    skip_exists(tokens);
    do {
        struct query_name *name;

        if (!words_add_name(words, tokens))
            return QUERY_UNKNOWN;
        name = &words->names[words->name_count - 1];
        skip_wait(tokens);
        if (!take(tokens, "TO") ||
            !words_take_name(tokens, &name->new_database, &name->new_name))
            return QUERY_UNKNOWN;
    } while (take_symbol(tokens, ','));
    return is_end(tokens) ? QUERY_RENAME_TABLE : QUERY_UNKNOWN;
}

/* RENAME within ALTER: of the table, or of a part of it. */
static bool read_new_name(struct binlog_words *words,
                          struct binlog_tokens *tokens)
{
    static const char *const parts[] = {"COLUMN", "INDEX", "KEY", NULL};
    struct query_name *name = &words->names[0];

    if (is_one_of(tokens, parts))
        return true;
    if (!take(tokens, "TO") && !take(tokens, "AS"))
        take_symbol(tokens, '=');
    memory_free(name->new_database);
    memory_free(name->new_name);
    return words_take_name(tokens, &name->new_database, &name->new_name);
}

/* Rows come or go with these, and no event tells of them. */
static bool moves_rows(struct binlog_tokens *tokens)
{
    static const char *const verbs[] = {"DROP", "TRUNCATE", "EXCHANGE",
                                        "DISCARD", "IMPORT", "CONVERT", NULL};
    static const char *const objects[] = {"PARTITION", "TABLESPACE", "TABLE",
                                          NULL};

    if (!is_one_of(tokens, verbs))
        return false;
    binlog_tokens_next(tokens);
    return is_one_of(tokens, objects);
}

/* WITH TABLE t, TO TABLE t, CONVERT TABLE t: t changes too. */
static bool read_other_table(struct binlog_words *words,
                             struct binlog_tokens *tokens)
{
    if (!words->moves_rows || !take(tokens, "TABLE"))
        return true;
    return words_add_name(words, tokens);
}

static enum query_class read_alter_table(struct binlog_words *words,
                                         struct binlog_tokens *tokens)
{
    struct binlog_tokens clauses;

    skip_exists(tokens);
    if (!words_add_name(words, tokens))
        return QUERY_UNKNOWN;
    skip_wait(tokens);
    clauses = *tokens;
    words_read_clauses(words, &clauses);
    while (!is_end(tokens)) {
        if (moves_rows(tokens)) {
            words->moves_rows = true;
            continue;
        }
        if (is(tokens, "TABLE")) {
            if (!read_other_table(words, tokens))
                return QUERY_UNKNOWN;
            if (!words->moves_rows)
                binlog_tokens_next(tokens);
            continue;
        }
        words->touches_key |= is(tokens, "PRIMARY");
        if (!take(tokens, "RENAME"))
            binlog_tokens_next(tokens);
        else if (!read_new_name(words, tokens))
            return QUERY_UNKNOWN;
    }
    return QUERY_ALTER_TABLE;
}

static enum query_class read_alter(struct binlog_words *words,
                                   struct binlog_tokens *tokens)
{
    static const char *const modifiers[] = {"ONLINE", "OFFLINE", "IGNORE",
                                            NULL};

    skip_all(tokens, modifiers);
    if (take(tokens, "TABLE"))
        return read_alter_table(words, tokens);
    return QUERY_IRRELEVANT;
}

static enum query_class read_truncate(struct binlog_words *words,
                                      struct binlog_tokens *tokens)
{
    take(tokens, "TABLE");
    return words_add_name(words, tokens) ? QUERY_TRUNCATE : QUERY_UNKNOWN;
}

enum query_class words_read_ddl(struct binlog_words *words,
                                 struct binlog_tokens *tokens)
{
    if (take(tokens, "CREATE"))
        return read_create(words, tokens);
    if (take(tokens, "DROP"))
        return read_drop(words, tokens);
    if (take(tokens, "ALTER"))
        return read_alter(words, tokens);
    if (take(tokens, "RENAME"))
        return read_rename(words, tokens);
    if (take(tokens, "TRUNCATE"))
        return read_truncate(words, tokens);
    return QUERY_UNKNOWN;
}
