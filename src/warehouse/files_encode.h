#ifndef TIDEMARK_WAREHOUSE_FILES_ENCODE_H
#define TIDEMARK_WAREHOUSE_FILES_ENCODE_H

#include "base/buffer.h"
#include "base/error.h"
#include "model/batch.h"

/*
 * Rows of a batch as lines of JSON:
 *
 *     NULL                 no key
 *     BOOL                 true, false
 *     INT UINT DECIMAL     digits, the decimal with its whole scale
 *     FLOAT                the shortest digits that give the same value;
 *                          "nan", "+inf", "-inf"
 *     DATE                 "2026-11-21"
 *     TIME                 "-838:59:59", with ".000001" where the column has
 *                          digits of seconds
 *     DATETIME, TIMESTAMP  "2026-11-21T13:52:01.000000", TIMESTAMP with "Z"
 *     UUID                 "00112233-4455-6677-8899-aabbccddeeff"
 *     TEXT, JSON           a text
 *     BYTES                base64 with its padding
 *
 * _tm_version, _tm_deleted, _tm_digest and _tm_bucket are digits, in front of
 * the columns.
 */
struct files_encoder;

/* Takes bytes of lines, at most FILES_CHUNK_BYTES a call. */
struct files_sink {
    enum status (*take)(void *context, struct bytes text,
                        struct error *error);
    void *context;
};
#define FILES_CHUNK_BYTES ((size_t)256 << 10)
/* Every line begins with this and the digits of its version. */
#define FILES_ROW_START "{\"_tm_version\":"

struct files_encoder *files_encoder_new(const struct table *table,
                                        struct files_sink sink);
void files_encoder_free(struct files_encoder *encoder);
/* A line for `row`. */
enum status files_encode(struct files_encoder *encoder,
                         const struct batch *batch, size_t row,
                         struct error *error) MUST_CHECK;
/* Hands over what is not handed over yet. */
enum status files_encoder_flush(struct files_encoder *encoder,
                                struct error *error) MUST_CHECK;

/* files_text.c: pieces of JSON. */
/* The inside of a text in JSON; `target` has six bytes for each. Returns how
 * many were written. */
size_t files_escape(struct bytes text, uint8_t *target);
/* base64 with padding at the end; four bytes for each three begun. */
size_t files_base64(struct bytes bytes, uint8_t *target);
/* Each writes at most 128 bytes and returns how many. */
size_t files_number(int64_t value, uint8_t *target);
size_t files_unsigned(uint64_t value, uint8_t *target);
size_t files_double(double value, bool is_single, uint8_t *target);
size_t files_date(int32_t days, uint8_t *target);
size_t files_datetime(int64_t microseconds, uint8_t *target);
size_t files_time(int64_t microseconds, bool has_fraction, uint8_t *target);
size_t files_uuid(const uint8_t *bytes, uint8_t *target);
/* The text in quotes. */
void files_quote(const char *text, struct buffer *target);

#endif
