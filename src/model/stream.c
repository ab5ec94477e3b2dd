/*
 * Names of streams and identities of what they load. Both are kept by states
 * and warehouses: the forms must not change.
 */
#include "model/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* "~" and 16 digits of a hash in place of the end of a name that is too long,
 * for two streams must never share a name. */
#define CUT_BYTES 17

void stream_name(char *target, size_t size, const char *table,
                 const char *reader)
{
    int length = snprintf(target, size, "%s/%s", table, reader);
    uint64_t hash;

    if (length >= 0 && (size_t)length >= size && size > CUT_BYTES) {
        hash = XXH3_64bits(table, strlen(table));
        hash = XXH3_64bits_withSeed(reader, strlen(reader), hash);
        snprintf(target + size - 1 - CUT_BYTES, CUT_BYTES + 1,
                 "~%016" PRIx64, hash);
    }
}

void identity_text(const struct identity *identity, uint64_t hash,
                   char *target, size_t size)
{
    int length =
        snprintf(target, size,
                 "%s:%016" PRIx64 ":%016" PRIx64 ":%" PRIu32 ":%" PRIu32,
                 identity->stream, identity->place, identity->version,
                 identity->delivery, identity->request);

    if (hash != 0 && length >= 0 && (size_t)length < size)
        snprintf(target + length, size - (size_t)length, ":%016" PRIx64,
                 hash);
}

uint64_t identity_place(const char *checkpoint)
{
    return checkpoint ? XXH3_64bits(checkpoint, strlen(checkpoint)) : 0;
}
