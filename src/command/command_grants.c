/* `grants`: what to run on both servers so that the accounts can do their
 * work and nothing else. No connection is opened. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "opening.h"

#define GRANTS_BYTES_MAX 65536

static void print_json(const struct command_line *line, struct buffer *source,
                       struct buffer *warehouse)
{
    json_t *document = document_new(line->command, 0);
    struct buffer *const sides[] = {source, warehouse};
    const char *const names[] = {"source", "warehouse"};
    for (size_t i = 0; i < ARRAY_COUNT(sides); i++) {
        json_t *array = json_array();
        const char *text = buffer_text(sides[i]);
        while (*text) {
            size_t length = strcspn(text, "\n");
            (void)json_array_append_new(array, json_stringn(text, length));
            text += length + (text[length] ? 1 : 0);
        }
        (void)json_object_set_new(document, names[i], array);
    }
    document_print(document);
}

static bool may_follow(const struct table_settings *table)
{
    return table->has_mode ? table->mode == MODE_CDC
                           : table->cursor_count == 0;
}

/* May a table follow the log, by its settings or by a guess? */
static bool follows(const struct settings *settings)
{
    for (size_t i = 0; i < settings->table_count; i++)
        if (may_follow(&settings->tables[i]))
            return true;
    return false;
}

enum status command_grants(const struct command_line *line, int *exit_code,
                           struct error *error)
{
    struct opening opening = {.settings = NULL};
    struct buffer source, warehouse;
    (void)exit_code;
    enum status status = command_settings_public(line, &opening.settings,
                                                 error);
    if (status != STATUS_OK)
        return status;
    const struct settings *settings = opening.settings;
    buffer_init(&source, GRANTS_BYTES_MAX);
    buffer_init(&warehouse, GRANTS_BYTES_MAX);
    source_find(settings->sources[0].url.scheme)
        ->grants(&settings->sources[0], follows(settings), &source);
    warehouse_find(settings->warehouse.url.scheme)
        ->grants(&settings->warehouse, &warehouse);
    if (line->json)
        print_json(line, &source, &warehouse);
    else
        printf("%s%s", buffer_text(&source), buffer_text(&warehouse));
    buffer_release(&source);
    buffer_release(&warehouse);
    opening_close(&opening);
    return STATUS_OK;
}
