/*
 * What the settings make of a row. The filters are asked before a cell is
 * blanked: they read the row as the source has it.
 */
#include "model/shape.h"

enum status shape_bind(struct shape *shape, const struct table *table,
                       struct error *error)
{
    enum status status = STATUS_OK;

    if (shape->rows)
        status = filter_bind(shape->rows, table, error);
    if (status == STATUS_OK && shape->soft_delete)
        status = filter_bind(shape->soft_delete, table, error);
    return status;
}

void shape_release(struct shape *shape)
{
    filter_free(shape->rows);
    filter_free(shape->soft_delete);
    *shape = (struct shape){.rows = NULL};
}

static void blank_row(struct batch *batch)
{
    for (size_t i = 0; i < batch->table->column_count; i++) {
        if (!table_is_key(batch->table, i))
            batch_blank(batch, i);
    }
}

/* Is the row wanted at all? */
static bool is_admitted(const struct shape *shape, struct batch *batch,
                        bool is_deleted)
{
    if (!shape->admits)
        return true;
    return shape->admits(shape->context, batch, batch_row_key_hash(batch),
                         is_deleted);
}

bool shape_end_row(const struct shape *shape, struct batch *batch)
{
    size_t row = batch->row_count;
    bool is_refused;
    bool is_marked;

    if (!shape) {
        batch_add_row(batch, false);
        return false;
    }
    is_refused = shape->rows && !filter_passes(shape->rows, batch, row);
    is_marked =
        shape->soft_delete && filter_passes(shape->soft_delete, batch, row);
    if ((is_refused && (shape->keeps_rows || shape->drops_refused)) ||
        !is_admitted(shape, batch, is_refused || is_marked)) {
        batch_drop_row(batch);
        return false;
    }
    if (is_marked && shape->keeps_rows) {
        batch_add_row(batch, false);
        batch->digests[row] = 0;
        return false;
    }
    if (is_refused || (is_marked && !shape->keeps_last_values))
        blank_row(batch);
    batch_add_row(batch, is_refused || is_marked);
    if (is_refused && shape->keeps_last_values)
        batch->deleted[row] = DELETED_UNSEEN;
    return is_refused || is_marked;
}

void shape_end_deleted(const struct shape *shape, struct batch *batch,
                       bool is_whole)
{
    size_t row = batch->row_count;
    bool is_refused = shape && shape->rows &&
                      !(is_whole && filter_passes(shape->rows, batch, row));

    if (shape && ((shape->keeps_rows && (is_refused || !is_whole)) ||
                  !is_admitted(shape, batch, true))) {
        batch_drop_row(batch);
        return;
    }
    if (shape && shape->keeps_rows) {
        batch_add_row(batch, false);
        batch->digests[row] = 0;
        return;
    }
    if (!shape || !shape->keeps_last_values || is_refused)
        blank_row(batch);
    batch_add_row(batch, true);
    if (is_refused && shape->keeps_last_values)
        batch->deleted[row] = DELETED_UNSEEN;
}
