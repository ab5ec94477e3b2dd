#ifndef TIDEMARK_COMMAND_SCREEN_H
#define TIDEMARK_COMMAND_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "command/command.h"

/* How things look on the screen. Data goes to standard output, messages to
 * standard error. */

/* Characters beyond ASCII are shown as they are, whatever the locale. Once,
 * at the start. */
void screen_open(void);
/* Colour: only on a terminal, without NO_COLOR and --no-color. */
bool screen_has_colour(const struct command_line *line);

/* A table by libsmartcols. */
struct screen_table;
/* Headers: names of the columns; a leading '>' aligns one to the right. The
 * words of a column STATE are coloured where `has_colour`. */
struct screen_table *screen_table_new(const char *const *headers,
                                      size_t count, bool has_colour);
/* One line; cells are copied, NULL is empty. Control bytes become '?'. */
void screen_table_add(struct screen_table *table, const char *const *cells);
/* Columns that may be missing where lines would be longer than `width`, by
 * their numbers: the first ones go first. After the last line. */
void screen_table_fit(struct screen_table *table, size_t width,
                      const size_t *spare, size_t count);
/* Of the terminal on standard output; SIZE_MAX where it is none. */
size_t screen_width(void);
/* Prints to standard output and frees. */
void screen_table_print(struct screen_table *table);

/* "error (TM1234)", effect and next on standard error. `prefix` stands before
 * it; NULL is none. */
void screen_failure(const char *prefix, const struct error *error);
/* What to do about it: error->next, or what its id advises. Into target, which
 * it returns. */
const char *screen_next(const struct error *error, char *target, size_t size);

/* A line: formatted, cleaned as below and ended. */
void screen_line(FILE *stream, const char *format, ...) PRINTF_LIKE(2, 3);
/* A text for the terminal: control characters, marks that change the
 * direction of writing and invalid bytes become '?'. In place; returned. */
char *screen_clean(char *text);

#endif
