#ifndef TIDEMARK_MODEL_FILTER_H
#define TIDEMARK_MODEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/batch.h"

/*
 * The closed language of `rows:` and --where, evaluated here on both roads so
 * that they agree:
 *
 *     expression = term { OR term }      term = factor { AND factor }
 *     factor     = NOT factor | ( expression ) | test
 *     test       = column op constant | column [NOT] IN ( constants )
 *                | column IS [NOT] NULL | column [NOT] BETWEEN c AND c
 *     op         = = | <> | != | < | <= | > | >=
 *     constant   = 'text' ('' is a quote) | number | 0xHEX | TRUE | FALSE
 *     number     = [-+]digits[.digits]
 *     column     = name | `name` (`` is a backtick)
 *
 * Keywords in any case. Three-valued as SQL: a test of NULL is unknown, a row
 * whose expression is unknown does not pass; so is a test of a NaN. TEXT
 * compares by bytes (no collation), BYTES by 'text' or 0xHEX, dates by
 * 'YYYY-MM-DD[ HH:MM[:SS[.f]]]' (TIMESTAMP in UTC), TIME by 'h:mm:ss[.f]',
 * UUID by its text, numbers exactly (FLOAT with the nearest double), TRUE and
 * FALSE as 1 and 0. JSON knows IS [NOT] NULL only. A constant of another kind
 * than its column is refused.
 *
 * At most 1,000 tests and operators, 100 levels, 10,000 constants in one IN.
 */
struct filter;

/* Parses; no table needed yet. ERROR_FILTER with the place (characters from
 * 1); *filter is NULL then. */
enum status filter_parse(const char *text, struct filter **filter,
                         struct error *error) MUST_CHECK;
void filter_free(struct filter *filter); /* NULL is allowed */
/* Names of the columns it reads, each once; borrowed from the filter. */
size_t filter_columns(const struct filter *filter, const char *const **names);
/* Resolves columns and constants for a table; must precede filter_passes and
 * be called again when the table changed. ERROR_COLUMN_MISSING, or
 * ERROR_FILTER of STATUS_TABLE where a constant does not fit its column; the
 * filter must not be used then. */
enum status filter_bind(struct filter *filter, const struct table *table,
                        struct error *error) MUST_CHECK;
/* True when the row passes, all of whose cells are written. `row` may be the
 * one being written. */
bool filter_passes(const struct filter *filter, const struct batch *batch,
                   size_t row);

/* The expression as a tree, for a source that writes it as SQL of its own. NOT
 * IN, IS NOT NULL and BETWEEN are made of NOT and AND. */
enum filter_node_kind {
    FILTER_OR,
    FILTER_AND,
    FILTER_NOT,
    FILTER_COMPARE,
    FILTER_IN,
    FILTER_IS_NULL,
};

enum filter_operator {
    FILTER_EQ,
    FILTER_NE,
    FILTER_LT,
    FILTER_LE,
    FILTER_GT,
    FILTER_GE,
};

struct filter_constant {
    bool is_number; /* also 0xHEX; TRUE and FALSE as 1 and 0 */
    char *text;     /* as written, quotes undone */
};

struct filter_node {
    enum filter_node_kind kind;
    enum filter_operator operator;
    struct filter_node *left;          /* OR AND NOT */
    struct filter_node *right;         /* OR AND */
    char *column;                      /* tests */
    struct filter_constant *constants; /* COMPARE: 1; IN: at least 1 */
    size_t constant_count;
};

/* Borrowed from the filter. */
const struct filter_node *filter_root(const struct filter *filter);

#endif
