/*
 * Tables that make trouble must not make the rounds of a daemon spin: pauses
 * between copies of one table grow, and people are told once.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc_stay.h"

#define FAILED_FIRST_MS 10000
#define PAUSE_MOST_MS 600000
/* So many copies behind one another are made without a pause, ... */
#define COPIES_FREE 3
#define COPIED_FIRST_MS 2000
/* ... which end where a table was left in peace for so long. */
#define PEACE_US INT64_C(600000000)

/* With the mutex held. */
static struct stay_pause *pause_of(struct stay *stay, const char *table)
{
    for (size_t i = 0; i < stay->pause_count; i++)
        if (text_equal(stay->pauses[i].table, table))
            return &stay->pauses[i];
    stay->pauses = memory_resize(stay->pauses, stay->pause_count + 1,
                                 sizeof *stay->pauses);
    struct stay_pause *pause = &stay->pauses[stay->pause_count++];
    *pause = (struct stay_pause){.table = memory_text(table)};
    return pause;
}

void stay_pauses_free(struct stay *stay)
{
    for (size_t i = 0; i < stay->pause_count; i++)
        memory_free(stay->pauses[i].table);
    memory_free(stay->pauses);
}

int64_t stay_not_before_us(struct stay *stay, const char *table)
{
    int64_t moment_us = 0;
    pthread_mutex_lock(&stay->mutex);
    for (size_t i = 0; i < stay->pause_count; i++)
        if (text_equal(stay->pauses[i].table, table))
            moment_us = stay->pauses[i].not_before_us;
    pthread_mutex_unlock(&stay->mutex);
    return moment_us;
}

static void lengthen(struct stay_pause *pause, uint64_t first_ms)
{
    pause->pause_ms = pause->pause_ms == 0 ? first_ms : 2 * pause->pause_ms;
    if (pause->pause_ms > PAUSE_MOST_MS)
        pause->pause_ms = PAUSE_MOST_MS;
    pause->not_before_us = clock_monotonic_us() +
                           (int64_t)pause->pause_ms * 1000;
}

void stay_note_copied(struct stay *stay, const char *table)
{
    int64_t now_us = clock_monotonic_us();
    pthread_mutex_lock(&stay->mutex);
    struct stay_pause *pause = pause_of(stay, table);
    bool is_often = pause->copied_us != 0 &&
                    now_us - pause->copied_us < PEACE_US;
    pause_of(stay, STAY_ALL)->pause_ms = 0;
    pause = pause_of(stay, table); /* the list may have moved */
    pause->told = ERROR_NONE;
    pause->copied_us = now_us;
    pause->copies = is_often ? pause->copies + 1 : 1;
    if (pause->copies <= COPIES_FREE) {
        pause->pause_ms = 0;
        pause->not_before_us = 0;
    } else {
        lengthen(pause, COPIED_FIRST_MS);
    }
    pthread_mutex_unlock(&stay->mutex);
}

void stay_note_failed(struct stay *stay, const char *table,
                      const struct error *error)
{
    pthread_mutex_lock(&stay->mutex);
    struct stay_pause *pause = pause_of(stay, table);
    bool is_told = pause->told == error->id;
    lengthen(pause, FAILED_FIRST_MS);
    pause->told = error->id;
    uint64_t pause_ms = pause->pause_ms;
    pthread_mutex_unlock(&stay->mutex);
    if (!is_told)
        log_line(LOG_WARNING, table[0] ? table : NULL,
                 "%s (%s); it is tried again in %llu s, then at growing "
                 "pauses", error->what, error_id_text(error->id),
                 (unsigned long long)pause_ms / 1000);
}
