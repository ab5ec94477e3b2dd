/* `config show`, `config example` and `config schema`. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "drivers.h"
#include "screen.h"
#include "settings/sample.h"
#include "settings_show.h"

#define TEXT_BYTES_MAX (1U << 20)

static void print_written(const struct command_line *line,
                          void (*write)(const struct settings_options *,
                                        struct buffer *))
{
    struct drivers drivers;
    struct buffer text;
    drivers_fill(&drivers, line);
    buffer_init(&text, TEXT_BYTES_MAX);
    write(&drivers.options, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_release(&text);
}

/* The value as a text, however it is kept; the caller frees it. */
static char *text_of(const json_t *value)
{
    return json_is_string(value) ? memory_text(json_string_value(value))
                                 : json_dumps(value, JSON_ENCODE_ANY);
}

static const struct key *key_named(const struct settings *settings,
                                   const char *part, const char *name)
{
    const struct key *key = NULL;
    if (text_equal(part, "source"))
        key = key_find(settings->sources[0].driver, name);
    else if (text_equal(part, "warehouse"))
        key = key_find(settings->warehouse.driver, name);
    else
        key = key_find(settings_keys(text_equal(part, "limits") ? PLACE_LIMITS
                                                                : PLACE_TOP),
                       name);
    return key;
}

static bool is_tls_chosen(const struct settings *settings, const char *part)
{
    const struct endpoint_settings *endpoint =
        text_equal(part, "source") ? &settings->sources[0]
                                   : &settings->warehouse;
    return endpoint->tls.mode == TLS_AUTO;
}

/* Where a value comes from; one that equals the default is called so. */
static const char *origin_of(const struct command_line *line,
                             const struct settings *settings,
                             const char *part, const char *name,
                             const char *text)
{
    if (text_equal(name, "file"))
        return line->config ? "command line" : "found";
    if (text_equal(name, "state"))
        return line->state ? "command line" : "settings";
    if (text_equal(name, "tls"))
        return is_tls_chosen(settings, part) ? "default" : "file";
    const struct key *key = key_named(settings, part, name);
    if (key && key->default_text && text_equal(key->default_text, text))
        return "default";
    return "file";
}

static void print_value(const struct command_line *line,
                        const struct settings *settings, const char *part,
                        const char *name, const json_t *value)
{
    char *text = text_of(value);
    int indent = part[0] ? 2 : 0;
    int width = 44 - indent - (int)strlen(name);
    screen_line(stdout, "%*s%s: %-*s  # %s", indent, "", name,
                width > 0 ? width : 0, text,
                origin_of(line, settings, part, name, text));
    memory_free(text);
}

static void print_tables(const json_t *tables)
{
    json_t *entry = NULL;
    size_t index = 0;
    screen_line(stdout, "tables:");
    json_array_foreach((json_t *)(uintptr_t)tables, index, entry) {
        char *text = json_dumps(entry, 0);
        screen_line(stdout, "  - %s", text);
        memory_free(text);
    }
}

/* Two levels are lines of their own, what is deeper stands in one line. */
static void print_object(const struct command_line *line,
                         const struct settings *settings, json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value) {
        const char *inner_name = NULL;
        json_t *inner = NULL;
        if (text_equal(name, "tables")) {
            print_tables(value);
        } else if (json_is_object(value)) {
            screen_line(stdout, "%s:", name);
            json_object_foreach(value, inner_name, inner)
                print_value(line, settings, name, inner_name, inner);
        } else {
            print_value(line, settings, "", name, value);
        }
    }
}

/* {"retry":"default","limits.memory":"file"} */
static json_t *origins(const struct command_line *line,
                       const struct settings *settings, json_t *object)
{
    json_t *all = json_object();
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value) {
        const char *inner_name = NULL;
        json_t *inner = NULL;
        char *text = text_of(value);
        if (!json_is_object(value))
            document_text(all, name,
                          origin_of(line, settings, "", name, text));
        memory_free(text);
        if (json_is_object(value))
            json_object_foreach(value, inner_name, inner) {
                char *path = memory_format("%s.%s", name, inner_name);
                text = text_of(inner);
                document_text(all, path, origin_of(line, settings, name,
                                                   inner_name, text));
                memory_free(text);
                memory_free(path);
            }
    }
    return all;
}

static enum status show(const struct command_line *line, struct error *error)
{
    struct settings *settings = NULL;
    enum status status = command_settings(line, &settings, error);
    if (status != STATUS_OK)
        return status;
    json_t *object = settings_show(settings);
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        (void)json_object_set_new(document, "origins",
                                  origins(line, settings, object));
        (void)json_object_set_new(document, "settings", object);
        document_print(document);
    } else {
        print_object(line, settings, object);
        json_decref(object);
    }
    settings_free(settings);
    return STATUS_OK;
}

enum status command_config(const struct command_line *line, int *exit_code,
                           struct error *error)
{
    const char *what = line->argument_count ? line->arguments[0] : "";
    (void)exit_code;
    if (text_equal(what, "show"))
        return show(line, error);
    if (text_equal(what, "example"))
        print_written(line, sample_write);
    else if (text_equal(what, "schema"))
        print_written(line, schema_write);
    else {
        (void)error_set(error, ERROR_USAGE, "config takes show, example or "
                        "schema");
        error_next(error, "tidemark config show");
        return error->status;
    }
    return STATUS_OK;
}
