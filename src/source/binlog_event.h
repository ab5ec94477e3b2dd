#ifndef TIDEMARK_SOURCE_BINLOG_EVENT_H
#define TIDEMARK_SOURCE_BINLOG_EVENT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "source/binlog_gtid.h"

/*
 * The events of the log of MySQL and MariaDB: what types there are, and what
 * the bytes of those mean that are neither table maps nor rows nor queries.
 * All functions are pure; whatever is borrowed lies in the bytes given. A
 * parser that returns false has found bytes that no server writes.
 *
 * Formats: MySQL's libs/mysql/binlog/event and MariaDB's "Replication
 * protocol", checked against live servers (MySQL 9.7, MariaDB 10.11).
 */

/* What becomes of an event:
 *   APPLY    the follower must understand it
 *   CONTEXT  it goes with a change that was logged as a statement
 *   OWN      of the log's own making: files, sets, heartbeats
 *   FILTER   holds nothing of a row: comments
 *   STOP     known by name and not understood: the stream ends
 */
enum binlog_class {
    BINLOG_APPLY,
    BINLOG_CONTEXT,
    BINLOG_OWN,
    BINLOG_FILTER,
    BINLOG_STOP
};

/* X(code, NAME, class, is counted by the clock: model/version.h) */
#define BINLOG_EVENT_LIST(X)                      \
    X(1, START_V3, STOP, false)                   \
    X(2, QUERY, APPLY, true)                      \
    X(3, STOP, OWN, false)                        \
    X(4, ROTATE, OWN, false)                      \
    X(5, INTVAR, CONTEXT, true)                   \
    X(6, LOAD, STOP, false)                       \
    X(7, SLAVE, STOP, false)                      \
    X(8, CREATE_FILE, STOP, false)                \
    X(9, APPEND_BLOCK, CONTEXT, true)             \
    X(10, EXEC_LOAD, STOP, false)                 \
    X(11, DELETE_FILE, CONTEXT, true)              \
    X(12, NEW_LOAD, STOP, false)                  \
    X(13, RAND, CONTEXT, true)                    \
    X(14, USER_VAR, CONTEXT, true)                \
    X(15, FORMAT_DESCRIPTION, OWN, false)         \
    X(16, XID, APPLY, true)                       \
    X(17, BEGIN_LOAD_QUERY, CONTEXT, true)        \
    X(18, EXECUTE_LOAD_QUERY, CONTEXT, true)      \
    X(19, TABLE_MAP, APPLY, true)                 \
    X(20, WRITE_ROWS_V0, STOP, false)             \
    X(21, UPDATE_ROWS_V0, STOP, false)            \
    X(22, DELETE_ROWS_V0, STOP, false)            \
    X(23, WRITE_ROWS_V1, APPLY, true)             \
    X(24, UPDATE_ROWS_V1, APPLY, true)            \
    X(25, DELETE_ROWS_V1, APPLY, true)            \
    X(26, INCIDENT, APPLY, true)                  \
    X(27, HEARTBEAT, OWN, false)                  \
    X(28, IGNORABLE, FILTER, false)               \
    X(29, ROWS_QUERY, FILTER, false)              \
    X(30, WRITE_ROWS, APPLY, true)                \
    X(31, UPDATE_ROWS, APPLY, true)               \
    X(32, DELETE_ROWS, APPLY, true)               \
    X(33, GTID, APPLY, true)                      \
    X(34, ANONYMOUS_GTID, APPLY, true)            \
    X(35, PREVIOUS_GTIDS, OWN, false)             \
    X(36, TRANSACTION_CONTEXT, FILTER, false)     \
    X(37, VIEW_CHANGE, FILTER, false)             \
    X(38, XA_PREPARE, APPLY, true)                \
    X(39, PARTIAL_UPDATE_ROWS, APPLY, true)       \
    X(40, TRANSACTION_PAYLOAD, OWN, false)        \
    X(41, HEARTBEAT_V2, OWN, false)               \
    X(42, GTID_TAGGED, APPLY, true)               \
    X(160, ANNOTATE_ROWS, FILTER, false)          \
    X(161, BINLOG_CHECKPOINT, OWN, false)         \
    X(162, MARIADB_GTID, APPLY, true)             \
    X(163, GTID_LIST, OWN, false)                 \
    X(164, START_ENCRYPTION, OWN, false)          \
    X(165, QUERY_COMPRESSED, APPLY, true)         \
    X(166, WRITE_ROWS_COMPRESSED_V1, APPLY, true) \
    X(167, UPDATE_ROWS_COMPRESSED_V1, APPLY, true) \
    X(168, DELETE_ROWS_COMPRESSED_V1, APPLY, true) \
    X(169, WRITE_ROWS_COMPRESSED, APPLY, true)    \
    X(170, UPDATE_ROWS_COMPRESSED, APPLY, true)   \
    X(171, DELETE_ROWS_COMPRESSED, APPLY, true)

