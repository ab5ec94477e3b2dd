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

static void print_value(int indent, const char *name, const json_t *value)
{
    char *text = json_is_string(value)
                     ? memory_text(json_string_value(value))
                     : json_dumps(value, JSON_ENCODE_ANY);
    screen_line(stdout, "%*s%s: %s", indent, "", name, text);
    memory_free(text);
}

/* Two levels are lines of their own, what is deeper stands in one line. */
static void print_object(const json_t *settings)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)settings, name, value) {
        const char *inner_name = NULL;
        json_t *inner = NULL;
        size_t index = 0;
        if (json_is_object(value)) {
            screen_line(stdout, "%s:", name);
            json_object_foreach(value, inner_name, inner)
                print_value(2, inner_name, inner);
        } else if (text_equal(name, "tables")) {
            screen_line(stdout, "tables:");
            json_array_foreach(value, index, inner) {
                char *text = json_dumps(inner, 0);
                screen_line(stdout, "  - %s", text);
                memory_free(text);
            }
        } else {
            print_value(0, name, value);
        }
    }
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
        (void)json_object_set_new(document, "settings", object);
        document_print(document);
    } else {
        print_object(object);
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
