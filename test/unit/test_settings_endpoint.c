/* Source and warehouse: drivers, TLS, and where passwords may come from. No
 * secret gets into an error, whatever is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixture_settings.h"

/* Settings whose source is the map of flow style `map`. */
static struct settings *with_source(const char *map)
{
    char *text = memory_format("source: %s\nwarehouse: files:///out\n"
                               "tables: a\n", map);
    struct settings *settings = settings_of(text);

    memory_free(text);
    return settings;
}

static void source_fails(const char *map, enum error_id id, const char *what)
{
    char *text = memory_format("source: %s\nwarehouse: files:///out\n"
                               "tables: a\n", map);

    settings_fail(text, id, what, NULL);
    memory_free(text);
}

static void password_is(const char *map, const char *password,
                        const char *origin)
{
    struct settings *settings = with_source(map);
    const struct endpoint_settings *source = &settings->sources[0];

    if (password == NULL) {
        assert_null(source->password);
        assert_null(source->password_origin);
    } else {
        assert_non_null(source->password);
        assert_string_equal(secret_reveal(source->password), password);
        assert_string_equal(source->password_origin, origin);
    }
    settings_free(settings);
}

static void a_driver_brings_its_own_keys(void **state)
{
    struct settings *settings =
        with_source("{url: mysql://h/a, socket: /run/s}");
    const struct endpoint_settings *source = &settings->sources[0];

    (void)state;
    assert_string_equal(source->name, "main");
    assert_string_equal(source->driver->driver, "mysql");
    assert_string_equal(endpoint_value(source, "socket"), "/run/s");
    assert_string_equal(endpoint_value(source, "pause"), "5s");
    assert_null(endpoint_value(source, "compression"));
    assert_string_equal(settings->warehouse.driver->driver, "files");
    settings_free(settings);
    settings = with_source("mariadb://h/a?pause=7s");
    assert_string_equal(settings->sources[0].driver->driver, "mysql");
    assert_string_equal(endpoint_value(&settings->sources[0], "pause"), "7s");
    settings_free(settings);
}

static void a_drivers_value_is_checked(void **state)
{
    (void)state;
    source_fails("{url: mysql://h/a, pause: often}", ERROR_SETTINGS_VALUE,
                 "1:35: \"pause\" expects a duration such as 30s, 10m or 2h");
    source_fails("mysql://h/a?pause=often", ERROR_SETTINGS_VALUE,
                 "1:9: \"pause\" expects a duration such as 30s, 10m or 2h");
    source_fails("{url: \"mysql://h/a?pause=1s\", pause: 1s}",
                 ERROR_SETTINGS_KEY,
                 "1:39: \"pause\" stands in the URL too");
    source_fails("mysql://h/a?pause=1s&sockets=1", ERROR_SETTINGS_KEY,
                 "1:9: unknown parameter \"sockets\" in the URL of the "
                 "source");
    settings_fail("source: mysql://h/a\nwarehouse:\n"
                  "  url: clickhouse://h/a\n  compresion: none\ntables: a\n",
                  ERROR_SETTINGS_KEY,
                  "4:3: unknown key \"compresion\" in warehouse",
                  "Did you mean \"compression\"?");
    settings_fail("source: mysql://h/a\nwarehouse:\n"
                  "  url: clickhouse://h/a\n  compression: zst\ntables: a\n",
                  ERROR_SETTINGS_VALUE,
                  "4:16: \"compression\" expects one of zstd|lz4|none",
                  NULL);
}

static void a_scheme_without_a_driver_is_refused(void **state)
{
    (void)state;
    settings_fail("source: postgres://h/a\nwarehouse: files:///o\ntables: a\n",
                  ERROR_SETTINGS_VALUE,
                  "1:9: the URL cannot be used: \"postgres\" is no source "
                  "that this build knows", "It knows mysql|mariadb.");
    settings_fail("source: mysql://h/a\nwarehouse: mysql://h/a\ntables: a\n",
                  ERROR_SETTINGS_VALUE,
                  "2:12: the URL cannot be used: \"mysql\" is no warehouse "
                  "that this build knows", "It knows clickhouse|files.");
}

static void tls_is(const char *map, enum tls_mode mode, const char *ca)
{
    struct settings *settings = with_source(map);

    assert_int_equal(settings->sources[0].tls.mode, mode);
    if (ca == NULL)
        assert_null(settings->sources[0].tls.ca);
    else
        assert_string_equal(settings->sources[0].tls.ca, ca);
    settings_free(settings);
}

