#ifndef TIDEMARK_SOURCE_BINLOG_PLACE_H
#define TIDEMARK_SOURCE_BINLOG_PLACE_H

#include "source/binlog_gtid.h"
#include "source/mysql.h"

/*
 * A place of the log as text: the end of a transaction.
 *
 *     {"server":"UUID or id@host:port","file":"binlog.000003",
 *      "offset":"4711","gtid":"0-1-33","clock":"123456",
 *      "time":"1763761200"}
 *
 * File and offset hold on that server alone; the set holds wherever the same
 * transactions are.
 */
struct binlog_place {
    char *server;
    char *file;
    uint64_t offset;
    struct gtid_set set;
    uint64_t clock;
    uint64_t time; /* of the last transaction, seconds UTC; 0 unknown */
};
/* False where it is no place; then it is empty. */
bool binlog_place_read(const char *text, bool is_mariadb,
                       struct binlog_place *place);
/* The caller frees it. */
char *binlog_place_text(const struct binlog_place *place);
void binlog_place_release(struct binlog_place *place);
uint64_t binlog_place_clock(const char *text); /* of struct log_ops */
bool binlog_place_spot(const char *text, struct log_spot *spot);

/* --- binlog_server.c: what the server says of its log -------------------- */

enum status binlog_end(struct source_session *session, uint64_t clock,
                       char **place, struct error *error);
enum status binlog_loss(struct source_session *session, const char *place,
                        enum log_loss *loss, struct error *error);
enum status binlog_visible(struct source_session *session, const char *place,
                           bool *is_visible, struct error *error);
/* binlog_extent.c */
enum status binlog_back(struct source_session *session, size_t files,
                        char **place, struct log_extent *extent,
                        struct error *error);
/* binlog_facts.c */
enum status binlog_children(struct source_session *session,
                            void (*tell)(void *context, const char *table),
                            void *context, struct error *error);
/* binlog_judge.c */
enum status binlog_facts(struct source_session *session,
                         struct log_facts *facts, struct error *error);

#endif
