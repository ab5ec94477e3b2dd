#ifndef TIDEMARK_SETTINGS_LATER_H
#define TIDEMARK_SETTINGS_LATER_H

#include "settings/key.h"

/* Is it the name of a setting that is decided but not yet built? Such a key
 * is refused by name instead of being unknown. */
bool later_has(enum key_place place, const char *name);
/* As later_has, for the modes. */
bool later_has_mode(const char *name);

#endif
