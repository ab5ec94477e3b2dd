#ifndef TIDEMARK_SOURCE_MYSQL_POSITION_WRITE_H
#define TIDEMARK_SOURCE_MYSQL_POSITION_WRITE_H

#include "source/mysql_rows.h"
#include "source/source.h"

/*
 * Where a scan stands: the raw cells of cursor and key of the last row, kept
 * row by row (a few bytes), and made into the text of mysql.h when somebody
 * asks.
 */
struct mysql_position_part {
    size_t field; /* of the result */
    struct mysql_type type;
    bool is_number; /* behind the table's columns: ENUM, SET */
    size_t end;     /* of its bytes in `raw` */
};
/* No server has a key of more bytes than 3,072; up to 17 cells of it have
 * lengths of 9. What is longer cannot be noted. */
#define MYSQL_POSITION_BYTES 8192

struct mysql_position {
    struct mysql_position_part *parts;
    size_t part_count;
    size_t extra_count; /* fields that the SELECT must add for it */
    uint8_t *raw; /* of MYSQL_POSITION_BYTES */
    struct buffer text;
    bool is_there; /* a row was noted */
};

/* No parts for SCAN_WHOLE. */
void mysql_position_init(struct mysql_position *position,
                         const struct scan_request *request);
void mysql_position_release(struct mysql_position *position);
/* Keeps the cells of the row decoded last; its packet must still be there.
 * False where they are longer than any key. */
bool mysql_position_note(struct mysql_position *position,
                         const struct mysql_rows *rows) MUST_CHECK;
/* NULL where no row was noted, or where there are no parts. Borrowed. */
const char *mysql_position_text(struct mysql_position *position);

#endif
