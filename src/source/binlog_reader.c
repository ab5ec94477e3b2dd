/*
 * Order, checksums and offsets. What must stay true: no event is passed over;
 * the offset is that of the bytes in the file, whatever the server sends
 * beside them; what an event counts depends on its content alone.
 */
#include "source/binlog_reader.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

/* More than half the circle ahead is behind. */
#define AHEAD_MAX ((uint32_t)1 << 31)
#define INFLATED_BYTES_MAX (2 * (size_t)BINLOG_EVENT_BYTES_MAX)

void binlog_reader_init(struct binlog_reader *reader,
                        const struct binlog_feed *feed, const char *file,
                        uint64_t offset, bool may_skip)
{
    memset(reader, 0, sizeof(*reader));
    reader->feed = *feed;
    reader->file = memory_text(file);
    reader->offset = offset;
    reader->may_skip = may_skip;
    buffer_init(&reader->inflated, INFLATED_BYTES_MAX);
    binlog_unpacker_init(&reader->unpacker);
}

void binlog_reader_release(struct binlog_reader *reader)
{
    memory_free(reader->file);
    reader->file = NULL;
    buffer_release(&reader->inflated);
    binlog_unpacker_release(&reader->unpacker);
}

enum status binlog_damaged(const struct binlog_reader *reader,
                           const struct binlog_event *event, const char *why,
                           struct error *error)
{
    char type[32];

    return error_set(error, ERROR_LOG_DAMAGED,
                     "could not read the log at %s:%" PRIu64 ": %s, %s",
                     reader->file ? reader->file : "its start", event->start,
                     binlog_type_text(type, event->header.type), why);
}

static enum status unknown(const struct binlog_reader *reader,
                           const struct binlog_event *event,
                           struct error *error)
{
    char type[32];

    return error_set(error, ERROR_LOG_EVENT,
                     "cannot read the log at %s:%" PRIu64
                     ": %s is not understood",
                     reader->file ? reader->file : "its start", event->start,
                     binlog_type_text(type, event->header.type));
}

/* What a server sends without it being in the file there. */
static bool stands_in_file(const struct binlog_header *header)
{
    switch (header->type) {
    case BINLOG_HEARTBEAT_EVENT:
    case BINLOG_HEARTBEAT_V2_EVENT:
        return false;
    case BINLOG_ROTATE_EVENT:
    case BINLOG_FORMAT_DESCRIPTION_EVENT:
    case BINLOG_START_ENCRYPTION_EVENT:
        return header->log_pos != 0 &&
               (header->flags & BINLOG_ARTIFICIAL) == 0;
    default:
        return (header->flags & BINLOG_ARTIFICIAL) == 0;
    }
}

/* Moves the offset behind the event. */
static enum status note_place(struct binlog_reader *reader,
                              struct binlog_event *event,
                              struct error *error)
{
    const struct binlog_header *header = &event->header;
    uint64_t end = reader->offset + header->length;
    uint32_t ahead = header->log_pos - (uint32_t)end;

    event->start = event->end = reader->offset;
    if (!stands_in_file(header))
        return STATUS_OK;
    if (header->log_pos != 0 && ahead != 0) {
        if (!reader->may_skip || ahead >= AHEAD_MAX)
            return error_set(
                error, ERROR_LOG_ANOTHER,
                "cannot read the log at %s:%" PRIu64
                ": the event that comes there says it ends at %" PRIu32
                ", not at %" PRIu64, reader->file ? reader->file : "its start",
                reader->offset, header->log_pos, end);
        reader->skipped_bytes += ahead;
        end += ahead;
    }
    event->start = end - header->length;
    event->end = end;
    reader->offset = end;
    return STATUS_OK;
}

