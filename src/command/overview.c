/*
 * Puts together what the state knows of each table: its line, what its last
 * run did, and how far a copy under way has come.
 */
#include "overview.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "document.h"
#include "model/stream.h"
#include "serve/call.h"
#include "sync/schedule.h"
#include "sync/sync.h"

/* A daemon that hangs must not hold who only looks. */
#define DAEMON_WAIT_MS 2000

/* Windows where it is not known. */
static enum mode mode_of(const struct state_table *table)
{
    for (unsigned mode = 0; table->mode && mode < MODE_COUNT; mode++)
        if (text_equal(table->mode, mode_name((enum mode)mode)))
            return (enum mode)mode;
    return MODE_INCREMENTAL;
}

static uint64_t late_ms_of(const struct looking *looking,
                           const struct state_table *table)
{
    const struct table_settings *settings =
        looking->settings ? settings_for(looking->settings, table->name)
                          : NULL;
    return settings && settings->late_ms
               ? settings->late_ms
               : work_default_late_ms(mode_of(table));
}

/* What the last run of a table did; runs are read once each. */
static enum status find_last(struct overview *overview, struct state *state,
                             const struct state_table *table,
                             struct error *error)
{
    struct state_run_table *read = NULL;
    size_t count = 0;
    for (size_t i = 0; i < overview->last_count; i++)
        if (overview->last[i].run == table->run)
            return STATUS_OK;
    enum status status = state_run_tables(state, table->run, &read, &count,
                                          error);
    if (status != STATUS_OK || count == 0)
        return status;
    overview->last = memory_resize(overview->last,
                                   overview->last_count + count,
                                   sizeof *overview->last);
    memcpy(overview->last + overview->last_count, read,
           count * sizeof *read);
    overview->last_count += count;
    memory_free(read);
    return STATUS_OK;
}

/* How far a copy has come that is not ended. */
static enum status find_copy(struct overview_table *entry,
                             struct state *state, struct error *error)
{
    static const char *const readers[] = {"backfill", "reload"};
    if (entry->table->life != LIFE_BACKFILLING)
        return STATUS_OK;
    for (size_t i = 0; i < ARRAY_COUNT(readers); i++) {
        char name[STREAM_NAME_BYTES];
        struct state_stream stream;
        stream_name(name, sizeof name, entry->table->name, readers[i]);
        enum status status = state_stream_read(state, name, &stream, error);
        if (status != STATUS_OK)
            return status;
        if (stream.rows_done > entry->rows_done) {
            entry->rows_done = stream.rows_done;
            entry->rows_expected = stream.rows_expected;
        }
        state_stream_release(&stream);
    }
    return STATUS_OK;
}

/* No share is told below 1 %: it would be a guess. */
static void note_copy(struct overview_table *entry)
{
    char done[32], expected[32];
    uint64_t percent = entry->rows_expected
                           ? entry->rows_done * 100 / entry->rows_expected
                           : 0;
    if (entry->rows_done == 0)
        return;
    (void)text_grouped(done, entry->rows_done);
    (void)text_grouped(expected, entry->rows_expected);
    if (percent >= 1 && percent <= 100)
        (void)snprintf(entry->note, sizeof entry->note, "%llu%% of %s rows",
                       (unsigned long long)percent, expected);
    else
        (void)snprintf(entry->note, sizeof entry->note, "%s rows", done);
    entry->line.note = entry->note;
}

static struct summary_line blank_line(void)
{
    return (struct summary_line){
        .state = "never run",
        .rows_read = -1,
        .rows_confirmed = -1,
        .deletes = -1,
        .bad = -1,
        .bytes = -1,
        .lag_ms = -1,
        .elapsed_ms = -1,
    };
}

static struct overview_table *add_entry(struct overview *overview,
                                        const char *source, const char *name)
{
    overview->tables = memory_resize(overview->tables, overview->count + 1,
                                     sizeof *overview->tables);
    struct overview_table *entry = &overview->tables[overview->count++];
    memset(entry, 0, sizeof *entry);
    entry->line = blank_line();
    bool is_main = !source || text_equal(source, "main");
    (void)snprintf(entry->name, sizeof entry->name, "%s%s%s",
                   is_main ? "" : source, is_main ? "" : ".", name);
    return entry;
}

