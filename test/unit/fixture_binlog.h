#ifndef TIDEMARK_TEST_FIXTURE_BINLOG_H
#define TIDEMARK_TEST_FIXTURE_BINLOG_H

#include "source/binlog_row.h"

/* Events of the log by hand. Hexadecimal texts may have spaces. */
struct event_bytes {
    uint8_t data[8192];
    size_t size;
};
void event_add(struct event_bytes *event, const char *hex);
struct bytes event_body(const struct event_bytes *event);

/* A map of "shop"."orders", table id 7, flags 1, without optional fields. */
void event_map(struct event_bytes *event, const char *types,
               const char *metadata, const char *nulls);
void event_field(struct event_bytes *event, uint8_t kind, const char *hex);
/* The names of a FULL map, "a,b,c". */
void event_names(struct event_bytes *event, const char *names);
extern const struct binlog_map_form EVENT_FORMAT; /* of MySQL */

/* A followed table under a map, with a sink that keeps all rows in `batch`. */
struct log_table {
    struct table *table;
    struct batch *batch;
    struct followed followed;
    struct log_sink sink;
    struct binlog_map map;
    struct binlog_resolution resolution;
    struct binlog_table rows;
    struct binlog_rows_result result;
};
/* Resolves `map` by its names against `table`, which becomes owned. */
void log_table_open(struct log_table *opened, struct table *table,
                    const struct event_bytes *map);
void log_table_close(struct log_table *opened);
/* Reads the rows `hex` of a v2 event: behind post-header and extra data, from
 * the number of columns on. Clock 1000, epoch 3. */
enum status log_table_read(struct log_table *opened,
                           enum binlog_rows_kind kind, const char *hex,
                           struct error *error);
/* All character sets utf8mb4; for up to 64 columns, static. */
const struct mysql_charset *const *event_charsets(void);

#endif
