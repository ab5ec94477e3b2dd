/* `help`: examples first, all of it from the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "drivers.h"
#include "options.h"
#include "settings/sample.h"

#define HELP_BYTES_MAX (1U << 20)
#define MARGIN 22
#define COLUMNS 80

/* Words of `text` behind a margin, the first line already begun at `column`. */
static void print_wrapped(const char *text, int column)
{
    if (column >= MARGIN)
        printf("\n%*s", MARGIN, "");
    else
        printf("%*s", MARGIN - column, "");
    column = MARGIN;
    for (bool is_first = true; *text; is_first = false) {
        size_t length = strcspn(text, " ");
        bool fits = column + 1 + (int)length <= COLUMNS;
        if (!is_first && fits)
            column += printf(" ");
        else if (!is_first)
            column = printf("\n%*s", MARGIN, "") - 1;
        column += printf("%.*s", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
    (void)putchar('\n');
}

static void print_option(const struct option *option)
{
    char letter[8] = "    ";
    if (option->letter)
        (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    int column = printf("  %s--%s%s%s", letter, option->name,
                        option->value ? " " : "",
                        option->value ? option->value : "");
    print_wrapped(option->sentence, column);
}

static void print_examples(const struct command *command)
{
    for (size_t i = 0; command->examples[i]; i++)
        printf("  %s\n", command->examples[i]);
}

static void print_all(void)
{
    static const char *const first[] = {"init", "check", "run", "status"};
    printf("Keeps tables of a database equal in a warehouse.\n\n");
    for (size_t i = 0; i < ARRAY_COUNT(first); i++)
        printf("  %s\n", command_find(first[i])->examples[0]);
    printf("\nCommands:\n");
    for (const struct command *command = command_list(); command->name;
         command++)
        if (!command->is_hidden)
            print_wrapped(command->sentence,
                          printf("  %s %s", command->name,
                                 command->arguments));
    printf("\nOptions of all commands, in any order; each has a twin "
           "TIDEMARK_... in the\nenvironment:\n");
    for (const struct option *option = option_list(); option->name; option++)
        if (option->number < OPTION_SKIP_IF_RUNNING)
            print_option(option);
    printf("\nMore: tidemark help COMMAND, tidemark help settings\n");
}

static void print_command(const struct command *command)
{
    bool has_options = command->options && command->options[0];
    print_examples(command);
    printf("\nusage: tidemark %s%s%s [OPTION...]\n  %s\n", command->name,
           command->arguments[0] ? " " : "", command->arguments,
           command->sentence);
    if (has_options)
        printf("\nOptions, beside those of  tidemark help :\n");
    for (size_t i = 0; has_options && command->options[i]; i++)
        for (const struct option *option = option_list(); option->name;
             option++)
            if (text_equal(option->name, command->options[i]))
                print_option(option);
}

static void print_settings(const struct command_line *line)
{
    struct drivers drivers;
    struct buffer text;
    drivers_fill(&drivers, line);
    buffer_init(&text, HELP_BYTES_MAX);
    settings_help_write(&drivers.options, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_release(&text);
}

static void print_json(const struct command_line *line)
{
    json_t *document = document_new(line->command, 0);
    json_t *array = json_array();
    for (const struct command *command = command_list(); command->name;
         command++) {
        if (command->is_hidden)
            continue;
        json_t *entry = json_object();
        document_text(entry, "name", command->name);
        document_text(entry, "arguments", command->arguments);
        document_text(entry, "sentence", command->sentence);
        (void)json_array_append_new(array, entry);
    }
    (void)json_object_set_new(document, "commands", array);
    document_print(document);
}

enum status command_help(const struct command_line *line, int *exit_code,
                         struct error *error)
{
    const char *topic = line->argument_count ? line->arguments[0] : NULL;
    const struct command *command = topic ? command_find(topic) : NULL;
    (void)exit_code;
    if (topic && !command && !text_equal(topic, "settings"))
        return command_unknown(topic, error);
    if (line->json)
        print_json(line);
    else if (command)
        print_command(command);
    else if (topic)
        print_settings(line);
    else
        print_all();
    return STATUS_OK;
}
