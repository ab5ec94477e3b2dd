#ifndef TIDEMARK_WAREHOUSE_HTTP_H
#define TIDEMARK_WAREHOUSE_HTTP_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "compress.h"

/*
 * HTTP/1.1 to one server. Redirects are never followed, other protocols than
 * http and https never spoken, certificates always verified. Of a place many
 * connections are made; each belongs to one thread.
 */

/* Answers larger than this are a failure. */
#define HTTP_ANSWER_LIMIT ((size_t)16 * 1024 * 1024)

/* Where, and as whom. Filled before the first connection, then shared. */
struct http_place {
    char *url;  /* "https://ch.example.com:8443/", owned */
    char *name; /* "ch.example.com:8443", for messages; owned */
    char *ca;   /* path of an authority's certificate or NULL; owned */
    bool is_local; /* loopback: no proxy */
    struct curl_slist *headers; /* sent with each request; owned, wiped */
    /* No request before this (monotonic): a server's Retry-After. */
    _Atomic int64_t quiet_until_us;
};
void http_place_header(struct http_place *place, const char *name,
                       const char *value);
void http_place_release(struct http_place *place);

struct http;
/* Connects with the first request. */
struct http *http_new(struct http_place *place);
void http_free(struct http *http); /* ends an upload as http_abort does */

struct http_request {
    const char *query; /* what stands behind '?', encoded */
    struct bytes body; /* http_post only */
    bool is_once; /* must not be sent again: takes a connection of its own */
    enum compression compression; /* http_upload only */
};

/*
 * Sends and reads the answer to its end. STATUS_OK says nothing of its code:
 * see below. ERROR_WAREHOUSE_REACH, _TLS or _ANSWER else; what came until then
 * can be read as an answer even so. Where a connection that was kept turns out
 * to be closed before anything came back, it is sent once more.
 */
enum status http_post(struct http *http, const struct http_request *request,
                      struct error *error) MUST_CHECK;

/*
 * An upload of unknown length: opened, fed, and ended. Only http_upload_end
 * sends the last chunk, so that what was not ended is seen as cut. After a
 * failure the connection is closed. After each call http_has_answered may say
 * that the server did not wait for the end; then nothing more is sent.
 */
enum status http_upload(struct http *http, const struct http_request *request,
                        struct error *error) MUST_CHECK;
/* The pieces are taken when it returns. */
enum status http_put(struct http *http, const struct iovec *pieces,
                     size_t count, struct error *error) MUST_CHECK;
enum status http_upload_end(struct http *http, struct error *error)
    MUST_CHECK;
/* Gives an open upload up and closes the connection; else nothing. */
void http_abort(struct http *http);

/* The last answer, until the next request. */
bool http_has_answered(const struct http *http); /* in full */
long http_code(const struct http *http);         /* 0: none came */
struct bytes http_body(const struct http *http);
/* A header's value, "" where it is not there; borrowed. */
const char *http_header(const struct http *http, const char *name);

#endif
