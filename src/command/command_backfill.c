/*
 * `backfill`: reads rows of one table again. A whole table is asked for by its
 * name, because it can take long; a name makes a second start harmless.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/text.h"
#include "commands.h"
#include "model/calendar.h"
#include "opening.h"
#include "pass.h"
#include "screen.h"

#define NAME_BYTES_MAX 100

/* "7d" is a time ago, all else a point in time in UTC. */
static enum status read_since(const char *text, int64_t *since_us,
                              struct error *error)
{
    uint64_t ago_ms = 0;
    if (text_to_duration_ms(text, &ago_ms) &&
        ago_ms < UINT64_C(100) * 366 * 86400000) {
        *since_us = clock_utc_us() - (int64_t)ago_ms * 1000;
        return STATUS_OK;
    }
    if (calendar_parse_datetime(bytes_of(text), since_us))
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "cannot use \"%s\" for --since: it "
                    "takes a time ago or a point in time (UTC)", text);
    error_next(error, "--since 7d  or  --since \"2026-11-21 10:00\"");
    return error->status;
}

static enum status check_table(const struct command_line *line,
                               struct error *error)
{
    if (line->argument_count == 1 && !text_is_pattern(line->arguments[0]))
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE,
                    "a backfill needs the name of one table");
    error_next(error, "tidemark backfill TABLE --from KEY --to KEY");
    return error->status;
}

/* It becomes a part of the name of a stream in the state. */
static enum status check_name(const struct command_line *line,
                              struct error *error)
{
    size_t length = line->name ? strlen(line->name) : 1;
    if (length >= 1 && length <= NAME_BYTES_MAX)
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "cannot use that --name: it takes 1 "
                    "to %d bytes", NAME_BYTES_MAX);
    error_next(error, "--name after-incident");
    return error->status;
}

static bool is_whole(const struct command_line *line)
{
    return !line->from && !line->to && !line->where && !line->since;
}

/* The table's name, by --confirm or typed. */
static enum status confirm(const struct command_line *line,
                           struct error *error)
{
    const char *table = line->arguments[0];
    char typed[256] = "";
    const char *given = line->confirm;
    if (!given && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
        screen_line(stderr, "Every row of %s will be read again.", table);
        if (ask_line("Type the table's name to go on: ", typed,
                     sizeof typed))
            given = typed;
    }
    if (given && text_equal(given, table))
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE,
                    given ? "\"%s\" is not confirmed: the name given is "
                            "another"
                          : "reading all of table \"%s\" again needs its "
                            "name as confirmation", table);
    error_effect(error, "Nothing was started.");
    error_next(error, "tidemark backfill %s --confirm %s, or choose rows "
               "with --from, --to, --where or --since", table, table);
    return error->status;
}

enum status command_backfill(const struct command_line *line, int *exit_code,
                             struct error *error)
{
    struct opening opening = {.settings = NULL};
    struct backfill_choice choice = {
        .name = line->name,
        .from = line->from,
        .to = line->to,
        .where = line->where,
        .since = line->since,
        .since_us = INT64_MIN,
    };
    enum status status = check_table(line, error);
    if (status == STATUS_OK)
        status = check_name(line, error);
    if (status == STATUS_OK && line->since)
        status = read_since(line->since, &choice.since_us, error);
    if (status == STATUS_OK && line->dry_run)
        return command_plan(line, exit_code, error);
    if (status == STATUS_OK && is_whole(line))
        status = confirm(line, error);
    if (status == STATUS_OK)
        status = pass_run(line, &opening, &choice, error);
    if (status == STATUS_BUSY)
        error_next(error, "wait for it; where it is the daemon, stop it, run "
                   "the backfill, and start it again");
    opening_close(&opening);
    return status;
}
