/*
 * Rows of a batch as lines of JSON, into a fixed piece of memory that is
 * handed on when it is full: a value of any size takes no more. The row's own
 * values stand first, so that files_count.c finds them.
 */
#include "files_encode.h"

#include <string.h>

#include "base/memory.h"
#include "model/decimal.h"

/* The most that a fixed cell or the row's own values take. */
#define SHORT_BYTES ((size_t)256)
/* Of a long value at once; escaped it is six times that. */
#define PIECE_BYTES ((size_t)12 << 10)

/* A stored column: `,"name":` and where it stands in the table. */
struct head {
    size_t column;
    struct buffer text;
};

struct files_encoder {
    const struct table *table;
    struct files_sink sink;
    struct head *heads;
    size_t head_count;
    struct buffer digits; /* scratch */
    uint8_t *text;        /* FILES_CHUNK_BYTES */
    size_t size;
};

struct files_encoder *files_encoder_new(const struct table *table,
                                        struct files_sink sink)
{
    struct files_encoder *encoder = memory_new(1, sizeof *encoder);
    encoder->table = table;
    encoder->sink = sink;
    encoder->text = memory_new(FILES_CHUNK_BYTES, 1);
    encoder->heads = memory_new(table->column_count, sizeof *encoder->heads);
    buffer_init(&encoder->digits, SHORT_BYTES);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored)
            continue;
        struct head *head = &encoder->heads[encoder->head_count++];
        head->column = i;
        buffer_init(&head->text, FILES_CHUNK_BYTES / 2);
        buffer_add_byte(&head->text, ',');
        files_quote(table->columns[i].name, &head->text);
        buffer_add_byte(&head->text, ':');
    }
    return encoder;
}

void files_encoder_free(struct files_encoder *encoder)
{
    if (!encoder)
        return;
    for (size_t i = 0; i < encoder->head_count; i++)
        buffer_release(&encoder->heads[i].text);
    buffer_release(&encoder->digits);
    memory_free(encoder->heads);
    memory_free(encoder->text);
    memory_free(encoder);
}

enum status files_encoder_flush(struct files_encoder *encoder,
                                struct error *error)
{
    struct bytes text = {encoder->text, encoder->size};
    encoder->size = 0;
    return text.size > 0
               ? encoder->sink.take(encoder->sink.context, text, error)
               : STATUS_OK;
}

/* Room for that many bytes, at most FILES_CHUNK_BYTES. */
static enum status make_room(struct files_encoder *encoder, size_t size,
                             struct error *error)
{
    if (encoder->size + size <= FILES_CHUNK_BYTES)
        return STATUS_OK;
    return files_encoder_flush(encoder, error);
}

/* Where to write; there is room. */
static uint8_t *place(struct files_encoder *encoder)
{
    return encoder->text + encoder->size;
}

static void add(struct files_encoder *encoder, const void *text, size_t size)
{
    memcpy(place(encoder), text, size);
    encoder->size += size;
}

static void add_text(struct files_encoder *encoder, const char *text)
{
    add(encoder, text, strlen(text));
}

/* A text or base64 in quotes, piece by piece. */
static enum status add_long(struct files_encoder *encoder, struct bytes value,
                            bool is_text, struct error *error)
{
    add_text(encoder, "\"");
    for (size_t i = 0; i < value.size; i += PIECE_BYTES) {
        struct bytes piece = {value.data + i, value.size - i};
        if (piece.size > PIECE_BYTES)
            piece.size = PIECE_BYTES;
        enum status status = make_room(encoder, 6 * piece.size + SHORT_BYTES,
                                       error);
        if (status != STATUS_OK)
            return status;
        encoder->size += is_text ? files_escape(piece, place(encoder))
                                 : files_base64(piece, place(encoder));
    }
    enum status status = make_room(encoder, SHORT_BYTES, error);
    if (status == STATUS_OK)
        add_text(encoder, "\"");
    return status;
}

