#ifndef TIDEMARK_WAREHOUSE_FILES_H
#define TIDEMARK_WAREHOUSE_FILES_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "files_encode.h"
#include "warehouse/warehouse.h"

/*
 * A folder of files, for uploaders and archives. The format:
 *
 *     ROOT/TABLE/manifest.ndjson      what counts, the only thing to trust
 *     ROOT/TABLE/PART                 rows
 *     ROOT/TABLE/READING/PART         rows of a full reading
 *
 * Whoever reads trusts the manifest alone, never a listing, and of it whole
 * lines only. Its lines are objects, in the order in which they became true:
 *
 *     {"table":"orders","key":[..],"columns":[..]}  the layout from here on
 *     {"name":"PART","rows":N,"bytes":N,"xxh3":"16 digits",
 *      "lowest_version":V,"highest_version":V,"part":K,"parts":N,
 *      "key":[..],"columns":[{"name":..,"type":..,"nullable":..,"seed":..}]}
 *         a part, counted again from its closed file; "READING/PART" where it
 *         is one of a reading. The N parts of a load stand in N lines behind
 *         each other; they count when the last of them is there
 *     {"begin":"READING","key":[..],"columns":[..]}  a full reading begins; it
 *         counts for nothing
 *     {"current":"READING"}  it is whole, and alone the table from here on;
 *         what was before is removed
 *
 * TABLE is files_name of the target, READING is reading-RANDOM. A part is gzip
 * of NDJSON, one object a row: _tm_version, _tm_deleted, _tm_digest,
 * _tm_bucket (where the key is not one integer), then the stored columns as
 * files_encode.h says. Of the rows of one key the one with the highest
 * _tm_version counts, and only when its _tm_deleted is 0.
 *
 * PART is LOAD.ndjson.gz, or LOAD.K-N.ndjson.gz of a load of several. LOAD is
 * the load's identity, STREAM-PLACE-VERSION-DELIVERY-REQUEST-HASH: the stream
 * as files_name, HASH the XXH3 of the bytes of all parts in turn. What is not
 * finished ends in .tmp and is locked (flock) by its writer. Every change
 * happens under the flock of the manifest; readers need none.
 */
#define FILES_MANIFEST "manifest.ndjson"
#define FILES_SUFFIX ".ndjson.gz"
#define FILES_UNFINISHED FILES_SUFFIX ".tmp"
#define FILES_READING "reading-"
/* Bytes of a name with its NUL, as file systems allow. */
#define FILES_NAME_BYTES 256
/* Of a name that files_name makes. */
#define FILES_ENCODED_BYTES 121
/* Of a reading's name. */
#define FILES_READING_BYTES 40

struct files {
    struct warehouse base;
    char *root; /* path of the folder */
    uint64_t max_bytes;
    struct warehouse_facts facts;
};

/* What counts, or would: the live rows, or the copy that is being filled. */
struct files_reading {
    char name[FILES_READING_BYTES]; /* "": the table's folder itself */
    uint64_t rows;
    uint64_t bytes;
    uint64_t highest; /* version; 0: no row */
    json_t *layout;   /* {"key":..,"columns":..} as last told, or NULL */
};

/* The manifest of a table, read on from where it was left; `directory` and
 * `file` are open between files_manifest_open and _close only. */
struct files_manifest {
    char *folder;    /* the table's below the root; NULL: none yet */
    int directory;   /* -1: not open, or not there */
    int file;        /* the same */
    uint64_t inode;  /* of the file that was read */
    uint64_t offset; /* bytes of whole loads and lines that were read */
    uint64_t open_rows; /* of a load whose last part is still to come, */
    uint64_t open_bytes;
    uint64_t open_highest; /* which moves `offset` only as it is whole */
    struct files_reading live;
    struct files_reading beside; /* its name is "" where there is none */
    bool is_mended; /* files_recover has been in the folder of `mended` */
    char mended[FILES_READING_BYTES];
};

struct files_session {
    struct warehouse_session base;
    struct files *files;
    struct files_manifest manifest; /* of the table used last */
};

/* files_name.c */
/* A name for a file: A-Z a-z 0-9 _ - and '.' stay, but for a leading - and .;
 * all else is %XX; what gets longer than 120 bytes ends in "~" and 16 digits
 * of its hash. Two texts never share a name. FILES_ENCODED_BYTES. */
void files_name(const char *text, char *target);
/* LOAD without its hash. `target` has FILES_NAME_BYTES. */
void files_load_name(const struct identity *identity, char *target);
/* LOAD, K and N of a part's name; false where it is none. `load` has
 * FILES_NAME_BYTES. */
bool files_part_parse(const char *name, char *load, unsigned *part,
                      unsigned *count);
