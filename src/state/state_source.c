/* Sources: who they are, and the numbers of their readings. A number is given
 * once, and the lock is kept from the number to the commit, so that the later
 * snapshot always has the higher number. */

#include "base/failpoint.h"
#include "base/text.h"
#include "model/version.h"
#include "state/state_store.h"

static enum status read_source(struct state *state,
                               struct state_source *source, bool *is_there,
                               struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_SOURCE_READ);
    query_text(&query, 1, source->name);
    *is_there = query_row(&query);
    if (*is_there) {
        query_get_field(&query, 0, source->identity,
                        sizeof(source->identity));
        source->epoch = query_get_unsigned(&query, 1);
        source->readings = query_get_unsigned(&query, 2);
    }
    return query_end(&query, error);
}

static enum status make_source(struct state *state, const char *name,
                               struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_SOURCE_MAKE);
    query_text(&query, 1, name);
    query_row(&query);
    return query_end(&query, error);
}

enum status state_source(struct state *state, const char *name,
                         struct state_source *source, struct error *error)
{
    enum status status;
    bool is_there;

    *source = (struct state_source){.epoch = 1};
    if (!text_copy(source->name, sizeof(source->name), name))
        return error_set(error, ERROR_DEFECT,
                         "the name of source %s is too long", name);
    status = read_source(state, source, &is_there, error);
    if (status == STATUS_OK && !is_there && state->access == STATE_WRITE)
        status = make_source(state, name, error);
    return status;
}

static enum status no_epoch_left(const char *name, struct error *error)
{
    error_set(error, ERROR_STATE_DAMAGED,
              "source %s has no epoch left for its versions", name);
    error_next(error, "Load into a new database of the warehouse, with a new "
                      "state.");
    return error->status;
}

/* Within a transaction, or as one. */
static enum status step_epoch(struct state *state, const char *name,
                              uint64_t epoch, struct error *error)
{
    struct query query;

    if (epoch == 0 || epoch > VERSION_EPOCH_MAX)
        return no_epoch_left(name, error);
    query_begin(&query, state, STATEMENT_EPOCH_STEP);
    query_text(&query, 1, name);
    query_unsigned(&query, 2, epoch);
    /* No row: another thread has stepped as far already. */
    query_row(&query);
    return query_end(&query, error);
}

enum status state_epoch_step(struct state *state, const char *name,
                             uint64_t epoch, struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = make_source(state, name, error);
    if (status == STATUS_OK)
        status = step_epoch(state, name, epoch, error);
    return store_end(state, status, error);
}

static enum status write_identity(struct state *state, const char *name,
                                  const char *identity, struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_SOURCE_IDENTIFY);
    query_text(&query, 1, name);
    query_text(&query, 2, identity);
    query_row(&query);
    return query_end(&query, error);
}

/* Within a transaction. */
static enum status identify(struct state *state, const char *name,
                            const char *identity, char former[128],
                            struct error *error)
{
    struct state_source source;
    enum status status = state_source(state, name, &source, error);

    if (status != STATUS_OK || text_equal(source.identity, identity))
        return status;
    if (source.identity[0]) {
        (void)text_copy(former, sizeof(source.identity), source.identity);
        status = step_epoch(state, name, source.epoch + 1, error);
    }
    if (status == STATUS_OK)
        status = write_identity(state, name, identity, error);
    return status;
}

enum status state_source_identify(struct state *state, const char *name,
                                  const char *identity, char former[128],
                                  struct error *error)
{
    enum status status = store_begin(state, error);

    former[0] = '\0';
    if (status != STATUS_OK)
        return status;
    status = identify(state, name, identity, former, error);
    return store_end(state, status, error);
}

static enum status next_reading(struct state *state, const char *name,
                                uint64_t *epoch, uint64_t *reading,
                                struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_READING_TAKE);
    query_text(&query, 1, name);
    if (query_row(&query)) {
        *epoch = query_get_unsigned(&query, 0);
        *reading = query_get_unsigned(&query, 1);
    }
    return query_end(&query, error);
}

static enum status take_reading(struct state *state, const char *name,
                                uint64_t *version, struct error *error)
{
    uint64_t epoch = 0;
    uint64_t reading = 0;
    enum status status = make_source(state, name, error);

    if (status == STATUS_OK)
        status = next_reading(state, name, &epoch, &reading, error);
    if (status == STATUS_OK && reading > VERSION_CLOCK_MAX) {
        status = step_epoch(state, name, epoch + 1, error);
        if (status == STATUS_OK)
            status = next_reading(state, name, &epoch, &reading, error);
    }
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.reading_taken", error);
    *version = version_make(epoch, reading, 0);
    if (*version == 0)
        return error_set(error, ERROR_STATE_DAMAGED,
                         "source %s has no valid epoch or reading", name);
    return STATUS_OK;
}

enum status state_reading_take(struct state *state, const char *source,
                               uint64_t *version, struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = take_reading(state, source, version, error);
    if (status != STATUS_OK)
        return store_end(state, status, error);
    state->is_reading = true;
    return STATUS_OK;
}

enum status state_reading_keep(struct state *state, struct error *error)
{
    enum status status;

    if (!state->is_reading)
        return error_set(error, ERROR_DEFECT, "no reading was taken");
    state->is_reading = false;
    status = store_end(state, STATUS_OK, error);
    if (status != STATUS_OK)
        return status;
    FAILPOINT("state.reading_kept", error);
    return STATUS_OK;
}

void state_reading_drop(struct state *state)
{
    struct error none;

    if (!state->is_reading)
        return;
    state->is_reading = false;
    error_clear(&none);
    if (store_end(state, STATUS_STOPPED, &none) != STATUS_OK) {
        /* Rolled back, as asked. */
    }
}

enum status state_scan_take(struct state *state, const char *source,
                            uint64_t clock, uint64_t *version,
                            struct error *error)
{
    struct query query;
    enum status status = make_source(state, source, error);

    *version = 0;
    if (status != STATUS_OK)
        return status;
    query_begin(&query, state, STATEMENT_SCAN_TAKE);
    query_text(&query, 1, source);
    query_unsigned(&query, 2, clock);
    query_unsigned(&query, 3, VERSION_READING_MAX);
    if (query_row(&query))
        *version = version_make(query_get_unsigned(&query, 0), clock,
                                query_get_unsigned(&query, 1));
    return query_end(&query, error);
}
