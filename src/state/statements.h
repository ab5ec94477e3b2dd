#ifndef TIDEMARK_STATE_STATEMENTS_H
#define TIDEMARK_STATE_STATEMENTS_H

/*
 * All SQL of the state but its tables, which stand in state/migrations.h.
 * Parameters are numbered; results are read by position.
 *
 *   X(name, text)
 */
#define STATEMENT_LIST(X)                                                     \
    X(BEGIN, "BEGIN IMMEDIATE")                                               \
    X(COMMIT, "COMMIT")                                                       \
    X(JOURNAL_WAL, "PRAGMA journal_mode = WAL")                               \
    X(SYNCHRONOUS_FULL, "PRAGMA synchronous = FULL")                          \
    X(FOREIGN_KEYS, "PRAGMA foreign_keys = ON")                               \
    X(CELL_CHECK, "PRAGMA cell_size_check = ON")                              \
    X(APPLICATION_ID, "PRAGMA application_id")                                \
    X(USER_VERSION, "PRAGMA user_version")                                    \
    X(ANY_CONTENT, "SELECT count(*) FROM sqlite_schema")                      \
    X(QUICK_CHECK, "PRAGMA quick_check(1)")                                   \
                                                                              \
    X(SOURCE_MAKE, "INSERT INTO sources (name) VALUES (?1) "                  \
        "ON CONFLICT DO NOTHING")                                             \
    X(SOURCE_READ, "SELECT identity, epoch, readings FROM sources "           \
        "WHERE name = ?1")                                                    \
    X(SOURCE_IDENTIFY, "INSERT INTO sources (name, identity) "                \
        "VALUES (?1, ?2) ON CONFLICT DO UPDATE SET identity = ?2")            \
    X(EPOCH_STEP, "UPDATE sources SET epoch = ?2, readings = 0, "             \
        "scan_clock = 0, scans = 0 "                                          \
        "WHERE name = ?1 AND epoch < ?2 RETURNING epoch")                     \
    X(SCAN_TAKE, "UPDATE sources SET scan_clock = ?2, "                       \
        "scans = iif(scan_clock = ?2, scans + 1, 1) "                         \
        "WHERE name = ?1 AND (scan_clock < ?2 OR "                            \
        "scan_clock = ?2 AND scans < ?3) RETURNING epoch, scans")             \
    X(READING_TAKE, "UPDATE sources SET readings = readings + 1 "             \
        "WHERE name = ?1 RETURNING epoch, readings")                          \
                                                                              \
    X(STREAM_READ, "SELECT checkpoint, fence, rows_done, rows_expected, "     \
        "saved_us, ledger FROM streams WHERE name = ?1")                      \
    X(LEASE_TAKE, "INSERT INTO streams (name, owner, until_us, fence) "       \
        "VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET owner = ?2, "       \
        "until_us = ?3, fence = fence + 1 RETURNING fence")                   \
    X(FENCE_HOLDS, "SELECT 1 FROM streams WHERE name = ?1 AND fence = ?2")    \
    X(STREAM_FORGET, "UPDATE streams SET checkpoint = NULL, rows_done = 0, "  \
        "rows_expected = 0, saved_us = 0 WHERE name = ?1")                    \
    X(STREAM_SAVE, "UPDATE streams SET checkpoint = ?3, "                     \
        "rows_done = rows_done + ?4, "                                        \
        "rows_expected = iif(?5 = 0, rows_expected, ?5), saved_us = ?6, "     \
        "until_us = ?7, ledger = ifnull(?8, ledger) "                         \
        "WHERE name = ?1 AND fence = ?2 RETURNING fence")                     \
                                                                              \
    X(PENDING_ADD, "INSERT INTO pendings (stream, delivery, handle, "         \
        "resume_from, rows) VALUES (?1, ?2, ?3, ?4, ?5)")                     \
    X(PENDING_LIST, "SELECT delivery, handle, resume_from, rows "             \
        "FROM pendings WHERE stream = ?1 ORDER BY delivery")                  \
    X(PENDING_STRIKE, "DELETE FROM pendings WHERE stream = ?1 "               \
        "AND delivery = ?2")                                                  \
    X(PENDING_STRIKE_FROM, "DELETE FROM pendings WHERE stream = ?1 "          \
        "AND delivery >= ?2")                                                 \
    X(REQUEST_ADD, "INSERT INTO requests (source, table_name, scope, "        \
        "visible, reason, filed_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "         \
        "ON CONFLICT DO NOTHING")                                             \
    X(REQUEST_LIST, "SELECT id, source, table_name, scope, visible, "         \
        "reason, filed_us FROM requests "                                     \
        "WHERE served_us = 0 AND source = ?1 "                                \
        "ORDER BY id LIMIT ?2")                                               \
    X(REQUEST_SERVED, "UPDATE requests SET served_us = ?2, "                  \
        "scope = iif(length(scope) > 200, substr(scope, 1, 200) || '..', "    \
        "scope) WHERE id = ?1")                                               \
    X(REQUEST_FORGET, "DELETE FROM requests WHERE served_us > 0 AND "         \
        "id <= ?1 - 1000")                                                    \
                                                                              \
    X(PAUSE_ADD, "INSERT INTO pauses (source, table_name, since_us) "         \
        "VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")                         \
    X(PAUSE_STRIKE, "DELETE FROM pauses WHERE source = ?1 "                   \
        "AND (table_name = ?2 OR ?2 = '')")                                   \
    X(PAUSE_LIST, "SELECT source, table_name, since_us FROM pauses "          \
        "ORDER BY source, table_name")                                        \
                                                                              \
    X(THROTTLE_SET, "REPLACE INTO throttles (source, bytes_a_second, "        \
        "since_us) VALUES (?1, ?2, ?3)")                                      \
    X(THROTTLE_STRIKE, "DELETE FROM throttles WHERE source = ?1")             \
    X(THROTTLE_READ, "SELECT bytes_a_second FROM throttles "                  \
        "WHERE source = ?1")                                                  \
                                                                              \
    X(OVERLAP_ADD, "INSERT INTO overlaps (stream, key_hash, digest) "         \
        "VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET digest = ?3")          \
    X(OVERLAP_COUNT, "SELECT count(*) FROM overlaps WHERE stream = ?1")       \
    X(OVERLAP_LIST, "SELECT key_hash, digest FROM overlaps "                  \
        "WHERE stream = ?1 ORDER BY key_hash")                                \
    X(OVERLAP_FORGET, "DELETE FROM overlaps WHERE stream = ?1")               \
    X(OVERLAP_FORGET_TABLE, "DELETE FROM overlaps "                           \
        "WHERE stream >= ?1 || '/' AND stream < ?1 || '0'")                   \
                                                                              \
    X(TABLE_READ, "SELECT source, name, target, life, mode, is_guessed, "     \
        "mark, mark_us, confirmed_us, success_us, null_cursors, "             \
        "future_cursors, strays_us, rows_confirmed, run, problem_id, "        \
        "problem_status, problem, problem_effect, problem_next, shape, "      \
        "layout FROM tables WHERE source = ?1 AND name = ?2")                 \
    X(TABLE_LIST, "SELECT source, name, target, life, mode, is_guessed, "     \
        "mark, mark_us, confirmed_us, success_us, null_cursors, "             \
        "future_cursors, strays_us, rows_confirmed, run, problem_id, "        \
        "problem_status, problem, problem_effect, problem_next, shape, "      \
        "layout FROM tables ORDER BY source, name")                           \
    X(TABLE_WRITE, "REPLACE INTO tables (source, name, target, life, "        \
        "mode, is_guessed, mark, mark_us, confirmed_us, success_us, "         \
        "null_cursors, future_cursors, strays_us, rows_confirmed, run, "      \
        "problem_id, problem_status, problem, problem_effect, "               \
        "problem_next, shape, layout) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "       \
        "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "      \
        "?20, ?21, ?22)")                                                     \
    X(TABLE_CONFIRM, "UPDATE tables SET confirmed_us = ?3, "                  \
        "problem_id = '', problem_status = 'ok', problem = '', "              \
        "problem_effect = '', problem_next = '' "                             \
        "WHERE source = ?1 AND name = ?2 AND life = ?4 "                      \
        "AND problem_status <> ?5 AND confirmed_us < ?3")                     \
    X(TABLE_TROUBLE, "UPDATE tables SET problem_id = ?3, "                    \
        "problem_status = ?4, problem = ?5, problem_effect = ?6, "            \
        "problem_next = ?7 WHERE source = ?1 AND name = ?2 "                  \
        "AND life = ?8 AND problem_status IN ('ok', 'temporary')")            \
    X(SEED_READ, "SELECT seed_name FROM seeds WHERE source = ?1 "             \
        "AND table_name = ?2 AND column_name = ?3")                           \
    X(SEED_FORGET, "DELETE FROM seeds WHERE source = ?1 "                     \
        "AND table_name = ?2")                                                \
    X(SEED_MOVE, "UPDATE OR REPLACE seeds SET column_name = ?4 "              \
        "WHERE source = ?1 AND table_name = ?2 AND column_name = ?3")         \
    X(SEED_KEEP, "INSERT OR IGNORE INTO seeds (source, table_name, "          \
        "column_name, seed_name) VALUES (?1, ?2, ?3, ?4)")                    \
    X(TABLE_SHAPE, "UPDATE tables SET shape = ?3 WHERE source = ?1 "          \
        "AND name = ?2")                                                      \
    X(SEED_ADD, "INSERT INTO seeds (source, table_name, column_name, "        \
        "seed_name) VALUES (?1, ?2, ?3, ?4)")                                 \
                                                                              \
    X(RUN_START, "INSERT INTO runs (started_us, started_by, command) "        \
        "VALUES (?1, ?2, ?3) RETURNING id")                                   \
    X(RUN_PRUNE, "DELETE FROM runs WHERE id IN (SELECT id FROM runs "         \
        "WHERE started_us < ?1 ORDER BY id LIMIT 1000)")                      \
    X(RUN_END, "UPDATE runs SET ended_us = ?2, outcome = ?3, "                \
        "exit_code = ?4, tables = ?5, rows_read = ?6, "                       \
        "rows_confirmed = ?7, bytes = ?8, bad_rows = ?9 WHERE id = ?1")       \
    X(RUN_LIST, "SELECT id, started_us, ended_us, started_by, command, "      \
        "outcome, exit_code, tables, rows_read, rows_confirmed, bytes, "      \
        "bad_rows FROM runs ORDER BY id DESC LIMIT ?1")                       \
    X(RUN_LIST_TABLE, "SELECT id, started_us, ended_us, started_by, "         \
        "command, outcome, exit_code, tables, runs.rows_read, "               \
        "runs.rows_confirmed, runs.bytes, bad_rows FROM run_tables "          \
        "JOIN runs ON runs.id = run_tables.run WHERE run_tables.name = ?2 "   \
        "ORDER BY run_tables.run DESC LIMIT ?1")                              \
    X(RUN_TABLE_ADD, "INSERT INTO run_tables (run, name, mode, state, "       \
        "rows_read, rows_confirmed, inserts, updates, deletes, bad, bytes, "  \
        "elapsed_ms, problem_id, problem_status, problem, problem_effect, "   \
        "problem_next) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "     \
        "?11, ?12, ?13, ?14, ?15, ?16, ?17)")                                 \
    X(RUN_TABLE_LIST, "SELECT run, name, mode, state, rows_read, "            \
        "rows_confirmed, inserts, updates, deletes, bad, bytes, "             \
        "elapsed_ms, problem_id, problem_status, problem, problem_effect, "   \
        "problem_next FROM run_tables WHERE run = ?1 ORDER BY name")

#endif