static enum status take_format(struct binlog_reader *reader,
                               struct binlog_event *event, struct bytes raw,
                               struct error *error)
{
    if (!binlog_format_parse(event->body, &reader->format))
        return binlog_damaged(reader, event, "malformed", error);
    reader->has_format = true;
    reader->format_time = event->header.time;
    reader->checksum = reader->format.checksum;
    /* A server that changes it for a dump sums it anew if others have sums. */
    if (reader->format.has_checksum &&
        (reader->checksum == BINLOG_CRC32 || event->header.log_pos != 0) &&
        !binlog_checksum_fits(raw))
        return binlog_damaged(reader, event, "wrong checksum", error);
    if (reader->format.has_checksum)
        event->body.size -= BINLOG_CHECKSUM_BYTES;
    return STATUS_OK;
}

/* Checks and takes off the checksum. */
static enum status take_checksum(struct binlog_reader *reader,
                                 struct binlog_event *event,
                                 struct bytes raw, struct error *error)
{
    if (event->header.type == BINLOG_FORMAT_DESCRIPTION_EVENT)
        return take_format(reader, event, raw, error);
    if (reader->checksum == BINLOG_NO_CHECKSUM)
        return STATUS_OK;
    if (event->body.size < BINLOG_CHECKSUM_BYTES)
        return binlog_damaged(reader, event, "too short", error);
    if (!binlog_checksum_fits(raw))
        return binlog_damaged(reader, event, "wrong checksum", error);
    event->body.size -= BINLOG_CHECKSUM_BYTES;
    return STATUS_OK;
}

static enum status take_rotate(struct binlog_reader *reader,
                               const struct binlog_event *event,
                               struct error *error)
{
    struct binlog_rotate rotate;

    if (!binlog_rotate_parse(event->body, &rotate))
        return binlog_damaged(reader, event, "malformed", error);
    /* The real one stands at the end of its file; a fake one follows. */
    if (stands_in_file(&event->header))
        return STATUS_OK;
    memory_free(reader->file);
    reader->file = memory_text_part((const char *)rotate.file.data,
                                    rotate.file.size);
    reader->offset = rotate.offset;
    return STATUS_OK;
}

/* By GTID the server tells so how far it has passed over what is known. */
static enum status take_heartbeat(struct binlog_reader *reader,
                                  struct binlog_event *event,
                                  struct error *error)
{
    struct binlog_rotate at;

    if (!binlog_heartbeat_parse(&event->header, event->body, &at))
        return binlog_damaged(reader, event, "malformed", error);
    if (!reader->may_skip || !reader->file || at.offset < reader->offset ||
        !bytes_equal(at.file, bytes_of(reader->file)))
        return STATUS_OK;
    reader->skipped_bytes += at.offset - reader->offset;
    reader->offset = event->start = event->end = at.offset;
    return STATUS_OK;
}

static enum status take_payload(struct binlog_reader *reader,
                                struct binlog_event *event,
                                struct error *error)
{
    struct binlog_payload payload;

    if (!binlog_payload_parse(event->body, &payload) ||
        !binlog_unpacker_start(&reader->unpacker, &payload))
        return binlog_damaged(reader, event, "malformed", error);
    reader->payload = *event;
    reader->is_in_payload = true;
    return STATUS_OK;
}

static enum status take_packed(struct binlog_reader *reader,
                               struct binlog_event *event,
                               struct error *error)
{
    struct binlog_packed packed;

    if (!binlog_packed_parse(&reader->format, event->header.type, event->body,
                             &packed))
        return binlog_damaged(reader, event, "malformed", error);
    event->is_packed = true;
    if (event->counted_bytes > 0)
        event->counted_bytes =
            BINLOG_HEADER_BYTES + packed.head.size + packed.full_bytes;
    if (event->type == BINLOG_QUERY_EVENT)
        return binlog_reader_inflate(reader, event, error);
    return STATUS_OK;
}

enum status binlog_reader_inflate(struct binlog_reader *reader,
                                  struct binlog_event *event,
                                  struct error *error)
{
    struct binlog_packed packed;

    if (!event->is_packed)
        return STATUS_OK;
    if (!binlog_packed_parse(&reader->format, event->header.type, event->body,
                             &packed) ||
        !binlog_packed_inflate(&packed, &reader->inflated))
        return binlog_damaged(reader, event, "malformed", error);
    event->body = buffer_bytes(&reader->inflated);
    event->is_packed = false;
    return STATUS_OK;
}

