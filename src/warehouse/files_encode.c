/*
 * Rows of a batch as lines of JSON. What must stay true: a line holds no raw
 * control character, so that lines can be counted; no value's size is trusted
 * to fit: what is long goes out in slices.
 */
#include "files_encode.h"

#include <string.h>

#include "base/memory.h"
#include "model/decimal.h"

/* Bytes of a value that are encoded at once; escaping makes six of one. */
#define SLICE_BYTES ((size_t)24 << 10)
/* Room for anything that is no slice: a number, a time, a head. */
#define SMALL_BYTES ((size_t)256)
#define HEAD_LIMIT ((size_t)1 << 20)

struct files_encoder {
    const struct table *table;
    struct files_sink sink;
    struct buffer *heads; /* `,"name":` of each column */
    struct buffer decimal;
    uint8_t *chunk;
    size_t size;
    struct error *error; /* of the call that is under way */
    enum status status;  /* sticky within a call */
};

struct files_encoder *files_encoder_new(const struct table *table,
                                        struct files_sink sink)
{
    struct files_encoder *encoder = memory_new(1, sizeof *encoder);
    encoder->table = table;
    encoder->sink = sink;
    encoder->chunk = memory_new(FILES_CHUNK_BYTES, 1);
    encoder->heads = memory_new(table->column_count, sizeof *encoder->heads);
    buffer_init(&encoder->decimal, SMALL_BYTES);
    for (size_t i = 0; i < table->column_count; i++) {
        buffer_init(&encoder->heads[i], HEAD_LIMIT);
        buffer_add_byte(&encoder->heads[i], ',');
        files_quote(table->columns[i].name, &encoder->heads[i]);
        buffer_add_byte(&encoder->heads[i], ':');
    }
    return encoder;
}

void files_encoder_free(struct files_encoder *encoder)
{
    if (!encoder)
        return;
    for (size_t i = 0; i < encoder->table->column_count; i++)
        buffer_release(&encoder->heads[i]);
    buffer_release(&encoder->decimal);
    memory_free(encoder->heads);
    memory_free(encoder->chunk);
    memory_free(encoder);
}

static void hand_over(struct files_encoder *encoder)
{
    struct bytes text = {encoder->chunk, encoder->size};
    if (encoder->status == STATUS_OK && text.size > 0)
        encoder->status = encoder->sink.take(encoder->sink.context, text,
                                             encoder->error);
    encoder->size = 0;
}

/* Where `size` bytes (at most FILES_CHUNK_BYTES) may be written. */
static uint8_t *room(struct files_encoder *encoder, size_t size)
{
    if (FILES_CHUNK_BYTES - encoder->size < size)
        hand_over(encoder);
    return encoder->chunk + encoder->size;
}

static void add(struct files_encoder *encoder, const void *data, size_t size)
{
    const uint8_t *at = data;
    while (size > 0) {
        size_t some = size < SLICE_BYTES ? size : SLICE_BYTES;
        memcpy(room(encoder, some), at, some);
        encoder->size += some;
        at += some;
        size -= some;
    }
}

static void add_text(struct files_encoder *encoder, const char *text)
{
    add(encoder, text, strlen(text));
}

/* `encode` makes at most six bytes of one; slices are a multiple of three. */
static void add_slices(struct files_encoder *encoder, struct bytes value,
                       size_t (*encode)(struct bytes, uint8_t *))
{
    add_text(encoder, "\"");
    while (value.size > 0) {
        struct bytes slice = value;
        if (slice.size > SLICE_BYTES)
            slice.size = SLICE_BYTES;
        uint8_t *target = room(encoder, 6 * SLICE_BYTES);
        encoder->size += encode(slice, target);
        value.data += slice.size;
        value.size -= slice.size;
    }
    add_text(encoder, "\"");
}

static void add_decimal(struct files_encoder *encoder,
                        const struct column *column, const uint8_t *cell)
{
    buffer_clear(&encoder->decimal);
    decimal_format(cell, column->width, column->scale, &encoder->decimal);
    add(encoder, encoder->decimal.data, encoder->decimal.size);
}

/* Kinds that stand in quotes and are short. */
static size_t put_quoted(const struct batch *batch, size_t index, size_t row,
                         uint8_t *target)
{
    const struct column *column = &batch->table->columns[index];
    size_t size = 1;
    target[0] = '"';
    if (column->kind == KIND_UUID)
        size += files_uuid(batch_cell(batch, index, row), target + size);
    else if (column->kind == KIND_DATE)
        size += files_date((int32_t)batch_int(batch, index, row),
                           target + size);
    else if (column->kind == KIND_TIME)
        size += files_time(batch_int(batch, index, row), column->scale > 0,
                           target + size);
    else
        size += files_datetime(batch_int(batch, index, row), target + size);
    if (column->kind == KIND_TIMESTAMP)
        target[size++] = 'Z';
    target[size++] = '"';
    return size;
}

static size_t put_fixed(const struct batch *batch, size_t index, size_t row,
                        uint8_t *target)
{
    const struct column *column = &batch->table->columns[index];
    switch (column->kind) {
    case KIND_INT:
        return files_number(batch_int(batch, index, row), target);
    case KIND_UINT:
        return files_unsigned((uint64_t)batch_int(batch, index, row), target);
    case KIND_FLOAT:
        return files_double(batch_double(batch, index, row),
                            column->width == 4, target);
    default:
        return put_quoted(batch, index, row, target);
    }
}

static void add_cell(struct files_encoder *encoder, const struct batch *batch,
                     size_t index, size_t row)
{
    const struct column *column = &batch->table->columns[index];
    switch (column->kind) {
    case KIND_BOOL:
        add_text(encoder, *batch_cell(batch, index, row) ? "true" : "false");
        break;
    case KIND_DECIMAL:
        add_decimal(encoder, column, batch_cell(batch, index, row));
        break;
    case KIND_BYTES:
        add_slices(encoder, batch_text(batch, index, row), files_base64);
        break;
    case KIND_TEXT:
    case KIND_JSON:
        add_slices(encoder, batch_text(batch, index, row), files_escape);
        break;
    default:
        encoder->size += put_fixed(batch, index, row,
                                   room(encoder, SMALL_BYTES));
    }
}

static void add_own(struct files_encoder *encoder, const char *head,
                    uint64_t value)
{
    add_text(encoder, head);
    encoder->size += files_unsigned(value, room(encoder, SMALL_BYTES));
}

enum status files_encode(struct files_encoder *encoder,
                         const struct batch *batch, size_t row,
                         struct error *error)
{
    const struct table *table = encoder->table;
    encoder->error = error;
    encoder->status = STATUS_OK;
    add_own(encoder, "{\"_tm_version\":", batch->versions[row]);
    add_own(encoder, ",\"_tm_deleted\":", batch->deleted[row]);
    add_own(encoder, ",\"_tm_digest\":", batch->digests[row]);
    if (batch->buckets)
        add_own(encoder, ",\"_tm_bucket\":", batch->buckets[row]);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored || batch_is_null(batch, i, row))
            continue;
        add(encoder, encoder->heads[i].data, encoder->heads[i].size);
        add_cell(encoder, batch, i, row);
    }
    add_text(encoder, "}\n");
    return encoder->status;
}

enum status files_encoder_flush(struct files_encoder *encoder,
                                struct error *error)
{
    encoder->error = error;
    encoder->status = STATUS_OK;
    hand_over(encoder);
    return encoder->status;
}
