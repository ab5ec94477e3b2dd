#ifndef TIDEMARK_SYNC_REPAIR_SCOPE_H
#define TIDEMARK_SYNC_REPAIR_SCOPE_H

#include <stdint.h>

#include "model/table.h"
#include "sync/repair_list.h"

/*
 * What a request is about, as the state keeps it (JSON):
 *
 *   {"all":true}                               the whole table
 *   {"below":"VERSION"}                        deletes of that version
 *   {"keys":[["1"],["2"]]}                     rows of these keys
 *   {"children":["parent_id"],"level":1,"gone":true,"values":[["7"]]}
 *                                              rows whose columns hold, or
 *                                              held, one of these values;
 *                                              gone: what had them is
 *
 *   {"passed":true,"copy":true}                nothing: the log must reach
 *                                              where rows were read; copy: all
 *                                              of the table
 *   {"went":true}                              all that hangs on the table:
 *                                              rows went while it was copied
 *
 * "waits":true behind "all" or "gone": a reading found it, which the log must
 * reach before it is served (cdc_wait.c).
 *
 * `level` counts how many tables a change has run through. What is not
 * understood is the whole table.
 */
enum scope_kind { SCOPE_ALL, SCOPE_BELOW, SCOPE_KEYS, SCOPE_CHILDREN,
                  SCOPE_PASSED, SCOPE_WENT };

/* Of one request; more is a request for the whole table. */
#define SCOPE_VALUES_MAX 10000
#define SCOPE_BYTES_MAX ((size_t)256 << 10)

struct scope {
    enum scope_kind kind;
    uint64_t below;
    unsigned level;
    bool is_gone;
    bool waits;
    bool is_copy;
    char **columns; /* SCOPE_CHILDREN; owned */
    size_t column_count;
    char *values; /* "["1"],["2"]"; owned */
};

void scope_read(const char *text, struct scope *scope);
void scope_release(struct scope *scope);
/* The texts; the caller frees them. Of `scope` all but the values. */
char *scope_keys(const struct repair_list *keys);
char *scope_children(const struct scope *scope,
                     const struct repair_list *values);
/* Indexes of the columns in the table; NULL where one is not stored there. The
 * caller frees it. */
size_t *scope_columns(const struct table *table, const char *const *names,
                      size_t count);

#endif
