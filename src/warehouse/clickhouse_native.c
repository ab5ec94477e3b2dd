/*
 * Blocks of FORMAT Native. What must stay true: the type in the block is that
 * of the stored column, and the arrays of the batch are what this type takes,
 * for the server looks at neither numbers nor texts.
 */
#include "clickhouse_native.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define HEADS_LIMIT ((size_t)64 * 1024 * 1024)
#define UUID_BYTES 16u

static const struct own_column {
    const char *name;
    const char *type;
} OWN_COLUMNS[] = {
    {"_tm_version", "UInt64"},
    {"_tm_deleted", "UInt8"},
    {"_tm_digest", "UInt64"},
    {"_tm_bucket", "UInt32"},
};

static size_t own_count(const struct table *table)
{
    return table->is_bucketed ? 4 : 3;
}

static void add_head(struct native *native, const char *name,
                     const char *type)
{
    size_t length = strlen(name);
    buffer_add_varint(&native->heads, length);
    buffer_add(&native->heads, name, length);
    length = strlen(type);
    buffer_add_varint(&native->heads, length);
    buffer_add(&native->heads, type, length);
}

static enum status unfit(const struct table *table, const char *column,
                         const char *has, const char *needs,
                         struct error *error)
{
    if (!has)
        return error_set(error, ERROR_WAREHOUSE_TABLE,
                         "cannot load table \"%s\": the stored table has no "
                         "column \"%s\"", table->name, column);
    return error_set(error, ERROR_WAREHOUSE_TABLE,
                     "cannot load table \"%s\": the stored column \"%s\" is "
                     "%s, not %s", table->name, column, has, needs);
}

/* The cells of `column` go into the stored type as they are, or with NULL
 * bytes added. */
static bool takes_cells(struct native_column *place, const char *sent,
                        const char *stored)
{
    char *nullable = memory_format("Nullable(%s)", sent);
    place->adds_nulls = text_equal(nullable, stored);
    memory_free(nullable);
    return place->adds_nulls || text_equal(sent, stored);
}

static enum status init_column(struct native *native,
                               const struct clickhouse *house,
                               const struct clickhouse_table *stored,
                               size_t index, struct error *error)
{
    const struct column *column = &native->table->columns[index];
    struct native_column *place = &native->columns[native->column_count];
    const struct clickhouse_column *there =
        clickhouse_table_find(stored, column->name);
    struct buffer declared;
    struct buffer sent;
    struct buffer kept;
    if (!there)
        return unfit(native->table, column->name, NULL, NULL, error);
    sql_init(&declared);
    sql_init(&sent);
    sql_init(&kept);
    clickhouse_type(house, column, &declared);
    clickhouse_sent_type(there->type, &kept);
    if (clickhouse_is_number_of_time(column, buffer_text(&kept)))
        buffer_add_text(&sent, column->is_nullable ? "Nullable(Int64)"
                                                   : "Int64");
    else
        clickhouse_sent_type(buffer_text(&declared), &sent);
    place->index = index;
    place->is_uuid = column->kind == KIND_UUID;
    enum status status = STATUS_OK;
    if (!takes_cells(place, buffer_text(&sent), buffer_text(&kept)))
        status = unfit(native->table, column->name, there->type,
                       buffer_text(&declared), error);
    place->head_start = native->heads.size;
    add_head(native, column->name, buffer_text(&kept));
    place->head_end = native->heads.size;
    native->uuid_columns += place->is_uuid;
    native->column_count++;
    buffer_release(&declared);
    buffer_release(&sent);
    buffer_release(&kept);
    return status;
}

static enum status init_own(struct native *native,
                            const struct clickhouse_table *stored,
                            struct error *error)
{
    for (size_t i = 0; i < own_count(native->table); i++) {
        const struct own_column *own = &OWN_COLUMNS[i];
        const struct clickhouse_column *there =
            clickhouse_table_find(stored, own->name);
        if (!there || !text_equal(there->type, own->type))
            return unfit(native->table, own->name,
                         there ? there->type : NULL, own->type, error);
        add_head(native, own->name, own->type);
        native->own_heads[i] = native->heads.size;
    }
    return STATUS_OK;
}

