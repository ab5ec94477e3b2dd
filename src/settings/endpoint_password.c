/* Where the password of a source or warehouse comes from. What is written in
 * the settings wins; of that, one thing only may be written. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "endpoint.h"
#include "file.h"

#define PASSWORD_BYTES_MAX ((size_t)64 << 10)

struct search {
    struct end *end;
    struct buffer found; /* wiped at the end */
    char *origin;        /* NULL: nothing was found yet */
};

static enum status refuse_twice(const struct end *end,
                                const struct node *node, struct error *error)
{
    return reader_fail(&end->reader, ERROR_SETTINGS_VALUE, node->name_mark,
                       error, "the password of the %s is given twice",
                       end->reader.about);
}

static enum status check_once(const struct end *end, struct error *error)
{
    const struct node *written[] = {end->nodes.password,
                                    end->nodes.password_file,
                                    end->nodes.password_command};
    bool is_given = end->endpoint->password != NULL;

    for (size_t i = 0; i < ARRAY_COUNT(written); i++) {
        if (written[i] != NULL && is_given)
            return refuse_twice(end, written[i], error);
        is_given = is_given || written[i] != NULL;
    }
    return STATUS_OK;
}

/* Does any of it stand in the file itself? */
static enum status check_exposure(const struct end *end,
                                  const struct node *node,
                                  struct error *error)
{
    struct buffer written;
    enum status status = expand(&end->reader, node, EXPAND_REMOVED, &written,
                                error);
    bool is_written;

    if (status != STATUS_OK)
        return status;
    is_written = written.size > 0;
    buffer_wipe(&written);
    if (is_written && end->reader.is_shared)
        return end_refuse_exposed(end, node, error);
    return STATUS_OK;
}

static enum status from_text(struct search *search, struct error *error)
{
    const struct reader *reader = &search->end->reader;
    const struct node *node = search->end->nodes.password;
    enum status status;

    if (node->kind != NODE_TEXT)
        return reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                           "\"password\" expects one text");
    status = check_exposure(search->end, node, error);
    if (status != STATUS_OK)
        return status;
    search->origin = memory_text("password");
    buffer_wipe(&search->found);
    return expand(reader, node, EXPAND_AS_IS, &search->found, error);
}

static enum status from_file(struct search *search, struct error *error)
{
    const struct reader *reader = &search->end->reader;
    const struct node *node = search->end->nodes.password_file;
    enum status status;
    char *text;
    char *path;

    status = reader_text(reader, "password_file", node, &text, error);
    if (status != STATUS_OK)
        return status;
    path = reader_path(reader, text);
    search->origin = memory_format("password_file %s", path);
    status = secret_file_read(path, false, &search->found, error);
    if (status != STATUS_OK)
        (void)reader_mark(reader, node->mark, error);
    memory_free(path);
    memory_free(text);
    return status;
}

static enum status from_command(struct search *search, struct error *error)
{
    const struct reader *reader = &search->end->reader;
    const struct node *node = search->end->nodes.password_command;
    enum status status;
    char **arguments;
    size_t count;

    if (node->kind != NODE_LIST)
        return reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                           "\"password_command\" expects a list: [PROGRAM, "
                           "ARGUMENT, ..]");
    status = reader_texts(reader, "password_command", node, &arguments, &count,
                          error);
    if (status != STATUS_OK)
        return status;
    search->origin = memory_format("password_command %s", arguments[0]);
    status = password_command_run(arguments, count, &search->found, error);
    if (status != STATUS_OK)
        (void)reader_mark(reader, node->mark, error);
    texts_free(arguments, count);
    return status;
}

static enum status from_credential(struct search *search, struct error *error)
{
    const char *name = search->end->reader.about;
    char *path = credential_path(name);
    enum status status = STATUS_OK;

    if (path != NULL && access(path, F_OK) == 0) {
        search->origin = memory_format("credential %s", name);
        status = secret_file_read(path, true, &search->found, error);
    }
    memory_free(path);
    return status;
}

static enum status from_my_cnf(struct search *search, struct error *error)
{
    const char *driver = search->end->endpoint->driver->driver;
    const char *home = getenv("HOME");
    enum status status = STATUS_OK;
    bool is_found = false;
    char *path;

    if (home == NULL || !text_equal(driver, "mysql"))
        return STATUS_OK;
    path = memory_format("%s/.my.cnf", home);
    if (access(path, R_OK) == 0)
        status = my_cnf_read(path, &search->found, &is_found, error);
    if (is_found)
        search->origin = memory_text(path);
    memory_free(path);
    return status;
}

static enum status look(struct search *search, struct error *error)
{
    enum status status;

    if (search->end->nodes.password != NULL)
        return from_text(search, error);
    if (search->end->nodes.password_file != NULL)
        return from_file(search, error);
    if (search->end->nodes.password_command != NULL)
        return from_command(search, error);
    status = from_credential(search, error);
    if (status == STATUS_OK && search->origin == NULL)
        status = from_my_cnf(search, error);
    return status;
}

enum status end_read_password(struct end *end, struct error *error)
{
    struct search search = {.end = end};
    enum status status = check_once(end, error);

    if (status != STATUS_OK || end->endpoint->password != NULL ||
        end->reader.options->needs_no_secrets)
        return status;
    buffer_init(&search.found, PASSWORD_BYTES_MAX);
    (void)buffer_reserve(&search.found, PASSWORD_BYTES_MAX);
    status = look(&search, error);
    if (status == STATUS_OK && search.origin != NULL) {
        end->endpoint->password = secret_new((const char *)search.found.data,
                                             search.found.size);
        end->endpoint->password_origin = search.origin;
    } else {
        memory_free(search.origin);
    }
    buffer_wipe(&search.found);
    return status;
}
