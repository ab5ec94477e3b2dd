/*
 * What a server has, asked of the server instead of concluded from its number:
 * settings, types, and which dates and times it keeps unchanged.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"
#include "model/calendar.h"

/* What every INSERT carries where the server knows it. One body becomes one
 * block and with it one part: a request that breaks off leaves nothing. */
static const char *const LOAD_SETTINGS[][2] = {
    {"async_insert", "0"},
    {"max_insert_block_size", "100000000"},
    {"max_insert_block_size_bytes", "0"},
    {"min_insert_block_size_rows", "100000000"},
    {"min_insert_block_size_bytes", "10000000000"},
    {"max_insert_threads", "1"},
    {"input_format_native_allow_types_conversion", "0"},
    {"input_format_null_as_default", "0"},
    {"input_format_skip_unknown_fields", "0"},
};

static void list_load_settings(struct buffer *sql)
{
    for (size_t i = 0; i < ARRAY_COUNT(LOAD_SETTINGS); i++) {
        sql_text(sql, LOAD_SETTINGS[i][0]);
        buffer_add_text(sql, ", ");
    }
}

static bool has_name(const struct clickhouse_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->row_count; i++) {
        if (text_equal(clickhouse_cell(rows, i, 0), name))
            return true;
    }
    return false;
}

static enum status learn_settings(struct clickhouse *house,
                                  struct clickhouse_session *session,
                                  struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer text;
    sql_init(&text);
    buffer_add_text(&text, "SELECT name FROM system.settings WHERE name IN (");
    list_load_settings(&text);
    buffer_add_text(&text, "'insert_deduplicate', "
                           "'insert_deduplication_token') "
                           "UNION ALL SELECT name FROM "
                           "system.data_type_families WHERE name = 'Time64' "
                           "UNION ALL SELECT concat(name, value) FROM "
                           "system.settings WHERE name = "
                           "'enable_time_time64_type' FORMAT TSV");
    enum status status = clickhouse_query(session, &text, &rows, error);
    if (status != STATUS_OK) {
        buffer_release(&text);
        return status;
    }
    buffer_clear(&text);
    for (size_t i = 0; i < ARRAY_COUNT(LOAD_SETTINGS); i++) {
        if (has_name(&rows, LOAD_SETTINGS[i][0]))
            buffer_add_format(&text, "&%s=%s", LOAD_SETTINGS[i][0],
                              LOAD_SETTINGS[i][1]);
    }
    house->load_settings = memory_text(buffer_text(&text));
    house->has_deduplication = has_name(&rows, "insert_deduplicate") &&
                               has_name(&rows, "insert_deduplication_token");
    house->has_time64 = has_name(&rows, "Time64") &&
                        !has_name(&rows, "enable_time_time64_type0");
    clickhouse_rows_release(&rows);
    buffer_release(&text);
    return status;
}

struct range {
    int64_t lowest;
    int64_t highest;
};

/* Widest first. Older servers show what is outside as the nearest inside. */
static const struct range DAYS[] = {
    {-719162, 2932896}, /* 0001-01-01 .. 9999-12-31 */
    {-25567, 120529},   /* 1900-01-01 .. 2299-12-31 */
};

static void add_literal(struct buffer *sql, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        buffer_add_format(sql, "\\x%02x", bytes[i]);
}

static void add_number(struct buffer *sql, int64_t value, size_t width)
{
    add_literal(sql, &value, width);
}

static void add_head(struct buffer *sql, const char *name, const char *type)
{
    struct buffer head;
    sql_init(&head);
    buffer_add_varint(&head, bytes_of(name).size);
    buffer_add_text(&head, name);
    buffer_add_varint(&head, bytes_of(type).size);
    buffer_add_text(&head, type);
    add_literal(sql, head.data, head.size);
    buffer_release(&head);
}

/* The first and last microsecond of each range. */
static int64_t edge_us(size_t i, bool is_last)
{
    return is_last ? (DAYS[i].highest + 1) * CALENDAR_DAY_US - 1
                   : DAYS[i].lowest * CALENDAR_DAY_US;
}

