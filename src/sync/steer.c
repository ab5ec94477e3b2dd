/*
 * What a daemon's threads share. One mutex over small things; waits are short
 * steps, for a stop comes by a signal that can wake no condition.
 */
#include "sync/steer.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"

#define SLEEP_STEP_MS 200
#define PAY_STEP_MS 50
#define US_PER_SECOND 1000000
/* What may be read at once after a quiet time: a quarter of a second. */
#define BURST_PARTS 4

struct steer {
    pthread_mutex_t mutex;
    uint64_t generation;
    bool must_leave;
    bool is_all_paused;
    char **paused;
    size_t paused_count;
    uint64_t limit;      /* bytes a second; 0 none */
    int64_t credit;      /* bytes; below 0 is a debt to be waited for */
    int64_t credited_us; /* when credit was last topped up */
    bool is_present[STEER_PARTS];
    struct steer_figures figures[STEER_PARTS];
};

struct steer *steer_new(void)
{
    struct steer *steer = memory_new(1, sizeof *steer);
    pthread_mutex_init(&steer->mutex, NULL);
    steer->generation = 1;
    return steer;
}

static void forget_pauses(struct steer *steer)
{
    for (size_t i = 0; i < steer->paused_count; i++)
        memory_free(steer->paused[i]);
    memory_free(steer->paused);
    steer->paused = NULL;
    steer->paused_count = 0;
}

void steer_free(struct steer *steer)
{
    if (!steer)
        return;
    forget_pauses(steer);
    pthread_mutex_destroy(&steer->mutex);
    memory_free(steer);
}

/* At most some years. */
static int64_t microseconds(uint64_t milliseconds)
{
    return (milliseconds < INT64_MAX / 1000000
                ? (int64_t)milliseconds : INT64_MAX / 1000000) * 1000;
}

static bool enter(struct steer *steer)
{
    return steer && pthread_mutex_lock(&steer->mutex) == 0;
}

static void leave(struct steer *steer)
{
    pthread_mutex_unlock(&steer->mutex);
}

/* --- pauses ------------------------------------------------------------- */

/* Index of the table, paused_count where it is not paused by itself. */
static size_t find(const struct steer *steer, const char *table)
{
    size_t at = 0;
    while (at < steer->paused_count &&
           !text_equal(steer->paused[at], table))
        at++;
    return at;
}

static bool pause_table(struct steer *steer, const char *table)
{
    if (find(steer, table) < steer->paused_count)
        return false;
    steer->paused = memory_resize(steer->paused, steer->paused_count + 1,
                                  sizeof *steer->paused);
    steer->paused[steer->paused_count++] = memory_text(table);
    return true;
}

static bool resume_table(struct steer *steer, const char *table)
{
    size_t at = find(steer, table);
    if (at == steer->paused_count)
        return false;
    memory_free(steer->paused[at]);
    steer->paused[at] = steer->paused[--steer->paused_count];
    return true;
}

bool steer_pause(struct steer *steer, const char *table)
{
    if (!enter(steer))
        return false;
    bool changed = table ? pause_table(steer, table) : !steer->is_all_paused;
    if (!table)
        steer->is_all_paused = true;
    if (changed)
        steer->generation++;
    leave(steer);
    return changed;
}

bool steer_resume(struct steer *steer, const char *table)
{
    if (!enter(steer))
        return false;
    bool changed = table ? resume_table(steer, table)
                         : steer->is_all_paused || steer->paused_count > 0;
    if (!table) {
        steer->is_all_paused = false;
        forget_pauses(steer);
    }
    if (changed)
        steer->generation++;
    leave(steer);
    return changed;
}

bool steer_is_paused(struct steer *steer, const char *table)
{
    if (!enter(steer))
        return false;
    bool is_paused = steer->is_all_paused ||
                     (table && find(steer, table) < steer->paused_count);
    leave(steer);
    return is_paused;
}

enum status steer_load(struct steer *steer, struct state *state,
                       const char *source, struct error *error)
{
    struct state_pause *pauses = NULL;
    size_t count = 0;
    enum status status = state_pauses(state, &pauses, &count, error);
    for (size_t i = 0; i < count; i++)
        if (text_equal(pauses[i].source, source))
            (void)steer_pause(steer, pauses[i].table[0] ? pauses[i].table
                                                        : NULL);
    memory_free(pauses);
    return status;
}

void steer_touch(struct steer *steer)
{
    if (!enter(steer))
        return;
    steer->generation++;
    leave(steer);
}

uint64_t steer_generation(struct steer *steer)
{
    if (!enter(steer))
        return 0;
    uint64_t generation = steer->generation;
    leave(steer);
    return generation;
}

bool steer_sleep(struct steer *steer, uint64_t generation,
                 uint64_t milliseconds)
{
    int64_t end_us = clock_monotonic_us() + microseconds(milliseconds);
    while (steer_generation(steer) == generation) {
        int64_t left_ms = (end_us - clock_monotonic_us()) / 1000;
        if (left_ms <= 0)
            return true;
        if (left_ms > SLEEP_STEP_MS)
            left_ms = SLEEP_STEP_MS;
        if (!clock_sleep_ms((uint64_t)left_ms))
            return false;
    }
    return false;
}

/* --- settings were read anew -------------------------------------------- */

void steer_leave(struct steer *steer)
{
    if (!enter(steer))
        return;
    steer->must_leave = true;
    steer->generation++;
    leave(steer);
}

void steer_enter(struct steer *steer)
{
    if (!enter(steer))
        return;
    steer->must_leave = false;
    leave(steer);
}

