#ifndef TIDEMARK_SOURCE_BINLOG_CELL_H
#define TIDEMARK_SOURCE_BINLOG_CELL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "source/binlog_map.h"
#include "source/mysql_cell.h"

/*
 * Values of row images (binlog.md 4.1). Every value is first cut out of the
 * image by its type and metadata alone, whether somebody wants it or not; then
 * a reader, chosen once a map, gives it to the maker of the cell that scans
 * use too (mysql_cell.h).
 */
struct binlog_cell;
/* Gives the value to cell->maker; false where it is malformed. */
typedef bool binlog_read_function(struct binlog_cell *cell,
                                  struct bytes value);

/* Digits of a DECIMAL that stand together as a number. */
struct binlog_group {
    uint32_t limit; /* above all such numbers; 0: there are no more groups */
    uint32_t mask;  /* the bits of its bytes */
    uint32_t sign;  /* the bit of the sign, in the first one */
    uint32_t bytes;
};

struct binlog_cell {
    binlog_read_function *read; /* NULL: nobody wants it */
    struct mysql_cell *maker;   /* likewise */
    const struct binlog_column *column;
    unsigned bytes;   /* of the value, or of its length where is_prefixed */
    bool is_prefixed;
    bool is_json;     /* MySQL's: partial updates have a bit for each */
    struct binlog_group groups[4]; /* of a short DECIMAL */
    struct mysql_type type; /* as declared; all zero where nobody wants it */
    struct bytes *labels;   /* of ENUM and SET, in the maker's character set */
    size_t label_count;
    uint64_t *label_hashes; /* of ENUM: of no label, then of each; NULL where
                               they are not stored as they are */
    struct buffer label_text; /* what they point into, where it is ours */
    struct buffer text;       /* scratch */
};

/* Without a maker: the value can be cut out and nothing else. False for a
 * type whose length is not known. The map must outlive the cell. */
bool binlog_cell_init(struct binlog_cell *cell,
                      const struct binlog_column *column) MUST_CHECK;
/* Chooses the reader for the column that the resolution matched. */
void binlog_cell_bind(struct binlog_cell *cell, struct mysql_cell *maker);
void binlog_cell_release(struct binlog_cell *cell);

/* The value at `at`; the place behind it, NULL where it does not end before
 * `end`. */
static inline const uint8_t *binlog_cell_cut(const struct binlog_cell *cell,
                                             const uint8_t *at,
                                             const uint8_t *end,
                                             struct bytes *value)
{
    uint32_t size = cell->bytes;

    if ((size_t)(end - at) < size)
        return NULL;
    if (cell->is_prefixed) {
        size = at[0];
        if (cell->bytes > 1)
            size |= (uint32_t)at[1] << 8;
        if (cell->bytes > 2)
            size |= (uint32_t)at[2] << 16;
        if (cell->bytes > 3)
            size |= (uint32_t)at[3] << 24;
        at += cell->bytes;
        if ((size_t)(end - at) < size)
            return NULL;
    }
    *value = (struct bytes){at, size};
    return at + size;
}

/* The value of a key column as positions of scans have it (mysql.h): numbers,
 * dates and addresses plain, texts and bytes as x and hexadecimal digits, ENUM,
 * SET and BIT as numbers. False where it is malformed, or no key can have it.
 */
bool binlog_cell_text(struct binlog_cell *cell, struct bytes value,
                      struct buffer *text) MUST_CHECK;

/* --- binlog_cell_number.c ------------------------------------------------- */

binlog_read_function *binlog_int_reader(const struct binlog_column *column,
                                        const struct mysql_type *type);
binlog_read_function binlog_read_float;
binlog_read_function binlog_read_double;
binlog_read_function *binlog_decimal_reader(struct binlog_cell *cell);
binlog_read_function binlog_read_bit;
binlog_read_function binlog_read_year;
/* Digits and sign, the scale exactly; appended. False where it is malformed.
 */
bool binlog_decimal_text(struct bytes value, unsigned precision,
                         unsigned scale, struct buffer *text);
/* Bytes of a DECIMAL in a row; 0 where the numbers are out of range. */
unsigned binlog_decimal_bytes(unsigned precision, unsigned scale);
uint64_t binlog_big_endian(struct bytes value); /* at most 8 bytes */
static inline uint32_t binlog_big_four(const uint8_t *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof(number));
    return __builtin_bswap32(number);
}
uint64_t binlog_little_endian(struct bytes value);

/* --- binlog_cell_time.c --------------------------------------------------- */

binlog_read_function binlog_read_date;
/* DATETIME, TIMESTAMP, old and new. */
binlog_read_function *binlog_moment_reader(const struct binlog_cell *cell);
binlog_read_function binlog_read_time;
/* False where it is malformed. */
bool binlog_moment(const struct binlog_cell *cell, struct bytes value,
                   struct mysql_moment *moment);
bool binlog_duration(const struct binlog_cell *cell, struct bytes value,
                     int64_t *microseconds);

/* --- binlog_cell_text.c --------------------------------------------------- */

binlog_read_function binlog_read_string;
binlog_read_function binlog_read_bytes;
/* When the labels are known. */
binlog_read_function *binlog_enum_reader(struct binlog_cell *cell);
binlog_read_function binlog_read_set;
binlog_read_function binlog_read_json;
binlog_read_function binlog_read_uuid;
binlog_read_function binlog_read_inet;
/* As MariaDB prints it; appended. `value` has up to 4 or 16 bytes. */
void binlog_inet_text(struct bytes value, bool is_six, struct buffer *text);

#endif
