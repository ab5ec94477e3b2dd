#ifndef TIDEMARK_SERVE_LISTEN_H
#define TIDEMARK_SERVE_LISTEN_H

#include <poll.h>
#include <stddef.h>

#include "base/error.h"

/*
 * A Unix socket (mode 0600) for processes of our own user and of root; others
 * are turned away by their credentials. A connection carries one request, a
 * line, and its answer, a line. Nothing that a client does can hold the
 * others: each has 10 s, at most 16 are served and the oldest makes room, a
 * request has at most REQUEST_BYTES_MAX bytes. Belongs to one thread, which
 * polls for all of them.
 */
#define LISTEN_CLIENTS_MAX 16
#define LISTEN_POLLS_MAX (LISTEN_CLIENTS_MAX + 1)

struct listen;

/* Answers one line of `length` bytes, without its end; NUL-terminated text
 * without a line's end, which the listener frees. */
typedef char *listen_answer(void *context, const char *line, size_t length);

/* A socket that is left over is replaced; ERROR_SOCKET where another process
 * answers there, or a file stands there. */
enum status listen_open(const char *path, listen_answer *answer,
                        void *context, struct listen **listener,
                        struct error *error) MUST_CHECK;
/* Ends all connections and takes the socket away. NULL is allowed. */
void listen_close(struct listen *listener);
/* What to poll for; `polls` has room for LISTEN_POLLS_MAX. */
size_t listen_polls(const struct listen *listener, struct pollfd *polls);
/* Serves what is ready, by the polls just made, and drops who took too long. */
void listen_serve(struct listen *listener, const struct pollfd *polls,
                  size_t count);

#endif
