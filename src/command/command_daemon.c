/* `daemon`: stays, follows the log, and reads the other tables when they are
 * due. */
#include "commands.h"
#include "opening.h"
#include "base/stop.h"
#include "serve/daemon.h"

static enum status load(void *context, struct settings **settings,
                        struct error *error)
{
    return command_settings(context, settings, error);
}

enum status command_daemon(const struct command_line *line, int *exit_code,
                           struct error *error)
{
    struct opening opening = {.settings = NULL};
    if (line->dry_run)
        return command_plan(line, exit_code, error);
    stop_end_on_second();
    enum status status = opening_lock(&opening, line, error);
    if (status == STATUS_BUSY)
        error_next(error, "wait for it or end it; a daemon beside it needs "
                   "settings and a state of its own");
    if (status == STATUS_OK) {
        const struct daemon_options options = {
            .settings = &opening.settings,
            .state = opening.state,
            .load = load,
            .context = (void *)(uintptr_t)line,
        };
        status = daemon_run(&options, error);
    }
    opening_close(&opening);
    return status;
}
