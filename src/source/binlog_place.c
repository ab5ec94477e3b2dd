/* Places of the log as JSON that people can read in the state. */
#include "source/binlog_place.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/memory.h"
#include "base/text.h"

static bool read_number(const json_t *object, const char *name,
                        uint64_t *number)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && text_to_u64(text, number);
}

static char *read_text(const json_t *object, const char *name)
{
    return memory_text(json_string_value(json_object_get(object, name)));
}

bool binlog_place_read(const char *text, bool is_mariadb,
                       struct binlog_place *place)
{
    json_t *object = text ? json_loads(text, 0, NULL) : NULL;
    const char *set = json_string_value(json_object_get(object, "gtid"));
    bool is_good;

    *place = (struct binlog_place){.server = read_text(object, "server"),
                                   .file = read_text(object, "file")};
    gtid_set_init(&place->set, is_mariadb);
    is_good = place->server && place->file && set &&
              gtid_set_parse(&place->set, set) &&
              read_number(object, "offset", &place->offset) &&
              read_number(object, "clock", &place->clock);
    if (!read_number(object, "time", &place->time))
        place->time = 0;
    json_decref(object);
    if (!is_good)
        binlog_place_release(place);
    return is_good;
}

static void write_number(json_t *object, const char *name, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    json_object_set_new(object, name, json_string(text));
}

char *binlog_place_text(const struct binlog_place *place)
{
    json_t *object = json_object();
    struct buffer set;
    char *dumped;
    char *text;

    buffer_init(&set, GTID_SET_BYTES);
    gtid_set_print(&place->set, &set);
    json_object_set_new(object, "server", json_string(place->server));
    json_object_set_new(object, "file", json_string(place->file));
    write_number(object, "offset", place->offset);
    json_object_set_new(object, "gtid", json_string(buffer_text(&set)));
    write_number(object, "clock", place->clock);
    if (place->time != 0)
        write_number(object, "time", place->time);
    dumped = json_dumps(object, JSON_COMPACT);
    text = memory_text(dumped);
    memory_free(dumped);
    buffer_release(&set);
    json_decref(object);
    return text;
}

void binlog_place_release(struct binlog_place *place)
{
    memory_free(place->server);
    memory_free(place->file);
    gtid_set_release(&place->set);
    *place = (struct binlog_place){.server = NULL};
}

uint64_t binlog_place_clock(const char *text)
{
    uint64_t clock = 0;
    json_t *object = text ? json_loads(text, 0, NULL) : NULL;

    if (!read_number(object, "clock", &clock))
        clock = 0;
    json_decref(object);
    return clock;
}

bool binlog_place_spot(const char *text, struct log_spot *spot)
{
    json_t *object = text ? json_loads(text, 0, NULL) : NULL;
    uint64_t seconds = 0;
    bool is_good;

    *spot = (struct log_spot){.file = read_text(object, "file"),
                              .gtid = read_text(object, "gtid")};
    is_good = spot->file && read_number(object, "offset", &spot->offset);
    if (read_number(object, "time", &seconds))
        spot->time_us = (int64_t)seconds * 1000000;
    json_decref(object);
    if (!is_good)
        log_spot_release(spot);
    return is_good;
}

void log_spot_release(struct log_spot *spot)
{
    memory_free(spot->file);
    memory_free(spot->gtid);
    *spot = (struct log_spot){.file = NULL};
}
