/* Cells as text. Kinds and their units are those of model/kind.h. */
#include "cell_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/calendar.h"
#include "model/decimal.h"
#include "screen.h"

/* Appended text of one cell ends here; values may be 1 GiB. */
#define CELL_BYTES_MAX (1U << 20)

static void show_bytes(struct bytes bytes, struct buffer *target)
{
    buffer_add_text(target, "0x");
    if (bytes.size > CELL_BYTES_MAX / 4)
        bytes.size = CELL_BYTES_MAX / 4;
    buffer_add_hex(target, bytes);
}

static void show_uuid(const uint8_t *cell, struct buffer *target)
{
    static const size_t groups[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        if (i > 0)
            buffer_add_byte(target, '-');
        buffer_add_hex(target, (struct bytes){cell, groups[i]});
        cell += groups[i];
    }
}

/* The shortest digits that give the same number again. */
static void show_double(double value, unsigned width, struct buffer *target)
{
    char text[40];
    int last = width == 4 ? 9 : 17;
    for (int digits = width == 4 ? 6 : 15; digits <= last; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        bool is_same = width == 4 ? strtof(text, NULL) == (float)value
                                  : strtod(text, NULL) == value;
        if (is_same)
            break;
    }
    buffer_add_text(target, text);
}

static void show_fixed(const struct batch *batch, size_t column, size_t row,
                       struct buffer *target)
{
    const struct column *about = &batch->table->columns[column];
    const uint8_t *cell = batch_cell(batch, column, row);
    switch (about->kind) {
    case KIND_FLOAT:
        show_double(batch_double(batch, column, row), about->width, target);
        break;
    case KIND_DECIMAL:
        decimal_format(cell, about->width, about->scale, target);
        break;
    case KIND_DATE:
        calendar_format_date((int32_t)batch_int(batch, column, row), target);
        break;
    case KIND_TIME:
        calendar_format_time(batch_int(batch, column, row), about->scale,
                             target);
        break;
    case KIND_DATETIME:
    case KIND_TIMESTAMP:
        calendar_format_datetime(batch_int(batch, column, row), about->scale,
                                 target);
        break;
    case KIND_UUID:
        show_uuid(cell, target);
        break;
    case KIND_UINT:
        buffer_add_format(target, "%" PRIu64,
                          (uint64_t)batch_int(batch, column, row));
        break;
    default:
        buffer_add_format(target, "%" PRId64, batch_int(batch, column, row));
    }
}

void cell_show(const struct batch *batch, size_t column, size_t row,
               struct buffer *target)
{
    enum kind kind = batch->table->columns[column].kind;
    if (batch_is_null(batch, column, row)) {
        buffer_add_text(target, "NULL");
        return;
    }
    if (!kind_is_variable(kind)) {
        show_fixed(batch, column, row, target);
        return;
    }
    struct bytes bytes = batch_text(batch, column, row);
    if (kind == KIND_BYTES)
        show_bytes(bytes, target);
    else
        buffer_add(target, bytes.data, bytes.size < CELL_BYTES_MAX
                                           ? bytes.size
                                           : CELL_BYTES_MAX);
}

json_t *cell_json(const struct batch *batch, size_t column, size_t row)
{
    enum kind kind = batch->table->columns[column].kind;
    struct buffer text;
    if (batch_is_null(batch, column, row))
        return json_null();
    if (kind == KIND_BOOL)
        return json_boolean(batch_int(batch, column, row) != 0);
    if (kind == KIND_INT ||
        (kind == KIND_UINT && batch_int(batch, column, row) >= 0))
        return json_integer(batch_int(batch, column, row));
    buffer_init(&text, CELL_BYTES_MAX * 2);
    cell_show(batch, column, row, &text);
    json_t *value = json_stringn((const char *)text.data, text.size);
    if (!value) {
        char *clean = screen_clean(memory_text(buffer_text(&text)));
        value = json_string(clean);
        memory_free(clean);
    }
    buffer_release(&text);
    return value;
}
