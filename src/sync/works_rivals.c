/*
 * Tables that would fill the same table of the warehouse.
 */
#include "base/text.h"
#include "sync/works.h"

static void refuse_twin(struct work *work, const char *other)
{
    (void)error_set_status(&work->problem, ERROR_SETTINGS_VALUE, STATUS_TABLE,
                           "cannot load table \"%s\" into \"%s\": table "
                           "\"%s\" is loaded there", work->name,
                           work->table->target, other);
    error_effect(&work->problem, "The table stands still; others go on.");
    error_next(&work->problem, "set  %s: {to: ANOTHER_NAME}", work->name);
}

/* Was it loaded there before? */
static bool is_at_home(const struct work *work)
{
    return work->state && work->state->success_us != 0 &&
           work->state->target &&
           text_equal(work->state->target, work->table->target);
}

/* Of two tables that would fill the same one the one that was there before
 * goes on, else the first. */
static void refuse_twins(struct listing *listing)
{
    for (size_t i = 1; i < listing->count; i++) {
        struct work *work = &listing->works[i];
        for (size_t j = 0; j < i && work->problem.id == ERROR_NONE; j++) {
            struct work *other = &listing->works[j];
            if (!other->table || !text_equal(work->table->target,
                                             other->table->target))
                continue;
            if (is_at_home(work) && !is_at_home(other))
                refuse_twin(other, work->name);
            else
                refuse_twin(work, other->name);
        }
    }
}

/* Would that table of the state fill the work's? One that is not read now,
 * else its work would tell. */
static bool is_twin(const struct listing *listing, const struct work *work,
                    const struct state_table *known)
{
    const char *target = work->table->target;
    if (known->success_us == 0 || !known->target ||
        !text_equal(known->target, target) ||
        !text_equal(known->source, listing->sync->endpoint->name) ||
        works_has(listing, known->name))
        return false;
    const struct table_settings *entry =
        settings_for(listing->sync->settings, known->name);
    return entry && text_equal(target, entry->target ? entry->target
                                                     : known->name);
}

/* Was that table of the state the last to fill the work's target? */
static bool has_filled(const struct listing *listing, const struct work *work,
                       const struct state_table *known)
{
    int64_t own_us = work->state ? work->state->success_us : 0;
    return known->success_us > own_us && known->target &&
           text_equal(known->target, work->table->target) &&
           !text_equal(known->name, work->name) &&
           text_equal(known->source, listing->sync->endpoint->name);
}

/* A table that was loaded where this one would be, and that the command does
 * not name. */
static void refuse_strangers(struct listing *listing)
{
    struct state_table **known = listing->known;
    for (size_t i = 0; i < listing->count && known; i++) {
        struct work *work = &listing->works[i];
        for (size_t j = 0; known[j] && work->problem.id == ERROR_NONE; j++) {
            work->takes_over |= has_filled(listing, work, known[j]);
            if (!is_at_home(work) && is_twin(listing, work, known[j]))
                refuse_twin(work, known[j]->name);
        }
    }
}

void works_refuse_rivals(struct listing *listing)
{
    refuse_twins(listing);
    refuse_strangers(listing);
}
