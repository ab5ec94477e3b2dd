#ifndef TIDEMARK_COMMAND_METER_H
#define TIDEMARK_COMMAND_METER_H

#include <stddef.h>

#include "command/command.h"
#include "sync/progress.h"

/*
 * Shows on standard error what a run does: a block that is drawn anew on a
 * terminal, a line every 30 s with --progress line, else nothing. A thread of
 * its own reads `progress`, which must outlive it. One at a time.
 */
struct meter;

/* NULL where nothing is to be shown. */
struct meter *meter_start(const struct command_line *line,
                          struct progress *progress, size_t count);
/* Takes the block away; NULL is allowed. */
void meter_stop(struct meter *meter);

/* A line that is there until the next call, for what takes a moment before
 * there is anything to show; NULL takes it away. Only on a terminal. */
void meter_note(const struct command_line *line, const char *text);

#endif
