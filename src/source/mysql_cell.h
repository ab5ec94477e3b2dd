#ifndef TIDEMARK_SOURCE_MYSQL_CELL_H
#define TIDEMARK_SOURCE_MYSQL_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/batch.h"
#include "model/digest.h"
#include "source/mysql.h"
#include "source/mysql_charset.h"

/*
 * Makers of cells: one function for each type, and every road calls it with
 * the value that it took from its bytes. Here alone are range, scale,
 * character set, the policies of the settings, the canonical bytes and the
 * digest. A maker writes the cell of its column in the row being written and
 * adds to digest_sum, or fails: then it writes a blank in its place, so that
 * the row can be decoded to its end and its key be named.
 */

/* What the cells of one scan share. */
struct mysql_cell_row {
    struct batch *batch; /* the one being filled */
    /* A column has no room for a value; the row must be made again in an
     * empty batch. */
    bool is_too_full;
    enum error_id failure; /* of the first cell that failed, or ERROR_NONE */
    size_t failed_column;
    char reason[128]; /* "0000-00-00 has no value in the warehouse" */
};

/* Reads the value at `at` and gives it to the maker of the cell; the place
 * behind it, NULL where it is malformed or does not end before `end`. */
struct mysql_cell;
typedef const uint8_t *mysql_read_function(struct mysql_cell *cell,
                                           const uint8_t *at,
                                           const uint8_t *end);

/* One column. Chosen once for a scan. */
struct mysql_cell {
    mysql_read_function *read; /* of the binary protocol */
    struct mysql_cell_row *row;
    const struct column *column;
    size_t index;
    uint64_t seed;
    bool is_stored;
    bool is_natural; /* the kind is that of the type, nothing is retyped */
    struct mysql_type type;
    const struct mysql_charset *charset; /* NULL where the type has none */
    struct buffer scratch;
    /* The date converted last: most rows have the one of the row before. */
    uint32_t last_date;
    int32_t last_days;
    struct bytes failed; /* stored in place of a text that fails; else empty */
};

/* A date and time of day as the server has it: perhaps a zero or partial date.
 * The caller has checked month <= 12, day <= 31, and the time of day. */
struct mysql_moment {
    unsigned year;
    unsigned month;
    unsigned day;
    unsigned hour;
    unsigned minute;
    unsigned second;
    unsigned microsecond;
};

/* `charset` must outlive the cell; NULL for types without one. */
void mysql_cell_init(struct mysql_cell *cell, struct mysql_cell_row *row,
                     const struct table *table, size_t index,
                     const struct mysql_charset *charset);
void mysql_cell_release(struct mysql_cell *cell);
/* The failure of the row being written as people read it, named by table,
 * column and key; all cells of the row are there. STATUS_TABLE or so. */
enum status mysql_cell_error(const struct mysql_cell_row *row,
                             struct error *error);

void mysql_cell_null(struct mysql_cell *cell);
static inline void mysql_cell_int(struct mysql_cell *cell, int64_t value);
/* Integers UNSIGNED, BIT, YEAR. */
static inline void mysql_cell_uint(struct mysql_cell *cell, uint64_t value);
/* FLOAT, widened, and DOUBLE. */
static inline void mysql_cell_double(struct mysql_cell *cell, double value);
/* [-]digits[.digits] */
void mysql_cell_decimal(struct mysql_cell *cell, struct bytes text);
/* The same as a scaled integer in the scale of the column, which must be of
 * its type's own kind. */
void mysql_cell_scaled(struct mysql_cell *cell, int64_t value);
/* The time of day is 0. */
void mysql_cell_date(struct mysql_cell *cell,
                     const struct mysql_moment *moment);
/* DATETIME and TIMESTAMP (in UTC). */
void mysql_cell_datetime(struct mysql_cell *cell,
                         const struct mysql_moment *moment);
/* DATETIME, TIMESTAMP and TIME as the column has them, which must be of its
 * type's own kind. */