/* LOAD.ndjson.gz, or LOAD.K-N.ndjson.gz. `target` has FILES_NAME_BYTES. */
void files_part_name(const char *load, unsigned part, unsigned count,
                     char *target);
/* The hash at the end of LOAD, 0 where there is none. */
uint64_t files_load_hash(const char *load);
/* "reading-" and random digits. `target` has FILES_READING_BYTES. */
void files_reading_name(char *target);
/* Is it a name that files_reading_name makes? */
bool files_is_reading(const char *name);

/* files_folder.c */
/* Sets the failure that errno means: "could not DOING "PATH": REASON". */
enum status files_fail(struct error *error, const char *doing,
                       const char *path);
/* Opens a folder below the root; no link is followed there. `makes`: it and
 * the root are made (0700) where missing. Else *directory is -1 where it is
 * not there. */
enum status files_folder_open(const struct files *files, const char *folder,
                              bool makes, int *directory,
                              struct error *error) MUST_CHECK;
/* The same for a folder in an open one. */
enum status files_folder_enter(int directory, const char *name, bool makes,
                               int *entered, struct error *error) MUST_CHECK;
/* Calls `take` with each name in the folder, "." and ".." left out. */
enum status files_folder_each(int directory,
                              enum status (*take)(void *context,
                                                  const char *name,
                                                  struct error *error),
                              void *context, struct error *error) MUST_CHECK;
/* Removes a folder of files. */
enum status files_folder_remove(int directory, const char *name,
                                struct error *error) MUST_CHECK;

/* files_manifest.c */
/* Opens and reads on; what was known of another table is forgotten. Where it
 * is not there `file` stays -1, unless `makes`. */
enum status files_manifest_open(const struct files *files,
                                struct files_manifest *manifest,
                                const struct table *table, bool makes,
                                struct error *error) MUST_CHECK;
/* The same by the table's folder. */
enum status files_manifest_open_folder(const struct files *files,
                                       struct files_manifest *manifest,
                                       const char *folder, bool makes,
                                       struct error *error) MUST_CHECK;
/* Opens one that must be there and takes its lock. */
enum status files_manifest_open_locked(const struct files *files,
                                       struct files_manifest *manifest,
                                       const char *folder,
                                       struct error *error) MUST_CHECK;
/* Waits for the lock, reads on and cuts what is not whole at the end. */
enum status files_manifest_lock(struct files_manifest *manifest,
                                struct error *error) MUST_CHECK;
/* Appends whole lines, which are on the disk then, or not there. With the
 * lock held. */
enum status files_manifest_append(struct files_manifest *manifest,
                                  const struct buffer *lines,
                                  struct error *error) MUST_CHECK;
/* Calls `take` for each line from the one that begins at or behind `from`. */
enum status files_manifest_each(struct files_manifest *manifest,
                                uint64_t from,
                                bool (*take)(void *context,
                                             const json_t *line),
                                void *context, struct error *error)
    MUST_CHECK;
/* Rows of a load ("LOAD" or "READING/LOAD") that counts. */
enum status files_manifest_find(struct files_manifest *manifest,
                                const char *load, uint64_t *rows,
                                bool *is_there, struct error *error)
    MUST_CHECK;
/* Closes and unlocks; what was read stays known. */
void files_manifest_close(struct files_manifest *manifest);
void files_manifest_forget(struct files_manifest *manifest);

/* files_line.c */
/* Takes a line into what is known of `manifest`; false where it is not one.
 * *is_whole: no part of its load is still to come. */
bool files_line_take(struct files_manifest *manifest, const json_t *line,
                     bool *is_whole);
/* What a part's line says; the text is borrowed from the line. */
struct files_part_line {
    const char *name;
    uint64_t rows;
    uint64_t bytes;
    uint64_t highest;
    uint64_t part;
    uint64_t parts;
};
/* False where it is not a part's line. */
bool files_line_read(const json_t *line, struct files_part_line *part);
/* False where the name is not [READING/]LOAD.. of that load. */
bool files_line_is_of(const struct files_part_line *part, const char *load);
/* The reading of that name ("" for the table's own folder); NULL: it neither
 * counts nor is being filled. */
struct files_reading *files_reading_named(struct files_manifest *manifest,
                                          const char *name);
/* That of "READING/.." or of a name in the table's own folder. */
struct files_reading *files_reading_of(struct files_manifest *manifest,
                                       const char *path);

/* files_layout.c */
/* "key":[..],"columns":[..] */
void files_layout_write(const struct table *table, struct buffer *target);
json_t *files_layout_of(const struct table *table);
/* How the layout of a table differs from the live one. */
void files_layout_plan(const struct table *table,
                       const struct files_reading *live,
                       struct warehouse_plan *plan);
