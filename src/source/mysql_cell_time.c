/*
 * Cells of dates and times. What must stay true: a date that is none (zero or
 * partial) never becomes a day, and what a warehouse would clamp never reaches
 * it.
 */
#include <inttypes.h>

#include "model/calendar.h"
#include "model/digest.h"
#include "source/mysql_cell.h"

#define SECOND_US INT64_C(1000000)

/* As the server prints it: "2024-02-00", "2024-02-00 10:00:00.5". */
static struct bytes moment_text(struct mysql_cell *cell,
                                const struct mysql_moment *moment)
{
    static const unsigned powers[] = {1000000, 100000, 10000, 1000,
                                      100,     10,     1};
    struct buffer *text = &cell->scratch;
    unsigned digits = cell->type.scale <= 6 ? cell->type.scale : 6;

    buffer_clear(text);
    buffer_add_format(text, "%04u-%02u-%02u", moment->year, moment->month,
                      moment->day);
    if (cell->type.base != MYSQL_BASE_DATE)
        buffer_add_format(text, " %02u:%02u:%02u", moment->hour,
                          moment->minute, moment->second);
    if (cell->type.base != MYSQL_BASE_DATE && digits > 0)
        buffer_add_format(text, ".%0*u", (int)digits,
                          moment->microsecond / powers[digits]);
    return buffer_bytes(text);
}

static void fail_range(struct mysql_cell *cell)
{
    mysql_cell_fail(cell, ERROR_VALUE_RANGE,
                    "it is outside the range that the warehouse keeps");
}

static bool is_within(const struct column *column, int64_t value)
{
    if (column->lowest == 0 && column->highest == 0)
        return true;
    return value >= column->lowest && value <= column->highest;
}

/* A zero or partial date. */
static void no_date(struct mysql_cell *cell,
                    const struct mysql_moment *moment)
{
    struct bytes text;

    if (cell->column->date_policy == DATES_NULL &&
        cell->column->is_nullable) {
        batch_set_null(cell->row->batch, cell->index);
        return;
    }
    text = moment_text(cell, moment);
    mysql_cell_fail(cell, ERROR_VALUE_DATE,
                    "%.*s has no value in the warehouse", (int)text.size,
                    (const char *)text.data);
}

/* Days since 1970; false where there is no such day. */
static bool find_days(struct mysql_cell *cell,
                      const struct mysql_moment *moment, int32_t *days)
{
    uint32_t date = moment->year << 9 | moment->month << 5 | moment->day;

    if (date == 0 || date != cell->last_date) {
        if (!calendar_is_date((int)moment->year, moment->month, moment->day))
            return false;
        cell->last_days =
            calendar_days((int)moment->year, moment->month, moment->day);
        cell->last_date = date;
    }
    *days = cell->last_days;
    return true;
}

void mysql_cell_date(struct mysql_cell *cell,
                     const struct mysql_moment *moment)
{
    int32_t days;

    if (!cell->is_natural) {
        mysql_cell_retype(cell, moment_text(cell, moment));
        return;
    }
    if (!find_days(cell, moment, &days)) {
        no_date(cell, moment);
        return;
    }
    if (!is_within(cell->column, days)) {
        fail_range(cell);
        return;
    }
    memcpy(batch_fixed(cell->row->batch, cell->index), &days, sizeof(days));
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_int(days, cell->seed));
}

static void store_us(struct mysql_cell *cell, int64_t microseconds)
{
    memcpy(batch_fixed(cell->row->batch, cell->index), &microseconds,
           sizeof(microseconds));
    if (cell->is_stored)
        mysql_cell_digest(cell, digest_int(microseconds, cell->seed));
}

void mysql_cell_microseconds(struct mysql_cell *cell, int64_t microseconds)
{
    if (is_within(cell->column, microseconds))
        store_us(cell, microseconds);
    else
        fail_range(cell);
}

void mysql_cell_datetime(struct mysql_cell *cell,
                         const struct mysql_moment *moment)
{
    int32_t days;
    int64_t seconds;
    int64_t microseconds;

    if (!cell->is_natural) {
        mysql_cell_retype(cell, moment_text(cell, moment));
        return;
    }
    if (!find_days(cell, moment, &days)) {
        no_date(cell, moment);
        return;
    }
    seconds = moment->hour * 3600 + moment->minute * 60 + moment->second;
    microseconds = days * CALENDAR_DAY_US + seconds * SECOND_US +
                   moment->microsecond;
    mysql_cell_microseconds(cell, microseconds);
}

static struct bytes time_text(struct mysql_cell *cell, int64_t microseconds)
{
    buffer_clear(&cell->scratch);
    calendar_format_time(microseconds, cell->type.scale, &cell->scratch);
    return buffer_bytes(&cell->scratch);
}

void mysql_cell_time(struct mysql_cell *cell, int64_t microseconds)
{
    if (!cell->is_natural)
        mysql_cell_retype(cell, time_text(cell, microseconds));
    else
        mysql_cell_microseconds(cell, microseconds);
}
