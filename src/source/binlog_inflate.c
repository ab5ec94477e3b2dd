#include "source/binlog_inflate.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "source/binlog_cut.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define KEPT_BYTES ((size_t)4 << 20) /* more is given back after use */

/* Columns, and one bitmap or two behind the fixed part of rows. */
static struct bytes cut_rows_head(const struct binlog_format *format,
                                  uint8_t type, struct binlog_cut *cut)
{
    bool is_update = type == BINLOG_UPDATE_ROWS_COMPRESSED_V1_EVENT ||
                     type == BINLOG_UPDATE_ROWS_COMPRESSED_EVENT;
    bool is_second = type >= BINLOG_WRITE_ROWS_COMPRESSED_EVENT;
    const uint8_t *start = cut->at;
    uint64_t columns;

    binlog_cut_bytes(cut, format->post[type]);
    if (is_second) { /* the extra data; its length counts itself */
        struct binlog_cut length = *cut;
        if (cut->at - start >= 2) {
            length.at -= 2;
            length.left += 2;
        }
        uint16_t extra = binlog_cut_u16(&length);
        binlog_cut_bytes(cut, extra < 2 ? 0 : extra - 2u);
    }
    columns = binlog_cut_lenenc(cut);
    if (columns > UINT16_MAX)
        cut->is_short = true;
    else
        binlog_cut_bytes(cut, (columns + 7) / 8 * (is_update ? 2 : 1));
    return (struct bytes){start, (size_t)(cut->at - start)};
}

static struct bytes cut_query_head(const struct binlog_format *format,
                                   struct binlog_cut *cut)
{
    const uint8_t *start = cut->at;
    struct bytes fixed =
        binlog_cut_bytes(cut, format->post[BINLOG_QUERY_COMPRESSED_EVENT]);

    if (fixed.size < 13)
        cut->is_short = true;
    else
        binlog_cut_bytes(cut, (fixed.data[11] | (uint64_t)fixed.data[12] << 8) +
                                  fixed.data[8] + 1);
    return (struct bytes){start, (size_t)(cut->at - start)};
}

bool binlog_packed_parse(const struct binlog_format *format, uint8_t type,
                         struct bytes body, struct binlog_packed *packed)
{
    struct binlog_cut cut = binlog_cut_of(body);
    struct bytes size;
    uint8_t first;

    packed->head = type == BINLOG_QUERY_COMPRESSED_EVENT
                       ? cut_query_head(format, &cut)
                       : cut_rows_head(format, type, &cut);
    first = binlog_cut_u8(&cut);
    size = binlog_cut_bytes(&cut, first & 7);
    packed->data = binlog_cut_rest(&cut);
    packed->full_bytes = 0;
    for (size_t i = 0; i < size.size; i++)
        packed->full_bytes = packed->full_bytes << 8 | size.data[i];
    return !cut.is_short && (first & 0xf8) == 0x80 && size.size > 0 &&
           packed->full_bytes <= BINLOG_EVENT_BYTES_MAX;
}

static bool inflate_all(z_stream *stream, uint64_t wanted,
                        struct buffer *target)
{
    uint64_t made = 0;
    int result = Z_OK;

    while (result == Z_OK) {
        size_t room = made < PIECE_BYTES ? PIECE_BYTES : (size_t)made;

        if (room > wanted - made)
            room = (size_t)(wanted - made);
        /* One byte more: too much must be seen, and no room is an error. */
        if (!buffer_reserve(target, room + 1))
            return false;
        stream->next_out = target->data + target->size;
        stream->avail_out = (uInt)(room + 1);
        result = inflate(stream, Z_NO_FLUSH);
        size_t came = room + 1 - stream->avail_out;
        target->size += came;
        made += came;
        if (made > wanted || (came == 0 && result == Z_OK))
            return false;
    }
    return result == Z_STREAM_END && made == wanted;
}

bool binlog_packed_inflate(const struct binlog_packed *packed,
                           struct buffer *target)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed->data.data,
                       .avail_in = (uInt)packed->data.size};
    bool is_good;

    if (target->capacity > KEPT_BYTES)
        buffer_release(target);
    buffer_clear(target);
    buffer_add(target, packed->head.data, packed->head.size);
    if (packed->data.size > UINT32_MAX || inflateInit(&stream) != Z_OK)
        return false;
    is_good = inflate_all(&stream, packed->full_bytes, target);
    inflateEnd(&stream);
    return is_good && !target->is_overflown;
}

