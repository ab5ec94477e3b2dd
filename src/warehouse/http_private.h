#ifndef TIDEMARK_WAREHOUSE_HTTP_PRIVATE_H
#define TIDEMARK_WAREHOUSE_HTTP_PRIVATE_H

#include "http.h"

/* One connection. What the callbacks of libcurl read and write. */
struct http {
    struct http_place *place;
    CURLM *multi;
    CURL *easy;
    bool is_running; /* the easy handle is in the multi handle */

    struct curl_slist *sent_headers;

    /* The upload: pieces that are not taken yet. */
    bool is_ending;   /* the pieces are the last ones */
    bool is_ended;    /* the last byte was handed over */
    bool is_starving; /* paused: all pieces are taken */
    const struct iovec *pieces;
    size_t piece_count;
    struct bytes piece; /* what is left of the present one */
    struct compressor *compressor;
    uint64_t taken; /* bytes that libcurl has taken */

    /* The answer. */
    bool has_answered;
    bool is_too_large;
    CURLcode result;
    long code;
    struct buffer headers; /* lines, each with a NUL behind */
    struct buffer body;
    uint64_t moved; /* bytes either way; stands still when stalled */
    char reason[CURL_ERROR_SIZE];
};

/* http_call.c: what libcurl calls. */
size_t http_on_read(char *target, size_t size, size_t count, void *context);
size_t http_on_write(char *data, size_t size, size_t count, void *context);
size_t http_on_header(char *data, size_t size, size_t count, void *context);
int http_on_seek(void *context, curl_off_t offset, int origin);

#endif
