/* Sample, manual, help and schema: made from the tables alone, complete, and
 * true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/memory.h"
#include "fixture_settings.h"
#include "settings/section.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)

typedef void writer(const struct settings_options *, struct buffer *);

/* The caller's. */
static char *written(writer *write, const struct settings_options *options)
{
    struct buffer buffer;
    char *text;

    buffer_init(&buffer, TEXT_BYTES_MAX);
    write(options, &buffer);
    assert_false(buffer.is_overflown);
    text = memory_text(buffer_text(&buffer));
    buffer_release(&buffer);
    return text;
}

static void the_sample_can_be_loaded_as_it_stands(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *sample = written(sample_write, &options);
    struct settings *settings = settings_of(sample);

    (void)state;
    assert_int_equal(settings->table_count, 2);
    assert_string_equal(settings->warehouse.driver->driver, "clickhouse");
    settings_free(settings);
    memory_free(sample);
}

/* Where the next line that waits behind a # has its #, or NULL. */
static char *next_waiting(char *text)
{
    for (char *hash = strchr(text, '#'); hash != NULL;
         hash = strchr(hash + 1, '#')) {
        char *line = hash;

        while (line > text && line[-1] == ' ')
            line--;
        if (line > text && line[-1] == '\n' && hash[1] != ' ' &&
            hash[1] != '\n')
            return hash;
    }
    return NULL;
}

/* Examples may name files and secrets that are not here, and nothing else. */
static void load_line(const char *sample, const char *line)
{
    struct settings_options options =
        fixture_options(fixture_file("shop.yml", sample, 0600));
    struct settings *settings;
    struct error error;

    error_clear(&error);
    if (settings_load(&options, &settings, &error) != STATUS_OK &&
        error.id != ERROR_SECRET_MISSING &&
        strstr(error.what, "cannot read the authority") == NULL)
        fail_msg("%.40s: %s", line, error.what);
    settings_free(settings);
}

static void every_line_of_the_sample_can_be_taken_in(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *sample = written(sample_write, &options);
    unsigned count = 0;

    (void)state;
    for (char *hash = next_waiting(sample); hash != NULL;
         hash = next_waiting(hash + 1)) {
        char *hash_end = hash + 1;
        size_t size = strcspn(hash, "\n");

        memmove(hash, hash_end, size - 1);
        hash[size - 1] = ' ';
        load_line(sample, hash);
        memmove(hash_end, hash, size - 1);
        *hash = '#';
        count++;
    }
    assert_true(count >= 30);
    memory_free(sample);
}

static void told_everywhere(const struct settings_options *options,
                            const struct key_table *keys)
{
    writer *writers[] = {sample_write, reference_write, settings_help_write,
                         schema_write};
    const char *const forms[] = {"%s:", "### `%s`", "\n  %s", "\"%s\": {"};

    for (size_t w = 0; w < ARRAY_COUNT(writers); w++) {
        char *text = written(writers[w], options);

        for (size_t i = 0; i < keys->count; i++) {
            struct buffer form;
            const char *place = strstr(forms[w], "%s");

            buffer_init(&form, 256);
            buffer_add(&form, forms[w], (size_t)(place - forms[w]));
            buffer_add_text(&form, keys->keys[i].name);
            buffer_add_text(&form, place + 2);
            if (strstr(text, buffer_text(&form)) == NULL)
                fail_msg("%s lacks %s", forms[w], keys->keys[i].name);
            buffer_release(&form);
        }
        memory_free(text);
    }
}

static void every_key_is_told_everywhere(void **state)
{
    struct settings_options options = fixture_options(NULL);

    (void)state;
    for (int place = 0; place < PLACE_COUNT; place++) {
        assert_true(settings_keys((enum key_place)place)->count > 0);
        told_everywhere(&options, settings_keys((enum key_place)place));
    }
    for (size_t i = 0; i < options.warehouse_driver_count; i++)
        told_everywhere(&options, options.warehouse_drivers[i]);
}

