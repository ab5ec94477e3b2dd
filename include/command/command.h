#ifndef TIDEMARK_COMMAND_COMMAND_H
#define TIDEMARK_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "settings/settings.h"

/* What the command line said. Texts are borrowed from argv and environ. */
enum progress_mode { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINE,
                     PROGRESS_NONE };
struct command_line {
    const char *command; /* its name; NULL before one was understood */
    const char *config;
    const char *state;
    bool json;
    bool is_quiet;
    int verbose; /* how often */
    bool no_color;
    enum log_format log_format;
    bool has_log_format;
    const char *log_file;
    enum progress_mode progress;
    bool dry_run;
    uint64_t timeout_ms; /* 0: none */
    /* of single commands */
    bool skip_if_running;
    bool is_offline;
    bool watches;
    bool waits;
    uint64_t count; /* -n */
    uint64_t rows;  /* --rows; 0: not given */
    const char *from;
    const char *to;
    const char *where;
    const char *since;
    const char *name;
    const char *confirm;
    const char **arguments; /* after the command's name */
    size_t argument_count;
};

struct command {
    bool is_hidden; /* not in help: of use to the build alone */
    const char *name;
    const char *arguments; /* as help shows them */
    const char *sentence;
    const char *const *examples; /* ends in NULL */
    /* Does the work; prints data to standard output. A failure is left in
     * `error` and printed by the caller. The exit code is that of the status,
     * or *exit_code where the command set it. */
    enum status (*run)(const struct command_line *line, int *exit_code,
                       struct error *error);
    const char *const *options; /* names of those it takes beside the common
                                   ones; ends in NULL */
};

/* All commands in the order of help; ends in an entry without name. */
const struct command *command_list(void);
const struct command *command_find(const char *name);

/* Parses and runs; returns the process's exit code. */
int command_main(int argc, char **argv);

/* Parses argv behind the program's name into `line`; *command is NULL where
 * none was named. Every option has a twin TIDEMARK_... in the environment. */
enum status command_parse(int argc, char **argv, struct command_line *line,
                          const struct command **command,
                          struct error *error) MUST_CHECK;
void command_line_release(struct command_line *line);

/* Settings by --config, --state and the drivers that exist. The caller frees
 * *settings, which is NULL after a failure. */
enum status command_settings(const struct command_line *line,
                             struct settings **settings,
                             struct error *error) MUST_CHECK;
/* The same without passwords, for commands that connect to nothing. */
enum status command_settings_public(const struct command_line *line,
                                    struct settings **settings,
                                    struct error *error) MUST_CHECK;
/* The exit code of a status; a stop's is that of its signal. */
int command_exit_code(enum status status);
/* A stop that --timeout asked for becomes a temporary failure that says so;
 * any other status and error are left as they are. */
enum status command_stopped(const struct command_line *line,
                            enum status status, struct error *error);
/* A failure that ended the command: the block on standard error, or with
 * --json the document on standard output. */
void command_failure(const struct command_line *line,
                     const struct error *error);

#endif
