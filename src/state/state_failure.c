/* What SQLite's result codes mean for a person (sqlite.org/rescode.html). */

#include "base/text.h"
#include "state/state_store.h"

static enum status cannot_write(const char *path, int result,
                                const char *message, struct error *error)
{
    /* After a failed fsync nobody knows what is on the disk: the process must
     * end, and what a restart recovers is right. */
    bool is_sync = result == SQLITE_IOERR_FSYNC ||
                   result == SQLITE_IOERR_DIR_FSYNC;

    error_set_status(error, ERROR_STATE_WRITE,
                     is_sync ? STATUS_INTERNAL : STATUS_TEMPORARY,
                     "could not write state \"%s\": %s", path, message);
    error_effect(error, "The checkpoint stands where it stood.");
    return error->status;
}

static enum status cannot_open(const char *path, int result,
                               const char *message, struct error *error)
{
    return error_set(error, ERROR_STATE_OPEN,
                     "could not open state \"%s\": %s (%d)", path, message,
                     result);
}

static enum status is_damaged(const char *path, const char *message,
                              struct error *error)
{
    error_set(error, ERROR_STATE_DAMAGED, "state \"%s\" is damaged: %s", path,
              message);
    error_effect(error, "Nothing is lost in the warehouse.");
    error_next(error, "Move the file away with its -wal and -shm and start "
                      "again: a new state begins above all versions.");
    return error->status;
}

static enum status is_foreign(const char *path, struct error *error)
{
    error_set(error, ERROR_STATE_FOREIGN,
              "file \"%s\" is not a state: it has no header of SQLite", path);
    error_effect(error, "It was not touched.");
    return error->status;
}

static enum status is_busy(const char *path, struct error *error)
{
    /* The process's lock is another one: this is a thread beside us, or a
     * person with sqlite3. */
    return error_set_status(error, ERROR_STATE_BUSY, STATUS_TEMPORARY,
                            "could not use state \"%s\": somebody holds it "
                            "for more than 30 s", path);
}

enum status store_fail(const char *path, int result, const char *message,
                       struct error *error)
{
    if (result == SQLITE_IOERR_NOMEM)
        result = SQLITE_NOMEM;
    switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return cannot_write(path, result, message, error);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return cannot_open(path, result, message, error);
    case SQLITE_CORRUPT:
        return is_damaged(path, message, error);
    case SQLITE_NOTADB:
        return is_foreign(path, error);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return is_busy(path, error);
    case SQLITE_NOMEM:
        return error_set(error, ERROR_MEMORY, "memory is used up");
    default:
        return error_set(error, ERROR_DEFECT, "state \"%s\": %s (%d)", path,
                         message, result);
    }
}
