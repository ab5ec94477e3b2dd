/*
 * Turns libchdb.so into a ClickHouse server for tests: the library holds the
 * HTTP handlers of the server, and query_stable_v2 runs a query as
 * clickhouse-local would. The last statement never ends, because the listener
 * lives only as long as the call.
 *
 *   clickhouse_server LIBRARY [OPTION OF CLICKHOUSE-LOCAL]...
 *
 * query_stable_v2 and its result: chdb-io/chdb-core, programs/local/chdb.h.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct result {
    char *buffer;
    size_t length;
    void *opaque;
    double elapsed_s;
    uint64_t row_count;
    uint64_t byte_count;
    char *error;
};

static char listen_forever[] =
    "SYSTEM START LISTEN HTTP;"
    "SELECT sleepEachRow(1) FROM system.numbers FORMAT Null"
    " SETTINGS max_block_size = 1, max_execution_time = 0,"
    " function_sleep_max_microseconds_per_block = 3000000";

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    struct result *(*query)(int, char **) = NULL;
    if (library)
        *(void **)&query = dlsym(library, "query_stable_v2");
    if (!query) {
        fprintf(stderr, "cannot load %s: %s\n", argv[1], dlerror());
        return 1;
    }
    int count = argc + 1;
    char **list = calloc((size_t)count + 1, sizeof *list);
    if (!list)
        return 1;
    list[0] = "clickhouse-local";
    for (int i = 2; i < argc; i++)
        list[i - 1] = argv[i];
    list[count - 2] = "--query";
    list[count - 1] = listen_forever;
    struct result *end = query(count, list);
    fprintf(stderr, "%s\n", end && end->error ? end->error : "it returned");
    return 1;
}
