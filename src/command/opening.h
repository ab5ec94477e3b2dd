#ifndef TIDEMARK_COMMAND_OPENING_H
#define TIDEMARK_COMMAND_OPENING_H

#include "command/command.h"
#include "sync/sync.h"

/* What commands need, opened step by step and closed by one call. All zero is
 * nothing opened. */
struct opening {
    struct settings *settings;
    struct state_lock *lock;
    struct state *state; /* for writing */
    struct sync *sync;
    struct work *works;
    size_t count;
};

/* Settings, then the lock, then the state: a state in use is told before
 * anything is asked of a server. */
enum status opening_lock(struct opening *opening,
                         const struct command_line *line,
                         struct error *error) MUST_CHECK;
/* Settings alone; nothing where they are there already. */
enum status opening_settings(struct opening *opening,
                             const struct command_line *line,
                             struct error *error) MUST_CHECK;
/* Both ends and the tables that the command line names. `retries`: temporary
 * faults are tried again for as long as the settings say. */
enum status opening_connect(struct opening *opening,
                            const struct command_line *line, bool retries,
                            struct error *error) MUST_CHECK;
/* What the warehouse's layout lacks: (*plans)[i] of works[i], empty for a table
 * with a problem. Freed by opening_plans_free, which takes NULL too. */
enum status opening_plans(const struct opening *opening,
                          struct warehouse_plan **plans, struct error *error)
    MUST_CHECK;
void opening_plans_free(const struct opening *opening,
                        struct warehouse_plan *plans);
void opening_close(struct opening *opening);

#endif
