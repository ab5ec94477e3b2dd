/*
 * The command line by popt. One table gives options, help and the twins in the
 * environment; no option carries a secret.
 */
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "command/command.h"
#include "commands.h"
#include "options.h"

#define COUNT_MAX 1000000
#define COUNT_MAX_TEXT "1000000"

/* How the value of an option is kept. */
static enum status set_flag(bool *target, const char *value)
{
    *target = true;
    return value && !text_to_bool(value, target) ? STATUS_USAGE : STATUS_OK;
}

static enum status set_choice(const char *value, const char *const *choices,
                              size_t count, unsigned *target)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(value, choices[i])) {
            *target = (unsigned)i;
            return STATUS_OK;
        }
    return STATUS_USAGE;
}

static enum status set_number(const char *value, uint64_t *target)
{
    bool is_good = text_to_u64(value, target) && *target >= 1 &&
                   *target <= COUNT_MAX;
    return is_good ? STATUS_OK : STATUS_USAGE;
}

static enum status set_timeout(const char *value, uint64_t *target)
{
    bool is_good = text_to_duration_ms(value, target) && *target >= 1;
    return is_good ? STATUS_OK : STATUS_USAGE;
}

static enum status set_shared(struct command_line *line,
                              enum option_number option, const char *value)
{
    static const char *const formats[] = {"text", "logfmt", "json"};
    static const char *const modes[] = {"auto", "bar", "line", "none"};
    unsigned choice = 0;
    enum status status = STATUS_OK;
    switch (option) {
    case OPTION_CONFIG:
        line->config = value;
        break;
    case OPTION_STATE:
        line->state = value;
        break;
    case OPTION_JSON:
        return set_flag(&line->json, value);
    case OPTION_QUIET:
        return set_flag(&line->is_quiet, value);
    case OPTION_VERBOSE:
        line->verbose++;
        break;
    case OPTION_NO_COLOR:
        return set_flag(&line->no_color, value);
    case OPTION_LOG_FORMAT:
        status = set_choice(value, formats, ARRAY_COUNT(formats), &choice);
        line->log_format = (enum log_format)choice;
        line->has_log_format = true;
        break;
    case OPTION_LOG_FILE:
        line->log_file = value;
        break;
    case OPTION_PROGRESS:
        status = set_choice(value, modes, ARRAY_COUNT(modes), &choice);
        line->progress = (enum progress_mode)choice;
        break;
    case OPTION_DRY_RUN:
        return set_flag(&line->dry_run, value);
    case OPTION_TIMEOUT:
        return set_timeout(value, &line->timeout_ms);
    default:
        break;
    }
    return status;
}

static enum status set_own(struct command_line *line,
                           enum option_number option, const char *value)
{
    switch (option) {
    case OPTION_SKIP_IF_RUNNING:
        return set_flag(&line->skip_if_running, value);
    case OPTION_OFFLINE:
        return set_flag(&line->is_offline, value);
    case OPTION_WATCH:
        return set_flag(&line->watches, value);
    case OPTION_WAIT:
        return set_flag(&line->waits, value);
    case OPTION_COUNT_LINES:
        return set_number(value, &line->count);
    case OPTION_ROWS:
        return set_number(value, &line->rows);
    case OPTION_FROM:
        line->from = value;
        break;
    case OPTION_TO:
        line->to = value;
        break;
    case OPTION_WHERE:
        line->where = value;
        break;
    case OPTION_SINCE:
        line->since = value;
        break;
    case OPTION_NAME:
        line->name = value;
        break;
    default:
        line->confirm = value;
        break;
    }
    return STATUS_OK;
}

/* What a value that was refused should have been. */
static const char *expected(const struct option *option)
{
    switch (option->number) {
    case OPTION_COUNT_LINES:
    case OPTION_ROWS:
        return "a number from 1 to " COUNT_MAX_TEXT;
    case OPTION_TIMEOUT:
        return "a time above 0, such as 90s or 10m";
    default:
        return option->value ? option->value : "no value";
    }
}

static enum status set_option(struct command_line *line,
                              const struct option *option, const char *value,
                              struct error *error)
{
    enum status status = option->number < OPTION_SKIP_IF_RUNNING
                             ? set_shared(line, option->number, value)
                             : set_own(line, option->number, value);
    if (status == STATUS_OK)
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE,
                    "cannot use \"%s\" for --%s: it takes %s",
                    value ? value : "", option->name, expected(option));
    error_next(error, "tidemark help");
    return error->status;
}

/* TIDEMARK_LOG_FORMAT for --log-format. */
static enum status take_environment(struct command_line *line,
                                    struct error *error)
{
    for (const struct option *option = option_list(); option->name;
         option++) {
        char name[64] = "TIDEMARK_";
        size_t length = strlen(name);
        for (const char *c = option->name; *c; c++)
            name[length++] = (char)(*c == '-' ? '_'
                                    : *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
        name[length] = '\0';
        const char *value = getenv(name);
        if (!value || !*value)
            continue;
        enum status status = set_option(line, option, value, error);
        if (status != STATUS_OK) {
            error_next(error, "correct %s in the environment", name);
            return status;
        }
    }
    return STATUS_OK;
}

static const struct option *find_option(enum option_number number)
{
    const struct option *option = option_list();
    while (option->name && option->number != number)
        option++;
    return option;
}

/* Is the option one of the command's? */
static enum status check_owner(const struct command *command,
                               const struct option *option,
                               struct error *error)
{
    if (option->number < OPTION_SKIP_IF_RUNNING ||
        text_equal(command->name, "help"))
        return STATUS_OK;
    for (size_t i = 0; command->options && command->options[i]; i++)
        if (text_equal(command->options[i], option->name))
            return STATUS_OK;
    (void)error_set(error, ERROR_USAGE,
                    "cannot use --%s with tidemark %s", option->name,
                    command->name);
    error_next(error, "tidemark help %s", command->name);
    return error->status;
}

static struct poptOption *popt_table(void)
{
    size_t count = 0;
    while (option_list()[count].name)
        count++;
    struct poptOption *table = memory_new(count + 1, sizeof *table);
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &option_list()[i];
        table[i].longName = option->name;
        table[i].shortName = option->letter;
        table[i].argInfo = option->value ? POPT_ARG_STRING : POPT_ARG_NONE;
        table[i].val = (int)option->number;
    }
    return table;
}

