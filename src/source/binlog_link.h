#ifndef TIDEMARK_SOURCE_BINLOG_LINK_H
#define TIDEMARK_SOURCE_BINLOG_LINK_H

#include "settings/settings.h"
#include "source/binlog_gtid.h"
#include "source/binlog_reader.h"

/*
 * A connection on which a server sends its log, as to a replica: packets of
 * raw events. One thread. Formats: COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID of
 * both servers' replication protocols.
 */
struct binlog_start {
    /* By GTID where it is not NULL: what follows the set. On MySQL those that
     * the set has are left out, wherever they stand. */
    const struct gtid_set *set;
    /* Else by place; NULL or "": the oldest file. */
    const char *file;
    uint64_t offset;       /* at least 4; above UINT32_MAX only by GTID */
    uint32_t server_id;    /* not that of any other replica */
    const char *uuid;      /* 36 characters, of this reader for ever: the server
                              ends an older link with it */
    const char *identity;  /* of the server that must answer; NULL: any */
    bool stops_at_end;     /* the end as it is now gives BINLOG_END */
};

#define BINLOG_UUID_BYTES 37
/* By what a server tells readers apart; of the same seed always the same. */
void binlog_link_name(const char *seed, char *uuid, uint32_t *server_id);

struct binlog_link;
enum status binlog_link_open(const struct endpoint_settings *settings,
                             const struct binlog_start *start,
                             struct binlog_link **link, struct error *error)
    MUST_CHECK;
/*
 * The next raw event with its header, valid until the next call; returns
 * within about a second, longer only while one comes that is large. A server
 * that is silent for longer than its heartbeats allow is given up:
 * STATUS_TEMPORARY. After any failure only close may be called. Fits struct
 * binlog_feed with the link as context.
 */
enum status binlog_link_next(void *link, struct bytes *event,
                             enum binlog_news *news, struct error *error)
    MUST_CHECK;
/* Waits no longer than that for an event, a second at most. */
void binlog_link_patience(struct binlog_link *link, unsigned milliseconds);
void binlog_link_close(struct binlog_link *link); /* NULL is allowed */
bool binlog_link_is_mariadb(const struct binlog_link *link);

/* What an error of the server means that ended the log; ERROR_NONE where it is
 * none of the log's own. Pure. */
enum error_id binlog_link_meaning(unsigned number, const char *text);

#endif
