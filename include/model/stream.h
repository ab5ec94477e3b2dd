#ifndef TIDEMARK_MODEL_STREAM_H
#define TIDEMARK_MODEL_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * Names of streams and identities of what they load; both are formats that
 * state and warehouses keep.
 *
 * A stream is TABLE/READER, "orders/incremental"; TABLE is the source's table
 * name, with "SOURCE." in front where there is more than one source. A named
 * backfill is "orders/backfill:NAME".
 */
#define STREAM_NAME_BYTES 320

/* Writes the name; always ends in NUL. One that is too long ends in "~" and
 * 16 digits of its hash, so that two never meet. */
void stream_name(char *target, size_t size, const char *table,
                 const char *reader);

/*
 * The identity of what is loaded = stream, place, reading, number of the
 * delivery and of the request, and at last a hash of the bytes. Made before
 * the first byte but for the hash, which completes it when it is known.
 *
 *     STREAM:PLACE:VERSION:DELIVERY:REQUEST[:HASH]
 *
 * PLACE is the hash of the checkpoint the delivery starts from. PLACE, VERSION
 * and HASH are 16 hexadecimal digits in lower case, the other numbers decimal.
 */
#define IDENTITY_BYTES 512
struct identity {
    char stream[STREAM_NAME_BYTES];
    uint64_t place;    /* XXH3 of the checkpoint's text */
    uint64_t version;  /* of the reading */
    uint32_t delivery; /* counts from 1 in this attempt */
    uint32_t request;  /* counts from 1 in the delivery */
};
/* `hash` 0 leaves it out. */
void identity_text(const struct identity *identity, uint64_t hash,
                   char *target, size_t size);
uint64_t identity_place(const char *checkpoint); /* NULL: 0 */

#endif
