/*
 * Statements while the log is followed: where transactions begin and end, and
 * what befalls tables between. What is not understood concerns every table.
 */
#include "base/memory.h"
#include "base/text.h"
#include "model/version.h"
#include "source/binlog_follow.h"

static struct followed *find(struct follow *follow, const char *database,
                             const char *name,
                             const struct binlog_query *query)
{
    const struct log_sink *sink = &follow->request.sink;
    char *schema = NULL;
    struct followed *found;

    if (!database)
        schema = memory_text_part((const char *)query->schema.data,
                                  query->schema.size);
    found = sink->find(sink->context, database ? database : schema, name);
    memory_free(schema);
    return found;
}

/* A statement may have deleted rows that others refer to. */
static void pass(struct follow *follow, const char *database,
                 const char *name, const struct binlog_query *query)
{
    const struct log_sink *sink = &follow->request.sink;
    char *schema = memory_text_part((const char *)query->schema.data,
                                    query->schema.size);

    if (sink->passed)
        sink->passed(sink->context, database ? database : schema, name,
                     version_make(follow->request.epoch, follow->clock, 0));
    memory_free(schema);
}

static void lower_case(char *name)
{
    for (; *name; name++)
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name - 'A' + 'a');
}

/* A name that may be that of a followed table all the same: in a character set
 * that is none of ours, or in other letters on a server that folds them. */
static void doubt(struct follow *follow, const char *database,
                  const char *name, const struct binlog_query *query)
{
    char *lower = memory_text(name);
    struct followed *found;

    lower_case(lower);
    found = find(follow, database, lower, query);
    if (found)
        follow_tell(follow, TABLE_UNKNOWN, found);
    else if (!text_is_utf8(bytes_of(name)))
        follow_tell(follow, TABLE_UNKNOWN, NULL);
    memory_free(lower);
}

static void tell_name(struct follow *follow, const char *database,
                      const char *name, const struct binlog_query *query,
                      enum log_fate fate)
{
    struct followed *found = find(follow, database, name, query);

    if (found)
        follow_tell(follow, fate, found);
    else
        doubt(follow, database, name, query);
    if (!found && fate == TABLE_STATEMENT)
        pass(follow, database, name, query);
}

/* The fate of each table that is named. */
static void tell_names(struct follow *follow, const struct binlog_words *words,
                       const struct binlog_query *query, enum log_fate fate)
{
    for (size_t i = 0; i < words->name_count; i++)
        tell_name(follow, words->names[i].database, words->names[i].name,
                  query, fate);
}

/* A table that is there from now on: another one than before, or a new one. */
static void tell_new(struct follow *follow, const char *database,
                     const char *name, const struct binlog_query *query,
                     bool is_replacing)
{
    struct bytes home = database ? bytes_of(database) : query->schema;

    if (find(follow, database, name, query)) {
        if (is_replacing)
            tell_name(follow, database, name, query, TABLE_RENAMED);
    } else if (bytes_equal(home, bytes_of(follow->source->database))) {
        doubt(follow, database, name, query);
        follow_tell(follow, TABLE_CREATED, NULL)->name = name;
    }
}

/* What stands under each name behind it is not what stood there before. */
static void meet_rename(struct follow *follow,
                        const struct binlog_words *words,
                        const struct binlog_query *query)
{
    for (size_t i = 0; i < words->name_count; i++) {
        const struct query_name *name = &words->names[i];
        tell_name(follow, name->database, name->name, query, TABLE_RENAMED);
        if (name->new_name)
            tell_new(follow, name->new_database, name->new_name, query, true);
    }
}

static void meet_alter(struct follow *follow, const struct binlog_words *words,
                       const struct binlog_query *query)
{
    bool is_whole = words->moves_rows || words->touches_key;

    if (words->name_count > 0 && words->names[0].new_name) {
        meet_rename(follow, words, query);
        return;
    }
    if (is_whole) {
        tell_names(follow, words, query, TABLE_UNKNOWN);
        return;
    }
    for (size_t i = 0; i < words->name_count; i++) {
        const struct query_name *name = &words->names[i];
        struct followed *found = find(follow, name->database, name->name,
                                      query);
        struct log_item *item;
        bool is_doubtful;
        if (!found) {
            doubt(follow, name->database, name->name, query);
            continue;
        }
        is_doubtful = follow_forget_table(follow, found, words);
        item = follow_tell(follow, TABLE_ALTERED, found);
        item->changes = words->changes;
        item->change_count = words->change_count;
        item->is_doubtful = is_doubtful;
    }
}

static void meet_drop_database(struct follow *follow,
                               const struct binlog_words *words)
{
    for (size_t i = 0; i < words->name_count; i++)
        if (text_equal(words->names[i].database, follow->source->database))
            follow_tell(follow, TABLE_DROPPED, NULL);
}

static void meet_ddl(struct follow *follow, const struct binlog_words *words,
                     const struct binlog_query *query)
{
    if (words->is_temporary)
        return;
    switch (words->class) {
    case QUERY_CREATE_TABLE:
        tell_new(follow, words->names[0].database, words->names[0].name,
                 query, words->is_replacing);
        break;
    case QUERY_DROP_TABLE:
        tell_names(follow, words, query, TABLE_DROPPED);
        break;
    case QUERY_RENAME_TABLE:
        meet_rename(follow, words, query);
        break;
    case QUERY_TRUNCATE:
        tell_names(follow, words, query, TABLE_TRUNCATED);
        break;
    case QUERY_ALTER_TABLE:
        meet_alter(follow, words, query);
        break;
    case QUERY_STATEMENT:
        if (words->name_count == 0)
            follow_tell(follow, TABLE_STATEMENT, NULL);
        tell_names(follow, words, query, TABLE_STATEMENT);
        break;
    case QUERY_DROP_DATABASE:
        meet_drop_database(follow, words);
        break;
    case QUERY_UNKNOWN:
        follow_tell(follow, TABLE_UNKNOWN, NULL);
        break;
    default:
        break;
    }
}

/* By the class alone: does the transaction end with it? */
static void settle(struct follow *follow, const struct binlog_words *words,
                   bool *ends)
{
    *ends = false;
    switch (words->class) {
    case QUERY_BEGIN:
        follow->has_begun = true;
        return;
    case QUERY_ROLLBACK:
        follow_undo(follow);
        *ends = true;
        return;
    case QUERY_COMMIT:
        *ends = true;
        return;
    case QUERY_ROLLBACK_TO:
        follow_undo(follow);
        return;
    case QUERY_SAVEPOINT:
        return;
    case QUERY_XA_START:
    case QUERY_XA_END:
    case QUERY_XA_PREPARE:
    case QUERY_XA_COMMIT:
    case QUERY_XA_ROLLBACK:
        follow_xa_query(follow, words, ends);
        return;
    default:
        *ends = !follow->has_begun;
        return;
    }
}

enum status follow_query(struct follow *follow,
                         const struct binlog_event *event, bool *ends,
                         struct error *error)
{
    struct binlog_query query;
    struct binlog_dialect dialect;
    struct binlog_words *words = &follow->words;

    follow->ledger.seen++;
    follow->ledger.applied++;
    if (!binlog_query_parse(&follow->reader.format, event->body, &query))
        return binlog_damaged(&follow->reader, event, "a broken QUERY",
                              error);
    binlog_query_dialect(&follow->reader.format, &query, &dialect);
    binlog_words_release(words);
    binlog_words_read(words, query.text, &dialect);
    settle(follow, words, ends);
    meet_ddl(follow, words, &query);
    return STATUS_OK;
}
