/*
 * An answer of any headers and any body: judged, taken apart or refused, never
 * read beyond. Built with clang -fsanitize=fuzzer,address,undefined.
 *
 * Input: headers as lines, an empty line, the body.
 */
#include <string.h>

#include "base/memory.h"
#include "warehouse/clickhouse.h"
#include "warehouse/http_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The headers go in as libcurl hands them over; returns where they end. */
static size_t take_headers(struct http *http, const uint8_t *data,
                           size_t size)
{
    size_t at = 0;
    while (at < size) {
        const uint8_t *feed = memchr(data + at, '\n', size - at);
        size_t length = feed ? (size_t)(feed - data) + 1 - at : size - at;
        char *line = memory_text_part((const char *)data + at, length);
        (void)http_on_header(line, 1, length, http);
        memory_free(line);
        at += length;
        if (length == 1)
            break;
    }
    return at;
}

static void take_apart(struct bytes body)
{
    struct clickhouse_rows rows;
    if (clickhouse_rows_parse(body, &rows)) {
        for (size_t row = 0; row < rows.row_count; row++) {
            for (size_t i = 0; i < rows.column_count; i++)
                memory_free(
                    clickhouse_comment_seed(clickhouse_cell(&rows, row, i)));
        }
    }
    clickhouse_rows_release(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct http_place place = {.name = (char *)"fuzz:1"};
    struct http http = {.place = &place};
    struct error error;
    buffer_init(&http.headers, (size_t)256 * 1024);
    buffer_init(&http.body, HTTP_ANSWER_LIMIT);
    size_t end = take_headers(&http, data, size);
    http.code = end > 8 && data[8] % 2 ? 500 : 200;
    (void)http_on_write((char *)(uintptr_t)data + end, 1, size - end, &http);
    for (int doing = DOING_OPEN; doing <= DOING_LOAD; doing++)
        (void)clickhouse_judge(&http, &place, (enum clickhouse_doing)doing,
                               &error);
    take_apart(http_body(&http));
    buffer_release(&http.headers);
    buffer_release(&http.body);
    return 0;
}
