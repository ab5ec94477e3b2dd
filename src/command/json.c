/* The documents of --json, by jansson. */
#include "document.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/memory.h"
#include "screen.h"

json_t *document_new(const char *command, int exit_code)
{
    json_t *document = json_object();
    document_number(document, "schema_version", DOCUMENT_SCHEMA_VERSION);
    document_text(document, "command", command);
    document_number(document, "exit", exit_code);
    return document;
}

void document_text(json_t *object, const char *name, const char *text)
{
    if (!text)
        return;
    json_t *value = json_string(text);
    if (!value) {
        char *clean = screen_clean(memory_text(text));
        value = json_string(clean);
        memory_free(clean);
    }
    (void)json_object_set_new(object, name, value);
}

void document_number(json_t *object, const char *name, int64_t value)
{
    if (value >= 0)
        (void)json_object_set_new(object, name, json_integer(value));
}

void document_count(json_t *object, const char *name, uint64_t value)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

void document_bool(json_t *object, const char *name, bool value)
{
    (void)json_object_set_new(object, name, json_boolean(value));
}

void document_seconds(json_t *object, const char *name, int64_t milliseconds)
{
    if (milliseconds >= 0)
        (void)json_object_set_new(object, name,
                                  json_real((double)milliseconds / 1000));
}

void document_time(json_t *object, const char *name, int64_t utc_us)
{
    char text[40];
    if (utc_us != 0)
        document_text(object, name, clock_text(text, utc_us));
}

void document_error(json_t *object, const char *name,
                    const struct error *error)
{
    char next[sizeof error->next];
    if (error->id == ERROR_NONE)
        return;
    json_t *value = json_object();
    document_text(value, "id", error_id_text(error->id));
    document_text(value, "text", error->what);
    document_text(value, "effect", error->effect[0] ? error->effect : NULL);
    document_text(value, "next", screen_next(error, next, sizeof next));
    (void)json_object_set_new(object, name, value);
}

void document_print(json_t *document)
{
    (void)json_dumpf(document, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
    (void)putchar('\n');
    json_decref(document);
}
