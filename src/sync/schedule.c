/*
 * Which table is read when. A table that failed by a temporary fault comes
 * again soon, whatever its interval; one that needs a person does not.
 */
#include "sync/schedule.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/outcome.h"

#define INCREMENTAL_MS UINT64_C(60000)
#define FULL_MS UINT64_C(86400000)
#define AGAIN_US INT64_C(60000000)
/* Longer intervals are never, and fit into the clock. */
#define EVERY_MAX_MS (UINT64_C(100) * 365 * 86400000)

struct entry {
    char *name;
    int64_t every_us;
    int64_t due_us; /* monotonic */
    bool is_on_time;
    bool is_listed; /* by the listing that is being taken */
};

struct schedule {
    struct entry *entries;
    size_t count;
};

struct schedule *schedule_new(void)
{
    return memory_new(1, sizeof(struct schedule));
}

void schedule_free(struct schedule *schedule)
{
    if (!schedule)
        return;
    for (size_t i = 0; i < schedule->count; i++)
        memory_free(schedule->entries[i].name);
    memory_free(schedule->entries);
    memory_free(schedule);
}

uint64_t schedule_default_every_ms(enum mode mode)
{
    return mode == MODE_FULL ? FULL_MS : INCREMENTAL_MS;
}

static struct entry *find(const struct schedule *schedule, const char *name)
{
    for (size_t i = 0; i < schedule->count; i++)
        if (text_equal(schedule->entries[i].name, name))
            return &schedule->entries[i];
    return NULL;
}

/* When a table that is met for the first time is due: by its last success, but
 * never later than its interval from now, whatever the clocks say. */
static int64_t first_due_us(const struct work *work, int64_t every_us,
                            int64_t now_us)
{
    const struct state_table *state = work->state;
    if (!state || state->success_us == 0 || state->life != LIFE_LIVE ||
        state->problem.id != ERROR_NONE || work_must_begin_anew(work))
        return now_us;
    int64_t left_us = state->success_us + every_us - clock_utc_us();
    if (left_us <= 0)
        return now_us;
    return now_us + (left_us < every_us ? left_us : every_us);
}

static void take_work(struct schedule *schedule, const struct work *work,
                      int64_t now_us)
{
    uint64_t every_ms = work->settings->every_ms
                            ? work->settings->every_ms
                            : schedule_default_every_ms(work->mode);
    struct entry *entry = find(schedule, work->name);
    if (every_ms > EVERY_MAX_MS)
        every_ms = EVERY_MAX_MS;
    int64_t every_us = (int64_t)every_ms * 1000;
    if (!entry) {
        schedule->entries = memory_resize(schedule->entries,
                                          schedule->count + 1,
                                          sizeof *schedule->entries);
        entry = &schedule->entries[schedule->count++];
        *entry = (struct entry){
            .name = memory_text(work->name),
            .due_us = first_due_us(work, every_us, now_us),
            .is_on_time = text_equal(outcome_resting(work), "on time"),
        };
    }
    entry->every_us = every_us;
    entry->is_listed = true;
}

/* Does the schedule care for it? A table whose mode is not known because it
 * cannot be read is looked at as well: it may come back. */
static bool is_scheduled(const struct work *work)
{
    return work->mode != MODE_CDC || work->problem.id != ERROR_NONE;
}

void schedule_take(struct schedule *schedule, const struct work *works,
                   size_t count, int64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < schedule->count; i++)
        schedule->entries[i].is_listed = false;
    for (size_t i = 0; i < count; i++)
        if (is_scheduled(&works[i]))
            take_work(schedule, &works[i], now_us);
    for (size_t i = 0; i < schedule->count; i++) {
        struct entry entry = schedule->entries[i];
        if (entry.is_listed)
            schedule->entries[kept++] = entry;
        else
            memory_free(entry.name);
    }
    schedule->count = kept;
}

static bool is_due(const struct entry *entry, struct steer *steer,
                   int64_t now_us)
{
    return entry->due_us <= now_us && !steer_is_paused(steer, entry->name);
}

size_t schedule_due(const struct schedule *schedule, struct steer *steer,
                    int64_t now_us, const char ***names)
{
    size_t count = 0;
    *names = memory_new(schedule->count, sizeof **names);
    for (size_t i = 0; i < schedule->count; i++)
        if (is_due(&schedule->entries[i], steer, now_us))
            (*names)[count++] = schedule->entries[i].name;
    return count;
}

void schedule_ran(struct schedule *schedule, const struct work_result *result,
                  int64_t started_us)
{
    const struct error *problem = &result->problem;
    struct entry *entry = find(schedule, result->work->name);
    if (!entry)
        return;
    bool comes_soon = problem->id != ERROR_NONE &&
                      status_is_retryable(problem->status) &&
                      entry->every_us > AGAIN_US;
    entry->due_us = started_us + (comes_soon ? AGAIN_US : entry->every_us);
    entry->is_on_time = text_equal(result->state, "on time");
}

void schedule_failed(struct schedule *schedule, int64_t now_us)
{
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->entries[i].due_us <= now_us)
            schedule->entries[i].is_on_time = false;
}

size_t schedule_count(const struct schedule *schedule, size_t *on_time)
{
    *on_time = 0;
    for (size_t i = 0; i < schedule->count; i++)
        *on_time += schedule->entries[i].is_on_time;
    return schedule->count;
}

int64_t schedule_next_us(const struct schedule *schedule,
                         struct steer *steer)
{
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->entries[i].due_us < next_us &&
            !steer_is_paused(steer, schedule->entries[i].name))
            next_us = schedule->entries[i].due_us;
    return next_us;
}
