/* Folders and files of tests. A failure here ends the test at once. */

#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 512

static void check(int is_right, const char *what)
{
    if (is_right)
        return;
    perror(what);
    abort();
}

int scratch_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char *path = malloc(PATH_BYTES);

    check(path != NULL, "malloc");
    snprintf(path, PATH_BYTES, "%s/tidemark-unit-XXXXXX",
             base == NULL ? "/tmp" : base);
    check(mkdtemp(path) != NULL, path);
    *state = path;
    return 0;
}

static int remove_one(const char *path, const struct stat *facts, int type,
                      struct FTW *walk)
{
    (void)facts;
    (void)type;
    (void)walk;
    return remove(path);
}

int scratch_teardown(void **state)
{
    nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return 0;
}

const char *scratch_path(void **state, const char *name)
{
    static char paths[8][PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, PATH_BYTES, "%s/%s", (const char *)*state, name);
    return path;
}

const char *scratch_read(const char *path)
{
    static char content[4096];
    FILE *file = fopen(path, "r");
    size_t size = 0;

    if (file != NULL) {
        size = fread(content, 1, sizeof(content) - 1, file);
        fclose(file);
    }
    content[size] = '\0';
    return content;
}

void scratch_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "w");

    check(file != NULL && fwrite(data, 1, size, file) == size &&
              fclose(file) == 0,
          path);
}
