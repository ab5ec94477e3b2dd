/* Where a state may lie. SQLite's locks and its shared memory need a local
 * file system, and a file with two names would have two logs. */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "state/state_store.h"

/* linux/magic.h, and for those that it lacks the file system's own source. */
static const uint64_t network_types[] = {
    0x6969,     /* NFS */
    0x517b,     /* SMB */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB 2 */
    0x564c,     /* NCP */
    0x5346414f, /* AFS */
    0x6b414653, /* AFS of the kernel */
    0x73757245, /* Coda */
    0x00c36400, /* Ceph */
    0x0bd00bd0, /* Lustre */
};

bool place_is_network(uint64_t type)
{
    for (size_t i = 0; i < ARRAY_COUNT(network_types); i++) {
        if (type == network_types[i])
            return true;
    }
    return false;
}

bool place_is_full(int reason)
{
    return reason == ENOSPC || reason == EDQUOT;
}

/* The folder of `path`, "." where it names none; the caller frees it. */
static char *folder_of(const char *path)
{
    char *copy = memory_text(path);
    char *folder = memory_text(dirname(copy));

    memory_free(copy);
    return folder;
}

bool place_has_no_file(const char *path)
{
    char *folder = folder_of(path);
    struct statfs facts;
    bool is_known = statfs(folder, &facts) == 0;

    memory_free(folder);
    /* Some file systems count no files: they say 0 of 0. */
    return is_known && (facts.f_bavail == 0 ||
                        (facts.f_files > 0 && facts.f_ffree == 0));
}

/* One folder and no more: a path with a typing error must not grow a tree, in
 * which an empty state would begin. */
enum status place_make_folder(const char *path, struct error *error)
{
    char *folder = folder_of(path);
    enum status status = STATUS_OK;
    struct stat facts;

    if (stat(folder, &facts) != 0 && mkdir(folder, 0700) != 0 &&
        errno != EEXIST) {
        status = error_set(error, ERROR_STATE_OPEN,
                           "could not make folder \"%s\" of state \"%s\": %s",
                           folder, path, strerror(errno));
        if (errno == ENOENT)
            error_next(error, "mkdir -p %s, or name another place by state: "
                       "or --state", folder);
    }
    memory_free(folder);
    return status;
}

static enum status check_network(const char *path, struct error *error)
{
    char *folder = folder_of(path);
    enum status status = STATUS_OK;
    struct statfs facts;

    /* The sign of f_type differs between machines: 32 bits tell. */
    if (statfs(folder, &facts) == 0 &&
        place_is_network((uint32_t)facts.f_type)) {
        error_set(error, ERROR_STATE_OPEN,
                  "cannot keep state \"%s\" on a network file system", path);
        error_next(error, "Name a file on a local disk with --state.");
        status = error->status;
    }
    memory_free(folder);
    return status;
}

enum status place_check(const char *path, bool *exists, struct error *error)
{
    struct stat facts;

    *exists = lstat(path, &facts) == 0;
    if (!*exists && errno != ENOENT)
        return error_set(error, ERROR_STATE_OPEN,
                         "could not open state \"%s\": %s", path,
                         strerror(errno));
    if (*exists && S_ISLNK(facts.st_mode))
        return error_set(error, ERROR_STATE_OPEN,
                         "cannot use state \"%s\": it is a symbolic link",
                         path);
    if (*exists && !S_ISREG(facts.st_mode))
        return error_set(error, ERROR_STATE_OPEN,
                         "cannot use state \"%s\": it is no plain file",
                         path);
    if (*exists && facts.st_nlink > 1)
        return error_set(error, ERROR_STATE_OPEN,
                         "cannot use state \"%s\": it has a second name (a "
                         "hard link)",
                         path);
    return check_network(path, error);
}

enum status place_make_file(const char *path, struct error *error)
{
    /* Closed before SQLite opens it: a later close would drop its locks. */
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);

    if (file >= 0)
        close(file);
    else if (place_is_full(errno))
        return store_fail(path, SQLITE_FULL, strerror(errno), error);
    else if (errno != EEXIST)
        return error_set(error, ERROR_STATE_OPEN,
                         "could not make state \"%s\": %s", path,
                         strerror(errno));
    return STATUS_OK;
}
