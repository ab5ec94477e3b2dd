/* References in values. They are expanded in values only, once, after the
 * file was parsed: nothing that comes from outside can become a key, a second
 * reference or the structure of a URL. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "file.h"
#include "reader.h"

#define VALUE_BYTES_MAX ((size_t)64 << 10)

struct reference {
    const char *kind; /* "env", "file" or "cred" */
    char *name;
    bool is_alone; /* the value is this reference and nothing else */
};

/* The reference that `text` ("${..") begins with; its length, or 0 where it
 * is none of the three. */
static size_t parse(const char *text, struct reference *reference)
{
    static const char *const kinds[] = {"env", "file", "cred"};
    const char *end = strchr(text, '}');

    for (size_t i = 0; end != NULL && i < ARRAY_COUNT(kinds); i++) {
        size_t length = strlen(kinds[i]);
        const char *name = text + 2 + length + 1;

        if (strncmp(text + 2, kinds[i], length) != 0 || name[-1] != ':' ||
            end <= name)
            continue;
        reference->kind = kinds[i];
        reference->name = memory_text_part(name, (size_t)(end - name));
        return (size_t)(end - text) + 1;
    }
    return 0;
}

static void add_encoded(struct buffer *target, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if ((byte < 0x80 && isalnum(byte)) || memchr("-._~", byte, 4) != NULL)
            buffer_add_byte(target, byte);
        else
            buffer_add_format(target, "%%%02X", byte);
    }
}

/* One plain part of a path: it cannot leave the folder of credentials. */
static bool is_credential_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

char *credential_path(const char *name)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (folder == NULL || folder[0] == '\0')
        return NULL;
    return memory_format("%s/%s", folder, name);
}

/* Checks that what was read is one line without a NUL; cuts its newline. */
static enum status settle_line(const char *path, struct buffer *content,
                               struct error *error)
{
    if (content->size > 0 && content->data[content->size - 1] == '\n')
        content->size--;
    if (content->size > 0 && content->data[content->size - 1] == '\r')
        content->size--;
    if (content->size == 0)
        return error_set(error, ERROR_SECRET_MISSING, "\"%s\" is empty",
                         path);
    if (memchr(content->data, '\n', content->size) != NULL ||
        memchr(content->data, '\0', content->size) != NULL)
        return error_set(error, ERROR_SECRET_MISSING,
                         "cannot use \"%s\": it is not one line of text",
                         path);
    return STATUS_OK;
}

enum status secret_file_read(const char *path, bool may_be_shared,
                             struct buffer *target, struct error *error)
{
    struct file file;
    enum status status = file_read(&file, path, VALUE_BYTES_MAX,
                                   ERROR_SECRET_MISSING, error);

    if (status != STATUS_OK)
        return status;
    status = settle_line(path, &file.content, error);
    if (status == STATUS_OK && file.is_shared && !may_be_shared) {
        status = error_set(error, ERROR_SECRET_EXPOSED,
                           "\"%s\" can be read by its group or by everybody",
                           path);
        error_next(error, "chmod 600 %s", path);
    }
    if (status == STATUS_OK)
        buffer_add(target, file.content.data, file.content.size);
    file_wipe(&file);
    return status;
}

static enum status read_variable(const char *name, struct buffer *target,
                                 struct error *error)
{
    const char *value = getenv(name);

    if (value == NULL)
        return error_set(error, ERROR_SECRET_MISSING,
                         "the environment has no variable \"%s\"", name);
    buffer_add_text(target, value);
    return STATUS_OK;
}

static enum status read_credential(const char *name, struct buffer *target,
                                   struct error *error)
{
    char *path = is_credential_name(name) ? credential_path(name) : NULL;
    enum status status;

    if (path != NULL) {
        status = secret_file_read(path, true, target, error);
    } else {
        status = error_set(error, ERROR_SECRET_MISSING,
                           "there is no credential \"%s\"", name);
        error_next(error, "Run it under systemd with LoadCredential=%s:PATH, "
                          "or use password_file.", name);
    }
    memory_free(path);
    return status;
}

static enum status resolve(const struct reader *reader,
                           const struct reference *reference,
                           struct buffer *target, struct error *error)
{
    enum status status;
    char *path;

    if (text_equal(reference->kind, "env"))
        return read_variable(reference->name, target, error);
    if (text_equal(reference->kind, "cred"))
        return read_credential(reference->name, target, error);
    path = reader_path(reader, reference->name);
    status = secret_file_read(path, true, target, error);
    memory_free(path);
    return status;
}

static enum status add_reference(const struct reader *reader,
                                 const struct reference *reference,
                                 enum expand_how how, struct buffer *target,
                                 struct error *error)
{
    struct buffer value;
    enum status status;

    if (how == EXPAND_REMOVED)
        return STATUS_OK;
    buffer_init(&value, VALUE_BYTES_MAX);
    (void)buffer_reserve(&value, VALUE_BYTES_MAX);
    status = resolve(reader, reference, &value, error);
    if (how == EXPAND_ENCODED && !reference->is_alone)
        add_encoded(target, buffer_bytes(&value));
    else
        buffer_add(target, value.data, value.size);
    target->is_overflown = target->is_overflown || value.is_overflown;
    buffer_wipe(&value);
    return status;
}

struct expansion {
    const struct reader *reader;
    enum expand_how how;
    const char *whole;
    const char *rest; /* what is not yet expanded */
    struct buffer *target;
};

static enum status expand_reference(struct expansion *expansion,
                                    struct error *error)
{
    struct reference reference;
    size_t length = parse(expansion->rest, &reference);
    bool is_first = expansion->rest == expansion->whole;
    enum status status;

    if (length == 0) {
        status = error_set(error, ERROR_SETTINGS_VALUE,
                           "a reference is not ${env:NAME}, ${file:PATH} or "
                           "${cred:NAME}");
        error_next(error, "Write $$ where a dollar is meant.");
        return status;
    }
    expansion->rest += length;
    reference.is_alone = is_first && *expansion->rest == '\0';
    status = add_reference(expansion->reader, &reference, expansion->how,
                           expansion->target, error);
    memory_free(reference.name);
    return status;
}

static enum status expand_step(struct expansion *expansion,
                               struct error *error)
{
    const char *rest = expansion->rest;

    if (rest[0] == '$' && rest[1] == '{')
        return expand_reference(expansion, error);
    buffer_add_byte(expansion->target, (uint8_t)rest[0]);
    expansion->rest += rest[0] == '$' && rest[1] == '$' ? 2 : 1;
    return STATUS_OK;
}

enum status expand(const struct reader *reader, const struct node *node,
                   enum expand_how how, struct buffer *target,
                   struct error *error)
{
    struct expansion expansion = {reader, how, node->text, node->text, target};
    enum status status = STATUS_OK;

    buffer_init(target, VALUE_BYTES_MAX);
    (void)buffer_reserve(target, VALUE_BYTES_MAX);
    while (status == STATUS_OK && *expansion.rest != '\0')
        status = expand_step(&expansion, error);
    if (status == STATUS_OK && target->is_overflown)
        status = error_set(error, ERROR_SETTINGS_VALUE,
                           "a value is longer than %zu bytes",
                           VALUE_BYTES_MAX);
    if (status == STATUS_OK)
        return STATUS_OK;
    buffer_wipe(target);
    return reader_mark(reader, node->mark, error);
}
