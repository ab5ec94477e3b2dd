#ifndef TIDEMARK_SOURCE_BINLOG_PLACE_H
#define TIDEMARK_SOURCE_BINLOG_PLACE_H

#include "source/binlog_gtid.h"
#include "source/mysql.h"

/*
 * A place of the log as text: the end of a transaction.
 *
 *     {"server":"UUID or id@host:port","file":"binlog.000003",
 *      "offset":"4711","gtid":"0-1-33","clock":"123456",
 *      "prepared":[{"xid":"1:7831:","gtid":"0-1-12","file":"binlog.000002",
 *                   "offset":"99","bytes":"1234","time":"1795000000"}],
 *      "time":"1763761200"}
 *
 * File and offset hold on that server alone; the set holds wherever the same
 * transactions are. A file "" is told by the set alone. "prepared" stands
 * there only where transactions of XA wait for their end, oldest first: their
 * rows are read again from there when they are committed. MariaDB only:
 * "state":"0-1-33,0-2-17", all whose transactions were read or stand before.
 */
struct binlog_prepared {
    char *name;      /* format:gtrid:bqual, the two in hex */
    char *gtid;      /* of the transaction that prepared it */
    char *file;      /* "": on another server, nobody knows where */
    uint64_t offset; /* of its GTID */
    uint64_t bytes;  /* what the clock moves by when it is committed */
    uint64_t time_s; /* when it was prepared, UTC */
};
/* More of them are forgotten, oldest first: then every table is read again
 * when such a one is committed. */
#define BINLOG_PREPARED_MAX 1000

struct binlog_place {
    char *server;
    char *file;
    uint64_t offset;
    struct gtid_set set;
    struct gtid_set state; /* MariaDB: the last number of every server */
    uint64_t clock;
    bool is_moved; /* "moved":true: nothing was read of this server yet */
    struct binlog_prepared *prepared;
    size_t prepared_count;
    uint64_t time; /* of the last transaction, seconds UTC; 0 unknown */
};
/* A transaction ended. */
void binlog_place_add(struct binlog_place *place, const struct gtid *gtid);
/* Its texts become the place's; one of the same name is replaced. */
void binlog_place_prepare(struct binlog_place *place,
                          const struct binlog_prepared *prepared);
/* NULL: none of that name. */
const struct binlog_prepared *
binlog_place_prepared(const struct binlog_place *place, const char *name);
void binlog_place_settle(struct binlog_place *place, const char *name);
/* The same place as another server has it: the set is what remains. */
void binlog_place_move(struct binlog_place *place, const char *server);
/* False where it is no place; then it is empty. */
bool binlog_place_read(const char *text, bool is_mariadb,
                       struct binlog_place *place);
/* The caller frees it. */
char *binlog_place_text(const struct binlog_place *place);
void binlog_place_release(struct binlog_place *place);
uint64_t binlog_place_clock(const char *text); /* of struct log_ops */
bool binlog_place_waiting(const char *text, struct log_waiting *waiting);
bool binlog_place_spot(const char *text, struct log_spot *spot);

/* --- binlog_server.c: what the server says of its log -------------------- */

/* The session's link. A server of the other kind than the source was when it
 * was opened is an error. */
enum status binlog_session(struct source_session *session, MYSQL **link,
                           struct error *error);
/* What tells a server from others, over its restarts; asked of the server that
 * answers now. The caller frees it. */
enum status binlog_identity(MYSQL *link, char **identity,
                            struct error *error);
/* Is the place's file one of the server's? */
enum status binlog_has_file(MYSQL *link, const struct binlog_place *place,
                            bool *is_there, struct error *error);
/* MariaDB: what stands before that file. The caller releases it, also after a
 * failure. */
enum status binlog_file_start(MYSQL *link, const char *file,
                              struct gtid_set *set, struct error *error);
/* binlog_errant.c: does the server, which knows those, hold transactions that
 * stand before the place and were never read? */
enum status binlog_errant(const struct mysql_source *source, MYSQL *link,
                          const struct gtid_set *known,
                          const struct binlog_place *place, bool *is_found,
                          struct error *error);
/* Of struct log_ops. */
enum status binlog_move(struct source_session *session, const char *place,
                        char **moved, struct error *error);

enum status binlog_end(struct source_session *session, uint64_t clock,
                       char **place, struct error *error);
bool binlog_covers(const struct source *source, const char *place,
                   const char *end);
enum status binlog_loss(struct source_session *session, const char *place,
                        enum log_loss *loss, struct error *error);
enum status binlog_visible(struct source_session *session, const char *place,
                           bool *is_visible, struct error *error);
/* binlog_extent.c */
enum status binlog_back(struct source_session *session, size_t files,
                        char **place, struct log_extent *extent,
                        struct error *error);
/* binlog_children.c */
typedef void binlog_tell_child(void *context, const struct log_child *child);
enum status binlog_children(struct source_session *session,
                            binlog_tell_child *tell, void *context,
                            struct error *error);
/* Tells the foreign keys in the text of SHOW CREATE TABLE that change rows of
 * their own accord; false where one is not understood. */
bool binlog_children_read(const char *database, const char *table,
                          const char *text, binlog_tell_child *tell,
                          void *context) MUST_CHECK;
/* binlog_judge.c */
enum status binlog_facts(struct source_session *session,
                         struct log_facts *facts, struct error *error);

#endif
