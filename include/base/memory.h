#ifndef TIDEMARK_BASE_MEMORY_H
#define TIDEMARK_BASE_MEMORY_H

#include <stddef.h>

#include "base/attributes.h"

/*
 * Allocation that cannot fail: where memory is used up the process writes one
 * line and ends with 7, which equals a kill and is as safe. `count * size` is
 * checked for overflow.
 */

/* `count` zeroed elements; never NULL, also for 0. The caller frees it. */
void *memory_new(size_t count, size_t size);
/* As realloc; the added part is not zeroed. `pointer` may be NULL. */
void *memory_resize(void *pointer, size_t count, size_t size);
/* A copy of `text`, NULL for NULL. */
char *memory_text(const char *text);
/* A copy of `length` bytes of `text` with a NUL behind. */
char *memory_text_part(const char *text, size_t length);
/* printf into memory of its own. */
char *memory_format(const char *format, ...) PRINTF_LIKE(1, 2);
/* free(); `pointer` may be NULL. */
void memory_free(void *pointer);

#endif
