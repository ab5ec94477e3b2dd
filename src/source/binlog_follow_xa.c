/*
 * Transactions of XA: their rows stand in the log where they were prepared,
 * and become real where they are committed, perhaps days and files later. The
 * place remembers where that was; at the commit they are read from there by a
 * second link. What must stay true: nothing of a prepared transaction moves
 * the clock or reaches a table before its commit, and at its commit the clock
 * moves by the same bytes, whether they could be read again or not.
 */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_follow.h"

/* The second reading of a transaction, up to its XA_PREPARE. */
struct follow_replay {
    struct binlog_prepared prepared; /* texts are its own */
    struct binlog_link *link;  /* NULL: from memory */
    struct follow_held *held;  /* or NULL: by the link */
    struct binlog_reader kept; /* that of the log, which waits */
    uint64_t base;             /* clock behind the commit's own bytes */
    uint64_t end;              /* offset behind the commit */
    bool has_begun;            /* its GTID came */
};

static char *name_xa(int32_t format, struct bytes global, struct bytes branch)
{
    struct buffer name;
    char *text;

    buffer_init(&name, 512);
    buffer_add_format(&name, "%" PRId32 ":", format);
    buffer_add_hex(&name, global);
    buffer_add_text(&name, ":");
    buffer_add_hex(&name, branch);
    text = memory_text(buffer_text(&name));
    buffer_release(&name);
    return text;
}

static char *gtid_of(const struct binlog_begin *begin)
{
    struct buffer text;
    char *copy;

    buffer_init(&text, 256);
    gtid_print(&begin->gtid, &text);
    copy = memory_text(buffer_text(&text));
    buffer_release(&text);
    return copy;
}

/* --- where it is prepared ------------------------------------------------ */

void follow_xa_start(struct follow *follow)
{
    follow->is_preparing = true;
    follow->prepared_bytes = follow->clock - follow->begin_clock;
    follow->clock = follow->begin_clock;
    follow_hold_start(follow);
}

enum status follow_xa_event(struct follow *follow,
                            const struct binlog_event *event, bool *ends,
                            struct error *error)
{
    follow->ledger.seen++;
    follow->ledger.filtered[FILTERED_PREPARED]++;
    *ends = event->type == BINLOG_XA_PREPARE_EVENT;
    if (event->type == BINLOG_XID_EVENT ||
        (*ends && !binlog_prepare_parse(event->body, &follow->prepare)))
        return binlog_damaged(&follow->reader, event, "a broken XA", error);
    return STATUS_OK;
}

/* Its bytes are counted. */
static void note_prepared(const struct follow *follow,
                          const struct binlog_event *event,
                          struct binlog_prepared *prepared)
{
    const struct binlog_xa *xa = &follow->prepare.xa;

    *prepared = (struct binlog_prepared){
        .name = name_xa(xa->format, xa->global, xa->branch),
        .gtid = gtid_of(&follow->begin),
        .file = memory_text(follow->reader.file),
        .offset = follow->begin_start,
        .bytes = follow->prepared_bytes,
        .time_s = event->header.time,
    };
}

/* --- the second reading -------------------------------------------------- */

static void free_replay(struct follow_replay *replay)
{
    memory_free(replay->prepared.name);
    memory_free(replay->prepared.gtid);
    memory_free(replay->prepared.file);
    binlog_link_close(replay->link);
    follow_hold_free(replay->held);
    memory_free(replay);
}

void follow_xa_close(struct follow *follow)
{
    struct follow_replay *replay = follow->replay;

    if (!replay)
        return;
    binlog_reader_release(&follow->reader);
    follow->reader = replay->kept;
    free_replay(replay);
    follow->replay = NULL;
}

/* The log goes on behind the commit. */
static void end_replay(struct follow *follow, struct log_item *item)
{
    struct follow_replay *replay = follow->replay;
    uint64_t end = replay->end;

    if (replay->link)
        follow_forget_maps(follow);
    follow->clock = replay->base + replay->prepared.bytes;
    binlog_place_settle(&follow->place, replay->prepared.name);
    follow_xa_close(follow);
    follow_commit(follow, end);
    item->news = LOG_COMMIT;
}

static void give_up(struct follow *follow, struct log_item *item)
{
    follow_tell(follow, TABLE_UNSEEN, NULL);
    end_replay(follow, item);
}

/* What was there is there no more, or is something else. */
static bool is_lost(enum error_id id)
{
    return id == ERROR_LOG_PURGED || id == ERROR_LOG_ANOTHER ||
           id == ERROR_LOG_SHORTENED || id == ERROR_LOG_OFF;
}

static enum status open_replay(struct follow *follow, struct error *error)
{
    struct follow_replay *replay = follow->replay;
    const struct binlog_prepared *prepared = &replay->prepared;
    struct binlog_start start = {.file = prepared->file,
                                 .offset = prepared->offset,
                                 .stops_at_end = true};
    char uuid[BINLOG_UUID_BYTES];
    enum status status;

    follow_name_reader(follow, "again", uuid, &start.server_id);
    start.uuid = uuid;
    status = binlog_link_open(follow->source->settings, &start,
                              &replay->link, error);
    if (status != STATUS_OK)
        return status;
    struct binlog_feed feed = {replay->link, binlog_link_next};
    follow_forget_maps(follow); /* ids of another file */
    binlog_reader_init(&follow->reader, &feed, prepared->file,
                       prepared->offset, false);
    return STATUS_OK;
}

/* Behind the commit, whose bytes are counted; takes the texts. */
static enum status replay(struct follow *follow, uint64_t end,
                          const struct binlog_prepared *prepared,
                          struct log_item *item, struct error *error)
{
    struct follow_replay *made = memory_new(1, sizeof(*made));
    struct binlog_feed none = {NULL, NULL};
    enum status status = STATUS_OK;

