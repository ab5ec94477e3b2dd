#ifndef TIDEMARK_SERVE_REQUEST_H
#define TIDEMARK_SERVE_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * What a client asks of the daemon: one line of JSON,
 *
 *     {"do":"pause","tables":["orders"]}   none: everything; resume likewise
 *     {"do":"throttle","rate":5000000}     bytes a second, 0: none
 *     {"do":"status"}   {"do":"reload"}
 *
 * answered by one line that begins {"ok":true or {"ok":false; a failure has
 * id, text, effect and next. Each connection carries one of them.
 */
enum request_kind { REQUEST_STATUS, REQUEST_PAUSE, REQUEST_RESUME,
                    REQUEST_THROTTLE, REQUEST_RELOAD, REQUEST_COUNT };

#define REQUEST_BYTES_MAX ((size_t)256 << 10)
#define REQUEST_TABLES_MAX 4000
/* A batch is read whole: a slower limit would look like a standstill. */
#define REQUEST_RATE_MIN UINT64_C(100000)

struct request {
    enum request_kind kind;
    char **tables; /* owned */
    size_t table_count;
    uint64_t rate;
};

/* ERROR_USAGE for anything but a request. `request` is empty then. */
enum status request_parse(const char *text, size_t length,
                          struct request *request, struct error *error)
    MUST_CHECK;
void request_release(struct request *request);
/* The line without its end; the caller frees it. */
char *request_text(const struct request *request);

#endif
