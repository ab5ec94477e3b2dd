/*
 * How a table is read: what the settings say, or what the table allows. A
 * guess is kept by the state; only settings change it.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/work.h"

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS UINT64_C(3600000)
#define PROVED_OVERLAP_MS UINT64_C(5000)
#define LAGGED_OVERLAP_MS UINT64_C(600000)
/* An overlap that hides the hour which a zone repeats. */
#define DAYLIGHT_OVERLAP_MS UINT64_C(5400000)

uint64_t work_overlap_ms(const struct work *work, bool is_bound_proved)
{
    if (work->settings->has_overlap)
        return work->settings->overlap_ms;
    return is_bound_proved ? PROVED_OVERLAP_MS : LAGGED_OVERLAP_MS;
}

uint64_t work_default_late_ms(enum mode mode)
{
    switch (mode) {
    case MODE_CDC:
        return MINUTE_MS;
    case MODE_FULL:
        return 26 * HOUR_MS;
    default:
        return HOUR_MS;
    }
}

/* The state keeps a guess: an index that comes or goes changes no mode. */
static bool was_guessed(const struct work *work, enum mode mode)
{
    return work->state && work->state->is_guessed && work->state->mode &&
           text_equal(work->state->mode, mode_name(mode));
}

static const struct source_cursor *find_cursor(const struct work *work)
{
    const struct table_settings *settings = work->settings;
    const struct source_table *found = work->described;
    bool was_windowed = was_guessed(work, MODE_INCREMENTAL);
    for (size_t i = 0; i < found->cursor_count; i++) {
        const struct source_cursor *cursor = &found->cursors[i];
        if (settings->cursor_count > 0
                ? text_equal(settings->cursors[0], cursor->column)
                : cursor->is_likely &&
                      (cursor->is_indexed || was_windowed))
            return cursor;
    }
    return NULL;
}

/* The zone of a wall clock; one with daylight saving repeats an hour. */
static enum status take_zone(struct work *work, struct error *error)
{
    const struct table_settings *settings = work->settings;
    if (!settings->cursor_zone)
        return STATUS_OK;
    work->cursor_zone = zone_load(settings->cursor_zone);
    if (!work->cursor_zone)
        return error_set(error, ERROR_CURSOR_UNUSABLE,
                         "cannot find the time zone \"%s\" of table \"%s\"",
                         settings->cursor_zone, work->name);
    if (!zone_has_daylight_saving(work->cursor_zone) ||
        (settings->has_overlap &&
         settings->overlap_ms >= DAYLIGHT_OVERLAP_MS))
        return STATUS_OK;
    (void)error_set(error, ERROR_CURSOR_UNUSABLE,
                    "cannot follow \"%s\" of table \"%s\" safely: %s has "
                    "daylight saving and repeats an hour", work->cursor,
                    work->name, settings->cursor_zone);
    error_next(error, "set  %s: {overlap: 90m}", work->name);
    return error->status;
}

static void take_cursor(struct work *work, const struct source_cursor *cursor)
{
    work->cursor = cursor->column;
    work->cursor_index = cursor->index;
    work->cursor_unit = cursor->unit;
    if (work->settings->has_cursor_unit)
        work->cursor_unit = work->settings->cursor_unit;
    else
        (void)work_known_unit(work, &work->cursor_unit);
    if (!cursor->is_indexed)
        work_remark(work, "cursor \"%s\" has no index: every run reads the "
                    "whole table at the source", cursor->column);
    if (cursor->is_nullable)
        work_remark(work, "cursor \"%s\" may be NULL: such rows are loaded "
                    "once a day", cursor->column);
    if (cursor->has_zone && !work->settings->cursor_zone)
        work_remark(work, "cursor \"%s\" is a wall clock, taken as UTC: set "
                    "cursor_zone where it is another", cursor->column);
}

static void choose_incremental(struct work *work,
                               const struct source_cursor *cursor,
                               struct error *error)
{
    const struct table_settings *settings = work->settings;
    work->mode = MODE_INCREMENTAL;
    if (settings->cursor_count == 1 && !cursor) {
        (void)work_no_cursor(work, settings->cursors[0], error);
        return;
    }
    if (settings->cursor_count > 1)
        (void)error_set(error, ERROR_CURSOR_UNUSABLE,
                        "cannot follow several cursors of table \"%s\": this "
                        "build follows one", work->name);
    else if (work->table->key_count == 0)
        (void)error_set(error, ERROR_KEY_UNUSABLE,
                        "cannot read windows of table \"%s\": it has no key "
                        "that identifies rows%s%s", work->name,
                        work->described->key_flaw ? ": " : "",
                        work->described->key_flaw
                            ? work->described->key_flaw
                            : "");
    else if (!cursor)
        (void)error_set(error, ERROR_CURSOR_UNUSABLE,
                        "cannot read windows of table \"%s\": no indexed "
                        "column looks like the time of the last change",
                        work->name);
    if (error->id != ERROR_NONE) {
        error_next(error, "set  %s: {mode: full}", work->name);
        return;
    }
    take_cursor(work, cursor);
    (void)take_zone(work, error);
    work_remark(work, "windows cannot see rows that are deleted at the "
                "source");
}