    *made = (struct follow_replay){.prepared = *prepared,
                                   .kept = follow->reader,
                                   .base = follow->clock,
                                   .end = end};
    follow->replay = made;
    made->held = follow_hold_take(follow, prepared->name);
    binlog_reader_init(&follow->reader, &none, NULL, 0, false);
    if (made->held) {
        follow->clock += follow_hold_read(made->held, &follow->reader);
        made->has_begun = true;
    } else if (prepared->file[0] == '\0' || prepared->offset > UINT32_MAX)
        give_up(follow, item);
    else
        status = open_replay(follow, error);
    if (status != STATUS_OK && is_lost(error->id)) {
        error_clear(error);
        give_up(follow, item);
        return STATUS_OK;
    }
    return status;
}

enum status follow_xa_prepared(struct follow *follow,
                               const struct binlog_event *event,
                               struct log_item *item, struct error *error)
{
    struct binlog_prepared prepared;

    note_prepared(follow, event, &prepared);
    follow->is_preparing = false;
    follow->prepared_bytes = 0;
    follow_hold_end(follow, prepared.name);
    if (follow->prepare.is_one_phase)
        return replay(follow, event->end, &prepared, item, error);
    binlog_place_prepare(&follow->place, &prepared);
    follow_commit(follow, event->end);
    item->news = LOG_COMMIT;
    return STATUS_OK;
}

void follow_xa_query(struct follow *follow, const struct binlog_words *words,
                     bool *ends)
{
    const struct query_xa *xa = &words->xa;
    struct bytes global = {xa->global, xa->global_bytes};
    struct bytes branch = {xa->branch, xa->branch_bytes};
    char *name;

    *ends = false;
    if (follow->replay || words->class == QUERY_XA_END)
        return;
    if (words->class == QUERY_XA_START) {
        follow_xa_start(follow);
        return;
    }
    name = name_xa(xa->format, global, branch);
    *ends = true;
    if (words->class == QUERY_XA_ROLLBACK) {
        binlog_place_settle(&follow->place, name);
        follow_hold_free(follow_hold_take(follow, name));
    } else if (!binlog_place_prepared(&follow->place, name)) {
        follow_tell(follow, TABLE_UNSEEN, NULL);
    } else {
        follow->committed = name;
        return;
    }
    memory_free(name);
}

enum status follow_xa_commit(struct follow *follow,
                             const struct binlog_event *event,
                             struct log_item *item, struct error *error)
{
    const struct binlog_prepared *found =
        binlog_place_prepared(&follow->place, follow->committed);
    struct binlog_prepared prepared = *found;

    memory_free(follow->committed);
    follow->committed = NULL;
    prepared.name = memory_text(found->name);
    prepared.gtid = memory_text(found->gtid);
    prepared.file = memory_text(found->file);
    return replay(follow, event->end, &prepared, item, error);
}

/* The first event must be the GTID that was noted. */
static bool is_beginning(const struct follow_replay *replay,
                         const struct binlog_event *event)
{
    struct binlog_begin begin;
    char *gtid;
    bool is_same;

    if (!binlog_begin_parse(&event->header, event->body, &begin))
        return false;
    gtid = gtid_of(&begin);
    is_same = text_equal(gtid, replay->prepared.gtid);
    memory_free(gtid);
    return is_same;
}

/* *is_good false: this is not what was prepared. */
static enum status apply(struct follow *follow, struct binlog_event *event,
                         bool *is_good, struct error *error)
{
    bool ends = false;

    switch (event->type) {
    case BINLOG_TABLE_MAP_EVENT:
        return follow_map(follow, event, error);
    case BINLOG_QUERY_EVENT:
        return follow_query(follow, event, &ends, error);
    case BINLOG_XA_PREPARE_EVENT:
        follow->ledger.seen++;
        follow->ledger.applied++;
        return STATUS_OK;
    default:
        if (binlog_type_is_rows(event->type))
            return follow_rows(follow, event, error);
        *is_good = false;
        return STATUS_OK;
    }
}

static enum status take(struct follow *follow, struct binlog_event *event,
                        bool *is_good, struct error *error)
{
    struct follow_replay *replay = follow->replay;

    if (event->class != BINLOG_APPLY) {
        follow_pass_over(follow, event);
        return STATUS_OK;
    }
    if (replay->has_begun)
        return apply(follow, event, is_good, error);
    follow->ledger.seen++;
    follow->ledger.applied++;
    *is_good = replay->has_begun = is_beginning(replay, event);
    return STATUS_OK;
}

enum status follow_xa_next(struct follow *follow, struct log_item *item,
                           struct error *error)
{
    struct follow_replay *replay = follow->replay;
    uint64_t bytes = replay->prepared.bytes;
    struct binlog_event event;
    enum binlog_news news;
    bool is_good = true;
    enum status status = binlog_next(&follow->reader, &event, &news, error);

    if (status == STATUS_OK && news == BINLOG_IDLE)
        return STATUS_OK;
    if (status == STATUS_OK && news == BINLOG_EVENT)
        status = take(follow, &event, &is_good, error);
    if (status != STATUS_OK && !is_lost(error->id))
        return status;
    if (status != STATUS_OK || news == BINLOG_END || !is_good) {
        error_clear(error);
        give_up(follow, item);
        return STATUS_OK;
    }
    follow->clock += event.counted_bytes;
    if (event.type == BINLOG_XA_PREPARE_EVENT &&
        follow->clock - replay->base == bytes)
        end_replay(follow, item);
    else if (event.type == BINLOG_XA_PREPARE_EVENT ||
             follow->clock - replay->base > bytes)
        give_up(follow, item);
    return STATUS_OK;
}