static void tls_is_verified_off_or_by_an_authority(void **state)
{
    char *what = memory_format("1:38: cannot read the authority \"%s\"",
                               fixture_path("no.pem"));

    (void)state;
    fixture_file("ca.pem", "x", 0644);
    tls_is("mysql://h/a", TLS_AUTO, NULL);
    tls_is("{url: mysql://h/a, tls: verify}", TLS_VERIFY, NULL);
    tls_is("{url: mysql://h/a, tls: off}", TLS_OFF, NULL);
    tls_is("mysql://h/a?tls=off", TLS_OFF, NULL);
    tls_is("{url: mysql://h/a, tls: {ca: ca.pem}}", TLS_VERIFY,
           fixture_path("ca.pem"));
    source_fails("{url: mysql://h/abc, tls: on}", ERROR_SETTINGS_VALUE,
                 "1:35: \"tls\" expects verify, off or {ca: PATH}");
    source_fails("{url: mysql://h/abc, tls: {cert: a}}", ERROR_SETTINGS_VALUE,
                 "1:35: \"tls\" expects verify, off or {ca: PATH}");
    source_fails("{url: mysql://h/abc, tls: {ca: a, b: c}}",
                 ERROR_SETTINGS_VALUE,
                 "1:35: \"tls\" expects verify, off or {ca: PATH}");
    source_fails("mysql://h/a?tls=on", ERROR_SETTINGS_VALUE,
                 "1:9: \"tls\" expects verify, off or {ca: PATH}");
    source_fails("{url: mysql://h/a?tls=off, tls: verify}",
                 ERROR_SETTINGS_KEY, "1:36: \"tls\" stands in the URL too");
    source_fails("{url: mysql://h/a, tls: {ca: no.pem}}",
                 ERROR_SETTINGS_VALUE, what);
    memory_free(what);
}