enum status native_init(struct native *native, const struct clickhouse *house,
                        const struct table *table,
                        const struct clickhouse_table *stored,
                        struct error *error)
{
    enum status status = STATUS_OK;
    memset(native, 0, sizeof *native);
    native->table = table;
    buffer_init(&native->heads, HEADS_LIMIT);
    buffer_init(&native->counts, 32);
    native->columns = memory_new(table->column_count,
                                 sizeof *native->columns);
    /* Counts, then at most head, NULL bytes and cells of each column. */
    native->pieces = memory_new(1 + 3 * (table->column_count + 4),
                                sizeof *native->pieces);
    for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++) {
        if (table->columns[i].is_stored)
            status = init_column(native, house, stored, i, error);
    }
    return status == STATUS_OK ? init_own(native, stored, error) : status;
}

void native_release(struct native *native)
{
    buffer_release(&native->heads);
    buffer_release(&native->counts);
    memory_free(native->columns);
    memory_free(native->pieces);
    memory_free(native->zeros);
    memory_free(native->uuids);
}

static void add_piece(struct native *native, const void *data, size_t size)
{
    if (size == 0)
        return;
    native->pieces[native->piece_count++] =
        (struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

static void make_room(struct native *native, size_t rows)
{
    if (rows <= native->capacity)
        return;
    memory_free(native->zeros);
    memory_free(native->uuids);
    native->zeros = memory_new(rows, 1);
    native->uuids = memory_new(native->uuid_columns * rows, UUID_BYTES);
    native->capacity = rows;
}

/* Each half of a UUID is a little-endian number there. */
static void swap_uuids(const uint8_t *from, size_t rows, uint8_t *to)
{
    for (size_t i = 0; i < 2 * rows; i++) {
        uint64_t half;
        memcpy(&half, from + 8 * i, sizeof half);
        half = __builtin_bswap64(half);
        memcpy(to + 8 * i, &half, sizeof half);
    }
}

static void add_cells(struct native *native, const struct batch *batch,
                      const struct native_column *place, uint8_t **uuids)
{
    const struct batch_column *cells = &batch->columns[place->index];
    size_t rows = batch->row_count;
    add_piece(native, native->heads.data + place->head_start,
              place->head_end - place->head_start);
    if (cells->nulls)
        add_piece(native, cells->nulls, rows);
    else if (place->adds_nulls)
        add_piece(native, native->zeros, rows);
    if (!cells->fixed) {
        add_piece(native, cells->text.data, cells->text.size);
        return;
    }
    if (!place->is_uuid) {
        add_piece(native, cells->fixed, rows * cells->width);
        return;
    }
    swap_uuids(cells->fixed, rows, *uuids);
    add_piece(native, *uuids, rows * UUID_BYTES);
    *uuids += rows * UUID_BYTES;
}

static void add_own(struct native *native, size_t column, const void *cells,
                    size_t size)
{
    size_t start = column == 0
                       ? native->columns[native->column_count - 1].head_end
                       : native->own_heads[column - 1];
    add_piece(native, native->heads.data + start,
              native->own_heads[column] - start);
    add_piece(native, cells, size);
}

void native_encode(struct native *native, const struct batch *batch)
{
    size_t rows = batch->row_count;
    make_room(native, rows);
    uint8_t *uuids = native->uuids;
    buffer_clear(&native->counts);
    buffer_add_varint(&native->counts,
                      native->column_count + own_count(native->table));
    buffer_add_varint(&native->counts, rows);
    native->piece_count = 0;
    add_piece(native, native->counts.data, native->counts.size);
    for (size_t i = 0; i < native->column_count; i++)
        add_cells(native, batch, &native->columns[i], &uuids);
    add_own(native, 0, batch->versions, rows * sizeof *batch->versions);
    add_own(native, 1, batch->deleted, rows * sizeof *batch->deleted);
    add_own(native, 2, batch->digests, rows * sizeof *batch->digests);
    if (native->table->is_bucketed)
        add_own(native, 3, batch->buckets, rows * sizeof *batch->buckets);
}
