/* Allocation that ends the process where memory is used up: nothing that was
 * acknowledged is lost by that, and no caller has a path for it. */

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"

static void NORETURN give_up(void)
{
    static const char line[] = "tidemark: memory is used up (TM1201)\n";

    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0) {
        /* There is nowhere else to say it. */
    }
    _exit(status_exit_code(STATUS_INTERNAL));
}

void *memory_new(size_t count, size_t size)
{
    void *pointer = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

    if (pointer == NULL)
        give_up();
    return pointer;
}

void *memory_resize(void *pointer, size_t count, size_t size)
{
    size_t bytes;
    void *resized;

    if (__builtin_mul_overflow(count, size, &bytes))
        give_up();
    resized = realloc(pointer, bytes > 0 ? bytes : 1);
    if (resized == NULL)
        give_up();
    return resized;
}

char *memory_text(const char *text)
{
    return text == NULL ? NULL : memory_text_part(text, strlen(text));
}

char *memory_text_part(const char *text, size_t length)
{
    char *copy;

    if (length == SIZE_MAX)
        give_up();
    copy = memory_new(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

char *memory_format(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        give_up();
    return text;
}

void memory_free(void *pointer)
{
    free(pointer);
}
