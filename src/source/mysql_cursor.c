/*
 * Cursors: which columns may be one, which index serves it, and what the
 * numbers of an integer mean.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "mysql_catalog.h"
#include "mysql_sql.h"

/* --- which --- */

static bool is_clock(enum kind kind)
{
    return kind == KIND_DATE || kind == KIND_DATETIME ||
           kind == KIND_TIMESTAMP;
}

/* Names that people give to the time of the last change. */
static bool is_telling(const char *name)
{
    static const char *const words[] = {"*updat*", "*modif*", "*change*",
                                        "*mtime*", "*last_mod*"};
    char lower[256];
    size_t length = 0;
    for (; name[length] != '\0' && length + 1 < sizeof(lower); length++) {
        char byte = name[length];
        lower[length] =
            byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
    lower[length] = '\0';
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (text_matches(lower, words[i]))
            return true;
    return false;
}

static bool says_on_update(const char *extra)
{
    return strstr(extra, "on update") != NULL ||
           strstr(extra, "ON UPDATE") != NULL;
}

void mysql_cursor_consider(struct source_table *table,
                           const struct column *column, const char *extra)
{
    bool is_number = mysql_base_of(column) == MYSQL_BASE_INT;
    if (!is_clock(column->kind) && !(is_number && column->width >= 4))
        return;
    table->cursors = memory_resize(table->cursors, table->cursor_count + 1,
                                   sizeof(*table->cursors));
    struct source_cursor *cursor = &table->cursors[table->cursor_count++];
    memset(cursor, 0, sizeof(*cursor));
    cursor->column = memory_text(column->name);
    cursor->is_nullable = column->is_nullable;
    cursor->unit = is_number ? CURSOR_SECONDS : CURSOR_TIME;
    cursor->has_zone =
        column->kind == KIND_DATETIME || column->kind == KIND_DATE;
    cursor->is_likely = column->kind != KIND_DATE &&
                        (says_on_update(extra) || is_telling(column->name));
    /* The settling needs this once more. */
    cursor->is_indexed = says_on_update(extra);
}

/* --- which index --- */

/* Rows of the index come ordered by (cursor, key): its own columns, then those
 * of the primary key, are the cursor and the key's columns. */
static bool gives_order(const struct table *table,
                        const struct mysql_index *index,
                        const struct mysql_index *primary, const char *cursor)
{
    const char *columns[64];
    size_t count = 0;
    for (size_t i = 0; i < index->column_count && count < 32; i++)
        columns[count++] = index->columns[i];
    for (size_t i = 0; primary != NULL && i < primary->column_count; i++)
        if (count < ARRAY_COUNT(columns) && !primary->is_descending)
            columns[count++] = primary->columns[i];
    size_t next = 0; /* place in the key */
    if (!text_equal(columns[0], cursor))
        return false;
    for (size_t i = 1; i < count && next < table->key_count; i++) {
        const char *wanted = table->columns[table->key[next]].name;
        if (text_equal(columns[i], wanted) || text_equal(wanted, cursor))
            next++;
        else
            return false;
    }
    return next == table->key_count;
}

static const char *best_index(const struct table *table,
                              const struct mysql_indexes *indexes,
                              const char *cursor)
{
    const struct mysql_index *primary = NULL;
    const char *best = NULL;
    if (indexes->count > 0 && text_equal(indexes->items[0].name, "PRIMARY"))
        primary = &indexes->items[0];
    for (size_t i = 0; i < indexes->count; i++) {
        const struct mysql_index *index = &indexes->items[i];
        if (!index->is_ordered || !text_equal(index->columns[0], cursor))
            continue;
        if (gives_order(table, index, primary, cursor))
            return index->name;
        if (best == NULL)
            best = index->name;
    }
    return best;
}

static int score(const struct source_cursor *cursor, bool is_on_update)
{
    return (cursor->is_likely ? 4 : 0) + (cursor->is_indexed ? 2 : 0) +
           (is_on_update ? 1 : 0);
}

void mysql_cursor_settle(struct source_table *table,
                         const struct mysql_indexes *indexes)
{
    int *scores = memory_new(table->cursor_count, sizeof(*scores));
    for (size_t i = 0; i < table->cursor_count; i++) {
        struct source_cursor *cursor = &table->cursors[i];
        bool is_on_update = cursor->is_indexed;
        cursor->index =
            memory_text(best_index(table->table, indexes, cursor->column));
        cursor->is_indexed = cursor->index != NULL;
        scores[i] = score(cursor, is_on_update);
    }
    /* Few, and the source's order stays among equals. */
    for (size_t i = 1; i < table->cursor_count; i++) {
        for (size_t j = i; j > 0 && scores[j] > scores[j - 1]; j--) {
            struct source_cursor cursor = table->cursors[j];
            int moved = scores[j];
            table->cursors[j] = table->cursors[j - 1];
            scores[j] = scores[j - 1];
            table->cursors[j - 1] = cursor;
            scores[j - 1] = moved;
        }
    }
    memory_free(scores);
}

/* --- what integers mean --- */

/* Milliseconds of any time since 1973 are more than seconds will be before
 * the year 5138. */
#define MILLISECONDS_FROM INT64_C(100000000000)

/* A number that alone is the key names rows and tells no time. */
static bool is_alone_the_key(const struct table *table, const char *column)
{
    return table->key_count == 1 &&
           text_equal(table->columns[table->key[0]].name, column);
}

static bool is_integer_to_guess(const struct source_table *table,
                                const struct source_cursor *cursor)
{
    return cursor->unit == CURSOR_SECONDS && cursor->index != NULL &&
           !is_alone_the_key(table->table, cursor->column);
}

static enum status ask_units(struct source_table **tables, size_t count,
                             struct mysql_maxima *maxima, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        size_t cursors = tables[i] == NULL ? 0 : tables[i]->cursor_count;
        for (size_t j = 0; j < cursors && status == STATUS_OK; j++) {
            const struct source_cursor *cursor = &tables[i]->cursors[j];
            if (is_integer_to_guess(tables[i], cursor))
                status = mysql_maxima_ask(maxima, tables[i]->table,
                                          cursor->column, cursor->index,
                                          error);
        }
    }
    return status == STATUS_OK ? mysql_maxima_finish(maxima, error) : status;
}

static void set_units(struct source_table **tables, size_t count,
                      const struct mysql_maxima *maxima)
{
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        size_t cursors = tables[i] == NULL ? 0 : tables[i]->cursor_count;
        for (size_t j = 0; j < cursors; j++) {
            struct source_cursor *cursor = &tables[i]->cursors[j];
            int64_t value = 0;
            if (!is_integer_to_guess(tables[i], cursor))
                continue;
            const char *text = maxima->texts[number++];
            if (text != NULL && text_to_i64(text, &value) &&
                value >= MILLISECONDS_FROM)
                cursor->unit = CURSOR_MILLISECONDS;
        }
    }
}

enum status mysql_cursor_units(MYSQL *link, struct source_table **tables,
                               size_t count, struct error *error)
{
    struct mysql_maxima maxima;
    mysql_maxima_init(&maxima, link);
    enum status status = ask_units(tables, count, &maxima, error);
    if (status == STATUS_OK)
        set_units(tables, count, &maxima);
    mysql_maxima_release(&maxima);
    return status;
}
