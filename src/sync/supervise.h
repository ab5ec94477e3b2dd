#ifndef TIDEMARK_SYNC_SUPERVISE_H
#define TIDEMARK_SYNC_SUPERVISE_H

#include "sync/cdc.h"

/*
 * Works at every table of the run that is not idle, several side by side:
 * where `cdc` is there by a copy at its place, else as its mode says. The
 * worst status; *error is what ended the run for all, or ERROR_NONE.
 */
enum status supervise(struct sync *sync, struct sync_run *run,
                      struct cdc *cdc, const bool *is_idle,
                      struct error *error) MUST_CHECK;

/* cdc_run.c: follows the log to its present end, in as many rounds as its
 * requests ask for. Likewise. */
enum status cdc_run(struct sync *sync, struct sync_run *run,
                    struct error *error) MUST_CHECK;

#endif
