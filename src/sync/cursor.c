/*
 * Cursors: instants and the cells in which they lie, and the requests that
 * follow them.
 */
#include "model/calendar.h"
#include "sync/task.h"

/* Largest quotient not above the number. */
static int64_t divide_down(int64_t number, int64_t divisor)
{
    int64_t quotient = number / divisor;
    return number % divisor < 0 ? quotient - 1 : quotient;
}

int64_t cursor_cell(const struct work *work, int64_t utc_us)
{
    const struct column *column = table_column(work->table, work->cursor);
    int64_t wall_us = work->cursor_zone
                          ? zone_wall(work->cursor_zone, utc_us)
                          : utc_us;
    switch (column->kind) {
    case KIND_DATE:
        return divide_down(wall_us, CALENDAR_DAY_US);
    case KIND_DATETIME:
        return wall_us;
    case KIND_TIMESTAMP:
        return utc_us;
    default:
        return divide_down(utc_us, work->cursor_unit == CURSOR_SECONDS
                                       ? INT64_C(1000000)
                                       : INT64_C(1000));
    }
}

struct scan_request scan_table(const struct work *work,
                               enum scan_order order)
{
    return (struct scan_request){
        .table = work->table,
        .shape = &work->shape,
        .order = order,
        .cursor_from_us = INT64_MIN,
        .cursor_to_us = INT64_MAX,
    };
}

struct scan_request scan_cursor(const struct work *work,
                                enum scan_order order)
{
    struct scan_request request = scan_table(work, order);
    request.cursor = work->cursor;
    request.cursor_index = work->cursor_index;
    request.cursor_unit = work->cursor_unit;
    request.cursor_zone = work->cursor_zone;
    return request;
}
