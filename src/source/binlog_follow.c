/*
 * The log of MySQL and MariaDB, followed. What must stay true: the place is
 * the end of a transaction, and its set holds only transactions that ended;
 * the clock moves by what the log holds, and by nothing else.
 */
#include "source/binlog_follow.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"


/* The same for every reader of the stream on this machine: a new one takes
 * over from one that died. After another one took it: a new one. */
void follow_name_reader(const struct follow *follow, const char *purpose,
                        char *uuid, uint32_t *server_id)
{
    const struct mysql_source *source = follow->source;
    struct buffer seed;
    char host[64] = "";

    (void)gethostname(host, sizeof(host) - 1);
    buffer_init(&seed, 64 * 1024);
    buffer_add_format(&seed, "tidemark %s %s %s %s %" PRIu64, host,
                      follow->identity, follow->reader_name, purpose,
                      source->collision);
    binlog_link_name(buffer_text(&seed), uuid, server_id);
    buffer_release(&seed);
}

/* By file and offset where they mean something to this server, else by the
 * set. Another server than the place's took over since anybody looked: only the
 * next look can tell what that costs. */
static enum status choose_way(struct follow *follow, bool *by_set,
                              struct error *error)
{
    struct binlog_place *place = &follow->place;
    bool is_there = false;
    MYSQL *link;
    enum status status = binlog_session(&follow->session->base, &link, error);

    if (status == STATUS_OK)
        status = binlog_identity(link, &follow->identity, error);
    if (status != STATUS_OK)
        return status;
    if (!text_equal(place->server, follow->identity))
        return error_set(error, ERROR_SOURCE_REACH,
                         "could not read the log: server %s answers, not %s",
                         follow->identity, place->server);
    *by_set = place->file[0] == '\0' || place->offset > UINT32_MAX;
    if (*by_set || gtid_set_is_empty(&place->set))
        return STATUS_OK;
    status = binlog_has_file(link, place, &is_there, error);
    *by_set = !is_there;
    return status;
}

static enum status open_log(struct follow *follow, struct error *error)
{
    const struct binlog_place *place = &follow->place;
    struct binlog_start start = {.stops_at_end = follow->request.stops_at_end};
    char uuid[BINLOG_UUID_BYTES];
    bool by_set = false;
    enum status status = choose_way(follow, &by_set, error);

    if (status != STATUS_OK)
        return status;
    follow_name_reader(follow, "follow", uuid, &start.server_id);
    start.uuid = uuid;
    start.identity = follow->identity;
    start.file = place->file;
    start.offset = place->offset;
    if (by_set)
        start.set = &follow->place.set;
    follow->is_doubted = place->is_moved && !follow->source->is_mariadb;
    status = binlog_link_open(follow->source->settings, &start, &follow->link,
                              error);
    if (status != STATUS_OK)
        return status;
    struct binlog_feed feed = {follow, follow_feed};
    binlog_reader_init(&follow->reader, &feed, by_set ? NULL : place->file,
                       by_set ? 0 : place->offset, by_set);
    return STATUS_OK;
}

static void follow_close(struct follow *follow)
{
    if (!follow)
        return;
    if (follow->slots)
        follow_forget_maps(follow);
    memory_free(follow->slots);
    for (size_t i = 0; i < follow->table_count; i++) {
        binlog_layout_free(follow->tables[i].layout);
        memory_free(follow->tables[i].charsets);
    }
    memory_free(follow->tables);
    memory_free(follow->touched);
    follow_xa_close(follow);
    follow_hold_close(follow);
    memory_free(follow->committed);
    memory_free(follow->place_text);
    memory_free(follow->reader_name);
    memory_free(follow->identity);
    memory_free(follow->missing);
    binlog_words_release(&follow->words);
    binlog_reader_release(&follow->reader);
    binlog_link_close(follow->link);
    binlog_place_release(&follow->place);
    binlog_rows_result_release(&follow->result);
    if (follow->session)
        follow->source->base.ops->session_close(&follow->session->base);
    memory_free(follow);
}

