/*
 * HTTP by libcurl. What must stay true: the last chunk of an upload is sent by
 * http_upload_end alone; an upload that fails closes its connection; no wait
 * is without an end; a request that must not be sent twice never rides on a
 * connection that libcurl might find closed and replace.
 *
 *   idle -- http_upload --> open -- http_put* --> open
 *   open -- http_upload_end --> answered (idle)
 *   open -- failure, http_abort --> idle, connection closed
 */
#include "http.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "http_private.h"

#define CONNECT_TIMEOUT_S 10L
/* Nothing moved in either direction for so long: the answer to a large insert
 * may take its time. After a stop was asked for nobody waits like that. */
#define STALL_MS 300000
#define STALL_STOPPING_MS 5000
#define POLL_MS 250
#define BUFFER_BYTES (1024L * 1024)
/* Idle connections are not used again; below the shortest keep-alive seen. */
#define IDLE_S 8L
#define HEADERS_LIMIT ((size_t)256 * 1024)
#define RETRY_AFTER_MAX_S 60

void http_place_header(struct http_place *place, const char *name,
                       const char *value)
{
    char *line = memory_format("%s: %s", name, value);
    place->headers = curl_slist_append(place->headers, line);
    explicit_bzero(line, strlen(line));
    memory_free(line);
}

static void slist_wipe(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

void http_place_release(struct http_place *place)
{
    slist_wipe(place->headers);
    memory_free(place->url);
    memory_free(place->name);
    memory_free(place->ca);
}

static void set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
                     (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

static void set_options(struct http *http)
{
    CURL *easy = http->easy;
    curl_easy_reset(easy);
    set_protocols(easy);
    if (http->place->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->place->ca);
    if (http->place->is_local)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_S);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->reason);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
}

struct http *http_new(struct http_place *place)
{
    struct http *http = memory_new(1, sizeof *http);
    http->place = place;
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    buffer_init(&http->headers, HEADERS_LIMIT);
    buffer_init(&http->body, HTTP_ANSWER_LIMIT);
    return http;
}

/* Takes the transfer off; one that is not complete loses its connection. */
static void leave(struct http *http)
{
    if (http->is_running)
        curl_multi_remove_handle(http->multi, http->easy);
    http->is_running = false;
    compressor_free(http->compressor);
    http->compressor = NULL;
    slist_wipe(http->sent_headers);
    http->sent_headers = NULL;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    leave(http);
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
    buffer_release(&http->headers);
    buffer_release(&http->body);
    memory_free(http);
}

/* A server that is too busy said for how long to leave it alone. */
static void note_retry_after(struct http *http)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0)
        return;
    if (seconds > RETRY_AFTER_MAX_S)
        seconds = RETRY_AFTER_MAX_S;
    atomic_store(&http->place->quiet_until_us,
                 clock_monotonic_us() + (int64_t)seconds * 1000000);
}

static enum status wait_quiet(struct http *http, struct error *error)
{
    int64_t until = atomic_load(&http->place->quiet_until_us);
    int64_t now = clock_monotonic_us();
    if (until <= now || clock_sleep_ms((uint64_t)(until - now) / 1000))
        return STATUS_OK;
    return stop_check(error);
}

static bool is_tls_failure(const struct http *http)
{
    switch (http->result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return true;
    case CURLE_SSL_CONNECT_ERROR: /* also where the network broke off */
        return !strstr(http->reason, "SYSCALL") &&
               !strstr(http->reason, "reset");
    default:
        return false;
    }
}

static enum status explain(struct http *http, struct error *error)
{
    const char *reason = http->reason[0] ? http->reason
                                         : curl_easy_strerror(http->result);
    if (http->is_too_large)
        return error_set(error, ERROR_WAREHOUSE_ANSWER,
                         "could not read the answer of %s: it is larger than "
                         "any that is expected", http->place->name);
    if (is_tls_failure(http))
        return error_set(error, ERROR_WAREHOUSE_TLS,
                         "cannot connect to %s: %s", http->place->name,
                         reason);
    return error_set(error, ERROR_WAREHOUSE_REACH,
                     "could not talk to %s: %s", http->place->name, reason);
}

static void collect(struct http *http)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        http->result = message->data.result;
        http->has_answered = http->result == CURLE_OK;
        curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &http->code);
        note_retry_after(http);
        leave(http);
    }
}

static enum status stalled(struct http *http, struct error *error)
{
    leave(http);
    enum status status = stop_check(error);
    if (status != STATUS_OK)
        return status;
    return error_set(error, ERROR_WAREHOUSE_REACH,
                     "could not talk to %s: nothing came back for %d seconds",
                     http->place->name, STALL_MS / 1000);
}

