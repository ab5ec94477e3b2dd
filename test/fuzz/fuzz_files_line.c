/* Any lines as a manifest: refused, or what counts is a reading of ours and
 * the layout is one that plans can be made of. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "warehouse/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct files_manifest *manifest, const struct table *table)
{
    struct warehouse_plan plan;
    const struct files_reading *readings[] = {&manifest->live,
                                              &manifest->beside};
    for (size_t i = 0; i < ARRAY_COUNT(readings); i++)
        if (readings[i]->name[0] && !files_is_reading(readings[i]->name))
            abort();
    files_layout_plan(table, &manifest->live, &plan);
    warehouse_plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct files_manifest manifest = {.folder = NULL};
    struct table *table = table_new("d", "t");
    table_add_column(table, "id")->kind = KIND_UUID;
    for (size_t start = 0; start < size;) {
        const uint8_t *end = memchr(data + start, '\n', size - start);
        size_t length = end ? (size_t)(end - data) - start : size - start;
        bool is_whole = false;
        json_t *line = json_loadb((const char *)data + start, length,
                                  JSON_REJECT_DUPLICATES, NULL);
        bool is_taken = line && files_line_take(&manifest, line, &is_whole);
        json_decref(line);
        if (!is_taken)
            break;
        check(&manifest, table);
        start += length + 1;
    }
    files_manifest_forget(&manifest);
    table_free(table);
    return 0;
}
