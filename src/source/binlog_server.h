#ifndef TIDEMARK_SOURCE_BINLOG_SERVER_H
#define TIDEMARK_SOURCE_BINLOG_SERVER_H

#include "source/binlog_place.h"

/* Questions about the log: binlog_server.c, for its neighbours. */

/* The first row of an answer with three columns. */
struct binlog_answer {
    char *cells[3];
};
enum status binlog_ask(MYSQL *link, const char *sql,
                       struct binlog_answer *answer, struct error *error);
void binlog_answer_release(struct binlog_answer *answer);
struct mysql_source *binlog_source_of(struct source_session *session);
/* The set of all that stands before file and offset (MariaDB), or of all that
 * was done (MySQL). The caller frees it. */
enum status binlog_ask_set(MYSQL *link, bool is_mariadb, const char *file,
                           const char *offset, char **set,
                           struct error *error);
enum status binlog_parse_set(const char *text, struct gtid_set *set,
                             struct error *error);
/* A set that the server keeps in a variable; every transaction that it knows.
 * The caller releases them, also after a failure. */
enum status binlog_ask_kept(MYSQL *link, bool is_mariadb,
                            const char *variable, struct gtid_set *set,
                            struct error *error);
enum status binlog_ask_known(MYSQL *link, bool is_mariadb,
                             struct gtid_set *known, struct error *error);

#endif
