#include "fixture_log.h"

#include <string.h>
#include <zlib.h>

#define EVENT_BYTES (1u << 23)
#define TYPES 171

static void add_number(struct buffer *target, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer_add_byte(target, (uint8_t)(value >> (8 * i)));
}

void log_made_init(struct log_made *made)
{
    memset(made, 0, sizeof(*made));
    made->log_pos = 4;
}

void log_made_release(struct log_made *made)
{
    for (size_t i = 0; i < made->count; i++)
        buffer_release(&made->events[i]);
}

static void add_header(struct buffer *target, uint8_t type, size_t size,
                       uint32_t log_pos, uint16_t flags)
{
    add_number(target, 1700000000, 4);
    add_number(target, type, 1);
    add_number(target, 7, 4);
    add_number(target, size, 4);
    add_number(target, log_pos, 4);
    add_number(target, flags, 2);
}

void log_made_mend(struct buffer *event)
{
    size_t size = event->size - BINLOG_CHECKSUM_BYTES;
    uint64_t sum = crc32_z(crc32(0, NULL, 0), event->data, size);

    event->size = size;
    add_number(event, sum, 4);
}

static struct buffer *add(struct log_made *made, uint8_t type, uint16_t flags,
                          struct bytes body, bool has_checksum)
{
    struct buffer *event = &made->events[made->count++];
    size_t size = BINLOG_HEADER_BYTES + body.size + 4u * has_checksum;

    buffer_init(event, EVENT_BYTES);
    if (made->log_pos != 0 && (flags & BINLOG_ARTIFICIAL) == 0)
        made->log_pos += (uint32_t)size;
    add_header(event, type, size,
               flags & BINLOG_ARTIFICIAL ? 0 : made->log_pos, flags);
    buffer_add(event, body.data, body.size);
    if (has_checksum) {
        add_number(event, 0, 4);
        log_made_mend(event);
    }
    return event;
}

struct buffer *log_made_add(struct log_made *made, uint8_t type,
                            uint16_t flags, struct bytes body)
{
    return add(made, type, flags, body, made->has_checksum);
}

void log_made_format_body(struct buffer *body, bool is_mariadb,
                          uint8_t checksum)
{
    static const char *const servers[] = {"9.7.4-2",
                                          "10.11.19-MariaDB-0+deb12u1-log"};
    char server[50] = "";

    memcpy(server, servers[is_mariadb], strlen(servers[is_mariadb]));
    add_number(body, 4, 2);
    buffer_add(body, server, sizeof(server));
    add_number(body, 1700000000, 4);
    buffer_add_byte(body, BINLOG_HEADER_BYTES);
    for (unsigned type = 1; type <= TYPES; type++) {
        uint8_t plain = binlog_type_plain((uint8_t)type);
        bool is_second = plain >= BINLOG_WRITE_ROWS_EVENT &&
                         plain <= BINLOG_DELETE_ROWS_EVENT;
        bool is_query = plain == BINLOG_QUERY_EVENT;

        if (type == BINLOG_FORMAT_DESCRIPTION_EVENT)
            buffer_add_byte(body, 57 + TYPES);
        else
            buffer_add_byte(body, is_query ? 13 : is_second ? 10 : 8);
    }
    buffer_add_byte(body, checksum);
}

struct buffer *log_made_format(struct log_made *made, bool is_mariadb,
                               uint8_t checksum)
{
    struct buffer body;
    struct buffer *event;

    buffer_init(&body, 4096);
    log_made_format_body(&body, is_mariadb, checksum);
    event = add(made, BINLOG_FORMAT_DESCRIPTION_EVENT, 0, buffer_bytes(&body),
                true);
    buffer_release(&body);
    made->has_checksum = checksum == BINLOG_CRC32;
    return event;
}

void log_made_rotate(struct log_made *made, const char *file,
                     uint64_t offset)
{
    struct buffer body;

    buffer_init(&body, 4096);
    add_number(&body, offset, 8);
    buffer_add_text(&body, file);
    log_made_add(made, BINLOG_ROTATE_EVENT, BINLOG_ARTIFICIAL,
                 buffer_bytes(&body));
    buffer_release(&body);
}

void log_made_inner(struct buffer *target, uint8_t type, struct bytes body)
{
    add_header(target, type, BINLOG_HEADER_BYTES + body.size, 0, 0);
    buffer_add(target, body.data, body.size);
}

/* Exactly the bytes, so that sanitizers see what is read behind them. */
static enum status next(void *context, struct bytes *event,
                        enum binlog_news *news, struct error *error)
{
    struct log_made *made = context;

    (void)error;
    *news = made->ends_idle ? BINLOG_IDLE : BINLOG_END;
    if (made->given == made->count)
        return STATUS_OK;
    *news = BINLOG_EVENT;
    *event = buffer_bytes(&made->events[made->given++]);
    return STATUS_OK;
}

struct binlog_feed log_made_feed(struct log_made *made)
{
    return (struct binlog_feed){made, next};
}
