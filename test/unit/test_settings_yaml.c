/* What a settings file may be: hostile, broken and clumsy ones are refused
 * with line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "fixture_settings.h"

static void three_lines_suffice(void **state)
{
    struct settings *settings = settings_with("tables: \"*\"\n");

    (void)state;
    assert_int_equal(settings->table_count, 1);
    settings_free(settings);
}

static void an_unknown_key_has_a_place_and_a_neighbour(void **state)
{
    (void)state;
    settings_fail_with("tables:\n"
                       "  - orders: {mode: full}\n"
                       "  - orders:\n"
                       "      curser: updated_at\n",
                       ERROR_SETTINGS_KEY,
                       "6:7: unknown key \"curser\" in table \"orders\"",
                       "Did you mean \"cursor\"?");
    settings_fail_with("tables: a\nstat: x\n", ERROR_SETTINGS_KEY,
                       "4:1: unknown key \"stat\"",
                       "Did you mean \"state\"?");
    settings_fail_with("tables: a\nqqqqqqqq: x\n", ERROR_SETTINGS_KEY,
                       "4:1: unknown key \"qqqqqqqq\"", "");
}

static void a_key_stands_once(void **state)
{
    (void)state;
    settings_fail_with("tables: a\nretry: 1m\nretry: 2m\n",
                       ERROR_SETTINGS_KEY,
                       "5:1: key \"retry\" stands twice, first at line 4",
                       NULL);
    settings_fail_with("tables:\n  - orders: {mode: full, mode: full}\n",
                       ERROR_SETTINGS_KEY,
                       "4:26: key \"mode\" stands twice, first at line 4",
                       NULL);
}

static void what_is_to_come_is_refused_by_name(void **state)
{
    (void)state;
    settings_fail_with("tables: a\naudit: {every: 1d}\n", ERROR_SETTINGS_KEY,
                       "4:1: \"audit\" does not exist in this build yet",
                       "Take it out of the settings.");
    settings_fail_with("sources: {a: b}\ntables: a\n", ERROR_SETTINGS_KEY,
                       "3:1: \"sources\" does not exist in this build yet",
                       NULL);
    settings_fail_with("tables:\n  - a: {mask: {b: drop}}\n",
                       ERROR_SETTINGS_KEY,
                       "4:9: \"mask\" in table \"a\" does not exist in this "
                       "build yet", NULL);
    settings_fail_with("tables: a\nlimits: {source_rate: 5M/s}\n",
                       ERROR_SETTINGS_KEY,
                       "4:10: \"source_rate\" in limits does not exist in "
                       "this build yet", NULL);
}

static void an_alias_is_refused_before_it_can_grow(void **state)
{
    (void)state;
    settings_fail("a: &a [x, x]\nb: &b [*a, *a]\n", ERROR_SETTINGS_SYNTAX,
                  "1:4: not usable as settings: aliases and anchors are not "
                  "read", NULL);
    settings_fail("a: *b\n", ERROR_SETTINGS_SYNTAX,
                  "1:4: not usable as settings: aliases and anchors are not "
                  "read",
                  "Write the value out, and put a text that begins with * or "
                  "& in quotes.");
    settings_fail_with("tables: *\n", ERROR_SETTINGS_SYNTAX,
                       "3:10: not valid YAML: did not find expected "
                       "alphabetic or numeric character",
                       "Put a text that begins with * or & in quotes, such "
                       "as tables: \"*\".");
}

static void tags_and_merge_keys_are_refused(void **state)
{
    (void)state;
    settings_fail("tables: !!binary aGFsbG8=\n", ERROR_SETTINGS_SYNTAX,
                  "1:9: not usable as settings: tags are not read", NULL);
    settings_fail("tables: !x [a]\n", ERROR_SETTINGS_SYNTAX,
                  "1:9: not usable as settings: tags are not read", NULL);
    settings_fail("<<: {a: b}\n", ERROR_SETTINGS_SYNTAX,
                  "1:1: not usable as settings: merge keys (<<) are not read",
                  "Write the keys out.");
}

static void a_key_is_a_text(void **state)
{
    (void)state;
    settings_fail("? [a, b]\n: c\n", ERROR_SETTINGS_SYNTAX,
                  "1:3: not usable as settings: a key must be a text", NULL);
    settings_fail("{{a: b}: c}\n", ERROR_SETTINGS_SYNTAX,
                  "1:2: not usable as settings: a key must be a text", NULL);
}

static void deep_nesting_is_refused(void **state)
{
    char text[4097];

    (void)state;
    memset(text, '[', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    settings_fail(text, ERROR_SETTINGS_SYNTAX,
                  "1:17: not usable as settings: nested deeper than settings "
                  "are", NULL);
}

static void too_many_entries_are_refused(void **state)
{
    struct buffer text;

    (void)state;
    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, "tables: [");
    for (int i = 0; i < 70000; i++)
        buffer_add_text(&text, "a,\n");
    buffer_add_text(&text, "]\n");
    settings_fail(buffer_text(&text), ERROR_SETTINGS_SYNTAX,
                  "65535:1: not usable as settings: more entries than it may "
                  "hold", NULL);
    buffer_clear(&text);
    for (int i = 0; i < 5000; i++)
        buffer_add_format(&text, "k%d: a\n", i);
    settings_fail(buffer_text(&text), ERROR_SETTINGS_SYNTAX,
                  "4097:1: not usable as settings: more keys than any map "
                  "needs", NULL);
    buffer_release(&text);
}

static void a_file_over_one_mebibyte_is_refused(void **state)
{
    struct buffer text;
    const char *path;
    struct settings_options options;
    struct settings *settings;
    struct error error;

    (void)state;
    buffer_init(&text, 2 << 20);
    buffer_add_text(&text, FIXTURE_ENDS "tables: a\n");
    while (text.size < (1 << 20))
        buffer_add_text(&text, "#\n");
    text.size = 1 << 20;
    settings_free(settings_of(buffer_text(&text)));
    buffer_add_text(&text, "#");
    path = fixture_file("large.yml", buffer_text(&text), 0600);
    options = fixture_options(path);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "it is larger than 1048576 bytes"));
    buffer_release(&text);
}

static void nul_bytes_are_refused(void **state)
{
    static const char raw[] = "tables: a\0b\n";
    const char *path = fixture_path("nul.yml");
    struct settings_options options = fixture_options(path);
    struct settings *settings;
    struct error error;
    FILE *file;

    (void)state;
    settings_fail("tables: \"a\\0b\"\n", ERROR_SETTINGS_SYNTAX,
                  "1:9: not usable as settings: a text holds a NUL byte",
                  NULL);
    settings_fail("\"a\\0b\": c\n", ERROR_SETTINGS_SYNTAX,
                  "1:1: not usable as settings: a text holds a NUL byte",
                  NULL);
    fixture_file("nul.yml", "", 0600);
    file = fopen(path, "we");
    assert_non_null(file);
    fwrite(raw, 1, sizeof(raw) - 1, file);
    fclose(file);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "nul.yml:1:10: not valid YAML: "
                                       "control characters are not allowed"));
}

static void broken_utf8_is_refused_where_it_stands(void **state)
{
    (void)state;
    settings_fail("tables: a\nstate: \xff\n", ERROR_SETTINGS_SYNTAX,
                  "2:8: not valid YAML: invalid leading UTF-8 octet", NULL);
    settings_fail("tables: a\nstate: \xed\xa0\x80\n", ERROR_SETTINGS_SYNTAX,
                  "2:8: not valid YAML: invalid Unicode character", NULL);
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    settings_fail("- a\n", ERROR_SETTINGS_VALUE,
                  "1:1: the settings file expects a map of keys to values",
                  NULL);
    settings_fail("hello\n", ERROR_SETTINGS_VALUE,
                  "1:1: the settings file expects a map of keys to values",
                  NULL);
    settings_fail("", ERROR_SETTINGS_MISSING, " the settings file is empty",
                  NULL);
    settings_fail("# nothing\n---\n", ERROR_SETTINGS_MISSING,
                  " the settings file is empty", NULL);
    settings_fail("a: b\n---\nc: d\n", ERROR_SETTINGS_SYNTAX,
                  "2:1: not usable as settings: a second document begins",
                  NULL);
}

static void a_tab_gets_advice(void **state)
{
    (void)state;
    settings_fail_with("limits:\n\tmemory: 64M\n", ERROR_SETTINGS_SYNTAX,
                       "4:1: not valid YAML: found character that cannot "
                       "start any token",
                       "Indent with spaces, not with tabs, and put texts that "
                       "begin with @, % or ` in quotes.");
}

static void what_must_be_written_is_named(void **state)
{
    (void)state;
    settings_fail("source: mysql://h/a\ntables: a\n", ERROR_SETTINGS_MISSING,
                  "1:1: \"warehouse\" is missing", NULL);
    settings_fail(FIXTURE_ENDS, ERROR_SETTINGS_MISSING,
                  "1:1: \"tables\" is missing", NULL);
    settings_fail("source: {tls: off}\n", ERROR_SETTINGS_MISSING,
                  "1:9: \"url\" is missing in source", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_lines_suffice),
        cmocka_unit_test(an_unknown_key_has_a_place_and_a_neighbour),
        cmocka_unit_test(a_key_stands_once),
        cmocka_unit_test(what_is_to_come_is_refused_by_name),
        cmocka_unit_test(an_alias_is_refused_before_it_can_grow),
        cmocka_unit_test(tags_and_merge_keys_are_refused),
        cmocka_unit_test(a_key_is_a_text),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(a_file_over_one_mebibyte_is_refused),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(broken_utf8_is_refused_where_it_stands),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_tab_gets_advice),
        cmocka_unit_test(what_must_be_written_is_named),
    };

    return cmocka_run_group_tests(tests, settings_fixture_setup,
                                  settings_fixture_teardown);
}
