/*
 * What libcurl calls: it pulls an upload out of the pieces at hand, and pushes
 * an answer in. The upload pauses when the pieces are used up, and ends only
 * when it was told that they were the last.
 */
#include <string.h>
#include <strings.h>

#include "http_private.h"

#define HEADER_LIMIT ((size_t)128 * 1024)

/* The next piece that is not empty; false when there is none. */
static bool next_piece(struct http *http)
{
    while (http->piece.size == 0) {
        if (http->piece_count == 0)
            return false;
        http->piece.data = http->pieces->iov_base;
        http->piece.size = http->pieces->iov_len;
        http->pieces++;
        http->piece_count--;
    }
    return true;
}

size_t http_on_read(char *target, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t room = size * count;
    size_t used = 0;
    while (used < room && next_piece(http) &&
           !compressor_failed(http->compressor))
        used += compressor_pull(http->compressor, &http->piece,
                                (uint8_t *)target + used, room - used);
    while (used < room && http->is_ending && !http->is_ended &&
           http->piece.size == 0 && http->piece_count == 0)
        used += compressor_end(http->compressor, (uint8_t *)target + used,
                               room - used, &http->is_ended);
    if (compressor_failed(http->compressor))
        return CURL_READFUNC_ABORT;
    http->taken += used;
    http->moved += used;
    if (used > 0 || http->is_ended)
        return used;
    http->is_starving = true;
    return CURL_READFUNC_PAUSE;
}

/* Asked for when a request is sent anew; only what was never sent can be. */
int http_on_seek(void *context, curl_off_t offset, int origin)
{
    const struct http *http = context;
    return http->taken == 0 && offset == 0 && origin == SEEK_SET
               ? CURL_SEEKFUNC_OK
               : CURL_SEEKFUNC_FAIL;
}

size_t http_on_write(char *data, size_t size, size_t count, void *context)
{
    struct http *http = context;
    buffer_add(&http->body, data, size * count);
    http->moved += size * count;
    http->is_too_large = http->body.is_overflown;
    return http->is_too_large ? 0 : size * count;
}

size_t http_on_header(char *data, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t length = size * count;
    /* Of "100 Continue" and the answer behind it the last counts. */
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0)
        buffer_clear(&http->headers);
    while (length > 0 && (data[length - 1] == '\n' ||
                          data[length - 1] == '\r'))
        length--;
    if (http->headers.size + length + 1 > HEADER_LIMIT) {
        http->is_too_large = true;
        return 0;
    }
    buffer_add(&http->headers, data, length);
    buffer_add_byte(&http->headers, 0);
    http->moved += size * count;
    return size * count;
}

const char *http_header(const struct http *http, const char *name)
{
    size_t length = strlen(name);
    if (http->headers.size == 0)
        return "";
    const char *line = (const char *)http->headers.data;
    const char *end = line + http->headers.size;
    for (; line < end; line += strlen(line) + 1) {
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        while (*line == ' ' || *line == '\t')
            line++;
        return line;
    }
    return "";
}
