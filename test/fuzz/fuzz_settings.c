/* Any bytes as a settings file, references and all: refused with a text or
 * loaded, and then printable and matched. No program is started. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "settings/settings.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct key keys[] = {
    {"socket", KEY_TEXT, PLACE_SOURCE, "", NULL, "", NULL},
    {"pause", KEY_DURATION, PLACE_SOURCE, "5s", NULL, "", NULL},
};
static const struct key_table source = {"mysql", "mysql|mariadb", keys, 2};
static const struct key_table warehouse = {"files", "files|clickhouse", NULL,
                                           0};

/* In place of the library's: settings may name a program. */
int posix_spawnp(pid_t *pid, const char *file,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const *arguments,
                 char *const *environment)
{
    (void)pid;
    (void)file;
    (void)actions;
    (void)attributes;
    (void)arguments;
    (void)environment;
    return ENOENT;
}

/* No terminal and no standard input that a file: could wait for. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    setsid();
    if (freopen("/dev/null", "r", stdin) == NULL)
        abort();
    setenv("HOME", "/nonexistent", 1);
    setenv("A", "a@b:c/d?e=f#%41${env:A}\n", 1);
    setenv("CREDENTIALS_DIRECTORY", "/nonexistent", 1);
    return 0;
}

static void load(const char *path)
{
    static const struct key_table *const sources[] = {&source};
    static const struct key_table *const warehouses[] = {&warehouse};
    struct settings_options options = {
        .path = path,
        .source_drivers = sources,
        .source_driver_count = 1,
        .warehouse_drivers = warehouses,
        .warehouse_driver_count = 1,
    };
    struct settings *settings;
    struct error error;

    error_clear(&error);
    if (settings_load(&options, &settings, &error) != STATUS_OK) {
        if (settings != NULL || error.id == ERROR_NONE ||
            error.what[0] == '\0')
            abort();
        return;
    }
    if (endpoint_value(&settings->sources[0], "pause") == NULL)
        abort();
    (void)settings_for(settings, "orders");
    (void)settings_for(settings, "");
    settings_free(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("settings", MFD_CLOEXEC);
    char path[64];

    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    load(path);
    close(file);
    return 0;
}
