#ifndef TIDEMARK_COMMAND_METER_DRAW_H
#define TIDEMARK_COMMAND_METER_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "sync/progress.h"

/* What a run is doing, as lines of text; pure. Each appends to `target`. */

/* Columns of a terminal, and of them for the longest name. */
struct meter_layout {
    size_t columns;
    size_t name_columns;
};
/* A line of a table at work, as in the interface: share, rows, rate and time
 * left only from 1 % on. Cut at the last column; without a line feed. */
void meter_draw_table(const struct progress_table *table, int64_t now_us,
                      const struct meter_layout *layout,
                      struct buffer *target);
/* The layout for these tables; long names get no more than 24 columns. */
struct meter_layout meter_layout_of(const struct progress_table *tables,
                                    size_t count, size_t columns);
/* Is a reader or loader busy with it? */
bool meter_is_at_work(const struct progress_table *table);
/* "38 tables: 34 on time, 1 copying"; without a line feed. */
void meter_draw_counts(const struct progress_table *tables, size_t count,
                       struct buffer *target);
/* 950, 84k, 7.4M, 12.1M, 3.0G into target (>= 24 bytes); returns it. */
const char *meter_count(char *target, uint64_t value);
/* 0:56, 12:03, 1:02:03 into target (>= 24 bytes); returns it. */
const char *meter_left(char *target, uint64_t seconds);

#endif
