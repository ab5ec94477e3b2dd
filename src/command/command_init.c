/*
 * `init`: looks at the source and writes a settings file to start from. It
 * never overwrites, and no secret comes by the command line or goes into the
 * file: passwords stay in the environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "opening.h"
#include "screen.h"
#include "settings_write.h"

#define FILE_BYTES_MAX (4U << 20)
#define DEFAULT_PATH "tidemark.yml"
#define SOURCE_VARIABLE "TIDEMARK_SOURCE_PASSWORD"
#define WAREHOUSE_VARIABLE "TIDEMARK_WAREHOUSE_PASSWORD"

static enum status check_arguments(const struct command_line *line,
                                   const char *path, struct error *error)
{
    if (line->argument_count != 2) {
        (void)error_set(error, ERROR_USAGE,
                        "init needs the URLs of source and warehouse");
        error_next(error, "tidemark init mysql://USER@HOST/DATABASE "
                   "clickhouse://USER@HOST/DATABASE");
        return error->status;
    }
    if (access(path, F_OK) != 0)
        return STATUS_OK;
    (void)error_set(error, ERROR_FILE_EXISTS,
                    "cannot write \"%s\": the file is there already", path);
    error_effect(error, "It was left as it is.");
    error_next(error, "tidemark check, or choose another file with "
               "--config FILE");
    return error->status;
}

/* Whoever lists processes sees the command line. */
static enum status refuse_password(const char *what, const char *variable,
                                   struct error *error)
{
    (void)error_set(error, ERROR_SECRET_EXPOSED,
                    "the URL of the %s holds a password: everybody on this "
                    "machine can read command lines", what);
    error_effect(error, "Nothing was written; the password should be "
                 "changed.");
    error_next(error, "leave it out of the URL; it is asked for, or taken "
               "from the environment variable %s", variable);
    return error->status;
}

static enum status check_url(const char *text, const char *what,
                             const char *variable, struct error *error)
{
    struct url url;
    struct secret *password = NULL;
    enum status status = url_parse(text, &url, &password, error);
    if (status != STATUS_OK)
        return status;
    if (password)
        status = refuse_password(what, variable, error);
    bool is_source = text_equal(what, "source");
    bool is_known = is_source ? source_find(url.scheme) != NULL
                              : warehouse_find(url.scheme) != NULL;
    if (status == STATUS_OK && !is_known)
        status = error_set(error, ERROR_SETTINGS_VALUE,
                           "this build knows no %s \"%s://\"", what,
                           url.scheme);
    secret_free(password);
    url_release(&url);
    return status;
}

/* The variable's name where it holds a password or one was typed, else NULL:
 * no password. */
static const char *find_password(const char *what, const char *url,
                                 const char *variable)
{
    if (getenv(variable))
        return variable;
    if (text_starts(url, "files:") || !isatty(STDIN_FILENO) ||
        !isatty(STDERR_FILENO))
        return NULL;
    char question[64];
    (void)snprintf(question, sizeof question,
                   "Password of the %s (empty: none): ", what);
    struct secret *secret = ask_secret(question);
    if (!secret)
        return NULL;
    (void)setenv(variable, secret_reveal(secret), 1);
    secret_free(secret);
    return variable;
}

static enum status write_file(const char *path, struct buffer *text,
                              struct error *error)
{
    struct bytes bytes = buffer_bytes(text);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_written = file >= 0;
    while (is_written && bytes.size > 0) {
        ssize_t written = write(file, bytes.data, bytes.size);
        is_written = written > 0;
        bytes.data += written > 0 ? written : 0;
        bytes.size -= written > 0 ? (size_t)written : 0;
    }
    is_written = is_written && fsync(file) == 0;
    int reason = errno;
    if (file >= 0)
        (void)close(file);
    if (is_written)
        return STATUS_OK;
    if (file >= 0)
        (void)unlink(path);
    return error_set(error, reason == EEXIST ? ERROR_FILE_EXISTS
                                             : ERROR_MACHINE,
                     "could not write \"%s\": %s", path, strerror(reason));
}

/* Settings that name the ends alone, read from a file that lives no longer
 * than this call. */
