/*
 * One row image. What must stay true: a row being written has every cell or is
 * dropped, and what is told of one that cannot be made comes from an image that
 * was cut as a whole.
 */
#include "source/binlog_row_image.h"

#include "model/key.h"

static bool has_bit(const uint8_t *bits, size_t index)
{
    return bits[index / 8] >> index % 8 & 1;
}

void binlog_present_init(struct binlog_present *present,
                         const struct binlog_table *table,
                         const uint8_t *bits)
{
    *present = (struct binlog_present){.bits = bits,
                                       .has_all = true,
                                       .has_key = table->key_count > 0};
    for (size_t i = 0; i < table->cell_count; i++) {
        if (has_bit(bits, i))
            present->count++;
        else if (table->cells[i].maker)
            present->has_all = false;
    }
    present->is_whole = present->count == table->cell_count;
    for (size_t i = 0; i < table->key_count; i++) {
        if (!has_bit(bits, table->key[i]))
            present->has_key = false;
    }
}

/* An image with every column; `at` is behind its NULL bitmap. */
static const uint8_t *cut_whole(const struct binlog_table *table,
                                const uint8_t *nulls, const uint8_t *at,
                                const uint8_t *end, struct bytes *values)
{
    const struct binlog_cell *cell = table->cells;
    size_t count = table->cell_count;

    for (size_t i = 0; i < count; i++, cell++, values++) {
        if (has_bit(nulls, i)) {
            *values = BINLOG_NULL;
            continue;
        }
        at = binlog_cell_cut(cell, at, end, values);
        if (!at)
            return NULL;
    }
    return at;
}

const uint8_t *binlog_image_cut(const struct binlog_table *table,
                                const struct binlog_present *present,
                                const uint8_t *at, const uint8_t *end,
                                struct bytes *values)
{
    const uint8_t *nulls = at;
    size_t bit = 0;

    if ((size_t)(end - at) < (present->count + 7) / 8)
        return NULL;
    at += (present->count + 7) / 8;
    if (present->is_whole)
        return cut_whole(table, nulls, at, end, values);
    for (size_t i = 0; i < table->cell_count; i++) {
        values[i] = BINLOG_ABSENT;
        if (!has_bit(present->bits, i))
            continue;
        if (has_bit(nulls, bit++)) {
            values[i] = BINLOG_NULL;
            continue;
        }
        at = binlog_cell_cut(&table->cells[i], at, end, &values[i]);
        if (!at)
            return NULL;
    }
    return at;
}

bool binlog_image_complete(struct binlog_table *table)
{
    bool is_complete = true;

    for (size_t i = 0; i < table->cell_count; i++) {
        if (!table->after[i].data)
            table->after[i] = table->before[i];
        if (table->cells[i].maker && !table->after[i].data)
            is_complete = false;
    }
    return is_complete;
}

bool binlog_image_keeps_key(const struct binlog_table *table)
{
    for (size_t i = 0; i < table->key_count; i++) {
        size_t column = table->key[i];
        if (table->before[column].size == SIZE_MAX ||
            !bytes_equal(table->before[column], table->after[column]))
            return false;
    }
    return true;
}

static bool make_cell(struct binlog_cell *cell, struct bytes value)
{
    if (value.size != SIZE_MAX)
        return value.data && cell->read(cell, value);
    mysql_cell_null(cell->maker);
    return true;
}

static void begin_row(struct mysql_cell_row *row, struct batch *batch)
{
    row->batch = batch;
    row->is_too_full = false;
    row->failure = ERROR_NONE;
}

static void make_absent(const struct binlog_table *table)
{
    for (size_t i = 0; i < table->absent_count; i++)
        mysql_cell_null(&table->makers[table->absent[i]]);
}

