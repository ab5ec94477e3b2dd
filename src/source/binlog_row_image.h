#ifndef TIDEMARK_SOURCE_BINLOG_ROW_IMAGE_H
#define TIDEMARK_SOURCE_BINLOG_ROW_IMAGE_H

#include "source/binlog_row.h"

/* Row images: cut into values, made into the row of a batch being written. */

/* The columns that the images of an event have. */
struct binlog_present {
    const uint8_t *bits; /* those beyond the last column may be anything */
    size_t count;
    bool is_whole; /* every column of the map */
    bool has_all;  /* columns that the table has */
    bool has_key;
};
void binlog_present_init(struct binlog_present *present,
                         const struct binlog_table *table,
                         const uint8_t *bits);

/* Cuts the image at `at` (its NULL bitmap) into `values`; the place behind
 * it, or NULL. */
const uint8_t *binlog_image_cut(const struct binlog_table *table,
                                const struct binlog_present *present,
                                const uint8_t *at, const uint8_t *end,
                                struct bytes *values);

/* The after image takes from the before image what it does not have itself;
 * true where every column of the table is there. */
bool binlog_image_complete(struct binlog_table *table);
/* Whether each value of the key lies as the same bytes in both images; NULL,
 * which no key has, is never the same. */
bool binlog_image_keeps_key(const struct binlog_table *table);

/* Makes the row being written from a whole image while that is cut, into
 * table->after too; the place behind it. NULL where it cannot be made, whatever
 * the reason: the row is dropped, and may be cut first and then made. */
const uint8_t *binlog_image_take(struct binlog_table *table,
                                 struct batch *batch, const uint8_t *at,
                                 const uint8_t *end);

enum binlog_image_result {
    IMAGE_MADE,     /* every cell is there; the row is not ended */
    IMAGE_FAILED,   /* likewise, but mysql_cell_error says what failed */
    IMAGE_TOO_LARGE, /* dropped: the batch has no room for it */
    IMAGE_MALFORMED /* dropped */
};
/* Makes the cells of the row being written; `is_key_only`: those of the key,
 * all others are blank. */
enum binlog_image_result binlog_image_make(struct binlog_table *table,
                                           struct batch *batch,
                                           const struct bytes *values,
                                           bool is_key_only);
/* False for a row of a system-versioned table that is history. */
bool binlog_image_is_current(const struct binlog_table *table,
                             const struct bytes *values);
/* The key as JSON array of texts, appended; false where it cannot be told. */
bool binlog_image_key(struct binlog_table *table, const struct bytes *values,
                      struct buffer *text);

#endif
