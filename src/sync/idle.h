#ifndef TIDEMARK_SYNC_IDLE_H
#define TIDEMARK_SYNC_IDLE_H

#include "sync/sync.h"

/*
 * Which tables have nothing to do, found for all of them in few round trips: a
 * table whose largest cursor lies before the next window has no row in it. The
 * tables' lines in the state move to the bound and the results are filled in;
 * is_idle[i] says so of works[i]. Their checkpoints stay: a later window
 * begins where the last one with rows ended, which reads no more.
 */
enum status idle_find(struct sync *sync, struct sync_run *run, bool *is_idle,
                      struct error *error) MUST_CHECK;

#endif
