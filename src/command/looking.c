/* Reads the state beside whoever works on it: no lock, no writes. */
#include "looking.h"

#include "base/memory.h"
#include "base/text.h"

enum status looking_open(struct looking *looking,
                         const struct command_line *line, struct error *error)
{
    const char *path = line->state;
    enum status status = STATUS_OK;
    if (!looking->settings && (!path || line->config))
        status = command_settings_public(line, &looking->settings, error);
    if (status != STATUS_OK)
        return status;
    if (looking->settings)
        path = looking->settings->state;
    status = state_open(path, STATE_READ, &looking->state, error);
    if (status != STATUS_OK)
        looking_close(looking);
    return status;
}

char *looking_socket(const struct looking *looking,
                     const struct command_line *line)
{
    if (looking->settings)
        return memory_text(looking->settings->socket);
    return memory_format("%s.sock", line->state);
}

void looking_pause(struct looking *looking)
{
    state_close(looking->state);
    looking->state = NULL;
}

void looking_close(struct looking *looking)
{
    looking_pause(looking);
    settings_free(looking->settings);
    looking->settings = NULL;
}

bool looking_wants(const struct command_line *line, const char *name)
{
    if (line->argument_count == 0)
        return true;
    for (size_t i = 0; i < line->argument_count; i++)
        if (text_matches(name, line->arguments[i]))
            return true;
    return false;
}
