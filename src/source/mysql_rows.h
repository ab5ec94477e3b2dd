#ifndef TIDEMARK_SOURCE_MYSQL_ROWS_H
#define TIDEMARK_SOURCE_MYSQL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/table.h"
#include "source/mysql_cell.h"
#include "source/mysql_packets.h"

/*
 * Rows of the binary protocol into a batch. A reader for each column, chosen
 * once for a scan, takes the value out of the packet and hands it to the maker
 * of its type. Format: 00, bitmap of NULLs with an offset of 2 bits, values
 * (MySQL internals manual, "Binary Protocol Resultset Row").
 */

struct mysql_rows {
    const struct table *table;
    struct mysql_cell_row row;
    struct mysql_cell *cells;
    /* Columns of the result: those of the table, then `extra_count` numbers
     * for positions, each of so many bytes. */
    size_t extra_count;
    uint8_t *extra_bytes;
    size_t field_count;
    /* Of the row decoded last, field by field: where its value begins in the
     * packet, the end as one more. NULL fields begin where the next does. */
    const uint8_t **starts;
};

enum mysql_row_result {
    ROW_MADE,     /* cells are written, the row is not ended */
    ROW_FAILED,   /* a cell failed: mysql_cell_error says it */
    ROW_TOO_LARGE, /* a column of the batch has no room for it */
    ROW_MALFORMED
};

/* `charsets`: one for each column, as mysql_rows_charset wants it. */
void mysql_rows_init(struct mysql_rows *rows, const struct table *table,
                     size_t extra_count,
                     const struct mysql_charset *const *charsets);
void mysql_rows_release(struct mysql_rows *rows);
/* Name of the character set in which a column's values come, or NULL. */
const char *mysql_rows_charset(const struct column *column);
/* The character set of each column, NULL where it has none, into an array of
 * as many; missing ones are loaded over `link`, which must be idle. */
enum status mysql_rows_charsets(struct mysql_source *source, MYSQL *link,
                                const struct table *table,
                                const struct mysql_charset **charsets,
                                struct error *error) MUST_CHECK;
/* True when the fields of a result are what the readers expect; else `reason`
 * says which is not. Must be asked before the first row is decoded. */
bool mysql_rows_fit(struct mysql_rows *rows,
                    const struct mysql_field *fields, size_t count,
                    char *reason, size_t size);
/* Writes the cells of one row; the row is dropped again where it is not made,
 * but for ROW_FAILED, whose key the error still needs. */
enum mysql_row_result mysql_rows_decode(struct mysql_rows *rows,
                                        struct batch *batch,
                                        struct bytes packet);

/* --- mysql_readers.c --- */

/* The reader for a type; NULL for one that is not supported. */
mysql_read_function *mysql_reader_find(const struct mysql_cell *cell);
/* A value of variable length: its bytes and the place behind, or NULL. */
const uint8_t *mysql_read_bytes(const uint8_t *at, const uint8_t *end,
                                struct bytes *value);
/* DATE, DATETIME, TIMESTAMP. */
const uint8_t *mysql_read_moment(const uint8_t *at, const uint8_t *end,
                                 struct mysql_moment *moment);
/* TIME. */
const uint8_t *mysql_read_duration(const uint8_t *at, const uint8_t *end,
                                   int64_t *microseconds);

#endif