/* What the reader itself must know of an event whose body is clean. */
static enum status take_event(struct binlog_reader *reader,
                              struct binlog_event *event, struct error *error)
{
    event->class = binlog_header_class(&event->header);
    if (event->class == BINLOG_STOP)
        return unknown(reader, event, error);
    event->type = binlog_type_plain(event->header.type);
    if (binlog_header_is_counted(&event->header))
        event->counted_bytes = BINLOG_HEADER_BYTES + event->body.size;
    if (event->type != event->header.type)
        return take_packed(reader, event, error);
    switch (event->type) {
    case BINLOG_ROTATE_EVENT:
        return take_rotate(reader, event, error);
    case BINLOG_HEARTBEAT_EVENT:
    case BINLOG_HEARTBEAT_V2_EVENT:
        return take_heartbeat(reader, event, error);
    case BINLOG_TRANSACTION_PAYLOAD_EVENT:
        return take_payload(reader, event, error);
    default:
        return STATUS_OK;
    }
}

static bool may_stand_first(uint8_t type)
{
    return type == BINLOG_ROTATE_EVENT || type == BINLOG_HEARTBEAT_EVENT ||
           type == BINLOG_HEARTBEAT_V2_EVENT ||
           type == BINLOG_FORMAT_DESCRIPTION_EVENT;
}

static enum status next_outer(struct binlog_reader *reader, struct bytes raw,
                              struct binlog_event *event,
                              struct error *error)
{
    enum status status;

    event->start = reader->offset;
    if (!binlog_header_parse(raw, &event->header) ||
        event->header.length != raw.size)
        return binlog_damaged(reader, event, "its length is wrong", error);
    event->body = (struct bytes){raw.data + BINLOG_HEADER_BYTES,
                                 raw.size - BINLOG_HEADER_BYTES};
    if (!reader->has_format && !may_stand_first(event->header.type))
        return binlog_damaged(reader, event, "no format came before it",
                              error);
    status = take_checksum(reader, event, raw, error);
    if (status == STATUS_OK)
        status = note_place(reader, event, error);
    if (status == STATUS_OK)
        status = take_event(reader, event, error);
    return status;
}

/* The next event of the payload; *is_there false behind its last. */
static enum status next_inner(struct binlog_reader *reader,
                              struct binlog_event *event, bool *is_there,
                              struct error *error)
{
    struct bytes raw;

    *is_there = false;
    if (!binlog_unpacker_next(&reader->unpacker, &raw))
        return binlog_damaged(reader, &reader->payload, "malformed inside",
                              error);
    reader->is_in_payload = *is_there = raw.size > 0;
    if (!*is_there)
        return STATUS_OK;
    event->is_inner = true;
    event->start = reader->payload.start;
    event->end = reader->payload.end;
    if (!binlog_header_parse(raw, &event->header))
        return binlog_damaged(reader, event, "its length is wrong", error);
    event->body = (struct bytes){raw.data + BINLOG_HEADER_BYTES,
                                 raw.size - BINLOG_HEADER_BYTES};
    if (event->header.type == BINLOG_TRANSACTION_PAYLOAD_EVENT ||
        may_stand_first(event->header.type))
        return binlog_damaged(reader, event, "inside a payload", error);
    return take_event(reader, event, error);
}

enum status binlog_next(struct binlog_reader *reader,
                        struct binlog_event *event, enum binlog_news *news,
                        struct error *error)
{
    struct bytes raw;
    enum status status;

    memset(event, 0, sizeof(*event));
    *news = BINLOG_EVENT;
    if (reader->is_in_payload) {
        bool is_there;

        status = next_inner(reader, event, &is_there, error);
        if (status != STATUS_OK || is_there)
            return status;
    }
    status = reader->feed.next(reader->feed.context, &raw, news, error);
    if (status != STATUS_OK || *news != BINLOG_EVENT)
        return status;
    return next_outer(reader, raw, event, error);
}