void mysql_cell_microseconds(struct mysql_cell *cell, int64_t microseconds);
void mysql_cell_time(struct mysql_cell *cell, int64_t microseconds);
/* CHAR, VARCHAR, TEXT, JSON and the labels of ENUM and SET, in the column's
 * own character set; INET4 and INET6 as text. */
void mysql_cell_string(struct mysql_cell *cell, struct bytes raw);
/* BINARY (short values are padded), VARBINARY, BLOB, GEOMETRY. */
void mysql_cell_bytes(struct mysql_cell *cell, struct bytes raw);
/* 16 bytes in the order of the text. */
void mysql_cell_uuid(struct mysql_cell *cell, const uint8_t *uuid);

/* --- between the files of the makers -------------------------------------- */

/* Writes a blank and remembers the failure. No value of the row may stand in
 * the reason. */
void mysql_cell_fail(struct mysql_cell *cell, enum error_id id,
                     const char *format, ...) PRINTF_LIKE(3, 4);
/* The value as the server prints it (UTF-8) into a cell of another kind than
 * its own; exact or a failure. `text` may be cell->scratch. */
void mysql_cell_retype(struct mysql_cell *cell, struct bytes text);
/* 36 characters into 16 bytes; false where it is no UUID. */
bool mysql_cell_parse_uuid(struct bytes text, uint8_t *uuid);

void mysql_cell_retype_int(struct mysql_cell *cell, int64_t value);
void mysql_cell_retype_uint(struct mysql_cell *cell, uint64_t value);
void mysql_cell_retype_double(struct mysql_cell *cell, double value);

static inline void mysql_cell_digest(struct mysql_cell *cell, uint64_t hash)
{
    cell->row->batch->digest_sum += hash;
}

/* Bytes as they are into a variable cell, their hash being known. */
static inline void mysql_cell_store_known(struct mysql_cell *cell,
                                          struct bytes value, uint64_t hash)
{
    if (!batch_add_text(cell->row->batch, cell->index, value))
        cell->row->is_too_full = true;
    else if (cell->is_stored)
        mysql_cell_digest(cell, hash);
}

/* Likewise, hashed here. */
static inline void mysql_cell_store(struct mysql_cell *cell,
                                    struct bytes value)
{
    if (!batch_add_text(cell->row->batch, cell->index, value)) {
        cell->row->is_too_full = true;
        return;
    }
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_bytes(value, cell->seed));
}

/* The lowest bytes of a number, as many as the column has. */
static inline void mysql_cell_place(struct mysql_cell *cell, uint64_t value)
{
    uint8_t *place = batch_fixed(cell->row->batch, cell->index);

    switch (cell->column->width) {
    case 1:
        *place = (uint8_t)value;
        break;
    case 2:
        memcpy(place, &value, 2);
        break;
    case 4:
        memcpy(place, &value, 4);
        break;
    default:
        memcpy(place, &value, 8);
        break;
    }
}

/* Inline: most cells are numbers, and each is one call from its bytes. */
static inline void mysql_cell_int(struct mysql_cell *cell, int64_t value)
{
    if (!cell->is_natural) {
        mysql_cell_retype_int(cell, value);
        return;
    }
    mysql_cell_place(cell, (uint64_t)value);
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_int(value, cell->seed));
}

static inline void mysql_cell_uint(struct mysql_cell *cell, uint64_t value)
{
    if (!cell->is_natural) {
        mysql_cell_retype_uint(cell, value);
        return;
    }
    mysql_cell_place(cell, value);
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_uint(value, cell->seed));
}

static inline void mysql_cell_double(struct mysql_cell *cell, double value)
{
    float narrow = (float)value;

    if (!cell->is_natural) {
        mysql_cell_retype_double(cell, value);
        return;
    }
    if (cell->column->width == sizeof(narrow))
        memcpy(batch_fixed(cell->row->batch, cell->index), &narrow,
               sizeof(narrow));
    else
        memcpy(batch_fixed(cell->row->batch, cell->index), &value,
               sizeof(value));
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_double(value, cell->seed));
}

#endif
