/*
 * Keys from indexes. A key is the columns of a unique index over NOT NULL
 * columns that are usable, in the index's order: so the index both proves that
 * the key identifies rows and gives its order without sorting.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "mysql_catalog.h"
#include "mysql_sql.h"

#define STATISTICS_BYTES (4u * 1024 * 1024)
#define LABEL_BYTES_MAX 4096 /* 255 characters and quotes */

/* --- reading --- */

struct reading {
    const char *const *names;
    size_t count;
    struct mysql_indexes *indexes;
    size_t table; /* the one of the last row; most rows follow each other */
};

static bool find_table(struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->count; i++) {
        size_t at = (reading->table + i) % reading->count;
        if (text_equal(reading->names[at], name)) {
            reading->table = at;
            return true;
        }
    }
    return false;
}

static struct mysql_index *take_index(struct mysql_indexes *indexes,
                                      const char *name, bool is_unique)
{
    if (indexes->count > 0) {
        struct mysql_index *last = &indexes->items[indexes->count - 1];
        if (text_equal(last->name, name))
            return last;
    }
    indexes->items = memory_resize(indexes->items, indexes->count + 1,
                                   sizeof(*indexes->items));
    struct mysql_index *index = &indexes->items[indexes->count++];
    memset(index, 0, sizeof(*index));
    index->name = memory_text(name);
    index->is_unique = is_unique;
    index->is_not_null = true;
    index->is_ordered = true;
    return index;
}

/* Cells: table, index, non_unique, column, sub_part, collation, type,
 * nullable, is_visible. */
static bool take_part(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct reading *reading = context;
    (void)lengths;
    for (size_t i = 0; i < 3; i++)
        if (cells[i] == NULL)
            return true;
    if (!find_table(reading, cells[0]))
        return true;
    struct mysql_index *index =
        take_index(&reading->indexes[reading->table], cells[1],
                   text_equal(cells[2], "0"));
    bool is_descending = text_equal(mysql_or_empty(cells[5]), "D");
    if (cells[3] == NULL || cells[4] != NULL ||
        !text_equal(mysql_or_empty(cells[6]), "BTREE") ||
        !text_equal(mysql_or_empty(cells[8]), "1") ||
        (index->column_count > 0 && is_descending != index->is_descending))
        index->is_ordered = false;
    if (!text_equal(mysql_or_empty(cells[7]), ""))
        index->is_not_null = false;
    index->is_descending = is_descending;
    index->columns = memory_resize(index->columns, index->column_count + 1,
                                   sizeof(*index->columns));
    index->columns[index->column_count++] =
        memory_text(mysql_or_empty(cells[3]));
    return true;
}

/* An index that the optimizer does not see cannot be forced. */
static const char *visible_column(const struct mysql_source *source)
{
    if (source->is_mariadb)
        return source->version >= 100600 ? "IGNORED = 'NO'" : "1";
    return source->version >= 80000 ? "IS_VISIBLE = 'YES'" : "1";
}

enum status mysql_indexes_read(const struct mysql_source *source, MYSQL *link,
                               const char *const *names, size_t count,
                               struct mysql_indexes *indexes,
                               struct error *error)
{
    struct reading reading = {names, count, indexes, 0};
    struct buffer sql;
    buffer_init(&sql, STATISTICS_BYTES);
    buffer_add_format(&sql,
                      "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME,"
                      " SUB_PART, COLLATION, INDEX_TYPE, NULLABLE, %s"
                      " FROM information_schema.STATISTICS",
                      visible_column(source));
    mysql_catalog_where(source, names, count, &sql);
    buffer_add_text(&sql, " ORDER BY TABLE_NAME, INDEX_NAME != 'PRIMARY',"
                          " INDEX_NAME, SEQ_IN_INDEX");
    enum status status = mysql_query_rows(link, buffer_text(&sql), take_part,
                                          &reading, error);
    buffer_release(&sql);
    return status;
}

void mysql_indexes_release(struct mysql_indexes *indexes)
{
    for (size_t i = 0; i < indexes->count; i++) {
        struct mysql_index *index = &indexes->items[i];
        for (size_t j = 0; j < index->column_count; j++)
            memory_free(index->columns[j]);
        memory_free(index->columns);
        memory_free(index->name);
    }
    memory_free(indexes->items);
    memset(indexes, 0, sizeof(*indexes));
}

/* --- choosing --- */

/* The label '' and the invalid value, number 0, read the same: two keys would
 * be one. */
static bool has_empty_label(const struct column *column)
{
    struct buffer label;
    bool is_empty = false;
    buffer_init(&label, LABEL_BYTES_MAX);
    for (unsigned i = 1; !is_empty &&
                         mysql_type_label(column->declared, i, &label); i++)
        is_empty = label.size == 0;
    buffer_release(&label);
    return is_empty;
}

/* Why a column cannot stand there in a key; NULL: it can. Sets have so many
 * values that no list finds those behind one: a SET is compared as a number,
 * without its index, so only at the end of a key. */
static const char *column_flaw(const struct column *column, size_t place,
                               size_t count)
{
    enum mysql_base base = mysql_base_of(column);
    if (column->is_nullable)
        return "may be NULL";
    if (column->kind == KIND_JSON)
        return "is JSON, which has no order";
    if (base == MYSQL_BASE_ENUM && has_empty_label(column))
        return "is an ENUM with the label '', which reads the same as its "
               "invalid value: two rows could be taken for one";
    if (base == MYSQL_BASE_SET && (place == 0 || place + 1 < count))
        return "is a SET, which can only be the last of several columns";
    return NULL;
}

/* The first of them; *name is the column's, or NULL where it is all of the
 * index. */
