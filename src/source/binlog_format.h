#ifndef TIDEMARK_SOURCE_BINLOG_FORMAT_H
#define TIDEMARK_SOURCE_BINLOG_FORMAT_H

#include "source/binlog_event.h"

/*
 * FORMAT_DESCRIPTION: how all events behind it are laid out. It alone tells
 * whether they have a checksum, whatever was asked for. Pure.
 */
enum { BINLOG_NO_CHECKSUM = 0, BINLOG_CRC32 = 1 };

struct binlog_format {
    char server[51];     /* "10.11.19-MariaDB-log" */
    bool is_mariadb;
    unsigned version;    /* 101119 */
    uint32_t created;    /* seconds, where the file is the first after the
                            server's start and is read from its own start;
                            else 0 */
    uint8_t post[256];   /* bytes of the fixed part of a body, by type;
                            0: the server does not know the type */
    bool has_checksum;   /* the event itself ends in one, of whatever kind:
                            since MySQL 5.6.1 and MariaDB 5.3 */
    uint8_t checksum;    /* BINLOG_CRC32 */
};

/* The body with its checksum. False for anything but version 4 with headers of
 * 19 bytes and the two checksums, and for previews of MySQL 5.2 to 5.4, whose
 * events have other numbers. */
bool binlog_format_parse(struct bytes body, struct binlog_format *format);
/* Is the last CRC32 that of the event? At least a header and 4 bytes. */
bool binlog_checksum_fits(struct bytes event);

#endif
