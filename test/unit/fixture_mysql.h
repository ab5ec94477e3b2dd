#ifndef TIDEMARK_TEST_FIXTURE_MYSQL_H
#define TIDEMARK_TEST_FIXTURE_MYSQL_H

#include "source/mysql_charset_table.h"
#include "source/mysql_rows.h"

/* A table as describe makes it, character sets without a server, and rows of
 * the binary protocol. */

/* Appends a column; " NULL" at the end of `declared` makes it nullable. */
struct column *mysql_column(struct table *table, const char *name,
                            const char *declared);
/* One that needs no table of the server; static. */
const struct mysql_charset *mysql_set(enum mysql_charset_form form);
/* Readers for the table, all text in utf8mb4. */
void mysql_rows_make(struct mysql_rows *rows, const struct table *table,
                     size_t extra_count);

/* A packet: mysql_row_start, then each value in order by the others. */
struct mysql_row {
    uint8_t data[4096];
    size_t size;
    size_t column;
};
void mysql_row_start(struct mysql_row *row, size_t field_count);
void mysql_row_null(struct mysql_row *row);
void mysql_row_raw(struct mysql_row *row, const void *data, size_t size);
void mysql_row_int(struct mysql_row *row, int64_t value, size_t bytes);
/* With a length of one byte in front. */
void mysql_row_text(struct mysql_row *row, const char *text);
struct bytes mysql_row_packet(const struct mysql_row *row);

#endif
