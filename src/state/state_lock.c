/* One process at a time. The lock is the flock, the text in the file is for
 * people: the holder's process id. It is emptied at a clean end, so that text
 * found under a free lock means that the holder died; the state is checked
 * then. The file is never removed: a lock on a removed file guards nothing. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/state_store.h"

#define LOCK_TEXT_BYTES 64
#define UNCHECKED " unchecked\n"

struct state_lock {
    int file;
};

/* What stands in the file, cut to what is ever written. */
static void read_text(int file, char *text)
{
    ssize_t length = pread(file, text, LOCK_TEXT_BYTES - 1, 0);

    text[length > 0 ? length : 0] = '\0';
}

static bool write_text(int file, const char *text)
{
    size_t length = strlen(text);

    return ftruncate(file, 0) == 0 &&
           pwrite(file, text, length, 0) == (ssize_t)length;
}

static bool write_holder(int file, const char *rest)
{
    char text[LOCK_TEXT_BYTES];

    snprintf(text, sizeof(text), "%ld%s", (long)getpid(), rest);
    return write_text(file, text);
}

/* A log of SQLite that is left over means the same as a holder's text, also
 * after a power cut that lost the text. */
static bool has_log(const char *path)
{
    char *log = memory_format("%s-wal", path);
    struct stat facts;
    bool has = stat(log, &facts) == 0 && facts.st_size > 0;

    memory_free(log);
    return has;
}

static enum status refuse(int file, const char *path, struct error *error)
{
    char holder[LOCK_TEXT_BYTES];

    if (errno != EWOULDBLOCK)
        return error_set(error, ERROR_STATE_OPEN,
                         "could not lock state \"%s\": %s", path,
                         strerror(errno));
    read_text(file, holder);
    holder[strcspn(holder, " \n")] = '\0';
    error_set(error, ERROR_STATE_BUSY, "state \"%s\" is in use by process %s",
              path, holder[0] == '\0' ? "(not known yet)" : holder);
    return error->status;
}

static enum status take(int file, const char *path, struct error *error)
{
    char holder[LOCK_TEXT_BYTES];
    struct stat facts;
    bool was_clean;

    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))
        return error_set(error, ERROR_STATE_OPEN,
                         "cannot lock state \"%s\": its lock is no file",
                         path);
    if (flock(file, LOCK_EX | LOCK_NB) != 0)
        return refuse(file, path, error);
    read_text(file, holder);
    was_clean = holder[0] == '\0' && !has_log(path);
    if (write_holder(file, was_clean ? "\n" : UNCHECKED))
        return STATUS_OK;
    return store_fail(path, SQLITE_FULL, strerror(errno), error);
}

enum status state_lock(const char *path, struct state_lock **lock,
                       struct error *error)
{
    enum status status = place_make_folder(path, error);
    char *name;
    int file;

    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.lock", error);
    name = memory_format("%s.lock", path);
    file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    memory_free(name);
    if (file < 0 && place_is_full(errno))
        return store_fail(path, SQLITE_FULL, strerror(errno), error);
    if (file < 0)
        return error_set(error, ERROR_STATE_OPEN,
                         "could not open the lock of state \"%s\": %s", path,
                         strerror(errno));
    status = take(file, path, error);
    if (status != STATUS_OK) {
        close(file);
        return status;
    }
    *lock = memory_new(1, sizeof(**lock));
    (*lock)->file = file;
    return STATUS_OK;
}

void state_unlock(struct state_lock *lock)
{
    char text[LOCK_TEXT_BYTES];

    if (lock == NULL)
        return;
    read_text(lock->file, text);
    /* Text that stays costs the next holder a check, no more. */
    if (!text_ends(text, UNCHECKED))
        write_text(lock->file, "");
    close(lock->file);
    memory_free(lock);
}

/* The lock's file where this process is its holder, else -1. */
static int open_own(const char *path, char *text)
{
    char *name = memory_format("%s.lock", path);
    char holder[LOCK_TEXT_BYTES];
    int file = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    memory_free(name);
    if (file < 0)
        return -1;
    read_text(file, text);
    snprintf(holder, sizeof(holder), "%ld%s", (long)getpid(), UNCHECKED);
    if (text_equal(text, holder))
        return file;
    close(file);
    return -1;
}

bool lock_wants_check(const char *path)
{
    char text[LOCK_TEXT_BYTES];
    int file = open_own(path, text);

    if (file >= 0)
        close(file);
    return file >= 0;
}

void lock_note_check(const char *path)
{
    char text[LOCK_TEXT_BYTES];
    int file = open_own(path, text);

    if (file < 0)
        return;
    /* Where it cannot be written the next open checks again. */
    write_holder(file, "\n");
    close(file);
}
