#ifndef TIDEMARK_COMMAND_DOCUMENT_H
#define TIDEMARK_COMMAND_DOCUMENT_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

/* What --json prints: one document a command. Readers must ignore fields they
 * do not know; a value that is unknown is left out. */
#define DOCUMENT_SCHEMA_VERSION 1

/* {"schema_version":1,"command":NAME,"exit":CODE}; `command` may be NULL. */
json_t *document_new(const char *command, int exit_code);
/* Each sets a field. A text that is NULL, a time of 0 and a number below 0
 * are unknown: the field is left out. Invalid bytes of a text become '?'. */
void document_text(json_t *object, const char *name, const char *text);
void document_number(json_t *object, const char *name, int64_t value);
void document_count(json_t *object, const char *name, uint64_t value);
void document_bool(json_t *object, const char *name, bool value);
/* Milliseconds as seconds with three decimals. */
void document_seconds(json_t *object, const char *name, int64_t milliseconds);
/* Microseconds UTC as ISO 8601. */
void document_time(json_t *object, const char *name, int64_t utc_us);
/* {"id","text","effect","next"}; nothing for ERROR_NONE. */
void document_error(json_t *object, const char *name,
                    const struct error *error);
/* Prints it on one line and lets go of it. */
void document_print(json_t *document);

#endif
