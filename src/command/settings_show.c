/* Settings in force, as the file would name them. */
#include "settings_show.h"

#include "base/memory.h"
#include "base/text.h"
#include "document.h"

static void show_texts(json_t *object, const char *name, char *const *texts,
                       size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(texts[i]));
    if (count > 0)
        (void)json_object_set(object, name, array);
    json_decref(array);
}

/* In the largest unit that divides it. */
static void show_duration(json_t *object, const char *name, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"},
                 {1, "ms"}};
    size_t unit = 0;
    while (ms % units[unit].ms != 0)
        unit++;
    char *text = memory_format("%llu%s",
                               (unsigned long long)(ms / units[unit].ms),
                               units[unit].unit);
    document_text(object, name, text);
    memory_free(text);
}

static void show_size(json_t *object, const char *name, uint64_t bytes)
{
    bool is_whole = bytes % (1U << 20) == 0;
    char *text = memory_format("%llu%s",
                               (unsigned long long)(is_whole ? bytes >> 20
                                                             : bytes),
                               is_whole ? "M" : "");
    document_text(object, name, text);
    memory_free(text);
}

static json_t *show_endpoint(const struct endpoint_settings *endpoint)
{
    json_t *object = json_object();
    struct buffer url;
    buffer_init(&url, 65536);
    url_text(&endpoint->url, &url);
    document_text(object, "url", buffer_text(&url));
    buffer_release(&url);
    document_text(object, "password_from", endpoint->password_origin);
    bool is_plain = endpoint->tls.mode == TLS_OFF ||
                    (endpoint->tls.mode == TLS_AUTO &&
                     url_is_local(&endpoint->url));
    document_text(object, "tls", is_plain ? "off" : "verify");
    document_text(object, "tls_ca", endpoint->tls.ca);
    for (size_t i = 0; i < endpoint->driver->count; i++)
        if (endpoint->driver_values[i] && endpoint->driver_values[i][0])
            document_text(object, endpoint->driver->keys[i].name,
                          endpoint->driver_values[i]);
    return object;
}

static json_t *show_types(const struct table_settings *table)
{
    json_t *types = json_object();
    for (size_t i = 0; i < table->type_count; i++)
        document_text(types, table->type_columns[i], table->type_names[i]);
    return types;
}

static json_t *show_table(const struct table_settings *table)
{
    static const char *const dates[] = {"stop", "null", "text"};
    static const char *const texts[] = {"stop", "replace"};
    static const char *const changes[] = {"add", "ask", "freeze"};
    static const char *const units[] = {NULL, "s", "ms"};
    json_t *object = json_object();
    document_text(object, "name", table->pattern);
    document_text(object, "to", table->target);
    show_texts(object, "columns", table->columns, table->column_count);
    document_text(object, "rows", table->rows);
    document_text(object, "mode",
                  table->has_mode ? mode_name(table->mode) : NULL);
    show_texts(object, "cursor", table->cursors, table->cursor_count);
    document_text(object, "cursor_zone", table->cursor_zone);
    document_text(object, "cursor_unit",
                  table->has_cursor_unit ? units[table->cursor_unit] : NULL);
    if (table->has_overlap)
        show_duration(object, "overlap", table->overlap_ms);
    document_text(object, "soft_delete", table->soft_delete);
    show_texts(object, "key", table->key, table->key_count);
    document_text(object, "zero_dates", dates[table->zero_dates]);
    document_text(object, "bad_text", texts[table->bad_text]);
    document_text(object, "schema_changes", changes[table->schema_changes]);
    if (table->type_count > 0)
        (void)json_object_set_new(object, "types", show_types(table));
    if (table->late_ms)
        show_duration(object, "late", table->late_ms);
    if (table->every_ms)
        show_duration(object, "every", table->every_ms);
    if (table->place.line)
        document_count(object, "line", table->place.line);
    return object;
}

json_t *settings_show(const struct settings *settings)
{
    static const char *const deletes[] = {"remove", "mark", "keep"};
    json_t *object = json_object();
    json_t *limits = json_object();
    json_t *tables = json_array();
    document_text(object, "file", settings->path);
    document_text(object, "state", settings->state);
    document_text(object, "socket", settings->socket);
    (void)json_object_set_new(object, "source",
                              show_endpoint(&settings->sources[0]));
    (void)json_object_set_new(object, "warehouse",
                              show_endpoint(&settings->warehouse));
    for (size_t i = 0; i < settings->table_count; i++)
        (void)json_array_append_new(tables, show_table(&settings->tables[i]));
    (void)json_object_set_new(object, "tables", tables);
    show_texts(object, "except", settings->except, settings->except_count);
    document_text(object, "deletes", deletes[settings->deletes]);
    show_duration(object, "retry", settings->retry_ms);
    show_duration(object, "bound_max_wait", settings->bound_max_wait_ms);
    show_size(limits, "memory", settings->memory_bytes);
    document_count(limits, "workers", settings->workers);
    show_size(limits, "chunk", settings->chunk_bytes);
    document_count(limits, "chunk_rows", settings->chunk_rows);
    (void)json_object_set_new(limits, "warehouse_cpu",
                              json_real((double)settings->warehouse_cpu /
                                        1000));
    (void)json_object_set_new(object, "limits", limits);
    return object;
}