static const char *index_flaw(const struct table *table,
                              const struct mysql_index *index,
                              const char **name)
{
    *name = NULL;
    for (size_t i = 0; i < index->column_count; i++) {
        const struct column *column = table_column(table, index->columns[i]);
        const char *flaw = column ? column_flaw(column, i,
                                                index->column_count)
                                  : "is of a type that is not supported, or "
                                    "an expression";
        *name = index->columns[i];
        if (flaw)
            return flaw;
    }
    *name = NULL;
    if (!index->is_not_null)
        return "a column may be NULL";
    return index->is_ordered ? NULL
                             : "it gives no order: it holds only the "
                               "beginning of a column, mixes directions, is "
                               "no BTREE or is invisible";
}

static bool is_key(const struct table *table, const struct mysql_index *index)
{
    const char *name = NULL;
    return index->is_unique && index_flaw(table, index, &name) == NULL;
}

static char *flaw_text(const struct table *table,
                       const struct mysql_index *index)
{
    const char *name = NULL;
    const char *flaw = index_flaw(table, index, &name);
    if (flaw == NULL)
        return NULL;
    return memory_format("unique index %s is not taken as its key: %s%s%s%s",
                         index->name, name ? "column \"" : "",
                         name ? name : "", name ? "\" " : "", flaw);
}

char *mysql_key_flaw(const struct table *table,
                     const struct mysql_indexes *indexes)
{
    for (size_t i = 0; i < indexes->count; i++)
        if (indexes->items[i].is_unique)
            return flaw_text(table, &indexes->items[i]);
    return NULL;
}

static void set_key(struct table *table, const struct mysql_index *index)
{
    size_t *key = memory_new(index->column_count, sizeof(*key));
    for (size_t i = 0; i < index->column_count; i++)
        key[i] = table_find(table, index->columns[i]);
    table_set_key(table, key, index->column_count);
    memory_free(key);
    memory_free(table->key_index);
    table->key_index = memory_text(index->name);
    table_settle(table);
}

void mysql_key_find(struct table *table, const struct mysql_indexes *indexes)
{
    const struct mysql_index *best = NULL;
    for (size_t i = 0; i < indexes->count; i++) {
        const struct mysql_index *index = &indexes->items[i];
        if (!is_key(table, index))
            continue;
        if (best == NULL || (!text_equal(best->name, "PRIMARY") &&
                             index->column_count < best->column_count))
            best = index;
    }
    if (best != NULL)
        set_key(table, best);
}

bool mysql_key_exists(const struct table *table,
                      const struct mysql_indexes *indexes)
{
    for (size_t i = 0; i < indexes->count; i++)
        if (is_key(table, &indexes->items[i]))
            return true;
    return false;
}

static bool has_columns(const struct mysql_index *index,
                        const char *const *columns, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < index->column_count; i++)
        for (size_t j = 0; j < count; j++)
            if (text_equal(index->columns[i], columns[j]))
                found++;
    return found == count && index->column_count == count;
}

/* The unique index over exactly these columns, be it usable or not. */
static const struct mysql_index *find_index(
    const struct mysql_indexes *indexes, const char *const *columns,
    size_t count)
{
    for (size_t i = 0; i < indexes->count; i++)
        if (indexes->items[i].is_unique &&
            has_columns(&indexes->items[i], columns, count))
            return &indexes->items[i];
    return NULL;
}

static void list_keys(const struct table *table,
                      const struct mysql_indexes *indexes,
                      struct buffer *list)
{
    for (size_t i = 0; i < indexes->count; i++) {
        const struct mysql_index *index = &indexes->items[i];
        if (!is_key(table, index))
            continue;
        buffer_add_text(list, list->size == 0 ? "" : " or ");
        for (size_t j = 0; j < index->column_count; j++)
            buffer_add_format(list, j == 0 ? "[%s" : ", %s",
                              index->columns[j]);
        buffer_add_text(list, "]");
    }
}

static enum status refuse(const struct table *table,
                          const struct mysql_indexes *indexes,
                          const struct mysql_index *meant,
                          struct error *error)
{
    struct buffer list;
    char *flaw = meant ? flaw_text(table, meant) : NULL;
    buffer_init(&list, 300);
    list_keys(table, indexes, &list);
    enum status status = error_set(
        error, ERROR_KEY_UNUSABLE, "cannot use the key of table %s: %s",
        table->name,
        flaw ? flaw
             : "no unique index has exactly these columns, all NOT NULL, in "
               "whole and in one direction");
    if (list.size > 0)
        error_next(error, "write key: %s", buffer_text(&list));
    else
        error_next(error, "set  %s: {mode: full}  without key:", table->name);
    buffer_release(&list);
    memory_free(flaw);
    return status;
}

enum status mysql_choose_key(struct source_session *session,
                             struct table *table, const char *const *columns,
                             size_t count, struct error *error)
{
    MYSQL *link = NULL;
    struct mysql_indexes indexes = {NULL, 0};
    const char *const names[] = {table->name};
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);
    if (status != STATUS_OK)
        return status;
    status = mysql_indexes_read((const struct mysql_source *)session->source,
                                link, names, 1, &indexes, error);
    const struct mysql_index *chosen = NULL;
    for (size_t i = 0; i < indexes.count && chosen == NULL; i++)
        if (has_columns(&indexes.items[i], columns, count) &&
            is_key(table, &indexes.items[i]))
            chosen = &indexes.items[i];
    if (chosen != NULL)
        set_key(table, chosen);
    else if (status == STATUS_OK)
        status = refuse(table, &indexes,
                        find_index(&indexes, columns, count), error);
    mysql_indexes_release(&indexes);
    return status;
}
