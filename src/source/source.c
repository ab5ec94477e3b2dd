/* The drivers for sources, as data: another one is another line here. */
#include "source/source.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "driver.h"

static const struct source_ops *const DRIVERS[] = {&mysql_ops, NULL};

/* Is `scheme` one of the names in "mysql|mariadb"? */
static bool has_scheme(const char *schemes, const char *scheme)
{
    while (*schemes != '\0') {
        size_t length = strcspn(schemes, "|");
        if (strlen(scheme) == length && memcmp(schemes, scheme, length) == 0)
            return true;
        schemes += length;
        schemes += *schemes == '|' ? 1 : 0;
    }
    return false;
}

const struct source_ops *source_find(const char *scheme)
{
    for (size_t i = 0; DRIVERS[i] != NULL; i++)
        if (has_scheme(DRIVERS[i]->keys->schemes, scheme))
            return DRIVERS[i];
    return NULL;
}

const struct source_ops *const *source_all(void)
{
    return DRIVERS;
}