static void choose_full(const struct sync *sync, struct work *work)
{
    work->mode = MODE_FULL;
    if (sync->settings->deletes != DELETES_REMOVE)
        work_remark(work, "deletes: %s has no effect on a table that is read "
                    "whole: it shows what the source holds",
                    sync->settings->deletes == DELETES_MARK ? "mark"
                                                            : "keep");
    if (!work->is_guessed)
        return;
    work_remark(work, work->table->key_count > 0
                    ? "no indexed cursor: the whole table is read again once "
                      "a day"
                    : "no key: the whole table is read again once a day");
    if (work->table->key_count == 0 && work->described->key_flaw)
        work_remark(work, "%s", work->described->key_flaw);
}

/* The log is followed where it can be; as it is written out, or not at all. */
static void choose_cdc(struct sync *sync, struct work *work,
                       struct error *error)
{
    work->mode = MODE_CDC;
    (void)text_copy(work->reason, sizeof work->reason, "as set");
    if (!sync->source->ops->log)
        (void)error_set(error, ERROR_LOG_UNUSABLE,
                        "cannot follow the log for table \"%s\": this source "
                        "has none", work->name);
    else if (work->table->key_count == 0)
        (void)error_set(error, ERROR_KEY_UNUSABLE,
                        "cannot follow the log for table \"%s\": it has no "
                        "key that identifies rows%s%s", work->name,
                        work->described->key_flaw ? ": " : "",
                        work->described->key_flaw
                            ? work->described->key_flaw
                            : "");
    if (error->id != ERROR_NONE)
        error_next(error, "set  %s: {mode: full}", work->name);
}

bool work_may_follow(const struct work *work)
{
    return !work->settings->has_mode && work->settings->cursor_count == 0 &&
           work->described && work->described->table->key_count > 0;
}

/* Without a word of the settings: the log, where it tells rows and may be
 * read. What was guessed before stays. */
static bool is_for_log(const struct sync *sync, struct work *work)
{
    const struct log_look *look = sync->log_look;
    if (!work_may_follow(work) || work->table->key_count == 0 ||
        was_guessed(work, MODE_INCREMENTAL) || was_guessed(work, MODE_FULL))
        return false;
    if (was_guessed(work, MODE_CDC))
        return true;
    if (!look)
        return false;
    if (look->refusal.id == ERROR_NONE && look->facts.has_rows)
        return true;
    if (look->refusal.id != ERROR_NONE)
        work_remark(work, "not from the log: %s", look->refusal.what);
    else
        work_remark(work, "not from the log: its format is not ROW");
    return false;
}

static void guess_cdc(struct work *work)
{
    work->mode = MODE_CDC;
    (void)text_copy(work->reason, sizeof work->reason,
                    "guessed: a key, and a log that may be read");
}

void work_choose(struct sync *sync, struct work *work)
{
    struct error *error = &work->problem;
    const struct source_cursor *cursor = find_cursor(work);
    work->is_guessed = !work->settings->has_mode;
    if (work->settings->has_mode && work->settings->mode == MODE_CDC) {
        choose_cdc(sync, work, error);
    } else if (work->settings->has_mode &&
               work->settings->mode == MODE_FULL) {
        (void)text_copy(work->reason, sizeof work->reason, "as set");
        choose_full(sync, work);
    } else if (work->settings->has_mode || work->settings->cursor_count > 0) {
        (void)text_copy(work->reason, sizeof work->reason, "as set");
        choose_incremental(work, cursor, error);
    } else if (is_for_log(sync, work)) {
        guess_cdc(work);
    } else if (cursor && work->table->key_count > 0 &&
               !was_guessed(work, MODE_FULL)) {
        (void)snprintf(work->reason, sizeof work->reason,
                       cursor->is_indexed ? "guessed: cursor %s is indexed"
                                          : "guessed before: cursor %s",
                       cursor->column);
        choose_incremental(work, cursor, error);
    } else {
        (void)text_copy(work->reason, sizeof work->reason,
                        "guessed: no indexed cursor");
        choose_full(sync, work);
    }
    work->late_ms = work->settings->late_ms
                        ? work->settings->late_ms
                        : work_default_late_ms(work->mode);
}
