/*
 * Small prepared transactions of XA stay in memory until they end, as the
 * bytes that came: a second link for each would cost more than they do. What
 * must stay true: no more than a fixed number of bytes is held; whatever is
 * not held is read again from the log.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_follow.h"

#define HELD_EACH_BYTES ((size_t)4 << 20)
#define HELD_ALL_BYTES ((size_t)16 << 20)

/* Behind its first events, which came before anybody knew what it is. */
struct follow_held {
    struct follow_held *next;
    char *name;           /* NULL while it is being prepared */
    struct buffer events; /* each behind its length, as it came */
    size_t given;
    uint64_t lead;        /* bytes of the clock that stand before */
    uint64_t offset;
    char *file;
    struct binlog_format format;
    uint8_t checksum;
};

static void free_held(struct follow_held *held)
{
    buffer_release(&held->events);
    memory_free(held->name);
    memory_free(held->file);
    memory_free(held);
}

void follow_hold_start(struct follow *follow)
{
    struct follow_held *held;

    follow_hold_drop(follow);
    if (follow->reader.is_in_payload || !follow->reader.file)
        return;
    held = memory_new(1, sizeof(*held));
    buffer_init(&held->events, HELD_EACH_BYTES);
    held->file = memory_text(follow->reader.file);
    held->format = follow->reader.format;
    held->checksum = follow->reader.checksum;
    follow->holding = held;
}

void follow_hold_drop(struct follow *follow)
{
    if (follow->holding)
        free_held(follow->holding);
    follow->holding = NULL;
}

static void hold(struct follow *follow, struct bytes raw)
{
    struct follow_held *held = follow->holding;
    uint32_t size = (uint32_t)raw.size;

    if (held->events.size + sizeof(size) + raw.size > HELD_EACH_BYTES ||
        follow->held_bytes + held->events.size + raw.size > HELD_ALL_BYTES) {
        follow_hold_drop(follow);
        return;
    }
    if (held->events.size == 0) {
        held->lead = follow->prepared_bytes;
        held->offset = follow->reader.offset;
    }
    buffer_add(&held->events, (const uint8_t *)&size, sizeof(size));
    buffer_add(&held->events, raw.data, raw.size);
}

enum status follow_feed(void *context, struct bytes *event,
                        enum binlog_news *news, struct error *error)
{
    struct follow *follow = context;
    enum status status = binlog_link_next(follow->link, event, news, error);

    if (status == STATUS_OK && *news == BINLOG_EVENT && follow->holding)
        hold(follow, *event);
    return status;
}

void follow_hold_end(struct follow *follow, const char *name)
{
    struct follow_held *held = follow->holding;

    if (!held)
        return;
    held->name = memory_text(name);
    held->next = follow->held;
    follow->held = held;
    follow->held_bytes += held->events.size;
    follow->holding = NULL;
}

struct follow_held *follow_hold_take(struct follow *follow, const char *name)
{
    struct follow_held **place = &follow->held;
    struct follow_held *found;

    while (*place && !text_equal((*place)->name, name))
        place = &(*place)->next;
    found = *place;
    if (!found)
        return NULL;
    *place = found->next;
    follow->held_bytes -= found->events.size;
    return found;
}

static enum status next_held(void *context, struct bytes *event,
                             enum binlog_news *news, struct error *error)
{
    struct follow_held *held = context;
    struct bytes all = buffer_bytes(&held->events);
    uint32_t size;

    (void)error;
    *news = BINLOG_END;
    if (held->given == all.size)
        return STATUS_OK;
    memcpy(&size, all.data + held->given, sizeof(size));
    *event = (struct bytes){all.data + held->given + sizeof(size), size};
    held->given += sizeof(size) + size;
    *news = BINLOG_EVENT;
    return STATUS_OK;
}

uint64_t follow_hold_read(struct follow_held *held,
                          struct binlog_reader *reader)
{
    struct binlog_feed feed = {held, next_held};

    binlog_reader_init(reader, &feed, held->file, held->offset, true);
    reader->format = held->format;
    reader->has_format = true;
    reader->checksum = held->checksum;
    return held->lead;
}

void follow_hold_free(struct follow_held *held)
{
    if (held)
        free_held(held);
}

void follow_hold_close(struct follow *follow)
{
    follow_hold_drop(follow);
    while (follow->held) {
        struct follow_held *held = follow->held;
        follow->held = held->next;
        free_held(held);
    }
}
