#ifndef TIDEMARK_COMMAND_OPTIONS_H
#define TIDEMARK_COMMAND_OPTIONS_H

/* The table of options: parser, help, manual and completion come from it. */
enum option_number {
    OPTION_CONFIG = 1, OPTION_STATE, OPTION_JSON, OPTION_QUIET,
    OPTION_VERBOSE, OPTION_NO_COLOR, OPTION_LOG_FORMAT, OPTION_LOG_FILE,
    OPTION_PROGRESS, OPTION_DRY_RUN, OPTION_TIMEOUT, OPTION_HELP,
    OPTION_VERSION,
    /* of single commands, from here on */
    OPTION_SKIP_IF_RUNNING, OPTION_OFFLINE, OPTION_WATCH, OPTION_WAIT,
    OPTION_COUNT_LINES, OPTION_FROM, OPTION_TO, OPTION_WHERE, OPTION_SINCE,
    OPTION_NAME, OPTION_CONFIRM, OPTION_ROWS,
    OPTION_COUNT
};

struct option {
    const char *name;
    char letter; /* '\0': none */
    enum option_number number;
    const char *value; /* how help names its value; NULL: it takes none */
    const char *sentence;
};

/* Ends in an entry without name. */
const struct option *option_list(void);
/* What to do in place of an option that a later build will have; NULL: there
 * is none of that name. */
const char *option_later(const char *name);
/* Keeps a copy of a text until the end; NULL frees all that was kept. */
const char *option_keep(const char *text);

#endif
