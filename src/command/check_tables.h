#ifndef TIDEMARK_COMMAND_CHECK_TABLES_H
#define TIDEMARK_COMMAND_CHECK_TABLES_H

#include "findings.h"
#include "opening.h"

/* What check says of the tables of an opening that is connected: their
 * problems, their remarks with what to do, wall clocks that seem to be of
 * another zone, and layouts of the warehouse that do not fit. */
enum status check_tables(const struct opening *opening,
                         struct findings *findings, struct error *error)
    MUST_CHECK;
/* check_log.c: the line of the log, into `text`, and into `document` where it
 * is not NULL; "" where the source has none, or cannot be asked. */
void check_log_line(struct source *source, json_t *document, char *text,
                    size_t size);
/* Whether the log can be followed, where a table follows it. */
enum status check_log(const struct opening *opening,
                      struct source_session *session,
                      struct findings *findings, struct error *error)
    MUST_CHECK;

#endif
