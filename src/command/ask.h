#ifndef TIDEMARK_COMMAND_ASK_H
#define TIDEMARK_COMMAND_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

/* Questions to a person at a terminal, on standard error. */

/* One line of standard input without its end; false where none came. */
bool ask_line(const char *question, char *target, size_t size);
/* The same; what is typed is not shown, from before the question on. NULL
 * where none came. */
struct secret *ask_secret(const char *question);

#endif
