#ifndef TIDEMARK_BASE_LOG_H
#define TIDEMARK_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Lines for people and journals on standard error. Rows are never logged.
 * Every line starts with what it is about, such as the stream. Only sync,
 * deliver and command log failures. Thread-safe. Known secrets are replaced
 * by ***. Formats: text (terminal), logfmt, json with the fields
 * schema_version, ts, level, stream, msg, err.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_LOGFMT, LOG_JSON };

struct log_options {
    enum log_level level;
    enum log_format format;
    const char *file; /* appended to; NULL is standard error */
};

enum status log_open(const struct log_options *options, struct error *error)
    MUST_CHECK;
void log_close(void);
bool log_shows(enum log_level level);
/* `about` is the stream or part, may be NULL. */
void log_line(enum log_level level, const char *about, const char *format,
              ...) PRINTF_LIKE(3, 4);
/* Called around every line when a progress block owns the terminal, so that
 * messages scroll above it: `hide` before, `show` after. NULL removes it. */
void log_set_guard(void (*hide)(void), void (*show)(void));

#endif
