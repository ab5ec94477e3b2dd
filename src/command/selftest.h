#ifndef TIDEMARK_COMMAND_SELFTEST_H
#define TIDEMARK_COMMAND_SELFTEST_H

#include "command/command.h"
#include "sync/sync.h"

/*
 * The same rows by both roads: last images in the log, and SELECT. What must
 * stay true: a difference is told only of a row of which the log, read to an
 * end behind the SELECT, holds nothing newer; values of rows are never told.
 */

/* What became of a row. */
enum selftest_verdict {
    SELFTEST_OPEN,      /* not compared yet, or changed since */
    SELFTEST_EQUAL,
    SELFTEST_DIFFERENT
};

/* The last that the log says of a row. */
struct selftest_image {
    struct selftest_image *next; /* in its bucket */
    struct bytes key;   /* canonical; owned */
    char *key_text;     /* as people read it */
    char *filter;       /* the key in the language of filters; NULL: it cannot
                           be written in it */
    uint8_t *cells;     /* see selftest_images.c; NULL: the row was deleted */
    size_t cell_bytes;
    uint64_t digest;
    enum selftest_verdict verdict;
    bool is_met;        /* the SELECT brought it */
    bool *differs;      /* by column, then digest, then the row itself; NULL:
                           nothing does */
};

/* Why images could not be compared. */
enum selftest_reason {
    SELFTEST_COLUMNS,   /* the table changed after them */
    SELFTEST_EMPTIED,
    SELFTEST_STATEMENT,
    SELFTEST_PARTS,     /* images without all columns */
    SELFTEST_BAD_VALUE,
    SELFTEST_BUSY,      /* they changed each time they were looked at */
    SELFTEST_REASON_COUNT
};

struct selftest {
    struct source *source;
    struct source_session *session;
    const char *database;
    const struct work *work;
    struct shape shape;   /* the table's, so that every row is told */
    struct followed followed;
    uint64_t row_limit;
    uint64_t byte_limit;
    struct batch *batch;
    bool takes_new;       /* rows that were not met yet are taken */
    char *place;          /* read up to there */
    struct log_extent extent;
    struct selftest_image **images;
    size_t count;
    uint64_t bytes;
    struct selftest_image **buckets;
    size_t bucket_count;  /* a power of two */
    uint64_t seen;        /* row images of the table */
    uint64_t lost[SELFTEST_REASON_COUNT];  /* rows; ... */
    uint64_t times[SELFTEST_REASON_COUNT]; /* ... places in the log */
};

/* --- selftest_images.c --------------------------------------------------- */

void selftest_images_init(struct selftest *test);
/* Forgets those that are not yet compared as equal; counts them under that
 * reason. */
void selftest_images_lose(struct selftest *test, enum selftest_reason reason);
void selftest_images_release(struct selftest *test);
/* Takes the rows of the batch, in their order, and clears it. */
void selftest_take(struct selftest *test);
/* The image of that row of the batch; NULL: none. */
struct selftest_image *selftest_find(const struct selftest *test, size_t row);
/* Compares a row that was selected; `row` is of the batch. */
void selftest_compare(const struct selftest *test,
                      struct selftest_image *image, size_t row);
/* The SELECT has no such row. */
void selftest_compare_absent(const struct selftest *test,
                             struct selftest_image *image);
size_t selftest_count(const struct selftest *test,
                      enum selftest_verdict verdict);

/* --- selftest_log.c ------------------------------------------------------ */

/* Walks back through the log until there are rows enough. */
enum status selftest_walk(struct selftest *test,
                          const struct command_line *line,
                          struct error *error) MUST_CHECK;
/* Reads on to the end as it is now. */
enum status selftest_read_on(struct selftest *test, struct error *error)
    MUST_CHECK;

/* --- selftest_select.c --------------------------------------------------- */

/* Selects every row that is open and compares it. */
enum status selftest_select(struct selftest *test, struct error *error)
    MUST_CHECK;

/* --- selftest_show.c ----------------------------------------------------- */

void selftest_print(const struct command_line *line,
                    const struct selftest *test);
void selftest_print_json(const struct command_line *line,
                         const struct selftest *test);

#endif
