/*
 * Rows of one table by column. What must stay true: text.size of a column is
 * the end of the last written cell, text_bytes is the sum over the columns,
 * and nothing is allocated for a row but a growing text buffer.
 */
#include "model/batch.h"

#include "base/memory.h"
#include "model/digest.h"
#include "model/key.h"

#define VARINT_BYTES 10

/* Room above BATCH_TEXT_LIMIT, so that an empty cell or a blank in place of a
 * cell always fits: one byte a row and what append_cell asks ahead. */
static size_t text_limit(const struct column *column, size_t capacity)
{
    return BATCH_TEXT_LIMIT + capacity * (VARINT_BYTES + 1) +
           column->fixed_length;
}

/* A row of any source is below 1 GiB, and so is a key. */
#define KEY_LIMIT (BATCH_TEXT_LIMIT * 2)

static void column_init(struct batch_column *place,
                        const struct column *column, size_t capacity)
{
    if (column->is_nullable)
        place->nulls = memory_new(capacity, 1);
    if (kind_is_variable(column->kind)) {
        buffer_init(&place->text, text_limit(column, capacity));
        place->ends = memory_new(capacity, sizeof(*place->ends));
    } else {
        place->width = column->width;
        place->fixed = memory_new(capacity, place->width);
    }
}

struct batch *batch_new(const struct table *table, size_t capacity,
                        size_t byte_budget)
{
    struct batch *batch = memory_new(1, sizeof(*batch));

    batch->table = table;
    batch->capacity = capacity;
    batch->byte_budget = byte_budget;
    batch->row_bytes = table_fixed_bytes(table);
    batch->versions = memory_new(capacity, sizeof(*batch->versions));
    batch->deleted = memory_new(capacity, sizeof(*batch->deleted));
    batch->digests = memory_new(capacity, sizeof(*batch->digests));
    if (table->is_bucketed)
        batch->buckets = memory_new(capacity, sizeof(*batch->buckets));
    buffer_init(&batch->key, KEY_LIMIT);
    batch->columns =
        memory_new(table->column_count, sizeof(*batch->columns));
    for (size_t i = 0; i < table->column_count; i++)
        column_init(&batch->columns[i], &table->columns[i], capacity);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->table->column_count; i++) {
        struct batch_column *place = &batch->columns[i];
        memory_free(place->nulls);
        memory_free(place->fixed);
        memory_free(place->ends);
        buffer_release(&place->text);
    }
    memory_free(batch->columns);
    memory_free(batch->versions);
    memory_free(batch->deleted);
    memory_free(batch->digests);
    memory_free(batch->buckets);
    buffer_release(&batch->key);
    memory_free(batch);
}

void batch_clear(struct batch *batch)
{
    batch->row_count = 0;
    batch_drop_row(batch);
}

size_t batch_bytes(const struct batch *batch)
{
    return batch->row_count * batch->row_bytes + batch->text_bytes;
}

size_t batch_memory(const struct batch *batch)
{
    size_t bytes = batch->capacity * batch->row_bytes + batch->key.capacity;

    for (size_t i = 0; i < batch->table->column_count; i++)
        bytes += batch->columns[i].text.capacity;
    return bytes;
}

/* Appends a cell of `size` bytes; `data` NULL makes them zero. */
static bool append_cell(struct batch *batch, size_t column,
                        const uint8_t *data, size_t size)
{
    struct batch_column *place = &batch->columns[column];
    struct buffer *text = &place->text;
    size_t start = text->size;
    size_t rest = size;

    if (text->capacity - start < size + VARINT_BYTES &&
        !buffer_reserve(text, size + VARINT_BYTES))
        return false;
    for (; rest >= 0x80; rest >>= 7)
        text->data[text->size++] = (uint8_t)(rest | 0x80);
    text->data[text->size++] = (uint8_t)rest;
    if (data)
        memcpy(text->data + text->size, data, size);
    else
        memset(text->data + text->size, 0, size);
    text->size += size;
    place->ends[batch->row_count] = text->size;
    batch->text_bytes += text->size - start;
    return true;
}

