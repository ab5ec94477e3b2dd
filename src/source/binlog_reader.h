#ifndef TIDEMARK_SOURCE_BINLOG_READER_H
#define TIDEMARK_SOURCE_BINLOG_READER_H

#include "base/error.h"
#include "source/binlog_format.h"
#include "source/binlog_inflate.h"

/*
 * Raw events into events in order, with those inside payloads, and the place
 * of each: kind of checksum, file, offset. Knows nothing of transactions,
 * tables or sockets.
 */
enum binlog_news {
    BINLOG_EVENT,
    BINLOG_IDLE, /* nothing came within a second */
    BINLOG_END   /* a dump that stops at the end has reached it */
};

/* Where raw events come from: with header and checksum, valid until the next
 * call. */
struct binlog_feed {
    void *context;
    enum status (*next)(void *context, struct bytes *event,
                        enum binlog_news *news, struct error *error);
};

struct binlog_event {
    struct binlog_header header; /* as it stands in the log */
    uint8_t type;            /* QUERY_COMPRESSED is given as QUERY, compressed
                                rows as what they hold */
    enum binlog_class class; /* never BINLOG_STOP */
    bool is_inner;           /* stands in a payload */
    /* Compressed rows only: `body` is as in the log until
     * binlog_reader_inflate. Its fixed part (the table's id) can be read. */
    bool is_packed;
    struct bytes body;       /* without header and checksum; valid until the
                                next call */
    /* What the clock moves by: model/version.h. Compressed ones as declared;
     * 0 for a payload itself, each event inside has its own. */
    uint64_t counted_bytes;
    /* Offsets in the reader's file, before and behind it; equal for what does
     * not stand in the file. Inner events have those of their payload. */
    uint64_t start;
    uint64_t end;
};

struct binlog_reader {
    struct binlog_feed feed;
    struct binlog_format format; /* of the last FORMAT_DESCRIPTION */
    bool has_format;
    /* Of its header, seconds: the same in every dump of the file, so that it
     * tells logs of one name apart. */
    uint32_t format_time;
    uint8_t checksum;  /* of what comes next */
    char *file;        /* of what comes next; NULL not told yet */
    uint64_t offset;   /* behind the last event */
    /* By GTID a server leaves out what is known, and the offset follows its
     * log_pos; by place nothing may be missing. */
    bool may_skip;
    uint64_t skipped_bytes; /* that the offset jumped over */
    struct binlog_event payload; /* whose events are being given */
    bool is_in_payload;
    struct binlog_unpacker unpacker;
    struct buffer inflated;
};

/* `feed` is copied; file and offset as asked of the server (NULL, 0 where the
 * server tells). */
void binlog_reader_init(struct binlog_reader *reader,
                        const struct binlog_feed *feed, const char *file,
                        uint64_t offset, bool may_skip);
void binlog_reader_release(struct binlog_reader *reader);
/*
 * The next event: every one that comes is given, also a payload before its
 * events, rotations and heartbeats. ERROR_LOG_DAMAGED for bytes that no server
 * writes, ERROR_LOG_EVENT for a type without meaning to us, ERROR_LOG_ANOTHER
 * where events do not stand where they should; each names file and offset.
 */
enum status binlog_next(struct binlog_reader *reader,
                        struct binlog_event *event, enum binlog_news *news,
                        struct error *error) MUST_CHECK;
/* Compressed rows as they are uncompressed, into event->body. Nothing to do
 * for others. */
enum status binlog_reader_inflate(struct binlog_reader *reader,
                                  struct binlog_event *event,
                                  struct error *error) MUST_CHECK;
/* For callers that find bytes that no server writes: ERROR_LOG_DAMAGED. */
enum status binlog_damaged(const struct binlog_reader *reader,
                           const struct binlog_event *event, const char *why,
                           struct error *error);

#endif
