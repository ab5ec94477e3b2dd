/* `run`: one pass over the tables, then exit. */
#include "commands.h"
#include "document.h"
#include "opening.h"
#include "pass.h"

enum status command_run(const struct command_line *line, int *exit_code,
                        struct error *error)
{
    struct opening opening = {.settings = NULL};
    if (line->dry_run)
        return command_plan(line, exit_code, error);
    enum status status = pass_run(line, &opening, NULL, error);
    opening_close(&opening);
    if (status == STATUS_BUSY)
        error_next(error, "wait for it, or pass --skip-if-running; where it "
                   "is the daemon, it reads by itself");
    if (status != STATUS_BUSY || !line->skip_if_running)
        return status;
    error_clear(error);
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        document_bool(document, "skipped", true);
        document_print(document);
    }
    return STATUS_OK;
}
