/*
 * One SELECT from its text to the batches. What must stay true: the position
 * is that of the last row that was taken; a scan that failed gives nothing
 * more; a connection with an unread result is never used again.
 */
#include "base/memory.h"
#include "base/stop.h"
#include "source/mysql.h"
#include "source/mysql_position_write.h"
#include "source/mysql_rows.h"

/* Rows that the shape drops fill no batch: ask for a stop now and then. */
#define STOP_CHECK_ROWS 65536

struct scan {
    struct mysql_session *session;
    const struct shape *shape;
    const struct filter *where;
    const struct table *table;
    char *what; /* "read table "x"" */
    struct buffer sql;
    struct mysql_packets packets;
    struct mysql_rows rows;
    struct mysql_position position;
    struct bytes kept; /* a row that the last batch had no room for */
    uint64_t row_count;
    struct error failure; /* the first; sticky */
};

static enum status init_rows(struct scan *scan, MYSQL *link,
                             struct error *error)
{
    const struct mysql_charset **charsets =
        memory_new(scan->table->column_count, sizeof(*charsets));
    enum status status = mysql_rows_charsets(
        (struct mysql_source *)scan->session->base.source, link, scan->table,
        charsets, error);

    if (status == STATUS_OK)
        mysql_rows_init(&scan->rows, scan->table,
                        scan->position.extra_count, charsets);
    memory_free(charsets);
    return status;
}

/* The types of the result are those that the readers were chosen for. */
static enum status check_fields(struct scan *scan, struct error *error)
{
    char reason[128];

    if (mysql_rows_fit(&scan->rows, scan->packets.fields,
                       scan->packets.field_count, reason, sizeof(reason)))
        return STATUS_OK;
    return error_set(error, ERROR_TABLE_CHANGED, "could not %s: %s",
                     scan->what, reason);
}

static enum status start(struct scan *scan,
                         const struct scan_request *request,
                         struct error *error)
{
    const struct mysql_source *source =
        (const struct mysql_source *)scan->session->base.source;
    MYSQL *link;
    enum status status = mysql_session_link(scan->session, &link, error);

    if (status == STATUS_OK)
        status = mysql_select(source, request, &scan->sql, error);
    if (status == STATUS_OK)
        status = init_rows(scan, link, error);
    if (status == STATUS_OK)
        status = mysql_packets_open(&scan->packets, link,
                                    buffer_bytes(&scan->sql), scan->what,
                                    error);
    if (status == STATUS_OK)
        status = check_fields(scan, error);
    return status;
}

enum status mysql_scan_open(struct source_session *session,
                            const struct scan_request *request,
                            struct scan **scan, struct error *error)
{
    struct scan *opened = memory_new(1, sizeof(*opened));
    enum status status;

    *scan = NULL;
    opened->session = (struct mysql_session *)session;
    opened->shape = request->shape;
    opened->where = request->where;
    opened->table = request->table;
    opened->what = memory_format("read table \"%s\"", request->table->name);
    buffer_init(&opened->sql, MYSQL_SELECT_BYTES);
    mysql_position_init(&opened->position, request);
    status = start(opened, request, error);
    if (status == STATUS_OK)
        *scan = opened;
    else
        mysql_scan_close(opened);
    return status;
}

/* A row that no batch has room for. */
static enum status too_large(const struct scan *scan, struct error *error)
{
    error_set(error, ERROR_VALUE_RANGE,
              "cannot %s: a value is larger than 1 GiB as UTF-8",
              scan->what);
    error_next(error, "Leave the column out with columns: [-NAME].");
    return error->status;
}

static enum status malformed_row(struct scan *scan, struct error *error)
{
    scan->packets.state = PACKETS_BROKEN;
    return error_set(error, ERROR_SOURCE_PROTOCOL,
                     "could not %s: the server sent a malformed row",
                     scan->what);
}

/* Makes one row. `is_full`: it stays in the packet for the next batch. */
static enum status take_row(struct scan *scan, struct batch *batch,
                            struct bytes row, bool *is_full,
                            struct error *error)
{
    enum status status;

    switch (mysql_rows_decode(&scan->rows, batch, row)) {
    case ROW_MADE:
        break;
    case ROW_FAILED:
        status = mysql_cell_error(&scan->rows.row, error);
        batch_drop_row(batch);
        return status;
    case ROW_TOO_LARGE:
        if (batch->row_count == 0)
            return too_large(scan, error);
        scan->kept = row;
        *is_full = true;
        return STATUS_OK;
    default:
        return malformed_row(scan, error);
    }
    if (!mysql_position_note(&scan->position, &scan->rows)) {
        batch_drop_row(batch);
        return malformed_row(scan, error);
    }
    scan->row_count++;
    /* SQL may have let more through. */
    if (scan->where && !filter_passes(scan->where, batch, batch->row_count))
        batch_drop_row(batch);
    else
        shape_end_row(scan->shape, batch);
    return STATUS_OK;
}

static enum status next_row(struct scan *scan, struct bytes *row,
                            struct error *error)
{
    if (scan->row_count % STOP_CHECK_ROWS == 0) {
        enum status status = stop_check(error);
        if (status != STATUS_OK)
            return status;
    }
    *row = scan->kept;
    scan->kept = (struct bytes){NULL, 0};
    if (row->data)
        return STATUS_OK;
    return mysql_packets_next(&scan->packets, row, error);
}

static enum status fill(struct scan *scan, struct batch *batch,
                        bool *is_last, struct error *error)
{
    bool is_full = false;
    enum status status = stop_check(error);

    while (status == STATUS_OK && !is_full && !batch_is_full(batch)) {
        struct bytes row;
        status = next_row(scan, &row, error);
        if (status == STATUS_OK && !row.data) {
            *is_last = true;
            break;
        }
        if (status == STATUS_OK)
            status = take_row(scan, batch, row, &is_full, error);
    }
    return status;
}

enum status mysql_scan_next(struct scan *scan, struct batch *batch,
                            bool *is_last, struct error *error)
{
    enum status status;

    *is_last = false;
    if (scan->failure.status != STATUS_OK) {
        *error = scan->failure;
        return error->status;
    }
    status = fill(scan, batch, is_last, error);
    if (status != STATUS_OK)
        scan->failure = *error;
    return status;
}

uint64_t mysql_scan_rows(const struct scan *scan)
{
    return scan->row_count;
}

const char *mysql_scan_position(struct scan *scan)
{
    return mysql_position_text(&scan->position);
}

void mysql_scan_close(struct scan *scan)
{
    if (!scan)
        return;
    if (!mysql_packets_finish(&scan->packets))
        mysql_session_cut(scan->session);
    mysql_packets_release(&scan->packets);
    mysql_rows_release(&scan->rows);
    mysql_position_release(&scan->position);
    buffer_release(&scan->sql);
    memory_free(scan->what);
    memory_free(scan);
}

const char *mysql_scan_sql(struct scan *scan)
{
    return buffer_text(&scan->sql);
}
