/* Which entry of `tables:` is meant for a table. */

#include <string.h>

#include "base/text.h"
#include "settings/settings.h"

#define RANK_NONE 0u
#define RANK_EXACT SIZE_MAX

/* How exactly the pattern means the table; RANK_NONE: not at all. */
static size_t rank_of(const char *pattern, const char *table)
{
    if (!text_is_pattern(pattern))
        return text_equal(pattern, table) ? RANK_EXACT : RANK_NONE;
    return text_matches(table, pattern) ? strcspn(pattern, "*?[") + 1
                                        : RANK_NONE;
}

const struct table_settings *settings_for(const struct settings *settings,
                                          const char *table)
{
    const struct table_settings *best = NULL;
    size_t best_rank = RANK_NONE;

    for (size_t i = 0; i < settings->table_count; i++) {
        size_t rank = rank_of(settings->tables[i].pattern, table);

        if (rank == RANK_NONE || rank < best_rank)
            continue;
        best = &settings->tables[i];
        best_rank = rank;
    }
    for (size_t i = 0; i < settings->except_count; i++) {
        if (rank_of(settings->except[i], table) >= best_rank)
            return NULL;
    }
    return best;
}
