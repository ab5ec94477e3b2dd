/* Error texts. They are made in full, freed of secrets and of what a terminal
 * would obey, and cut last: half a secret at the cut would not be found. */

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/utf8.h"

struct error_facts {
    const char *text;
    enum status status;
    const char *summary;
    const char *advice;
};

static const struct error_facts facts[ERROR_ID_COUNT] = {
    [ERROR_NONE] = {"", STATUS_OK, "no error", ""},
#define X(number, name, status, summary, advice) \
    [ERROR_##name] = {"TM" #number, STATUS_##status, summary, advice},
    ERROR_ID_LIST(X)
#undef X
};

/* Cuts behind the last whole character that leaves room for the dots. */
static void copy_cut(char *target, size_t size, const char *text)
{
    static const char dots[] = "...";

    if (!text_copy(target, size, text)) {
        size_t length = size - sizeof(dots);

        while (length > 0 && ((uint8_t)target[length] & 0xc0) == 0x80)
            length--;
        memcpy(target + length, dots, sizeof(dots));
    }
}

static char *PRINTF_LIKE(1, 0) format_text(const char *format,
                                           va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        return memory_text("");
    secret_redact(text);
    utf8_clean(text, 0);
    return text;
}

static void PRINTF_LIKE(3, 0) set_text(char *target, size_t size,
                                       const char *format, va_list arguments)
{
    char *text = format_text(format, arguments);

    copy_cut(target, size, text);
    memory_free(text);
}

void error_clear(struct error *error)
{
    *error = (struct error){.id = ERROR_NONE, .status = STATUS_OK};
}

/* The old texts may be among the arguments: they go last. */
static enum status PRINTF_LIKE(4, 0)
    set_all(struct error *error, enum error_id id, enum status status,
            const char *format, va_list arguments)
{
    set_text(error->what, sizeof(error->what), format, arguments);
    error->id = id;
    error->status = status;
    error->effect[0] = '\0';
    error->next[0] = '\0';
    return status;
}

enum status error_set(struct error *error, enum error_id id,
                      const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_all(error, id, error_id_status(id), format, arguments);
    va_end(arguments);
    return error->status;
}

enum status error_set_status(struct error *error, enum error_id id,
                             enum status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_all(error, id, status, format, arguments);
    va_end(arguments);
    return error->status;
}

void error_effect(struct error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_text(error->effect, sizeof(error->effect), format, arguments);
    va_end(arguments);
}

void error_next(struct error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set_text(error->next, sizeof(error->next), format, arguments);
    va_end(arguments);
}

void error_prefix(struct error *error, const char *format, ...)
{
    va_list arguments;
    char *prefix;
    char *text;

    va_start(arguments, format);
    prefix = format_text(format, arguments);
    va_end(arguments);
    text = memory_format("%s: %s", prefix, error->what);
    copy_cut(error->what, sizeof(error->what), text);
    memory_free(text);
    memory_free(prefix);
}

const char *error_id_text(enum error_id id)
{
    return facts[id].text;
}

enum error_id error_id_find(const char *text)
{
    for (int id = ERROR_NONE + 1; id < ERROR_ID_COUNT; id++) {
        if (text_equal(text, facts[id].text))
            return (enum error_id)id;
    }
    return ERROR_NONE;
}

const char *error_id_summary(enum error_id id)
{
    return facts[id].summary;
}

const char *error_id_advice(enum error_id id)
{
    return facts[id].advice;
}

const char *error_advice(const struct error *error)
{
    return error->next[0] ? error->next : error_id_advice(error->id);
}

enum status error_id_status(enum error_id id)
{
    return facts[id].status;
}
