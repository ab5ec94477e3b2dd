/*
 * Reads a table as the program does and prints what the cells of the batches
 * hold, one JSON object a line, for tests that compare it with the server.
 *
 *     scan_table URL TABLE [WORD]...
 *
 * Words: type:COLUMN=TYPE, dates=null, dates=text, text=replace, whole (no
 * order), rows=N (of a batch), after=POSITION, limit:COLUMN=LOWEST,HIGHEST,
 * ca=PATH (TLS), abandon (a scan is given up after its first batch; then the
 * table is scanned), sleep=MS (after each batch).
 * A line of {"position": ...} follows each batch, one of {"error": id, "what":
 * text} a failure.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/stop.h"
#include "base/text.h"
#include "model/calendar.h"
#include "model/decimal.h"
#include "settings/url.h"
#include "source/driver.h"

#define BYTES_LIMIT ((size_t)1 << 30)

struct reading {
    struct endpoint_settings settings;
    struct source *source;
    struct source_session *session;
    struct scan_request request;
    struct table *table;
    size_t batch_rows;
    bool is_abandoning;
    uint64_t sleep_ms;
};

static void print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(object);
}

static int fail(const struct error *error)
{
    print(json_pack("{s:s, s:s, s:s}", "error", error_id_text(error->id),
                    "what", error->what, "next", error->next));
    return 3;
}

static enum status connect_server(struct reading *reading, const char *url,
                                  struct error *error)
{
    struct endpoint_settings *settings = &reading->settings;
    enum status status;

    stop_install();
    settings->name = memory_text("main");
    status = url_parse(url, &settings->url, &settings->password, error);
    if (status == STATUS_OK)
        status = mysql_ops.open(settings, &reading->source, error);
    if (status == STATUS_OK)
        status = mysql_ops.session_open(reading->source, &reading->session,
                                        error);
    return status;
}

static bool is_dated(const struct column *column)
{
    return column->kind == KIND_DATE || column->kind == KIND_DATETIME ||
           column->kind == KIND_TIMESTAMP;
}

static enum status set_dates(struct table *table, bool is_text,
                             struct error *error)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        if (!is_dated(column))
            continue;
        if (is_text && status == STATUS_OK) {
            status = mysql_ops.retype(table, column->name, "text", error);
        } else {
            column->date_policy = DATES_NULL;
            column->is_nullable = true;
        }
    }
    return status;
}

static enum status set_column(struct table *table, char *word,
                              struct error *error)
{
    bool is_limit = text_starts(word, "limit:");
    char *name = strchr(word, ':') + 1;
    char *value = strchr(name, '=');
    struct column *column;

    *value++ = '\0';
    if (!is_limit)
        return mysql_ops.retype(table, name, value, error);
    column = table_column(table, name);
    column->lowest = strtoll(value, &value, 10);
    column->highest = strtoll(value + 1, NULL, 10);
    return STATUS_OK;
}

static enum status apply(struct reading *reading, char *word,
                         struct error *error)
{
    struct table *table = reading->table;

    if (text_starts(word, "type:") || text_starts(word, "limit:"))
        return set_column(table, word, error);
    if (text_starts(word, "dates="))
        return set_dates(table, text_equal(word, "dates=text"), error);
    if (text_equal(word, "text=replace")) {
        for (size_t i = 0; i < table->column_count; i++)
            table->columns[i].text_policy = TEXT_REPLACE;
    } else if (text_starts(word, "rows=")) {
        reading->batch_rows = strtoul(word + 5, NULL, 10);
    } else if (text_starts(word, "after=")) {
        reading->request.after = word + 6;
    } else if (text_starts(word, "sleep=")) {
        reading->sleep_ms = strtoull(word + 6, NULL, 10);
    } else if (text_equal(word, "abandon")) {
        reading->is_abandoning = true;
    } else if (text_equal(word, "whole")) {
        reading->request.order = SCAN_WHOLE;
    }
    return STATUS_OK;
}

static void add_hex(struct buffer *text, const uint8_t *bytes, size_t size)
{
    buffer_add_text(text, "0x");
    buffer_add_hex(text, (struct bytes){bytes, size});
}

static void add_fixed(const struct batch *batch, size_t column, size_t row,
                      struct buffer *text)
{
    const struct column *plan = &batch->table->columns[column];
    const uint8_t *cell = batch_cell(batch, column, row);

    switch (plan->kind) {
    case KIND_UINT:
        buffer_add_format(text, "%" PRIu64,
                          (uint64_t)batch_int(batch, column, row));
        break;
    case KIND_FLOAT:
        buffer_add_format(text, "%.17g", batch_double(batch, column, row));
        break;
    case KIND_DECIMAL:
        decimal_format(cell, plan->width, plan->scale, text);
        break;
    case KIND_UUID:
        add_hex(text, cell, plan->width);
        break;
    case KIND_DATE:
        calendar_format_date((int32_t)batch_int(batch, column, row), text);
        break;
    case KIND_TIME:
        calendar_format_time(batch_int(batch, column, row), 6, text);
        break;
    case KIND_DATETIME:
    case KIND_TIMESTAMP:
        calendar_format_datetime(batch_int(batch, column, row), 6, text);
        break;
    default:
        buffer_add_format(text, "%" PRId64, batch_int(batch, column, row));
    }
}

static json_t *cell_json(const struct batch *batch, size_t column, size_t row)
{
    enum kind kind = batch->table->columns[column].kind;
    struct buffer text;
    json_t *value;

    if (batch_is_null(batch, column, row))
        return json_null();
    buffer_init(&text, BYTES_LIMIT);
    if (kind_is_variable(kind)) {
        struct bytes bytes = batch_text(batch, column, row);
        if (kind == KIND_BYTES)
            add_hex(&text, bytes.data, bytes.size);
        else
            buffer_add(&text, bytes.data, bytes.size);
    } else {
        add_fixed(batch, column, row, &text);
    }
    value = json_stringn(buffer_text(&text), text.size);
    buffer_release(&text);
    return value ? value : json_string("not UTF-8");
}

static void print_batch(const struct batch *batch, const char *position)
{
    for (size_t i = 0; i < batch->row_count; i++) {
        json_t *row = json_object();
        for (size_t j = 0; j < batch->table->column_count; j++)
            json_object_set_new(row, batch->table->columns[j].name,
                                cell_json(batch, j, i));
        json_object_set_new(row, "digest",
                            json_sprintf("%016" PRIx64, batch->digests[i]));
        print(row);
    }
    print(json_pack("{s:s?}", "position", position));
}

static enum status scan_batches(struct reading *reading, bool is_abandoned,
                                struct batch *batch, struct error *error)
{
    struct scan *scan;
    bool is_last = false;
    enum status status = mysql_ops.scan_open(
        reading->session, &reading->request, &scan, error);

    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && !is_last) {
        batch_clear(batch);
        status = mysql_ops.scan_next(scan, batch, &is_last, error);
        if (is_abandoned)
            break;
        print_batch(batch, mysql_ops.scan_position(scan));
        clock_sleep_ms(reading->sleep_ms);
    }
    mysql_ops.scan_close(scan);
    return status;
}

static int scan_all(struct reading *reading)
{
    struct error error;
    struct batch *batch =
        batch_new(reading->table, reading->batch_rows, (size_t)64 << 20);
    enum status status = STATUS_OK;

    if (reading->is_abandoning)
        status = scan_batches(reading, true, batch, &error);
    if (status == STATUS_OK)
        status = scan_batches(reading, false, batch, &error);
    batch_free(batch);
    return status == STATUS_OK ? 0 : fail(&error);
}

static int read_table(struct reading *reading, const char *name,
                      char **words, int word_count)
{
    struct source_table *described = NULL;
    struct error error;
    int code = 2;
    enum status status = mysql_ops.describe(reading->session, &name, 1,
                                            &described, &error);

    if (status != STATUS_OK)
        return fail(&error);
    if (!described)
        return code;
    reading->table = described->table;
    for (int i = 0; status == STATUS_OK && i < word_count; i++)
        status = apply(reading, words[i], &error);
    if (reading->table->key_count == 0)
        reading->request.order = SCAN_WHOLE;
    table_settle(reading->table);
    reading->request.table = reading->table;
    code = status == STATUS_OK ? scan_all(reading) : fail(&error);
    mysql_ops.table_free(described);
    return code;
}

int main(int count, char **arguments)
{
    struct reading reading = {.batch_rows = 1000,
                              .request = {.cursor_from_us = INT64_MIN,
                                          .cursor_to_us = INT64_MAX}};
    struct error error;
    int code;

    if (count < 3)
        return 2;
    for (int i = 3; i < count; i++) {
        if (text_starts(arguments[i], "ca="))
            reading.settings.tls.ca = arguments[i] + 3;
    }
    if (connect_server(&reading, arguments[1], &error) == STATUS_OK)
        code = read_table(&reading, arguments[2], arguments + 3, count - 3);
    else
        code = fail(&error);
    if (reading.session)
        mysql_ops.session_close(reading.session);
    if (reading.source)
        mysql_ops.close(reading.source);
    url_release(&reading.settings.url);
    secret_free(reading.settings.password);
    memory_free(reading.settings.name);
    return code;
}
