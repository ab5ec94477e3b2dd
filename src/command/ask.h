#ifndef TIDEMARK_COMMAND_ASK_H
#define TIDEMARK_COMMAND_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

/* Questions to a person at a terminal; the question is printed before. */

/* One line of standard input without its end; false where none came. */
bool ask_line(char *target, size_t size);
/* The same without showing what is typed; NULL where none came. */
struct secret *ask_secret(void);

#endif
