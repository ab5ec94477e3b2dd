#ifndef TIDEMARK_MODEL_TABLE_H
#define TIDEMARK_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/kind.h"

/* What a value without a place in the target does (settings, per column). */
enum date_policy { DATES_STOP, DATES_NULL, DATES_TEXT };
enum text_policy { TEXT_STOP, TEXT_REPLACE };

/*
 * One column as it enters a batch. Made by a source's describe, completed by
 * the shape of the settings (is_stored, policies), by the state (seed_name)
 * and by the warehouse (lowest, highest). All texts belong to the table.
 */
struct column {
    char *name;      /* in the source, UTF-8 */
    char *seed_name; /* the name it had when tidemark first saw it */
    uint64_t seed;   /* digest_seed(seed_name) */
    enum kind kind;
    uint8_t width;     /* bytes of a fixed kind, else 0 */
    uint8_t precision; /* DECIMAL */
    uint8_t scale;     /* DECIMAL; digits of seconds of the time kinds */
    bool is_nullable;  /* NULL may come; also set by zero_dates: null */
    bool is_stored;    /* false: read for filter, cursor or soft delete only */
    bool has_few_values;  /* ENUM: suits a dictionary */
    bool is_fixed_length; /* BYTES of `fixed_length` bytes always */
    uint32_t fixed_length;
    /* Limits of the target for DATE, TIME, DATETIME, TIMESTAMP in the units
     * of the kind; both 0 where there are none. */
    int64_t lowest;
    int64_t highest;
    enum date_policy date_policy;
    enum text_policy text_policy;
    /* What the source says of it; only the source reads them again. */
    char *declared;  /* such as enum('a','b'), int(10) unsigned */
    char *charset;   /* lower case, NULL where it is not text */
    char *collation; /* NULL where it is not text */
    char *comment;   /* never NULL */
};

/* How a table is read. */
enum mode { MODE_CDC, MODE_INCREMENTAL, MODE_FULL, MODE_COUNT };

/* What the numbers of an integer cursor mean; a time kind needs none. */
enum cursor_unit { CURSOR_TIME, CURSOR_SECONDS, CURSOR_MILLISECONDS };

/*
 * One table as it is read and stored: the plan both sides agree on. Columns
 * stand in the source's order. Owned by its maker; everything else borrows it
 * and it does not change while a delivery of it is open.
 */
struct table {
    char *database; /* in the source */
    char *name;     /* in the source */
    char *target;   /* the view's name in the warehouse */
    struct column *columns;
    size_t column_count;
    size_t *key; /* indexes of the key's columns, in the key's order */
    size_t key_count; /* 0: a table without a key */
    char *key_index;  /* name of the source's index that proves it, or NULL */
    bool is_bucketed; /* there is a key, and it is not one INT or UINT */
    uint64_t estimated_rows;  /* 0 where unknown */
    uint64_t estimated_bytes; /* 0 where unknown */
    char *comment; /* never NULL */
};

/* A table without columns and key, its target the same name. */
struct table *table_new(const char *database, const char *name);
/* Appends a column with that name, the seed of that name, is_stored set and
 * an empty comment, all else zero; the pointer is valid until the next one is
 * added. */
struct column *table_add_column(struct table *table, const char *name);
void table_set_key(struct table *table, const size_t *key, size_t count);
/* Takes the column out; the key keeps its columns by name, and must not hold
 * this one. */
void table_remove_column(struct table *table, size_t column);
void table_free(struct table *table); /* NULL is allowed */

/* Index of the column of that exact name, or table->column_count. */
size_t table_find(const struct table *table, const char *name);
/* The column of that exact name, or NULL. */
struct column *table_column(const struct table *table, const char *name);
/* The column's name that a typing error may stand for, or NULL; borrowed. */
const char *table_nearest(const struct table *table, const char *name);
bool table_is_key(const struct table *table, size_t column);
/* Sets seed_name and with it the seed. */
void column_set_seed(struct column *column, const char *seed_name);
/* Sets is_bucketed from the key as it stands. */
void table_settle(struct table *table);
/* Bytes of a row's fixed parts in a batch: cells, NULL bytes, ends of
 * variable cells and row values; no bytes of variable cells. */
size_t table_fixed_bytes(const struct table *table);
/* The same plus a guess of 16 bytes for each variable cell. */
size_t table_row_bytes(const struct table *table);

const char *mode_name(enum mode mode);

#endif
