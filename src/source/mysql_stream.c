/*
 * The socket of a connection while an answer comes. What must stay true: not a
 * byte behind the answer is taken (a server sends none before the next
 * command), and memory grows only as bytes arrive, whatever length a packet
 * claims.
 */
#include "source/mysql_stream.h"

#include <errmsg.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "source/mysql.h"
#include "source/mysql_wait.h"

#define START_BYTES ((size_t)64 << 10)
#define LONG_CAPACITY ((size_t)512 << 10)
#define HEADER_BYTES 4
#define PART_BYTES_MAX 0xffffffu /* then the packet goes on in the next */
#define ROW_BYTES_MAX (((size_t)1 << 30) + 4096)

/* A result that is longer than this is streamed: the kernel wakes us for
 * PIECE_BYTES, at its end after END_MS. */
#define LONG_BYTES ((uint64_t)1 << 20)
#define PIECE_BYTES (256 << 10)
#define END_MS 4

bool mysql_stream_fits(MYSQL *link)
{
    return !link->net.compress && !mysql_get_ssl_cipher(link);
}

void mysql_stream_init(struct mysql_stream *stream, MYSQL *link,
                       const char *what)
{
    *stream = (struct mysql_stream){.link = link,
                                    .what = what,
                                    .capacity = START_BYTES};
    stream->data = memory_new(stream->capacity, 1);
}

/* Only a hint to the kernel: a socket that knows no such option still works. */
static void set_patience(struct mysql_stream *stream, bool is_patient)
{
    int bytes = is_patient ? PIECE_BYTES : 1;

    if (stream->is_patient == is_patient)
        return;
    stream->is_patient = is_patient;
    (void)setsockopt(mysql_get_socket(stream->link), SOL_SOCKET, SO_RCVLOWAT,
                     &bytes, sizeof(bytes));
}

void mysql_stream_release(struct mysql_stream *stream)
{
    if (stream->data && stream->link->net.pvio)
        set_patience(stream, false);
    memory_free(stream->data);
    *stream = (struct mysql_stream){.data = NULL};
}

static enum status broken(struct mysql_stream *stream, int number,
                          struct error *error)
{
    stream->link->methods->set_error(
        stream->link, CR_SERVER_LOST, "HY000",
        "Lost connection to server while rows were read: %s",
        number == 0 ? "it was closed" : strerror(number));
    return mysql_failure(stream->link, stream->what, error);
}

static enum status malformed(struct mysql_stream *stream,
                             struct error *error)
{
    return error_set(error, ERROR_SOURCE_PROTOCOL,
                     "could not %s: the server sent a malformed packet",
                     stream->what);
}

static void grow(struct mysql_stream *stream, size_t capacity)
{
    stream->data = memory_resize(stream->data, capacity, 1);
    stream->capacity = capacity;
}

/* Makes room behind `end`; `wanted` bytes from `start` on shall fit in time.
 */
static void make_room(struct mysql_stream *stream, size_t wanted)
{
    if (stream->start > 0 && (stream->start == stream->end ||
                              stream->start + wanted > stream->capacity)) {
        memmove(stream->data, stream->data + stream->start,
                stream->end - stream->start);
        stream->end -= stream->start;
        stream->start = 0;
    }
    if (stream->end == stream->capacity)
        grow(stream, 2 * stream->capacity);
}

bool mysql_stream_wait(struct mysql_stream *stream, int milliseconds)
{
    if (stream->end > stream->start)
        return true;
    if (stream->is_patient && mysql_wait(stream->link, END_MS))
        return true;
    set_patience(stream, false);
    return mysql_wait(stream->link, milliseconds);
}

static void note_received(struct mysql_stream *stream, size_t bytes)
{
    stream->end += bytes;
    stream->received_bytes += bytes;
    if (stream->received_bytes < LONG_BYTES)
        return;
    if (stream->capacity < LONG_CAPACITY)
        grow(stream, LONG_CAPACITY);
    set_patience(stream, true);
}

/* Some bytes more: what is there, or what comes. */
static enum status receive(struct mysql_stream *stream, struct error *error)
{
    struct pollfd watched = {.fd = mysql_get_socket(stream->link),
                             .events = POLLIN};

    for (;;) {
        ssize_t got;
        if (stream->is_patient)
            (void)poll(&watched, 1, END_MS);
        got = recv(watched.fd, stream->data + stream->end,
                   stream->capacity - stream->end, MSG_DONTWAIT);
        if (got > 0) {
            note_received(stream, (size_t)got);
            return STATUS_OK;
        }
        if (got == 0)
            return broken(stream, 0, error);
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return broken(stream, errno, error);
        set_patience(stream, false);
        enum status status =
            mysql_link_wait(stream->link, stream->what, error);
        if (status != STATUS_OK)
            return status;
    }
}

/* At least `wanted` bytes from `start` on. */
static enum status need(struct mysql_stream *stream, size_t wanted,
                        struct error *error)
{
    while (stream->end - stream->start < wanted) {
        enum status status;
        make_room(stream, wanted);
        status = receive(stream, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The header at `offset` from start: checked, with its packet behind it. */
static enum status need_packet(struct mysql_stream *stream, size_t offset,
                               size_t *size, struct error *error)
{
    enum status status = need(stream, offset + HEADER_BYTES, error);
    const uint8_t *header = stream->data + stream->start + offset;

    if (status != STATUS_OK)
        return status;
    *size = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    if (header[3] != ++stream->sequence || offset + *size > ROW_BYTES_MAX)
        return malformed(stream, error);
    return need(stream, offset + HEADER_BYTES + *size, error);
}

/* Joins the parts behind a first one of the largest size: takes the headers
 * out from between. */
static enum status join(struct mysql_stream *stream, size_t *size,
                        struct error *error)
{
    size_t part = *size;

    while (part == PART_BYTES_MAX) {
        size_t offset = HEADER_BYTES + *size;
        uint8_t *header;
        enum status status = need_packet(stream, offset, &part, error);
        if (status != STATUS_OK)
            return status;
        header = stream->data + stream->start + offset;
        memmove(header, header + HEADER_BYTES,
                (size_t)(stream->data + stream->end - header) -
                    HEADER_BYTES);
        stream->end -= HEADER_BYTES;
        *size += part;
    }
    return STATUS_OK;
}

enum status mysql_stream_next(struct mysql_stream *stream,
                              struct bytes *packet, struct error *error)
{
    size_t size;
    enum status status = need_packet(stream, 0, &size, error);

    if (status == STATUS_OK && size == PART_BYTES_MAX)
        status = join(stream, &size, error);
    if (status == STATUS_OK && size == 0)
        status = malformed(stream, error);
    if (status != STATUS_OK)
        return status;
    packet->data = stream->data + stream->start + HEADER_BYTES;
    packet->size = size;
    stream->start += HEADER_BYTES + size;
    return STATUS_OK;
}
