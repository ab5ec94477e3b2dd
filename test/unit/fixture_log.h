#ifndef TIDEMARK_TEST_FIXTURE_LOG_H
#define TIDEMARK_TEST_FIXTURE_LOG_H

#include "source/binlog_reader.h"

/* A log made by hand: events one behind the other, as a server sends them. */
#define LOG_EVENTS_MAX 64

struct log_made {
    struct buffer events[LOG_EVENTS_MAX];
    size_t count;
    size_t given;
    uint32_t log_pos;   /* of the next event's start; 0: none is told */
    bool has_checksum;
    bool ends_idle;     /* BINLOG_IDLE behind the last, not BINLOG_END */
};

void log_made_init(struct log_made *made);
void log_made_release(struct log_made *made);
/* Adds an event; log_pos and checksum as the log stands. */
struct buffer *log_made_add(struct log_made *made, uint8_t type,
                            uint16_t flags, struct bytes body);
/* Makes the checksum anew after a change. */
void log_made_mend(struct buffer *event);
/* A FORMAT_DESCRIPTION of MySQL 9.7 or MariaDB 10.11; what follows has
 * checksums as it says. */
struct buffer *log_made_format(struct log_made *made, bool is_mariadb,
                               uint8_t checksum);
/* The body of one without the checksum. */
void log_made_format_body(struct buffer *body, bool is_mariadb,
                          uint8_t checksum);
/* A rotation that stands in no file. */
void log_made_rotate(struct log_made *made, const char *file,
                     uint64_t offset);
/* A header and body as they stand within a payload. */
void log_made_inner(struct buffer *target, uint8_t type, struct bytes body);
struct binlog_feed log_made_feed(struct log_made *made);

#endif
