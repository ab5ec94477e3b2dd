/*
 * What ends the round of a daemon: tables must be described anew because of
 * what a person asked for, or one that may be mended.
 */
#include "base/clock.h"
#include "base/log.h"
#include "sync/cdc_stay_reading.h"

/* A table that cannot be followed is looked at so often. */
#define PROBLEMS_US INT64_C(600000000)

void reading_end(struct reading *reading, const char *reason)
{
    if (reading->ending_us)
        return;
    log_line(LOG_DEBUG, reading->cdc->name, "the round ends: %s", reason);
    reading->ending_us = clock_monotonic_us();
    atomic_store(&reading->stay->is_ending, true);
}

void reading_look_at_steer(struct reading *reading)
{
    struct stay *stay = reading->stay;
    struct sync_run *run = reading->cdc->run;
    uint64_t generation = steer_generation(stay->steer);
    if (generation == stay->generation)
        return;
    stay->generation = generation;
    if (steer_must_leave(stay->steer))
        reading_end(reading, "the settings were read anew");
    for (size_t i = 0; i < run->count; i++) {
        const struct work *work = &run->works[i];
        bool is_followed = cdc_table_named(reading->cdc, work->name) != NULL;
        if (work->mode == MODE_CDC && work->problem.id == ERROR_NONE &&
            steer_is_paused(stay->steer, work->name) == is_followed)
            reading_end(reading, "a table was paused or resumed");
    }
}

void reading_look_at_problems(struct reading *reading)
{
    const struct sync_run *run = reading->cdc->run;
    if (reading->now_us - reading->began_us < PROBLEMS_US)
        return;
    for (size_t i = 0; i < run->count; i++)
        if (run->works[i].mode == MODE_CDC &&
            run->works[i].problem.id != ERROR_NONE &&
            run->works[i].problem.id != ERROR_TABLE_MISSING)
            reading_end(reading, "a table is looked at again");
}
