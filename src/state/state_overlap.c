/* What the window before delivered of each key. To forget pairs is always
 * right, for rows are delivered again then; to keep one that is not what was
 * delivered last is not, for a row would be passed over. So reading takes the
 * pairs away: an attempt that dies leaves none behind, whatever of it reached
 * the warehouse, and the save of the next window brings its own. */

#include "state/state_overlap.h"

#include "base/failpoint.h"
#include "base/memory.h"
#include "state/state_store.h"

#define SIGN_BIT (UINT64_C(1) << 63)
#define FIRST_CAPACITY 256u

static enum status forget(struct state *state, enum statement statement,
                          const char *name, struct error *error)
{
    struct query query;

    query_begin(&query, state, statement);
    query_text(&query, 1, name);
    query_row(&query);
    return query_end(&query, error);
}

static enum status add(struct state *state, const char *stream,
                       const struct overlap_pair *pair, struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_OVERLAP_ADD);
    query_text(&query, 1, stream);
    query_unsigned(&query, 2, pair->key_hash ^ SIGN_BIT);
    query_unsigned(&query, 3, pair->digest);
    query_row(&query);
    return query_end(&query, error);
}

static enum status drop_beyond_limit(struct state *state, const char *stream,
                                     struct error *error)
{
    struct query query;
    enum status status;
    int64_t count = 0;

    query_begin(&query, state, STATEMENT_OVERLAP_COUNT);
    query_text(&query, 1, stream);
    if (query_row(&query))
        count = query_get_integer(&query, 0);
    status = query_end(&query, error);
    if (status == STATUS_OK && count > OVERLAP_PAIRS_MAX)
        status = forget(state, STATEMENT_OVERLAP_FORGET, stream, error);
    return status;
}

enum status overlap_save(struct state *state,
                         const struct checkpoint *checkpoint,
                         struct error *error)
{
    const char *stream = checkpoint->stream;
    enum status status = STATUS_OK;

    if (checkpoint->overlap_reset || checkpoint->pair_count >
                                         OVERLAP_PAIRS_MAX)
        status = forget(state, STATEMENT_OVERLAP_FORGET, stream, error);
    if (checkpoint->pair_count == 0 ||
        checkpoint->pair_count > OVERLAP_PAIRS_MAX)
        return status;
    for (size_t i = 0; i < checkpoint->pair_count && status == STATUS_OK; i++)
        status = add(state, stream, &checkpoint->pairs[i], error);
    if (status == STATUS_OK)
        status = drop_beyond_limit(state, stream, error);
    return status;
}

struct pair_list {
    struct overlap_pair *pairs;
    size_t count;
    size_t capacity;
};

static void append(struct pair_list *list, struct overlap_pair pair)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? FIRST_CAPACITY
                                             : list->capacity * 2;
        list->pairs = memory_resize(list->pairs, list->capacity,
                                    sizeof(*list->pairs));
    }
    list->pairs[list->count++] = pair;
}

static enum status take(struct state *state, const char *stream,
                        struct pair_list *list, struct error *error)
{
    struct query query;
    enum status status;

    query_begin(&query, state, STATEMENT_OVERLAP_LIST);
    query_text(&query, 1, stream);
    while (query_row(&query))
        append(list, (struct overlap_pair){
                         .key_hash = query_get_unsigned(&query, 0) ^ SIGN_BIT,
                         .digest = query_get_unsigned(&query, 1)});
    status = query_end(&query, error);
    if (status == STATUS_OK)
        status = forget(state, STATEMENT_OVERLAP_FORGET, stream, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.overlap_read", error);
    return STATUS_OK;
}

enum status state_overlap_read(struct state *state, const char *stream,
                               struct overlap_pair **pairs, size_t *count,
                               struct error *error)
{
    struct pair_list list = {.pairs = NULL};
    enum status status = store_begin(state, error);

    if (status == STATUS_OK) {
        status = take(state, stream, &list, error);
        status = store_end(state, status, error);
    }
    if (status != STATUS_OK) {
        memory_free(list.pairs);
        list = (struct pair_list){.pairs = NULL};
    }
    *pairs = list.pairs;
    *count = list.count;
    return status;
}

enum status state_overlap_forget(struct state *state, const char *table,
                                 struct error *error)
{
    return forget(state, STATEMENT_OVERLAP_FORGET_TABLE, table, error);
}
