/* SQLite for the rest of this folder. What must stay true: a statement is
 * reset before anything else is done with it (an open cursor would hold a
 * snapshot), and every failure of SQLite becomes an error here and only here.
 */

#include "state/state_store.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const char *const texts[STATEMENT_COUNT] = {
#define X(name, text) [STATEMENT_##name] = text,
    STATEMENT_LIST(X)
#undef X
};

void query_begin(struct query *query, struct state *state,
                 enum statement name)
{
    *query = (struct query){.state = state, .result = SQLITE_OK};
    if (state->statements[name] == NULL)
        query->result = sqlite3_prepare_v3(
            state->database, texts[name], -1, SQLITE_PREPARE_PERSISTENT,
            &state->statements[name], NULL);
    query->statement = state->statements[name];
}

/* The first failure is the one that is told. */
static void note(struct query *query, int result)
{
    if (query->result == SQLITE_OK)
        query->result = result;
}

void query_text(struct query *query, int parameter, const char *text)
{
    if (query->result == SQLITE_OK)
        note(query, sqlite3_bind_text(query->statement, parameter, text, -1,
                                      SQLITE_STATIC));
}

void query_integer(struct query *query, int parameter, int64_t value)
{
    if (query->result == SQLITE_OK)
        note(query, sqlite3_bind_int64(query->statement, parameter, value));
}

void query_unsigned(struct query *query, int parameter, uint64_t value)
{
    int64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    query_integer(query, parameter, bits);
}

bool query_row(struct query *query)
{
    int result;

    if (query->result != SQLITE_OK)
        return false;
    result = sqlite3_step(query->statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        note(query, result);
    return result == SQLITE_ROW;
}

char *query_get_text(struct query *query, int column)
{
    return memory_text(
        (const char *)sqlite3_column_text(query->statement, column));
}

void query_get_field(struct query *query, int column, char *target,
                     size_t size)
{
    const unsigned char *text = sqlite3_column_text(query->statement, column);

    text_copy(target, size, text == NULL ? "" : (const char *)text);
}

int64_t query_get_integer(struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

uint64_t query_get_unsigned(struct query *query, int column)
{
    int64_t bits = query_get_integer(query, column);
    uint64_t value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* To SQLite a file without space to be made is one that may not be made, and
 * the reason is forgotten by then. */
static enum status fail(const struct state *state, int result,
                        struct error *error)
{
    const char *message = sqlite3_errmsg(state->database);

    if ((result & 0xff) == SQLITE_CANTOPEN && place_has_no_file(state->path)) {
        result = SQLITE_FULL;
        message = sqlite3_errstr(SQLITE_FULL);
    }
    return store_fail(state->path, result, message, error);
}

enum status query_end(struct query *query, struct error *error)
{
    struct state *state = query->state;
    enum status status = STATUS_OK;

    if (query->result != SQLITE_OK)
        status = fail(state, query->result, error);
    if (query->statement != NULL) {
        sqlite3_reset(query->statement);
        sqlite3_clear_bindings(query->statement);
    }
    return status;
}

enum status store_run(struct state *state, enum statement name,
                      struct error *error)
{
    struct query query;

    query_begin(&query, state, name);
    while (query_row(&query))
        continue;
    return query_end(&query, error);
}

enum status store_number(struct state *state, enum statement name,
                         int64_t *value, struct error *error)
{
    struct query query;

    *value = 0;
    query_begin(&query, state, name);
    if (query_row(&query))
        *value = query_get_integer(&query, 0);
    return query_end(&query, error);
}

void query_problem(struct query *query, int parameter,
                   const struct error *problem)
{
    query_text(query, parameter, error_id_text(problem->id));
    query_text(query, parameter + 1, status_name(problem->status));
    query_text(query, parameter + 2, problem->what);
    query_text(query, parameter + 3, problem->effect);
    query_text(query, parameter + 4, problem->next);
}

void query_get_problem(struct query *query, int column,
                       struct error *problem)
{
    char id[16];
    char status[16];

    error_clear(problem);
    query_get_field(query, column, id, sizeof(id));
    if (id[0] == '\0')
        return;
    query_get_field(query, column + 1, status, sizeof(status));
    problem->id = error_id_find(id);
    problem->status = error_id_status(problem->id);
    for (int i = 0; i < STATUS_COUNT; i++) {
        if (text_equal(status, status_name((enum status)i)))
            problem->status = (enum status)i;
    }
    query_get_field(query, column + 2, problem->what, sizeof(problem->what));
    query_get_field(query, column + 3, problem->effect,
                    sizeof(problem->effect));
    query_get_field(query, column + 4, problem->next, sizeof(problem->next));
}

enum status store_begin(struct state *state, struct error *error)
{
    return store_run(state, STATEMENT_BEGIN, error);
}

enum status store_end(struct state *state, enum status status,
                      struct error *error)
{
    if (status == STATUS_OK)
        status = store_run(state, STATEMENT_COMMIT, error);
    /* Its own failure tells nothing new: the transaction is gone then. */
    if (status != STATUS_OK && !sqlite3_get_autocommit(state->database))
        sqlite3_exec(state->database, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum status store_fenced(const char *stream, uint64_t fence,
                         struct error *error)
{
    error_set(error, ERROR_STATE_FENCED,
              "stream %s was taken by another process since fence %llu",
              stream, (unsigned long long)fence);
    error_effect(error, "Nothing was saved; the other process goes on.");
    return error->status;
}

enum status store_check_fence(struct state *state, const char *stream,
                              uint64_t fence, struct error *error)
{
    struct query query;
    enum status status;
    bool holds;

    query_begin(&query, state, STATEMENT_FENCE_HOLDS);
    query_text(&query, 1, stream);
    query_unsigned(&query, 2, fence);
    holds = query_row(&query);
    status = query_end(&query, error);
    if (status == STATUS_OK && !holds)
        status = store_fenced(stream, fence, error);
    return status;
}
