/* The drivers for warehouses, as data: another one is another line here. */
#include "warehouse/warehouse.h"

#include <string.h>

#include "base/memory.h"
#include "driver.h"

#define REGISTERED_MAX 4

/* The built ones, then what tests add, then NULL. */
static const struct warehouse_ops *drivers[2 + REGISTERED_MAX + 1] = {
    &clickhouse_warehouse_ops,
    &files_warehouse_ops,
};

/* Is `scheme` one of the names in "clickhouse|ch"? */
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

const struct warehouse_ops *warehouse_find(const char *scheme)
{
    for (size_t i = 0; drivers[i] != NULL; i++)
        if (has_scheme(drivers[i]->keys->schemes, scheme))
            return drivers[i];
    return NULL;
}

const struct warehouse_ops *const *warehouse_all(void)
{
    return drivers;
}

void warehouse_register(const struct warehouse_ops *ops)
{
    size_t count = 0;
    while (drivers[count] != NULL)
        count++;
    if (count + 1 < ARRAY_COUNT(drivers))
        drivers[count] = ops;
}

void warehouse_plan_release(struct warehouse_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        memory_free(plan->changes[i].text);
    memory_free(plan->changes);
    memory_free(plan->why);
    memset(plan, 0, sizeof *plan);
}