/* The column of that name, or NULL; borrowed. */
const json_t *files_layout_find(const json_t *layout, const char *name);

/* files_table.c */
enum status files_fit(struct warehouse *warehouse, struct table *table,
                      struct error *error) MUST_CHECK;
enum status files_plan(struct warehouse_session *session,
                       const struct table *const *tables, size_t count,
                       struct warehouse_plan *plans, struct error *error)
    MUST_CHECK;
enum status files_prepare(struct warehouse_session *session,
                          const struct table *table, bool *is_new,
                          struct error *error) MUST_CHECK;
enum status files_seeds(struct warehouse_session *session,
                        const struct table *const *tables, size_t count,
                        char ***seed_names, struct error *error) MUST_CHECK;
enum status files_highest(struct warehouse_session *session,
                          const struct table *table, uint64_t *version,
                          struct error *error) MUST_CHECK;
enum status files_size(struct warehouse_session *session,
                       const struct table *table, uint64_t *rows,
                       uint64_t *bytes, struct error *error) MUST_CHECK;

/* files_gzip.c: one gzip member, level 1. */
struct gzip_writer;
struct gzip_writer *gzip_writer_new(void);
void gzip_writer_free(struct gzip_writer *writer); /* NULL is allowed */
/* Compresses all of `input`; `ends` closes the member. `write` gets what comes
 * out, with `context`. */
struct gzip_output {
    enum status (*write)(void *context, struct bytes text,
                         struct error *error);
    void *context;
};
enum status gzip_write(struct gzip_writer *writer, struct bytes input,
                       bool ends, const struct gzip_output *output,
                       struct error *error) MUST_CHECK;

/* files_count.c: what a closed part holds, by reading it. */
struct files_count {
    uint64_t rows;
    uint64_t bytes;   /* of the file */
    uint64_t hash;    /* XXH3 of the file */
    uint64_t lowest;  /* versions; 0 where it has no row */
    uint64_t highest;
};
/* `hashes` (an XXH3_state_t) takes the bytes of the file too. False in
 * *is_sound where it is not one whole gzip of lines with versions. */
enum status files_count_part(int file, void *hashes,
                             struct files_count *count, bool *is_sound,
                             struct error *error) MUST_CHECK;

/* files_part.c: one file that is being written. */
struct files_part {
    int directory; /* borrowed */
    int file;      /* locked; -1: closed */
    char name[FILES_NAME_BYTES]; /* as it is called now; "": removed */
    struct gzip_writer *gzip;
    uint64_t bytes; /* written so far */
    uint64_t rows;  /* put so far */
    struct files_count count; /* once it is closed */
};
enum status files_part_open(struct files_part *part, int directory,
                            const char *name, struct error *error)
    MUST_CHECK;
enum status files_part_write(struct files_part *part, struct bytes text,
                             struct error *error) MUST_CHECK;
/* Closes the gzip, syncs, counts and compares. `hashes` as above. */
enum status files_part_close(struct files_part *part, void *hashes,
                             struct error *error) MUST_CHECK;
enum status files_part_rename(struct files_part *part, const char *name,
                              struct error *error) MUST_CHECK;
/* Removes the file unless `keeps`. */
void files_part_release(struct files_part *part, bool keeps);
/* Its line of the manifest, appended. `reading` "": none; `layout` is the
 * inside of an object. */
void files_part_line_write(const struct files_part *part,
                           const char *reading, const char *layout,
                           unsigned number, unsigned count,
                           struct buffer *target);

/* files_recover.c */
/* Removes what killed processes left in the folder of a reading ("" for the
 * table's own), once in a session: .tmp files that nobody writes. Whole loads
 * that only lack their lines get them; they are removed where `table` has no
 * key. With the lock held. */
enum status files_recover(struct files_manifest *manifest, const char *reading,
                          int directory, const struct table *table,
                          struct error *error) MUST_CHECK;

/* files_load.c */
enum status files_begin(struct warehouse_session *session,
                        const struct load_request *request,
                        struct load **load, struct error *error) MUST_CHECK;
enum status files_put(struct load *load, const struct batch *batch,
                      struct error *error) MUST_CHECK;
enum status files_finish(struct load *load, char *handle, size_t size,
                         struct error *error) MUST_CHECK;
void files_end(struct load *load);
enum status files_poll(struct warehouse_session *session, const char *handle,
                       uint64_t rows, uint64_t *wait_ms, struct error *error)
    MUST_CHECK;

/* files_reload.c */
enum status files_beside(struct warehouse_session *session,
                         const struct table *table, bool keeps, char *token,
                         size_t size, struct error *error) MUST_CHECK;
enum status files_swap(struct warehouse_session *session,
                       const struct table *table, const char *token,
                       struct error *error) MUST_CHECK;

#endif
