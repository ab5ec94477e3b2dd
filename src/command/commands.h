#ifndef TIDEMARK_COMMAND_COMMANDS_H
#define TIDEMARK_COMMAND_COMMANDS_H

#include "command/command.h"

/* One function a command, each in a file of its name; see struct command. */
#define COMMAND_FUNCTION(name)                                         \
    enum status command_##name(const struct command_line *line,        \
                               int *exit_code, struct error *error)
COMMAND_FUNCTION(backfill);
COMMAND_FUNCTION(check);
COMMAND_FUNCTION(config);
COMMAND_FUNCTION(daemon);
COMMAND_FUNCTION(explain);
COMMAND_FUNCTION(grants);
COMMAND_FUNCTION(help);
COMMAND_FUNCTION(history);
COMMAND_FUNCTION(init);
COMMAND_FUNCTION(manual);
COMMAND_FUNCTION(names);
COMMAND_FUNCTION(pause);
COMMAND_FUNCTION(plan);
COMMAND_FUNCTION(preview);
COMMAND_FUNCTION(resume);
COMMAND_FUNCTION(run);
COMMAND_FUNCTION(selftest);
COMMAND_FUNCTION(status);
COMMAND_FUNCTION(throttle);
COMMAND_FUNCTION(version);
#undef COMMAND_FUNCTION

/* ERROR_USAGE for a name that is no command: a typing error gets the nearest
 * one, a command that this build does not have is told so. */
enum status command_unknown(const char *name, struct error *error);

#endif