static void a_key_of_the_table_alone_appears_everywhere(void **state)
{
    const struct key_table *const sources[] = {fixture_extra_driver()};
    struct settings_options options = fixture_options(fixture_file(
        "shop.yml",
        "source: {url: mysql://h/a, extra: much}\nwarehouse: files:///o\n"
        "tables: a\n", 0600));
    struct settings *settings;
    struct error error;

    (void)state;
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "1:28: unknown key \"extra\""));
    options.source_drivers = sources;
    told_everywhere(&options, sources[0]);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_OK);
    assert_string_equal(endpoint_value(&settings->sources[0], "extra"),
                        "much");
    settings_free(settings);
    fixture_file("shop.yml", "source: {url: mysql://h/a, extra: huge}\n",
                 0600);
    assert_int_equal(settings_load(&options, &settings, &error), STATUS_USAGE);
    assert_non_null(strstr(error.what, "\"extra\" expects one of little|much"));
}

static void every_default_is_a_value_of_its_key(void **state)
{
    struct error error;

    (void)state;
    for (int place = 0; place < PLACE_COUNT; place++) {
        const struct key_table *keys = settings_keys((enum key_place)place);

        for (size_t i = 0; i < keys->count; i++) {
            const char *text = keys->keys[i].default_text;

            if (text != NULL && text[0] != '\0')
                assert_int_equal(key_check(&keys->keys[i], text, &error),
                                 STATUS_OK);
        }
    }
}

static void the_schema_is_json_without_a_dangling_reference(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *text = written(schema_write, &options);
    json_error_t problem;
    json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    json_t *definitions;

    (void)state;
    if (schema == NULL)
        fail_msg("%d: %s", problem.line, problem.text);
    assert_int_equal(json_array_size(json_object_get(schema, "required")), 3);
    definitions = json_object_get(schema, "$defs");
    for (char *at = strstr(text, "#/$defs/"); at != NULL;
         at = strstr(at + 1, "#/$defs/")) {
        char *name = at + strlen("#/$defs/");

        name[strcspn(name, "\"")] = '\0';
        assert_non_null(json_object_get(definitions, name));
        at = name;
        name[strlen(name)] = '"';
    }
    json_decref(schema);
    memory_free(text);
}

static void holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("there is no\n%s", part);
}

static void the_sample_tells_sentence_default_and_example(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *text = written(sample_write, &options);

    (void)state;
    holds(text, "\n  url: clickhouse://sync@ch.example.com/shop\n\n");
    holds(text, "\n  # Only for clickhouse:\n\n"
                "  # How requests are packed.\n"
                "  # Default: lz4\n"
                "  #compression: none\n");
    holds(text, "\n  # Only for mysql|mariadb:\n\n"
                "  # A socket of the server.\n"
                "  #socket: /run/mysqld/mysqld.sock\n\n");
    holds(text, "\ntables:\n  - \"*\"\n");
    holds(text, "\n# How long a temporary fault is tried again before the run "
                "gives up.\n# Default: 10m\n#retry: 30m\n");
    memory_free(text);
}

static void the_manual_tells_what_a_key_takes(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *text = written(reference_write, &options);

    (void)state;
    assert_memory_equal(text, "# Settings\n\nMade from", 21);
    holds(text, "\n## Top level\n\n### `source`\n\n");
    holds(text, "\n\nMust be written. Example: `tables: \"*\"`\n");
    holds(text, "\n\nTakes remove, mark or keep. Default: `remove`. Example: "
                "`deletes: mark`\n");
    holds(text, "\n\nTakes stop or replace. Default: `stop`. Example: "
                "`bad_text: replace`\n");
    holds(text, "\n## In source: only for mysql|mariadb\n");
    holds(text, "\n\nTakes a text. Example: `to: dim_orders`\n");
    holds(text, "\n## Options of an entry of tables:\n");
    holds(text, "\n## In limits:\n");
    memory_free(text);
}

static void the_help_tells_it_shortly(void **state)
{
    struct settings_options options = fixture_options(NULL);
    char *text = written(settings_help_write, &options);

    (void)state;
    holds(text, "\n\nTop level\n  source\n      The database");
    holds(text, "\n  compression: zstd, lz4 or none (default lz4)\n"
                "      How requests are packed.\n\nOptions of");
    memory_free(text);
}