/* `at` is behind the NULL bitmap. */
static const uint8_t *take_cells(struct binlog_table *table,
                                 const uint8_t *nulls, const uint8_t *at,
                                 const uint8_t *end)
{
    struct binlog_cell *cell = table->cells;
    struct bytes *value = table->after;
    size_t count = table->cell_count;

    for (size_t i = 0; i < count; i++, cell++, value++) {
        if (has_bit(nulls, i)) {
            *value = BINLOG_NULL;
            if (cell->maker)
                mysql_cell_null(cell->maker);
            continue;
        }
        at = binlog_cell_cut(cell, at, end, value);
        if (!at || (cell->read && !cell->read(cell, *value)))
            return NULL;
    }
    make_absent(table);
    return at;
}

const uint8_t *binlog_image_take(struct binlog_table *table,
                                 struct batch *batch, const uint8_t *at,
                                 const uint8_t *end)
{
    const struct mysql_cell_row *row = &table->row;
    size_t bytes = (table->cell_count + 7) / 8;
    const uint8_t *behind = NULL;

    begin_row(&table->row, batch);
    if ((size_t)(end - at) >= bytes)
        behind = take_cells(table, at, at + bytes, end);
    if (behind && !row->is_too_full && row->failure == ERROR_NONE)
        return behind;
    batch_drop_row(batch);
    return NULL;
}

static void blank_others(const struct binlog_table *table,
                         struct batch *batch)
{
    const struct table *plan = table->followed->table;

    for (size_t i = 0; i < plan->column_count; i++) {
        if (!table_is_key(plan, i))
            batch_blank(batch, i);
    }
}

static bool make_key(struct binlog_table *table, struct batch *batch,
                     const struct bytes *values)
{
    for (size_t i = 0; i < table->key_count; i++) {
        size_t column = table->key[i];
        if (!make_cell(&table->cells[column], values[column]))
            return false;
    }
    blank_others(table, batch);
    return true;
}

static bool make_all(struct binlog_table *table, const struct bytes *values)
{
    for (size_t i = 0; i < table->cell_count; i++) {
        if (table->cells[i].maker && !make_cell(&table->cells[i], values[i]))
            return false;
    }
    make_absent(table);
    return true;
}

enum binlog_image_result binlog_image_make(struct binlog_table *table,
                                           struct batch *batch,
                                           const struct bytes *values,
                                           bool is_key_only)
{
    struct mysql_cell_row *row = &table->row;
    bool is_good;

    begin_row(row, batch);
    is_good = is_key_only ? make_key(table, batch, values)
                          : make_all(table, values);
    if (!is_good || row->is_too_full) {
        batch_drop_row(batch);
        return is_good ? IMAGE_TOO_LARGE : IMAGE_MALFORMED;
    }
    return row->failure == ERROR_NONE ? IMAGE_MADE : IMAGE_FAILED;
}

/* The latest time that 10.11 and 11.8 have, and the latest transaction. */
bool binlog_image_is_current(const struct binlog_table *table,
                             const struct bytes *values)
{
    static const uint8_t latest[] = {0xff, 0xff, 0xff, 0xff,
                                     0x0f, 0x42, 0x3f};
    static const uint8_t transaction[] = {0xff, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff, 0xff};
    struct bytes end;

    if (table->row_end == BINLOG_NO_COLUMN)
        return true;
    end = values[table->row_end];
    if (end.size == sizeof(transaction))
        return memcmp(end.data, transaction, end.size) == 0;
    return end.size == sizeof(latest) &&
           (end.data[0] == 0x7f || end.data[0] == 0xff) &&
           memcmp(end.data + 1, latest + 1, sizeof(latest) - 1) == 0;
}

bool binlog_image_key(struct binlog_table *table, const struct bytes *values,
                      struct buffer *text)
{
    size_t start = text->size;
    bool is_good = table->key_count > 0;

    buffer_add_byte(text, '[');
    for (size_t i = 0; is_good && i < table->key_count; i++) {
        struct bytes value = values[table->key[i]];
        buffer_add_text(text, i == 0 ? "\"" : ",\"");
        is_good = value.data && value.size != SIZE_MAX &&
                  binlog_cell_text(&table->cells[table->key[i]], value, text);
        buffer_add_byte(text, '"');
    }
    buffer_add_byte(text, ']');
    is_good = is_good && !text->is_overflown;
    if (!is_good)
        text->size = start;
    return is_good;
}