/* The values go through the very road of a load: a block of Native. */
static void write_probe(struct buffer *sql)
{
    const uint8_t counts[] = {2, 2 * ARRAY_COUNT(DAYS)};
    buffer_add_text(sql, "SELECT toString(d), toString(t) FROM format(Native, "
                         "'d Date32, t DateTime64(6, \\'UTC\\')', '");
    add_literal(sql, counts, sizeof counts);
    add_head(sql, "d", "Date32");
    for (size_t i = 0; i < ARRAY_COUNT(DAYS); i++) {
        add_number(sql, DAYS[i].lowest, 4);
        add_number(sql, DAYS[i].highest, 4);
    }
    add_head(sql, "t", "DateTime64(6, 'UTC')");
    for (size_t i = 0; i < ARRAY_COUNT(DAYS); i++) {
        add_number(sql, edge_us(i, false), 8);
        add_number(sql, edge_us(i, true), 8);
    }
    buffer_add_text(sql, "') FORMAT TSV");
}

static bool shows_day(const struct clickhouse_rows *rows, size_t row,
                      int64_t day)
{
    struct buffer text;
    buffer_init(&text, 64);
    calendar_format_date((int32_t)day, &text);
    bool is_same = text_equal(clickhouse_cell(rows, row, 0),
                              buffer_text(&text));
    buffer_release(&text);
    return is_same;
}

static bool shows_time(const struct clickhouse_rows *rows, size_t row,
                       int64_t microseconds)
{
    struct buffer text;
    buffer_init(&text, 64);
    calendar_format_datetime(microseconds, 6, &text);
    bool is_same = text_equal(clickhouse_cell(rows, row, 1),
                              buffer_text(&text));
    buffer_release(&text);
    return is_same;
}

static void judge_probe(struct clickhouse *house,
                        const struct clickhouse_rows *rows)
{
    for (size_t i = ARRAY_COUNT(DAYS); i-- > 0;) {
        if (shows_day(rows, 2 * i, DAYS[i].lowest) &&
            shows_day(rows, 2 * i + 1, DAYS[i].highest)) {
            house->lowest_day = DAYS[i].lowest;
            house->highest_day = DAYS[i].highest;
        }
        if (shows_time(rows, 2 * i, edge_us(i, false)) &&
            shows_time(rows, 2 * i + 1, edge_us(i, true))) {
            house->lowest_us = edge_us(i, false);
            house->highest_us = edge_us(i, true);
        }
    }
}

static enum status learn_ranges(struct clickhouse *house,
                                struct clickhouse_session *session,
                                struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    write_probe(&sql);
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    if (rows.column_count == 2 && rows.row_count == 2 * ARRAY_COUNT(DAYS))
        judge_probe(house, &rows);
    clickhouse_rows_release(&rows);
    if (house->lowest_day < house->highest_day &&
        house->lowest_us < house->highest_us)
        return STATUS_OK;
    return error_set(error, ERROR_WAREHOUSE_QUERY,
                     "cannot use %s: it does not keep dates and times of "
                     "1900 to 2299 unchanged", house->place.name);
}

/* The middle of the question's way is taken for its moment. */
static enum status learn_clock(struct clickhouse *house,
                               struct clickhouse_session *session,
                               struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT toUnixTimestamp64Micro(now64(6)) "
                          "FORMAT TSV");
    int64_t asked_us = clock_utc_us();
    enum status status = clickhouse_query(session, &sql, &rows, error);
    int64_t middle_us = asked_us + (clock_utc_us() - asked_us) / 2;
    int64_t theirs_us = 0;
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    if (rows.row_count == 1 &&
        text_to_i64(clickhouse_cell(&rows, 0, 0), &theirs_us))
        house->facts.clock_offset_us = theirs_us - middle_us;
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

enum status clickhouse_learn(struct clickhouse *house,
                             struct clickhouse_session *session,
                             struct error *error)
{
    house->facts.powers = (struct warehouse_powers){
        .swaps = true, .reads_back = true, .alters = true};
    enum status status = learn_settings(house, session, error);
    if (status == STATUS_OK)
        status = learn_ranges(house, session, error);
    if (status == STATUS_OK)
        status = learn_clock(house, session, error);
    return status;
}
