#ifndef TIDEMARK_COMMAND_PASS_H
#define TIDEMARK_COMMAND_PASS_H

#include "command/command.h"
#include "sync/sync.h"

/*
 * One pass over tables, `run` and `backfill` alike: the lock is taken before
 * anything else, the history gets its line whatever happens, and what became
 * of each table is printed. `choice` NULL is a run. Returns the status of the
 * pass; an error that was printed already is cleared. `opening` holds settings
 * or nothing, and is the caller's to close.
 */
struct opening;
enum status pass_run(const struct command_line *line,
                     struct opening *opening,
                     const struct backfill_choice *choice,
                     struct error *error) MUST_CHECK;

#endif
