#ifndef TIDEMARK_SOURCE_MYSQL_PRIVATE_H
#define TIDEMARK_SOURCE_MYSQL_PRIVATE_H

#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "source/source.h"

/*
 * What the files of the MySQL driver share. MySQL and MariaDB are one driver;
 * where they differ the kind of server decides.
 */
struct mysql_charsets; /* mysql_charset.c: conversion tables, by name */

struct mysql_source {
    struct source base;
    const struct endpoint_settings *settings; /* borrowed */
    struct source_facts facts;
    char *database; /* as the server names it */
    bool is_mariadb;
    unsigned version; /* 101119 for 10.11.19, 90704 for 9.7.4 */
    char *refused_place; /* of the log: the server will not go on from there,
                            whatever its variables say; or NULL */
    int refusal;         /* enum log_loss */
    uint64_t collision; /* of the follower: makes its server id another one
                           after somebody else took it; 0 never */
    atomic_bool is_elsewhere; /* a connection led to another server than the
                                 pinned one */
    pthread_mutex_t mutex; /* guards what stands below */
    char *pin;      /* of the server that was pinned last; NULL: none was */
    bool is_pinned; /* all connections must lead there */
    struct mysql_charsets *charsets;
    struct source_bound bound; /* the last reading */
    int64_t bound_read_us;     /* monotonic; 0 never */
    MYSQL *bound_link;         /* connections of the bound, made on demand */
    MYSQL *canary_link;
};

struct mysql_session {
    struct source_session base;
    MYSQL *link; /* NULL after it was cut; reconnected by the next call */
    bool is_in_snapshot;
    unsigned long thread_id;
};

/* --- mysql_connect.c ---------------------------------------------------- */

/* A connection by the settings (TLS, timeouts, 1 GiB packets, no LOCAL
 * INFILE), session variables set for reading. */
#define MYSQL_TIMEOUT_S 600u /* of one answer */
enum status mysql_link_open(const struct endpoint_settings *settings,
                            MYSQL **link, struct error *error) MUST_CHECK;
void mysql_link_close(MYSQL *link); /* NULL is allowed */
/* The path of the socket to connect by, or NULL: by TCP. */
const char *mysql_socket(const struct endpoint_settings *settings);
/* Sets `error` from the link's last failure; `what` is "read table x". The
 * driver's one place that knows what an error number means. */
enum status mysql_failure(MYSQL *link, const char *what, struct error *error);
/* The session's link, connected anew where it was cut. */
enum status mysql_session_link(struct mysql_session *session, MYSQL **link,
                               struct error *error) MUST_CHECK;
/* Waits until something can be read, at most MYSQL_TIMEOUT_S and until a stop
 * is requested. */
enum status mysql_link_wait(MYSQL *link, const char *what,
                            struct error *error) MUST_CHECK;
/* How the link is protected, for people; the caller frees it. */
char *mysql_link_tls(MYSQL *link);
/* Sends `sql` and waits for the head of its answer, at most MYSQL_TIMEOUT_S
 * and until a stop is requested (then the link is of no more use). The caller
 * takes the result from the link. */
enum status mysql_query_begin(MYSQL *link, const char *sql, const char *what,
                              struct error *error) MUST_CHECK;
/* Cuts the connection (an unread result goes with it). */
void mysql_session_cut(struct mysql_session *session);

/* --- mysql_pin.c ---------------------------------------------------------- */

/* As log_ops. */
enum status mysql_pin(struct source *source, bool *is_other,
                      struct error *error) MUST_CHECK;
void mysql_unpin(struct source *source);
/* A connection that was just made: does it lead to the pinned server? */
enum status mysql_pin_check(struct mysql_source *source, MYSQL *link,
                            struct error *error) MUST_CHECK;
/* STATUS_TEMPORARY once one did not, until the next pin. */
enum status mysql_pin_heard(struct mysql_source *source, struct error *error)
    MUST_CHECK;

/* --- mysql_query.c: small results by the text protocol ------------------- */

/* Runs `sql`; each row goes to `row` (texts borrowed, NULL for NULL; lengths
 * beside) until it returns false. `row` NULL: the result is dropped. */
typedef bool mysql_row_function(void *context, char **cells,
                                const unsigned long *lengths);
enum status mysql_query_rows(MYSQL *link, const char *sql,
                             mysql_row_function *row, void *context,
                             struct error *error) MUST_CHECK;
/* Identifier in backticks, backticks doubled. False for a NUL inside. */
bool mysql_quote_name(struct buffer *target, const char *name);
/* 'text' as X'..' literal with an utf8mb4 introducer: safe in every mode. */
void mysql_quote_text(struct buffer *target, const char *text);

/* --- mysql_sql.c: the SELECTs ------------------------------------------- */

/*
 * Writes the SELECT of a request: the table's columns in order (TEXT, BYTES
 * and the rest as they are; UUID, INET4, INET6 too), nested keyset condition,
 * range, LIMIT, FORCE INDEX where it is needed for order. Literals of text
 * keys are made of the raw bytes in the column's own charset and collation.
 *
 * Behind the table's columns stand those that only the position needs: for
 * each ENUM and SET column of the key, in the key's order, its number as
 * BIGINT UNSIGNED (not for SCAN_WHOLE). The cursor is one of the table's
 * columns.
 */
