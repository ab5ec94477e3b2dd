#ifndef TIDEMARK_SERVE_CALL_H
#define TIDEMARK_SERVE_CALL_H

#include <jansson.h>

#include "serve/request.h"

/*
 * Asks the daemon at a socket and waits for its answer, at most that long.
 * ERROR_NO_DAEMON where nobody listens there; the answer's own failure where
 * it says that it could not. *answer is the caller's to json_decref.
 */
enum status call_daemon(const char *path, const struct request *request,
                        uint64_t timeout_ms, json_t **answer,
                        struct error *error) MUST_CHECK;

#endif
