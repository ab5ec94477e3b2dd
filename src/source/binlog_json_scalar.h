#ifndef TIDEMARK_SOURCE_BINLOG_JSON_SCALAR_H
#define TIDEMARK_SOURCE_BINLOG_JSON_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* The scalars of binary JSON. All append. */

/* Takes a length of at most 5 bytes of 7 bits, and as many bytes. */
bool binlog_json_take(struct bytes bytes, struct bytes *value);
/* In quotes, with the server's escapes. */
void binlog_json_quote(struct bytes text, struct buffer *target);
/* A value of a type of SQL: `type` is its code. False: malformed. */
bool binlog_json_opaque(uint8_t type, struct bytes value,
                        struct buffer *target);
void binlog_json_double(double value, struct buffer *text);

#endif