bool batch_add_text(struct batch *batch, size_t column, struct bytes value)
{
    struct batch_column *place = &batch->columns[column];
    size_t used = place->text.size;

    /* Asked first: the mark of an overflow would stay in the buffer. */
    if (value.size > BATCH_TEXT_LIMIT ||
        (value.size > 0 && used > BATCH_TEXT_LIMIT - value.size))
        return false;
    if (place->nulls)
        place->nulls[batch->row_count] = 0;
    return append_cell(batch, column, value.data, value.size);
}

static size_t text_start(const struct batch_column *place, size_t row)
{
    return row > 0 ? place->ends[row - 1] : 0;
}

/* Takes back what the row being written has put into a variable column. */
static void drop_text(struct batch *batch, struct batch_column *place)
{
    size_t start = text_start(place, batch->row_count);

    batch->text_bytes -= place->text.size - start;
    place->text.size = start;
}

void batch_set_null(struct batch *batch, size_t column)
{
    struct batch_column *place = &batch->columns[column];
    size_t row = batch->row_count;

    if (place->fixed)
        memset(place->fixed + row * place->width, 0, place->width);
    else
        (void)append_cell(batch, column, NULL, 0);
    place->nulls[row] = 1;
}

uint64_t batch_row_key_hash(struct batch *batch)
{
    buffer_clear(&batch->key);
    key_canonical(batch, batch->row_count, &batch->key);
    return key_hash(buffer_bytes(&batch->key));
}

void batch_add_row(struct batch *batch, bool is_deleted)
{
    size_t row = batch->row_count;

    batch->deleted[row] = is_deleted;
    batch->digests[row] = is_deleted ? 0 : digest_finish(batch->digest_sum);
    if (batch->buckets)
        batch->buckets[row] = key_bucket(batch_row_key_hash(batch));
    batch->digest_sum = 0;
    batch->row_count = row + 1;
}

void batch_drop_row(struct batch *batch)
{
    for (size_t i = 0; i < batch->table->column_count; i++) {
        if (!batch->columns[i].fixed)
            drop_text(batch, &batch->columns[i]);
    }
    batch->digest_sum = 0;
}

void batch_blank(struct batch *batch, size_t column)
{
    const struct column *plan = &batch->table->columns[column];
    struct batch_column *place = &batch->columns[column];

    if (!place->fixed)
        drop_text(batch, place);
    if (place->nulls)
        batch_set_null(batch, column);
    else if (place->fixed)
        memset(batch_fixed(batch, column), 0, place->width);
    else
        (void)append_cell(batch, column, NULL,
                          plan->is_fixed_length ? plan->fixed_length : 0);
}

void batch_set_version(struct batch *batch, uint64_t version)
{
    for (size_t row = 0; row < batch->row_count; row++)
        batch->versions[row] = version;
}

struct bytes batch_text(const struct batch *batch, size_t column, size_t row)
{
    const struct batch_column *place = &batch->columns[column];
    const uint8_t *data = place->text.data + text_start(place, row);

    while (*data & 0x80)
        data++;
    data++;
    return (struct bytes){
        data, (size_t)(place->text.data + place->ends[row] - data)};
}

static int64_t load_signed(const uint8_t *cell, size_t width)
{
    int8_t one;
    int16_t two;
    int32_t four;
    int64_t eight;

    switch (width) {
    case 1:
        memcpy(&one, cell, sizeof(one));
        return one;
    case 2:
        memcpy(&two, cell, sizeof(two));
        return two;
    case 4:
        memcpy(&four, cell, sizeof(four));
        return four;
    default:
        memcpy(&eight, cell, sizeof(eight));
        return eight;
    }
}

int64_t batch_int(const struct batch *batch, size_t column, size_t row)
{
    size_t width = batch->columns[column].width;
    int64_t value = load_signed(batch_cell(batch, column, row), width);

    if (batch->table->columns[column].kind == KIND_UINT && width < 8)
        value &= (INT64_C(1) << (8 * width)) - 1;
    return value;
}

double batch_double(const struct batch *batch, size_t column, size_t row)
{
    const uint8_t *cell = batch_cell(batch, column, row);
    float narrow;
    double wide;

    if (batch->columns[column].width == sizeof(narrow)) {
        memcpy(&narrow, cell, sizeof(narrow));
        return (double)narrow;
    }
    memcpy(&wide, cell, sizeof(wide));
    return wide;
}
