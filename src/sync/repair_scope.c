/* Scopes of requests as text and back. */
#include "sync/repair_scope.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/memory.h"
#include "base/text.h"

/* "["1"],["2"]" of an array of arrays; NULL where it is none. */
static char *read_values(const json_t *array)
{
    struct buffer text;
    size_t index;
    json_t *value;
    bool is_good = json_is_array(array) && json_array_size(array) > 0;
    buffer_init(&text, SIZE_MAX);
    json_array_foreach (array, index, value) {
        char *dumped = json_is_array(value)
                           ? json_dumps(value, JSON_COMPACT)
                           : NULL;
        is_good = is_good && dumped;
        buffer_add_text(&text, index > 0 ? "," : "");
        buffer_add_text(&text, dumped ? dumped : "");
        memory_free(dumped);
    }
    char *values = is_good ? memory_text(buffer_text(&text)) : NULL;
    buffer_release(&text);
    return values;
}

static bool read_columns(const json_t *array, struct scope *scope)
{
    size_t count = json_array_size(array);
    scope->columns = memory_new(count, sizeof *scope->columns);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(array, i));
        if (!name)
            return false;
        scope->columns[scope->column_count++] = memory_text(name);
    }
    return count > 0;
}

/* Those that name nothing. */
static bool read_word(const json_t *object, struct scope *scope)
{
    scope->waits = json_is_true(json_object_get(object, "waits"));
    scope->is_copy = json_is_true(json_object_get(object, "copy"));
    if (json_is_true(json_object_get(object, "all")))
        scope->kind = SCOPE_ALL;
    else if (json_is_true(json_object_get(object, "passed")))
        scope->kind = SCOPE_PASSED;
    else if (json_is_true(json_object_get(object, "went")))
        scope->kind = SCOPE_WENT;
    else
        return false;
    return true;
}

static bool read_object(const json_t *object, struct scope *scope)
{
    const char *below = json_string_value(json_object_get(object, "below"));
    const json_t *keys = json_object_get(object, "keys");
    const json_t *columns = json_object_get(object, "children");
    if (read_word(object, scope))
        return true;
    if (below) {
        scope->kind = SCOPE_BELOW;
        return text_to_u64(below, &scope->below) && scope->below > 0;
    }
    if (keys) {
        scope->kind = SCOPE_KEYS;
        scope->values = read_values(keys);
    } else if (columns) {
        scope->kind = SCOPE_CHILDREN;
        scope->level = (unsigned)json_integer_value(
            json_object_get(object, "level"));
        scope->is_gone = json_is_true(json_object_get(object, "gone"));
        scope->values = read_values(json_object_get(object, "values"));
        if (!read_columns(columns, scope))
            return false;
    }
    return scope->values != NULL;
}

void scope_read(const char *text, struct scope *scope)
{
    json_t *object = json_loads(text, 0, NULL);
    *scope = (struct scope){.kind = SCOPE_ALL};
    if (!read_object(object, scope)) {
        scope_release(scope);
        scope->kind = SCOPE_ALL;
    }
    json_decref(object);
}

void scope_release(struct scope *scope)
{
    for (size_t i = 0; i < scope->column_count; i++)
        memory_free(scope->columns[i]);
    memory_free(scope->columns);
    memory_free(scope->values);
    *scope = (struct scope){.kind = scope->kind};
}

static void add_values(struct buffer *text, const struct repair_list *values)
{
    for (size_t i = 0; i < values->count; i++) {
        buffer_add_text(text, i > 0 ? "," : "");
        buffer_add_text(text, repair_list_at(values, i));
    }
}

static char *take_text(struct buffer *text)
{
    char *taken = memory_text(buffer_text(text));
    buffer_release(text);
    return taken;
}

char *scope_keys(const struct repair_list *keys)
{
    struct buffer text;
    buffer_init(&text, SIZE_MAX);
    buffer_add_text(&text, "{\"keys\":[");
    add_values(&text, keys);
    buffer_add_text(&text, "]}");
    return take_text(&text);
}

char *scope_children(const struct scope *scope,
                     const struct repair_list *values)
{
    struct buffer text;
    json_t *names = json_array();
    for (size_t i = 0; i < scope->column_count; i++)
        json_array_append_new(names, json_string(scope->columns[i]));
    char *dumped = json_dumps(names, JSON_COMPACT);
    buffer_init(&text, SIZE_MAX);
    buffer_add_format(&text, "{\"children\":%s,\"level\":%u,%s%s\"values\":[",
                      dumped, scope->level,
                      scope->is_gone ? "\"gone\":true," : "",
                      scope->waits ? "\"waits\":true," : "");
    add_values(&text, values);
    buffer_add_text(&text, "]}");
    memory_free(dumped);
    json_decref(names);
    return take_text(&text);
}

size_t *scope_columns(const struct table *table, const char *const *names,
                      size_t count)
{
    size_t *indexes = memory_new(count, sizeof *indexes);
    for (size_t i = 0; i < count; i++) {
        indexes[i] = table_find(table, names[i]);
        if (indexes[i] < table->column_count &&
            table->columns[indexes[i]].is_stored)
            continue;
        memory_free(indexes);
        return NULL;
    }
    return indexes;
}