static void take_last(const struct overview *overview,
                      const struct state_table *table,
                      struct summary_line *line)
{
    for (size_t i = 0; i < overview->last_count; i++) {
        const struct state_run_table *last = &overview->last[i];
        if (last->run != table->run || !text_equal(last->name, table->name))
            continue;
        *line = summary_of_history(last);
    }
}

static enum status add_table(struct overview *overview,
                             const struct looking *looking,
                             const struct state_table *table,
                             struct error *error)
{
    enum status status = find_last(overview, looking->state, table, error);
    if (status != STATUS_OK)
        return status;
    struct overview_table *entry = add_entry(overview, table->source,
                                             table->name);
    struct summary_line *line = &entry->line;
    entry->table = table;
    take_last(overview, table, line);
    line->mode = table->mode;
    line->state = outcome_word(table, late_ms_of(looking, table),
                               clock_utc_us(), &line->lag_ms);
    line->success_us = table->success_us;
    line->problem = &table->problem;
    return find_copy(entry, looking->state, error);
}

static bool is_known(const struct overview *overview, const char *name)
{
    for (size_t i = 0; i < overview->count; i++)
        if (text_equal(overview->tables[i].name, name))
            return true;
    return false;
}

/* Tables that the settings name and no run has met. */
static void add_unmet(struct overview *overview,
                      const struct settings *settings,
                      const struct command_line *line)
{
    for (size_t i = 0; settings && i < settings->table_count; i++) {
        const struct table_settings *entry = &settings->tables[i];
        if (entry->is_exact && settings_for(settings, entry->pattern) &&
            looking_wants(line, entry->pattern) &&
            !is_known(overview, entry->pattern))
            (void)add_entry(overview, NULL, entry->pattern);
    }
}

static bool is_matched(const struct overview *overview, const char *pattern)
{
    for (size_t i = 0; i < overview->count; i++) {
        const struct overview_table *entry = &overview->tables[i];
        if (text_matches(entry->table ? entry->table->name : entry->name,
                         pattern))
            return true;
    }
    return false;
}

/* Each name of the command line stands for a table. Who waits for one that
 * the settings cover waits for its first run. */
static enum status check_names(struct overview *overview,
                               const struct settings *settings,
                               const struct command_line *line,
                               struct error *error)
{
    for (size_t i = 0; i < line->argument_count; i++) {
        const char *name = line->arguments[i];
        if (is_matched(overview, name))
            continue;
        if (line->waits && settings && !text_is_pattern(name) &&
            settings_for(settings, name)) {
            (void)add_entry(overview, NULL, name);
            continue;
        }
        (void)error_set(error, ERROR_NOTHING_MATCHES,
                        "the state knows no table \"%s\"", name);
        error_next(error, "tidemark status");
        return error->status;
    }
    return STATUS_OK;
}

/* What a person has paused is shown so, whatever else the state says. */
static enum status take_pauses(struct overview *overview, struct state *state,
                               struct error *error)
{
    struct state_pause *pauses = NULL;
    size_t count = 0;
    enum status status = state_pauses(state, &pauses, &count, error);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < overview->count; j++) {
            struct overview_table *entry = &overview->tables[j];
            const char *source = entry->table ? entry->table->source : "main";
            const char *name = entry->table ? entry->table->name
                                            : entry->name;
            if (text_equal(source, pauses[i].source) &&
                (!pauses[i].table[0] || text_equal(name, pauses[i].table)))
                entry->line.state = "paused";
        }
    memory_free(pauses);
    return status;
}

