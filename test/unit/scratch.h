#ifndef TIDEMARK_TEST_SCRATCH_H
#define TIDEMARK_TEST_SCRATCH_H

#include <stddef.h>

/* A folder for one test, with everything below it removed at the end. As
 * cmocka's setup and teardown: *state is its path. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* "FOLDER/NAME", one of eight texts that are used in turn. */
const char *scratch_path(void **state, const char *name);

/* What the file holds, "" where there is none; static, up to 4095 bytes. */
const char *scratch_read(const char *path);
void scratch_write(const char *path, const void *data, size_t size);

#endif
