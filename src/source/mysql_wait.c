/*
 * Waiting for the next bytes of a connection that the library reads. What must
 * stay true: bytes that it has taken off the socket and not given out are
 * seen, for no poll tells of them.
 */
#include "source/mysql_wait.h"

#include <poll.h>
#include <stdint.h>
#include <string.h>

/* As the headers of the library need it, which were not made to be read one
 * by one. */
typedef unsigned char uchar;
#define HAVE_TLS
#include <ma_pvio.h>
#include <openssl/ssl.h>

#include "base/stop.h"

/* Of a library with other TLS than ours nothing is known. */
static bool is_openssl(MYSQL *link)
{
    const char *name = NULL;

    return mariadb_get_infov(link, MARIADB_TLS_LIBRARY, &name) == 0 && name &&
           strncmp(name, "OpenSSL", strlen("OpenSSL")) == 0;
}

static bool has_bytes(MYSQL *link)
{
    const MARIADB_PVIO *pvio = link->net.pvio;

    if (!pvio)
        return false;
    if (pvio->cache && pvio->cache + pvio->cache_size > pvio->cache_pos)
        return true;
    return pvio->ctls &&
           (!is_openssl(link) || SSL_has_pending(pvio->ctls->ssl));
}

bool mysql_wait(MYSQL *link, int milliseconds)
{
    struct pollfd watched[2] = {
        {.fd = mysql_get_socket(link), .events = POLLIN},
        {.fd = stop_descriptor(), .events = POLLIN}};

    return has_bytes(link) || (poll(watched, 2, milliseconds) > 0 &&
                               watched[0].revents != 0);
}
