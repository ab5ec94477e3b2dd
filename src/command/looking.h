#ifndef TIDEMARK_COMMAND_LOOKING_H
#define TIDEMARK_COMMAND_LOOKING_H

#include "command/command.h"
#include "settings/settings.h"
#include "state/state.h"

/* What commands need that only look at the state. Settings are left alone
 * where --state names the file: who looks need not have the secrets. */
struct looking {
    struct settings *settings; /* NULL: --state was given */
    struct state *state;       /* NULL: there is none yet */
};
/* Settings once, the state anew each time it is called. */
enum status looking_open(struct looking *looking,
                         const struct command_line *line,
                         struct error *error) MUST_CHECK;
/* Where the daemon of that state listens; the caller frees it. */
char *looking_socket(const struct looking *looking,
                     const struct command_line *line);
/* The state alone. */
void looking_pause(struct looking *looking);
void looking_close(struct looking *looking);

/* Is the name asked for on the command line? None asked for: all. */
bool looking_wants(const struct command_line *line, const char *name);

#endif
