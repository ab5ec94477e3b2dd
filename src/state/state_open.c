/* Opening the state. The order matters: whose file it is comes before the
 * first write into it, the check before anything rests on what it holds. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/state_disk.h"
#include "state/state_store.h"

#define BUSY_TIMEOUT_MS 30000

static enum status open_database(struct state *state, struct error *error)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (state->access == STATE_WRITE ? SQLITE_OPEN_READWRITE
                                              : SQLITE_OPEN_READONLY);
    char *absolute = realpath(state->path, NULL);
    int result;

    if (absolute == NULL)
        return store_fail(state->path, SQLITE_CANTOPEN,
                          "its path cannot be resolved", error);
    result = sqlite3_open_v2(absolute, &state->database, flags, state_disk());
    memory_free(absolute);
    if (result != SQLITE_OK)
        return store_fail(state->path, result, sqlite3_errstr(result), error);
    sqlite3_busy_timeout(state->database, BUSY_TIMEOUT_MS);
    sqlite3_db_config(state->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
                      NULL);
    sqlite3_db_config(state->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return STATUS_OK;
}

static enum status set_journal(struct state *state, struct error *error)
{
    char mode[16] = "";
    struct query query;
    enum status status;

    query_begin(&query, state, STATEMENT_JOURNAL_WAL);
    if (query_row(&query))
        query_get_field(&query, 0, mode, sizeof(mode));
    status = query_end(&query, error);
    if (status == STATUS_OK && !text_equal(mode, "wal"))
        status = error_set(error, ERROR_STATE_OPEN,
                           "cannot use state \"%s\": its file system allows "
                           "no write-ahead log",
                           state->path);
    return status;
}

static enum status check_content(struct state *state, struct error *error)
{
    char verdict[256] = "";
    struct query query;
    enum status status;

    if (!lock_wants_check(state->path))
        return STATUS_OK;
    query_begin(&query, state, STATEMENT_QUICK_CHECK);
    if (query_row(&query))
        query_get_field(&query, 0, verdict, sizeof(verdict));
    status = query_end(&query, error);
    if (status != STATUS_OK)
        return status;
    if (!text_equal(verdict, "ok"))
        return store_fail(state->path, SQLITE_CORRUPT, verdict, error);
    lock_note_check(state->path);
    return STATUS_OK;
}

static enum status prepare_writer(struct state *state, struct error *error)
{
    enum status status = set_journal(state, error);

    if (status == STATUS_OK)
        status = store_run(state, STATEMENT_SYNCHRONOUS_FULL, error);
    if (status == STATUS_OK)
        status = store_run(state, STATEMENT_FOREIGN_KEYS, error);
    if (status == STATUS_OK)
        status = check_content(state, error);
    if (status == STATUS_OK)
        status = state_migrate(state, error);
    return status;
}

static enum status prepare(struct state *state, bool *is_fresh,
                           struct error *error)
{
    enum status status = open_database(state, error);

    if (status == STATUS_OK)
        status = store_run(state, STATEMENT_CELL_CHECK, error);
    if (status == STATUS_OK)
        status = state_recognize(state, is_fresh, error);
    if (status != STATUS_OK)
        return status;
    if (state->access == STATE_WRITE)
        return prepare_writer(state, error);
    return *is_fresh ? STATUS_OK : state_migrate(state, error);
}

/* The file as far as the file system goes; *exists as it is afterwards. */
static enum status prepare_place(const char *path, enum state_access access,
                                 bool *exists, struct error *error)
{
    enum status status = STATUS_OK;

    if (access == STATE_WRITE)
        status = place_make_folder(path, error);
    if (status == STATUS_OK)
        status = place_check(path, exists, error);
    if (status == STATUS_OK && access == STATE_WRITE && !*exists) {
        status = place_make_file(path, error);
        *exists = true;
    }
    return status;
}

enum status state_open(const char *path, enum state_access access,
                       struct state **state, struct error *error)
{
    struct state *opened;
    bool is_fresh = false;
    bool exists = false;
    enum status status = prepare_place(path, access, &exists, error);

    *state = NULL;
    if (status != STATUS_OK || !exists)
        return status;
    FAILPOINT("state.open", error);
    opened = memory_new(1, sizeof(*opened));
    opened->path = memory_text(path);
    opened->access = access;
    status = prepare(opened, &is_fresh, error);
    if (status != STATUS_OK || (is_fresh && access == STATE_READ)) {
        state_close(opened);
        return status;
    }
    *state = opened;
    return STATUS_OK;
}

void state_close(struct state *state)
{
    if (state == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(state->statements[i]);
    sqlite3_close(state->database);
    memory_free(state->path);
    memory_free(state);
}

const char *state_path(const struct state *state)
{
    return state->path;
}