bool steer_must_leave(struct steer *steer)
{
    if (!enter(steer))
        return false;
    bool must_leave = steer->must_leave;
    leave(steer);
    return must_leave;
}

enum status steer_check(struct steer *steer, struct error *error)
{
    if (!steer_must_leave(steer))
        return stop_check(error);
    return error_set(error, ERROR_INTERRUPTED,
                     "interrupted: the settings are read again");
}

/* --- throttle ----------------------------------------------------------- */

void steer_throttle(struct steer *steer, uint64_t bytes_a_second)
{
    if (!enter(steer))
        return;
    steer->limit = bytes_a_second;
    steer->credit = 0;
    steer->credited_us = clock_monotonic_us();
    leave(steer);
}

uint64_t steer_throttled(struct steer *steer)
{
    if (!enter(steer))
        return 0;
    uint64_t limit = steer->limit;
    leave(steer);
    return limit;
}

static int64_t bounded(uint64_t bytes)
{
    return bytes > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)bytes;
}

/* Adds what the time since the last call is worth. */
static void top_up(struct steer *steer)
{
    int64_t now_us = clock_monotonic_us();
    int64_t limit = bounded(steer->limit);
    int64_t most = limit / BURST_PARTS;
    double earned = (double)limit * (double)(now_us - steer->credited_us) /
                    US_PER_SECOND;
    /* Less than a byte is kept for the next call. */
    if (earned < 1)
        return;
    steer->credited_us = now_us;
    if (earned >= (double)(most - steer->credit))
        steer->credit = most;
    else
        steer->credit += (int64_t)earned;
}

/* Milliseconds until the debt is paid; 0 none. */
static uint64_t debt_ms(struct steer *steer)
{
    if (steer->limit == 0)
        return 0;
    top_up(steer);
    if (steer->credit >= 0 || steer->must_leave)
        return 0;
    double wait_ms = -1000 * (double)steer->credit / (double)steer->limit;
    return wait_ms < PAY_STEP_MS ? (uint64_t)wait_ms + 1 : PAY_STEP_MS;
}

void steer_pay(struct steer *steer, uint64_t bytes)
{
    uint64_t wait_ms = 0;
    if (!enter(steer))
        return;
    if (steer->limit > 0) {
        top_up(steer); /* what was saved before does not pay beyond itself */
        steer->credit -= bounded(bytes);
    }
    do {
        wait_ms = debt_ms(steer);
        leave(steer);
    } while (wait_ms > 0 && clock_sleep_ms(wait_ms) && enter(steer));
}

/* --- figures ------------------------------------------------------------ */

/* The part's figures with the mutex held; it is present from now on. */
static struct steer_figures *figures_of(struct steer *steer,
                                        enum steer_part part)
{
    if (part >= STEER_PARTS || !enter(steer))
        return NULL;
    struct steer_figures *figures = &steer->figures[part];
    if (!steer->is_present[part]) {
        memset(figures, 0, sizeof *figures);
        figures->progress_us = clock_monotonic_us();
        figures->lag_ms = -1;
        steer->is_present[part] = true;
    }
    return figures;
}

void steer_progress(struct steer *steer, enum steer_part part)
{
    struct steer_figures *figures = figures_of(steer, part);
    if (!figures)
        return;
    figures->progress_us = clock_monotonic_us();
    figures->waits_us = 0;
    leave(steer);
}

void steer_wait(struct steer *steer, enum steer_part part,
                uint64_t milliseconds)
{
    struct steer_figures *figures = figures_of(steer, part);
    if (!figures)
        return;
    figures->waits_us = clock_monotonic_us() + microseconds(milliseconds);
    leave(steer);
}

void steer_tell(struct steer *steer, enum steer_part part,
                const struct steer_figures *figures)
{
    struct steer_figures *kept = figures_of(steer, part);
    if (!kept)
        return;
    kept->told_us = clock_monotonic_us();
    kept->lag_ms = figures->lag_ms;
    kept->tables = figures->tables;
    kept->tables_on_time = figures->tables_on_time;
    (void)text_copy(kept->note, sizeof kept->note, figures->note);
    leave(steer);
}

void steer_tell_fault(struct steer *steer, enum steer_part part,
                      const struct error *error)
{
    struct steer_figures *kept = figures_of(steer, part);
    if (!kept)
        return;
    kept->tables_on_time = 0;
    (void)snprintf(kept->note, sizeof kept->note, "tries again (%s)",
                   error_id_text(error->id));
    leave(steer);
}

void steer_gone(struct steer *steer, enum steer_part part)
{
    if (!enter(steer))
        return;
    steer->is_present[part] = false;
    leave(steer);
}

bool steer_figures(struct steer *steer, enum steer_part part,
                   struct steer_figures *figures)
{
    memset(figures, 0, sizeof *figures);
    figures->lag_ms = -1;
    if (!enter(steer))
        return false;
    bool is_present = steer->is_present[part];
    if (is_present)
        *figures = steer->figures[part];
    leave(steer);
    if (figures->lag_ms >= 0)
        figures->lag_ms += (clock_monotonic_us() - figures->told_us) / 1000;
    return is_present;
}

bool steer_is_alive(struct steer *steer, int64_t limit_us)
{
    bool is_alive = true;
    if (!enter(steer))
        return true;
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < STEER_PARTS; i++) {
        const struct steer_figures *figures = &steer->figures[i];
        int64_t last_us = figures->progress_us > figures->waits_us
                              ? figures->progress_us : figures->waits_us;
        if (steer->is_present[i] && now_us - last_us > limit_us)
            is_alive = false;
    }
    leave(steer);
    return is_alive;
}