static enum status look(const struct command_line *line,
                        const struct first_settings *first, const char *path,
                        struct opening *opening, struct error *error)
{
    struct buffer text;
    char *passing = memory_format("%s.%ld", path, (long)getpid());
    struct command_line inner = *line;
    buffer_init(&text, FILE_BYTES_MAX);
    settings_write_ends(first, &text);
    buffer_add_text(&text, "tables: \"*\"\n");
    enum status status = write_file(passing, &text, error);
    if (status == STATUS_OK) {
        inner.config = passing;
        inner.argument_count = 0;
        status = opening_settings(opening, &inner, error);
        (void)unlink(passing);
    }
    if (status == STATUS_OK)
        status = opening_connect(opening, &inner, false, error);
    buffer_release(&text);
    memory_free(passing);
    return status;
}

static void compose(const struct first_settings *first,
                    const struct opening *opening, struct buffer *text)
{
    char now[40];
    const struct source *source = opening->sync->source;
    const char *product =
        source->ops->facts(opening->sync->source)->product;
    buffer_add_format(text, "# Settings of tidemark, made by: tidemark init, "
                      "%.10s\n# The source was %s.\n\n",
                      clock_text(now, clock_utc_us()), product);
    settings_write_ends(first, text);
    settings_write_tables(opening->works, opening->count, text);
}

static void tell(const struct command_line *line, const char *path,
                 const struct opening *opening,
                 const struct first_settings *first)
{
    size_t good = 0;
    for (size_t i = 0; i < opening->count; i++)
        good += opening->works[i].problem.id == ERROR_NONE;
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        document_text(document, "file", path);
        document_count(document, "tables_found", opening->count);
        document_count(document, "tables_usable", good);
        document_print(document);
        return;
    }
    screen_line(stdout, "wrote %s: %zu table%s%s", path, good,
                good == 1 ? "" : "s",
                good < opening->count ? ", others stand behind a # with the "
                                        "reason"
                                      : "");
    if (first->source_variable || first->warehouse_variable)
        screen_line(stdout, "passwords come from %s%s%s",
                    first->source_variable ? SOURCE_VARIABLE : "",
                    first->source_variable && first->warehouse_variable
                        ? " and "
                        : "",
                    first->warehouse_variable ? WAREHOUSE_VARIABLE : "");
    screen_line(stdout, "next: tidemark check%s%s",
                line->config ? " --config " : "",
                line->config ? line->config : "");
}

/* The file as it would be, and nothing written. */
static void show(const struct command_line *line, const char *path,
                 struct buffer *text)
{
    if (!line->json) {
        (void)fputs(buffer_text(text), stdout);
        return;
    }
    json_t *document = document_new(line->command, 0);
    document_text(document, "file", path);
    document_bool(document, "written", false);
    document_text(document, "text", buffer_text(text));
    document_print(document);
}

static enum status make(const struct command_line *line, const char *path,
                        struct opening *opening, struct error *error)
{
    struct first_settings first = {
        .source_url = line->arguments[0],
        .warehouse_url = line->arguments[1],
    };
    struct buffer text;
    first.source_variable = find_password("source", first.source_url,
                                          SOURCE_VARIABLE);
    first.warehouse_variable = find_password("warehouse",
                                             first.warehouse_url,
                                             WAREHOUSE_VARIABLE);
    enum status status = look(line, &first, path, opening, error);
    if (status != STATUS_OK)
        return status;
    buffer_init(&text, FILE_BYTES_MAX);
    compose(&first, opening, &text);
    if (text.is_overflown)
        status = error_set(error, ERROR_MACHINE, "the settings file would be "
                           "larger than 4 MiB");
    else if (line->dry_run)
        show(line, path, &text);
    else
        status = write_file(path, &text, error);
    if (status == STATUS_OK && !line->dry_run)
        tell(line, path, opening, &first);
    buffer_release(&text);
    return status;
}

enum status command_init(const struct command_line *line, int *exit_code,
                         struct error *error)
{
    struct opening opening = {.settings = NULL};
    const char *path = line->config ? line->config : DEFAULT_PATH;
    (void)exit_code;
    enum status status = check_arguments(line, path, error);
    if (status == STATUS_OK)
        status = check_url(line->arguments[0], "source", SOURCE_VARIABLE,
                           error);
    if (status == STATUS_OK)
        status = check_url(line->arguments[1], "warehouse",
                           WAREHOUSE_VARIABLE, error);
    if (status == STATUS_OK)
        status = make(line, path, &opening, error);
    opening_close(&opening);
    return status;
}
