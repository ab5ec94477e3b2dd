#ifndef TIDEMARK_SYNC_REPAIR_LIST_H
#define TIDEMARK_SYNC_REPAIR_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Values of columns (texts, see source_columns) without repeats, in the order
 * in which they came, up to a limit. All zero but the limits is empty.
 */
struct repair_list {
    struct buffer text; /* each ends in a NUL */
    size_t *starts;
    size_t count;
    size_t capacity;
    size_t *slots; /* index + 1 by hash; 0: free */
    size_t slot_count;
    size_t count_max;
    bool is_full; /* one did not fit: the list is no use any more */
};

void repair_list_init(struct repair_list *list, size_t count_max,
                      size_t bytes_max);
void repair_list_release(struct repair_list *list);
/* One more, unless it is there; false where it does not fit. */
bool repair_list_add(struct repair_list *list, struct bytes value);
/* Each of "["1"],["2"]"; false where one does not fit or is no JSON array of
 * texts. */
bool repair_list_add_all(struct repair_list *list, const char *values);
/* Borrowed until the next one is added. */
const char *repair_list_at(const struct repair_list *list, size_t index);

#endif
