#ifndef TIDEMARK_SETTINGS_KEY_H
#define TIDEMARK_SETTINGS_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The table of settings from which parser, checks, help, `config schema`,
 * `config example`, the sample and the manual come. A setting exists because
 * it stands here; nothing else lists names.
 */
enum key_type {
    KEY_TEXT,
    KEY_BOOL,
    KEY_COUNT,    /* whole number from 0 */
    KEY_DURATION, /* 10m */
    KEY_SIZE,     /* 20M */
    KEY_RATE,     /* 20M/s */
    KEY_SHARE,    /* 0.5, of one core; in thousandths */
    KEY_CHOICE,   /* one of `choices`, joined by '|' */
    KEY_LIST,     /* a text or a list of texts; not for drivers */
    KEY_MAP       /* a form of its own, see `sentence`; not for drivers */
};

enum key_place { PLACE_TOP, PLACE_SOURCE, PLACE_WAREHOUSE, PLACE_TABLE,
                 PLACE_LIMITS, PLACE_COUNT };

struct key {
    const char *name;
    enum key_type type;
    enum key_place place;
    const char *default_text; /* as it would be written; "" is none, NULL:
                                 the key must be written */
    const char *choices;      /* KEY_CHOICE, else NULL */
    const char *sentence;     /* what it does; whole sentences */
    const char *example;      /* for the sample as it would be written behind
                                 the colon; NULL: the default */
};

/* A driver's keys stand in `source:` or `warehouse:` or as parameters of its
 * URL (?name=value); every parameter it understands is one of its keys. */
struct key_table {
    const char *driver; /* "mysql", "clickhouse", "" for the general ones */
    const char *schemes; /* URL schemes, "mysql|mariadb" */
    const struct key *keys;
    size_t count;
};

/* Where something stands in the file, both from 1; 0 is unknown. */
struct key_mark {
    unsigned line;
    unsigned column;
};

/* The key of that name, or NULL. */
const struct key *key_find(const struct key_table *table, const char *name);
/* Is `text` a value of the key's type? ERROR_SETTINGS_VALUE with the key's
 * name and what is expected; the text itself is not shown. */
enum status key_check(const struct key *key, const char *text,
                      struct error *error) MUST_CHECK;

/* The number that a COUNT, DURATION (ms), SIZE (bytes), RATE (bytes a second)
 * or SHARE (thousandths) means; false where the text is none. */
bool key_number(enum key_type type, const char *text, uint64_t *value);
/* Index of `text` among words joined by '|'; false where it is none. */
bool choice_find(const char *choices, const char *text, unsigned *index);
/* "a duration such as 30s, 10m or 2h"; static. */
const char *key_expects(enum key_type type);

#endif
