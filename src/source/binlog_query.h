#ifndef TIDEMARK_SOURCE_BINLOG_QUERY_H
#define TIDEMARK_SOURCE_BINLOG_QUERY_H

#include "source/binlog_format.h"
#include "source/binlog_token.h"

/*
 * QUERY: a statement as it was run, with what of its session matters. The
 * status variables are read up to the first that is not known. Pure; all bytes
 * are borrowed from the body.
 */
struct binlog_query {
    uint32_t thread_id;
    uint16_t error_code;    /* the statement failed, perhaps halfway; 0: no */
    struct bytes schema;    /* default schema, UTF-8; may be empty */
    struct bytes text;      /* in the character set of the client */
    uint64_t sql_mode;
    uint16_t charset;       /* collation id of the text; 0: not told */
    struct bytes time_zone; /* empty: not told */
    struct bytes updated;   /* schemas, each with a NUL behind */
    uint8_t updated_count;  /* BINLOG_UPDATED_MANY: none is named */
};
#define BINLOG_UPDATED_MANY 254

bool binlog_query_parse(const struct binlog_format *format,
                        struct bytes body, struct binlog_query *query);
/* How its text is to be cut. */
void binlog_query_dialect(const struct binlog_format *format,
                          const struct binlog_query *query,
                          struct binlog_dialect *dialect);

#endif
