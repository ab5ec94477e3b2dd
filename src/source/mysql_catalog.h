#ifndef TIDEMARK_SOURCE_MYSQL_CATALOG_H
#define TIDEMARK_SOURCE_MYSQL_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "mysql.h"

/* What the files that read information_schema share. */

/* A question with the names of all tables of one. */
#define CATALOG_BYTES (4u * 1024 * 1024)

/* --- mysql_describe.c --- */

/* "... WHERE TABLE_SCHEMA = x AND TABLE_NAME IN (...)", appended. */
void mysql_catalog_where(const struct mysql_source *source,
                         const char *const *names, size_t count,
                         struct buffer *sql);
/* Cells of information_schema may be NULL. */
const char *mysql_or_empty(const char *cell);
/* Of a cell that is no number, too. */
uint64_t mysql_or_zero(const char *cell);

/* --- mysql_key.c --- */

/* One index. */
struct mysql_index {
    char *name;
    char **columns; /* in its order */
    size_t column_count;
    bool is_unique;
    bool is_not_null; /* every column */
    bool is_ordered;  /* BTREE over whole columns, all in one direction */
    bool is_descending;
};
struct mysql_indexes { /* of one table, PRIMARY first, then by name */
    struct mysql_index *items;
    size_t count;
};
/* indexes[i] of names[i]. The caller releases each, also after a failure. */
enum status mysql_indexes_read(const struct mysql_source *source, MYSQL *link,
                               const char *const *names, size_t count,
                               struct mysql_indexes *indexes,
                               struct error *error) MUST_CHECK;
void mysql_indexes_release(struct mysql_indexes *indexes);
/* Sets the key of the table to the best index that proves one; none where
 * there is none. */
void mysql_key_find(struct table *table, const struct mysql_indexes *indexes);
/* Why the first unique index is no key, as text that the caller frees; NULL
 * where none is unique. */
char *mysql_key_flaw(const struct table *table,
                     const struct mysql_indexes *indexes);
/* True where any index could be named by `key:`. */
bool mysql_key_exists(const struct table *table,
                      const struct mysql_indexes *indexes);

/* --- mysql_cursor.c --- */

/* Remembers the column where it may be a cursor; `extra` as COLUMNS.EXTRA. */
void mysql_cursor_consider(struct source_table *table,
                           const struct column *column, const char *extra);
/* Completes the cursors by the indexes and puts the best first. */
void mysql_cursor_settle(struct source_table *table,
                         const struct mysql_indexes *indexes);
/* Guesses the unit of indexed integers by their maxima. */
enum status mysql_cursor_units(MYSQL *link, struct source_table **tables,
                               size_t count, struct error *error) MUST_CHECK;

/* --- mysql_maxima.c --- */

/* The largest values of many columns, a hundred in a statement. */
struct mysql_maxima {
    MYSQL *link;
    struct buffer sql;
    size_t pending;
    char **texts; /* in the order of asking, NULL for none; after finish */
    size_t count;
};
void mysql_maxima_init(struct mysql_maxima *maxima, MYSQL *link);
/* `index` NULL: the server chooses. */
enum status mysql_maxima_ask(struct mysql_maxima *maxima,
                             const struct table *table, const char *column,
                             const char *index, struct error *error)
    MUST_CHECK;
enum status mysql_maxima_finish(struct mysql_maxima *maxima,
                                struct error *error) MUST_CHECK;
void mysql_maxima_release(struct mysql_maxima *maxima);

#endif
