/*
 * Which tables a command is about: those of the source that the settings
 * name, and what the settings or the state name and the source has no more.
 */
#include "base/memory.h"
#include "base/text.h"
#include "sync/works.h"

static bool is_wanted(const struct work_choice *choice, const char *name)
{
    if (!choice || choice->count == 0)
        return true;
    for (size_t i = 0; i < choice->count; i++)
        if (text_matches(name, choice->patterns[i]))
            return true;
    return false;
}

static struct work *add_work(struct listing *listing, const char *name,
                             const struct table_settings *settings)
{
    listing->works = memory_resize(listing->works, listing->count + 1,
                                   sizeof *listing->works);
    struct work *work = &listing->works[listing->count++];
    *work = (struct work){.name = memory_text(name), .settings = settings};
    return work;
}

static void add_found(struct listing *listing,
                      const struct source_name *names, size_t count)
{
    const struct settings *settings = listing->sync->settings;
    for (size_t i = 0; i < count; i++) {
        const struct table_settings *entry = settings_for(settings,
                                                          names[i].name);
        if (entry && (!names[i].is_view || entry->is_exact) &&
            is_wanted(listing->choice, names[i].name))
            add_work(listing, names[i].name, entry);
    }
}

bool works_has(const struct listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++)
        if (text_equal(listing->works[i].name, name))
            return true;
    return false;
}

/* Tables that the settings name and the source does not have. */
static void add_missing(struct listing *listing)
{
    const struct settings *settings = listing->sync->settings;
    for (size_t i = 0; i < settings->table_count; i++) {
        const struct table_settings *entry = &settings->tables[i];
        if (!entry->is_exact || works_has(listing, entry->pattern) ||
            !is_wanted(listing->choice, entry->pattern) ||
            !settings_for(settings, entry->pattern))
            continue;
        struct work *work = add_work(listing, entry->pattern, entry);
        (void)error_set(&work->problem, ERROR_TABLE_MISSING,
                        "cannot find table \"%s\" in database \"%s\" of the "
                        "source", entry->pattern,
                        listing->sync->endpoint->url.path);
        error_effect(&work->problem, "The other tables go on.");
        error_next(&work->problem,
                   "create it, or take it out of the settings");
    }
}

/* A followed table that is gone is told once: the log saw it go. */
static bool was_told(const struct listing *listing,
                     const struct state_table *known,
                     const struct table_settings *entry)
{
    bool is_named = listing->choice && listing->choice->count > 0;
    return !entry->is_exact && !is_named && entry->has_mode &&
           entry->mode == MODE_CDC &&
           known->problem.id == ERROR_TABLE_MISSING;
}

/* Tables that were loaded before, and that the source has no more. */
static void add_vanished(struct listing *listing)
{
    const struct settings *settings = listing->sync->settings;
    struct state_table **known = listing->known;
    for (size_t i = 0; known && known[i]; i++) {
        const struct table_settings *entry = settings_for(settings,
                                                          known[i]->name);
        if (!entry || works_has(listing, known[i]->name) ||
            !is_wanted(listing->choice, known[i]->name) ||
            was_told(listing, known[i], entry))
            continue;
        struct work *work = add_work(listing, known[i]->name, entry);
        (void)error_set(&work->problem, ERROR_TABLE_MISSING,
                        "cannot find table \"%s\" at the source any more",
                        work->name);
        error_effect(&work->problem, "What was loaded of it stays in the "
                     "warehouse; the other tables go on.");
        error_next(&work->problem, "if it is gone for good, leave it out:  "
                   "- except: [%s]", work->name);
    }
}

static bool is_matched(const struct listing *listing, const char *pattern)
{
    for (size_t i = 0; i < listing->count; i++)
        if (text_matches(listing->works[i].name, pattern))
            return true;
    return false;
}

/* The table of the settings that a typing error may stand for; borrowed. */
static const char *nearest_table(const struct listing *listing,
                                 const struct source_name *names,
                                 size_t count, const char *pattern)
{
    const char **known = memory_new(count, sizeof *known);
    size_t known_count = 0;
    for (size_t i = 0; i < count; i++)
        if (settings_for(listing->sync->settings, names[i].name))
            known[known_count++] = names[i].name;
    const char *near = text_nearest(pattern, known, known_count);
    memory_free(known);
    return near;
}

/* Each name of the command line stands for a table: one with a typing error
 * must not pass as done. */
static enum status check_choice(const struct listing *listing,
                                const struct source_name *names, size_t count,
                                struct error *error)
{
    const struct work_choice *choice = listing->choice;
    for (size_t i = 0; choice && i < choice->count; i++) {
        const char *pattern = choice->patterns[i];
        if (is_matched(listing, pattern))
            continue;
        const char *near = nearest_table(listing, names, count, pattern);
        (void)error_set(error, ERROR_NOTHING_MATCHES,
                        "no table of database \"%s\" that the settings name "
                        "matches \"%s\"", listing->sync->endpoint->url.path,
                        pattern);
        if (near)
            error_next(error, "did you mean \"%s\"? See  tidemark check",
                       near);
        else
            error_next(error, "tidemark check");
        return error->status;
    }
    return STATUS_OK;
}

enum status works_find_names(struct listing *listing, struct error *error)
{
    const struct source_ops *ops = listing->sync->source->ops;
    struct source_name *names = NULL;
    size_t count = 0;
    enum status status = ops->names(listing->session, &names, &count, error);
    if (status != STATUS_OK)
        return status;
    add_found(listing, names, count);
    add_missing(listing);
    add_vanished(listing);
    status = check_choice(listing, names, count, error);
    ops->names_free(names, count);
    if (status != STATUS_OK || listing->count > 0)
        return status;
    (void)error_set(error, ERROR_NOTHING_MATCHES,
                    "no table of database \"%s\" matches the settings",
                    listing->sync->endpoint->url.path);
    error_next(error, "tidemark check");
    return error->status;
}
