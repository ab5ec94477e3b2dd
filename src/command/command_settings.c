/* Settings with the keys of every driver of this build. */
#include <string.h>

#include "drivers.h"
#include "source/source.h"
#include "warehouse/warehouse.h"

void drivers_fill(struct drivers *drivers, const struct command_line *line)
{
    struct settings_options *options = &drivers->options;
    memset(drivers, 0, sizeof *drivers);
    options->path = line->config;
    options->state = line->state;
    options->source_drivers = drivers->sources;
    options->warehouse_drivers = drivers->warehouses;
    for (size_t i = 0; source_all()[i] && i < DRIVERS_MAX; i++)
        drivers->sources[options->source_driver_count++] =
            source_all()[i]->keys;
    for (size_t i = 0; warehouse_all()[i] && i < DRIVERS_MAX; i++)
        drivers->warehouses[options->warehouse_driver_count++] =
            warehouse_all()[i]->keys;
}

enum status command_settings(const struct command_line *line,
                             struct settings **settings, struct error *error)
{
    struct drivers drivers;
    drivers_fill(&drivers, line);
    return settings_load(&drivers.options, settings, error);
}

enum status command_settings_public(const struct command_line *line,
                                    struct settings **settings,
                                    struct error *error)
{
    struct drivers drivers;
    drivers_fill(&drivers, line);
    drivers.options.needs_no_secrets = true;
    return settings_load(&drivers.options, settings, error);
}
