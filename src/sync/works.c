/*
 * Finds the tables of a command and makes a work of each: names and
 * descriptions come in few round trips for any number of tables.
 */
#include "base/memory.h"
#include "base/text.h"
#include "sync/schema_changes.h"
#include "sync/work.h"

/* The works while they are made. */
struct listing {
    struct sync *sync;
    const struct work_choice *choice;
    struct source_session *session;
    struct warehouse_session *warehouse;
    struct state *state; /* NULL: nothing was ever done */
    struct state_table **known; /* of the state, ends in NULL; or NULL */
    struct work *works;
    size_t count;
};

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

static bool is_listed(const struct listing *listing, const char *name)
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
        if (!entry->is_exact || is_listed(listing, entry->pattern) ||
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
        if (!entry || is_listed(listing, known[i]->name) ||
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

static enum status find_names(struct listing *listing, struct error *error)
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

static void take_description(struct work *work, struct source_table *found)
{
    work->described = found;
    if (found) {
        work->table = found->table;
        return;
    }
    (void)error_set(&work->problem, ERROR_TABLE_MISSING,
                    "cannot find table \"%s\" at the source", work->name);
}

static enum status describe_all(struct listing *listing, struct error *error)
{
    const char **names = memory_new(listing->count, sizeof *names);
    struct source_table **found = memory_new(listing->count, sizeof *found);
    size_t asked = 0;
    for (size_t i = 0; i < listing->count; i++)
        if (listing->works[i].problem.id == ERROR_NONE)
            names[asked++] = listing->works[i].name;
    enum status status = listing->sync->source->ops->describe(
        listing->session, names, asked, found, error);
    asked = 0;
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++)
        if (listing->works[i].problem.id == ERROR_NONE)
            take_description(&listing->works[i], found[asked++]);
    memory_free(names);
    memory_free(found);
    return status;
}

/* First names of the columns: by the state, else by the warehouse. */
static enum status find_seeds(struct listing *listing, struct work *work,
                              struct error *error)
{
    struct table *table = work->table;
    const struct warehouse_ops *ops = listing->sync->warehouse->ops;
    char **seeds = memory_new(table->column_count, sizeof *seeds);
    enum status status = STATUS_OK;
    bool is_known = work->state != NULL;
    for (size_t i = 0; i < table->column_count && is_known &&
                       status == STATUS_OK; i++)
        status = state_seed_read(listing->state,
                                 listing->sync->endpoint->name, work->name,
                                 table->columns[i].name, &seeds[i], error);
    if (!is_known && ops->seeds)
        status = ops->seeds(listing->warehouse, table, seeds, error);
    work_set_seeds(table, seeds);
    return status;
}

static enum status make_work(struct listing *listing, struct work *work,
                             struct error *error)
{
    enum status status = STATUS_OK;
    if (listing->state)
        status = state_table_read(listing->state,
                                  listing->sync->endpoint->name, work->name,
                                  &work->state, error);
    if (status != STATUS_OK || work->problem.id != ERROR_NONE)
        return status;
    if (work->settings->schema_changes == SCHEMA_CHANGES_FREEZE &&
        work->state)
        status = find_seeds(listing, work, error);
    if (status != STATUS_OK)
        return status;
    work_shape(listing->sync, listing->session, work);
    if (work->problem.id != ERROR_NONE)
        return STATUS_OK;
    status = find_seeds(listing, work, error);
    if (status != STATUS_OK)
        return status;
    work->shape_text = work_shape_text(listing->sync, work);
    if (work->state && work->state->success_us != 0 &&
        schema_needs_person(work->state->shape, work->shape_text,
                            work->settings->schema_changes))
        work_wait_for_person(work, &work->problem);
    return STATUS_OK;
}

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
        is_listed(listing, known->name))
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

static enum status ask_stored(struct listing *listing,
                              const struct table *const *tables,
                              size_t count, bool *is_stored, bool *is_shown,
                              struct error *error)
{
    const struct warehouse_ops *ops = listing->sync->warehouse->ops;
    if (ops->stored)
        return ops->stored(listing->warehouse, tables, count, is_stored,
                           is_shown, error);
    struct warehouse_plan *plans = memory_new(count, sizeof *plans);
    enum status status = ops->plan(listing->warehouse, tables, count, plans,
                                   error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        is_stored[i] = !plans[i].is_new;
        is_shown[i] = true;
        warehouse_plan_release(&plans[i]);
    }
    memory_free(plans);
    return status;
}

