/*
 * Completion for bash. What must stay true: a name of a table is other
 * people's data and is never evaluated by the shell, only compared and quoted.
 */
#include "completion.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "options.h"

static const char HEAD[] =
    "# Completion of tidemark for bash, made by its tables of commands and\n"
    "# options: scripts/generate-docs.\n"
    "\n"
    "_tidemark_words()\n"
    "{\n"
    "    local word\n"
    "    for word in $1; do\n"
    "        [[ $word != \"$2\"* ]] || COMPREPLY+=(\"$word\")\n"
    "    done\n"
    "}\n"
    "\n"
    "_tidemark_tables()\n"
    "{\n"
    "    local name\n"
    "    while IFS= read -r name; do\n"
    "        [[ $name != \"$1\"* ]] ||\n"
    "            COMPREPLY+=(\"$(printf %q \"$name\")\")\n"
    "    done < <(\"${COMP_WORDS[0]}\" names \"${@:2}\" 2>/dev/null)\n"
    "}\n"
    "\n"
    "_tidemark()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]}\n"
    "    local before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command= options i\n"
    "    local -a place=()\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        -c|--config) place+=(--config \"${COMP_WORDS[++i]}\") ;;\n"
    "        --state) place+=(--state \"${COMP_WORDS[++i]}\") ;;\n";
static const char MIDDLE[] =
    "        -*) ;;\n"
    "        *) [[ $command ]] || command=${COMP_WORDS[i]} ;;\n"
    "        esac\n"
    "    done\n"
    "    case $before in\n";

/* "auto|bar" is a list of words; FILE is looked for by the shell. */
static bool is_choice(const struct option *option)
{
    return option->value && strchr(option->value, '|');
}

static bool is_place(const struct option *option)
{
    return option->number == OPTION_CONFIG || option->number == OPTION_STATE;
}

static void print_pattern(const struct option *option)
{
    if (option->letter)
        printf("-%c|", option->letter);
    printf("--%s", option->name);
}

static void print_words(const char *choices)
{
    (void)putchar('\'');
    for (; *choices; choices++)
        (void)putchar(*choices == '|' ? ' ' : *choices);
    (void)putchar('\'');
}

/* Options whose value must not be taken for the command. */
static void print_skipped(void)
{
    for (const struct option *option = option_list(); option->name;
         option++) {
        if (!option->value || is_place(option))
            continue;
        printf("        ");
        print_pattern(option);
        printf(") ((i++)) ;;\n");
    }
}

static void print_values(void)
{
    for (const struct option *option = option_list(); option->name;
         option++) {
        if (!option->value)
            continue;
        printf("    ");
        print_pattern(option);
        printf(")\n        ");
        if (is_choice(option)) {
            printf("_tidemark_words ");
            print_words(option->value);
            printf(" \"$word\"\n        ");
        } else if (text_equal(option->value, "FILE")) {
            printf("mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                   "        ");
        }
        printf("return ;;\n");
    }
    printf("    esac\n");
}

static void print_own_options(const struct command *command)
{
    for (size_t i = 0; command->options && command->options[i]; i++)
        printf(" --%s", command->options[i]);
}

static void print_options(void)
{
    printf("    if [[ $word == -* ]]; then\n        options='");
    for (const struct option *option = option_list(); option->name; option++)
        if (option->number < OPTION_SKIP_IF_RUNNING)
            printf("%s--%s", option == option_list() ? "" : " ",
                   option->name);
    printf("'\n        case $command in\n");
    for (const struct command *command = command_list(); command->name;
         command++) {
        if (command->is_hidden || !command->options)
            continue;
        printf("        %s) options+='", command->name);
        print_own_options(command);
        printf("' ;;\n");
    }
    printf("        esac\n        _tidemark_words \"$options\" \"$word\"\n"
           "        return\n    fi\n");
}

static void print_names(const char *last)
{
    (void)putchar('\'');
    for (const struct command *command = command_list(); command->name;
         command++)
        if (!command->is_hidden)
            printf("%s%s", command == command_list() ? "" : " ",
                   command->name);
    printf("%s'", last);
}

static void print_arguments(void)
{
    printf("    case $command in\n    '') _tidemark_words ");
    print_names("");
    printf(" \"$word\" ;;\n    help) _tidemark_words ");
    print_names(" settings");
    printf(" \"$word\" ;;\n");
    for (const struct command *command = command_list(); command->name;
         command++) {
        bool is_words = strchr(command->arguments, '|') &&
                        !strchr(command->arguments, '[');
        if (command->is_hidden)
            continue;
        if (strstr(command->arguments, "TABLE")) {
            printf("    %s) _tidemark_tables \"$word\" \"${place[@]}\" ;;\n",
                   command->name);
        } else if (is_words) {
            printf("    %s) _tidemark_words ", command->name);
            print_words(command->arguments);
            printf(" \"$word\" ;;\n");
        }
    }
    printf("    esac\n}\n\ncomplete -F _tidemark tidemark\n");
}

void completion_bash(void)
{
    (void)fputs(HEAD, stdout);
    print_skipped();
    (void)fputs(MIDDLE, stdout);
    print_values();
    print_options();
    print_arguments();
}
