/*
 * Cells of text and bytes. What must stay true: TEXT and JSON are valid UTF-8;
 * bytes that do not fit stop the table or are replaced because the settings
 * say so.
 */
#include "base/text.h"
#include "model/digest.h"
#include "source/mysql_cell.h"

/* A key that is not valid is shown all the same, in hexadecimal digits: its
 * bytes are the only way to find the row. */
static void fail_text(struct mysql_cell *cell, struct bytes raw)
{
    if (table_is_key(cell->row->batch->table, cell->index))
        cell->failed = raw;
    mysql_cell_fail(cell, ERROR_VALUE_TEXT,
                    "its bytes are not valid in the character set %s",
                    cell->column->charset ? cell->column->charset : "utf8");
}

/* The UTF-8 of the value; false when the cell failed. */
static bool convert(struct mysql_cell *cell, struct bytes raw,
                    struct bytes *text)
{
    *text = raw;
    if (mysql_charset_is_plain(cell->charset, raw))
        return true;
    buffer_clear(&cell->scratch);
    if (mysql_charset_convert(cell->charset, raw, &cell->scratch) > 0 &&
        cell->column->text_policy == TEXT_STOP) {
        fail_text(cell, raw);
        return false;
    }
    if (cell->scratch.is_overflown) {
        mysql_cell_fail(cell, ERROR_VALUE_RANGE, "it is larger than 2 GiB");
        return false;
    }
    *text = buffer_bytes(&cell->scratch);
    return true;
}

void mysql_cell_string(struct mysql_cell *cell, struct bytes raw)
{
    struct bytes text;

    if (cell->column->kind == KIND_BYTES) {
        mysql_cell_store(cell, raw);
        return;
    }
    if (!convert(cell, raw, &text))
        return;
    if (cell->is_natural)
        mysql_cell_store(cell, text);
    else
        mysql_cell_retype(cell, text);
}

/* BINARY(n) as SELECT gives it: filled up with 00, which the log cuts off. */
static struct bytes pad(struct mysql_cell *cell, struct bytes raw)
{
    struct buffer *scratch = &cell->scratch;

    buffer_clear(scratch);
    buffer_add(scratch, raw.data, raw.size);
    while (scratch->size < cell->column->fixed_length)
        buffer_add_byte(scratch, 0);
    return buffer_bytes(scratch);
}

void mysql_cell_bytes(struct mysql_cell *cell, struct bytes raw)
{
    const struct column *column = cell->column;

    if (column->is_fixed_length && raw.size < column->fixed_length)
        raw = pad(cell, raw);
    if (column->kind == KIND_BYTES)
        mysql_cell_store(cell, raw);
    else if (column->kind == KIND_UUID && raw.size == column->width)
        mysql_cell_uuid(cell, raw.data);
    else
        mysql_cell_string(cell, raw);
}

static struct bytes uuid_text(struct mysql_cell *cell, const uint8_t *uuid)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};

    buffer_clear(&cell->scratch);
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        if (i > 0)
            buffer_add_byte(&cell->scratch, '-');
        buffer_add_hex(&cell->scratch, (struct bytes){uuid, groups[i]});
        uuid += groups[i];
    }
    return buffer_bytes(&cell->scratch);
}

void mysql_cell_uuid(struct mysql_cell *cell, const uint8_t *uuid)
{
    struct bytes value = {uuid, cell->column->width};

    if (cell->column->kind != KIND_UUID) {
        mysql_cell_retype(cell, uuid_text(cell, uuid));
        return;
    }
    memcpy(batch_fixed(cell->row->batch, cell->index), uuid, value.size);
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_bytes(value, cell->seed));
}
