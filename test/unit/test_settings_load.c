/* From the path of a settings file to settings: places, defaults, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture_settings.h"

static void defaults_are_those_of_the_table(void **state)
{
    struct settings *settings = settings_with("tables: a\n");

    (void)state;
    assert_int_equal(settings->deletes, DELETES_REMOVE);
    assert_int_equal(settings->memory_bytes, 128 << 20);
    assert_int_equal(settings->workers, 2);
    assert_int_equal(settings->retry_ms, 600000);
    assert_int_equal(settings->bound_max_wait_ms, 1800000);
    assert_int_equal(settings->source_count, 1);
    settings_free(settings);
    settings_free(NULL);
}

static void what_is_written_beats_the_default(void **state)
{
    struct settings *settings = settings_with(
        "tables: a\ndeletes: mark\nretry: 90s\nbound_max_wait: 2h\n"
        "limits: {memory: 64M, workers: 7}\n");

    (void)state;
    assert_int_equal(settings->deletes, DELETES_MARK);
    assert_int_equal(settings->memory_bytes, 64 << 20);
    assert_int_equal(settings->workers, 7);
    assert_int_equal(settings->retry_ms, 90000);
    assert_int_equal(settings->bound_max_wait_ms, 7200000);
    settings_free(settings);
    settings = settings_with("tables: a\ndeletes: keep\nlimits:\n");
    assert_int_equal(settings->deletes, DELETES_KEEP);
    assert_int_equal(settings->workers, 2);
    settings_free(settings);
}

static void wrong_values_are_named(void **state)
{
    static const struct {
        const char *line;
        const char *what;
        const char *next;
    } cases[] = {
        {"deletes: marked", "4:10: \"deletes\" expects one of "
                            "remove|mark|keep", "Did you mean \"mark\"?"},
        {"retry: 10", "4:8: \"retry\" expects a duration such as 30s, 10m or "
                      "2h", NULL},
        {"retry: ", "4:7: \"retry\" expects a duration such as 30s, 10m or "
                    "2h", NULL},
        {"retry: -1s", "4:8: \"retry\" expects a duration such as 30s, 10m "
                       "or 2h", NULL},
        {"retry: 99999999999999999d", "4:8: \"retry\" expects a duration such "
                                      "as 30s, 10m or 2h", NULL},
        {"retry: {a: b}", "4:8: \"retry\" expects one text, not a list or "
                          "map", NULL},
        {"limits: 5", "4:9: limits expects a map of keys to values", NULL},
        {"limits: {memory: 15M}", "4:9: \"memory\" expects a size of at least "
                                  "16M", NULL},
        {"limits: {memory: 128MB}", "4:18: \"memory\" expects a size such as "
                                    "512K, 128M or 2G", NULL},
        {"limits: {workers: 0}", "4:9: \"workers\" expects a number from 1 to "
                                 "64", NULL},
        {"limits: {workers: 65}", "4:9: \"workers\" expects a number from 1 "
                                  "to 64", NULL},
        {"limits: {workers: two}", "4:19: \"workers\" expects a whole number",
         NULL},
        {"limits: {worker: 2}", "4:10: unknown key \"worker\" in limits",
         "Did you mean \"workers\"?"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char *text = memory_format("tables: a\n%s\n", cases[i].line);

        settings_fail_with(text,
                           strstr(cases[i].what, "unknown") == NULL
                               ? ERROR_SETTINGS_VALUE
                               : ERROR_SETTINGS_KEY,
                           cases[i].what, cases[i].next);
        memory_free(text);
    }
}

/* The state that a file named `name` with the line `line` leads to. */
static void state_is(const char *name, const char *line, const char *option,
                     const char *expected)
{
    char *text = memory_format(FIXTURE_ENDS "tables: a\n%s\n", line);
    struct settings_options options =
        fixture_options(fixture_file(name, text, 0600));
    struct settings *settings;
    struct error error;

    options.state = option;
    error_clear(&error);
    if (settings_load(&options, &settings, &error) != STATUS_OK)
        fail_msg("%s", error.what);
    assert_string_equal(settings->state, expected);
    settings_free(settings);
    memory_free(text);
}

