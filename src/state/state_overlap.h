#ifndef TIDEMARK_STATE_STATE_OVERLAP_H
#define TIDEMARK_STATE_STATE_OVERLAP_H

#include "state/checkpoint_write.h"

/* The pairs of a checkpoint, within the transaction that saves it. */
enum status overlap_save(struct state *state,
                         const struct checkpoint *checkpoint,
                         struct error *error) MUST_CHECK;

#endif
