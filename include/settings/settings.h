#ifndef TIDEMARK_SETTINGS_SETTINGS_H
#define TIDEMARK_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"
#include "model/table.h"
#include "settings/key.h"
#include "settings/url.h"

/*
 * What a person wrote, checked and with every default filled in. One file of
 * YAML; unknown and duplicate keys are errors that name line, column and the
 * nearest known name. Everything belongs to `struct settings`.
 */

enum tls_mode { TLS_AUTO, TLS_VERIFY, TLS_OFF };
/* TLS_AUTO: off where the host is loopback or a socket, else verified. */
struct tls_settings {
    enum tls_mode mode;
    char *ca; /* path of the authority's certificate, or NULL */
};

/* One end: source or warehouse. */
struct endpoint_settings {
    char *name;         /* of the source, "main" where there is one only */
    struct url url;     /* its password was moved to `password` */
    struct secret *password; /* NULL: none was given */
    char *password_origin;   /* "password_file /etc/..", never the secret */
    struct tls_settings tls;
    /* Values of the driver's own keys, in the order of its table, as text;
     * defaults filled in. */
    const struct key_table *driver;
    char **driver_values;
};

/* What new and changed columns do. */
enum schema_changes {
    SCHEMA_CHANGES_ADD,
    SCHEMA_CHANGES_ASK,
    SCHEMA_CHANGES_FREEZE
};

/* Options of a table; a pattern's and the general ones are merged into it. */
struct table_settings {
    char *pattern; /* as written: name or pattern */
    bool is_exact;
    char *target;        /* to:, NULL: the source's name */
    char **columns;      /* names, or all begin with '-': left out */
    size_t column_count; /* 0: all */
    char *rows;          /* filter, NULL: all rows */
    bool has_mode;
    enum mode mode;
    char **cursors; /* cursor: one or more columns; count 0: to be guessed */
    size_t cursor_count;
    char *cursor_zone; /* NULL: UTC */
    bool has_cursor_unit;
    enum cursor_unit cursor_unit;
    bool has_overlap;
    uint64_t overlap_ms;
    char *soft_delete; /* a column's plain name, or a filter; NULL: none */
    char **key;
    size_t key_count;
    enum date_policy zero_dates;
    enum text_policy bad_text;
    enum schema_changes schema_changes;
    char **type_columns; /* types: {column: type} */
    char **type_names;
    size_t type_count;
    uint64_t late_ms;  /* 0: by mode */
    uint64_t every_ms; /* 0: by mode */
    struct key_mark place; /* line and column of the entry */
};

enum deletes_mode { DELETES_REMOVE, DELETES_MARK, DELETES_KEEP };

struct settings {
    char *path;   /* of the file; NULL: none */
    struct endpoint_settings *sources; /* one at present */
    size_t source_count;
    struct endpoint_settings warehouse;
    struct table_settings *tables; /* in the order written */
    size_t table_count;
    char **except; /* patterns left out */
    size_t except_count;
    struct table_settings general; /* where each entry of tables starts */
    enum deletes_mode deletes;
    char *state;       /* path of the state file, made absolute */
    char *socket;      /* of the daemon, made absolute */
    uint64_t memory_bytes;
    uint64_t bound_max_wait_ms;
    uint64_t retry_ms; /* how long temporary faults are retried */
    uint64_t workers;  /* tables read side by side */
    uint64_t chunk_bytes; /* a delivery of a scan ends here, */
    uint64_t chunk_rows;  /* or here; at least 1 */
    uint64_t warehouse_cpu; /* thousandths of a core that loads of a followed
                               log may take there */
};

/* The general keys of one place; drivers add theirs (see key.h). */
const struct key_table *settings_keys(enum key_place place);

struct settings_options {
    const char *path;  /* --config, NULL: the usual places */
    const char *state; /* --state, NULL */
    bool needs_no_secrets; /* passwords are not looked up: for commands that
                              only look at the state */
    /* Drivers by URL scheme, made by the command layer. */
    const struct key_table *const *source_drivers;
    size_t source_driver_count;
    const struct key_table *const *warehouse_drivers;
    size_t warehouse_driver_count;
};

/* Reads, expands, checks. Secrets are resolved here (missing: error at the
 * key's line). *settings is NULL after a failure. Relative paths in the file
 * start at its folder. Zones are looked up: no other thread may run. */
enum status settings_load(const struct settings_options *options,
                          struct settings **settings, struct error *error)
    MUST_CHECK;
void settings_free(struct settings *settings); /* NULL is allowed */

/* The settings of one table of the source: a name beats a pattern, of patterns
 * the one with more characters before its first special one wins, then the
 * last; `except` is ranked alike and wins where it is as exact. NULL where the
 * table is not wanted. Borrowed. */
const struct table_settings *settings_for(const struct settings *settings,
                                          const char *table);
/* Value of a driver's key by name: written, from the URL's parameters, or the
 * default. Never NULL for a key of its table, NULL for any other. */
const char *endpoint_value(const struct endpoint_settings *endpoint,
                           const char *key);

#endif
