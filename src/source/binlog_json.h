#ifndef TIDEMARK_SOURCE_BINLOG_JSON_H
#define TIDEMARK_SOURCE_BINLOG_JSON_H

#include "base/attributes.h"
#include "base/buffer.h"

/*
 * MySQL's binary JSON as the server's own text, byte for byte, as SELECT gives
 * it (binlog.md 4.3; json_binary.cc). Appended. False where the document is
 * malformed, deeper than the server allows, or refers to the same bytes twice;
 * or `text` has overflown. No bytes are the document null.
 */
#define BINLOG_JSON_DEPTH 100
bool binlog_json_text(struct bytes document, struct buffer *text) MUST_CHECK;

/* A double as the server prints it in JSON; appended. */
void binlog_json_double(double value, struct buffer *text);

#endif
