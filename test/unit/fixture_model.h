#ifndef TIDEMARK_TEST_FIXTURE_MODEL_H
#define TIDEMARK_TEST_FIXTURE_MODEL_H

#include <jansson.h>

#include "model/batch.h"

/* Tables, cells and the golden vectors for tests of the model. A test ends
 * where something here fails. */

/* The kind of that name. */
enum kind fixture_kind(const char *name);
/* Appends a column; `width` 0 for variable kinds. */
struct column *fixture_column(struct table *table, const char *name,
                              enum kind kind, uint8_t width);
/* The key is the first `count` columns. */
void fixture_key(struct table *table, size_t count);
/* Writes a cell of the row being written from its bytes in a batch; of
 * variable kinds the value. */
void fixture_put(struct batch *batch, size_t column, struct bytes stored);
void fixture_put_int(struct batch *batch, size_t column, int64_t value);
void fixture_put_text(struct batch *batch, size_t column, const char *text);

/* test/golden/vectors.json; the caller calls json_decref. */
json_t *golden_load(void);
const char *golden_text(const json_t *vector, const char *name);
/* A number written as hexadecimal digits. */
uint64_t golden_number(const json_t *vector, const char *name);
/* Bytes written as hexadecimal digits; the caller releases the buffer. */
struct buffer golden_bytes(const json_t *vector, const char *name);
/* Appends the column of a cell's vector, and writes its cell. */
struct column *golden_column(struct table *table, const json_t *cell);
void golden_put(struct batch *batch, size_t column, const json_t *cell);

#endif
