#ifndef TIDEMARK_SOURCE_MYSQL_BOUND_H
#define TIDEMARK_SOURCE_MYSQL_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "mysql.h"

/* Who may still bring rows with an old cursor. */
/* Older than any mark: windows stand where they are. */
#define MYSQL_AGE_UNKNOWN INT32_MAX
struct mysql_writer {
    int64_t age_s;        /* 0: nobody */
    unsigned long thread; /* 0: a prepared XA transaction */
};

/* --- mysql_writers.c --- */

/* The oldest running statement that may write; *is_replica where the list
 * shows threads that apply another server's log. */
enum status mysql_statements_read(MYSQL *link, unsigned long canary,
                                  struct mysql_writer *oldest,
                                  bool *is_replica, struct error *error)
    MUST_CHECK;
/* The oldest transaction that has written; *is_seen only where the list holds
 * the canary, the thread of a snapshot that was opened just before. */
enum status mysql_transactions_read(MYSQL *link, unsigned long canary,
                                    struct mysql_writer *oldest, bool *is_seen,
                                    struct error *error) MUST_CHECK;
/* The same from SHOW ENGINE INNODB STATUS, which is never old but may be cut
 * off: then *is_whole is false. */
enum status mysql_status_read(MYSQL *link, struct mysql_writer *oldest,
                              bool *is_whole, struct error *error) MUST_CHECK;
/* "connection 12, user app, host 10.0.0.5, open for 92 s" */
enum status mysql_writer_describe(MYSQL *link,
                                  const struct mysql_writer *writer,
                                  char *target, size_t size,
                                  struct error *error) MUST_CHECK;

#endif
