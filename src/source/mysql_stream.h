#ifndef TIDEMARK_SOURCE_MYSQL_STREAM_H
#define TIDEMARK_SOURCE_MYSQL_STREAM_H

#include <mysql.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * Packets of one answer read straight from the socket, many at a time, where
 * the connection is neither encrypted nor compressed. The library would ask
 * the kernel for each 16 KiB and copy each row twice.
 */
struct mysql_stream {
    MYSQL *link;
    const char *what; /* for errors; borrowed */
    uint8_t *data;
    size_t start; /* of what is not given out yet */
    size_t end;
    size_t capacity;
    uint64_t received_bytes;
    uint8_t sequence; /* of the last packet */
    bool is_patient; /* the socket wakes us for large pieces only */
};

/* True where the link's bytes are the protocol's own. */
bool mysql_stream_fits(MYSQL *link);
/* Nothing of an answer must have been read yet. */
void mysql_stream_init(struct mysql_stream *stream, MYSQL *link,
                       const char *what);
/* Gives the socket back to the library; all zero is allowed. */
void mysql_stream_release(struct mysql_stream *stream);
/* The next packet without its header, at least one byte, valid until the next
 * call. Fails where the connection broke or a stop was requested: then the
 * link is of no more use. */
enum status mysql_stream_next(struct mysql_stream *stream,
                              struct bytes *packet, struct error *error)
    MUST_CHECK;

/* Waits for the start of a packet; false where none came in that time or a
 * stop was requested. */
bool mysql_stream_wait(struct mysql_stream *stream, int milliseconds);

/* As next, but only where the packet is wholly there and needs no care; else
 * false, and nothing has happened. */
static inline bool mysql_stream_take(struct mysql_stream *stream,
                                     struct bytes *packet)
{
    const uint8_t *header = stream->data + stream->start;
    size_t there = stream->end - stream->start;
    uint32_t word;
    size_t size;

    if (there < sizeof(word))
        return false;
    memcpy(&word, header, sizeof(word));
    size = word & 0xffffff;
    if (size == 0 || size == 0xffffff || there < size + sizeof(word) ||
        word >> 24 != (uint8_t)(stream->sequence + 1))
        return false;
    stream->sequence++;
    stream->start += size + sizeof(word);
    *packet = (struct bytes){header + sizeof(word), size};
    return true;
}

#endif