static void add_decimal(struct files_encoder *encoder,
                        const struct column *column, const uint8_t *cell)
{
    buffer_clear(&encoder->digits);
    decimal_format(cell, column->width, column->scale, &encoder->digits);
    add(encoder, encoder->digits.data, encoder->digits.size);
}

/* A date, time or UUID: its text stands in quotes. */
static void add_quoted(struct files_encoder *encoder, size_t index,
                       const struct batch *batch, size_t row)
{
    const struct column *column = &encoder->table->columns[index];
    const uint8_t *cell = batch_cell(batch, index, row);
    uint8_t *to = place(encoder);
    size_t size = 1;
    to[0] = '"';
    if (column->kind == KIND_UUID)
        size += files_uuid(cell, to + size);
    else if (column->kind == KIND_DATE)
        size += files_date((int32_t)batch_int(batch, index, row), to + size);
    else if (column->kind == KIND_TIME)
        size += files_time(batch_int(batch, index, row), column->scale > 0,
                           to + size);
    else
        size += files_datetime(batch_int(batch, index, row), to + size);
    if (column->kind == KIND_TIMESTAMP)
        to[size++] = 'Z';
    to[size++] = '"';
    encoder->size += size;
}

static enum status add_cell(struct files_encoder *encoder, size_t index,
                            const struct batch *batch, size_t row,
                            struct error *error)
{
    const struct column *column = &encoder->table->columns[index];
    switch (column->kind) {
    case KIND_BOOL:
        add_text(encoder, batch_int(batch, index, row) ? "true" : "false");
        break;
    case KIND_INT:
        encoder->size += files_number(batch_int(batch, index, row),
                                      place(encoder));
        break;
    case KIND_UINT:
        encoder->size += files_unsigned(
            (uint64_t)batch_int(batch, index, row), place(encoder));
        break;
    case KIND_FLOAT:
        encoder->size += files_double(batch_double(batch, index, row),
                                      column->width == 4, place(encoder));
        break;
    case KIND_DECIMAL:
        add_decimal(encoder, column, batch_cell(batch, index, row));
        break;
    case KIND_TEXT:
    case KIND_JSON:
    case KIND_BYTES:
        return add_long(encoder, batch_text(batch, index, row),
                        column->kind != KIND_BYTES, error);
    default:
        add_quoted(encoder, index, batch, row);
    }
    return STATUS_OK;
}

static void add_value(struct files_encoder *encoder, const char *head,
                      uint64_t value)
{
    add_text(encoder, head);
    encoder->size += files_unsigned(value, place(encoder));
}

static enum status add_column(struct files_encoder *encoder,
                              const struct head *head,
                              const struct batch *batch, size_t row,
                              struct error *error)
{
    if (batch_is_null(batch, head->column, row))
        return STATUS_OK;
    enum status status = make_room(encoder, head->text.size + SHORT_BYTES,
                                   error);
    if (status != STATUS_OK)
        return status;
    add(encoder, head->text.data, head->text.size);
    return add_cell(encoder, head->column, batch, row, error);
}

enum status files_encode(struct files_encoder *encoder,
                         const struct batch *batch, size_t row,
                         struct error *error)
{
    enum status status = make_room(encoder, SHORT_BYTES, error);
    if (status != STATUS_OK)
        return status;
    add_value(encoder, FILES_ROW_START, batch->versions[row]);
    add_value(encoder, ",\"_tm_deleted\":",
              batch->deleted[row] != 0);
    add_value(encoder, ",\"_tm_digest\":", batch->digests[row]);
    if (batch->buckets)
        add_value(encoder, ",\"_tm_bucket\":", batch->buckets[row]);
    for (size_t i = 0; i < encoder->head_count && status == STATUS_OK; i++)
        status = add_column(encoder, &encoder->heads[i], batch, row, error);
    if (status == STATUS_OK)
        status = make_room(encoder, SHORT_BYTES, error);
    if (status == STATUS_OK)
        add_text(encoder, "}\n");
    return status;
}
