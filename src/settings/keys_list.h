/*
 * The settings. One entry makes a setting: parser, checks, help, sample,
 * doc/settings.md and the JSON schema are made from it.
 *
 *   PLACE(name, type, default, choices,
 *         field, companion, form,
 *         sentences, example)
 *
 * The first line and the last are a struct key (settings/key.h), the second is
 * a struct field (field.h). Where it is included PLACE, and AT(field) are
 * defined.
 */

#ifndef TOP
#define TOP(...)
#endif
#ifndef ENDPOINT
#define ENDPOINT(...)
#endif
#ifndef LIMITS
#define LIMITS(...)
#endif
#ifndef TABLE
#define TABLE(...)
#endif

TOP(source, MAP, NULL, NULL,
    AT(sources), NONE, read_source,
    "The database that is read: its URL, or a map with url: and more.",
    "mysql://sync@db1.example.com/shop")
TOP(warehouse, MAP, NULL, NULL,
    AT(warehouse), NONE, read_warehouse,
    "What is loaded: its URL, or a map with url: and more.",
    "clickhouse://sync@ch.example.com/shop")
TOP(tables, MAP, NULL, NULL,
    AT(tables), NONE, read_tables,
    "The tables that are kept equal: a pattern, or a list of names, patterns, "
    "maps from one of them to options, and except: with what is left out. The "
    "most exact entry wins, then the last; entries are not merged.",
    "\"*\"")
TOP(deletes, CHOICE, "remove", "remove|mark|keep",
    AT(deletes), NONE, NULL,
    "What a row that is deleted at the source becomes: remove takes it out of "
    "the view, mark keeps its last values and shows _tm_deleted, keep leaves "
    "it as it is. A table that is read whole shows what the source holds.",
    "mark")
TOP(late, DURATION, "", NULL,
    AT(general.late_ms), NONE, NULL,
    "The lag from which a table is late. Without it 1m where the log is "
    "followed, 1h where windows are read, 26h where the whole table is. Where "
    "runs from cron read the log, rather give more than their interval.",
    "30m")
TOP(every, DURATION, "", NULL,
    AT(general.every_ms), NONE, NULL,
    "How often the daemon reads a table that does not follow the log. Without "
    "it 1m where windows are read, 1d where the whole table is.",
    "5m")
TOP(zero_dates, CHOICE, "stop", "stop|null|text",
    AT(general.zero_dates), NONE, NULL,
    "What a zero or partial date does: stop the table, become NULL, or make "
    "the column a text.",
    "null")
TOP(bad_text, CHOICE, "stop", "stop|replace",
    AT(general.bad_text), NONE, NULL,
    "What a text that is invalid in its character set does: stop the table, "
    "or have its invalid parts replaced.",
    "replace")
TOP(schema_changes, CHOICE, "add", "add|ask|freeze",
    AT(general.schema_changes), NONE, NULL,
    "What new and changed columns do: add brings them into the warehouse, ask "
    "stops the table until they are agreed to, freeze leaves new columns out "
    "and stops the table where a column cannot be loaded any more.",
    "ask")
TOP(state, TEXT, "", NULL,
    AT(state), NONE, NULL,
    "The file of the state. Without it NAME.db beside the settings file "
    "NAME.yml, or below $STATE_DIRECTORY where systemd sets it. Its folder is "
    "made, the one above that must be there.",
    "/var/lib/tidemark/shop.db")
TOP(socket, TEXT, "", NULL,
    AT(socket), NONE, NULL,
    "The socket of the daemon, by which pause, resume and throttle reach it. "
    "Without it the path of the state with .sock behind it.",
    "/run/tidemark/shop.sock")
TOP(retry, DURATION, "10m", NULL,
    AT(retry_ms), NONE, NULL,
    "How long a temporary fault is tried again before the run gives up.",
    "30m")
TOP(bound_max_wait, DURATION, "30m", NULL,
    AT(bound_max_wait_ms), NONE, NULL,
    "The age from which an open writer that holds windows back is named in "
    "every run.",
    "1h")
TOP(limits, MAP, "", NULL,
    AT(memory_bytes), NONE, read_limits,
    "What tidemark may use of this machine.",
    "{memory: 256M}")

LIMITS(memory, SIZE, "128M", NULL,
       AT(memory_bytes), NONE, NULL,
       "Memory for rows on their way, at least 16M; on top comes three times "
       "the largest row.",
       "256M")
LIMITS(workers, COUNT, "2", NULL,
       AT(workers), NONE, NULL,
       "Tables that are read side by side, 1 to 64.",
       "4")
LIMITS(chunk, SIZE, "256M", NULL,
       AT(chunk_bytes), NONE, NULL,
       "Bytes of rows after which a backfill or window saves its place.",
       "64M")
LIMITS(chunk_rows, COUNT, "1000000", NULL,
       AT(chunk_rows), NONE, NULL,
       "Rows after which a backfill or window saves its place, at least 1.",
       "100000")

LIMITS(warehouse_cpu, SHARE, "0.5", NULL,
       AT(warehouse_cpu), NONE, NULL,
       "What the loads of a followed log may take of a core of the "
       "warehouse: where they cost more, they come less often, at least "
       "every 5 seconds.",
       "1")

