/*
 * `preview`: the first rows of a table as the warehouse will get them: columns
 * chosen, types, policies and filters applied. Nothing is written.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cell_show.h"
#include "commands.h"
#include "document.h"
#include "opening.h"
#include "screen.h"

#define ROWS_SHOWN 10
#define ROWS_MAX 1000
#define BATCH_BYTES (64U << 20)
/* Bytes of a cell on the screen; --json shows all of it. */
#define CELL_BYTES_SHOWN 60

static enum status read_rows(struct sync *sync, const struct work *work,
                             struct batch *batch, struct error *error)
{
    const struct source_ops *ops = sync->source->ops;
    struct source_session *session = NULL;
    struct scan *scan = NULL;
    const struct scan_request request = {
        .table = work->table,
        .shape = &work->shape,
        .order = work->table->key_count ? SCAN_BY_KEY : SCAN_WHOLE,
        .cursor_from_us = INT64_MIN,
        .cursor_to_us = INT64_MAX,
        .row_limit = batch->capacity,
    };
    bool is_last = false;
    enum status status = ops->session_open(sync->source, &session, error);
    if (status == STATUS_OK)
        status = ops->snapshot_open(session, error);
    if (status == STATUS_OK)
        status = ops->scan_open(session, &request, &scan, error);
    while (status == STATUS_OK && !is_last && !batch_is_full(batch))
        status = ops->scan_next(scan, batch, &is_last, error);
    if (scan)
        ops->scan_close(scan);
    if (session) {
        ops->snapshot_close(session);
        ops->session_close(session);
    }
    return status;
}

static char *screen_cell(const struct batch *batch, size_t column, size_t row)
{
    struct buffer text;
    buffer_init(&text, 4U << 20);
    cell_show(batch, column, row, &text);
    char *cell = memory_text(buffer_text(&text));
    buffer_release(&text);
    if (strlen(cell) > CELL_BYTES_SHOWN) {
        size_t end = CELL_BYTES_SHOWN - 3;
        while (end > 0 && ((unsigned char)cell[end] & 0xc0) == 0x80)
            end--;
        (void)text_copy(cell + end, 4, "...");
    }
    return cell;
}

static void add_row(struct screen_table *screen, const struct batch *batch,
                    size_t row)
{
    const struct table *table = batch->table;
    char **cells = memory_new(table->column_count + 1, sizeof *cells);
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].is_stored)
            cells[count++] = screen_cell(batch, i, row);
    cells[count++] = memory_text(batch->deleted[row] ? "deleted" : "");
    screen_table_add(screen, (const char *const *)cells);
    for (size_t i = 0; i < count; i++)
        memory_free(cells[i]);
    memory_free(cells);
}

static bool is_number(const struct column *column)
{
    return column->kind == KIND_INT || column->kind == KIND_UINT ||
           column->kind == KIND_DECIMAL || column->kind == KIND_FLOAT;
}

static void print_rows(const struct command_line *line,
                       const struct batch *batch)
{
    const struct table *table = batch->table;
    char **headers = memory_new(table->column_count + 1, sizeof *headers);
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].is_stored) {
            headers[count] = memory_format(
                "%s%s", is_number(&table->columns[i]) ? ">" : "",
                table->columns[i].name);
            (void)screen_clean(headers[count++]);
        }
    headers[count] = memory_text(" ");
    struct screen_table *screen = screen_table_new(
        (const char *const *)headers, count + 1, screen_has_colour(line));
    for (size_t row = 0; row < batch->row_count; row++)
        add_row(screen, batch, row);
    screen_table_print(screen);
    for (size_t i = 0; i <= count; i++)
        memory_free(headers[i]);
    memory_free(headers);
    screen_line(stdout, "%zu row%s of %s, as the warehouse will get them; "
                "nothing was written", batch->row_count,
                batch->row_count == 1 ? "" : "s", table->name);
}

static void print_json(const struct command_line *line,
                       const struct batch *batch)
{
    const struct table *table = batch->table;
    json_t *document = document_new(line->command, 0);
    json_t *rows = json_array();
    document_text(document, "table", table->name);
    document_text(document, "target", table->target);
    for (size_t row = 0; row < batch->row_count; row++) {
        json_t *object = json_object();
        for (size_t i = 0; i < table->column_count; i++)
            if (table->columns[i].is_stored)
                (void)json_object_set_new(object, table->columns[i].name,
                                          cell_json(batch, i, row));
        if (batch->deleted[row])
            document_bool(object, "_tm_deleted", true);
        (void)json_array_append_new(rows, object);
    }
    (void)json_object_set_new(document, "rows", rows);
    document_print(document);
}

static enum status show(const struct command_line *line,
                        struct opening *opening, struct error *error)
{
    const struct work *work = &opening->works[0];
    uint64_t wanted = line->count ? line->count : ROWS_SHOWN;
    if (work->problem.id != ERROR_NONE) {
        *error = work->problem;
        return error->status;
    }
    if (wanted > ROWS_MAX) {
        (void)error_set(error, ERROR_USAGE, "preview shows at most %d rows",
                        ROWS_MAX);
        error_next(error, "tidemark preview %s -n %d", work->name, ROWS_MAX);
        return error->status;
    }
    struct batch *batch = batch_new(work->table, (size_t)wanted, BATCH_BYTES);
    enum status status = read_rows(opening->sync, work, batch, error);
    if (status == STATUS_OK && line->json)
        print_json(line, batch);
    else if (status == STATUS_OK)
        print_rows(line, batch);
    batch_free(batch);
    return status;
}

enum status command_preview(const struct command_line *line, int *exit_code,
                            struct error *error)
{
    struct opening opening = {.settings = NULL};
    (void)exit_code;
    if (line->argument_count != 1 || text_is_pattern(line->arguments[0])) {
        (void)error_set(error, ERROR_USAGE,
                        "preview needs the name of one table");
        error_next(error, "tidemark preview TABLE");
        return error->status;
    }
    enum status status = opening_connect(&opening, line, false, error);
    if (status == STATUS_OK)
        status = show(line, &opening, error);
    opening_close(&opening);
    return status;
}
