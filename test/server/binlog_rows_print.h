#ifndef TIDEMARK_TEST_BINLOG_ROWS_PRINT_H
#define TIDEMARK_TEST_BINLOG_ROWS_PRINT_H

/* What binlog_rows_probe.c says: JSON objects, one a line. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "model/batch.h"
#include "model/key.h"

#define CELL_BYTES 120

static void print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static int fail(const struct error *error)
{
    print(json_pack("{s:s, s:s}", "error", error_id_text(error->id), "what",
                    error->what));
    fflush(stdout);
    return 3;
}

static json_t *hex(struct bytes bytes)
{
    struct buffer text;
    json_t *value;

    buffer_init(&text, 1 << 20);
    buffer_add_hex(&text, bytes);
    value = json_string(buffer_text(&text));
    buffer_release(&text);
    return value;
}

static json_t *cell_of(const struct batch *batch, size_t column, size_t row)
{
    struct bytes bytes;

    if (batch_is_null(batch, column, row))
        return json_null();
    if (kind_is_variable(batch->table->columns[column].kind))
        bytes = batch_text(batch, column, row);
    else
        bytes = (struct bytes){batch_cell(batch, column, row),
                               batch->columns[column].width};
    if (bytes.size > CELL_BYTES)
        bytes.size = CELL_BYTES;
    return hex(bytes);
}

static void print_rows(struct batch *batch, const char *position)
{
    struct buffer key;

    buffer_init(&key, 1 << 20);
    for (size_t i = 0; i < batch->row_count; i++) {
        json_t *cells = json_object();
        for (size_t j = 0; j < batch->table->column_count; j++)
            json_object_set_new(cells, batch->table->columns[j].name,
                                cell_of(batch, j, i));
        buffer_clear(&key);
        key_canonical(batch, i, &key);
        print(json_pack("{s:s, s:o, s:I, s:i, s:o, s:o, s:s?}", "table",
                        batch->table->name, "key", hex(buffer_bytes(&key)),
                        "version", (json_int_t)batch->versions[i], "deleted",
                        batch->deleted[i], "digest",
                        json_sprintf("%016" PRIx64, batch->digests[i]),
                        "cells", cells, "position", position));
    }
    buffer_release(&key);
    batch_clear(batch);
}

#endif