bool binlog_payload_parse(struct bytes body, struct binlog_payload *payload)
{
    struct binlog_cut cut = binlog_cut_of(body);
    uint64_t size = UINT64_MAX;

    *payload = (struct binlog_payload){.kind = BINLOG_PAYLOAD_PLAIN};
    for (;;) {
        uint64_t field = binlog_cut_lenenc(&cut);
        struct binlog_cut value;

        if (field == 0 || cut.is_short)
            break;
        value = binlog_cut_of(binlog_cut_bytes(&cut, binlog_cut_lenenc(&cut)));
        if (field == 1)
            size = binlog_cut_lenenc(&value);
        else if (field == 2)
            payload->kind = binlog_cut_lenenc(&value);
        else if (field == 3)
            payload->full_bytes = binlog_cut_lenenc(&value);
        cut.is_short |= value.is_short;
    }
    payload->data = binlog_cut_rest(&cut);
    return !cut.is_short &&
           (size == UINT64_MAX || size == payload->data.size);
}

void binlog_unpacker_init(struct binlog_unpacker *unpacker)
{
    memset(unpacker, 0, sizeof(*unpacker));
    buffer_init(&unpacker->events, BINLOG_EVENT_BYTES_MAX + PIECE_BYTES);
}

void binlog_unpacker_release(struct binlog_unpacker *unpacker)
{
    ZSTD_freeDStream(unpacker->stream);
    buffer_release(&unpacker->events);
    unpacker->stream = NULL;
}

bool binlog_unpacker_start(struct binlog_unpacker *unpacker,
                           const struct binlog_payload *payload)
{
    if (unpacker->events.capacity > KEPT_BYTES)
        buffer_release(&unpacker->events);
    buffer_clear(&unpacker->events);
    unpacker->payload = *payload;
    unpacker->given = 0;
    unpacker->taken = 0;
    unpacker->made = 0;
    if (payload->kind == BINLOG_PAYLOAD_PLAIN)
        return true;
    if (payload->kind != BINLOG_PAYLOAD_ZSTD)
        return false;
    if (!unpacker->stream)
        unpacker->stream = ZSTD_createDStream();
    return unpacker->stream &&
           !ZSTD_isError(ZSTD_initDStream(unpacker->stream));
}

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

static size_t left_of(const struct binlog_unpacker *unpacker)
{
    return unpacker->events.size - unpacker->given;
}

/* Up to `room` bytes more behind `events`; false where the frame is bad. */
static bool unpack_into(struct binlog_unpacker *unpacker, size_t room)
{
    struct bytes data = unpacker->payload.data;
    struct buffer *events = &unpacker->events;
    ZSTD_inBuffer input = {data.data, data.size, unpacker->taken};
    ZSTD_outBuffer output = {events->data + events->size, room, 0};

    if (unpacker->payload.kind == BINLOG_PAYLOAD_ZSTD) {
        if (ZSTD_isError(ZSTD_decompressStream(unpacker->stream, &output,
                                               &input)))
            return false;
    } else {
        output.pos = smaller(data.size - input.pos, room);
        memcpy(output.dst, data.data + input.pos, output.pos);
        input.pos += output.pos;
    }
    unpacker->taken = input.pos;
    unpacker->made += output.pos;
    events->size += output.pos;
    return true;
}

/* As many as `wanted` bytes that were not given; fewer at the end. */
static bool need(struct binlog_unpacker *unpacker, size_t wanted)
{
    struct buffer *events = &unpacker->events;

    if (left_of(unpacker) >= wanted)
        return true;
    if (unpacker->given > 0)
        memmove(events->data, events->data + unpacker->given,
                left_of(unpacker));
    events->size = left_of(unpacker);
    unpacker->given = 0;
    while (events->size < wanted) {
        size_t room = smaller(wanted - events->size,
                              events->size) + PIECE_BYTES;
        size_t taken = unpacker->taken;
        size_t size = events->size;

        if (!buffer_reserve(events, room) || !unpack_into(unpacker, room))
            return false;
        if (taken == unpacker->taken && size == events->size)
            break;
    }
    return true;
}

bool binlog_unpacker_next(struct binlog_unpacker *unpacker,
                          struct bytes *event)
{
    struct binlog_header header;
    struct bytes bytes;

    *event = (struct bytes){NULL, 0};
    if (!need(unpacker, BINLOG_HEADER_BYTES))
        return false;
    if (left_of(unpacker) == 0)
        return unpacker->taken == unpacker->payload.data.size &&
               (unpacker->payload.full_bytes == 0 ||
                unpacker->payload.full_bytes == unpacker->made);
    bytes = (struct bytes){unpacker->events.data + unpacker->given,
                           left_of(unpacker)};
    if (!binlog_header_parse(bytes, &header) ||
        header.length < BINLOG_HEADER_BYTES ||
        header.length > BINLOG_EVENT_BYTES_MAX ||
        !need(unpacker, header.length) ||
        left_of(unpacker) < header.length)
        return false;
    *event = (struct bytes){unpacker->events.data + unpacker->given,
                            header.length};
    unpacker->given += header.length;
    return true;
}
