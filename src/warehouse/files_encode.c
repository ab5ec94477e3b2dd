/*
 * Rows as lines of JSON: integers and decimals as digits, floats by the
 * fewest digits that give the same number again, times as ISO 8601, bytes as
 * base64, NULL by leaving the key out.
 *
 * What must stay true: a line holds no raw control character, so that lines
 * can be counted; the _tm_ values stand last and are digits, so that they can
 * be found from the line's end.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "files.h"
#include "model/calendar.h"
#include "model/decimal.h"

#define HEAD_LIMIT ((size_t)64 * 1024)

struct files_encoder {
    const struct table *table;
    struct buffer *heads; /* `"name":` of each column */
};

static void add_escaped(struct buffer *target, uint8_t byte)
{
    static const char from[] = "\b\t\n\f\r\"\\";
    static const char to[] = "btnfr\"\\";
    const char *at = byte ? strchr(from, byte) : NULL;
    if (at) {
        buffer_add_byte(target, '\\');
        buffer_add_byte(target, (uint8_t)to[at - from]);
    } else {
        buffer_add_format(target, "\\u%04x", byte);
    }
}

static void add_text(struct buffer *target, struct bytes text)
{
    size_t start = 0;
    buffer_add_byte(target, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f)
            continue;
        buffer_add(target, text.data + start, i - start);
        add_escaped(target, byte);
        start = i + 1;
    }
    buffer_add(target, text.data + start, text.size - start);
    buffer_add_byte(target, '"');
}

static void add_base64(struct buffer *target, struct bytes bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    buffer_add_byte(target, '"');
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t three = (uint32_t)bytes.data[i] << 16;
        three |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        three |= left > 2 ? bytes.data[i + 2] : 0u;
        char four[4] = {
            digits[three >> 18],
            digits[three >> 12 & 63],
            left > 1 ? digits[three >> 6 & 63] : '=',
            left > 2 ? digits[three & 63] : '=',
        };
        buffer_add(target, four, sizeof four);
    }
    buffer_add_byte(target, '"');
}

static void add_unsigned(struct buffer *target, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_add(target, digits + at, sizeof digits - at);
}

static void add_signed(struct buffer *target, int64_t value)
{
    if (value < 0)
        buffer_add_byte(target, '-');
    add_unsigned(target, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* JSON has no other numbers; BigQuery knows these words. */
static bool add_special(struct buffer *target, double value)
{
    if (isfinite(value))
        return false;
    buffer_add_text(target, isnan(value) ? "\"nan\""
                            : value < 0  ? "\"-inf\""
                                         : "\"+inf\"");
    return true;
}

static void add_double(struct buffer *target, double value)
{
    char text[32];
    if (add_special(target, value))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buffer_add_text(target, text);
}

static void add_float(struct buffer *target, float value)
{
    char text[32];
    if (add_special(target, (double)value))
        return;
    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    buffer_add_text(target, text);
}

static void add_uuid(struct buffer *target, const uint8_t *uuid)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        buffer_add_byte(target, i > 0 ? '-' : '"');
        buffer_add_hex(target, (struct bytes){uuid, groups[i]});
        uuid += groups[i];
    }
    buffer_add_byte(target, '"');
}

/* "2026-11-21T13:52:01.123456", with Z behind an instant. */
static void add_datetime(struct buffer *target, int64_t microseconds,
                         bool is_instant)
{
    buffer_add_byte(target, '"');
    size_t start = target->size;
    calendar_format_datetime(microseconds, 6, target);
    uint8_t *space = memchr(target->data + start, ' ', target->size - start);
    if (space)
        *space = 'T';
    buffer_add_text(target, is_instant ? "Z\"" : "\"");
}

static void add_variable(const struct column *column, struct bytes value,
                         struct buffer *target)
{
    if (column->kind == KIND_BYTES)
        add_base64(target, value);
    else
        add_text(target, value);
}

static void add_floating(const struct column *column, const uint8_t *cell,
                         struct buffer *target)
{
    float narrow;
    double wide;
    if (column->width == sizeof narrow) {
        memcpy(&narrow, cell, sizeof narrow);
        add_float(target, narrow);
    } else {
        memcpy(&wide, cell, sizeof wide);
        add_double(target, wide);
    }
}

static void add_cell(const struct batch *batch, size_t index, size_t row,
                     struct buffer *target)
{
    const struct column *column = &batch->table->columns[index];
    switch (column->kind) {
    case KIND_BOOL:
        buffer_add_text(target, *batch_cell(batch, index, row) ? "true"
                                                               : "false");
        break;
    case KIND_INT:
        add_signed(target, batch_int(batch, index, row));
        break;
    case KIND_UINT:
        add_unsigned(target, (uint64_t)batch_int(batch, index, row));
        break;
    case KIND_FLOAT:
        add_floating(column, batch_cell(batch, index, row), target);
        break;
    case KIND_DECIMAL:
        decimal_format(batch_cell(batch, index, row), column->width,
                       column->scale, target);
        break;
    case KIND_DATE:
        buffer_add_byte(target, '"');
        calendar_format_date((int32_t)batch_int(batch, index, row), target);
        buffer_add_byte(target, '"');
        break;
    case KIND_TIME:
        buffer_add_byte(target, '"');
        calendar_format_time(batch_int(batch, index, row), column->scale,
                             target);
        buffer_add_byte(target, '"');
        break;
    case KIND_DATETIME:
    case KIND_TIMESTAMP:
        add_datetime(target, batch_int(batch, index, row),
                     column->kind == KIND_TIMESTAMP);
        break;
    case KIND_UUID:
        add_uuid(target, batch_cell(batch, index, row));
        break;
    default:
        add_variable(column, batch_text(batch, index, row), target);
    }
}

struct files_encoder *files_encoder_new(const struct table *table)
{
    struct files_encoder *encoder = memory_new(1, sizeof *encoder);
    encoder->table = table;
    encoder->heads = memory_new(table->column_count, sizeof *encoder->heads);
    for (size_t i = 0; i < table->column_count; i++) {
        buffer_init(&encoder->heads[i], HEAD_LIMIT);
        add_text(&encoder->heads[i], bytes_of(table->columns[i].name));
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
    memory_free(encoder->heads);
    memory_free(encoder);
}

void files_encode(const struct files_encoder *encoder,
                  const struct batch *batch, size_t row,
                  struct buffer *target)
{
    const struct table *table = encoder->table;
    buffer_add_byte(target, '{');
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_stored || batch_is_null(batch, i, row))
            continue;
        buffer_add(target, encoder->heads[i].data, encoder->heads[i].size);
        add_cell(batch, i, row, target);
        buffer_add_byte(target, ',');
    }
    buffer_add_text(target, "\"_tm_version\":");
    add_unsigned(target, batch->versions[row]);
    buffer_add_text(target, ",\"_tm_deleted\":");
    add_unsigned(target, batch->deleted[row]);
    buffer_add_text(target, ",\"_tm_digest\":");
    add_unsigned(target, batch->digests[row]);
    if (batch->buckets) {
        buffer_add_text(target, ",\"_tm_bucket\":");
        add_unsigned(target, batch->buckets[row]);
    }
    buffer_add_text(target, "}\n");
}
