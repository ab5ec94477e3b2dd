/* A disk that fails on demand, in test builds only. SQLite's own VFS does the
 * work: every file of ours carries one of its files behind it. */

#include "state/state_disk.h"

#include "base/failpoint.h"

#ifdef TIDEMARK_FAILPOINTS

#include <pthread.h>
#include <sqlite3.h>

#define NAME "tidemark"

/* What SQLite gave us room for; its own file stands right behind. */
struct disk_file {
    sqlite3_file file;
    sqlite3_file *own;
};

static sqlite3_vfs *own_disk;

static sqlite3_file *own_of(sqlite3_file *file)
{
    return ((struct disk_file *)(void *)file)->own;
}

/* --- the points ---------------------------------------------------------- */

static enum status reach_write(struct error *error)
{
    FAILPOINT("state.disk.write", error);
    return STATUS_OK;
}

static enum status reach_map(struct error *error)
{
    FAILPOINT("state.disk.map", error);
    return STATUS_OK;
}

static enum status reach_sync(struct error *error)
{
    FAILPOINT("state.disk.sync", error);
    return STATUS_OK;
}

static enum status reach_truncate(struct error *error)
{
    FAILPOINT("state.disk.truncate", error);
    return STATUS_OK;
}

/* --- what may fail ------------------------------------------------------- */

static int disk_write(sqlite3_file *file, const void *bytes, int count,
                      sqlite3_int64 offset)
{
    sqlite3_file *own = own_of(file);
    struct error error;
    bool is_failing = reach_write(&error) != STATUS_OK;

    if (!is_failing && !failpoint_is_disk_full())
        return own->pMethods->xWrite(own, bytes, count, offset);
    own->pMethods->xWrite(own, bytes, count / 2, offset);
    return is_failing ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

static int disk_map(sqlite3_file *file, int page, int size, int may_grow,
                    void volatile **target)
{
    sqlite3_file *own = own_of(file);
    struct error error;

    if (may_grow && (reach_map(&error) != STATUS_OK ||
                     failpoint_is_disk_full()))
        return SQLITE_IOERR_SHMSIZE;
    return own->pMethods->xShmMap(own, page, size, may_grow, target);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    sqlite3_file *own = own_of(file);
    struct error error;

    if (reach_sync(&error) != STATUS_OK)
        return SQLITE_IOERR_FSYNC;
    return own->pMethods->xSync(own, flags);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *own = own_of(file);
    struct error error;

    if (reach_truncate(&error) != STATUS_OK)
        return SQLITE_IOERR_TRUNCATE;
    return own->pMethods->xTruncate(own, size);
}

/* --- what is passed on --------------------------------------------------- */

static int disk_close(sqlite3_file *file)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xClose(own);
}

static int disk_read(sqlite3_file *file, void *bytes, int count,
                     sqlite3_int64 offset)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xRead(own, bytes, count, offset);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xFileSize(own, size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xLock(own, level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xUnlock(own, level);
}

static int disk_check_lock(sqlite3_file *file, int *is_reserved)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xCheckReservedLock(own, is_reserved);
}

static int disk_control(sqlite3_file *file, int what, void *argument)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xFileControl(own, what, argument);
}

static int disk_sector(sqlite3_file *file)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xSectorSize(own);
}

static int disk_traits(sqlite3_file *file)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xDeviceCharacteristics(own);
}

static int disk_shared_lock(sqlite3_file *file, int offset, int count,
                            int flags)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xShmLock(own, offset, count, flags);
}

static void disk_barrier(sqlite3_file *file)
{
    sqlite3_file *own = own_of(file);

    own->pMethods->xShmBarrier(own);
}

static int disk_unmap(sqlite3_file *file, int is_deleted)
{
    sqlite3_file *own = own_of(file);

    return own->pMethods->xShmUnmap(own, is_deleted);
}

/* Version 2: with shared memory, without files mapped into memory, whose
 * writes nobody would see. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_lock,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_map,
    .xShmLock = disk_shared_lock,
    .xShmBarrier = disk_barrier,
    .xShmUnmap = disk_unmap,
};

/* --- the disk ------------------------------------------------------------ */

static int disk_open(sqlite3_vfs *disk, const char *path, sqlite3_file *file,
                     int flags, int *flags_had)
{
    struct disk_file *opened = (void *)file;
    int result;

    (void)disk;
    opened->own = (void *)(opened + 1);
    result = own_disk->xOpen(own_disk, path, opened->own, flags, flags_had);
    file->pMethods = opened->own->pMethods == NULL ? NULL : &methods;
    return result;
}

static void make(void)
{
    static sqlite3_vfs disk;

    own_disk = sqlite3_vfs_find(NULL);
    disk = *own_disk;
    disk.pNext = NULL;
    disk.zName = NAME;
    disk.szOsFile += (int)sizeof(struct disk_file);
    disk.xOpen = disk_open;
    sqlite3_vfs_register(&disk, 0);
}

const char *state_disk(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make);
    return NAME;
}

#endif
