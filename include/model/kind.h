#ifndef TIDEMARK_MODEL_KIND_H
#define TIDEMARK_MODEL_KIND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The kinds of a column. Few on purpose: width, scale and precision are
 * attributes. How a cell of each lies in a batch:
 *
 *   BOOL       1 byte, 0 or 1
 *   INT, UINT  1, 2, 4 or 8 bytes, little endian
 *   FLOAT      4 or 8 bytes, IEEE 754
 *   DECIMAL    the value times 10^scale as signed integer, 4, 8, 16 or 32
 *              bytes (precision up to 9, 18, 38, 76), little endian
 *   DATE       4 bytes, signed days since 1970-01-01 (proleptic Gregorian)
 *   TIME       8 bytes, signed microseconds
 *   DATETIME   8 bytes, signed microseconds since 1970-01-01 00:00:00 of a
 *              wall clock without zone
 *   TIMESTAMP  8 bytes, signed microseconds since 1970-01-01 UTC
 *   UUID       16 bytes in the order of the text (network order)
 *   TEXT       UTF-8; BYTES any bytes; JSON UTF-8 text: length as unsigned
 *              LEB128, then the bytes
 */
#define KIND_LIST(X) \
    X(BOOL, "bool") X(INT, "int") X(UINT, "uint") X(FLOAT, "float") \
    X(DECIMAL, "decimal") X(DATE, "date") X(TIME, "time") \
    X(DATETIME, "datetime") X(TIMESTAMP, "timestamp") X(TEXT, "text") \
    X(BYTES, "bytes") X(JSON, "json") X(UUID, "uuid")

enum kind {
#define X(name, text) KIND_##name,
    KIND_LIST(X)
#undef X
    KIND_COUNT
};

/* Cells lie little endian everywhere and are read as the machine's own. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "cells need a little-endian machine");

const char *kind_name(enum kind kind);
/* True for TEXT, BYTES and JSON, whose cells have no fixed width. */
bool kind_is_variable(enum kind kind);
/* Bytes of a DECIMAL of that precision: 4, 8, 16, 32; 0 above 76. */
uint8_t kind_decimal_width(unsigned precision);

#endif
