#ifndef TIDEMARK_BASE_STATUS_H
#define TIDEMARK_BASE_STATUS_H

#include <stdbool.h>

#include "base/attributes.h"

/*
 * One status for the whole program. A driver chooses it, for it alone knows
 * what an error means; the supervisor alone acts on it.
 *
 *   X(name, exit code, may the same call succeed later, text)
 */
#define STATUS_LIST(X)                                                      \
    X(OK, 0, false, "ok")                                                   \
    X(TABLE, 1, false, "one table needs a person, the others go on")        \
    X(USAGE, 2, false, "wrong option or settings")                          \
    X(DIFFERENCES, 3, false, "source and warehouse differ")                 \
    X(ACTION, 4, false, "a person must act on source, warehouse or state")  \
    X(TEMPORARY, 5, true, "out of reach; safe to repeat")                   \
    X(BUSY, 6, true, "another process holds the state")                     \
    X(INTERNAL, 7, false, "a defect, or the machine failed")                \
    X(STOPPED, 130, true, "interrupted")                                    \
    X(PENDING, 5, true, "not yet: ask again")

enum status {
#define X(name, exit_code, retryable, text) STATUS_##name,
    STATUS_LIST(X)
#undef X
    STATUS_COUNT
};

/* Name without prefix in lower case, such as "temporary". */
const char *status_name(enum status status);
int status_exit_code(enum status status);
/* True when the same call may succeed later. */
bool status_is_retryable(enum status status);
/* The status of which `interface` 2 lets the exit code win: 7 2 4 3 1 5. */
enum status status_worse(enum status left, enum status right);

#endif
