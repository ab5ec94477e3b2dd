/*
 * What keeps source or warehouse as a whole away is met once, before any table
 * is looked at. Who asks how a table stands must find it there all the same.
 */
#include "sync/outage.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/schedule.h"

static bool has_mode(const struct state_table *table, enum mode mode)
{
    return table->mode && text_equal(table->mode, mode_name(mode));
}

/* Was the table's next reading due before now? */
static bool is_due(const struct state_table *table,
                   const struct table_settings *own)
{
    enum mode mode = has_mode(table, MODE_FULL) ? MODE_FULL
                                                : MODE_INCREMENTAL;
    uint64_t every_ms = own->every_ms ? own->every_ms
                                      : schedule_default_every_ms(mode);
    int64_t since_us = clock_utc_us() - table->success_us;
    return since_us > 0 && (uint64_t)since_us / 1000 >= every_ms;
}

struct pauses {
    struct state_pause *list;
    size_t count;
};

/* It does not wait for the end of the outage. */
static bool is_paused(const struct pauses *pauses,
                      const struct state_table *table)
{
    for (size_t i = 0; i < pauses->count; i++)
        if (text_equal(pauses->list[i].source, table->source) &&
            (!pauses->list[i].table[0] ||
             text_equal(pauses->list[i].table, table->name)))
            return true;
    return false;
}

static bool is_held_up(const struct outage *outage,
                       const struct state_table *table)
{
    const struct table_settings *own = settings_for(outage->settings,
                                                    table->name);
    if (!own || !table->mode || table->life != LIFE_LIVE ||
        !text_equal(table->source, outage->source) ||
        text_equal(table->problem.what, outage->problem->what))
        return false;
    return has_mode(table, MODE_CDC)
               ? outage->of_followed
               : outage->of_scheduled && is_due(table, own);
}

static enum status keep(const struct outage *outage, struct state *state,
                        struct state_table *const *tables,
                        struct error *error)
{
    struct pauses pauses = {.list = NULL};
    size_t count = 0;
    size_t held_up = 0;
    enum status status = state_pauses(state, &pauses.list, &pauses.count,
                                      error);
    if (status != STATUS_OK)
        return status;
    while (tables[count])
        count++;
    const char **names = memory_new(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        if (is_held_up(outage, tables[i]) && !is_paused(&pauses, tables[i]))
            names[held_up++] = tables[i]->name;
    status = state_tables_trouble(state, outage->source, names, held_up,
                                  outage->problem, error);
    memory_free(pauses.list);
    memory_free(names);
    return status;
}

void outage_keep(const struct outage *outage)
{
    struct state *state = NULL;
    struct state_table **tables = NULL;
    struct error error;
    enum status status = state_open(outage->settings->state, STATE_WRITE,
                                    &state, &error);
    if (status == STATUS_OK)
        status = state_tables(state, &tables, &error);
    if (status == STATUS_OK)
        status = keep(outage, state, tables, &error);
    if (status != STATUS_OK)
        log_line(LOG_WARNING, NULL, "%s", error.what);
    state_tables_free(tables);
    state_close(state);
}
