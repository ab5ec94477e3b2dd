#ifndef TIDEMARK_COMMAND_DRIVERS_H
#define TIDEMARK_COMMAND_DRIVERS_H

#include "command/command.h"
#include "settings/settings.h"

/* The settings' view of the drivers of this build. */
#define DRIVERS_MAX 16
struct drivers {
    const struct key_table *sources[DRIVERS_MAX];
    const struct key_table *warehouses[DRIVERS_MAX];
    struct settings_options options; /* points into this struct */
};
void drivers_fill(struct drivers *drivers, const struct command_line *line);

#endif
