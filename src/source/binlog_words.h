#ifndef TIDEMARK_SOURCE_BINLOG_WORDS_H
#define TIDEMARK_SOURCE_BINLOG_WORDS_H

#include "source/binlog_token.h"
#include "source/log.h"

/*
 * What a QUERY of the log does, told by its words: not a parser. What is not
 * recognised is QUERY_UNKNOWN, and then any table may have changed. Pure but
 * for the memory of the names.
 */
enum query_class {
    QUERY_IRRELEVANT, /* touches no row and no column of a base table */
    QUERY_BEGIN,      /* BEGIN, START TRANSACTION */
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_SAVEPOINT,  /* SAVEPOINT, RELEASE SAVEPOINT */
    QUERY_ROLLBACK_TO,
    QUERY_XA_START,   /* the five have `xa` */
    QUERY_XA_END,
    QUERY_XA_PREPARE,
    QUERY_XA_COMMIT,
    QUERY_XA_ROLLBACK,
    QUERY_CREATE_TABLE, /* one name; an existing one may stay or be replaced */
    QUERY_DROP_TABLE,   /* names */
    QUERY_RENAME_TABLE, /* names and what they become, in order: the second
                           sees what the first has done */
    QUERY_TRUNCATE,     /* one name: all rows are gone */
    QUERY_ALTER_TABLE,  /* one name; indexes too. Renamed where new_name is
                           set. EXCHANGE PARTITION: the other table second */
    QUERY_DROP_DATABASE, /* names: only `database` is set */
    QUERY_STATEMENT,    /* DML. Names are those that stand where it writes, as
                           far as known; triggers and cascades write to others
                           that nobody names. No name: any table */
    QUERY_UNKNOWN
};

/* Texts are as in the QUERY, in its character set; quotes are resolved. */
struct query_name {
    char *database; /* NULL: the QUERY's default schema */
    char *name;     /* NULL for a database */
    char *new_database; /* NULL: the default schema, or nothing is new */
    char *new_name;     /* NULL: not renamed */
};

#define QUERY_XA_BYTES 64
struct query_xa {
    int32_t format; /* 1 where it is not told */
    uint8_t global[QUERY_XA_BYTES];
    uint8_t branch[QUERY_XA_BYTES];
    size_t global_bytes;
    size_t branch_bytes;
    bool is_one_phase; /* XA COMMIT ... ONE PHASE */
};

struct binlog_words {
    enum query_class class;
    struct query_name *names; /* NULL: none */
    size_t name_count;
    bool is_temporary;  /* TEMPORARY stands there: no base table is meant */
    bool is_replacing;  /* CREATE OR REPLACE: the old table is gone */
    bool moves_rows;    /* ALTER that changes rows without events: partitions
                           dropped, truncated, exchanged; IMPORT TABLESPACE */
    bool touches_key;   /* ALTER names the PRIMARY KEY */
    struct log_change *changes; /* ALTER TABLE: its clauses that matter */
    size_t change_count;
    bool deletes_all;   /* DELETE of the one name without a condition: a server
                           writes it where a MEMORY table was emptied */
    struct query_xa xa;
};

/* Static, "drop table". */
const char *query_class_text(enum query_class class);
void binlog_words_read(struct binlog_words *words, struct bytes text,
                       const struct binlog_dialect *dialect);
void binlog_words_release(struct binlog_words *words);

#endif
