/* Tables that are read together: a place of the log stands for all of them, so
 * none of those that follow it can be left out. */
#include "base/memory.h"
#include "base/text.h"
#include "sync/work.h"

static bool follows(const struct work *work)
{
    return work->mode == MODE_CDC && work->problem.id == ERROR_NONE;
}

static bool has_follower(const struct work *works, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (follows(&works[i]))
            return true;
    return false;
}

static bool is_among(const struct work *works, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(works[i].name, name))
            return true;
    return false;
}

enum status works_widen(struct sync *sync, struct work **works, size_t *count,
                        struct error *error)
{
    struct work *all = NULL;
    size_t all_count = 0;
    size_t kept = 0;
    if (!has_follower(*works, *count))
        return STATUS_OK;
    enum status status = works_list(sync, NULL, &all, &all_count, error);
    if (status != STATUS_OK)
        return status;
    /* What is wanted goes to the front. */
    for (size_t i = 0; i < all_count; i++) {
        struct work work = all[i];
        if (!follows(&work) && !is_among(*works, *count, work.name))
            continue;
        all[i] = all[kept];
        all[kept++] = work;
    }
    works_cut(sync, all, kept, all_count);
    works_free(sync, *works, *count);
    *works = all;
    *count = kept;
    return STATUS_OK;
}
