/*
 * Checkpoints of windows, backfills and reloads as JSON that people can read
 * in SQLite. `after` is the source's own text and is passed through unread.
 */
#include <jansson.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/calendar.h"
#include "sync/task.h"

void place_init(struct place *place)
{
    *place = (struct place){.mark_us = INT64_MIN, .bound_us = INT64_MIN};
}

void place_release(struct place *place)
{
    memory_free(place->after);
    memory_free(place->phase);
    memory_free(place->token);
    place_init(place);
}

static bool read_instant(const json_t *object, const char *name, int64_t *us)
{
    const json_t *value = json_object_get(object, name);
    if (!value)
        return true;
    const char *text = json_string_value(value);
    return text && calendar_parse_datetime(bytes_of(text), us);
}

static bool read_text(const json_t *object, const char *name, char **target)
{
    const json_t *value = json_object_get(object, name);
    if (!value)
        return true;
    *target = memory_text(json_string_value(value));
    return *target != NULL;
}

static bool read_after(const json_t *object, char **target)
{
    const json_t *value = json_object_get(object, "after");
    if (!value)
        return true;
    char *text = json_dumps(value, JSON_COMPACT);
    *target = memory_text(text);
    memory_free(text);
    return json_is_array(value) && *target;
}

enum status place_read(const char *text, const char *stream,
                       struct place *place, struct error *error)
{
    place_init(place);
    if (!text)
        return STATUS_OK;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool is_good = json_is_object(object) &&
                   read_instant(object, "mark", &place->mark_us) &&
                   read_instant(object, "bound", &place->bound_us) &&
                   read_text(object, "phase", &place->phase) &&
                   read_text(object, "token", &place->token) &&
                   read_after(object, &place->after);
    json_decref(object);
    if (is_good)
        return STATUS_OK;
    place_release(place);
    return error_set(error, ERROR_STATE_DAMAGED,
                     "%s: cannot read the checkpoint in the state", stream);
}

static void write_instant(json_t *object, const char *name, int64_t us)
{
    char text[40];
    if (us != INT64_MIN)
        json_object_set_new(object, name, json_string(clock_text(text, us)));
}

static void write_text(json_t *object, const char *name, const char *text)
{
    if (text)
        json_object_set_new(object, name, json_string(text));
}

char *place_text(const char *phase, int64_t mark_us, int64_t bound_us,
                 const char *after, const char *token)
{
    json_t *object = json_object();
    write_text(object, "phase", phase);
    write_instant(object, "mark", mark_us);
    write_instant(object, "bound", bound_us);
    write_text(object, "token", token);
    if (after)
        json_object_set_new(object, "after", json_loads(after, 0, NULL));
    char *dumped = json_dumps(object, JSON_COMPACT);
    char *text = memory_text(dumped);
    memory_free(dumped);
    json_decref(object);
    return text;
}
