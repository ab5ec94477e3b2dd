#ifndef TIDEMARK_SYNC_OUTCOME_H
#define TIDEMARK_SYNC_OUTCOME_H

#include "sync/task.h"

/*
 * What became of a table, in the words of the interface: fills state and lag
 * of task->result from its problem, and keeps the table's line and its part of
 * the run's history. `state` NULL: nothing can be kept. A failure to keep
 * becomes the result's problem where there is none yet.
 */
void outcome_keep(struct task *task, struct state *state);
/* The state word of a table that the run did not come to. */
const char *outcome_resting(const struct work *work);

#endif
