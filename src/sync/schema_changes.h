#ifndef TIDEMARK_SYNC_SCHEMA_CHANGES_H
#define TIDEMARK_SYNC_SCHEMA_CHANGES_H

#include <jansson.h>

#include "model/table.h"
#include "settings/settings.h"
#include "source/log.h"

/*
 * What is known of the columns that a followed table's rows were made by, and
 * what a change of them asks for. Pure.
 *
 * The state keeps it within the table's shape (sync/work.h): "columns" are
 * those whose rows are in the warehouse. The table itself is described as it
 * is now, which may be long behind the place of the log. A column that it has
 * and that the rows do not have yet stands under "awaited" until the log has
 * told how it came:
 *
 *     "open"    the log must bring it
 *     "missed"  likewise, and rows were read without it: as NULL
 *     "added"   the log brought it before the table was described with it
 */
struct schema {
    json_t *shape; /* as the state keeps it; "unsettled": see schema_settle */
    json_t *now;   /* that of the table as it is described now */
    bool is_changed; /* since it was saved */
};

enum schema_answer {
    SCHEMA_GOES_ON,
    SCHEMA_DESCRIBE, /* the table must be described anew behind this place */
    SCHEMA_READ,     /* its rows must be read again */
    SCHEMA_STOP      /* the settings want a person to agree */
};

/* `before` NULL: nothing is known, the rows are as they are described. */
void schema_init(struct schema *schema, const char *before, const char *now);
void schema_release(struct schema *schema); /* all zero is well */
/* The rows were all read again, or will be. */
void schema_renew(struct schema *schema);
/* For the state; the caller frees it. */
char *schema_text(const struct schema *schema);

/* Is the table described by other columns than the rows have, or may the
 * warehouse have others? */
bool schema_differs(const struct schema *schema);
/* Has the warehouse's table the columns that it is to have? */
void schema_settle(struct schema *schema, bool is_settled);
/* Does the table have columns of which nothing is known? */
bool schema_has_new(const struct schema *schema, const struct table *table);
/*
 * Where a round begins: new columns become awaited. SCHEMA_READ where the
 * rows cannot become the table's: `is_stored` says of each column whether the
 * warehouse has it; a new one that is there already holds old values.
 */
enum schema_answer schema_begin(struct schema *schema,
                                const struct table *table,
                                const bool *is_stored);
/* Is any column awaited that the log must still bring? */
bool schema_awaits(const struct schema *schema);

/* One clause of a statement. */
struct schema_case {
    const struct table *table; /* as it is described */
    const struct log_change *change;
    enum schema_changes policy;
    const char *seed; /* of the column that the clause names first, by the
                         state; the name itself where that knows none */
    bool is_stored;   /* the warehouse has a column of that name */
    bool renames;     /* out: its seed goes over to the new name */
    bool is_left_out; /* out: a new column that the settings freeze out */
};
enum schema_answer schema_judge(struct schema *schema,
                                struct schema_case *clause);
/* Rows come that lack columns which the table has. */
void schema_miss(struct schema *schema, const struct log_change *missing,
                 size_t count);

/* Does the way from one shape to the other need a person? Under `ask` where it
 * alters the warehouse, under `freeze` where the rows cannot be loaded into
 * what is there. `before` NULL: no. */
bool schema_needs_person(const char *before, const char *now,
                         enum schema_changes policy);
/* Does the shape hold that column? True where nothing is known. */
bool schema_holds(const char *shape, const char *seed);
/* The table waits for a person from now on, until it was read again. */
void schema_stop(struct schema *schema);

#endif
