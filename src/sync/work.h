#ifndef TIDEMARK_SYNC_WORK_H
#define TIDEMARK_SYNC_WORK_H

#include "sync/sync.h"

/* How a table's settings and description become a plan. */

/* Columns chosen, retyped, policies, filters and soft delete bound; what does
 * not fit becomes work->problem. */
void work_shape(struct sync *sync, struct source_session *session,
                struct work *work);
/* Lets go of the works from `kept` on. */
void works_cut(struct sync *sync, struct work *works, size_t kept,
               size_t count);
/* May a guess take the log for it? Of a work that is described. */
bool work_may_follow(const struct work *work);
/* Is the column copied, by "columns:"? */
bool work_chooses(const struct table_settings *settings, const char *column);
/* First names of the columns, NULL: their own. Frees them. */
void work_set_seeds(struct table *table, char **seeds);
/* The failure of a table whose columns changed more than schema_changes
 * allows. */
void work_wait_for_person(const struct work *work, struct error *error);
/* Mode and cursor, chosen or guessed, with the reason. */
void work_choose(struct sync *sync, struct work *work);
/* The unit of the integer cursor as it was guessed first: one odd row must not
 * turn seconds into milliseconds. False where none is known. */
bool work_known_unit(const struct work *work, enum cursor_unit *unit);
void work_remark(struct work *work, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* work_column.c: the failure of a setting ("columns:") that names a column
 * which is not there; the next step tells the nearest name. */
enum status work_no_column(const struct work *work, const char *setting,
                           const char *column, struct error *error);
/* As work_no_column, for a cursor that is not there or cannot be one. */
enum status work_no_cursor(const struct work *work, const char *column,
                           struct error *error);

/*
 * What the rows are made by, as JSON: seed and class of each stored column,
 * filter, soft delete, policies. A class knows no width, so that wider types
 * are the same.
 */
char *work_shape_text(const struct sync *sync, const struct work *work);
/* Has a column of the shape only grown: wider, longer, more labels, NULL
 * allowed? Texts are "class|charset|null or not null|declared". */
bool work_column_grew(const char *before, const char *now);
/* Do rows loaded under the shape `before` need to be read again? A column that
 * is gone asks for nothing. `before` NULL: no. */
bool shape_needs_reading(const char *before, const char *now);

#endif
