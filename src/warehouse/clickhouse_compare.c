/*
 * A stored table against the one that is wanted. What must stay true: a type
 * changes in place only where every value it holds stays the same value; all
 * else is a reload. What the source no longer has stays.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "clickhouse_plan.h"

static void need_reload(struct steps *steps, char *why)
{
    if (steps->needs_reload)
        memory_free(why);
    else
        steps->needs_reload = why;
}

/* The type inside Nullable(..); *is_nullable tells. The caller frees it. */
static char *inner_type(const char *type, bool *is_nullable)
{
    struct buffer sent;
    sql_init(&sent);
    clickhouse_sent_type(type, &sent);
    const char *text = buffer_text(&sent);
    size_t length = strlen(text);
    *is_nullable = text_starts(text, "Nullable(");
    char *inner = *is_nullable
                      ? memory_text_part(text + sizeof "Nullable(" - 1,
                                         length - sizeof "Nullable(")
                      : memory_text(text);
    buffer_release(&sent);
    return inner;
}

/* A number's type taken apart; bits 0: none. */
struct number_type {
    char family; /* 'i' 'u' 'f' 'd' */
    unsigned bits;
    unsigned scale;
};

static struct number_type number_type(const char *type)
{
    unsigned bits = 0;
    unsigned scale = 0;
    char end = 0;
    if (sscanf(type, "Int%u%c", &bits, &end) == 1)
        return (struct number_type){'i', bits, 0};
    if (sscanf(type, "UInt%u%c", &bits, &end) == 1)
        return (struct number_type){'u', bits, 0};
    if (sscanf(type, "Float%u%c", &bits, &end) == 1)
        return (struct number_type){'f', bits, 0};
    if (sscanf(type, "Decimal(%u, %u%c", &bits, &scale, &end) == 3)
        return (struct number_type){'d', bits, scale};
    return (struct number_type){'?', 0, 0};
}

/* Does every value of `from` exist in `to`? */
static bool is_wider(const char *from, const char *to)
{
    struct number_type old = number_type(from);
    struct number_type new = number_type(to);
    if (text_equal(from, to))
        return true;
    if (old.bits == 0 || new.bits == 0)
        return false;
    if (old.family == 'u' && new.family == 'i')
        return new.bits > old.bits;
    if (old.family != new.family)
        return false;
    if (old.family == 'd')
        return new.scale >= old.scale &&
               new.bits - new.scale >= old.bits - old.scale;
    return new.bits > old.bits;
}

static void start_alter(const struct clickhouse *house,
                        const struct table *table, struct buffer *sql)
{
    sql_init(sql);
    buffer_add_text(sql, "ALTER TABLE ");
    sql_table(sql, house, table->target, CLICKHOUSE_STORED);
}

static char *column_text(const struct clickhouse *house,
                         const struct table *table, const char *verb,
                         const char *column, const char *type)
{
    return memory_format("%s %s.%s" CLICKHOUSE_STORED ".%s %s", verb,
                         house->database, table->target, column, type);
}

static void add_missing(const struct clickhouse *house,
                        const struct table *table, size_t index,
                        const char *type, struct steps *steps)
{
    const struct column *column = &table->columns[index];
    struct buffer sql;
    struct buffer comment;
    size_t before = index;
    start_alter(house, table, &sql);
    sql_init(&comment);
    clickhouse_comment(column, &comment);
    buffer_add_text(&sql, " ADD COLUMN IF NOT EXISTS ");
    sql_name(&sql, column->name);
    buffer_add_format(&sql, " %s COMMENT ", type);
    sql_text(&sql, buffer_text(&comment));
    buffer_release(&comment);
    while (before > 0 && !table->columns[before - 1].is_stored)
        before--;
    if (before == 0) {
        buffer_add_text(&sql, " FIRST");
    } else {
        buffer_add_text(&sql, " AFTER ");
        sql_name(&sql, table->columns[before - 1].name);
    }
    steps_add(steps, STEP_ADD,
              column_text(house, table, "add column", column->name, type),
              &sql);
}

