/*
 * `names`: the tables that the state knows, one a line. Not shown in help: the
 * completion of a shell asks for it, so it is quick and opens no connection.
 */
#include <stdio.h>

#include "commands.h"
#include "looking.h"
#include "screen.h"

enum status command_names(const struct command_line *line, int *exit_code,
                          struct error *error)
{
    struct looking looking = {.state = NULL};
    struct state_table **tables = NULL;
    (void)exit_code;
    enum status status = looking_open(&looking, line, error);
    if (status == STATUS_OK && looking.state)
        status = state_tables(looking.state, &tables, error);
    for (size_t i = 0; status == STATUS_OK && tables && tables[i]; i++)
        screen_line(stdout, "%s", tables[i]->name);
    state_tables_free(tables);
    looking_close(&looking);
    return status;
}