#define MYSQL_SELECT_BYTES (16u * 1024 * 1024) /* limit for `sql` */
enum status mysql_select(const struct mysql_source *source,
                         const struct scan_request *request,
                         struct buffer *sql, struct error *error) MUST_CHECK;
/*
 * Positions: a JSON array of strings, one for the cursor (SCAN_BY_CURSOR only)
 * and one for each key column in the key's order. Numbers, dates and times
 * stand as SQL writes them without quotes (dates "2026-11-21 10:00:00.5"),
 * FLOAT as %.17g, ENUM, SET and BIT as unsigned numbers, UUID and INET as
 * text, all other texts and bytes as "x" and the hex digits of the raw bytes
 * in the column's own charset.
 */

/* --- mysql_type.c --------------------------------------------------------- */

/* How the binary protocol carries a column: what the cell decoder must know
 * beside the kind. Parsed from column->declared and charset. */
enum mysql_base {
    MYSQL_BASE_INT, MYSQL_BASE_BIT, MYSQL_BASE_DECIMAL, MYSQL_BASE_FLOAT,
    MYSQL_BASE_DOUBLE, MYSQL_BASE_YEAR, MYSQL_BASE_DATE, MYSQL_BASE_TIME,
    MYSQL_BASE_DATETIME, MYSQL_BASE_TIMESTAMP, MYSQL_BASE_TEXT,
    MYSQL_BASE_BYTES, MYSQL_BASE_ENUM, MYSQL_BASE_SET, MYSQL_BASE_JSON,
    MYSQL_BASE_GEOMETRY, MYSQL_BASE_UUID, MYSQL_BASE_INET4, MYSQL_BASE_INET6,
    MYSQL_BASE_UNSUPPORTED
};
struct mysql_type {
    enum mysql_base base;
    unsigned bytes;      /* integers: 1, 2, 3, 4, 8; BIT(n): (n + 7) / 8 */
    unsigned length;     /* BINARY(n), CHAR(n), BIT(n), DECIMAL precision */
    unsigned scale;      /* DECIMAL; fraction digits of times */
    bool is_unsigned;
};
/* From column->declared ("int(10) unsigned"); MYSQL_BASE_UNSUPPORTED for what
 * is not known. Bounded: hostile texts are fine. */
void mysql_type_parse(const char *declared, const char *charset,
                      struct mysql_type *type);
/* The label of that number (from 1) of an ENUM or SET, UTF-8, in place of
 * what `label` held; false where there is none. */
bool mysql_type_label(const char *declared, unsigned number,
                      struct buffer *label);
/* mysql_map.c: kind, width, precision, scale and the like of a column from its
 * `declared` and `charset`; false where the type is not supported. */
bool mysql_map_column(struct column *column) MUST_CHECK;

/* --- mysql_describe.c, mysql_retype.c, mysql_key.c: as source_ops ------- */
enum status mysql_names(struct source_session *session,
                        struct source_name **names, size_t *count,
                        struct error *error) MUST_CHECK;
void mysql_names_free(struct source_name *names, size_t count);
enum status mysql_describe(struct source_session *session,
                           const char *const *names, size_t count,
                           struct source_table **tables,
                           struct error *error) MUST_CHECK;
void mysql_table_free(struct source_table *table); /* NULL is allowed */
enum status mysql_retype(struct table *table, const char *column,
                         const char *type, struct error *error) MUST_CHECK;
enum status mysql_choose_key(struct source_session *session,
                             struct table *table, const char *const *columns,
                             size_t count, struct error *error) MUST_CHECK;
/* --- mysql_cursor.c, mysql_maxima.c, mysql_bound.c, mysql_grants.c ------- */
enum status mysql_strays(struct source_session *session,
                         const struct scan_request *request,
                         int64_t future_us, struct source_strays *strays,
                         struct error *error) MUST_CHECK;
enum status mysql_cursor_maxima(struct source_session *session,
                                const struct scan_request *requests,
                                size_t count, int64_t *maxima,
                                struct error *error) MUST_CHECK;
enum status mysql_bound(struct source *source, struct source_bound *bound,
                        struct error *error) MUST_CHECK;
void mysql_grants(const struct endpoint_settings *settings, bool follows,
                  struct buffer *target);

/* --- mysql_scan.c ------------------------------------------------------- */
enum status mysql_scan_open(struct source_session *session,
                            const struct scan_request *request,
                            struct scan **scan, struct error *error);
enum status mysql_scan_next(struct scan *scan, struct batch *batch,
                            bool *is_last, struct error *error);
uint64_t mysql_scan_rows(const struct scan *scan);
const char *mysql_scan_position(struct scan *scan);
void mysql_scan_close(struct scan *scan);
const char *mysql_scan_sql(struct scan *scan);
/* Frees the conversion tables of a source; NULL is allowed. */
void mysql_charsets_free(struct mysql_charsets *charsets);

#endif
