/*
 * Finds the tables of a command and makes a work of each: names and
 * descriptions come in few round trips for any number of tables.
 */
#include "base/memory.h"
#include "base/text.h"
#include "sync/schema_changes.h"
#include "sync/work.h"
#include "sync/works.h"

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

/* First names of the columns, as the state knows them. */
static enum status read_seeds(struct listing *listing, struct work *work,
                              struct error *error)
{
    struct table *table = work->table;
    char **seeds = memory_new(table->column_count, sizeof *seeds);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++)
        status = state_seed_read(listing->state,
                                 listing->sync->endpoint->name, work->name,
                                 table->columns[i].name, &seeds[i], error);
    work_set_seeds(table, seeds);
    return status;
}

/* Those of tables that the state does not know, as the warehouse does, where
 * it has any. */
static enum status ask_seeds(struct listing *listing, struct error *error)
{
    const struct warehouse_ops *ops = listing->sync->warehouse->ops;
    struct table **tables = memory_new(listing->count, sizeof *tables);
    char ***seeds = memory_new(listing->count, sizeof *seeds);
    enum status status = STATUS_OK;
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        const struct work *work = &listing->works[i];
        if (work->problem.id != ERROR_NONE || work->state)
            continue;
        size_t columns = work->table->column_count;
        char **names = memory_new(columns, sizeof *names);
        if (work->is_absent) {
            work_set_seeds(work->table, names);
            continue;
        }
        seeds[count] = names;
        tables[count++] = work->table;
    }
    if (count > 0 && ops->seeds)
        status = ops->seeds(listing->warehouse,
                            (const struct table *const *)tables, count, seeds,
                            error);
    for (size_t i = 0; i < count; i++)
        work_set_seeds(tables[i], seeds[i]);
    memory_free(seeds);
    memory_free(tables);
    return status;
}

static enum status shape_work(struct listing *listing, struct work *work,
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
        status = read_seeds(listing, work, error);
    if (status == STATUS_OK)
        work_shape(listing->sync, listing->session, work);
    if (status == STATUS_OK && work->problem.id == ERROR_NONE && work->state)
        status = read_seeds(listing, work, error);
    return status;
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
 * rows would never come again. And those that nobody has seen yet. */
static void note_stored(struct work *work, bool is_stored, bool is_shown)
{
    if (work->state) {
        work->is_lost = !is_stored;
        work->is_hidden = !is_shown;
    } else {
        work->is_absent = !is_stored && !is_shown;
    }
}

static enum status look_stored(struct listing *listing, struct error *error)
{
    const struct table **tables = memory_new(listing->count, sizeof *tables);
    struct work **works = memory_new(listing->count, sizeof *works);
    bool *is_stored = memory_new(listing->count, sizeof *is_stored);
    bool *is_shown = memory_new(listing->count, sizeof *is_shown);
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        struct work *work = &listing->works[i];
        if (work->problem.id != ERROR_NONE ||
            (work->state && work->state->success_us == 0))
            continue;
        works[count] = work;
        tables[count++] = work->table;
    }
    enum status status = count > 0 ? ask_stored(listing, tables, count,
                                                is_stored, is_shown, error)
                                   : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        note_stored(works[i], is_stored[i], is_shown[i]);
    memory_free(is_stored);
    memory_free(is_shown);
    memory_free(works);
    memory_free(tables);
    return status;
}

static enum status make_works(struct listing *listing, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++)
        status = shape_work(listing, &listing->works[i], error);
    if (status == STATUS_OK)
        status = look_stored(listing, error);
    if (status == STATUS_OK)
        status = ask_seeds(listing, error);
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++) {
        struct work *work = &listing->works[i];
        if (work->problem.id != ERROR_NONE)
            continue;
        work->shape_text = work_shape_text(listing->sync, work);
        if (work->state && work->state->success_us != 0 &&
            schema_needs_person(work->state->shape, work->shape_text,
                                work->settings->schema_changes))
            work_wait_for_person(work, &work->problem);
    }
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
        status = works_find_names(listing, error);
    if (status == STATUS_OK)
        status = describe_all(listing, error);
    if (status == STATUS_OK)
        status = look_at_log(listing, error);
    if (status == STATUS_OK)
        status = make_works(listing, error);
    if (status != STATUS_OK)
        return status;
    works_refuse_rivals(listing);
    return STATUS_OK;
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
