/* Settings files of a test. */
#include "fixture_settings.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

static char folder[64];
static char *files[64];
static size_t file_count;
static size_t open_before;

static const struct key source_keys[] = {
    {"socket", KEY_TEXT, PLACE_SOURCE, "", NULL, "A socket of the server.",
     "/run/mysqld/mysqld.sock"},
    {"pause", KEY_DURATION, PLACE_SOURCE, "5s", NULL, "How long it rests.",
     "10s"},
    {"extra", KEY_CHOICE, PLACE_SOURCE, "little", "little|much",
     "A setting that was added to the table alone.", "much"},
};
static const struct key clickhouse_keys[] = {
    {"compression", KEY_CHOICE, PLACE_WAREHOUSE, "lz4", "zstd|lz4|none",
     "How requests are packed.", "none"},
};
static const struct key_table source = {"mysql", "mysql|mariadb", source_keys,
                                        2};
static const struct key_table extra = {"mysql", "mysql|mariadb", source_keys,
                                       3};
static const struct key_table clickhouse = {"clickhouse", "clickhouse",
                                            clickhouse_keys, 1};
static const struct key_table plain_files = {"files", "files", NULL, 0};

static size_t count_open(void)
{
    DIR *listing = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(listing);
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count;
}

int settings_fixture_setup(void **state)
{
    (void)state;
    (void)text_copy(folder, sizeof(folder), "/tmp/test-settings-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    setenv("HOME", folder, 1);
    unsetenv("CREDENTIALS_DIRECTORY");
    unsetenv("STATE_DIRECTORY");
    open_before = count_open();
    return 0;
}

int settings_fixture_teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < file_count; i++) {
        unlink(files[i]);
        memory_free(files[i]);
    }
    return rmdir(folder);
}

void every_file_was_closed(void **state)
{
    (void)state;
    assert_int_equal(count_open(), open_before);
}

const char *fixture_path(const char *name)
{
    static char paths[4][256];
    static size_t turn;
    char *path = paths[turn++ % ARRAY_COUNT(paths)];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

/* Remembers what is to be removed. */
static void remember(const char *path)
{
    for (size_t i = 0; i < file_count; i++) {
        if (text_equal(files[i], path))
            return;
    }
    assert_true(file_count < ARRAY_COUNT(files));
    files[file_count++] = memory_text(path);
}

const char *fixture_file(const char *name, const char *text, unsigned mode)
{
    const char *path = fixture_path(name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    remember(path);
    return path;
}

const struct key_table *fixture_extra_driver(void)
{
    return &extra;
}

struct settings_options fixture_options(const char *path)
{
    static const struct key_table *const sources[] = {&source};
    static const struct key_table *const warehouses[] = {&clickhouse,
                                                         &plain_files};

    return (struct settings_options){
        .path = path,
        .source_drivers = sources,
        .source_driver_count = ARRAY_COUNT(sources),
        .warehouse_drivers = warehouses,
        .warehouse_driver_count = ARRAY_COUNT(warehouses),
    };
}

struct settings *settings_of(const char *text)
{
    struct settings_options options =
        fixture_options(fixture_file("shop.yml", text, 0600));
    struct settings *settings;
    struct error error;

    error_clear(&error);
    if (settings_load(&options, &settings, &error) != STATUS_OK)
        fail_msg("%s (%s)", error.what, error_id_text(error.id));
    return settings;
}

struct settings *settings_with(const char *text)
{
    char *whole = memory_format("%s%s", FIXTURE_ENDS, text);
    struct settings *settings = settings_of(whole);

    memory_free(whole);
    return settings;
}

void settings_fail(const char *text, enum error_id id, const char *what,
                   const char *next)
{
    const char *path = fixture_file("shop.yml", text, 0600);
    struct settings_options options = fixture_options(path);
    char *expected = memory_format("%s:%s", path, what);
    struct settings *settings;
    struct error error;

    error_clear(&error);
    assert_int_not_equal(settings_load(&options, &settings, &error),
                         STATUS_OK);
    assert_null(settings);
    assert_string_equal(error.what, expected);
    assert_string_equal(error_id_text(error.id), error_id_text(id));
    assert_int_equal(error.status, error_id_status(id));
    if (next != NULL)
        assert_string_equal(error.next, next);
    memory_free(expected);
}

void settings_fail_with(const char *text, enum error_id id, const char *what,
                        const char *next)
{
    char *whole = memory_format("%s%s", FIXTURE_ENDS, text);

    settings_fail(whole, id, what, next);
    memory_free(whole);
}
