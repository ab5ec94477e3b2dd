/*
 * Canonical keys: a frozen format, as the digest's cells are. The text of a
 * key is for people only and may change.
 */
#include "model/key.h"

#include <inttypes.h>
#include <xxhash.h>

#include "base/text.h"
#include "model/calendar.h"
#include "model/decimal.h"
#include "model/digest.h"

#define TEXT_BYTES_MAX 200

static size_t fixed_cell(const struct batch *batch, size_t column, size_t row,
                         uint8_t *target)
{
    const struct column *plan = &batch->table->columns[column];

    switch (plan->kind) {
    case KIND_UINT:
        return digest_cell_uint((uint64_t)batch_int(batch, column, row),
                                target);
    case KIND_FLOAT:
        return digest_cell_double(batch_double(batch, column, row), target);
    case KIND_DECIMAL:
        return digest_cell_decimal(batch_cell(batch, column, row),
                                   plan->width, plan->scale, target);
    case KIND_UUID:
        memcpy(target, batch_cell(batch, column, row), plan->width);
        return plan->width;
    default:
        return digest_cell_int(batch_int(batch, column, row), target);
    }
}

void key_canonical(const struct batch *batch, size_t row,
                   struct buffer *target)
{
    const struct table *table = batch->table;
    uint8_t cell[DIGEST_CELL_BYTES];

    for (size_t i = 0; i < table->key_count; i++) {
        size_t column = table->key[i];
        struct bytes bytes = {cell, 0};
        if (kind_is_variable(table->columns[column].kind))
            bytes = batch_text(batch, column, row);
        else
            bytes.size = fixed_cell(batch, column, row, cell);
        buffer_add_varint(target, bytes.size);
        buffer_add(target, bytes.data, bytes.size);
    }
}

uint64_t key_hash(struct bytes canonical)
{
    return XXH3_64bits(canonical.data, canonical.size);
}

uint32_t key_bucket(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static void add_hex(struct buffer *target, struct bytes bytes)
{
    size_t shown = (TEXT_BYTES_MAX - 2) / 2;

    buffer_add_text(target, "0x");
    if (bytes.size <= shown) {
        buffer_add_hex(target, bytes);
        return;
    }
    buffer_add_hex(target, (struct bytes){bytes.data, shown});
    buffer_add_text(target, "...");
}

static void add_text(struct buffer *target, struct bytes bytes)
{
    size_t shown = TEXT_BYTES_MAX;

    if (bytes.size <= shown) {
        buffer_add(target, bytes.data, bytes.size);
        return;
    }
    /* Not within a character: 10xxxxxx goes on with the one before it. */
    while (shown > 0 && (bytes.data[shown] & 0xc0) == 0x80)
        shown--;
    buffer_add(target, bytes.data, shown);
    buffer_add_text(target, "...");
}

static void add_variable(const struct batch *batch, size_t column, size_t row,
                         struct buffer *target)
{
    struct bytes bytes = batch_text(batch, column, row);

    if (batch->table->columns[column].kind == KIND_BYTES ||
        !text_is_utf8(bytes))
        add_hex(target, bytes);
    else
        add_text(target, bytes);
}

static void add_uuid(struct buffer *target, const uint8_t *uuid)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};

    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        if (i > 0)
            buffer_add_byte(target, '-');
        buffer_add_hex(target, (struct bytes){uuid, groups[i]});
        uuid += groups[i];
    }
}

static void add_time(const struct column *plan, int64_t value,
                     struct buffer *target)
{
    if (plan->kind == KIND_DATE)
        calendar_format_date((int32_t)value, target);
    else if (plan->kind == KIND_TIME)
        calendar_format_time(value, plan->scale, target);
    else
        calendar_format_datetime(value, plan->scale, target);
}

static void add_cell(const struct batch *batch, size_t column, size_t row,
                     struct buffer *target)
{
    const struct column *plan = &batch->table->columns[column];

    if (kind_is_variable(plan->kind)) {
        add_variable(batch, column, row, target);
        return;
    }
    switch (plan->kind) {
    case KIND_BOOL:
    case KIND_INT:
        buffer_add_format(target, "%" PRId64, batch_int(batch, column, row));
        break;
    case KIND_UINT:
        buffer_add_format(target, "%" PRIu64,
                          (uint64_t)batch_int(batch, column, row));
        break;
    case KIND_FLOAT:
        buffer_add_format(target, "%.17g", batch_double(batch, column, row));
        break;
    case KIND_DECIMAL:
        decimal_format(batch_cell(batch, column, row), plan->width,
                       plan->scale, target);
        break;
    case KIND_UUID:
        add_uuid(target, batch_cell(batch, column, row));
        break;
    default:
        add_time(plan, batch_int(batch, column, row), target);
    }
}

void key_text(const struct batch *batch, size_t row, struct buffer *target)
{
    const struct table *table = batch->table;

    for (size_t i = 0; i < table->key_count; i++) {
        size_t column = table->key[i];
        if (i > 0)
            buffer_add_text(target, ", ");
        buffer_add_text(target, table->columns[column].name);
        buffer_add_byte(target, '=');
        add_cell(batch, column, row, target);
    }
}
