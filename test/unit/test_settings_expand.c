/* ${env:}, ${file:} and ${cred:}: in values, once, never parsed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture_settings.h"

/* `text` is the value of rows' neighbour `to` of table a. */
static void becomes(const char *text, const char *expected)
{
    char *line = memory_format("tables:\n  - a: {to: '%s'}\n", text);
    struct settings *settings = settings_with(line);

    assert_string_equal(settings->tables[0].target, expected);
    settings_free(settings);
    memory_free(line);
}

static void fails(const char *text, enum error_id id, const char *what)
{
    char *line = memory_format("tables:\n  - a: {to: '%s'}\n", text);
    char *expected = memory_format("4:13: %s", what);

    settings_fail_with(line, id, expected, NULL);
    memory_free(expected);
    memory_free(line);
}

static void each_kind_is_put_in(void **state)
{
    (void)state;
    setenv("T_NAME", "orders", 1);
    setenv("CREDENTIALS_DIRECTORY", fixture_path("."), 1);
    fixture_file("one", "from a file\n", 0644);
    fixture_file("two", "from a credential", 0400);
    becomes("${env:T_NAME}", "orders");
    becomes("dim_${env:T_NAME}_${env:T_NAME}!", "dim_orders_orders!");
    becomes("${file:one}", "from a file");
    becomes("x${cred:two}", "xfrom a credential");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_dollar_is_written_twice(void **state)
{
    (void)state;
    becomes("$${env:T_NAME}", "${env:T_NAME}");
    becomes("a$$b", "a$b");
    becomes("a$b", "a$b");
    becomes("a$", "a$");
    becomes("$$$$", "$$");
}

static void what_is_put_in_is_never_looked_at_again(void **state)
{
    (void)state;
    setenv("T_OUTER", "${env:T_NAME} $$ \n- evil: {to: x}", 1);
    becomes("${env:T_OUTER}", "${env:T_NAME} $$ \n- evil: {to: x}");
}

static void keys_are_never_expanded(void **state)
{
    (void)state;
    settings_fail_with("tables: a\n${env:T_NAME}: b\n", ERROR_SETTINGS_KEY,
                       "4:1: unknown key \"${env:T_NAME}\"", NULL);
}

static void a_missing_one_is_an_error_at_its_line(void **state)
{
    char *absent = memory_format("cannot read \"%s\": No such file or "
                                 "directory", fixture_path("absent"));

    (void)state;
    unsetenv("T_ABSENT");
    fails("${env:T_ABSENT}", ERROR_SECRET_MISSING,
          "the environment has no variable \"T_ABSENT\"");
    fails("${file:absent}", ERROR_SECRET_MISSING, absent);
    fails("${cred:absent}", ERROR_SECRET_MISSING,
          "there is no credential \"absent\"");
    memory_free(absent);
}

static void a_credential_stays_in_its_folder(void **state)
{
    (void)state;
    setenv("CREDENTIALS_DIRECTORY", fixture_path("."), 1);
    fails("${cred:../secret}", ERROR_SECRET_MISSING,
          "there is no credential \"../secret\"");
    fails("${cred:/etc/passwd}", ERROR_SECRET_MISSING,
          "there is no credential \"/etc/passwd\"");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void an_unknown_form_is_an_error(void **state)
{
    static const char what[] = "a reference is not ${env:NAME}, ${file:PATH} "
                               "or ${cred:NAME}";
    static const char *const forms[] = {"${HOME}", "${env:}", "${env:A",
                                        "${ENV:A}", "${envA}", "${", "${}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++)
        fails(forms[i], ERROR_SETTINGS_VALUE, what);
}

static void a_file_is_one_line(void **state)
{
    char *path = memory_text(fixture_path("lines"));
    char *what = memory_format("cannot use \"%s\": it is not one line of text",
                               path);
    char *nothing = memory_format("\"%s\" is empty", path);

    (void)state;
    fixture_file("lines", "a\nb\n", 0600);
    fails("${file:lines}", ERROR_SECRET_MISSING, what);
    fixture_file("lines", "\n", 0600);
    fails("${file:lines}", ERROR_SECRET_MISSING, nothing);
    fixture_file("lines", "a b\r\n", 0600);
    becomes("${file:lines}", "a b");
    memory_free(nothing);
    memory_free(what);
    memory_free(path);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    setenv("T_NAME", "\xff\xfe", 1);
    fails("${env:T_NAME}", ERROR_SETTINGS_VALUE,
          "\"to\" is not valid UTF-8");
    setenv("T_NAME", "", 1);
    fails("${env:T_NAME}", ERROR_SETTINGS_VALUE, "\"to\" expects a text");
}

static void a_value_has_a_limit(void **state)
{
    char *half = memory_new(40001, 1);

    (void)state;
    memset(half, 'x', 40000);
    setenv("T_NAME", half, 1);
    fails("${env:T_NAME}${env:T_NAME}", ERROR_SETTINGS_VALUE,
          "a value is longer than 65536 bytes");
    memory_free(half);
    half = memory_new(70001, 1);
    memset(half, 'x', 70000);
    setenv("T_NAME", half, 1);
    fails("${env:T_NAME}", ERROR_SETTINGS_VALUE,
          "a value is longer than 65536 bytes");
    memory_free(half);
}

static void in_a_url_it_is_never_structure(void **state)
{
    struct settings *settings;
    const struct endpoint_settings *end;

    (void)state;
    setenv("T_USER", "a@b:c", 1);
    setenv("T_PASS", "p@evil.example.com/x?tls=off#%41", 1);
    setenv("T_HOST", "127.0.0.1", 1);
    setenv("T_PORT", "3307", 1);
    settings = settings_of(
        "source: mysql://${env:T_USER}:${env:T_PASS}@${env:T_HOST}:"
        "${env:T_PORT}/shop\n"
        "warehouse: files:///${env:T_HOST}\ntables: a\n");
    end = &settings->sources[0];
    assert_string_equal(end->url.user, "a@b:c");
    assert_string_equal(secret_reveal(end->password),
                        "p@evil.example.com/x?tls=off#%41");
    assert_string_equal(end->url.host, "127.0.0.1");
    assert_int_equal(end->url.port, 3307);
    assert_string_equal(end->url.path, "shop");
    assert_int_equal(end->tls.mode, TLS_AUTO);
    assert_string_equal(settings->warehouse.url.path, "/127.0.0.1");
    settings_free(settings);
    setenv("T_LAST", "a?tls=off", 1);
    settings = settings_of("source: mysql://h/${env:T_LAST}\n"
                           "warehouse: files:///o\ntables: a\n");
    assert_string_equal(settings->sources[0].url.path, "a?tls=off");
    assert_int_equal(settings->sources[0].tls.mode, TLS_AUTO);
    settings_free(settings);
}

static void a_whole_url_may_come_from_outside(void **state)
{
    struct settings *settings;

    (void)state;
    setenv("T_URL", "mysql://u:p%40q@db.example.com:1/shop", 1);
    settings = settings_of("source: ${env:T_URL}\n"
                           "warehouse: files:///out\ntables: a\n");
    assert_string_equal(settings->sources[0].url.host, "db.example.com");
    assert_string_equal(secret_reveal(settings->sources[0].password), "p@q");
    settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_put_in),
        cmocka_unit_test(a_dollar_is_written_twice),
        cmocka_unit_test(what_is_put_in_is_never_looked_at_again),
        cmocka_unit_test(keys_are_never_expanded),
        cmocka_unit_test(a_missing_one_is_an_error_at_its_line),
        cmocka_unit_test(a_credential_stays_in_its_folder),
        cmocka_unit_test(an_unknown_form_is_an_error),
        cmocka_unit_test(a_file_is_one_line),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(a_value_has_a_limit),
        cmocka_unit_test(in_a_url_it_is_never_structure),
        cmocka_unit_test(a_whole_url_may_come_from_outside),
        cmocka_unit_test(every_file_was_closed),
    };

    return cmocka_run_group_tests(tests, settings_fixture_setup,
                                  settings_fixture_teardown);
}
