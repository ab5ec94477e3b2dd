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

/* --- prepared transactions ----------------------------------------------- */

static void release_prepared(struct binlog_prepared *prepared)
{
    memory_free(prepared->name);
    memory_free(prepared->gtid);
    memory_free(prepared->file);
}

static void remove_prepared(struct binlog_place *place, size_t index)
{
    release_prepared(&place->prepared[index]);
    place->prepared_count--;
    for (; index < place->prepared_count; index++)
        place->prepared[index] = place->prepared[index + 1];
}

static size_t find_prepared(const struct binlog_place *place,
                            const char *name)
{
    size_t index = 0;

    while (index < place->prepared_count &&
           !text_equal(place->prepared[index].name, name))
        index++;
    return index;
}

void binlog_place_add(struct binlog_place *place, const struct gtid *gtid)
{
    gtid_set_add(&place->set, gtid);
    if (gtid->is_mariadb)
        gtid_set_add_entry(&place->state,
                           (struct gtid_entry){gtid->domain, gtid->server,
                                               gtid->number});
}

void binlog_place_prepare(struct binlog_place *place,
                          const struct binlog_prepared *prepared)
{
    binlog_place_settle(place, prepared->name);
    if (place->prepared_count == BINLOG_PREPARED_MAX)
        remove_prepared(place, 0);
    place->prepared = memory_resize(place->prepared,
                                    place->prepared_count + 1,
                                    sizeof(*place->prepared));
    place->prepared[place->prepared_count++] = *prepared;
}

const struct binlog_prepared *
binlog_place_prepared(const struct binlog_place *place, const char *name)
{
    size_t index = find_prepared(place, name);

    return index < place->prepared_count ? &place->prepared[index] : NULL;
}

void binlog_place_settle(struct binlog_place *place, const char *name)
{
    size_t index = find_prepared(place, name);

    if (index < place->prepared_count)
        remove_prepared(place, index);
}

void binlog_place_move(struct binlog_place *place, const char *server)
{
    memory_free(place->server);
    memory_free(place->file);
    place->server = memory_text(server);
    place->file = memory_text("");
    place->offset = 0;
    place->is_moved = true;
    for (size_t i = 0; i < place->prepared_count; i++) {
        memory_free(place->prepared[i].file);
        place->prepared[i].file = memory_text("");
    }
}

static bool read_prepared(const json_t *array, struct binlog_place *place)
{
    bool is_good = true;

    for (size_t i = 0; i < json_array_size(array) && is_good; i++) {
        const json_t *object = json_array_get(array, i);
        struct binlog_prepared one = {.name = read_text(object, "xid"),
                                      .gtid = read_text(object, "gtid"),
                                      .file = read_text(object, "file")};

        is_good = one.name && one.gtid && one.file &&
                  read_number(object, "offset", &one.offset) &&
                  read_number(object, "bytes", &one.bytes) &&
                  read_number(object, "time", &one.time_s);
        if (is_good)
            binlog_place_prepare(place, &one);
        else
            release_prepared(&one);
    }
    return is_good;
}

/* --- texts --------------------------------------------------------------- */

bool binlog_place_read(const char *text, bool is_mariadb,
                       struct binlog_place *place)
{
    json_t *object = text ? json_loads(text, 0, NULL) : NULL;
    const char *set = json_string_value(json_object_get(object, "gtid"));
    const char *state = json_string_value(json_object_get(object, "state"));
    bool is_good;

    *place = (struct binlog_place){.server = read_text(object, "server"),
                                   .file = read_text(object, "file")};
    gtid_set_init(&place->set, is_mariadb);
    gtid_set_init(&place->state, true);
    is_good = place->server && place->file && set &&
              gtid_set_parse(&place->set, set) &&
              gtid_set_parse(&place->state, state ? state : "") &&
              read_number(object, "offset", &place->offset) &&
              read_number(object, "clock", &place->clock) &&
              read_prepared(json_object_get(object, "prepared"), place);
    if (!read_number(object, "time", &place->time))
        place->time = 0;
    place->is_moved = json_is_true(json_object_get(object, "moved"));
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

static void write_state(json_t *object, const struct gtid_set *state)
{
    struct buffer text;

    buffer_init(&text, GTID_SET_BYTES);
    gtid_set_print(state, &text);
    json_object_set_new(object, "state", json_string(buffer_text(&text)));
    buffer_release(&text);
}

static void write_prepared(json_t *object, const struct binlog_place *place)
{
    json_t *array = json_array();

    for (size_t i = 0; i < place->prepared_count; i++) {
        const struct binlog_prepared *one = &place->prepared[i];
        json_t *item = json_object();

        json_object_set_new(item, "xid", json_string(one->name));
        json_object_set_new(item, "gtid", json_string(one->gtid));
        json_object_set_new(item, "file", json_string(one->file));
        write_number(item, "offset", one->offset);
        write_number(item, "bytes", one->bytes);
        write_number(item, "time", one->time_s);
        json_array_append_new(array, item);
    }
    json_object_set_new(object, "prepared", array);
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
    if (place->is_moved)
        json_object_set_new(object, "moved", json_true());
    if (place->set.is_mariadb)
        write_state(object, &place->state);
    if (place->prepared_count > 0)
        write_prepared(object, place);
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
    gtid_set_release(&place->state);
    for (size_t i = 0; i < place->prepared_count; i++)
        release_prepared(&place->prepared[i]);
    memory_free(place->prepared);
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

bool binlog_place_waiting(const char *text, struct log_waiting *waiting)
{
    json_t *object = text ? json_loads(text, 0, NULL) : NULL;
    const json_t *array = json_object_get(object, "prepared");
    const json_t *first = json_array_get(array, 0);
    const char *name = json_string_value(json_object_get(first, "xid"));
    uint64_t time_s = 0;

    *waiting = (struct log_waiting){.count = json_array_size(array)};
    if (name && read_number(first, "time", &time_s)) {
        (void)snprintf(waiting->name, sizeof(waiting->name), "%s", name);
        waiting->since_s = (int64_t)time_s;
    }
    json_decref(object);
    return waiting->since_s != 0;
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
