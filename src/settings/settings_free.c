/* Takes settings apart, complete or not. */

#include "base/memory.h"
#include "settings/settings.h"

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(texts[i]);
    memory_free(texts);
}

static void release_endpoint(struct endpoint_settings *endpoint)
{
    memory_free(endpoint->name);
    url_release(&endpoint->url);
    secret_free(endpoint->password);
    memory_free(endpoint->password_origin);
    memory_free(endpoint->tls.ca);
    if (endpoint->driver_values != NULL)
        free_texts(endpoint->driver_values, endpoint->driver->count);
}

static void release_table(struct table_settings *table)
{
    memory_free(table->pattern);
    memory_free(table->target);
    free_texts(table->columns, table->column_count);
    memory_free(table->rows);
    free_texts(table->cursors, table->cursor_count);
    memory_free(table->cursor_zone);
    memory_free(table->soft_delete);
    free_texts(table->key, table->key_count);
    free_texts(table->type_columns, table->type_count);
    free_texts(table->type_names, table->type_count);
}

void settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < settings->source_count; i++)
        release_endpoint(&settings->sources[i]);
    memory_free(settings->sources);
    release_endpoint(&settings->warehouse);
    for (size_t i = 0; i < settings->table_count; i++)
        release_table(&settings->tables[i]);
    memory_free(settings->tables);
    free_texts(settings->except, settings->except_count);
    memory_free(settings->state);
    memory_free(settings->socket);
    memory_free(settings->path);
    memory_free(settings);
}
