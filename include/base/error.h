#ifndef TIDEMARK_BASE_ERROR_H
#define TIDEMARK_BASE_ERROR_H

#include "base/attributes.h"
#include "base/error_ids.h"
#include "base/status.h"

/*
 * A failure as a person needs it: what could not be done and why, the effect
 * and the next command. The text is set once, where the cause is known; whoever
 * passes it on adds nothing. Holds no pointer: may be copied and outlives all.
 *
 * `what` is lower case without a full stop; "could not" where the same call
 * may succeed later, "cannot" where it never will. `effect` and `next` are
 * sentences, empty where there is nothing to say. No secret and no value of a
 * row but its key may stand here.
 */
struct error {
    enum error_id id;
    enum status status;
    char what[768];
    char effect[256];
    char next[384];
};

/* `error` becomes "no error". */
void error_clear(struct error *error);

/*
 * Sets id, status (of the id) and `what`; clears effect and next. Longer texts
 * are cut and end in "...". Control characters become '?'. Returns the status,
 * so that `return error_set(...)` reads well. Known secrets are replaced.
 */
enum status error_set(struct error *error, enum error_id id,
                      const char *format, ...) PRINTF_LIKE(3, 4);
/* As error_set, with a status other than the id's own. */
enum status error_set_status(struct error *error, enum error_id id,
                             enum status status, const char *format, ...)
    PRINTF_LIKE(4, 5);
void error_effect(struct error *error, const char *format, ...)
    PRINTF_LIKE(2, 3);
void error_next(struct error *error, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* Puts "CONTEXT: " in front of `what`, for the name of a stream or file. */
void error_prefix(struct error *error, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* "TM2104"; "" for ERROR_NONE. Static. */
const char *error_id_text(enum error_id id);
/* The id with this text, or ERROR_NONE. */
enum error_id error_id_find(const char *text);
/* One sentence that says what the id means; never NULL. */
const char *error_id_summary(enum error_id id);
/* What a person can do about it; never NULL. */
const char *error_id_advice(enum error_id id);
/* What to do about this failure: its own `next`, else what its id advises. */
const char *error_advice(const struct error *error);
enum status error_id_status(enum error_id id);

#endif