static bool is_later(const char *text, struct error *error)
{
    char name[32];
    size_t dashes = strspn(text, "-");
    (void)text_copy(name, sizeof name, text + dashes);
    name[strcspn(name, "=")] = '\0';
    const char *next = option_later(name);
    if (!next)
        return false;
    (void)error_set(error, ERROR_USAGE, "this build does not have the option "
                    "--%s yet", name);
    error_next(error, "%s", next);
    return true;
}

static enum status bad_option(poptContext context, int code,
                              struct error *error)
{
    const char *text = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    const char *names[OPTION_COUNT];
    size_t count = 0;
    if (is_later(text, error))
        return error->status;
    (void)error_set(error, ERROR_USAGE, "cannot understand option %s: %s",
                    text, code == POPT_ERROR_BADOPT ? "there is none of this "
                                                      "name"
                                                    : poptStrerror(code));
    for (const struct option *option = option_list(); option->name; option++)
        names[count++] = option->name;
    while (*text == '-')
        text++;
    const char *near = text_nearest(text, names, count);
    if (near)
        error_next(error, "did you mean --%s? See tidemark help", near);
    else
        error_next(error, "tidemark help");
    return error->status;
}

/* As many words as help shows; "[TABLE...]" takes any number. */
static enum status check_arguments(const struct command_line *line,
                                   const struct command *command,
                                   struct error *error)
{
    size_t most = command->arguments[0] ? 1 : 0;
    if (strstr(command->arguments, "..."))
        return STATUS_OK;
    for (const char *c = command->arguments; *c; c++)
        most += *c == ' ';
    if (line->argument_count <= most)
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "cannot use \"%s\": tidemark %s takes "
                    "%s%s", line->arguments[most], command->name,
                    most == 0 ? "no argument" : "only ", command->arguments);
    error_next(error, "tidemark help %s", command->name);
    return error->status;
}

/* The command's own name is the first argument that is no option. */
static enum status take_command(poptContext context,
                                struct command_line *line,
                                const struct command **command,
                                struct error *error)
{
    const char *name = poptGetArg(context);
    *command = command_find(name ? name : "help");
    if (!*command)
        return command_unknown(name, error);
    const char **rest = poptGetArgs(context);
    while (rest && rest[line->argument_count])
        line->argument_count++;
    line->arguments = memory_new(line->argument_count + 1,
                                 sizeof *line->arguments);
    for (size_t i = 0; i < line->argument_count; i++)
        line->arguments[i] = option_keep(rest[i]);
    return check_arguments(line, *command, error);
}

struct given {
    enum option_number numbers[64];
    size_t count;
};

static enum status take_options(poptContext context,
                                struct command_line *line,
                                struct given *given, struct error *error)
{
    int code = 0;
    while ((code = poptGetNextOpt(context)) > 0) {
        const struct option *option = find_option((enum option_number)code);
        char *value = option->value ? poptGetOptArg(context) : NULL;
        const char *kept = value ? option_keep(value) : NULL;
        memory_free(value);
        if (given->count < ARRAY_COUNT(given->numbers))
            given->numbers[given->count++] = option->number;
        enum status status = set_option(line, option, kept, error);
        if (status != STATUS_OK)
            return status;
    }
    return code == -1 ? STATUS_OK : bad_option(context, code, error);
}

/* `run --help` is `help run`. */
static void take_help(struct command_line *line,
                      const struct command **command)
{
    const char *topic = (*command)->name;
    *command = command_find("help");
    if (text_equal(topic, "help"))
        return;
    memory_free(line->arguments);
    line->arguments = memory_new(1, sizeof *line->arguments);
    line->arguments[0] = topic;
    line->argument_count = 1;
}

enum status command_parse(int argc, char **argv, struct command_line *line,
                          const struct command **command,
                          struct error *error)
{
    struct given given = {.count = 0};
    struct poptOption *table = popt_table();
    poptContext context = poptGetContext("tidemark", argc,
                                         (const char **)argv, table, 0);
    enum status status = take_environment(line, error);
    if (status == STATUS_OK)
        status = take_options(context, line, &given, error);
    if (status == STATUS_OK)
        status = take_command(context, line, command, error);
    for (size_t i = 0; i < given.count && status == STATUS_OK; i++)
        if (given.numbers[i] == OPTION_HELP)
            take_help(line, command);
        else if (given.numbers[i] == OPTION_VERSION)
            *command = command_find("version");
    for (size_t i = 0; i < given.count && status == STATUS_OK; i++)
        status = check_owner(*command, find_option(given.numbers[i]), error);
    if (status == STATUS_OK)
        line->command = (*command)->name;
    poptFreeContext(context);
    memory_free(table);
    return status;
}

void command_line_release(struct command_line *line)
{
    memory_free(line->arguments);
    line->arguments = NULL;
    option_keep(NULL);
}
