/*
 * What a server has, asked of the server instead of concluded from its number:
 * settings, types, and which dates and times it keeps unchanged.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"
#include "model/calendar.h"

#define FILE_NAME_BYTES_MAX ((size_t)255)

/* What every INSERT carries where the server knows it. One body becomes one
 * block and with it one part: a request that breaks off leaves nothing. */
static const char *const LOAD_SETTINGS[][2] = {
    {"async_insert", "0"},
    {"max_query_size", "16777216"},
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
    buffer_add_text(&text, "'insert_deduplicate', 'deduplicate_insert', "
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
    house->has_token = has_name(&rows, "insert_deduplicate") &&
                       has_name(&rows, "insert_deduplication_token");
    house->has_deduplicate = has_name(&rows, "deduplicate_insert");
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

/* The first and last microsecond of each range. */
static int64_t edge_us(size_t i, bool is_last)
{
    return is_last ? (DAYS[i].highest + 1) * CALENDAR_DAY_US - 1
                   : DAYS[i].lowest * CALENDAR_DAY_US;
}

/* The text of a value as a load stores it. A CAST of numbers or texts would
 * clamp it, table functions need a privilege: but the state of any() is a
 * byte 1 and the value's own bytes, and nobody looks at them. */
static void add_shown(struct buffer *sql, int64_t value, size_t width,
                      const char *type)
{
    buffer_add_text(sql, "toString(finalizeAggregation(CAST(unhex('01");
    buffer_add_hex(sql, (struct bytes){(const uint8_t *)&value, width});
    buffer_add_text(sql, "'), ");
    char *state = memory_format("AggregateFunction(any, %s)", type);
    sql_text(sql, state);
    memory_free(state);
    buffer_add_text(sql, "))), ");
}

/* Four columns a range: first and last day, first and last microsecond. */
static void write_probe(struct buffer *sql)
{
    static const char time_type[] = "DateTime64(6, 'UTC')";
    buffer_add_text(sql, "SELECT ");
    for (size_t i = 0; i < ARRAY_COUNT(DAYS); i++) {
        add_shown(sql, DAYS[i].lowest, 4, "Date32");
        add_shown(sql, DAYS[i].highest, 4, "Date32");
        add_shown(sql, edge_us(i, false), 8, time_type);
        add_shown(sql, edge_us(i, true), 8, time_type);
    }
    sql->size -= 2;
    buffer_add_text(sql, " FORMAT TSV");
}

static bool shows_day(const char *shown, int64_t day)
{
    struct buffer text;
    buffer_init(&text, 64);
    calendar_format_date((int32_t)day, &text);
    bool is_same = text_equal(shown, buffer_text(&text));
    buffer_release(&text);
    return is_same;
}

static bool shows_time(const char *shown, int64_t microseconds)
{
    struct buffer text;
    buffer_init(&text, 64);
    calendar_format_datetime(microseconds, 6, &text);
    bool is_same = text_equal(shown, buffer_text(&text));
    buffer_release(&text);
    return is_same;
}

static void set_ranges(struct clickhouse *house, size_t days, size_t times)
{
    house->lowest_day = DAYS[days].lowest;
    house->highest_day = DAYS[days].highest;
    house->lowest_us = edge_us(times, false);
    house->highest_us = edge_us(times, true);
}

/* The widest range whose ends are shown as they are, else the last. */
static void judge_probe(struct clickhouse *house,
                        const struct clickhouse_rows *rows)
{
    size_t last = ARRAY_COUNT(DAYS) - 1;
    size_t days = last;
    size_t times = last;
    for (size_t i = last; i-- > 0;) {
        size_t at = 4 * i;
        if (shows_day(clickhouse_cell(rows, 0, at), DAYS[i].lowest) &&
            shows_day(clickhouse_cell(rows, 0, at + 1), DAYS[i].highest))
            days = i;
        if (shows_time(clickhouse_cell(rows, 0, at + 2), edge_us(i, false)) &&
            shows_time(clickhouse_cell(rows, 0, at + 3), edge_us(i, true)))
            times = i;
    }
    set_ranges(house, days, times);
}

/* Where the server does not like the question, the documented range of all
 * servers above the floor is taken. */
static enum status learn_ranges(struct clickhouse *house,
                                struct clickhouse_session *session,
                                struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    write_probe(&sql);
    set_ranges(house, ARRAY_COUNT(DAYS) - 1, ARRAY_COUNT(DAYS) - 1);
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return error->id == ERROR_WAREHOUSE_QUERY ||
                       error->id == ERROR_WAREHOUSE_TABLE
                   ? STATUS_OK
                   : status;
    if (rows.row_count == 1 && rows.column_count == 4 * ARRAY_COUNT(DAYS))
        judge_probe(house, &rows);
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

/* Tables are swapped by their uuids, which other engines do not keep. A
 * database that is not there will be made as Atomic. */
static enum status learn_database(struct clickhouse *house,
                                  struct clickhouse_session *session,
                                  struct error *error)
{
    struct clickhouse_rows rows;
    struct buffer sql;
    sql_init(&sql);
    buffer_add_text(&sql, "SELECT engine FROM system.databases WHERE name = ");
    sql_text(&sql, house->database);
    buffer_add_text(&sql, " FORMAT TSV");
    enum status status = clickhouse_query(session, &sql, &rows, error);
    buffer_release(&sql);
    if (status != STATUS_OK)
        return status;
    const char *engine = rows.row_count == 1 ? clickhouse_cell(&rows, 0, 0)
                                             : "Atomic";
    house->facts.powers.swaps = text_equal(engine, "Atomic") ||
                                text_equal(engine, "Replicated") ||
                                text_equal(engine, "Shared");
    clickhouse_rows_release(&rows);
    return STATUS_OK;
}

/* A table that is dropped leaves a file DATABASE.TABLE.UUID.sql of at most 255
 * bytes: newer servers refuse longer names, older ones stumble later. */
static void set_name_limit(struct clickhouse *house)
{
    size_t taken = clickhouse_name_bytes(house->database) +
                   sizeof "..00000000-0000-0000-0000-000000000000.sql" - 1;
    house->name_bytes_max = taken < FILE_NAME_BYTES_MAX
                                ? FILE_NAME_BYTES_MAX - taken
                                : 0;
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
        .reads_back = true, .alters = true};
    set_name_limit(house);
    enum status status = learn_settings(house, session, error);
    if (status == STATUS_OK)
        status = learn_ranges(house, session, error);
    if (status == STATUS_OK)
        status = learn_database(house, session, error);
    if (status == STATUS_OK)
        status = learn_clock(house, session, error);
    return status;
}