enum binlog_type {
#define X(code, name, class, counted) BINLOG_##name##_EVENT = (code),
    BINLOG_EVENT_LIST(X)
#undef X
};

/* "WRITE_ROWS"; NULL where the type is not known. Static. */
const char *binlog_type_name(uint8_t type);
/* The name, or "type 99", into `target` of at least 32 bytes; returns it. */
const char *binlog_type_text(char *target, uint8_t type);
/* A compressed rows or query type as what it holds; others as they are. */
uint8_t binlog_type_plain(uint8_t type);
/* Any row images but those of 5.1 before its release; plain types. */
bool binlog_type_is_rows(uint8_t type);

#define BINLOG_HEADER_BYTES 19u
#define BINLOG_CHECKSUM_BYTES 4u
#define BINLOG_EVENT_BYTES_MAX ((uint32_t)1 << 30)
enum { BINLOG_IN_USE = 0x1, BINLOG_ARTIFICIAL = 0x20, BINLOG_IGNORABLE = 0x80 };

struct binlog_header {
    uint32_t time; /* seconds, UTC; 0 where the event is artificial */
    uint8_t type;
    uint32_t server_id;
    uint32_t length;  /* of the whole event, the checksum too */
    uint32_t log_pos; /* of its end mod 2^32; 0: not told */
    uint16_t flags;
};
/* From the first BINLOG_HEADER_BYTES; false where there are not as many. */
bool binlog_header_parse(struct bytes bytes, struct binlog_header *header);
/* STOP for unknown types, FILTER where those are flagged ignorable. */
enum binlog_class binlog_header_class(const struct binlog_header *header);
/* By type; never what is artificial or ignorable. */
bool binlog_header_is_counted(const struct binlog_header *header);

/* --- bodies: behind the header, without checksum ------------------------- */

struct binlog_rotate {
    uint64_t offset;
    struct bytes file;
};
bool binlog_rotate_parse(struct bytes body, struct binlog_rotate *rotate);

/* HEARTBEAT (its offset is the header's log_pos, mod 2^32) and _V2. */
bool binlog_heartbeat_parse(const struct binlog_header *header,
                            struct bytes body, struct binlog_rotate *at);

/* A transaction of XA: its name in three parts. */
struct binlog_xa {
    int32_t format;
    struct bytes global; /* gtrid, up to 64 bytes */
    struct bytes branch; /* bqual, up to 64 bytes */
};

/* The begin of a transaction: GTID, ANONYMOUS_GTID, GTID_TAGGED and MariaDB's.
 * MySQL has more fields with each version: they are read as far as they go. */
struct binlog_begin {
    struct gtid gtid;
    bool is_anonymous;        /* `gtid` has no meaning */
    bool may_hold_statements; /* MySQL: false promises rows only */
    bool is_standalone;       /* MariaDB: one QUERY, no end follows */
    bool is_ddl;              /* MariaDB */
    bool is_prepared;         /* MariaDB: XA, ends in XA_PREPARE; has xa */
    bool is_completed;        /* MariaDB: XA COMMIT or ROLLBACK; has xa */
    struct binlog_xa xa;
    int64_t committed_us;     /* by the server that sends; MariaDB whole
                                 seconds, of the header */
    uint64_t transaction_bytes; /* MySQL: with this event; 0 not told */
};
bool binlog_begin_parse(const struct binlog_header *header, struct bytes body,
                        struct binlog_begin *begin);

bool binlog_xid_parse(struct bytes body, uint64_t *xid);

struct binlog_prepare {
    bool is_one_phase; /* committed now */
    struct binlog_xa xa;
};
bool binlog_prepare_parse(struct bytes body, struct binlog_prepare *prepare);

struct binlog_incident {
    uint16_t number; /* 1: events may be lost */
    struct bytes message;
};
bool binlog_incident_parse(struct bytes body,
                           struct binlog_incident *incident);

#endif
