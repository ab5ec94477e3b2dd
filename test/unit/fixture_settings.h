#ifndef TIDEMARK_TEST_FIXTURE_SETTINGS_H
#define TIDEMARK_TEST_FIXTURE_SETTINGS_H

#include "settings/sample.h"

/* Settings files of a test, in a folder of its own. A test ends where
 * something here fails. */

/* For cmocka_run_group_tests: the folder, an environment without credentials
 * and a HOME that is the folder; gone at the end. */
int settings_fixture_setup(void **state);
int settings_fixture_teardown(void **state);
/* A test of its own, to be the last one. */
void every_file_was_closed(void **state);

/* Absolute path of a file of the folder; borrowed until the next but three. */
const char *fixture_path(const char *name);
/* Writes it with that mode, such as 0600; returns its path. */
const char *fixture_file(const char *name, const char *text, unsigned mode);

/* A source "mysql|mariadb" with the keys socket and pause, the warehouses
 * "clickhouse" with the key compression and "files" without any. */
struct settings_options fixture_options(const char *path);
/* The keys of the source, one more than above: extra. */
const struct key_table *fixture_extra_driver(void);

/* Loads `text` as FOLDER/shop.yml of mode 0600; settings_free it. */
struct settings *settings_of(const char *text);
/* The same with source and warehouse before it. */
struct settings *settings_with(const char *text);
/* Loading `text` must fail so; `what` is behind "PATH:" (a NULL `next` is not
 * looked at). */
void settings_fail(const char *text, enum error_id id, const char *what,
                   const char *next);
/* Lines 1 and 2 are source and warehouse: `text` begins at line 3. */
void settings_fail_with(const char *text, enum error_id id, const char *what,
                        const char *next);

#define FIXTURE_ENDS                           \
    "source: mysql://sync@127.0.0.1/shop\n"    \
    "warehouse: clickhouse://127.0.0.1/shop\n"

#endif
