#include "fixture_binlog.h"

#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "fixture_mysql.h"

#define EPOCH 3
#define CLOCK 1000

const struct binlog_map_form EVENT_FORMAT = {.map_post_bytes = 8};

static unsigned nibble(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0')
                        : (unsigned)(digit - 'a' + 10);
}

void event_add(struct event_bytes *event, const char *hex)
{
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        assert_true(event->size < sizeof(event->data));
        event->data[event->size++] =
            (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
        hex++;
    }
}

struct bytes event_body(const struct event_bytes *event)
{
    return (struct bytes){event->data, event->size};
}

static void add_counted(struct event_bytes *event, const char *hex)
{
    size_t at = event->size++;

    event_add(event, hex);
    event->data[at] = (uint8_t)(event->size - at - 1);
}

void event_map(struct event_bytes *event, const char *types,
               const char *metadata, const char *nulls)
{
    event->size = 0;
    event_add(event, "070000000000 0100 04 73686f7000 06 6f726465727300");
    add_counted(event, types);
    add_counted(event, metadata);
    event_add(event, nulls);
}

void event_field(struct event_bytes *event, uint8_t kind, const char *hex)
{
    event->data[event->size++] = kind;
    add_counted(event, hex);
}

void event_names(struct event_bytes *event, const char *names)
{
    size_t at;

    event->data[event->size++] = 4;
    at = event->size++;
    while (*names) {
        size_t length = strcspn(names, ",");
        event->data[event->size++] = (uint8_t)length;
        memcpy(event->data + event->size, names, length);
        event->size += length;
        names += length + (names[length] == ',');
    }
    event->data[at] = (uint8_t)(event->size - at - 1);
}

const struct mysql_charset *const *event_charsets(void)
{
    static const struct mysql_charset *charsets[64];

    for (size_t i = 0; i < 64; i++)
        charsets[i] = mysql_set(FORM_UTF8);
    return charsets;
}

static enum status room(void *context, struct followed *followed,
                        struct batch **batch, struct error *error)
{
    struct log_table *table = context;

    (void)followed;
    (void)error;
    *batch = table->batch;
    return STATUS_OK;
}

void log_table_open(struct log_table *opened, struct table *table,
                    const struct event_bytes *map)
{
    char reason[128];

    *opened = (struct log_table){.table = table};
    opened->batch = batch_new(table, 64, 1 << 20);
    opened->followed.table = table;
    opened->sink = (struct log_sink){.context = opened, .room = room};
    assert_true(
        binlog_map_parse(&opened->map, event_body(map), &EVENT_FORMAT));
    if (binlog_map_resolve(&opened->map, table, NULL, event_charsets(),
                           &opened->resolution) != BINLOG_MATCH)
        fail_msg("%s", opened->resolution.reason);
    assert_true(binlog_table_init(&opened->rows, &opened->followed,
                                  &opened->map, &opened->resolution,
                                  event_charsets(), reason));
}

void log_table_close(struct log_table *opened)
{
    binlog_table_release(&opened->rows);
    binlog_resolution_release(&opened->resolution);
    binlog_map_release(&opened->map);
    binlog_rows_result_release(&opened->result);
    batch_free(opened->batch);
    table_free(opened->table);
}

enum status log_table_read(struct log_table *opened,
                           enum binlog_rows_kind kind, const char *hex,
                           struct error *error)
{
    struct event_bytes event = {.size = 0};
    struct binlog_rows rows = {.kind = kind,
                               .has_extra = true,
                               .post_bytes = 10,
                               .epoch = EPOCH,
                               .clock = CLOCK};
    uint8_t *exact;
    enum status status;

    event_add(&event, "070000000000 0100 0200");
    event_add(&event, hex);
    exact = memory_new(event.size, 1);
    memcpy(exact, event.data, event.size);
    rows.body = (struct bytes){exact, event.size};
    binlog_rows_result_clear(&opened->result);
    status = binlog_rows_read(&opened->rows, &rows, &opened->sink,
                              &opened->result, error);
    memory_free(exact);
    return status;
}
