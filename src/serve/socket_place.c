/* Addresses of sockets in the file system, long paths included. */

#include "socket_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static bool set_path(struct socket_place *place, const char *path)
{
    size_t length = strlen(path);

    if (length >= sizeof(place->address.sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memset(&place->address, 0, sizeof(place->address));
    place->address.sun_family = AF_UNIX;
    memcpy(place->address.sun_path, path, length);
    place->address_bytes =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return true;
}

static bool set_by_folder(struct socket_place *place, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_text_part(path, (size_t)(slash - path) + 1)
                         : memory_text(".");
    char *name;
    bool is_set;

    place->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    memory_free(folder);
    if (place->folder < 0)
        return false;
    name = memory_format("/proc/self/fd/%d/%s", place->folder,
                         slash ? slash + 1 : path);
    is_set = set_path(place, name);
    memory_free(name);
    return is_set;
}

bool socket_place_find(struct socket_place *place, const char *path)
{
    place->folder = -1;
    if (strlen(path) < sizeof(place->address.sun_path))
        return set_path(place, path);
    return set_by_folder(place, path);
}

void socket_place_release(struct socket_place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    place->folder = -1;
}
