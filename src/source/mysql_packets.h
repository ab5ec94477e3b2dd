#ifndef TIDEMARK_SOURCE_MYSQL_PACKETS_H
#define TIDEMARK_SOURCE_MYSQL_PACKETS_H

#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "source/mysql_stream.h"

/*
 * The rows of one SELECT as the binary protocol sends them, packet by packet.
 * The library prepares the statement (its answer tells the types of the
 * columns); COM_STMT_EXECUTE and everything behind it is ours, for the
 * library's own fetch walks over every cell once more. Formats: MySQL
 * internals manual "Binary Protocol Resultset", MariaDB knowledge base
 * "COM_STMT_EXECUTE response" (with the byte of MARIADB_CLIENT_CACHE_METADATA).
 */

/* What the server says of a column of the result. */
struct mysql_field {
    uint8_t type;     /* enum enum_field_types */
    uint8_t decimals; /* digits of fraction */
    uint16_t flags;   /* UNSIGNED_FLAG and so on */
    uint16_t charset; /* id of a collation; 63 is binary */
};

enum mysql_packets_state {
    PACKETS_ENDED,   /* nothing of the result is left to be read */
    PACKETS_READING,
    PACKETS_BROKEN   /* nobody knows what comes next: cut the connection */
};

struct mysql_packets {
    MYSQL *link;
    MYSQL_STMT *statement;
    struct mysql_stream stream; /* data is NULL: the library reads */
    struct mysql_field *fields;
    size_t field_count;
    const char *what; /* "read table x", for errors; borrowed */
    enum mysql_packets_state state;
};

/*
 * Sends the statement and reads up to the first row. All literals stand in
 * `sql`. `packets` may be released after a failure too.
 */
enum status mysql_packets_open(struct mysql_packets *packets, MYSQL *link,
                               struct bytes sql, const char *what,
                               struct error *error) MUST_CHECK;
/* The next row, valid until the next call; data is NULL behind the last. */
enum status mysql_packets_next(struct mysql_packets *packets,
                               struct bytes *row, struct error *error)
    MUST_CHECK;
/* Takes no more rows; a small rest of the result is read and dropped. False
 * where the caller must cut the connection, before the release. */
bool mysql_packets_finish(struct mysql_packets *packets) MUST_CHECK;
/* After finish: closes the statement; all zero is allowed. */
void mysql_packets_release(struct mysql_packets *packets);

#endif
