#ifndef TIDEMARK_SYNC_SCHEDULE_H
#define TIDEMARK_SYNC_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/steer.h"
#include "sync/sync.h"

/*
 * When each table that does not follow the log is read next. Belongs to one
 * thread. `now_us` is monotonic; the last success, kept in the state by UTC,
 * is only looked at when a table is first met.
 */
struct schedule;

struct schedule *schedule_new(void);
void schedule_free(struct schedule *schedule); /* NULL is allowed */
/* Takes what a listing of all tables found; tables that are not there any
 * more are forgotten, known ones keep their time. */
void schedule_take(struct schedule *schedule, const struct work *works,
                   size_t count, int64_t now_us);
/* Names of the tables that are due and not paused; borrowed until the next
 * schedule_take, the array is the caller's. */
size_t schedule_due(const struct schedule *schedule, struct steer *steer,
                    int64_t now_us, const char ***names);
/* What became of a table in a run that began at `started_us`. */
void schedule_ran(struct schedule *schedule, const struct work_result *result,
                  int64_t started_us);
/* Those that are due could not be read: source or warehouse are away. */
void schedule_failed(struct schedule *schedule, int64_t now_us);
/* How many tables there are, and how many of them are on time. */
size_t schedule_count(const struct schedule *schedule, size_t *on_time);
/* When the next table is due; INT64_MAX where none will be. */
int64_t schedule_next_us(const struct schedule *schedule,
                         struct steer *steer);

/* How often a table of that mode is read without settings. */
uint64_t schedule_default_every_ms(enum mode mode);

#endif
