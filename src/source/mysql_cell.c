/*
 * What all makers of cells share: setting up, NULL, failures. What must stay
 * true: a maker always leaves a whole cell, also where it failed, and the first
 * failure of a row is the one that is told.
 */
#include "source/mysql_cell.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/digest.h"
#include "model/key.h"

#define KEY_TEXT_BYTES 480
#define SCRATCH_LIMIT (BATCH_TEXT_LIMIT * 2)

/* True where the kind is the one that describe gives the type, so that makers
 * need not look at it again. */
static bool is_natural(const struct column *column,
                       const struct mysql_type *type)
{
    unsigned width = type->bytes == 3 ? 4 : type->bytes;

    switch (type->base) {
    case MYSQL_BASE_INT:
        return column->kind == (type->is_unsigned ? KIND_UINT : KIND_INT) &&
               column->width >= width;
    case MYSQL_BASE_BIT:
        return column->kind == KIND_UINT && column->width >= width;
    case MYSQL_BASE_YEAR:
        return column->kind == KIND_UINT && column->width == 2;
    case MYSQL_BASE_FLOAT:
        return column->kind == KIND_FLOAT;
    case MYSQL_BASE_DOUBLE:
        return column->kind == KIND_FLOAT && column->width == 8;
    case MYSQL_BASE_DECIMAL:
        return column->kind == KIND_DECIMAL;
    case MYSQL_BASE_DATE:
        return column->kind == KIND_DATE;
    case MYSQL_BASE_TIME:
        return column->kind == KIND_TIME;
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        return column->kind == KIND_DATETIME ||
               column->kind == KIND_TIMESTAMP;
    case MYSQL_BASE_UUID:
        return column->kind == KIND_UUID;
    default:
        return column->kind == KIND_TEXT || column->kind == KIND_JSON ||
               column->kind == KIND_BYTES;
    }
}

void mysql_cell_init(struct mysql_cell *cell, struct mysql_cell_row *row,
                     const struct table *table, size_t index,
                     const struct mysql_charset *charset)
{
    const struct column *column = &table->columns[index];

    *cell = (struct mysql_cell){.row = row,
                                .column = column,
                                .index = index,
                                .seed = column->seed,
                                .is_stored = column->is_stored,
                                .charset = charset};
    mysql_type_parse(column->declared, column->charset, &cell->type);
    cell->is_natural = is_natural(column, &cell->type);
    buffer_init(&cell->scratch, SCRATCH_LIMIT);
}

void mysql_cell_release(struct mysql_cell *cell)
{
    buffer_release(&cell->scratch);
}

/* A whole cell in place of one that could not be made; the row is never
 * stored, but its key is read. */
static void put_blank(struct mysql_cell *cell)
{
    struct batch *batch = cell->row->batch;

    if (kind_is_variable(cell->column->kind)) {
        mysql_cell_store(cell, cell->failed);
        cell->failed = (struct bytes){.data = NULL};
        return;
    }
    memset(batch_fixed(batch, cell->index), 0, cell->column->width);
}

void mysql_cell_fail(struct mysql_cell *cell, enum error_id id,
                     const char *format, ...)
{
    struct mysql_cell_row *row = cell->row;
    va_list arguments;

    if (row->failure == ERROR_NONE) {
        row->failure = id;
        row->failed_column = cell->index;
        va_start(arguments, format);
        vsnprintf(row->reason, sizeof(row->reason), format, arguments);
        va_end(arguments);
    }
    put_blank(cell);
}

void mysql_cell_null(struct mysql_cell *cell)
{
    if (cell->column->is_nullable)
        batch_set_null(cell->row->batch, cell->index);
    else
        mysql_cell_fail(cell, ERROR_TABLE_CHANGED,
                        "it is NULL, which the column did not allow");
}

static void set_next(enum error_id id, const char *column,
                     struct error *error)
{
    error_effect(error, "The table stands still where it is; the others go "
                        "on.");
    if (id == ERROR_VALUE_DATE)
        error_next(error, "Set zero_dates: null or zero_dates: text for the "
                          "table, or mend the row.");
    else if (id == ERROR_VALUE_TEXT)
        error_next(error, "Set bad_text: replace for the table, or mend the "
                          "row.");
    else
        error_next(error, "Set types: {%s: text} for the table, or mend the "
                          "row.", column);
}

enum status mysql_cell_error(const struct mysql_cell_row *row,
                             struct error *error)
{
    const struct table *table = row->batch->table;
    const char *column = table->columns[row->failed_column].name;
    struct buffer key;

    buffer_init(&key, KEY_TEXT_BYTES);
    if (table->key_count > 0) {
        buffer_add_text(&key, ", row with ");
        key_text(row->batch, row->batch->row_count, &key);
    }
    error_set(error, row->failure,
              "cannot store column \"%s\" of table \"%s\"%s: %s", column,
              table->name, buffer_text(&key), row->reason);
    if (error->status == STATUS_TABLE)
        set_next(row->failure, column, error);
    buffer_release(&key);
    return error->status;
}
