/* The commands as data, in the order of help. */
#include "base/attributes.h"
#include "base/text.h"
#include "commands.h"

#define TEXTS(...) (const char *const[]){__VA_ARGS__, NULL}

static const struct command commands[] = {
    {false, "init", "SOURCE-URL WAREHOUSE-URL",
     "looks at the source and writes a commented settings file",
     TEXTS("tidemark init mysql://sync@db1/shop clickhouse://sync@ch/shop",
           "tidemark init mysql://sync@db1/shop files:///var/lib/shop "
           "--config shop.yml"),
     command_init, NULL},
    {false, "check", "[TABLE...]",
     "looks at settings, connections, grants, tables and clocks",
     TEXTS("tidemark check", "tidemark check --offline",
           "tidemark check 'order*' --json"),
     command_check, TEXTS("offline")},
    {false, "preview", "TABLE", "shows rows as the warehouse will get them",
     TEXTS("tidemark preview orders", "tidemark preview orders -n 3"),
     command_preview, TEXTS("count")},
    {false, "selftest", "TABLE",
     "reads rows by SELECT and from the log, and compares them",
     TEXTS("tidemark selftest orders", "tidemark selftest orders --rows 5000 "
           "--json"),
     command_selftest, TEXTS("rows")},
    {false, "plan", "[TABLE...]",
     "says what a run would create, read and write; changes nothing",
     TEXTS("tidemark plan", "tidemark plan orders --json"), command_plan,
     NULL},
    {false, "run", "[TABLE...]", "one pass over the tables, then exit",
     TEXTS("tidemark run", "tidemark run orders 'log_*'",
           "*/10 * * * * tidemark run -q --skip-if-running   # cron"),
     command_run, TEXTS("skip-if-running")},
    {false, "daemon", "",
     "stays, follows the log and reads the other tables when they are due",
     TEXTS("tidemark daemon", "systemctl enable --now tidemark"),
     command_daemon, NULL},
    {false, "backfill", "TABLE", "reads rows of a table again",
     TEXTS("tidemark backfill orders --from 1000 --to 1999",
           "tidemark backfill orders --where \"status = 'open'\"",
           "tidemark backfill orders --since 7d --name after-incident",
           "tidemark backfill orders --confirm orders"),
     command_backfill,
     TEXTS("from", "to", "where", "since", "name", "confirm")},
    {false, "status", "[TABLE...]",
     "tables, state, lag and last success, from the state alone",
     TEXTS("tidemark status", "tidemark status --watch",
           "tidemark status orders --wait --timeout 10m"),
     command_status, TEXTS("watch", "wait")},
    {false, "history", "[TABLE|RUN]", "past runs, or one run in detail",
     TEXTS("tidemark history", "tidemark history orders -n 5",
           "tidemark history 412"),
     command_history, TEXTS("count")},
    {false, "pause", "[TABLE...]",
     "leaves tables, or everything, alone until they are resumed",
     TEXTS("tidemark pause", "tidemark pause orders 'log_*'"), command_pause,
     NULL},
    {false, "resume", "[TABLE...]", "takes a pause back; without a name all",
     TEXTS("tidemark resume", "tidemark resume orders"), command_resume,
     NULL},
    {false, "throttle", "RATE|off",
     "limits what the daemon reads a second, until it is off",
     TEXTS("tidemark throttle 5M/s", "tidemark throttle off"),
     command_throttle, NULL},
    {false, "grants", "", "the exact GRANT statements, one a line",
     TEXTS("tidemark grants"), command_grants, NULL},
    {false, "explain", "TMnnnn", "what an error means and what to do",
     TEXTS("tidemark explain TM2107"), command_explain, NULL},
    {false, "config", "show|example|schema",
     "settings in force, an annotated sample, their JSON Schema",
     TEXTS("tidemark config show", "tidemark config example > tidemark.yml",
           "tidemark config schema > tidemark.schema.json"),
     command_config, NULL},
    {false, "version", "", "version, commit and libraries",
     TEXTS("tidemark version"), command_version, NULL},
    {false, "help", "[COMMAND|settings]", "this text, or that of a command",
     TEXTS("tidemark help run", "tidemark help settings"), command_help,
     NULL},
    {true, "manual", "PAGE", "a page of the manual, for the build",
     TEXTS("tidemark manual tidemark.1"), command_manual, NULL},
    {true, "names", "", "tables that the state knows, for completion",
     TEXTS("tidemark names"), command_names, NULL},
    {.name = NULL},
};

/* Commands of the design that this build does not have. */
static const struct {
    const char *name;
    const char *next;
} later[] = {
    {"audit", "compare with the source by hand; tidemark backfill TABLE "
              "reads rows again"},
    {"repair", "tidemark backfill TABLE --from KEY --to KEY"},
    {"reload", "tidemark backfill TABLE --confirm TABLE"},
    {"report", "tidemark history RUN --json"},
    {"state", "the state is one SQLite file; copy it while nothing runs"},
};

const struct command *command_list(void)
{
    return commands;
}

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (text_equal(command->name, name))
            return command;
    return NULL;
}

enum status command_unknown(const char *name, struct error *error)
{
    const char *names[ARRAY_COUNT(commands)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(later); i++)
        if (text_equal(later[i].name, name)) {
            (void)error_set(error, ERROR_USAGE, "this build does not have "
                            "the command \"%s\" yet", name);
            error_next(error, "%s", later[i].next);
            return error->status;
        }
    for (const struct command *command = commands; command->name; command++)
        if (!command->is_hidden)
            names[count++] = command->name;
    const char *near = text_nearest(name, names, count);
    (void)error_set(error, ERROR_USAGE, "there is no command \"%s\"", name);
    if (near)
        error_next(error, "did you mean  tidemark %s", near);
    else
        error_next(error, "tidemark help");
    return error->status;
}