/* Runs the transfer until the answer is there or the pieces are used up. */
static enum status drive(struct http *http, struct error *error)
{
    uint64_t moved = http->moved;
    int64_t since = clock_monotonic_us();
    for (;;) {
        int running = 0;
        curl_multi_perform(http->multi, &running);
        collect(http);
        if (!http->is_running)
            return http->has_answered ? STATUS_OK : explain(http, error);
        if (http->is_starving)
            return STATUS_OK;
        int64_t now = clock_monotonic_us();
        if (moved != http->moved) {
            moved = http->moved;
            since = now;
        }
        int64_t limit = stop_is_requested() ? STALL_STOPPING_MS : STALL_MS;
        if ((now - since) / 1000 >= limit)
            return stalled(http, error);
        curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL);
    }
}

/* The place's headers and `more`, which ends in NULL. */
static struct curl_slist *headers_with(const struct http *http,
                                       const char *const *more)
{
    struct curl_slist *headers = NULL;
    for (struct curl_slist *at = http->place->headers; at; at = at->next)
        headers = curl_slist_append(headers, at->data);
    for (; *more; more++)
        headers = curl_slist_append(headers, *more);
    return headers;
}

static void clear_answer(struct http *http)
{
    http->has_answered = false;
    http->is_too_large = false;
    http->result = CURLE_OK;
    http->code = 0;
    http->reason[0] = 0;
    http->taken = 0;
    http->is_starving = false;
    buffer_clear(&http->headers);
    buffer_clear(&http->body);
}

/* Sends the request whose options are set, with `more` headers. */
static enum status start(struct http *http, const struct http_request *request,
                         const char *const *more, struct error *error)
{
    char *url = memory_format("%s%s%s", http->place->url,
                              request->query[0] ? "?" : "", request->query);
    clear_answer(http);
    http->sent_headers = headers_with(http, more);
    curl_easy_setopt(http->easy, CURLOPT_URL, url);
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->sent_headers);
    if (request->is_once)
        curl_easy_setopt(http->easy, CURLOPT_FRESH_CONNECT, 1L);
    memory_free(url);
    http->is_running = true;
    if (curl_multi_add_handle(http->multi, http->easy) != CURLM_OK) {
        leave(http);
        return error_set(error, ERROR_DEFECT, "libcurl refused a request");
    }
    return drive(http, error);
}

enum status http_post(struct http *http, const struct http_request *request,
                      struct error *error)
{
    static const char *const more[] = {"Expect:", NULL};
    http_abort(http);
    enum status status = wait_quiet(http, error);
    if (status != STATUS_OK)
        return status;
    set_options(http);
    curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS,
                     request->body.size ? (const char *)request->body.data
                                        : "");
    curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)request->body.size);
    return start(http, request, more, error);
}

enum status http_upload(struct http *http, const struct http_request *request,
                        struct error *error)
{
    const char *encoding = compression_encoding(request->compression);
    char line[64] = "";
    const char *more[] = {"Expect:", "Transfer-Encoding: chunked", NULL, NULL};
    if (encoding) {
        (void)text_copy(line, sizeof line, "Content-Encoding: ");
        (void)text_copy(line + strlen(line), sizeof line - strlen(line),
                        encoding);
        more[2] = line;
    }
    http_abort(http);
    enum status status = wait_quiet(http, error);
    if (status != STATUS_OK)
        return status;
    set_options(http);
    curl_easy_setopt(http->easy, CURLOPT_READFUNCTION, http_on_read);
    curl_easy_setopt(http->easy, CURLOPT_READDATA, http);
    curl_easy_setopt(http->easy, CURLOPT_SEEKFUNCTION, http_on_seek);
    curl_easy_setopt(http->easy, CURLOPT_SEEKDATA, http);
    http->compressor = compressor_new(request->compression);
    http->piece_count = 0;
    http->piece.size = 0;
    http->is_ending = false;
    http->is_ended = false;
    return start(http, request, more, error);
}

/* Goes on with a paused upload. */
static enum status resume(struct http *http, struct error *error)
{
    http->is_starving = false;
    if (curl_easy_pause(http->easy, CURLPAUSE_CONT) != CURLE_OK) {
        leave(http);
        return error_set(error, ERROR_DEFECT, "libcurl refused to go on");
    }
    return drive(http, error);
}

enum status http_put(struct http *http, const struct iovec *pieces,
                     size_t count, struct error *error)
{
    if (http->has_answered)
        return STATUS_OK;
    http->pieces = pieces;
    http->piece_count = count;
    return resume(http, error);
}

enum status http_upload_end(struct http *http, struct error *error)
{
    if (http->has_answered)
        return STATUS_OK;
    http->is_ending = true;
    return resume(http, error);
}

void http_abort(struct http *http)
{
    leave(http);
}

bool http_has_answered(const struct http *http)
{
    return http->has_answered;
}

long http_code(const struct http *http)
{
    return http->code;
}

struct bytes http_body(const struct http *http)
{
    return buffer_bytes(&http->body);
}
