/*
 * The layout of a table as the manifest tells it: names, types, the names the
 * columns were first seen under, and the key.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "files.h"

/* A table has at most 4,096 columns with short names. */
#define LAYOUT_BYTES ((size_t)16 << 20)

static void write_type(const struct column *column, struct buffer *target)
{
    buffer_add_text(target, kind_name(column->kind));
    if (column->kind == KIND_DECIMAL)
        buffer_add_format(target, "(%u,%u)", column->precision,
                          column->scale);
    else if (column->kind == KIND_INT || column->kind == KIND_UINT ||
             column->kind == KIND_FLOAT)
        buffer_add_format(target, "%u", column->width * 8u);
}

static void write_column(const struct column *column, struct buffer *target)
{
    buffer_add_text(target, "{\"name\":");
    files_quote(column->name, target);
    buffer_add_text(target, ",\"type\":\"");
    write_type(column, target);
    buffer_add_format(target, "\",\"nullable\":%s,\"seed\":",
                      column->is_nullable ? "true" : "false");
    files_quote(column->seed_name, target);
    buffer_add_byte(target, '}');
}

void files_layout_write(const struct table *table, struct buffer *target)
{
    const char *between = "";
    buffer_add_text(target, "\"key\":[");
    for (size_t i = 0; i < table->key_count; i++) {
        buffer_add_text(target, between);
        files_quote(table->columns[table->key[i]].name, target);
        between = ",";
    }
    buffer_add_text(target, "],\"columns\":[");
    between = "";
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored)
            continue;
        buffer_add_text(target, between);
        write_column(&table->columns[i], target);
        between = ",";
    }
    buffer_add_byte(target, ']');
}

json_t *files_layout_of(const struct table *table)
{
    struct buffer text;
    buffer_init(&text, LAYOUT_BYTES);
    buffer_add_byte(&text, '{');
    files_layout_write(table, &text);
    buffer_add_byte(&text, '}');
    json_t *layout = json_loadb((const char *)text.data, text.size, 0, NULL);
    buffer_release(&text);
    return layout;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

const json_t *files_layout_find(const json_t *layout, const char *name)
{
    const json_t *columns = json_object_get(layout, "columns");
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        if (text_equal(text_of(column, "name"), name))
            return column;
    }
    return NULL;
}

static void add_change(struct warehouse_plan *plan, char kind, char *text)
{
    plan->changes = memory_resize(plan->changes, plan->count + 1,
                                  sizeof *plan->changes);
    plan->changes[plan->count++] =
        (struct warehouse_change){.kind = kind, .text = text};
}

/* Types whose cells are written alike: one column may hold both. */
static const char *family_of(const char *type)
{
    static const char *const NUMBERS[] = {"int", "uint", "float", "decimal"};
    static const char *const TEXTS[] = {"text", "json", "uuid"};
    for (size_t i = 0; i < ARRAY_COUNT(NUMBERS); i++)
        if (text_starts(type, NUMBERS[i]))
            return "number";
    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++)
        if (text_equal(type, TEXTS[i]))
            return "text";
    return type;
}

static void refuse(struct warehouse_plan *plan, char *why)
{
    if (plan->why)
        memory_free(why);
    else
        plan->why = why;
    plan->needs_reload = true;
}

static void compare_column(const char *target, const json_t *column,
                           const json_t *stored, struct warehouse_plan *plan)
{
    const char *name = text_of(column, "name");
    const char *type = text_of(column, "type");
    const char *before = text_of(stored, "type");
    if (!stored)
        add_change(plan, '~', memory_format("add column %s.%s %s", target,
                                            name, type));
    else if (!text_equal(family_of(type), family_of(before)))
        refuse(plan, memory_format("column %s is stored as %s, not %s", name,
                                   before, type));
    else if (!text_equal(type, before))
        add_change(plan, '~',
                   memory_format("change column %s.%s from %s to %s", target,
                                 name, before, type));
    else if (!json_equal(column, stored))
        add_change(plan, '~', memory_format("describe column %s.%s anew",
                                            target, name));
}

static void plan_new(const struct table *table, struct warehouse_plan *plan)
{
    char folder[FILES_ENCODED_BYTES];
    size_t columns = 0;
    for (size_t i = 0; i < table->column_count; i++)
        columns += table->columns[i].is_stored ? 1 : 0;
    files_name(table->target, folder);
    plan->is_new = true;
    add_change(plan, '+', memory_format("create folder %s (%zu column%s)",
                                        folder, columns,
                                        columns == 1 ? "" : "s"));
}

void files_layout_plan(const struct table *table,
                       const struct files_reading *live,
                       struct warehouse_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    if (!live->layout) {
        plan_new(table, plan);
        return;
    }
    json_t *layout = files_layout_of(table);
    const json_t *columns = json_object_get(layout, "columns");
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        compare_column(table->target, column,
                       files_layout_find(live->layout,
                                         text_of(column, "name")),
                       plan);
    }
    if (!json_equal(json_object_get(layout, "key"),
                    json_object_get(live->layout, "key")))
        refuse(plan, memory_format("the rows there have another key"));
    /* Without rows any layout will do. */
    if (plan->needs_reload && live->rows == 0) {
        memory_free(plan->why);
        plan->why = NULL;
        plan->needs_reload = false;
        add_change(plan, '~', memory_format("describe %s anew",
                                            table->target));
    }
    json_decref(layout);
}
