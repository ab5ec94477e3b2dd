#ifndef TIDEMARK_BASE_ERROR_IDS_H
#define TIDEMARK_BASE_ERROR_IDS_H

/*
 * Every failure a person can meet, with a number that never changes meaning.
 * 1xxx settings, command line, state and machine; 2xxx source; 3xxx warehouse.
 *
 *   X(number, name, status, summary, advice)
 */
#define ERROR_ID_LIST(X)                                                      \
    X(1001, SETTINGS_SYNTAX, USAGE, "the settings file is not valid YAML",    \
      "Mend the line that is named.")                                        \
    X(1002, SETTINGS_KEY, USAGE, "a key is unknown or stands twice",          \
      "Use the name that is suggested, or see tidemark config example.")      \
    X(1003, SETTINGS_VALUE, USAGE, "the value of a setting is not usable",    \
      "Give a value of the kind that is named.")                             \
    X(1004, SETTINGS_MISSING, USAGE, "no settings, or a needed one is absent",\
      "Write the setting, or make a file with tidemark init.")               \
    X(1005, SECRET_MISSING, USAGE, "a secret or variable cannot be found",    \
      "Provide the credential, file or environment variable.")               \
    X(1006, USAGE, USAGE, "the command line is wrong",                        \
      "See tidemark help.")                                                   \
    X(1007, MODE_MISSING, USAGE, "the mode does not exist in this build",     \
      "Choose cdc, incremental or full.")                                     \
    X(1008, NOTHING_MATCHES, USAGE, "no table matches",                       \
      "Compare the names in tables: with those of the source.")              \
    X(1009, SECRET_EXPOSED, USAGE, "a secret is exposed",                     \
      "Keep it in a file of mode 0600, a credential or the environment.")    \
    X(1010, FILE_EXISTS, USAGE, "the file is there already",                  \
      "Remove it or choose another name; nothing is overwritten.")           \
    X(1101, STATE_BUSY, BUSY, "another process uses the state",               \
      "Wait for it; from cron: tidemark run --skip-if-running.")             \
    X(1102, STATE_OPEN, ACTION, "the state file cannot be opened",            \
      "Check its folder, owner and mode.")                                   \
    X(1103, STATE_FOREIGN, ACTION, "the file is not a state of tidemark",     \
      "Name another file with --state.")                                     \
    X(1104, STATE_NEWER, ACTION, "the state was written by a newer tidemark", \
      "Use that version, or start with an empty state.")                     \
    X(1105, STATE_DAMAGED, ACTION, "the state file is damaged",               \
      "Move it away: the next run starts a new one above all versions.")     \
    X(1106, STATE_WRITE, TEMPORARY, "the state could not be written",         \
      "Make space on the disk; the next run goes on from the checkpoint.")   \
    X(1107, STATE_FENCED, INTERNAL, "a newer process has taken the stream",   \
      "Nothing is lost; the newer process goes on.")                         \
    X(1108, PAUSED, TEMPORARY, "the table is paused",                         \
      "Start it again with tidemark resume TABLE.")                           \
    X(1109, SOCKET, ACTION, "the socket of the daemon cannot be used",        \
      "Check its folder, owner and mode, or name another with socket:.")      \
    X(1110, NO_DAEMON, ACTION, "no daemon answers",                           \
      "Start tidemark daemon, or look at why it does not answer.")            \
    X(1201, MEMORY, INTERNAL, "memory is used up", "Lower limits: memory.")   \
    X(1202, MACHINE, INTERNAL, "the operating system refused a call",         \
      "See the reason in the message.")                                       \
    X(1203, FAILPOINT, TEMPORARY, "a failpoint was hit", "For tests only.")   \
    X(1204, DEFECT, INTERNAL, "a defect of tidemark", "Please report it.")    \
    X(1205, INTERRUPTED, STOPPED, "interrupted by a signal",                  \
      "Start it again; it goes on where it stood.")                          \
    X(1301, EXPECTATION, TABLE, "an expectation of the settings failed",      \
      "Look at the source, or change expect:.")                              \
    X(2001, SOURCE_REACH, TEMPORARY, "the source is out of reach",            \
      "Check host, port and network; it is tried again.")                    \
    X(2002, SOURCE_LOGIN, ACTION, "the source refused the login",             \
      "Check user, password and host of the account.")                       \
    X(2003, SOURCE_GRANT, ACTION, "a privilege is missing at the source",     \
      "Run the GRANT that is shown.")                                        \
    X(2004, SOURCE_DATABASE, ACTION, "the source has no such database",       \
      "Check the name in the URL.")                                          \
    X(2005, SOURCE_TLS, ACTION, "the source's TLS cannot be verified",        \
      "Name its authority with tls: {ca: PATH}.")                            \
    X(2006, SOURCE_QUERY, TEMPORARY, "a query at the source failed",          \
      "See the reason in the message; it is tried again.")                   \
    X(2007, SOURCE_PROTOCOL, TEMPORARY, "the source's answer is malformed",   \
      "It is tried again; report it if it stays.")                           \
    X(2008, SOURCE_REFUSED, ACTION, "the source cannot be used",              \
      "See the reason in the message.")                                       \
    X(2101, TABLE_MISSING, TABLE, "the source has no such table",             \
      "Take it out of the settings or create it.")                           \
    X(2102, COLUMN_MISSING, TABLE, "a column that is named does not exist",   \
      "Correct columns:, cursor:, key: or rows:.")                           \
    X(2103, KEY_UNUSABLE, TABLE, "the key cannot identify rows",              \
      "Name columns of a unique index over NOT NULL columns.")               \
    X(2104, TYPE_UNSUPPORTED, TABLE, "a column's type is not supported",      \
      "Leave the column out with columns: [-NAME].")                         \
    X(2105, CURSOR_UNUSABLE, TABLE, "the cursor cannot be used",              \
      "Name a date, time or integer column in cursor:.")                     \
    X(2106, VALUE_DATE, TABLE, "a zero or partial date has no value there",   \
      "Set zero_dates: null or text, or mend the row.")                      \
    X(2107, VALUE_RANGE, TABLE, "a value is out of the target's range",       \
      "Set types: {COLUMN: TYPE}, or mend the row.")                         \
    X(2108, VALUE_TEXT, TABLE, "a text is not valid in its character set",    \
      "Set bad_text: replace, or mend the row.")                             \
    X(2109, BOUND_WAITS, TABLE, "an old open writer holds the window back",   \
      "End the transaction that is named.")                                  \
    X(2110, TABLE_CHANGED, TEMPORARY, "the table changed while it was read",  \
      "It is described and read again.")                                     \
    X(2111, FILTER, USAGE, "a row filter cannot be used",                     \
      "Mend the expression at the place that is shown.")                     \
    X(2249, LOG_UNUSABLE, TABLE, "the log cannot be followed",                \
      "Run tidemark check, or set another mode.")                            \
    X(2250, LOG_INVISIBLE, TEMPORARY, "the log runs ahead of what is visible",\
      "It is tried again.")                                                  \
    X(2251, LOG_EMPTY, TABLE, "the log says nothing about the table",        \
      "Change some of its rows, then try again.")                            \
    X(2112, VALUE_KEY, TABLE, "two keys meet after conversion",               \
      "Choose another key or a binary collation.")                           \
    X(2113, SCHEMA_WAITS, TABLE, "changed columns wait for a person",         \
      "Set schema_changes: add for the table to agree, for one run or for "   \
      "good; its rows are read again then.")                                  \
    X(2201, LOG_PURGED, ACTION, "the server has dropped a part of its log",  \
      "Keep the log longer; the tables are read again.")                     \
    X(2202, LOG_ANOTHER, ACTION, "the log is another one than before",       \
      "See the reason in the message; the tables are read again.")           \
    X(2203, LOG_SHORTENED, ACTION, "the log ends before the place known",    \
      "The server lost its end in a crash; the tables are read again.")      \
    X(2204, LOG_COLLISION, TEMPORARY, "another replica has our server id",   \
      "Another id is taken; if it stays, end the other tidemark.")           \
    X(2205, LOG_DAMAGED, TEMPORARY, "the log came with damaged bytes",       \
      "It is read again; if it stays, test it with mysqlbinlog.")            \
    X(2206, LOG_EVENT, ACTION, "an event of the log is not understood",      \
      "Report it with the place that is named.")                             \
    X(2208, LOG_PREPARED, TABLE, "a prepared transaction waits for its end", \
      "XA COMMIT or XA ROLLBACK it; XA RECOVER names it.")                   \
    X(2207, LOG_OFF, ACTION, "the server writes no log",                     \
      "Set log_bin in the settings of the server and restart it.")           \
    X(3001, WAREHOUSE_REACH, TEMPORARY, "the warehouse is out of reach",      \
      "Check host, port and network; it is tried again.")                    \
    X(3002, WAREHOUSE_LOGIN, ACTION, "the warehouse refused the login",       \
      "Check user and password.")                                            \
    X(3003, WAREHOUSE_GRANT, ACTION, "a privilege is missing there",          \
      "Run the GRANT that is shown.")                                        \
    X(3004, WAREHOUSE_OLD, ACTION, "the warehouse is older than the floor",   \
      "Use ClickHouse 24.8 or newer.")                                       \
    X(3005, WAREHOUSE_TLS, ACTION, "the warehouse's TLS cannot be verified",  \
      "Name its authority with tls: {ca: PATH}.")                            \
    X(3006, WAREHOUSE_BUSY, TEMPORARY, "the warehouse is overloaded",         \
      "It is tried again later.")                                            \
    X(3007, WAREHOUSE_ANSWER, TEMPORARY, "the answer is no acknowledgement",  \
      "The rows are sent again; versions make that harmless.")               \
    X(3008, WAREHOUSE_QUERY, ACTION, "the warehouse refused a statement",     \
      "See the reason in the message.")                                       \
    X(3009, WAREHOUSE_TABLE, TABLE, "the warehouse's table does not fit",     \
      "See the reason in the message.")                                       \
    X(3010, WAREHOUSE_LACKS, TABLE, "the warehouse cannot do that",           \
      "Choose another mode or warehouse.")                                   \
    X(3011, WAREHOUSE_SPACE, TEMPORARY, "the warehouse has no space",         \
      "Make space; it is tried again.")

enum error_id {
    ERROR_NONE,
#define X(number, name, status, summary, advice) ERROR_##name,
    ERROR_ID_LIST(X)
#undef X
    ERROR_ID_COUNT
};

#endif