/* The server will not go on from where the log was opened: the next look at
 * that place must say so, and then it begins anew. */
static enum status note_refusal(struct follow *follow, enum log_loss loss,
                                struct error *error)
{
    memory_free(follow->source->refused_place);
    follow->source->refused_place = memory_text(follow->request.place);
    follow->source->refusal = (int)loss;
    return error->status = STATUS_TEMPORARY;
}

/* Whoever has our id may want it again and again: the next reader has another
 * one. */
static enum status note_failure(struct follow *follow, struct error *error)
{
    switch (error->id) {
    case ERROR_LOG_COLLISION:
        follow->source->collision =
            (uint64_t)clock_monotonic_us() ^ (uint64_t)getpid() << 40;
        return error->status;
    case ERROR_LOG_PURGED:
        return note_refusal(follow, LOG_PURGED, error);
    case ERROR_LOG_ANOTHER:
        return note_refusal(follow, LOG_FORKED, error);
    case ERROR_LOG_SHORTENED:
        return note_refusal(follow, LOG_SHORTENED, error);
    default:
        return error->status;
    }
}

static enum status follow_open(struct source *source,
                               const struct log_request *request,
                               struct follow **follow, struct error *error)
{
    struct follow *opened = memory_new(1, sizeof(*opened));
    struct source_session *session = NULL;
    enum status status;

    *follow = NULL;
    opened->source = (struct mysql_source *)source;
    opened->request = *request;
    opened->place_text = memory_text(request->place);
    opened->request.place = opened->place_text;
    opened->reader_name = memory_text(request->reader ? request->reader : "");
    opened->slots = memory_new(FOLLOW_SLOTS, sizeof(*opened->slots));
    if (binlog_place_read(request->place, opened->source->is_mariadb,
                          &opened->place))
        status = source->ops->session_open(source, &session, error);
    else
        status = error_set(error, ERROR_STATE_DAMAGED,
                           "cannot read the place of the log in the state");
    opened->session = (struct mysql_session *)session;
    opened->clock = opened->place.clock;
    if (status == STATUS_OK)
        status = open_log(opened, error);
    if (status != STATUS_OK) {
        status = note_failure(opened, error);
        follow_close(opened);
        return status;
    }
    *follow = opened;
    return STATUS_OK;
}

/* --- transactions -------------------------------------------------------- */

static enum status begin(struct follow *follow,
                         const struct binlog_event *event,
                         struct error *error)
{
    if (!binlog_begin_parse(&event->header, event->body, &follow->begin))
        return binlog_damaged(&follow->reader, event, "a broken GTID", error);
    if (!follow->has_gtid && !follow->has_committed)
        follow->skipped_bytes = follow->reader.skipped_bytes;
    follow->has_gtid = true;
    follow->touched_count = 0;
    follow->is_preparing = false;
    follow_hold_drop(follow);
    follow->begin_clock = follow->clock;
    follow->begin_start = event->start;
    follow->has_begun = follow->source->is_mariadb &&
                        !follow->begin.is_standalone;
    follow->ledger.seen++;
    follow->ledger.applied++;
    if (follow->begin.is_prepared)
        follow_xa_start(follow);
    return STATUS_OK;
}

void follow_commit(struct follow *follow, uint64_t end)
{
    struct binlog_place *place = &follow->place;

    if (!text_equal(place->file, follow->reader.file)) {
        memory_free(place->file);
        place->file = memory_text(follow->reader.file);
    }
    follow->has_committed = true;
    place->is_moved = false;
    place->offset = end;
    place->clock = follow->clock;
    if (follow->ended_us != 0)
        place->time = (uint64_t)follow->ended_us / 1000000;
    if (follow->has_gtid && !follow->begin.is_anonymous)
        binlog_place_add(place, &follow->begin.gtid);
    follow->has_gtid = false;
    follow->has_begun = false;
}

