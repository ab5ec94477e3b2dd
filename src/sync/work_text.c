/*
 * What the rows of a table are made by, as text that the state keeps, and
 * whether a change of it asks for every row again.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/task.h"
#include "sync/work.h"

/* Kinds whose canonical cells are the same whatever their width. */
static const char *class_of(const struct column *column)
{
    switch (column->kind) {
    case KIND_BOOL:
    case KIND_UINT:
        return "int";
    default:
        return kind_name(column->kind);
    }
}

/* Its order is that of work_column_grew. */
static json_t *column_text(const struct column *column)
{
    return json_sprintf("%s|%s|%s|%s", class_of(column),
                        column->charset ? column->charset : "",
                        column->is_nullable ? "null" : "not null",
                        column->declared);
}

/* By what the rows are paged: another order makes places worthless. */
static json_t *key_text_of(const struct table *table)
{
    json_t *key = json_array();
    for (size_t i = 0; i < table->key_count; i++) {
        const struct column *column = &table->columns[table->key[i]];
        json_array_append_new(key, json_string(column->name));
        json_array_append_new(key, json_string(column->declared));
        json_array_append_new(key, json_string(column->collation
                                                   ? column->collation
                                                   : ""));
    }
    return key;
}

static void add_cursor(const struct work *work, json_t *shape)
{
    if (!work->cursor)
        return;
    json_object_set_new(shape, "cursor", json_string(work->cursor));
    /* An empty table tells nothing of its unit. */
    if (work->table->estimated_rows > 0)
        json_object_set_new(shape, "unit",
                            json_integer((int)work->cursor_unit));
    if (work->settings->cursor_zone)
        json_object_set_new(shape, "zone",
                            json_string(work->settings->cursor_zone));
}

bool work_known_unit(const struct work *work, enum cursor_unit *unit)
{
    if (!work->state || !work->state->shape)
        return false;
    json_t *shape = json_loads(work->state->shape, 0, NULL);
    const json_t *known = json_object_get(shape, "unit");
    const char *cursor = json_string_value(json_object_get(shape, "cursor"));
    bool is_known = json_is_integer(known) && cursor &&
                    text_equal(cursor, work->cursor);
    if (is_known)
        *unit = (enum cursor_unit)json_integer_value(known);
    json_decref(shape);
    return is_known;
}

/* Which columns the settings leave out: with another choice a new column was
 * there before. */
static void add_choice(const struct table_settings *settings, json_t *shape)
{
    if (settings->column_count == 0)
        return;
    json_t *choice = json_array();
    for (size_t i = 0; i < settings->column_count; i++)
        json_array_append_new(choice, json_string(settings->columns[i]));
    json_object_set_new(shape, "choice", choice);
}

char *work_shape_text(const struct sync *sync, const struct work *work)
{
    const struct table_settings *settings = work->settings;
    json_t *shape = json_object();
    json_t *columns = json_object();
    for (size_t i = 0; i < work->table->column_count; i++) {
        const struct column *column = &work->table->columns[i];
        if (column->is_stored)
            json_object_set_new(columns, column->seed_name,
                                column_text(column));
    }
    json_object_set_new(shape, "columns", columns);
    json_object_set_new(shape, "mode", json_string(mode_name(work->mode)));
    json_object_set_new(shape, "deletes",
                        json_integer((int)sync->settings->deletes));
    json_object_set_new(shape, "dates",
                        json_integer((int)settings->zero_dates));
    if (settings->rows)
        json_object_set_new(shape, "rows", json_string(settings->rows));
    if (settings->soft_delete)
        json_object_set_new(shape, "soft_delete",
                            json_string(settings->soft_delete));
    json_object_set_new(shape, "to", json_string(work->table->target));
    json_object_set_new(shape, "from",
                        json_string(sync->endpoint->url.path));
    json_object_set_new(shape, "key", key_text_of(work->table));
    add_choice(settings, shape);
    add_cursor(work, shape);
    char *dumped = json_dumps(shape, JSON_COMPACT | JSON_SORT_KEYS);
    char *text = memory_text(dumped);
    memory_free(dumped);
    json_decref(shape);
    return text;
}

/* A new column of a followed table comes by the log (sync/schema_changes.h). */
static bool has_all_columns(const json_t *before, json_t *now, bool follows)
{
    const char *name;
    json_t *kind;
    json_object_foreach(now, name, kind) {
        const char *old = json_string_value(json_object_get(before, name));
        if (!old && follows)
            continue;
        if (!old || !work_column_grew(old, json_string_value(kind)))
            return false;
    }
    return true;
}

bool shape_needs_reading(const char *before, const char *now)
{
    static const char *const parts[] = {"mode", "deletes", "dates", "rows",
                                        "soft_delete", "cursor", "unit",
                                        "zone", "key", "to", "from"};
    if (!before)
        return false;
    json_t *old = json_loads(before, 0, NULL);
    json_t *new = json_loads(now, 0, NULL);
    const char *mode = json_string_value(json_object_get(new, "mode"));
    bool follows = mode && text_equal(mode, mode_name(MODE_CDC));
    bool is_same = has_all_columns(json_object_get(old, "columns"),
                                   json_object_get(new, "columns"), follows);
    for (size_t i = 0; i < ARRAY_COUNT(parts) && is_same; i++) {
        const json_t *left = json_object_get(old, parts[i]);
        const json_t *right = json_object_get(new, parts[i]);
        is_same = left == right || (left && right && json_equal(left, right));
    }
    json_decref(old);
    json_decref(new);
    return !is_same;
}

bool work_must_begin_anew(const struct work *work)
{
    return work->state &&
           (work->is_lost ||
            (work->takes_over && work->state->life != LIFE_BACKFILLING) ||
            shape_needs_reading(work->state->shape, work->shape_text));
}

enum status work_note_shape(struct sync *sync, struct work *work,
                            struct state *state, struct error *error)
{
    if (!work->state)
        work->state = state_table_new(sync->endpoint->name, work->name);
    struct state_table *table = work->state;
    memory_free(table->shape);
    memory_free(table->target);
    memory_free(table->mode);
    table->shape = memory_text(work->shape_text);
    table->target = memory_text(work->table->target);
    table->mode = memory_text(mode_name(work->mode));
    table->is_guessed = work->is_guessed;
    table->life = LIFE_BACKFILLING;
    work->is_lost = false;
    return state_table_write(state, table, error);
}
