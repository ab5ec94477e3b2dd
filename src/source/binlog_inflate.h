#ifndef TIDEMARK_SOURCE_BINLOG_INFLATE_H
#define TIDEMARK_SOURCE_BINLOG_INFLATE_H

#include "source/binlog_format.h"

/*
 * What is compressed in the log: single events by MariaDB (log_bin_compress),
 * whole transactions by MySQL (binlog_transaction_compression). What must stay
 * true: memory grows with the bytes that come out, never with a size that was
 * declared; what comes out has exactly the size declared.
 */

/* --- MariaDB: byte 0x80 | N, N bytes of size (big endian), zlib ----------- */

/* A body in two: what stands there as it is, and what is compressed. */
struct binlog_packed {
    struct bytes head;
    struct bytes data;   /* the zlib stream */
    uint64_t full_bytes; /* of `data`, as declared; up to 1 GiB */
};
/* The body of QUERY_COMPRESSED or of compressed rows; false where it is
 * malformed. `type` as in the log. */
bool binlog_packed_parse(const struct binlog_format *format, uint8_t type,
                         struct bytes body, struct binlog_packed *packed);
/* Head and data as the uncompressed event has them, in place of what `target`
 * held. */
bool binlog_packed_inflate(const struct binlog_packed *packed,
                           struct buffer *target);

/* --- MySQL: TRANSACTION_PAYLOAD ------------------------------------------ */

enum { BINLOG_PAYLOAD_ZSTD = 0, BINLOG_PAYLOAD_PLAIN = 255 };

struct binlog_payload {
    uint64_t kind;
    uint64_t full_bytes; /* 0: not declared */
    struct bytes data;
};
bool binlog_payload_parse(struct bytes body, struct binlog_payload *payload);

/* Events out of a payload, one after the other. */
struct binlog_unpacker {
    struct binlog_payload payload;
    void *stream;         /* of zstd, kept from payload to payload */
    struct buffer events; /* what came out and was not given yet */
    size_t given;         /* bytes of `events` that are done with */
    size_t taken;         /* bytes of the payload that were read */
    uint64_t made;        /* bytes that came out */
};
void binlog_unpacker_init(struct binlog_unpacker *unpacker);
void binlog_unpacker_release(struct binlog_unpacker *unpacker);
/* The payload's bytes must stay until the last event was taken; false for a
 * kind that is not known. */
bool binlog_unpacker_start(struct binlog_unpacker *unpacker,
                           const struct binlog_payload *payload);
/* The next event with its header, valid until the next call; size 0 behind the
 * last. False where the payload is malformed. */
bool binlog_unpacker_next(struct binlog_unpacker *unpacker,
                          struct bytes *event);

#endif
