/*
 * The list of drivers. A new one is one line here.
 */
#include "warehouse/warehouse.h"

#include <string.h>

#include "base/memory.h"
#include "driver.h"

/* Room for drivers that tests add. */
#define ADDED_MAX 4

static const struct warehouse_ops *drivers[2 + ADDED_MAX + 1] = {
    &clickhouse_warehouse_ops,
    &files_warehouse_ops,
};

const struct warehouse_ops *const *warehouse_all(void)
{
    return drivers;
}

static bool is_scheme_of(const struct warehouse_ops *ops, const char *scheme)
{
    const char *schemes = ops->keys->schemes;
    size_t length = strlen(scheme);
    while (length > 0) {
        size_t size = strcspn(schemes, "|");
        if (size == length && memcmp(schemes, scheme, size) == 0)
            return true;
        if (schemes[size] == 0)
            break;
        schemes += size + 1;
    }
    return false;
}

const struct warehouse_ops *warehouse_find(const char *scheme)
{
    for (size_t i = 0; drivers[i]; i++) {
        if (is_scheme_of(drivers[i], scheme))
            return drivers[i];
    }
    return NULL;
}

void warehouse_register(const struct warehouse_ops *ops)
{
    size_t i = 0;
    while (drivers[i])
        i++;
    if (i + 1 < ARRAY_COUNT(drivers))
        drivers[i] = ops;
}

void warehouse_plan_release(struct warehouse_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        memory_free(plan->changes[i].text);
    memory_free(plan->changes);
    memory_free(plan->why);
    memset(plan, 0, sizeof *plan);
}
