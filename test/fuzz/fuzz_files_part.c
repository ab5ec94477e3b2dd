/* Any bytes as a part: not sound, or lines with versions in one gzip member;
 * and any text as a part's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"
#include "warehouse/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const uint8_t *data, size_t size)
{
    char *name = memory_text_part((const char *)data, size);
    char load[FILES_NAME_BYTES];
    char again[FILES_NAME_BYTES];
    char encoded[FILES_ENCODED_BYTES];
    unsigned part = 0, count = 0;
    if (files_part_parse(name, load, &part, &count)) {
        files_part_name(load, part, count, again);
        if (strcmp(name, again) != 0)
            abort();
    }
    files_name(name, encoded);
    if (strchr(encoded, '/') || encoded[0] == '.' || encoded[0] == '-')
        abort();
    memory_free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    XXH3_state_t *hashes = XXH3_createState();
    struct files_count count;
    struct error error;
    bool is_sound = false;
    int file = memfd_create("part", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    (void)XXH3_64bits_reset(hashes);
    if (files_count_part(file, hashes, &count, &is_sound, &error) !=
            STATUS_OK ||
        count.bytes != size || count.lowest > count.highest ||
        (is_sound && count.hash != XXH3_64bits(data, size)))
        abort();
    (void)close(file);
    (void)XXH3_freeState(hashes);
    check_name(data, size);
    return 0;
}
