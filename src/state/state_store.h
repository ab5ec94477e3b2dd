#ifndef TIDEMARK_STATE_STATE_STORE_H
#define TIDEMARK_STATE_STATE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "state/state.h"
#include "state/statements.h"

/*
 * SQLite as the state sees it: statements by name, errors as ERROR_STATE_*,
 * transactions that end in one place.
 */
enum statement {
#define X(name, text) STATEMENT_##name,
    STATEMENT_LIST(X)
#undef X
    STATEMENT_COUNT
};

struct state {
    sqlite3 *database;
    char *path; /* as it was given */
    enum state_access access;
    bool is_reading; /* between state_reading_take and keep or drop */
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use */
};

/* --- queries ------------------------------------------------------------- */

/*
 * One use of a statement. Failures stick: bind and step what is needed, then
 * ask query_end, which must be called once for each query_begin.
 *
 *     query_begin(&query, state, STATEMENT_X);
 *     query_text(&query, 1, name);
 *     while (query_row(&query))
 *         ... query_get_integer(&query, 0) ...
 *     return query_end(&query, error);
 */
struct query {
    struct state *state;
    sqlite3_stmt *statement;
    int result; /* of SQLite; SQLITE_OK so far */
};

void query_begin(struct query *query, struct state *state,
                 enum statement name);
/* Parameters count from 1. `text` NULL is NULL; borrowed until query_end. */
void query_text(struct query *query, int parameter, const char *text);
void query_integer(struct query *query, int parameter, int64_t value);
/* Keeps the bits. */
void query_unsigned(struct query *query, int parameter, uint64_t value);
/* True while there is a row. */
bool query_row(struct query *query);
/* Columns count from 0. The caller frees the copy; NULL is NULL. */
char *query_get_text(struct query *query, int column);
/* Into a field of `size` bytes, "" for NULL. */
void query_get_field(struct query *query, int column, char *target,
                     size_t size);
int64_t query_get_integer(struct query *query, int column);
uint64_t query_get_unsigned(struct query *query, int column);
enum status query_end(struct query *query, struct error *error) MUST_CHECK;

/* A statement without parameters, its rows passed over. */
enum status store_run(struct state *state, enum statement name,
                      struct error *error) MUST_CHECK;
/* One that yields one integer; 0 where there is no row. */
enum status store_number(struct state *state, enum statement name,
                         int64_t *value, struct error *error) MUST_CHECK;

/* --- problems in tables -------------------------------------------------- */

/* Five columns: id, status, what, effect, next. */
#define PROBLEM_COLUMNS 5
void query_problem(struct query *query, int parameter,
                   const struct error *problem);
void query_get_problem(struct query *query, int column,
                       struct error *problem);

/* --- transactions -------------------------------------------------------- */

/* Takes the write lock; waits for it up to 30 s. */
enum status store_begin(struct state *state, struct error *error) MUST_CHECK;
/* Commits when `status` is STATUS_OK, else rolls back and leaves `error` as
 * it is. The status of both. */
enum status store_end(struct state *state, enum status status,
                      struct error *error) MUST_CHECK;
/* STATUS_OK where `fence` is the stream's; else ERROR_STATE_FENCED. Only good
 * inside a transaction. */
enum status store_check_fence(struct state *state, const char *stream,
                              uint64_t fence, struct error *error)
    MUST_CHECK;
enum status store_fenced(const char *stream, uint64_t fence,
                         struct error *error) MUST_CHECK;

/* --- failures ------------------------------------------------------------ */

/* What an extended result code of SQLite means. */
enum status store_fail(const char *path, int result, const char *message,
                       struct error *error) MUST_CHECK;

/* --- opening ------------------------------------------------------------- */

/* Makes the tables or brings them up to date. */
enum status state_migrate(struct state *state, struct error *error)
    MUST_CHECK;
/* Whose file it is and how new; `is_fresh` where it has no tables yet. */
enum status state_recognize(struct state *state, bool *is_fresh,
                            struct error *error) MUST_CHECK;

/* Makes the folder of `path`, mode 0700; the one above must be there. */
enum status place_make_folder(const char *path, struct error *error)
    MUST_CHECK;
/* Refuses what is no plain file with one name on a local file system;
 * *exists tells whether it is there. */
enum status place_check(const char *path, bool *exists, struct error *error)
    MUST_CHECK;
/* An empty file of mode 0600. */
enum status place_make_file(const char *path, struct error *error) MUST_CHECK;
/* Does this errno say that a new file found no space? Then it is as good as a
 * write that failed: somebody makes space, nothing is wrong with the place. */
bool place_is_full(int reason);
/* Does the disk of `path` hold no further file at all? */
bool place_has_no_file(const char *path);
/* `type` as statfs(2) reports it. */
bool place_is_network(uint64_t type);

/* True where the process that holds the lock found that the one before had
 * not ended cleanly, and nobody has checked the state since. */
bool lock_wants_check(const char *path);
/* It was checked. */
void lock_note_check(const char *path);

#endif