/* The file was cut by a crash, or the server started anew: what is open never
 * came to its end. */
static void restart(struct follow *follow)
{
    if (follow->has_gtid && !follow->is_preparing)
        follow_tell(follow, TABLE_UNKNOWN, NULL);
    follow_hold_drop(follow);
    follow->is_preparing = false;
    follow->has_gtid = false;
    follow->has_begun = false;
    follow_forget_maps(follow);
}

static enum status apply(struct follow *follow, struct binlog_event *event,
                         bool *ends, struct error *error)
{
    *ends = false;
    switch (event->type) {
    case BINLOG_GTID_EVENT:
    case BINLOG_ANONYMOUS_GTID_EVENT:
    case BINLOG_GTID_TAGGED_EVENT:
    case BINLOG_MARIADB_GTID_EVENT:
        return begin(follow, event, error);
    case BINLOG_TABLE_MAP_EVENT:
        return follow_map(follow, event, error);
    case BINLOG_QUERY_EVENT:
        return follow_query(follow, event, ends, error);
    case BINLOG_XID_EVENT:
        *ends = true;
        follow->ledger.seen++;
        follow->ledger.applied++;
        return STATUS_OK;
    case BINLOG_INCIDENT_EVENT:
        follow->ledger.seen++;
        follow->ledger.applied++;
        follow_tell(follow, TABLE_UNKNOWN, NULL);
        return STATUS_OK;
    default:
        if (binlog_type_is_rows(event->type))
            return follow_rows(follow, event, error);
        return binlog_damaged(&follow->reader, event,
                              "an event that cannot be followed", error);
    }
}

void follow_pass_over(struct follow *follow, const struct binlog_event *event)
{
    bool is_own = event->class == BINLOG_OWN;

    follow->ledger.seen++;
    follow->ledger.filtered[is_own ? FILTERED_OWN : FILTERED_IGNORABLE]++;
    if (event->type == BINLOG_FORMAT_DESCRIPTION_EVENT &&
        event->header.log_pos != 0)
        restart(follow);
}

static bool begins(uint8_t type)
{
    return type == BINLOG_GTID_EVENT || type == BINLOG_GTID_TAGGED_EVENT ||
           type == BINLOG_ANONYMOUS_GTID_EVENT ||
           type == BINLOG_MARIADB_GTID_EVENT;
}

/* Behind its last event, which was counted. */
static enum status end_transaction(struct follow *follow,
                                   const struct binlog_event *event,
                                   struct log_item *item,
                                   struct error *error)
{
    follow->ended_us = (int64_t)event->header.time * 1000000;
    if (follow->is_preparing)
        return follow_xa_prepared(follow, event, item, error);
    if (follow->committed)
        return follow_xa_commit(follow, event, item, error);
    follow_commit(follow, event->end);
    item->news = LOG_COMMIT;
    return STATUS_OK;
}

static enum status take_event(struct follow *follow,
                              struct binlog_event *event,
                              struct log_item *item, struct error *error)
{
    bool ends = false;
    enum status status = STATUS_OK;

    if (event->class != BINLOG_APPLY)
        follow_pass_over(follow, event);
    else if (follow->is_preparing && !begins(event->type))
        status = follow_xa_event(follow, event, &ends, error);
    else
        status = apply(follow, event, &ends, error);
    if (status != STATUS_OK)
        return status;
    if (follow->is_preparing)
        follow->prepared_bytes += event->counted_bytes;
    else
        follow->clock += event->counted_bytes;
    item->news = follow->has_gtid ? LOG_NOTHING : LOG_IDLE;
    return ends ? end_transaction(follow, event, item, error) : STATUS_OK;
}

/* By GTID the server sends what is not known, wherever it stands. What is
 * known and stands behind such a one was done later, but read before. */
