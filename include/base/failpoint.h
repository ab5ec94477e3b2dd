#ifndef TIDEMARK_BASE_FAILPOINT_H
#define TIDEMARK_BASE_FAILPOINT_H

#include "base/error.h"

/*
 * Named points where tests inject a fault. Only builds configured with
 * --enable-failpoints contain them. The environment says what happens:
 *
 *     TIDEMARK_FP="deliver.acknowledged=kill@3;state.save=error@2+"
 *
 * actions: kill (SIGKILL to itself), error (the function returns
 * STATUS_TEMPORARY, id 1203), exit (_exit 7), sleep:MILLISECONDS, stop (SIGSTOP
 * to itself: the test changes the world around it and lets it go on), full
 * (the disk of the state is full from then on). @N acts on the N-th hit only,
 * @N+ from the N-th on, without @ on each. TIDEMARK_FP_LOG names a file to
 * which every hit is appended, one name a line. The list of all points comes
 * from the source text: scripts/failpoints.
 */
#ifdef TIDEMARK_FAILPOINTS
enum status failpoint_hit(const char *name, struct error *error) MUST_CHECK;
/* For the disk of the state: has an action `full` been met? */
bool failpoint_is_disk_full(void);
#define FAILPOINT(name, error)                                    \
    do {                                                          \
        enum status failpoint_ = failpoint_hit((name), (error));  \
        if (failpoint_ != STATUS_OK)                              \
            return failpoint_;                                    \
    } while (0)
#else
#define FAILPOINT(name, error) ((void)(error))
#endif

#endif