static void a_password_comes_from_the_settings_first(void **state)
{
    (void)state;
    setenv("T_PASS", "from-env", 1);
    setenv("CREDENTIALS_DIRECTORY", fixture_path("."), 1);
    fixture_file("source", "from-credential\n", 0400);
    fixture_file("pass", "from-file\n", 0600);
    fixture_file(".my.cnf", "[client]\npassword=from-cnf\n", 0600);
    password_is("{url: mysql://h/a, password: written}", "written",
                "password");
    password_is("{url: mysql://h/a, password: \"${env:T_PASS}\"}", "from-env",
                "password");
    password_is("mysql://u:in-url@h/a", "in-url", "url");
    password_is("{url: mysql://h/a, password_command: [echo, from-command]}",
                "from-command", "password_command echo");
    password_is("mysql://h/a", "from-credential", "credential source");
    unlink(fixture_path("source"));
    password_is("mysql://h/a", "from-cnf", fixture_path(".my.cnf"));
    unlink(fixture_path(".my.cnf"));
    password_is("mysql://h/a", NULL, NULL);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_password_file_must_be_private(void **state)
{
    static const unsigned modes[] = {0640, 0604, 0644, 0660};
    char *path = memory_text(fixture_path("pass"));
    char *origin = memory_format("password_file %s", path);
    char *what = memory_format("1:41: \"%s\" can be read by its group or by "
                               "everybody", path);

    (void)state;
    fixture_file("pass", "from-file\n", 0600);
    password_is("{url: mysql://h/a, password_file: pass}", "from-file",
                origin);
    for (size_t i = 0; i < ARRAY_COUNT(modes); i++) {
        fixture_file("pass", "from-file\n", modes[i]);
        source_fails("{url: mysql://h, password_file: pass}",
                     ERROR_SECRET_EXPOSED, what);
    }
    memory_free(what);
    memory_free(origin);
    memory_free(path);
}

static void only_one_password_is_written(void **state)
{
    (void)state;
    source_fails("{url: mysql://u:p@h/a, password: q}", ERROR_SETTINGS_VALUE,
                 "1:32: the password of the source is given twice");
    source_fails("{url: mysql://h, password: q, password_file: p}",
                 ERROR_SETTINGS_VALUE,
                 "1:39: the password of the source is given twice");
}

/* With a file of mode 0644 instead of 0600. */
static void shared_file(const char *map, bool is_refused)
{
    char *text = memory_format("source: %s\nwarehouse: files:///out\n"
                               "tables: a\n", map);
    struct settings_options options =
        fixture_options(fixture_file("shared.yml", text, 0644));
    struct settings *settings;
    struct error error;
    enum status status;

    error_clear(&error);
    status = settings_load(&options, &settings, &error);
    assert_int_equal(status, is_refused ? STATUS_USAGE : STATUS_OK);
    if (is_refused) {
        assert_int_equal(error.id, ERROR_SECRET_EXPOSED);
        assert_null(strstr(error.what, "hunter"));
        assert_non_null(strstr(error.next, "password_file"));
    }
    settings_free(settings);
    memory_free(text);
}

static void a_written_password_needs_a_private_file(void **state)
{
    (void)state;
    setenv("T_PASS", "hunter2", 1);
    setenv("T_PORT", "3306", 1);
    setenv("T_URL", "mysql://u:hunter2@h/a", 1);
    shared_file("mysql://u:hunter2@h/a", true);
    shared_file("mysql://u:hunter2@h:${env:T_PORT}/a", true);
    shared_file("mysql://u:hunter${env:T_PORT}@h/a", true);
    shared_file("{url: mysql://h/a, password: hunter2}", true);
    shared_file("{url: mysql://h/a, password: \"a${env:T_PASS}\"}", true);
    shared_file("mysql://u@h/a", false);
    shared_file("mysql://u:@h/a", false);
    shared_file("mysql://u:${env:T_PASS}@h:${env:T_PORT}/a", false);
    shared_file("${env:T_URL}", false);
    shared_file("{url: mysql://h/a, password: \"${env:T_PASS}\"}", false);
}

static void a_command_gives_its_first_line(void **state)
{
    (void)state;
    password_is("{url: mysql://h/a, password_command: [printf, "
                "'one\\r\\ntwo\\n']}", "one", "password_command printf");
    password_is("{url: mysql://h/a, password_command: [printf, x]}", "x",
                "password_command printf");
    password_is("{url: mysql://h/a, password_command: [echo, a, a]}", "a a",
                "password_command echo");
    password_is("{url: mysql://h/a, password_command: [sh, -c, "
                "'echo first; yes | head -c 100000']}", "first",
                "password_command sh");
    password_is("{url: mysql://h/a, password_command: [sh, -c, "
                "'echo first; sleep 2 &']}", "first",
                "password_command sh");
}

static void a_command_that_fails_is_named(void **state)
{
    static const char start[] = "{url: mysql://h/abc, password_command: ";
    static const struct {
        const char *list;
        const char *what;
    } cases[] = {
        {"[false]}", "password_command \"false\" failed: it ended with code "
                     "1"},
        {"[true]}", "password_command \"true\" printed no password"},
        {"[echo]}", "password_command \"echo\" printed no password"},
        {"[sh, -c, 'echo hunter2; exit 3']}",
         "password_command \"sh\" failed: it ended with code 3"},
        {"[sh, -c, 'kill -9 $$$$']}",
         "password_command \"sh\" failed: it ended with signal 9"},
        {"[head, -c, 9999, /dev/zero]}",
         "password_command \"head\" printed no line of text"},
        {"[/no/such]}", "cannot start password_command \"/no/such\": No such "
                        "file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char *map = memory_format("%s%s", start, cases[i].list);
        char *what = memory_format("1:48: %s", cases[i].what);

        source_fails(map, ERROR_SECRET_MISSING, what);
        memory_free(what);
        memory_free(map);
    }
    source_fails("{url: mysql://h/abc, password_command: pass}",
                 ERROR_SETTINGS_VALUE,
                 "1:48: \"password_command\" expects a list: [PROGRAM, "
                 "ARGUMENT, ..]");
}

static void my_cnf_says(const char *text, const char *password)
{
    fixture_file(".my.cnf", text, 0600);
    password_is("mysql://h/a", password, fixture_path(".my.cnf"));
    unlink(fixture_path(".my.cnf"));
}

static void my_cnf_is_read_as_clients_do(void **state)
{
    (void)state;
    my_cnf_says("[client]\nuser=x\npassword = \"a b\"\n", "a b");
    my_cnf_says("[mysqld]\npassword=no\n[client]\n  password=yes  \n", "yes");
    my_cnf_says("[client]\npassword='a\\\\b\\sc\\\"d'\n", "a\\b c\"d");
    my_cnf_says("[client]\npassword=a\npassword=b\n", "b");
    my_cnf_says("[client]\npassword=a=b#c", "a=b#c");
    my_cnf_says("[client]\n#password=a\n;password=b\n", NULL);
    my_cnf_says("password=a\n[mysql]\npassword=b\n", NULL);
    my_cnf_says("[client]\npassword\n", NULL);
    my_cnf_says("", NULL);
}

static void my_cnf_must_be_private_where_it_holds_one(void **state)
{
    struct settings_options options = fixture_options(fixture_file(
        "shop.yml", FIXTURE_ENDS "tables: a\n", 0600));
    struct settings *settings;
    struct error error;

    (void)state;
    fixture_file(".my.cnf", "[client]\nuser=x\n", 0644);
    password_is("mysql://h/a", NULL, NULL);
    fixture_file(".my.cnf", "[client]\npassword=hunter2\n", 0644);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_int_equal(error.id, ERROR_SECRET_EXPOSED);
    assert_non_null(strstr(error.what, ".my.cnf\" holds a password and can"));
    assert_null(strstr(error.what, "hunter"));
    unlink(fixture_path(".my.cnf"));
}

/* Whatever is wrong around it, a secret stays out of the error. */
static void no_error_repeats_a_secret(void **state)
{
    static const char *const sources[] = {
        "mysql://u:hunter2@h:x/a",
        "mysql://u:hunter2@h o/a",
        "mysql://u:hunter2@h/a@b",
        "mysql://u:hunter2@h/a?b",
        "mysql://u:hunter2@h/a?b=hunter2",
        "mysql://u:hunter2%@h/a",
        "mysql//u:hunter2@h/a",
        "u:hunter2@h/a",
        "postgres://u:hunter2@h/a",
        "hunter2://h/${env:T_ABSENT}",
        "{url: mysql://u:hunter2@h/a, password: hunter2}",
        "{url: mysql://h/a, password: \"hunter2${env:T_ABSENT}\"}",
        "{url: mysql://h/a, password: \"hunter2${x}\"}",
        "{url: mysql://h/a, password: [hunter2]}",
        "{url: mysql://h/a, password: hunter2, pause: hunter2}",
        "{url: mysql://h/a, password: hunter2, tls: hunter2}",
        "{url: mysql://h/a, password_command: hunter2}",
        "{url: mysql://h, password_command: [sh, -c, 'echo hunter2; false']}",
        "{url: mysql://h/a, password: hunter2\n",
        "{url: mysql://h/a, password: *hunter2}",
    };

    (void)state;
    unsetenv("T_ABSENT");
    for (size_t i = 0; i < ARRAY_COUNT(sources); i++) {
        char *text = memory_format("source: %s\nwarehouse: files:///o\n"
                                   "tables: a\n", sources[i]);
        struct settings_options options =
            fixture_options(fixture_file("shop.yml", text, 0600));
        struct settings *settings;
        struct error error;

        error_clear(&error);
        if (settings_load(&options, &settings, &error) == STATUS_OK)
            fail_msg("%s was accepted", sources[i]);
        if (strstr(error.what, "hunter") != NULL ||
            strstr(error.next, "hunter") != NULL)
            fail_msg("%s: %s / %s", sources[i], error.what, error.next);
        memory_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_error_repeats_a_secret),
        cmocka_unit_test(a_driver_brings_its_own_keys),
        cmocka_unit_test(a_drivers_value_is_checked),
        cmocka_unit_test(a_scheme_without_a_driver_is_refused),
        cmocka_unit_test(tls_is_verified_off_or_by_an_authority),
        cmocka_unit_test(a_password_comes_from_the_settings_first),
        cmocka_unit_test(a_password_file_must_be_private),
        cmocka_unit_test(only_one_password_is_written),
        cmocka_unit_test(a_written_password_needs_a_private_file),
        cmocka_unit_test(a_command_gives_its_first_line),
        cmocka_unit_test(a_command_that_fails_is_named),
        cmocka_unit_test(my_cnf_is_read_as_clients_do),
        cmocka_unit_test(my_cnf_must_be_private_where_it_holds_one),
        cmocka_unit_test(every_file_was_closed),
    };

    return cmocka_run_group_tests(tests, settings_fixture_setup,
                                  settings_fixture_teardown);
}
