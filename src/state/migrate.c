/* Whose file it is, and its tables brought up to date: one transaction a
 * step, so that a kill leaves a version that the next start knows. */

#include "state/migrations.h"

#include "base/failpoint.h"
#include "base/memory.h"
#include "state/state_store.h"

#define NEWEST ((int64_t)ARRAY_COUNT(migrations))

static enum status is_foreign(const struct state *state, struct error *error)
{
    error_set(error, ERROR_STATE_FOREIGN,
              "file \"%s\" is a database of another program", state->path);
    error_effect(error, "It was not touched.");
    return error->status;
}

static enum status is_newer(const struct state *state, int64_t version,
                            struct error *error)
{
    error_set(error, ERROR_STATE_NEWER,
              "cannot use state \"%s\": it has version %lld, this build knows "
              "up to %lld",
              state->path, (long long)version, (long long)NEWEST);
    error_effect(error, "It was not touched.");
    return error->status;
}

enum status state_recognize(struct state *state, bool *is_fresh,
                            struct error *error)
{
    int64_t id = 0;
    int64_t version = 0;
    int64_t content = 0;
    enum status status;

    status = store_number(state, STATEMENT_APPLICATION_ID, &id, error);
    if (status == STATUS_OK)
        status = store_number(state, STATEMENT_USER_VERSION, &version, error);
    if (status == STATUS_OK)
        status = store_number(state, STATEMENT_ANY_CONTENT, &content, error);
    if (status != STATUS_OK)
        return status;
    *is_fresh = id == 0 && version == 0 && content == 0;
    if (*is_fresh)
        return STATUS_OK;
    if (id != STATE_APPLICATION_ID || version < 1)
        return is_foreign(state, error);
    if (version > NEWEST)
        return is_newer(state, version, error);
    return STATUS_OK;
}

static enum status execute(struct state *state, const char *text,
                           struct error *error)
{
    int result = sqlite3_exec(state->database, text, NULL, NULL, NULL);

    if (result == SQLITE_OK)
        return STATUS_OK;
    return store_fail(state->path, sqlite3_extended_errcode(state->database),
                      sqlite3_errmsg(state->database), error);
}

/* The step from `version`, within a transaction. */
static enum status take_step(struct state *state, int64_t version,
                             struct error *error)
{
    enum status status = STATUS_OK;
    char *mark;

    for (const char *const *text = migrations[version];
         *text != NULL && status == STATUS_OK; text++)
        status = execute(state, *text, error);
    if (status != STATUS_OK)
        return status;
    mark = memory_format("PRAGMA user_version = %lld",
                         (long long)version + 1);
    status = execute(state, mark, error);
    memory_free(mark);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.migrate", error);
    return STATUS_OK;
}

/* One step, if there is one: another process may have taken it meanwhile. */
static enum status next_step(struct state *state, bool *is_done,
                             struct error *error)
{
    int64_t version;
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = store_number(state, STATEMENT_USER_VERSION, &version, error);
    *is_done = status == STATUS_OK && version >= NEWEST;
    if (status == STATUS_OK && !*is_done)
        status = take_step(state, version, error);
    return store_end(state, status, error);
}

enum status state_migrate(struct state *state, struct error *error)
{
    int64_t version;
    enum status status;
    bool is_done;

    status = store_number(state, STATEMENT_USER_VERSION, &version, error);
    is_done = version == NEWEST;
    if (status == STATUS_OK && !is_done && state->access == STATE_READ)
        return error_set(error, ERROR_STATE_OPEN,
                         "cannot read state \"%s\": an older version wrote "
                         "it, the next run brings it up to date",
                         state->path);
    while (status == STATUS_OK && !is_done)
        status = next_step(state, &is_done, error);
    return status;
}
