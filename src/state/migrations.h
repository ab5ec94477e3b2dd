#ifndef TIDEMARK_STATE_MIGRATIONS_H
#define TIDEMARK_STATE_MIGRATIONS_H

/*
 * The tables of the state, step by step. A step that was released never
 * changes: the next one is appended to MIGRATIONS. Each list ends in NULL and
 * runs in one transaction, at whose end user_version is its number from 1.
 *
 * Times are microseconds since 1970 UTC, 0 is never; the views show them as
 * text. Numbers of 64 bits without sign keep their bits.
 */

/* What file(1) and we know the file by: "TMrk". */
#define STATE_APPLICATION_ID 1414361707

#define STATE_TIME(column)                                    \
    "iif(" column " = 0, NULL, strftime('%Y-%m-%dT%H:%M:%fZ', " \
    column " / 1000000.0, 'unixepoch'))"

static const char *const migration_1[] = {
    "PRAGMA application_id = 1414361707",

    "CREATE TABLE sources ("
    " name TEXT NOT NULL PRIMARY KEY,"
    " identity TEXT NOT NULL DEFAULT '',"
    " epoch INTEGER NOT NULL DEFAULT 1,"
    " readings INTEGER NOT NULL DEFAULT 0,"
    " scan_clock INTEGER NOT NULL DEFAULT 0,"
    " scans INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID",

    /* The fence never falls: a row stays when its stream is forgotten. */
    "CREATE TABLE streams ("
    " name TEXT NOT NULL PRIMARY KEY,"
    " checkpoint TEXT,"
    " fence INTEGER NOT NULL DEFAULT 0,"
    " owner TEXT NOT NULL DEFAULT '',"
    " until_us INTEGER NOT NULL DEFAULT 0,"
    " rows_done INTEGER NOT NULL DEFAULT 0,"
    " rows_expected INTEGER NOT NULL DEFAULT 0,"
    " saved_us INTEGER NOT NULL DEFAULT 0,"
    " ledger TEXT"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE pendings ("
    " stream TEXT NOT NULL,"
    " delivery INTEGER NOT NULL,"
    " handle TEXT NOT NULL,"
    " resume_from TEXT NOT NULL,"
    " rows INTEGER NOT NULL,"
    " PRIMARY KEY (stream, delivery)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE tables ("
    " source TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " target TEXT,"
    " life TEXT NOT NULL,"
    " mode TEXT,"
    " is_guessed INTEGER NOT NULL,"
    " mark TEXT,"
    " mark_us INTEGER NOT NULL,"
    " confirmed_us INTEGER NOT NULL,"
    " success_us INTEGER NOT NULL,"
    " null_cursors INTEGER NOT NULL,"
    " future_cursors INTEGER NOT NULL,"
    " strays_us INTEGER NOT NULL,"
    " rows_confirmed INTEGER NOT NULL,"
    " run INTEGER NOT NULL,"
    " problem_id TEXT NOT NULL,"
    " problem_status TEXT NOT NULL,"
    " problem TEXT NOT NULL,"
    " problem_effect TEXT NOT NULL,"
    " problem_next TEXT NOT NULL,"
    " shape TEXT,"
    " layout TEXT,"
    " PRIMARY KEY (source, name)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE seeds ("
    " source TEXT NOT NULL,"
    " table_name TEXT NOT NULL,"
    " column_name TEXT NOT NULL,"
    " seed_name TEXT NOT NULL,"
    " PRIMARY KEY (source, table_name, column_name)"
    ") STRICT, WITHOUT ROWID",

    /* key_hash has its top bit turned, so that it sorts as unsigned. */
    "CREATE TABLE overlaps ("
    " stream TEXT NOT NULL,"
    " key_hash INTEGER NOT NULL,"
    " digest INTEGER NOT NULL,"
    " PRIMARY KEY (stream, key_hash)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE requests ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " source TEXT NOT NULL,"
    " table_name TEXT NOT NULL,"
    " scope TEXT NOT NULL,"
    " visible TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " filed_us INTEGER NOT NULL,"
    " served_us INTEGER NOT NULL DEFAULT 0"
    ") STRICT",
    "CREATE UNIQUE INDEX requests_open ON requests"
    " (source, table_name, scope, visible, reason) WHERE served_us = 0",

    "CREATE TABLE gaps ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " source TEXT NOT NULL,"
    " table_name TEXT NOT NULL,"
    " kind TEXT NOT NULL,"
    " first_key TEXT NOT NULL,"
    " last_key TEXT NOT NULL,"
    " rows INTEGER NOT NULL,"
    " found_us INTEGER NOT NULL,"
    " closed_us INTEGER NOT NULL DEFAULT 0"
    ") STRICT",

    "CREATE TABLE runs ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " started_us INTEGER NOT NULL,"
    " ended_us INTEGER NOT NULL DEFAULT 0,"
    " started_by TEXT NOT NULL,"
    " command TEXT NOT NULL,"
    " outcome TEXT NOT NULL DEFAULT '',"
    " exit_code INTEGER NOT NULL DEFAULT 0,"
    " tables INTEGER NOT NULL DEFAULT 0,"
    " rows_read INTEGER NOT NULL DEFAULT 0,"
    " rows_confirmed INTEGER NOT NULL DEFAULT 0,"
    " bytes INTEGER NOT NULL DEFAULT 0,"
    " bad_rows INTEGER NOT NULL DEFAULT 0"
    ") STRICT",

    "CREATE TABLE run_tables ("
    " run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " mode TEXT,"
    " state TEXT,"
    " rows_read INTEGER NOT NULL,"
    " rows_confirmed INTEGER NOT NULL,"
    " inserts INTEGER NOT NULL,"
    " updates INTEGER NOT NULL,"
    " deletes INTEGER NOT NULL,"
    " bad INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " elapsed_ms INTEGER NOT NULL,"
    " problem_id TEXT NOT NULL,"
    " problem_status TEXT NOT NULL,"
    " problem TEXT NOT NULL,"
    " problem_effect TEXT NOT NULL,"
    " problem_next TEXT NOT NULL,"
    " PRIMARY KEY (run, name)"
    ") STRICT, WITHOUT ROWID",
    "CREATE INDEX run_tables_name ON run_tables (name, run)",

    "CREATE TABLE schemas ("
    " source TEXT NOT NULL,"
    " table_name TEXT NOT NULL,"
    " seen_us INTEGER NOT NULL,"
    " description TEXT NOT NULL,"
    " PRIMARY KEY (source, table_name, seen_us)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE standing_sums ("
    " stream TEXT NOT NULL,"
    " table_name TEXT NOT NULL,"
    " fence INTEGER NOT NULL,"
    " rows INTEGER NOT NULL,"
    " digest_sum INTEGER NOT NULL,"
    " proved_us INTEGER NOT NULL,"
    " PRIMARY KEY (stream, table_name)"
    ") STRICT, WITHOUT ROWID",

    "CREATE VIEW overview AS SELECT source, name, target, life, mode, mark, "
    STATE_TIME("confirmed_us") " AS confirmed, "
    STATE_TIME("success_us") " AS success, "
    "rows_confirmed, problem_id, problem FROM tables ORDER BY 1, 2",

    "CREATE VIEW overview_streams AS SELECT name, checkpoint, fence, owner, "
    STATE_TIME("saved_us") " AS saved, "
    STATE_TIME("until_us") " AS until, "
    "rows_done, rows_expected FROM streams ORDER BY 1",

    "CREATE VIEW overview_runs AS SELECT id, "
    STATE_TIME("started_us") " AS started, "
    STATE_TIME("ended_us") " AS ended, "
    "started_by, command, outcome, exit_code, tables, rows_read, "
    "rows_confirmed, bad_rows FROM runs ORDER BY 1",
    0,
};

/* What a person has paused; table_name "" is everything of the source. */
static const char *const migration_2[] = {
    "CREATE TABLE pauses ("
    " source TEXT NOT NULL,"
    " table_name TEXT NOT NULL,"
    " since_us INTEGER NOT NULL,"
    " PRIMARY KEY (source, table_name)"
    ") STRICT, WITHOUT ROWID",
    0,
};

/* What may be read of a source at most. */
static const char *const migration_3[] = {
    "CREATE TABLE throttles ("
    " source TEXT NOT NULL PRIMARY KEY,"
    " bytes_a_second INTEGER NOT NULL,"
    " since_us INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID",
    0,
};

static const char *const *const migrations[] = {migration_1, migration_2,
                                                migration_3};

#endif