static void check_order(struct follow *follow)
{
    if (!follow->is_doubted || !follow->has_committed ||
        follow->reader.skipped_bytes == follow->skipped_bytes)
        return;
    follow->is_doubted = false;
    follow_tell(follow, TABLE_UNSEEN, NULL);
}

/* Between transactions the place goes on to the next file, so that the server
 * may drop the one before. */
static void follow_file(struct follow *follow, const struct binlog_event *event,
                        struct log_item *item)
{
    const struct binlog_reader *reader = &follow->reader;

    if (event->type != BINLOG_ROTATE_EVENT || follow->has_gtid ||
        (reader->may_skip && !follow->has_committed) ||
        text_equal(reader->file, follow->place.file))
        return;
    follow_commit(follow, reader->offset);
    item->news = LOG_COMMIT;
}

static enum status next_event(struct follow *follow, struct log_item *item,
                              struct error *error)
{
    struct binlog_event event;
    enum binlog_news news;
    enum status status = binlog_next(&follow->reader, &event, &news, error);

    if (status != STATUS_OK)
        return status;
    check_order(follow);
    if (news == BINLOG_EVENT) {
        status = take_event(follow, &event, item, error);
        if (status == STATUS_OK)
            follow_file(follow, &event, item);
        return status;
    }
    item->news = news == BINLOG_END ? LOG_END : LOG_IDLE;
    return STATUS_OK;
}

/* All but the reason, which is large: this is done for every event. */
static void clear_item(struct log_item *item)
{
    memset(item, 0, offsetof(struct log_item, reason));
    item->news = LOG_NOTHING;
}

static enum status next_item(struct follow *follow, struct log_item *item,
                             struct error *error)
{
    enum status status;

    clear_item(item);
    if (follow->item_given < follow->item_count) {
        *item = follow->items[follow->item_given++];
        return STATUS_OK;
    }
    follow->item_given = 0;
    follow->item_count = 0;
    if (follow->has_ended_late) {
        follow->has_ended_late = false;
        item->news = LOG_COMMIT;
        return STATUS_OK;
    }
    if (follow->replay)
        status = follow_xa_next(follow, item, error);
    else
        status = next_event(follow, item, error);
    if (status != STATUS_OK)
        return note_failure(follow, error);
    /* News of the event come before the end of its transaction. */
    if (follow->item_count > 0) {
        follow->has_ended_late = item->news == LOG_COMMIT;
        *item = follow->items[follow->item_given++];
    }
    return status;
}

static enum status follow_next(struct follow *follow, struct log_item *item,
                               struct error *error)
{
    enum status status = mysql_pin_heard(follow->source, error);

    if (status == STATUS_OK)
        status = next_item(follow, item, error);
    else
        clear_item(item);
    if (item->news == LOG_COMMIT)
        item->at_us = follow->ended_us;
    return status;
}

static void follow_patience(struct follow *follow, unsigned milliseconds)
{
    binlog_link_patience(follow->link, milliseconds);
}

static char *follow_place(const struct follow *follow, uint64_t *clock)
{
    *clock = follow->place.clock;
    return binlog_place_text(&follow->place);
}

static const struct log_ledger *follow_ledger(const struct follow *follow)
{
    return &follow->ledger;
}

const struct log_ops binlog_log_ops = {
    .pin = mysql_pin,
    .unpin = mysql_unpin,
    .facts = binlog_facts,
    .back = binlog_back,
    .end = binlog_end,
    .loss = binlog_loss,
    .move = binlog_move,
    .children = binlog_children,
    .spot = binlog_place_spot,
    .clock = binlog_place_clock,
    .covers = binlog_covers,
    .waiting = binlog_place_waiting,
    .visible = binlog_visible,
    .open = follow_open,
    .patience = follow_patience,
    .next = follow_next,
    .place = follow_place,
    .ledger = follow_ledger,
    .close = follow_close,
};
