#ifndef TIDEMARK_SOURCE_BINLOG_MAP_H
#define TIDEMARK_SOURCE_BINLOG_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/table.h"
#include "source/mysql.h"
#include "source/mysql_charset.h"

/*
 * TABLE_MAP events: what the log says of a table's columns before its rows
 * (binlog.md 3.6), and whether that is what a table of ours says. Nothing is
 * guessed: what cannot be told apart is CHANGED, with the reason in words.
 */

/* No server has more columns. */
#define BINLOG_COLUMNS_MAX 4096
/* A map with every label of every column stays below. */
#define BINLOG_MAP_BYTES (64u * 1024 * 1024)
#define BINLOG_NO_COLUMN SIZE_MAX

/* Codes that the client's header does not have, or not under one name. */
enum binlog_code {
    BINLOG_BLOB_COMPRESSED = 140,
    BINLOG_VARCHAR_COMPRESSED = 141,
    BINLOG_TYPED_ARRAY = 20,
    BINLOG_VECTOR = 242
};

/* What the last FORMAT_DESCRIPTION and the kind of server say. */
struct binlog_map_form {
    uint8_t map_post_bytes; /* post-header of TABLE_MAP; 8, once 6 */
    bool is_mariadb; /* counts GEOMETRY, not VECTOR, among the texts */
};

struct binlog_column {
    uint8_t code;    /* the real one: ENUM 247 and SET 248, not STRING */
    uint8_t meta[2]; /* as in the map; [0] alone where there is one byte */
    bool is_nullable;
    bool is_unsigned;   /* where map->has_signs; numbers only */
    bool is_visible;    /* true where the map does not say */
    uint32_t collation; /* 0: not said */
    uint32_t geometry;  /* 0: any, or not said; as WKB */
    struct bytes name;  /* data NULL: not said */
    struct bytes labels; /* of ENUM and SET: lenenc length and bytes of each */
    uint32_t label_count;
};

/* All zero is an empty one. Its memory is used again by the next parse. */
struct binlog_map {
    uint64_t table_id;
    uint16_t flags; /* 2: parent of a foreign key (MySQL) */
    char database[256];
    char table[256];
    struct binlog_column *columns;
    size_t column_count;
    size_t column_capacity;
    bool is_mariadb;
    bool has_signs;  /* SIGNEDNESS is there */
    bool has_names;  /* FULL metadata */
    bool has_key;    /* the primary key is told */
    uint16_t *key;   /* indexes of its columns */
    size_t key_count;
    struct buffer body; /* what names and labels point into */
    char reason[128];   /* why parse refused */
};

/* `body`: the event behind its header, without checksum. False where it is
 * malformed; `map->reason` says how and the map is empty. */
bool binlog_map_parse(struct binlog_map *map, struct bytes body,
                      const struct binlog_map_form *format) MUST_CHECK;
/* True where `body` says of the same table what `map` was parsed from: only
 * table_id may differ, and it is taken over. */
bool binlog_map_again(struct binlog_map *map, struct bytes body,
                      const struct binlog_map_form *format);
/* Table id of a map or rows event of any kind, for a quick look; 0: none. */
uint64_t binlog_table_id(struct bytes body);
void binlog_map_release(struct binlog_map *map);

/* --- binlog_map_layout.c -------------------------------------------------- */

/*
 * All columns of a table in the source's order, as information_schema has
 * them now: what a table of ours does not hold (columns that are left out or
 * not usable), and what tells columns apart where the log has no names.
 */
struct binlog_layout_column {
    char *name;
    char *declared; /* COLUMN_TYPE */
    char *charset;  /* NULL where it is not text */
    bool is_nullable;
    bool has_default; /* rows that were there got a value, or may have */
};
struct binlog_layout {
    struct binlog_layout_column *columns;
    size_t column_count; /* with the hidden ones of MariaDB's versioning */
    size_t row_end; /* of a system-versioned table; else BINLOG_NO_COLUMN */
};

/* *layout NULL: there is no such table. The caller frees it. */
enum status binlog_layout_read(MYSQL *link, const char *database,
                               const char *table,
                               struct binlog_layout **layout,
                               struct error *error) MUST_CHECK;
void binlog_layout_free(struct binlog_layout *layout); /* NULL is allowed */

/* --- binlog_map_resolve.c ------------------------------------------------- */

enum binlog_answer { BINLOG_MATCH, BINLOG_CHANGED };

/* All zero is an empty one. */
struct binlog_resolution {
    size_t *columns; /* for each of the map: index in the table, or NO_COLUMN */
    size_t column_count;
    size_t row_end; /* of the map: system versioning; else NO_COLUMN */
    size_t *absent; /* columns of the table that came later than the map */
    size_t absent_count;
    char reason[256]; /* CHANGED: column "a" has another type than int(11) */
};

/*
 * Which column of the table each column of the map is: by name where the map
 * has names, else by ordinal of the layout. Columns that the table does not
 * have are passed over by their length. A map with names may be that of an
 * earlier table: it may lack columns that hold NULL where nobody set them (the
 * layout says so); they are `absent`, and the caller has to find out how they
 * came. The layout may be NULL for a MySQL server whose map has names (then
 * nothing may be absent); MariaDB needs it to tell the history of a
 * system-versioned table. `charsets`: for each column of the
 * table by mysql_rows_charsets; NULL where it has none.
 */
enum binlog_answer binlog_map_resolve(
    const struct binlog_map *map, const struct table *table,
    const struct binlog_layout *layout,
    const struct mysql_charset *const *charsets,
    struct binlog_resolution *resolution);
void binlog_resolution_release(struct binlog_resolution *resolution);

/* --- binlog_map_fit.c ----------------------------------------------------- */

/* True where the bytes of the column are those of the declared type, with its
 * sign and character set as far as the map says them. `charset` NULL: not
 * looked at. */
bool binlog_column_fits(const struct binlog_map *map,
                        const struct binlog_column *column,
                        const struct mysql_type *type, const char *declared,
                        const struct mysql_charset *charset);
/* Length of a STRING, ENUM or SET at most, in bytes. */
unsigned binlog_string_bytes(const struct binlog_column *column);
/* Takes a length-encoded number; NULL where it does not end before `end`. */
const uint8_t *binlog_take_length(const uint8_t *at, const uint8_t *end,
                                  uint64_t *number);

#endif
