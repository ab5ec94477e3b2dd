/* Texts and failures of a settings file. A failure names the place, never the
 * value: a value may be a secret. */

#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "file.h"

/* Longer words are no slips of the finger. */
#define SUGGEST_BYTES_MAX 64u

enum status reader_fail(const struct reader *reader, enum error_id id,
                        struct key_mark mark, struct error *error,
                        const char *format, ...)
{
    char what[sizeof(error->what)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    (void)error_set(error, id, "%s", what);
    return reader_mark(reader, mark, error);
}

enum status reader_mark(const struct reader *reader, struct key_mark mark,
                        struct error *error)
{
    error_prefix(error, "%s:%u:%u", reader->path, mark.line, mark.column);
    return error->status;
}

void reader_suggest(struct error *error, const char *text,
                    const char *const *names, size_t count)
{
    const char *nearest = strlen(text) > SUGGEST_BYTES_MAX
                              ? NULL
                              : text_nearest(text, names, count);

    if (nearest != NULL)
        error_next(error, "Did you mean \"%s\"?", nearest);
}

enum status reader_text(const struct reader *reader, const char *name,
                        const struct node *node, char **text,
                        struct error *error)
{
    struct buffer buffer;
    enum status status;

    *text = NULL;
    if (node->kind != NODE_TEXT)
        return reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                           "\"%s\" expects one text, not a list or map",
                           name);
    status = expand(reader, node, EXPAND_AS_IS, &buffer, error);
    if (status != STATUS_OK)
        return status;
    if (text_is_utf8(buffer_bytes(&buffer)))
        *text = memory_text(buffer_text(&buffer));
    else
        status = reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                             "\"%s\" is not valid UTF-8", name);
    buffer_wipe(&buffer);
    return status;
}

static size_t child_count(const struct node *node)
{
    size_t count = 0;

    for (const struct node *child = node->first; child != NULL;
         child = child->next)
        count++;
    return count;
}

enum status reader_texts(const struct reader *reader, const char *name,
                         const struct node *node, char ***texts,
                         size_t *count, struct error *error)
{
    bool is_one = node->kind == NODE_TEXT;
    size_t wanted = is_one ? 1 : child_count(node);
    char **list = memory_new(wanted, sizeof(*list));
    enum status status = STATUS_OK;
    const struct node *item = is_one ? node : node->first;
    size_t got = 0;

    if (wanted == 0 || node->kind == NODE_MAP)
        status = reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                             "\"%s\" expects a text or a list of texts",
                             name);
    while (status == STATUS_OK && got < wanted) {
        status = reader_text(reader, name, item, &list[got], error);
        if (status == STATUS_OK && list[got++][0] == '\0')
            status = reader_fail(reader, ERROR_SETTINGS_VALUE, item->mark,
                                 error, "\"%s\" expects a text, not nothing",
                                 name);
        item = item->next;
    }
    *texts = status == STATUS_OK ? list : NULL;
    *count = status == STATUS_OK ? got : 0;
    if (status != STATUS_OK)
        texts_free(list, got);
    return status;
}

void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(texts[i]);
    memory_free(texts);
}

char *reader_path(const struct reader *reader, const char *path)
{
    return path[0] == '/' ? memory_text(path)
                          : memory_format("%s/%s", reader->folder, path);
}