enum status overview_read(struct overview *overview,
                          const struct looking *looking,
                          const struct command_line *line,
                          struct error *error)
{
    enum status status = STATUS_OK;
    memset(overview, 0, sizeof *overview);
    if (looking->state)
        status = state_tables(looking->state, &overview->rows, error);
    for (size_t i = 0; status == STATUS_OK && overview->rows &&
                       overview->rows[i]; i++)
        if (looking_wants(line, overview->rows[i]->name))
            status = add_table(overview, looking, overview->rows[i], error);
    if (status != STATUS_OK)
        return status;
    add_unmet(overview, looking->settings, line);
    status = check_names(overview, looking->settings, line, error);
    if (status == STATUS_OK && looking->state)
        status = take_pauses(overview, looking->state, error);
    if (status == STATUS_OK && looking->state)
        status = state_throttled(looking->state, "main", &overview->throttle,
                                 error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < overview->count; i++) {
        overview->tables[i].line.name = overview->tables[i].name;
        if (text_equal(overview->tables[i].line.state, "copying"))
            note_copy(&overview->tables[i]);
    }
    return STATUS_OK;
}

/* When the daemon reads a table next: its last success and the interval. */
static void note_next(struct overview_table *entry,
                      const struct settings *settings)
{
    const struct state_table *table = entry->table;
    if (!table || !table->mode || table->success_us == 0 ||
        mode_of(table) == MODE_CDC ||
        text_equal(entry->line.state, "paused"))
        return;
    const struct table_settings *own =
        settings ? settings_for(settings, table->name) : NULL;
    uint64_t every_ms = own && own->every_ms
                            ? own->every_ms
                            : schedule_default_every_ms(mode_of(table));
    if (every_ms < INT64_MAX / 4000)
        entry->line.next_us = table->success_us + (int64_t)every_ms * 1000;
}

enum status overview_ask_daemon(struct overview *overview,
                                const struct looking *looking,
                                const struct command_line *line,
                                struct error *error)
{
    char *socket = looking_socket(looking, line);
    const struct request request = {.kind = REQUEST_STATUS};
    enum status status = call_daemon(socket, &request, DAEMON_WAIT_MS,
                                     &overview->daemon, error);
    memory_free(socket);
    for (size_t i = 0; status == STATUS_OK && i < overview->count; i++)
        note_next(&overview->tables[i], looking->settings);
    return status;
}

void overview_release(struct overview *overview)
{
    state_tables_free(overview->rows);
    state_run_tables_free(overview->last, overview->last_count);
    memory_free(overview->tables);
    json_decref(overview->daemon);
    memset(overview, 0, sizeof *overview);
}

bool overview_remark(const struct overview_table *table, char *target,
                     size_t size)
{
    char nulls[32], futures[32];
    const struct state_table *row = table->table;
    if (!row || (row->null_cursors == 0 && row->future_cursors == 0))
        return false;
    (void)text_grouped(nulls, row->null_cursors);
    (void)text_grouped(futures, row->future_cursors);
    (void)snprintf(target, size, "%s: %s row%s with a cursor of NULL or 0, %s "
                   "in the future; no window reaches them, they are loaded "
                   "once a day", table->name, nulls,
                   row->null_cursors == 1 ? "" : "s", futures);
    return true;
}

json_t *overview_json(const struct overview_table *table)
{
    json_t *object = summary_json(&table->line);
    const struct state_table *row = table->table;
    if (!row)
        return object;
    bool is_incremental = row->mode && mode_of(row) == MODE_INCREMENTAL;
    document_text(object, "target", row->target);
    document_bool(object, "is_guessed", row->is_guessed);
    document_text(object, "mark", row->mark);
    document_time(object, "confirmed_at", row->confirmed_us);
    if (is_incremental) {
        document_count(object, "null_cursors", row->null_cursors);
        document_count(object, "future_cursors", row->future_cursors);
    }
    if (row->mode)
        document_bool(object, "sees_deletes", !is_incremental);
    if (row->run)
        document_count(object, "run", row->run);
    if (table->rows_done) {
        document_count(object, "copied_rows", table->rows_done);
        if (table->rows_expected)
            document_count(object, "expected_rows", table->rows_expected);
    }
    return object;
}
