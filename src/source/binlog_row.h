#ifndef TIDEMARK_SOURCE_BINLOG_ROW_H
#define TIDEMARK_SOURCE_BINLOG_ROW_H

#include "source/binlog_cell.h"
#include "source/log.h"

/*
 * Rows events into batches. A followed table under one map is a binlog_table:
 * its cells are chosen when the map is new and serve all rows until the next.
 *
 * WRITE and the after image of UPDATE are rows as scans make them. DELETE, and
 * the before image of an UPDATE that changed the key (by canonical bytes), are
 * deletes at the before image's own version. What is not whole in the log is
 * known by key alone, and never written. A table without a key gives WRITEs
 * only; its other rows are unknown.
 */
struct binlog_table {
    const struct followed *followed;
    const struct binlog_map *map; /* borrowed */
    struct mysql_cell_row row;
    struct mysql_cell *makers;  /* one for each column of the table */
    struct binlog_cell *cells;  /* one for each column of the map */
    size_t cell_count;
    size_t *key;      /* columns of the map, in the key's order */
    size_t key_count; /* 0: a table without a key */
    size_t row_end;   /* column of the map: system versioning, or NO_COLUMN */
    size_t json_count; /* columns of MySQL's JSON */
    size_t *absent; /* columns of the table that the map lacks: they are NULL */
    size_t absent_count;
    /* Of the two images of the row being read: */
    struct bytes *before; /* the value of each column of the map */
    struct bytes *after;
    struct buffer canonical[2]; /* keys: before, after */
    /* Columns of the map for each reference of the table; NULL: not known. */
    size_t **references;
    struct buffer value; /* of a reference, as text */
};
/* In place of a value: NULL, not in the image. */
#define BINLOG_NULL ((struct bytes){(const uint8_t *)"", SIZE_MAX})
#define BINLOG_ABSENT ((struct bytes){NULL, 0})

/* `map` and `resolution` (a MATCH) as they are now; the map must stay as it is
 * while rows are read. `charsets` as for resolve. False where a column's
 * length is not known: `reason` (of 128 bytes) says which. */
bool binlog_table_init(struct binlog_table *table,
                       const struct followed *followed,
                       const struct binlog_map *map,
                       const struct binlog_resolution *resolution,
                       const struct mysql_charset *const *charsets,
                       char *reason) MUST_CHECK;
void binlog_table_release(struct binlog_table *table); /* all zero is well */

enum binlog_rows_kind {
    BINLOG_WRITE,
    BINLOG_UPDATE,
    BINLOG_DELETE,
    BINLOG_UPDATE_PARTIAL /* event 39 */
};

/* binlog_row_parent.c: what a change of the row in `before` and `after` means
 * for tables that refer to it: it is gone, changed, or new. */
void binlog_references_init(struct binlog_table *table,
                            const struct binlog_resolution *resolution);
void binlog_references_release(struct binlog_table *table);
void binlog_references_tell(struct binlog_table *table,
                            enum log_touch touch,
                            const struct log_sink *sink, uint64_t version);

/* One event: codes 23 to 25, 30 to 32, 39, and 166 to 171 once inflated. */
struct binlog_rows {
    enum binlog_rows_kind kind;
    bool has_extra;    /* v2: extra data behind the post-header */
    uint8_t post_bytes; /* post-header, from FORMAT_DESCRIPTION: 8, 10, or 6 */
    struct bytes body; /* behind the header, uncompressed, no checksum */
    uint64_t epoch;
    uint64_t clock; /* of the event's first byte, its header */
};

/* Kind and form of an event code; false for one that holds no rows. */
bool binlog_rows_kind(uint8_t code, struct binlog_rows *rows);

/* What became of the row images of an event: seen = rows + kept + walked +
 * key_only + unknown; both images of an UPDATE count. */
struct binlog_rows_result {
    uint64_t seen;
    uint64_t rows;      /* went to the sink, deletes too, or to a filter */
    uint64_t kept;      /* deletes that delete nothing: the shape keeps rows */
    uint64_t walked;    /* before images that say nothing new, history */
    uint64_t key_only;  /* of rows that only `keys` tells */
    uint64_t unknown;   /* not even a key: the table is to be read anew */
    struct buffer keys; /* JSON: arrays of texts, with commas between */
    uint64_t version;   /* of the last image; 0: there was none */
};
#define BINLOG_KEYS_BYTES (16u * 1024 * 1024)

/* Clears the result, keeps its memory. All zero is a valid first one. */
void binlog_rows_result_clear(struct binlog_rows_result *result);
void binlog_rows_result_release(struct binlog_rows_result *result);

/*
 * Reads all rows of an event. STATUS_TABLE: a value has no place (the rows
 * before it are in the sink; the error names row and column). ERROR_SOURCE_-
 * PROTOCOL: the event is malformed. Whatever the sink's `room` fails with.
 */
enum status binlog_rows_read(struct binlog_table *table,
                             const struct binlog_rows *rows,
                             const struct log_sink *sink,
                             struct binlog_rows_result *result,
                             struct error *error) MUST_CHECK;

#endif