static void widen(const struct clickhouse *house, const struct table *table,
                  const struct clickhouse_column *there, const char *type,
                  struct steps *steps)
{
    struct buffer sql;
    struct buffer undo;
    start_alter(house, table, &sql);
    buffer_add_text(&sql, " MODIFY COLUMN ");
    sql_name(&sql, there->name);
    buffer_add_format(&sql, " %s", type);
    start_alter(house, table, &undo);
    buffer_add_text(&undo, " MODIFY COLUMN ");
    sql_name(&undo, there->name);
    buffer_add_format(&undo, " %s", there->type);
    struct step *step = steps_add(
        steps, STEP_WIDEN,
        column_text(house, table, "widen column", there->name, type), &sql);
    step->undo = memory_text(buffer_text(&undo));
    buffer_release(&undo);
}

static void compare_type(const struct clickhouse *house,
                         const struct table *table, size_t index,
                         const struct clickhouse_column *there,
                         struct steps *steps)
{
    const struct column *column = &table->columns[index];
    struct buffer wanted;
    bool can_be_null = false;
    bool is_null_there = false;
    sql_init(&wanted);
    clickhouse_type(house, column, &wanted);
    char *inner = inner_type(buffer_text(&wanted), &can_be_null);
    char *inner_there = inner_type(there->type, &is_null_there);
    bool is_same = text_equal(inner, inner_there) ||
                   clickhouse_is_number_of_time(column, inner_there);
    if (is_same && (is_null_there || !can_be_null)) {
        /* It takes the cells as it is. */
    } else if (table_is_key(table, index) || !is_wider(inner_there, inner)) {
        need_reload(steps, memory_format(
            "column \"%s\" is %s there, not %s", column->name, there->type,
            buffer_text(&wanted)));
    } else {
        char *type = is_null_there && !can_be_null
                         ? memory_format("Nullable(%s)", inner)
                         : memory_text(buffer_text(&wanted));
        widen(house, table, there, type, steps);
        memory_free(type);
    }
    memory_free(inner);
    memory_free(inner_there);
    buffer_release(&wanted);
}

/* The stored column that was seen first under the seed's name, and that the
 * table does not have under its own: it was renamed at the source. */
static const struct clickhouse_column *
find_seed(const struct table *table, const struct column *column,
          const struct clickhouse_table *stored)
{
    for (size_t i = 0; i < stored->column_count; i++) {
        const struct clickhouse_column *there = &stored->columns[i];
        char *seed = clickhouse_comment_seed(there->comment);
        bool is_it = seed && text_equal(seed, column->seed_name) &&
                     !table_column(table, there->name);
        memory_free(seed);
        if (is_it)
            return there;
    }
    return NULL;
}

static void rename_column(const struct clickhouse *house,
                          const struct table *table,
                          const struct column *column,
                          const struct clickhouse_column *there,
                          struct steps *steps)
{
    struct buffer sql;
    start_alter(house, table, &sql);
    buffer_add_text(&sql, " RENAME COLUMN IF EXISTS ");
    sql_name(&sql, there->name);
    buffer_add_text(&sql, " TO ");
    sql_name(&sql, column->name);
    steps_add(steps, STEP_RENAME,
              column_text(house, table, "rename column", there->name,
                          column->name), &sql);
}

/* It was stored under another name; the sorting key cannot be renamed. */
static void compare_renamed(const struct clickhouse *house,
                            const struct table *table, size_t index,
                            const struct clickhouse_column *there,
                            struct steps *steps)
{
    const struct column *column = &table->columns[index];
    struct clickhouse_column renamed = *there;
    if (table_is_key(table, index)) {
        need_reload(steps, memory_format("column \"%s\" of the key is \"%s\" "
                                         "there", column->name, there->name));
        return;
    }
    rename_column(house, table, column, there, steps);
    renamed.name = column->name;
    compare_type(house, table, index, &renamed, steps);
}

/* A column of that name holds what another one is now. */
static bool is_taken(const struct table *table, const struct column *column,
                     const struct clickhouse_column *there,
                     const struct clickhouse_table *stored)
{
    char *seed = clickhouse_comment_seed(there->comment);
    bool is_other = seed && !text_equal(seed, column->seed_name);
    memory_free(seed);
    return is_other && find_seed(table, column, stored);
}

