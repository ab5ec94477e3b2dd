#ifndef TIDEMARK_COMMAND_METER_DRAW_H
#define TIDEMARK_COMMAND_METER_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "sync/progress.h"

/* What a run is doing, as lines of text; pure. Each appends to `target`. */

/* A line of a table at work, as in the interface: share, rows, rate and time
 * left only from 1 % on. Cut at `columns` columns; without a line feed. */
void meter_draw_table(const struct progress_table *table, int64_t now_us,
                      size_t columns, struct buffer *target);
/* "38 tables: 34 on time, 1 copying"; without a line feed. */
void meter_draw_counts(const struct progress_table *tables, size_t count,
                       struct buffer *target);
/* 950, 84k, 7.4M, 12.1M, 3.0G into target (>= 16 bytes); returns it. */
const char *meter_count(char *target, uint64_t value);
/* 0:56, 12:03, 1:02:03 into target (>= 24 bytes); returns it. */
const char *meter_left(char *target, uint64_t seconds);

#endif
