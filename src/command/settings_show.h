#ifndef TIDEMARK_COMMAND_SETTINGS_SHOW_H
#define TIDEMARK_COMMAND_SETTINGS_SHOW_H

#include <jansson.h>

#include "settings/settings.h"

/* The settings in force as an object of objects, in the names of the file.
 * Secrets are never in it; where one came from is. */
json_t *settings_show(const struct settings *settings);

#endif
