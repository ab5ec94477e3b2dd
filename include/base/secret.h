#ifndef TIDEMARK_BASE_SECRET_H
#define TIDEMARK_BASE_SECRET_H

#include <stddef.h>

/*
 * The only home of secrets: locked in memory, wiped when freed, never
 * formatted. Every secret made is remembered, so that error and log texts
 * that would hold it show *** instead (a second line of defence).
 */
struct secret;

/* Copies `length` bytes; the caller wipes his own copy. Never NULL. */
struct secret *secret_new(const char *text, size_t length);
/* Borrowed until free; NUL at the end. NULL for a NULL secret. */
const char *secret_reveal(const struct secret *secret);
void secret_free(struct secret *secret); /* NULL is allowed */
/* Replaces in place every known secret of 4 bytes or more in `text` by
 * "***" padded with '*' to its length. Thread-safe. */
void secret_redact(char *text);
/* Core dumps and ptrace off. Call once at the start. */
void secret_protect_process(void);

#endif
