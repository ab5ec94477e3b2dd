/*
 * A binary search in what the window before delivered, an append to what this
 * one does. Beyond the state's limit nothing is kept and the rows are loaded
 * again, harmlessly.
 */
#include "sync/overlap.h"

#include "base/memory.h"
#include "model/digest.h"
#include "state/state.h"

/* A delete is known apart from the same row alive. */
#define OVERLAP_DELETE UINT64_C(0x9e3779b97f4a7c15)

enum status overlap_open(struct overlap *overlap, struct stream *stream,
                         int64_t seen_from_us, struct error *error)
{
    const struct work *work = stream->task->work;
    *overlap = (struct overlap){
        .cursor = table_find(work->table, work->cursor),
        .seen_from = cursor_cell(work, seen_from_us),
    };
    return state_overlap_read(stream->task->state, stream->name,
                              &overlap->known, &overlap->known_count, error);
}

void overlap_release(struct overlap *overlap)
{
    memory_free(overlap->known);
    memory_free(overlap->seen);
    *overlap = (struct overlap){.known = NULL};
}

static bool is_known(const struct overlap *overlap, uint64_t key_hash,
                     uint64_t digest)
{
    size_t low = 0;
    size_t high = overlap->known_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (overlap->known[middle].key_hash < key_hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < overlap->known_count &&
           overlap->known[low].key_hash == key_hash &&
           overlap->known[low].digest == digest;
}

static void remember(struct overlap *overlap, uint64_t key_hash,
                     uint64_t digest)
{
    if (overlap->is_full)
        return;
    if (overlap->seen_count == OVERLAP_PAIRS_MAX) {
        overlap->is_full = true;
        return;
    }
    if (overlap->seen_count == overlap->seen_capacity) {
        overlap->seen_capacity = overlap->seen_capacity * 2 + 64;
        overlap->seen = memory_resize(overlap->seen, overlap->seen_capacity,
                                      sizeof *overlap->seen);
    }
    overlap->seen[overlap->seen_count++] =
        (struct overlap_pair){.key_hash = key_hash, .digest = digest};
}

bool overlap_admits(void *context, const struct batch *batch,
                    uint64_t key_hash, bool is_deleted)
{
    struct overlap *overlap = context;
    uint64_t digest = digest_finish(batch->digest_sum) ^
                      (is_deleted ? OVERLAP_DELETE : 0);
    int64_t cell = batch_int(batch, overlap->cursor, batch->row_count);
    if (cell >= overlap->seen_from)
        remember(overlap, key_hash, digest);
    return !is_known(overlap, key_hash, digest);
}

void overlap_seal(const struct overlap *overlap, struct deliver_seal *seal)
{
    seal->overlap_reset = true;
    seal->pairs = overlap->seen;
    seal->pair_count = overlap->is_full ? 0 : overlap->seen_count;
}