static const char *property(const json_t *schema, const char *object,
                            const char *key, const char *fact)
{
    const json_t *at = schema;

    if (object != NULL)
        at = json_object_get(json_object_get(schema, "$defs"), object);
    at = json_object_get(json_object_get(at, "properties"), key);
    at = json_object_get(at, fact);
    assert_non_null(at);
    if (json_is_array(at))
        at = json_array_get(at, 0);
    return json_is_string(at) ? json_string_value(at) : "";
}

static void the_schema_tells_types_and_defaults(void **state)
{
    static const struct key bools[] = {
        {"quick", KEY_BOOL, PLACE_WAREHOUSE, "no", NULL, "A \"quote\".",
         NULL}};
    static const struct key_table table = {"b", "b", bools, 1};
    const struct key_table *const warehouses[] = {&table, &table};
    struct settings_options options = fixture_options(NULL);
    json_t *schema;
    char *text;

    (void)state;
    options.warehouse_drivers = warehouses;
    text = written(schema_write, &options);
    schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(schema);
    assert_string_equal(property(schema, "warehouse", "quick", "type"),
                        "boolean");
    assert_string_equal(property(schema, "warehouse", "quick", "description"),
                        "A \"quote\".");
    assert_string_equal(property(schema, NULL, "retry", "default"), "10m");
    assert_string_equal(property(schema, NULL, "tables", "$ref"),
                        "#/$defs/tables");
    assert_string_equal(property(schema, "source", "pause", "type"), "string");
    assert_string_equal(property(schema, "source", "tls", "type"), "string");
    assert_string_equal(property(schema, "options", "key", "$ref"),
                        "#/$defs/texts");
    (void)property(schema, NULL, "source", "anyOf");
    (void)property(schema, NULL, "deletes", "anyOf");
    (void)property(schema, "limits", "memory", "pattern");
    json_decref(schema);
    memory_free(text);
}

static void lines_are_filled_to_79_columns(void **state)
{
    static const char nines[] = "123456789 123456789 123456789 123456789 "
                                "123456789 123456789 123456789 ";
    char *text = memory_format("%s1234567 x", nines);
    char *long_text = memory_format("%s12345678", nines);
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 4096);
    write_wrapped(&buffer, "# ", text);
    assert_int_equal(strcspn(buffer_text(&buffer), "\n"), 79);
    assert_string_equal(buffer_text(&buffer) + 79, "\n# x\n");
    buffer_clear(&buffer);
    write_wrapped(&buffer, "# ", long_text);
    assert_string_equal(buffer_text(&buffer) + 71, "\n# 12345678\n");
    buffer_clear(&buffer);
    write_wrapped(&buffer, "", "a  b");
    assert_string_equal(buffer_text(&buffer), "a b\n");
    buffer_release(&buffer);
    memory_free(long_text);
    memory_free(text);
}

static void lines_are_short(void **state)
{
    struct settings_options options = fixture_options(NULL);
    writer *writers[] = {sample_write, settings_help_write};

    (void)state;
    for (size_t w = 0; w < ARRAY_COUNT(writers); w++) {
        char *text = written(writers[w], &options);

        for (char *line = text; *line != '\0';) {
            size_t size = strcspn(line, "\n");

            if (size > 80)
                fail_msg("%.*s", (int)size, line);
            line += size + 1;
        }
        memory_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_can_be_loaded_as_it_stands),
        cmocka_unit_test(every_line_of_the_sample_can_be_taken_in),
        cmocka_unit_test(every_key_is_told_everywhere),
        cmocka_unit_test(a_key_of_the_table_alone_appears_everywhere),
        cmocka_unit_test(every_default_is_a_value_of_its_key),
        cmocka_unit_test(the_schema_is_json_without_a_dangling_reference),
        cmocka_unit_test(the_sample_tells_sentence_default_and_example),
        cmocka_unit_test(the_manual_tells_what_a_key_takes),
        cmocka_unit_test(the_help_tells_it_shortly),
        cmocka_unit_test(the_schema_tells_types_and_defaults),
        cmocka_unit_test(lines_are_filled_to_79_columns),
        cmocka_unit_test(lines_are_short),
    };

    return cmocka_run_group_tests(tests, settings_fixture_setup,
                                  settings_fixture_teardown);
}
