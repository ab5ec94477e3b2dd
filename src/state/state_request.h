#ifndef TIDEMARK_STATE_STATE_REQUEST_H
#define TIDEMARK_STATE_STATE_REQUEST_H

#include "state/state.h"

/* Within a transaction, or as one. The same request, if it is open, is not
 * filed twice. */
enum status request_add(struct state *state,
                        const struct state_request *request,
                        struct error *error) MUST_CHECK;

#endif
