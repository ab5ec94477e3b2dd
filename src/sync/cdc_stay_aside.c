/*
 * What a daemon that follows the log does every now and then beside it, in a
 * thread of its own: a slow disk or a slow answer of the source holds no row
 * up.
 */
#include <string.h>

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc_stay_reading.h"

#define CONFIRM_US INT64_C(10000000)
#define NAMES_US INT64_C(60000000)

/* --- in the thread ------------------------------------------------------- */

static enum status confirm(struct stay_aside *aside, struct error *error)
{
    struct cdc *cdc = aside->cdc;
    struct state *state = NULL;
    enum status status = state_open(state_path(cdc->state), STATE_WRITE,
                                    &state, error);
    if (status == STATUS_OK)
        status = state_tables_confirm(state, cdc->sync->endpoint->name,
                                      aside->current, aside->current_count,
                                      aside->current_us, error);
    state_close(state);
    return status;
}

static const struct work *find_work(const struct sync_run *run,
                                    const char *name)
{
    for (size_t i = 0; i < run->count; i++)
        if (text_equal(run->works[i].name, name))
            return &run->works[i];
    return NULL;
}

static bool is_new(const struct cdc *cdc, const struct source_name *name)
{
    const struct table_settings *entry = settings_for(cdc->sync->settings,
                                                      name->name);
    if (!entry || (name->is_view && !entry->is_exact))
        return false;
    const struct work *work = find_work(cdc->run, name->name);
    return !work || work->problem.id == ERROR_TABLE_MISSING;
}

/* By a connection of its own: that of the round may be long dead. */
static enum status look_for_tables(struct stay_aside *aside,
                                   struct error *error)
{
    struct source *source = aside->cdc->sync->source;
    struct source_session *session = NULL;
    struct source_name *names = NULL;
    size_t count = 0;
    enum status status = source->ops->session_open(source, &session, error);
    if (status != STATUS_OK)
        return status;
    status = source->ops->names(session, &names, &count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        aside->has_new = aside->has_new || is_new(aside->cdc, &names[i]);
    if (status == STATUS_OK)
        source->ops->names_free(names, count);
    source->ops->session_close(session);
    return status;
}

static enum status work(struct stay_aside *aside, struct error *error)
{
    enum status status = STATUS_OK;
    FAILPOINT("stay.aside", error);
    if (aside->current_us != 0)
        status = confirm(aside, error);
    if (status == STATUS_OK && aside->wants_names)
        status = look_for_tables(aside, error);
    return status;
}

static void *run_aside(void *argument)
{
    struct stay_aside *aside = argument;
    if (work(aside, &aside->error) == STATUS_OK)
        error_clear(&aside->error);
    atomic_store(&aside->has_ended, true);
    return NULL;
}

/* --- of the thread that reads -------------------------------------------- */

static void collect_current(struct stay_aside *aside, int64_t up_to_us)
{
    struct cdc *cdc = aside->cdc;
    aside->current = memory_new(cdc->count + 1, sizeof *aside->current);
    aside->current_us = up_to_us;
    for (size_t i = 0; i < cdc->count; i++)
        if (reading_is_current(&cdc->tables[i]))
            aside->current[aside->current_count++] =
                cdc->tables[i].work->name;
}

static enum status start(struct stay_aside *aside, struct error *error)
{
    error_clear(&aside->error);
    atomic_store(&aside->has_ended, false);
    int failed = pthread_create(&aside->thread, NULL, run_aside, aside);
    if (failed)
        return error_set(error, ERROR_MACHINE, "could not start a thread: %s",
                         strerror(failed));
    aside->is_started = true;
    return STATUS_OK;
}

enum status reading_join_aside(struct reading *reading, struct error *error)
{
    struct stay_aside *aside = &reading->aside;
    enum status status = STATUS_OK;
    if (!aside->is_started)
        return STATUS_OK;
    pthread_join(aside->thread, NULL);
    if (aside->has_new)
        reading_end(reading, "there is a new table");
    if (aside->error.id != ERROR_NONE &&
        aside->error.status != STATUS_STOPPED) {
        *error = aside->error;
        status = error->status;
    }
    memory_free(aside->current);
    *aside = (struct stay_aside){.cdc = NULL};
    return status;
}

enum status reading_look_aside(struct reading *reading, struct error *error)
{
    struct stay_aside *aside = &reading->aside;
    bool confirms = reading->lag_from_us != 0 &&
                    reading->now_us - reading->confirmed_us >= CONFIRM_US;
    bool names = reading->now_us - reading->named_us > NAMES_US;
    if (aside->is_started && !atomic_load(&aside->has_ended))
        return STATUS_OK;
    enum status status = reading_join_aside(reading, error);
    if (status != STATUS_OK || (!confirms && !names))
        return status;
    aside->cdc = reading->cdc;
    if (confirms) {
        collect_current(aside, reading->lag_from_us);
        reading->confirmed_us = reading->now_us;
    }
    if (names)
        reading->named_us = reading->now_us;
    aside->wants_names = names;
    return start(aside, error);
}
