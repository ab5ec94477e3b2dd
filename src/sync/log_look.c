/*
 * Whether the log can be followed: what the server says of it, and an opening
 * of it at its end, for privileges are known by their use alone.
 */
#include "base/memory.h"
#include "base/stop.h"
#include "sync/sync.h"

/* Its own, so that no follower loses the log to it. */
#define READER "look"

static struct followed *find_nothing(void *context, const char *database,
                                     const char *name)
{
    (void)context;
    (void)database;
    (void)name;
    return NULL;
}

static enum status read_end(struct source *source, const char *place,
                            struct error *error)
{
    const struct log_ops *log = source->ops->log;
    const struct log_request request = {
        .place = place,
        .reader = READER,
        .epoch = 1,
        .stops_at_end = true,
        .sink = {.find = find_nothing},
    };
    struct log_item item = {.news = LOG_NOTHING};
    struct follow *follow = NULL;
    enum status status = log->open(source, &request, &follow, error);
    /* The first transaction is as good as the end. */
    while (status == STATUS_OK && item.news != LOG_END &&
           item.news != LOG_COMMIT) {
        status = stop_check(error);
        if (status == STATUS_OK)
            status = log->next(follow, &item, error);
    }
    log->close(follow);
    return status;
}

/* A failure that says something of the log or the account, and not of the
 * network. */
static bool is_refusal(const struct error *error)
{
    return error->status == STATUS_ACTION || error->status == STATUS_TABLE;
}

static enum status try_reading(struct source *source,
                               struct source_session *session,
                               struct error *refusal, struct error *error)
{
    char *place = NULL;
    error_clear(refusal);
    enum status status = source->ops->log->end(session, 0, &place, error);
    if (status == STATUS_OK)
        status = read_end(source, place, error);
    memory_free(place);
    if (status == STATUS_OK || !is_refusal(error))
        return status;
    *refusal = *error;
    if (error->id == ERROR_SOURCE_GRANT)
        error_next(refusal, "run what  tidemark grants  prints");
    error_clear(error);
    return STATUS_OK;
}

void log_look_release(struct log_look *look)
{
    log_facts_release(&look->facts);
}

enum status log_look(struct source *source, struct log_look *look,
                     struct error *error)
{
    struct source_session *session = NULL;
    *look = (struct log_look){.facts = {.retention_s = -1}};
    error_clear(&look->refusal);
    enum status status = source->ops->session_open(source, &session, error);
    if (status == STATUS_OK)
        status = source->ops->log->facts(session, &look->facts, error);
    if (status == STATUS_OK && look->facts.why_not) {
        (void)error_set_status(&look->refusal, ERROR_LOG_UNUSABLE,
                               STATUS_ACTION, "cannot follow the log: %s",
                               look->facts.why_not);
        if (look->facts.next)
            error_next(&look->refusal, "%s", look->facts.next);
    } else if (status == STATUS_OK) {
        status = try_reading(source, session, &look->refusal, error);
    }
    if (session)
        source->ops->session_close(session);
    return status;
}

enum status sync_log_look(struct sync *sync, const struct log_look **look,
                          struct error *error)
{
    if (!sync->log_look && sync->source->ops->log) {
        struct log_look *made = memory_new(1, sizeof *made);
        enum status status = log_look(sync->source, made, error);
        if (status != STATUS_OK) {
            log_look_release(made);
            memory_free(made);
            return status;
        }
        sync->log_look = made;
    }
    *look = sync->log_look;
    return STATUS_OK;
}