static void compare_columns(const struct clickhouse *house,
                            const struct table *table,
                            const struct clickhouse_table *stored,
                            struct steps *steps)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        const struct clickhouse_column *there =
            clickhouse_table_find(stored, column->name);
        const struct clickhouse_column *renamed =
            there ? NULL : find_seed(table, column, stored);
        struct buffer type;
        if (!column->is_stored)
            continue;
        if (there && is_taken(table, column, there, stored))
            need_reload(steps, memory_format(
                "column \"%s\" is another one there", column->name));
        if (there || renamed) {
            if (there)
                compare_type(house, table, i, there, steps);
            else
                compare_renamed(house, table, i, renamed, steps);
            continue;
        }
        sql_init(&type);
        clickhouse_type(house, column, &type);
        add_missing(house, table, i, buffer_text(&type), steps);
        buffer_release(&type);
    }
}

/* What stands for `letter` behind a backslash. */
static char unescape(char letter)
{
    static const char escaped[] = "tnrbf0a";
    static const char meant[] = "\t\n\r\b\f\0\a";
    const char *at = letter ? strchr(escaped, letter) : NULL;
    return at ? meant[at - escaped] : letter;
}

/* The next letter of a name in a sorting key; '\0' at the name's end. */
static char next_letter(const char **at, bool is_quoted)
{
    const char *text = *at;
    bool is_end = is_quoted ? *text == '`' && text[1] != '`'
                            : *text == ',' || *text == ')';
    if (is_end || *text == '\0')
        return '\0';
    if (is_quoted && (*text == '\\' || *text == '`')) {
        text++;
        *at = text + (*text != '\0');
        return text[-1] == '`' ? '`' : unescape(*text);
    }
    *at = text + 1;
    return *text;
}

/* Does the name at *at, in quotes or not, equal `name`? Behind it then. */
static bool takes_name(const char **at, const char *name)
{
    bool is_quoted = **at == '`';
    *at += is_quoted;
    for (; *name; name++)
        if (next_letter(at, is_quoted) != *name)
            return false;
    bool is_end = next_letter(at, is_quoted) == '\0';
    *at += is_quoted && **at == '`';
    return is_end;
}

/* The server quotes each name only where it must, and keeps brackets around a
 * key of one column. */
static bool is_sorted_by_key(const struct table *table,
                             const struct clickhouse_table *stored)
{
    const char *at = stored->sorting_key;
    at += *at == '(';
    for (size_t i = 0; i < table->key_count; i++) {
        if (i > 0 && strncmp(at, ", ", 2) != 0)
            return false;
        at += i > 0 ? 2 : 0;
        if (!takes_name(&at, table->columns[table->key[i]].name))
            return false;
    }
    at += *at == ')';
    return *at == '\0';
}

static void compare_engine(const struct clickhouse *house,
                           const struct table *table,
                           const struct clickhouse_table *stored,
                           struct steps *steps)
{
    const char *full = stored->engine_full;
    bool replaces = strstr(stored->engine, "ReplacingMergeTree") != NULL;
    /* ".., _tm_deleted)" only where the engine hides deleted rows. */
    bool hides = strstr(full, "_tm_version, _tm_deleted)") != NULL;
    bool marks = house->deletes == DELETES_MARK;
    if (table->key_count == 0) {
        if (replaces)
            need_reload(steps, memory_text("it has no key any more"));
    } else if (!replaces) {
        need_reload(steps, memory_text("it has got a key"));
    } else if (!is_sorted_by_key(table, stored)) {
        need_reload(steps, memory_format("its key is %s there",
                                         stored->sorting_key));
    } else if (hides == marks) {
        need_reload(steps, memory_format("deletes: was %s when it was made",
                                         hides ? "remove or keep" : "mark"));
    }
    if (table->is_bucketed && !clickhouse_table_find(stored, "_tm_bucket"))
        need_reload(steps, memory_text("it has no column _tm_bucket"));
}

void clickhouse_compare(const struct clickhouse *house,
                        const struct table *table,
                        const struct clickhouse_table *stored,
                        struct steps *steps)
{
    if (!strstr(stored->engine, "MergeTree") ||
        !clickhouse_table_find(stored, "_tm_version") ||
        !clickhouse_table_find(stored, "_tm_deleted") ||
        !clickhouse_table_find(stored, "_tm_digest")) {
        steps_add(steps, STEP_CANNOT,
                  memory_format("cannot use table %s.%s: tidemark has not "
                                "made it", house->database, stored->name),
                  NULL);
        return;
    }
    compare_engine(house, table, stored, steps);
    compare_columns(house, table, stored, steps);
}
