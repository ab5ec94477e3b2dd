#ifndef TIDEMARK_COMMAND_SCREEN_H
#define TIDEMARK_COMMAND_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "command/command.h"
#include "sync/sync.h"

/* How things look: tables by libsmartcols, JSON documents, failure blocks.
 * Data goes to standard output, messages to standard error. */

/* Colour and the moving block: only on a terminal, without NO_COLOR. */
bool screen_has_colour(const struct command_line *line);

struct screen_table;
/* Headers: names of the columns; a leading '>' aligns it to the right. */
struct screen_table *screen_table_new(const char *const *headers,
                                      size_t count);
/* One line; cells are copied, NULL is empty. Control bytes become '?'. */
void screen_table_add(struct screen_table *table, const char *const *cells);
/* Prints to standard output and frees. */
void screen_table_print(struct screen_table *table);

/* {"schema_version":1,"command":NAME,"exit":CODE}; the caller adds to it. */
json_t *screen_document(const char *command, int exit_code);
json_t *screen_error(const struct error *error); /* JSON null for none */
/* Prints on one line and lets go of it. */
void screen_print_json(json_t *document);
void screen_failure_json(const struct error *error);

/* A text for the terminal: control bytes become '?'. In place. */
char *screen_clean(char *text);

#endif
