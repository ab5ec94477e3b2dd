/*
 * Opens what a command works with. Tables and connections go before the state,
 * the lock goes last.
 */
#include "opening.h"

#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "meter.h"

#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 30000

enum status opening_settings(struct opening *opening,
                             const struct command_line *line,
                             struct error *error)
{
    if (opening->settings)
        return STATUS_OK;
    return command_settings(line, &opening->settings, error);
}

enum status opening_lock(struct opening *opening,
                         const struct command_line *line, struct error *error)
{
    enum status status = opening_settings(opening, line, error);
    if (status == STATUS_OK)
        status = state_lock(opening->settings->state, &opening->lock, error);
    if (status == STATUS_OK)
        status = state_open(opening->settings->state, STATE_WRITE,
                            &opening->state, error);
    return status;
}

static enum status connect_once(struct opening *opening,
                                const struct command_line *line,
                                struct error *error)
{
    const struct work_choice choice = {.patterns = line->arguments,
                                       .count = line->argument_count};
    enum status status = sync_open(opening->settings, &opening->sync, error);
    if (status == STATUS_OK)
        status = works_list(opening->sync, &choice, &opening->works,
                            &opening->count, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    sync_close(opening->sync);
    opening->sync = NULL;
    return status;
}

/* Somebody who looks on is told why nothing happens. */
static void tell_retry(const struct error *error, uint64_t wait_ms)
{
    enum log_level level = isatty(STDERR_FILENO) ? LOG_WARNING : LOG_INFO;
    log_line(level, NULL, "%s (%s); again in %.1f s", error->what,
             error_id_text(error->id), (double)wait_ms / 1000);
}

enum status opening_connect(struct opening *opening,
                            const struct command_line *line, bool retries,
                            struct error *error)
{
    struct backoff backoff;
    uint64_t wait_ms = 0;
    enum status status = opening_settings(opening, line, error);
    if (status != STATUS_OK)
        return status;
    backoff_init(&backoff, RETRY_FIRST_MS, RETRY_CAP_MS,
                 retries ? opening->settings->retry_ms : 0);
    for (;;) {
        error_clear(error);
        meter_note(line, "connecting to source and warehouse");
        status = connect_once(opening, line, error);
        meter_note(line, NULL);
        if (status != STATUS_TEMPORARY || !retries ||
            !backoff_next(&backoff, 0, &wait_ms))
            return status;
        tell_retry(error, wait_ms);
        if (!clock_sleep_ms(wait_ms))
            return stop_check(error);
    }
}

static enum status ask_plans(const struct opening *opening,
                             const struct table *const *tables, size_t count,
                             struct warehouse_plan *plans,
                             struct error *error)
{
    struct warehouse *warehouse = opening->sync->warehouse;
    struct warehouse_session *session = NULL;
    enum status status = warehouse->ops->session_open(warehouse, &session,
                                                      error);
    if (status == STATUS_OK && count > 0)
        status = warehouse->ops->plan(session, tables, count, plans, error);
    if (session)
        warehouse->ops->session_close(session);
    return status;
}

enum status opening_plans(const struct opening *opening,
                          struct warehouse_plan **plans, struct error *error)
{
    const struct table **tables = memory_new(opening->count, sizeof *tables);
    struct warehouse_plan *asked = memory_new(opening->count, sizeof *asked);
    size_t count = 0;
    *plans = memory_new(opening->count, sizeof **plans);
    for (size_t i = 0; i < opening->count; i++)
        if (opening->works[i].problem.id == ERROR_NONE)
            tables[count++] = opening->works[i].table;
    enum status status = ask_plans(opening, tables, count, asked, error);
    count = 0;
    for (size_t i = 0; i < opening->count && status == STATUS_OK; i++)
        if (opening->works[i].problem.id == ERROR_NONE)
            (*plans)[i] = asked[count++];
    memory_free(tables);
    memory_free(asked);
    return status;
}

void opening_plans_free(const struct opening *opening,
                        struct warehouse_plan *plans)
{
    for (size_t i = 0; plans && i < opening->count; i++)
        warehouse_plan_release(&plans[i]);
    memory_free(plans);
}

void opening_close(struct opening *opening)
{
    if (opening->sync) {
        works_free(opening->sync, opening->works, opening->count);
        sync_close(opening->sync);
    }
    state_close(opening->state);
    state_unlock(opening->lock);
    settings_free(opening->settings);
    memset(opening, 0, sizeof *opening);
}
