/*
 * Folders below the root. What must stay true: no link is followed there, so
 * that nobody who may write into the root can lead us elsewhere; a folder that
 * was made is on the disk before anything rests on it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "files.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static enum error_id id_of(int reason)
{
    switch (reason) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERROR_WAREHOUSE_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERROR_WAREHOUSE_GRANT;
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
        return ERROR_WAREHOUSE_TABLE;
    default:
        return ERROR_WAREHOUSE_REACH;
    }
}

enum status files_fail(struct error *error, const char *doing,
                       const char *path)
{
    int reason = errno;
    enum error_id id = id_of(reason);
    const char *could = status_is_retryable(error_id_status(id)) ? "could not"
                                                                 : "cannot";
    (void)error_set(error, id, "%s %s \"%s\": %s", could, doing, path,
                    strerror(reason));
    if (id == ERROR_WAREHOUSE_GRANT)
        error_next(error, "Let the user that runs tidemark write there.");
    return error->status;
}

/* Makes the root; its parent must be there, lest an unmounted place is taken
 * for it. */
static enum status make_root(const char *root, struct error *error)
{
    char *parent = memory_format("%s/..", root);
    enum status status = STATUS_OK;
    int folder = -1;
    if (mkdir(root, 0700) != 0 && errno != EEXIST)
        status = files_fail(error, "make", root);
    else
        folder = open(parent, FOLDER_FLAGS);
    if (status == STATUS_OK && (folder < 0 || fsync(folder) != 0))
        status = files_fail(error, "keep", root);
    if (folder >= 0)
        (void)close(folder);
    memory_free(parent);
    return status;
}

enum status files_folder_enter(int directory, const char *name, bool makes,
                               int *entered, struct error *error)
{
    if (makes && mkdirat(directory, name, 0700) == 0) {
        if (fsync(directory) != 0)
            return files_fail(error, "keep", name);
    } else if (makes && errno != EEXIST) {
        return files_fail(error, "make", name);
    }
    *entered = openat(directory, name, FOLDER_FLAGS | O_NOFOLLOW);
    if (*entered < 0 && (makes || errno != ENOENT))
        return files_fail(error, "open", name);
    return STATUS_OK;
}

enum status files_folder_open(const struct files *files, const char *folder,
                              bool makes, int *directory, struct error *error)
{
    *directory = -1;
    int root = open(files->root, FOLDER_FLAGS);
    if (root < 0 && errno == ENOENT && makes) {
        enum status status = make_root(files->root, error);
        if (status != STATUS_OK)
            return status;
        root = open(files->root, FOLDER_FLAGS);
    }
    if (root < 0)
        return errno == ENOENT && !makes
                   ? STATUS_OK
                   : files_fail(error, "open", files->root);
    enum status status = files_folder_enter(root, folder, makes, directory,
                                            error);
    (void)close(root);
    return status;
}

enum status files_folder_each(int directory,
                              enum status (*take)(void *context,
                                                  const char *name,
                                                  struct error *error),
                              void *context, struct error *error)
{
    int again = openat(directory, ".", FOLDER_FLAGS);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    enum status status = STATUS_OK;
    if (!folder) {
        status = files_fail(error, "list", "a folder of the warehouse");
        if (again >= 0)
            (void)close(again);
        return status;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            break;
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            status = take(context, entry->d_name, error);
        if (status != STATUS_OK)
            break;
    }
    if (status == STATUS_OK && errno != 0)
        status = files_fail(error, "list", "a folder of the warehouse");
    (void)closedir(folder);
    return status;
}

static enum status remove_file(void *context, const char *name,
                               struct error *error)
{
    const int *directory = context;
    if (unlinkat(*directory, name, 0) != 0 && errno != ENOENT)
        return files_fail(error, "remove", name);
    return STATUS_OK;
}

enum status files_folder_remove(int directory, const char *name,
                                struct error *error)
{
    int folder = -1;
    enum status status = files_folder_enter(directory, name, false, &folder,
                                            error);
    if (status != STATUS_OK || folder < 0)
        return status;
    status = files_folder_each(folder, remove_file, &folder, error);
    (void)close(folder);
    if (status == STATUS_OK &&
        unlinkat(directory, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        status = files_fail(error, "remove", name);
    return status;
}
