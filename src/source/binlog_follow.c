/*
 * The log of MySQL and MariaDB, followed. What must stay true: the place is
 * the end of a transaction, and its set holds only transactions that ended;
 * the clock moves by what the log holds, and by nothing else.
 */
#include "source/binlog_follow.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

/* Ids of replicas; those of people are small. */
#define SERVER_ID_BASE 0x40000000u
#define UUID_BYTES 37

/* The same for every reader of this place on this machine: a new one takes
 * over from one that died. */
static void name_reader(const struct binlog_place *place, const char *reader,
                        char *uuid, uint32_t *server_id)
{
    char seed[512];
    char host[64] = "";
    XXH128_hash_t hash;

    (void)gethostname(host, sizeof(host) - 1);
    snprintf(seed, sizeof(seed), "tidemark %s %s%s%s", host, place->server,
             reader ? " " : "", reader ? reader : "");
    hash = XXH3_128bits(seed, strlen(seed));
    snprintf(uuid, UUID_BYTES, "%08x-%04x-4%03x-8%03x-%012llx",
             (unsigned)hash.low64, (unsigned)(hash.low64 >> 32) & 0xffff,
             (unsigned)(hash.low64 >> 48) & 0xfff,
             (unsigned)hash.high64 & 0xfff,
             (unsigned long long)(hash.high64 >> 16));
    *server_id = SERVER_ID_BASE + (uint32_t)(hash.low64 & 0x3fffffff);
}

static enum status open_log(struct follow *follow, struct error *error)
{
    const struct binlog_place *place = &follow->place;
    struct binlog_start start = {.file = place->file,
                                 .offset = place->offset,
                                 .stops_at_end = follow->request.stops_at_end};
    char uuid[UUID_BYTES];
    bool is_same = text_equal(place->server, follow->source->facts.identity);
    bool by_set = !is_same || place->offset > UINT32_MAX;
    enum status status;

    name_reader(place, follow->request.reader, uuid, &start.server_id);
    start.uuid = uuid;
    if (by_set)
        start.set = &follow->place.set;
    status = binlog_link_open(follow->source->settings, &start, &follow->link,
                              error);
    if (status != STATUS_OK)
        return status;
    struct binlog_feed feed = {follow->link, binlog_link_next};
    binlog_reader_init(&follow->reader, &feed, by_set ? NULL : place->file,
                       by_set ? 0 : place->offset, by_set);
    if (!is_same) {
        memory_free(follow->place.server);
        follow->place.server = memory_text(follow->source->facts.identity);
    }
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
    binlog_reader_release(&follow->reader);
    binlog_link_close(follow->link);
    binlog_place_release(&follow->place);
    binlog_rows_result_release(&follow->result);
    if (follow->session)
        follow->source->base.ops->session_close(&follow->session->base);
    memory_free(follow);
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
    if (status == STATUS_OK)
        *follow = opened;
    else
        follow_close(opened);
    return status;
}

/* --- transactions -------------------------------------------------------- */

static enum status begin(struct follow *follow,
                         const struct binlog_event *event,
                         struct error *error)
{
    if (!binlog_begin_parse(&event->header, event->body, &follow->begin))
        return binlog_damaged(&follow->reader, event, "a broken GTID", error);
    if (follow->begin.is_prepared || follow->begin.is_completed) {
        error_set_status(error, ERROR_LOG_UNUSABLE, STATUS_ACTION,
                         "cannot follow XA transactions yet: one stands at "
                         "%s, %llu", follow->reader.file,
                         (unsigned long long)event->start);
        return error->status;
    }
    follow->has_gtid = true;
    follow->has_begun = follow->source->is_mariadb &&
                        !follow->begin.is_standalone;
    follow->ledger.seen++;
    follow->ledger.applied++;
    return STATUS_OK;
}

/* Behind the event, whose bytes the clock has counted. */
static void commit(struct follow *follow, const struct binlog_event *event)
{
    struct binlog_place *place = &follow->place;

    if (!text_equal(place->file, follow->reader.file)) {
        memory_free(place->file);
        place->file = memory_text(follow->reader.file);
    }
    place->offset = event->end;
    place->clock = follow->clock;
    follow->ended_us = (int64_t)event->header.time * 1000000;
    if (event->header.time != 0)
        place->time = event->header.time;
    if (follow->has_gtid && !follow->begin.is_anonymous)
        gtid_set_add(&place->set, &follow->begin.gtid);
    follow->has_gtid = false;
    follow->has_begun = false;
}

/* The file was cut by a crash, or the server started anew: what is open never
 * came to its end. */
static void restart(struct follow *follow)
{
    if (follow->has_gtid)
        follow_tell(follow, TABLE_UNKNOWN, NULL);
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

/* An event that holds nothing of a row. */
static void pass_over(struct follow *follow, const struct binlog_event *event)
{
    bool is_own = event->class == BINLOG_OWN;

    follow->ledger.seen++;
    follow->ledger.filtered[is_own ? FILTERED_OWN : FILTERED_IGNORABLE]++;
    if (event->type == BINLOG_FORMAT_DESCRIPTION_EVENT &&
        event->header.log_pos != 0)
        restart(follow);
}

static enum status take_event(struct follow *follow,
                              struct binlog_event *event,
                              struct log_item *item, struct error *error)
{
    bool ends = false;
    enum status status = STATUS_OK;

    if (event->class == BINLOG_APPLY)
        status = apply(follow, event, &ends, error);
    else
        pass_over(follow, event);
    if (status != STATUS_OK)
        return status;
    follow->clock += event->counted_bytes;
    item->news = follow->has_gtid || ends ? LOG_NOTHING : LOG_IDLE;
    if (ends) {
        commit(follow, event);
        item->news = LOG_COMMIT;
    }
    return STATUS_OK;
}

static enum status next_item(struct follow *follow, struct log_item *item,
                             struct error *error)
{
    struct binlog_event event;
    enum binlog_news news;
    enum status status;

    *item = (struct log_item){.news = LOG_NOTHING};
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
    status = binlog_next(&follow->reader, &event, &news, error);
    if (status != STATUS_OK)
        return status;
    if (news != BINLOG_EVENT) {
        item->news = news == BINLOG_END ? LOG_END : LOG_IDLE;
        return STATUS_OK;
    }
    status = take_event(follow, &event, item, error);
    /* News of the event come before the end of its transaction. */
    if (status == STATUS_OK && follow->item_count > 0) {
        follow->has_ended_late = item->news == LOG_COMMIT;
        *item = follow->items[follow->item_given++];
    }
    return status;
}

static enum status follow_next(struct follow *follow, struct log_item *item,
                               struct error *error)
{
    enum status status = next_item(follow, item, error);

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
    .facts = binlog_facts,
    .back = binlog_back,
    .end = binlog_end,
    .loss = binlog_loss,
    .children = binlog_children,
    .spot = binlog_place_spot,
    .clock = binlog_place_clock,
    .visible = binlog_visible,
    .open = follow_open,
    .patience = follow_patience,
    .next = follow_next,
    .place = follow_place,
    .ledger = follow_ledger,
    .close = follow_close,
};