static void the_state_lies_beside_the_settings(void **state)
{
    (void)state;
    state_is("shop.yml", "", NULL, fixture_path("shop.db"));
    state_is("shop.yaml", "", NULL, fixture_path("shop.db"));
    state_is("shop.conf", "", NULL, fixture_path("shop.conf.db"));
    state_is("shop.yml", "state: other.db", NULL, fixture_path("other.db"));
    state_is("shop.yml", "state: /var/lib/x.db", NULL, "/var/lib/x.db");
    state_is("shop.yml", "state: /var/lib/x.db", fixture_path("o.db"),
             fixture_path("o.db"));
}

static void systemd_gives_the_state_a_folder(void **state)
{
    (void)state;
    setenv("STATE_DIRECTORY", "/var/lib/tidemark:/var/lib/two", 1);
    state_is("shop.yml", "", NULL, "/var/lib/tidemark/shop.db");
    state_is("shop.yml", "state: other.db", NULL, fixture_path("other.db"));
    unsetenv("STATE_DIRECTORY");
}

static void relative_paths_become_absolute(void **state)
{
    struct settings_options options = fixture_options("shop.yml");
    char *before = getcwd(NULL, 0);
    struct settings *settings;
    struct error error;
    char *expected;

    (void)state;
    fixture_file("shop.yml", FIXTURE_ENDS "tables: a\n", 0600);
    assert_int_equal(chdir(fixture_path(".")), 0);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_OK);
    assert_string_equal(settings->state, fixture_path("shop.db"));
    assert_string_equal(settings->path, "shop.yml");
    settings_free(settings);
    options.state = "here.db";
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_OK);
    expected = memory_text(fixture_path("here.db"));
    assert_string_equal(settings->state, expected);
    settings_free(settings);
    memory_free(expected);
    assert_int_equal(chdir(before), 0);
    memory_free(before);
}

static void a_shared_state_is_refused(void **state)
{
    struct settings_options options = fixture_options(fixture_file(
        "shop.yml", FIXTURE_ENDS "tables: a\nstate: postgres://h/x\n", 0600));
    struct settings *settings;
    struct error error;

    (void)state;
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "a shared state does not exist in this "
                                       "build yet"));
}

static void the_usual_places_are_looked_at_in_turn(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *before = getcwd(NULL, 0);
    struct settings *settings;
    struct error error;

    (void)state;
    assert_int_equal(chdir(fixture_path(".")), 0);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_int_equal(error.id, ERROR_SETTINGS_MISSING);
    assert_non_null(strstr(error.next, "tidemark init"));
    mkdir(".config", 0700);
    mkdir(".config/tidemark", 0700);
    fixture_file(".config/tidemark/tidemark.yml",
                 FIXTURE_ENDS "tables: home\n", 0600);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_OK);
    assert_string_equal(settings->tables[0].pattern, "home");
    settings_free(settings);
    fixture_file("tidemark.yml", FIXTURE_ENDS "tables: here\n", 0600);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_OK);
    assert_string_equal(settings->tables[0].pattern, "here");
    settings_free(settings);
    unlink(".config/tidemark/tidemark.yml");
    rmdir(".config/tidemark");
    rmdir(".config");
    assert_int_equal(chdir(before), 0);
    memory_free(before);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct settings_options options = fixture_options("/no/such.yml");
    struct settings *settings;
    struct error error;

    (void)state;
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_int_equal(error.id, ERROR_SETTINGS_MISSING);
    assert_string_equal(error.what, "cannot read \"/no/such.yml\": No such "
                                    "file or directory");
    options.path = fixture_path(".");
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "Is a directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(what_is_written_beats_the_default),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(the_state_lies_beside_the_settings),
        cmocka_unit_test(systemd_gives_the_state_a_folder),
        cmocka_unit_test(relative_paths_become_absolute),
        cmocka_unit_test(a_shared_state_is_refused),
        cmocka_unit_test(the_usual_places_are_looked_at_in_turn),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(every_file_was_closed),
    };

    return cmocka_run_group_tests(tests, settings_fixture_setup,
                                  settings_fixture_teardown);
}
