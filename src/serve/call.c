/* The other end of the socket: one request, one answer. */

#include "serve/call.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "socket_place.h"

#define ANSWER_BYTES_MAX ((size_t)4 << 20)
#define PIECE_BYTES 65536

struct call {
    const char *path;
    int socket;
    int64_t end_us; /* monotonic */
    char *answer;
    size_t answer_bytes;
};

static enum status refuse(const struct call *call, const char *reason,
                          struct error *error)
{
    error_set(error, ERROR_NO_DAEMON, "no daemon answers at \"%s\": %s",
              call->path, reason);
    error_next(error, "start  tidemark daemon");
    return error->status;
}

/* A daemon that is there and does not answer is another matter than none. */
static enum status give_up(const struct call *call, struct error *error)
{
    error_set(error, ERROR_SOCKET, "the daemon at \"%s\" does not answer",
              call->path);
    error_next(error, "look at its log, and at  tidemark status");
    return error->status;
}

static bool wait_for(const struct call *call, short events)
{
    int64_t left_ms = (call->end_us - clock_monotonic_us()) / 1000;
    struct pollfd poll_for = {.fd = call->socket, .events = events};

    return left_ms > 0 && poll(&poll_for, 1, (int)left_ms) > 0;
}

static enum status connect_to(struct call *call, struct error *error)
{
    struct socket_place place;
    int reason = 0;

    if (!socket_place_find(&place, call->path)) {
        reason = errno;
    } else {
        call->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (call->socket < 0 ||
            connect(call->socket, (const struct sockaddr *)&place.address,
                    place.address_bytes) != 0)
            reason = errno;
    }
    socket_place_release(&place);
    return reason == 0 ? STATUS_OK : refuse(call, strerror(reason), error);
}

static enum status send_line(const struct call *call, const char *line,
                             struct error *error)
{
    size_t length = strlen(line);
    size_t sent = 0;

    while (sent < length && wait_for(call, POLLOUT)) {
        ssize_t done = send(call->socket, line + sent, length - sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (done < 0 && errno != EAGAIN && errno != EINTR)
            break;
        sent += done > 0 ? (size_t)done : 0;
    }
    return sent == length ? STATUS_OK : give_up(call, error);
}

static enum status read_line(struct call *call, struct error *error)
{
    while (wait_for(call, POLLIN)) {
        char piece[PIECE_BYTES];
        ssize_t got = recv(call->socket, piece, sizeof(piece), MSG_DONTWAIT);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got <= 0 || call->answer_bytes + (size_t)got > ANSWER_BYTES_MAX)
            break;
        call->answer = memory_resize(call->answer,
                                     call->answer_bytes + (size_t)got, 1);
        memcpy(call->answer + call->answer_bytes, piece, (size_t)got);
        call->answer_bytes += (size_t)got;
        if (call->answer[call->answer_bytes - 1] == '\n')
            return STATUS_OK;
    }
    return give_up(call, error);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static enum status read_answer(const struct call *call, json_t **answer,
                               struct error *error)
{
    json_t *root = json_loadb(call->answer, call->answer_bytes, 0, NULL);

    if (json_is_true(json_object_get(root, "ok"))) {
        *answer = root;
        return STATUS_OK;
    }
    enum error_id id = error_id_find(text_of(root, "id"));
    if (id == ERROR_NONE) {
        json_decref(root);
        return give_up(call, error);
    }
    error_set(error, id, "%s", text_of(root, "text"));
    error_effect(error, "%s", text_of(root, "effect"));
    error_next(error, "%s", text_of(root, "next"));
    json_decref(root);
    return error->status;
}

enum status call_daemon(const char *path, const struct request *request,
                        uint64_t timeout_ms, json_t **answer,
                        struct error *error)
{
    struct call call = {
        .path = path, .socket = -1,
        .end_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000};
    char *text = request_text(request);
    char *line = memory_format("%s\n", text);
    enum status status = connect_to(&call, error);

    *answer = NULL;
    if (status == STATUS_OK)
        status = send_line(&call, line, error);
    if (status == STATUS_OK)
        status = read_line(&call, error);
    if (status == STATUS_OK)
        status = read_answer(&call, answer, error);
    if (call.socket >= 0)
        close(call.socket);
    memory_free(call.answer);
    memory_free(line);
    memory_free(text);
    return status;
}
