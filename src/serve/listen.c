/*
 * The socket's server. All reads and writes are non-blocking; a client that
 * stalls, floods or leaves costs a descriptor for ten seconds and no more.
 */
#include "serve/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "socket_place.h"
#include "serve/request.h"

#define PATIENCE_US INT64_C(10000000)
#define PIECE_BYTES 4096

struct client {
    int socket;
    int64_t since_us; /* monotonic */
    char *request;    /* what has come so far */
    size_t request_bytes;
    char *answer; /* NULL: the request is not whole yet */
    size_t answer_bytes;
    size_t sent;
};

struct listen {
    char *path;
    int socket;
    listen_answer *answer;
    void *context;
    struct client clients[LISTEN_CLIENTS_MAX]; /* the oldest first */
    size_t count;
};

/* --- the socket --------------------------------------------------------- */

static enum status refuse(const char *path, const char *reason,
                          struct error *error)
{
    return error_set(error, ERROR_SOCKET, "cannot listen at \"%s\": %s", path,
                     reason);
}

/* Does somebody answer there? */
static bool is_answered(const struct socket_place *place)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_heard = probe >= 0 &&
                    (connect(probe, (const struct sockaddr *)&place->address,
                             place->address_bytes) == 0 ||
                     errno == EAGAIN);

    if (probe >= 0)
        close(probe);
    return is_heard;
}

/* Takes away what a process that died has left. */
static enum status clear_place(const char *path,
                               const struct socket_place *place,
                               struct error *error)
{
    struct stat facts;

    if (lstat(path, &facts) != 0)
        return errno == ENOENT ? STATUS_OK
                               : refuse(path, strerror(errno), error);
    if (!S_ISSOCK(facts.st_mode))
        return refuse(path, "what stands there is no socket", error);
    if (is_answered(place))
        return refuse(path, "another process answers there", error);
    if (unlink(path) != 0 && errno != ENOENT)
        return refuse(path, strerror(errno), error);
    return STATUS_OK;
}

static enum status bind_place(struct listen *listener,
                              const struct socket_place *place,
                              struct error *error)
{
    enum status status = clear_place(listener->path, place, error);

    if (status != STATUS_OK)
        return status;
    listener->socket = socket(
        AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode is that of the descriptor: nobody gets in between. */
    if (listener->socket < 0 || fchmod(listener->socket, 0600) != 0 ||
        bind(listener->socket, (const struct sockaddr *)&place->address,
             place->address_bytes) != 0 ||
        chmod(listener->path, 0600) != 0 ||
        listen(listener->socket, LISTEN_CLIENTS_MAX) != 0)
        return refuse(listener->path, strerror(errno), error);
    return STATUS_OK;
}

enum status listen_open(const char *path, listen_answer *answer,
                        void *context, struct listen **listener,
                        struct error *error)
{
    struct listen *opened = memory_new(1, sizeof(*opened));
    struct socket_place place;
    enum status status;

    *listener = NULL;
    opened->path = memory_text(path);
    opened->socket = -1;
    opened->answer = answer;
    opened->context = context;
    status = socket_place_find(&place, path)
                 ? bind_place(opened, &place, error)
                 : refuse(path, strerror(errno), error);
    socket_place_release(&place);
    if (status == STATUS_OK) {
        *listener = opened;
        return STATUS_OK;
    }
    if (opened->socket >= 0)
        close(opened->socket);
    memory_free(opened->path);
    memory_free(opened);
    return status;
}

/* --- clients ------------------------------------------------------------ */

static void drop_client(struct listen *listener, size_t index)
{
    struct client *client = &listener->clients[index];

    close(client->socket);
    memory_free(client->request);
    memory_free(client->answer);
    listener->count--;
    memmove(client, client + 1, (listener->count - index) * sizeof(*client));
}

void listen_close(struct listen *listener)
{
    if (!listener)
        return;
    while (listener->count > 0)
        drop_client(listener, listener->count - 1);
    close(listener->socket);
    (void)unlink(listener->path);
    memory_free(listener->path);
    memory_free(listener);
}

/* Our own user, and root, who may do everything anyway. */
static bool is_trusted(int socket)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void take_clients(struct listen *listener)
{
    for (size_t i = 0; i < LISTEN_CLIENTS_MAX; i++) {
        int socket = accept4(listener->socket, NULL, NULL,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (socket < 0)
            return;
        if (!is_trusted(socket)) {
            log_line(LOG_WARNING, NULL, "turned away another user's "
                     "connection to the socket");
            close(socket);
            continue;
        }
        if (listener->count == LISTEN_CLIENTS_MAX)
            drop_client(listener, 0);
        listener->clients[listener->count++] = (struct client){
            .socket = socket, .since_us = clock_monotonic_us()};
    }
}

/* False: it is of no use any more. */
static bool send_answer(struct client *client)
{
    while (client->sent < client->answer_bytes) {
        ssize_t done = send(client->socket, client->answer + client->sent,
                            client->answer_bytes - client->sent, MSG_NOSIGNAL);

        if (done < 0)
            return errno == EAGAIN || errno == EINTR;
        client->sent += (size_t)done;
    }
    return false;
}

static bool take_line(const struct listen *listener, struct client *client,
                      size_t length)
{
    char *text = listener->answer(listener->context, client->request, length);

    client->answer = memory_format("%s\n", text);
    client->answer_bytes = strlen(client->answer);
    memory_free(text);
    return send_answer(client);
}

/* False: it is of no use any more. */
static bool take_bytes(const struct listen *listener, struct client *client)
{
    char piece[PIECE_BYTES];
    ssize_t got = recv(client->socket, piece, sizeof(piece), 0);

    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (client->request_bytes + (size_t)got > REQUEST_BYTES_MAX)
        return false;
    client->request = memory_resize(client->request,
                                    client->request_bytes + (size_t)got, 1);
    memcpy(client->request + client->request_bytes, piece, (size_t)got);
    const char *end = memchr(client->request + client->request_bytes, '\n',
                             (size_t)got);
    client->request_bytes += (size_t)got;
    return !end || take_line(listener, client,
                             (size_t)(end - client->request));
}

size_t listen_polls(const struct listen *listener, struct pollfd *polls)
{
    polls[0] = (struct pollfd){.fd = listener->socket, .events = POLLIN};
    for (size_t i = 0; i < listener->count; i++)
        polls[i + 1] = (struct pollfd){
            .fd = listener->clients[i].socket,
            .events = listener->clients[i].answer ? POLLOUT : POLLIN};
    return listener->count + 1;
}

static bool serve_client(const struct listen *listener, struct client *client,
                         short events)
{
    if (clock_monotonic_us() - client->since_us > PATIENCE_US)
        return false;
    if (events == 0)
        return true;
    return client->answer ? send_answer(client)
                          : take_bytes(listener, client);
}

void listen_serve(struct listen *listener, const struct pollfd *polls,
                  size_t count)
{
    /* From the last to the first: who is dropped moves those behind it. */
    for (size_t i = count - 1; i > 0; i--)
        if (!serve_client(listener, &listener->clients[i - 1],
                          polls[i].revents))
            drop_client(listener, i - 1);
    if (polls[0].revents)
        take_clients(listener);
}