ENDPOINT(url, TEXT, NULL, NULL,
         AT(url), NONE, read_node,
         "Where it is: scheme://user@host:port/database. What a URL gives a "
         "meaning to is written %40 for @, %2F for /, %3A for :, %23 for #, "
         "%3F for ? and %25 for %.",
         URL_EXAMPLE)
ENDPOINT(password, TEXT, "", NULL,
         AT(password), NONE, read_node,
         "The password, best as a reference: ${cred:NAME}, ${file:PATH} or "
         "${env:NAME}. Written out it is taken only from a file that neither "
         "group nor others can read.",
         "${cred:db1}")
ENDPOINT(password_file, TEXT, "", NULL,
         AT(password_file), NONE, read_node,
         "A file that holds the password alone, refused where its group or "
         "others can read it.",
         "/etc/tidemark/db1.pass")
ENDPOINT(password_command, LIST, "", NULL,
         AT(password_command), NONE, read_node,
         "A program and its arguments, started without a shell, whose first "
         "line of output is the password; it has 30 seconds.",
         "[pass, show, db1]")
ENDPOINT(tls, MAP, "", NULL,
         AT(tls), NONE, read_node,
         "verify, off, or {ca: PATH} of the authority. Without it connections "
         "are verified, but for hosts that are this machine.",
         "{ca: /etc/ssl/certs/company.pem}")

TABLE(to, TEXT, "", NULL,
      AT(target), NONE, NULL,
      "Its name in the warehouse. Without it the name in the source. Names "
      "that end in __tm or __tm_reload are kept for the tables behind.",
      "dim_orders")
TABLE(columns, LIST, "", NULL,
      AT(columns), AT(column_count), read_columns,
      "The columns that are copied, or each with - in front those that are "
      "not. Without it all of them.",
      "[-note, -internal_remark]")
TABLE(rows, TEXT, "", NULL,
      AT(rows), NONE, read_filter,
      "The rows that are copied: comparisons of columns and constants, IN, "
      "BETWEEN, IS NULL, AND, OR, NOT; texts by their bytes, whatever the "
      "collation. A row that leaves them is a delete.",
      "\"country = 'JP' AND status IN (1, 2)\"")
TABLE(mode, CHOICE, "", "cdc|incremental|full",
      AT(mode), AT(has_mode), read_mode,
      "How it is read: cdc follows the log of changes, deletes included; "
      "incremental reads windows of the cursor column, full reads the whole "
      "table each time. Without it cdc where the table has a key and the log "
      "may be read, else incremental where a cursor is indexed, else the whole "
      "table once a day. A guess is kept until mode is set.",
      "incremental")
TABLE(cursor, LIST, "", NULL,
      AT(cursors), AT(cursor_count), NULL,
      "The column or columns whose value grows with every change. Without it "
      "it is found by name and index.",
      "updated_at")
TABLE(cursor_zone, TEXT, "", NULL,
      AT(cursor_zone), NONE, read_zone,
      "The time zone of a DATETIME cursor. Without it UTC.",
      "Asia/Tokyo")
TABLE(cursor_unit, CHOICE, "", "s|ms",
      AT(cursor_unit), AT(has_cursor_unit), read_cursor_unit,
      "What an integer cursor counts since 1970: seconds or milliseconds.",
      "ms")
TABLE(overlap, DURATION, "", NULL,
      AT(overlap_ms), AT(has_overlap), NULL,
      "How far a window reaches back behind the one before. Without it 5s "
      "where the bound is proved, else 10m.",
      "1m")
TABLE(soft_delete, TEXT, "", NULL,
      AT(soft_delete), NONE, read_soft_delete,
      "A column that is set, or a condition that holds, once the row is "
      "deleted; such a row is a delete in the warehouse.",
      "deleted_at")
TABLE(key, LIST, "", NULL,
      AT(key), AT(key_count), NULL,
      "The columns that identify a row, with a unique index over them, none "
      "of them NULL. Without it the primary key.",
      "[shop_id, order_id]")
TABLE(zero_dates, CHOICE, "", "stop|null|text",
      AT(zero_dates), NONE, NULL,
      "The same as zero_dates at the top, for this table.",
      "text")
TABLE(bad_text, CHOICE, "", "stop|replace",
      AT(bad_text), NONE, NULL,
      "The same as bad_text at the top, for this table.",
      "replace")
TABLE(schema_changes, CHOICE, "", "add|ask|freeze",
      AT(schema_changes), NONE, NULL,
      "The same as schema_changes at the top, for this table.",
      "freeze")
TABLE(types, MAP, "", NULL,
      AT(type_columns), AT(type_count), read_types,
      "Types of columns in the warehouse, where the one that is chosen does "
      "not suit.",
      "{location: UInt16}")
TABLE(late, DURATION, "", NULL,
      AT(late_ms), NONE, NULL,
      "The same as late at the top, for this table.",
      "6h")

TABLE(every, DURATION, "", NULL,
      AT(every_ms), NONE, NULL,
      "The same as every at the top, for this table.",
      "1h")

#undef TOP
#undef ENDPOINT
#undef LIMITS
#undef TABLE
