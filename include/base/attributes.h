#ifndef TIDEMARK_BASE_ATTRIBUTES_H
#define TIDEMARK_BASE_ATTRIBUTES_H

/* The value returned must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* Argument `format` is a printf format, its arguments start at `first`. */
#define PRINTF_LIKE(format, first) \
    __attribute__((__format__(__printf__, format, first)))
#define NORETURN __attribute__((noreturn))

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