/* Tables that were loaded once and that the warehouse has no more: their old
 * rows would never come again. */
static enum status find_lost(struct listing *listing, struct error *error)
{
    const struct table **tables = memory_new(listing->count, sizeof *tables);
    struct work **works = memory_new(listing->count, sizeof *works);
    bool *is_stored = memory_new(listing->count, sizeof *is_stored);
    bool *is_shown = memory_new(listing->count, sizeof *is_shown);
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        struct work *work = &listing->works[i];
        if (work->problem.id != ERROR_NONE || !work->state ||
            work->state->success_us == 0)
            continue;
        works[count] = work;
        tables[count++] = work->table;
    }
    enum status status = count > 0 ? ask_stored(listing, tables, count,
                                                is_stored, is_shown, error)
                                   : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        works[i]->is_lost = !is_stored[i];
        works[i]->is_hidden = !is_shown[i];
    }
    memory_free(is_stored);
    memory_free(is_shown);
    memory_free(works);
    memory_free(tables);
    return status;
}

static const struct state_table *known_as(const struct listing *listing,
                                          const char *name)
{
    for (size_t i = 0; listing->known && listing->known[i]; i++)
        if (text_equal(listing->known[i]->name, name) &&
            text_equal(listing->known[i]->source,
                       listing->sync->endpoint->name))
            return listing->known[i];
    return NULL;
}

/* The log is looked at where a guess needs it: of a table that has none. */
static enum status look_at_log(const struct listing *listing,
                               struct error *error)
{
    const struct log_look *look;
    for (size_t i = 0; i < listing->count; i++) {
        const struct work *work = &listing->works[i];
        const struct state_table *known = known_as(listing, work->name);
        bool is_settled = known && known->mode && known->is_guessed;
        if (work->problem.id == ERROR_NONE && work_may_follow(work) &&
            !is_settled)
            return sync_log_look(listing->sync, &look, error);
    }
    return STATUS_OK;
}

static enum status list_all(struct listing *listing, struct error *error)
{
    struct sync *sync = listing->sync;
    enum status status = state_open(sync->settings->state, STATE_READ,
                                    &listing->state, error);
    if (status == STATUS_OK && listing->state)
        status = state_tables(listing->state, &listing->known, error);
    if (status == STATUS_OK)
        status = sync->source->ops->session_open(sync->source,
                                                 &listing->session, error);
    if (status == STATUS_OK)
        status = sync->warehouse->ops->session_open(
            sync->warehouse, &listing->warehouse, error);
    if (status == STATUS_OK)
        status = find_names(listing, error);
    if (status == STATUS_OK)
        status = describe_all(listing, error);
    if (status == STATUS_OK)
        status = look_at_log(listing, error);
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++)
        status = make_work(listing, &listing->works[i], error);
    if (status != STATUS_OK)
        return status;
    refuse_twins(listing);
    refuse_strangers(listing);
    return find_lost(listing, error);
}

enum status works_list(struct sync *sync, const struct work_choice *choice,
                       struct work **works, size_t *count,
                       struct error *error)
{
    struct listing listing = {.sync = sync, .choice = choice};
    enum status status = list_all(&listing, error);
    if (listing.session)
        sync->source->ops->session_close(listing.session);
    if (listing.warehouse)
        sync->warehouse->ops->session_close(listing.warehouse);
    state_tables_free(listing.known);
    state_close(listing.state);
    if (status != STATUS_OK) {
        works_free(sync, listing.works, listing.count);
        listing.works = NULL;
        listing.count = 0;
    }
    *works = listing.works;
    *count = listing.count;
    return status;
}

static void work_release(struct sync *sync, struct work *work)
{
    if (work->described) {
        pool_forget(sync->pool, work->table);
        sync->source->ops->table_free(work->described);
    }
    shape_release(&work->shape);
    zone_free(work->cursor_zone);
    state_table_free(work->state);
    for (size_t i = 0; i < work->remark_count; i++)
        memory_free(work->remarks[i]);
    memory_free(work->remarks);
    memory_free(work->shape_text);
    memory_free(work->name);
}

void works_cut(struct sync *sync, struct work *works, size_t kept,
               size_t count)
{
    for (size_t i = kept; i < count; i++)
        work_release(sync, &works[i]);
}

void works_free(struct sync *sync, struct work *works, size_t count)
{
    for (size_t i = 0; i < count; i++)
        work_release(sync, &works[i]);
    memory_free(works);
}
