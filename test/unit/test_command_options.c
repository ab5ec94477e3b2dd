/* The command line: options in any order, twins in the environment, and words
 * for whoever mistypes. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/command.h"
#include "command/options.h"

struct parsed {
    struct command_line line;
    const struct command *command;
    struct error error;
    enum status status;
};

static struct parsed parse(const char *first, const char *second,
                           const char *third, const char *fourth)
{
    struct parsed parsed;
    char *argv[] = {"tidemark", (char *)(uintptr_t)first,
                    (char *)(uintptr_t)second, (char *)(uintptr_t)third,
                    (char *)(uintptr_t)fourth, NULL};
    int argc = 1;
    while (argv[argc])
        argc++;
    memset(&parsed, 0, sizeof parsed);
    error_clear(&parsed.error);
    parsed.status = command_parse(argc, argv, &parsed.line, &parsed.command,
                                  &parsed.error);
    return parsed;
}

static void options_stand_before_and_behind(void **state)
{
    (void)state;
    struct parsed parsed = parse("--config=a.yml", "run", "orders", "-q");
    assert_int_equal(parsed.status, STATUS_OK);
    assert_string_equal(parsed.command->name, "run");
    assert_string_equal(parsed.line.command, "run");
    assert_string_equal(parsed.line.config, "a.yml");
    assert_true(parsed.line.is_quiet);
    assert_int_equal(parsed.line.argument_count, 1);
    assert_string_equal(parsed.line.arguments[0], "orders");
    command_line_release(&parsed.line);
}

static void nothing_at_all_is_help(void **state)
{
    (void)state;
    struct parsed parsed = parse(NULL, NULL, NULL, NULL);
    assert_int_equal(parsed.status, STATUS_OK);
    assert_string_equal(parsed.command->name, "help");
    command_line_release(&parsed.line);
}

static void help_of_a_command_is_its_topic(void **state)
{
    (void)state;
    struct parsed parsed = parse("run", "--help", NULL, NULL);
    assert_string_equal(parsed.command->name, "help");
    assert_int_equal(parsed.line.argument_count, 1);
    assert_string_equal(parsed.line.arguments[0], "run");
    command_line_release(&parsed.line);
}

static void assert_refused(struct parsed parsed, const char *what,
                           const char *next)
{
    assert_int_equal(parsed.status, STATUS_USAGE);
    assert_int_equal(parsed.error.id, ERROR_USAGE);
    assert_non_null(strstr(parsed.error.what, what));
    assert_non_null(strstr(parsed.error.next, next));
    command_line_release(&parsed.line);
}

static void a_typing_error_gets_a_suggestion(void **state)
{
    (void)state;
    assert_refused(parse("stauts", NULL, NULL, NULL), "no command \"stauts\"",
                   "tidemark status");
    assert_refused(parse("run", "--cofnig", "x", NULL), "--cofnig",
                   "--config");
}

static void commands_are_not_abbreviated(void **state)
{
    (void)state;
    assert_refused(parse("sta", NULL, NULL, NULL), "no command", "");
}

static void an_unbuilt_command_is_named_as_such(void **state)
{
    static const char *const names[] = {"audit", "repair", "reload",
                                        "report", "state"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_refused(parse(names[i], NULL, NULL, NULL),
                       "this build does not have", "");
}

static void an_argument_too_many_is_refused(void **state)
{
    (void)state;
    assert_refused(parse("version", "x", NULL, NULL),
                   "\"x\": tidemark version takes no argument",
                   "tidemark help version");
    assert_refused(parse("history", "a", "b", NULL),
                   "\"b\": tidemark history takes only [TABLE|RUN]", "");
    assert_refused(parse("init", "a", "b", "c"),
                   "\"c\": tidemark init takes only SOURCE-URL", "");
    struct parsed parsed = parse("run", "a", "b", "c");
    assert_int_equal(parsed.status, STATUS_OK);
    assert_int_equal(parsed.line.argument_count, 3);
    command_line_release(&parsed.line);
}

static void an_option_of_another_command_is_refused(void **state)
{
    (void)state;
    assert_refused(parse("status", "--skip-if-running", NULL, NULL),
                   "--skip-if-running with tidemark status",
                   "tidemark help status");
}

static void an_option_of_a_later_build_is_named_as_such(void **state)
{
    static const char *const names[] = {"--until", "--rate=2M/s", "--gaps=all",
                                        "--notify", "--yes"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_refused(parse("run", names[i], NULL, NULL),
                       "this build does not have the option --", "");
}

static void nonsense_values_are_refused(void **state)
{
    (void)state;
    assert_refused(parse("run", "--progress", "fast", NULL), "--progress",
                   "");
    assert_refused(parse("run", "--timeout", "soon", NULL), "--timeout", "");
    assert_refused(parse("history", "-n", "-1", NULL), "--count", "");
    assert_refused(parse("history", "-n", "99999999", NULL), "--count", "");
    assert_refused(parse("preview", "-n", "0", "orders"),
                   "--count: it takes a number from 1", "");
    assert_refused(parse("run", "--timeout", "0s", NULL),
                   "--timeout: it takes a time above 0", "");
}

static void the_least_values_are_taken(void **state)
{
    (void)state;
    struct parsed parsed = parse("status", "--timeout", "1ms", NULL);
    assert_int_equal(parsed.status, STATUS_OK);
    assert_int_equal(parsed.line.timeout_ms, 1);
    command_line_release(&parsed.line);
    parsed = parse("history", "-n", "1", NULL);
    assert_int_equal(parsed.line.count, 1);
    command_line_release(&parsed.line);
}

static void every_option_has_a_twin_in_the_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("TIDEMARK_LOG_FORMAT", "json", 1), 0);
    assert_int_equal(setenv("TIDEMARK_QUIET", "yes", 1), 0);
    struct parsed parsed = parse("run", NULL, NULL, NULL);
    assert_int_equal(parsed.line.log_format, LOG_JSON);
    assert_true(parsed.line.has_log_format);
    assert_true(parsed.line.is_quiet);
    command_line_release(&parsed.line);
    parsed = parse("run", "--log-format", "text", NULL);
    assert_int_equal(parsed.line.log_format, LOG_TEXT);
    command_line_release(&parsed.line);
    assert_int_equal(setenv("TIDEMARK_LOG_FORMAT", "xml", 1), 0);
    assert_refused(parse("run", NULL, NULL, NULL), "--log-format",
                   "TIDEMARK_LOG_FORMAT in the environment");
    unsetenv("TIDEMARK_LOG_FORMAT");
    unsetenv("TIDEMARK_QUIET");
}

static void every_command_is_explained(void **state)
{
    (void)state;
    for (const struct command *command = command_list(); command->name;
         command++) {
        assert_non_null(command->sentence);
        assert_non_null(command->arguments);
        assert_non_null(command->examples[0]);
        assert_non_null(command->run);
        assert_ptr_equal(command_find(command->name), command);
        for (size_t i = 0; command->options && command->options[i]; i++) {
            const struct option *option = option_list();
            while (option->name &&
                   !text_equal(option->name, command->options[i]))
                option++;
            assert_non_null(option->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_and_behind),
        cmocka_unit_test(nothing_at_all_is_help),
        cmocka_unit_test(help_of_a_command_is_its_topic),
        cmocka_unit_test(a_typing_error_gets_a_suggestion),
        cmocka_unit_test(commands_are_not_abbreviated),
        cmocka_unit_test(an_unbuilt_command_is_named_as_such),
        cmocka_unit_test(an_argument_too_many_is_refused),
        cmocka_unit_test(an_option_of_another_command_is_refused),
        cmocka_unit_test(an_option_of_a_later_build_is_named_as_such),
        cmocka_unit_test(nonsense_values_are_refused),
        cmocka_unit_test(the_least_values_are_taken),
        cmocka_unit_test(every_option_has_a_twin_in_the_environment),
        cmocka_unit_test(every_command_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
