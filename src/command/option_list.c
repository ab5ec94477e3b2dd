/* The options as data, and the copies of their values. */
#include <stddef.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/text.h"
#include "options.h"

static const struct option options[] = {
    {"config", 'c', OPTION_CONFIG, "FILE",
     "settings file; else ./tidemark.yml, ~/.config/tidemark/tidemark.yml, "
     "/etc/tidemark/tidemark.yml"},
    {"state", 0, OPTION_STATE, "FILE", "state file in place of the settings'"},
    {"json", 0, OPTION_JSON, NULL, "one JSON document on standard output"},
    {"quiet", 'q', OPTION_QUIET, NULL, "nothing unless something is wrong"},
    {"verbose", 'v', OPTION_VERBOSE, NULL, "more messages; twice: all"},
    {"no-color", 0, OPTION_NO_COLOR, NULL, "no colours"},
    {"log-format", 0, OPTION_LOG_FORMAT, "text|logfmt|json",
     "form of messages"},
    {"log-file", 0, OPTION_LOG_FILE, "FILE",
     "messages go there, not to standard error"},
    {"progress", 0, OPTION_PROGRESS, "auto|bar|line|none",
     "how progress is shown"},
    {"dry-run", 0, OPTION_DRY_RUN, NULL,
     "same as plan; with init, the file is shown and not written"},
    {"timeout", 0, OPTION_TIMEOUT, "TIME", "give up after that time"},
    {"help", 'h', OPTION_HELP, NULL, "this text"},
    {"version", 0, OPTION_VERSION, NULL, "same as the command version"},
    {"skip-if-running", 0, OPTION_SKIP_IF_RUNNING, NULL,
     "end with 0 where another process holds the state"},
    {"offline", 0, OPTION_OFFLINE, NULL,
     "look at the settings file alone, connect to nothing"},
    {"watch", 'w', OPTION_WATCH, NULL, "refresh until Ctrl-C"},
    {"wait", 0, OPTION_WAIT, NULL,
     "print nothing until every table is on time"},
    {"count", 'n', OPTION_COUNT_LINES, "NUMBER", "how many"},
    {"from", 0, OPTION_FROM, "KEY", "first key, of the first key column"},
    {"to", 0, OPTION_TO, "KEY", "last key, of the first key column"},
    {"where", 0, OPTION_WHERE, "FILTER",
     "only rows that pass, in the language of rows:"},
    {"since", 0, OPTION_SINCE, "TIME",
     "rows changed since: 7d, or 2026-11-21 10:00 (UTC)"},
    {"name", 0, OPTION_NAME, "NAME",
     "name of this backfill; a second start does nothing"},
    {"confirm", 0, OPTION_CONFIRM, "NAME",
     "the table's name, where a question would be asked"},
    {"rows", 0, OPTION_ROWS, "NUMBER", "how many rows are compared at most"},
    {NULL, 0, OPTION_COUNT, NULL, NULL},
};

/* Options of the design that this build does not have. */
static const struct {
    const char *name;
    const char *next;
} later[] = {
    {"until", "tidemark run  goes up to now"},
    {"rate", "lower  limits: {workers}  in the settings"},
    {"gaps", "compare with the source by hand; tidemark backfill TABLE reads "
             "rows again"},
    {"notify", "let cron mail what  tidemark run -q  prints"},
    {"yes", "only  tidemark backfill TABLE  asks; it takes  --confirm TABLE"},
};

const char *option_later(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(later); i++)
        if (text_equal(later[i].name, name))
            return later[i].next;
    return NULL;
}

const struct option *option_list(void)
{
    return options;
}

const char *option_keep(const char *text)
{
    static char **kept;
    static size_t count;
    if (!text) {
        while (count > 0)
            memory_free(kept[--count]);
        memory_free(kept);
        kept = NULL;
        return NULL;
    }
    kept = memory_resize(kept, count + 1, sizeof *kept);
    kept[count] = memory_text(text);
    return kept[count++];
}
