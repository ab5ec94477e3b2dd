#ifndef TIDEMARK_SOURCE_MYSQL_SQL_H
#define TIDEMARK_SOURCE_MYSQL_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "mysql.h"

/* What the files that write SELECTs share. */

/* --- mysql_position.c --- */

/* The parts of a position; false where it has not exactly `count` of them.
 * The caller frees them. */
bool mysql_position_read(const char *text, size_t count, char ***parts)
    MUST_CHECK;
void mysql_position_free(char **parts, size_t count);

/* --- mysql_literal.c --- */

/* The literal of a part of a position for that column; false where the text
 * is none. Not for ENUM. Of a text, "u" and hexadecimal digits are UTF-8, as
 * values_write gives it. */
bool mysql_literal(const struct column *column, const char *text,
                   struct buffer *target) MUST_CHECK;
/* As mysql_literal for a text of people: TEXT in UTF-8, BYTES too. */
bool mysql_literal_plain(const struct column *column, const char *text,
                         struct buffer *target) MUST_CHECK;
enum mysql_comparison { MYSQL_EQ, MYSQL_GT, MYSQL_GE };
/* "`column` > literal"; of an ENUM by its labels, for only those make a range
 * of its index. */
bool mysql_compare(const struct column *column,
                   enum mysql_comparison comparison, const char *text,
                   struct buffer *target) MUST_CHECK;
/* The cursor's literal for an instant. A value stands for all instants up to
 * the next one: a lower edge is the value that holds the instant, so that what
 * is written later within it is read again; an upper edge the first value at
 * or after it. */
void mysql_cursor_literal(const struct scan_request *request,
                          const struct column *column, int64_t utc_us,
                          bool is_lower, struct buffer *target);
enum mysql_base mysql_base_of(const struct column *column);

/* --- mysql_where.c --- */

/* Nothing of the settings changed what the column's values are. */
bool mysql_is_untouched(const struct column *column);
/* Appends a condition that every row passes which passes the filter (others
 * may pass too), or nothing where there is none to write; true: appended. */
bool mysql_where(const struct table *table, const struct filter_node *node,
                 struct buffer *target);

/* --- mysql_values.c --- */

/* Appends the condition of SCAN_BY_VALUES; false where a text is no value of
 * its columns. */
bool mysql_values(const struct scan_request *request, struct buffer *target)
    MUST_CHECK;
/* The index that must serve it, or NULL: the server may choose. */
const char *mysql_values_index(const struct scan_request *request);
enum status mysql_values_read(struct source_session *session,
                              const struct source_values *values,
                              struct batch *batch, struct error *error)
    MUST_CHECK;
bool mysql_values_write(const struct batch *batch, size_t row,
                        struct source_columns columns,
                        struct buffer *target) MUST_CHECK;

/* --- mysql_sql.c --- */

/* Do rows of the request have a place that a scan can go on from? */
bool mysql_has_position(const struct scan_request *request);

/* "`a`.`b`"; the database of the table in front. */
void mysql_table_name(const struct table *table, struct buffer *target);
/* The condition of the cursor's range, " `c` >= x AND `c` < y", or nothing. */
bool mysql_cursor_range(const struct scan_request *request,
                        const struct column *column, struct buffer *target);

#endif
