/*
 * `manual PAGE`: the manual from the tables of commands, options, settings and
 * errors. Not shown in help: scripts/generate-docs calls it.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "completion.h"
#include "drivers.h"
#include "options.h"
#include "roff.h"
#include "settings/sample.h"

#define TEXT_BYTES_MAX (1U << 20)

static void print_option(const struct option *option)
{
    char *term = option->letter ? memory_format("-%c, --%s", option->letter,
                                                option->name)
                                : memory_format("--%s", option->name);
    roff_term(term, option->value, option->sentence);
    memory_free(term);
}

static void print_command(const struct command *command)
{
    if (command->is_hidden)
        return;
    char *title = memory_format(".SS %s %s", command->name,
                                command->arguments);
    printf("%s\n", title);
    memory_free(title);
    roff_text(command->sentence);
    for (size_t i = 0; command->examples[i]; i++)
        roff_example(command->examples[i]);
    for (size_t i = 0; command->options && command->options[i]; i++)
        for (const struct option *option = option_list(); option->name;
             option++)
            if (text_equal(option->name, command->options[i]))
                print_option(option);
}

static void print_exit_codes(void)
{
    roff_section("EXIT STATUS");
#define X(name, code, retryable, text)             \
    if (STATUS_##name != STATUS_PENDING)           \
        roff_term(#code, NULL, text);
    STATUS_LIST(X)
#undef X
    roff_text("An interrupted run ends with 130 or 143. If several apply, "
              "the first of 7, 2, 4, 3, 1, 5 wins. An unknown code means "
              "failure.");
}

static void print_main_page(void)
{
    roff_title("TIDEMARK", "1", "User Commands");
    roff_section("NAME");
    printf("tidemark \\- keep tables of MySQL or MariaDB equal in a "
           "warehouse\n");
    roff_section("SYNOPSIS");
    printf("\\fBtidemark\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR...] "
           "[\\fIOPTION\\fR...]\n");
    roff_section("EXAMPLES");
    roff_example("tidemark init mysql://sync@db1/shop "
                 "clickhouse://sync@ch/shop");
    roff_example("tidemark check");
    roff_example("tidemark run");
    roff_example("*/10 * * * * tidemark run -q --skip-if-running");
    roff_section("COMMANDS");
    for (const struct command *command = command_list(); command->name;
         command++)
        print_command(command);
    roff_section("OPTIONS");
    roff_text("Options of all commands, in any order. Each has a twin in the "
              "environment: TIDEMARK_LOG_FORMAT for --log-format. No option "
              "carries a secret.");
    for (const struct option *option = option_list(); option->name; option++)
        if (option->number < OPTION_SKIP_IF_RUNNING)
            print_option(option);
    print_exit_codes();
    roff_section("SEE ALSO");
    printf("\\fBtidemark.yml\\fR(5), \\fBtidemark\\-errors\\fR(7)\n");
}

static void print_key(const struct key *key)
{
    const char *fallback = key->default_text;
    char *text = memory_format("%s%s%s%s%s", key->sentence,
                               key->choices ? " One of: " : "",
                               key->choices ? key->choices : "",
                               fallback && *fallback ? " Default: " : "",
                               fallback && *fallback ? fallback : "");
    roff_term(key->name, NULL, text);
    memory_free(text);
}

static void print_keys(const char *title, const struct key_table *table)
{
    printf(".SS %s\n", title);
    for (size_t i = 0; i < table->count; i++)
        print_key(&table->keys[i]);
}

static void print_drivers(const struct key_table *const *tables, size_t count,
                          const char *side)
{
    for (size_t i = 0; i < count; i++) {
        char *title = memory_format("%s of %s", side, tables[i]->schemes);
        if (tables[i]->count > 0)
            print_keys(title, tables[i]);
        memory_free(title);
    }
}

static void print_settings_page(const struct command_line *line)
{
    struct drivers drivers;
    drivers_fill(&drivers, line);
    const struct settings_options *options = &drivers.options;
    roff_title("TIDEMARK.YML", "5", "File Formats");
    roff_section("NAME");
    printf("tidemark.yml \\- settings of tidemark\n");
    roff_section("DESCRIPTION");
    roff_text("A file of YAML, found as ./tidemark.yml, "
              "~/.config/tidemark/tidemark.yml or "
              "/etc/tidemark/tidemark.yml, or named with --config. An "
              "annotated sample: tidemark config example.");
    roff_example("source: mysql://sync@db1.example.com/shop\n"
                 "warehouse: clickhouse://sync@ch.example.com/shop\n"
                 "tables: \"*\"");
    roff_text("In values ${cred:NAME}, ${env:NAME} and ${file:PATH} are put "
              "in; $$ is a dollar. Durations are 30s, 10m, 2h, 7d, sizes "
              "512K, 20M, 2G.");
    roff_section("SETTINGS");
    print_keys("at the top", settings_keys(PLACE_TOP));
    print_keys("source and warehouse", settings_keys(PLACE_SOURCE));
    print_drivers(options->source_drivers, options->source_driver_count,
                  "source");
    print_drivers(options->warehouse_drivers,
                  options->warehouse_driver_count, "warehouse");
    print_keys("a table", settings_keys(PLACE_TABLE));
    print_keys("limits", settings_keys(PLACE_LIMITS));
    roff_section("SEE ALSO");
    printf("\\fBtidemark\\fR(1)\n");
}

static void print_errors_page(void)
{
    roff_title("TIDEMARK\\-ERRORS", "7", "Miscellaneous");
    roff_section("NAME");
    printf("tidemark\\-errors \\- what messages of tidemark mean\n");
    roff_section("DESCRIPTION");
    roff_text("Every failure ends in an id, and every id never changes its "
              "meaning: 1xxx is settings, command line, state and machine, "
              "2xxx the source, 3xxx the warehouse.");
    for (int id = ERROR_NONE + 1; id < ERROR_ID_COUNT; id++) {
        char *text = memory_format("%s. %s",
                                   error_id_summary((enum error_id)id),
                                   error_id_advice((enum error_id)id));
        roff_term(error_id_text((enum error_id)id), NULL, text);
        memory_free(text);
    }
    roff_section("SEE ALSO");
    printf("\\fBtidemark\\fR(1)\n");
}

static void print_reference(const struct command_line *line)
{
    struct drivers drivers;
    struct buffer text;
    drivers_fill(&drivers, line);
    buffer_init(&text, TEXT_BYTES_MAX);
    reference_write(&drivers.options, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_release(&text);
}

enum status command_manual(const struct command_line *line, int *exit_code,
                           struct error *error)
{
    const char *page = line->argument_count ? line->arguments[0] : "";
    (void)exit_code;
    if (text_equal(page, "tidemark.1"))
        print_main_page();
    else if (text_equal(page, "tidemark.yml.5"))
        print_settings_page(line);
    else if (text_equal(page, "tidemark-errors.7"))
        print_errors_page();
    else if (text_equal(page, "settings.md"))
        print_reference(line);
    else if (text_equal(page, "completion/tidemark"))
        completion_bash();
    else
        return error_set(error, ERROR_USAGE, "there is no page \"%s\"",
                         page);
    return STATUS_OK;
}
