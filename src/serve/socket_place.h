#ifndef TIDEMARK_SERVE_SOCKET_PLACE_H
#define TIDEMARK_SERVE_SOCKET_PLACE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * The address of a socket of the file system. A path that is longer than an
 * address takes (108 bytes) is reached through its folder.
 */
struct socket_place {
    struct sockaddr_un address;
    socklen_t address_bytes;
    int folder; /* held open while the address is used; -1: none */
};

/* False, with errno, where there is no such folder. */
bool socket_place_find(struct socket_place *place, const char *path);
void socket_place_release(struct socket_place *place);

#endif
