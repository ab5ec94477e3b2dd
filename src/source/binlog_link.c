/*
 * The log over Connector/C's connection. The library's own functions for
 * replicas misread events of MySQL; its packets are those of the server.
 *
 * What must stay true: no wait outlives a request to stop by more than the
 * time of one heartbeat; silence is never taken for a quiet server.
 */
#include "source/binlog_link.h"

#include <mysql.h>
/* Needs the types of mysql.h. */
#include <ma_pvio.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "source/binlog_place.h"
#include "source/mysql_stream.h"
#include "source/mysql_wait.h"

#define COMMAND_DUMP 18
#define COMMAND_DUMP_GTID 30
#define DUMP_TO_END 1u
/* MariaDB: send annotations, for offsets are sums of what was sent. MySQL:
 * heartbeats with offsets of 64 bits. */
#define DUMP_WHOLE 2u

#define HEARTBEAT_S 1
#define WAIT_MS 1000
/* A following server that says nothing for so long is dead. The first event
 * may take longer: the server looks for the place. */
#define SILENCE_S 60
/* The other way round: a warehouse that is slow, or a second reading of the
 * log, holds this one up. */
#define PATIENCE_S 3600

#define FIRST_OFFSET 4
#define EOF_BYTES 9
#define OK_HEADER 0x00
#define EOF_HEADER 0xfe
#define ERROR_HEADER 0xff

static const char WHAT[] = "read the log";

struct binlog_link {
    MYSQL *mysql;
    struct mysql_stream stream; /* data is NULL: the library reads */
    bool stops_at_end;
    bool is_by_place;
    bool has_heard; /* a packet came: the server has found the place */
    bool has_event; /* one that is not of the log's own making */
    bool is_heard;  /* something came since the last vain wait */
    int64_t silent_from_us; /* monotonic; otherwise: since when nothing came */
    int wait_ms;
};

bool binlog_link_is_mariadb(const struct binlog_link *link)
{
    return mariadb_connection(link->mysql) != 0;
}

/* --- what its errors mean ------------------------------------------------ */

#define ERROR_OF_DUMP 1236
#define ERROR_OF_SAME_ID 4052

enum error_id binlog_link_meaning(unsigned number, const char *text)
{
    static const struct {
        const char *fragment;
        enum error_id id;
    } meanings[] = {
        {"first log file name in binary log index", ERROR_LOG_PURGED},
        {"purged required binary logs", ERROR_LOG_PURGED},
        {"has purged binary logs", ERROR_LOG_PURGED},
        {"GTID state requested by slave in any binlog", ERROR_LOG_PURGED},
        {"not in the master's binlog", ERROR_LOG_ANOTHER},
        {"has more GTIDs than", ERROR_LOG_ANOTHER},
        {"position > file size", ERROR_LOG_SHORTENED},
        {"impossible position", ERROR_LOG_SHORTENED},
        {"with the same server_uuid/server_id", ERROR_LOG_COLLISION},
        {"Binary log is not open", ERROR_LOG_OFF},
    };

    if (number == ERROR_OF_SAME_ID)
        return ERROR_LOG_COLLISION;
    if (number != ERROR_OF_DUMP)
        return ERROR_NONE;
    for (size_t i = 0; i < ARRAY_COUNT(meanings); i++)
        if (strstr(text, meanings[i].fragment))
            return meanings[i].id;
    return ERROR_LOG_DAMAGED;
}

static enum status failed(struct binlog_link *link, struct error *error)
{
    const char *text = mysql_error(link->mysql);
    enum error_id id = binlog_link_meaning(mysql_errno(link->mysql), text);

    if (id == ERROR_NONE)
        return mysql_failure(link->mysql, WHAT, error);
    /* There was an event at the place when it was noted. */
    if (id == ERROR_LOG_DAMAGED && link->is_by_place && !link->has_event)
        id = ERROR_LOG_ANOTHER;
    return error_set(error, id, "could not %s: %s", WHAT, text);
}

/* ff, number, # and a state of 5, text. */
static enum status server_failed(struct binlog_link *link,
                                 struct bytes packet, struct error *error)
{
    size_t at = packet.size >= 9 && packet.data[3] == '#' ? 9 : 3;

    if (packet.size < 3)
        return error_set(error, ERROR_SOURCE_PROTOCOL,
                         "could not %s: the server sent a malformed error",
                         WHAT);
    link->mysql->methods->set_error(
        link->mysql, packet.data[1] | (unsigned)packet.data[2] << 8, "HY000",
        "%.*s", packet.size - at > 400 ? 400 : (int)(packet.size - at),
        (const char *)packet.data + at);
    return failed(link, error);
}

/* --- names --------------------------------------------------------------- */

/* Ids of replicas; those of people are small. */
#define SERVER_ID_BASE 0x40000000u

void binlog_link_name(const char *seed, char *uuid, uint32_t *server_id)
{
    XXH128_hash_t hash = XXH3_128bits(seed, strlen(seed));

    snprintf(uuid, BINLOG_UUID_BYTES, "%08x-%04x-4%03x-8%03x-%012llx",
             (unsigned)hash.low64, (unsigned)(hash.low64 >> 32) & 0xffff,
             (unsigned)(hash.low64 >> 48) & 0xfff,
             (unsigned)hash.high64 & 0xfff,
             (unsigned long long)(hash.high64 >> 16));
    *server_id = SERVER_ID_BASE + (uint32_t)(hash.low64 & 0x3fffffff);
}

/* --- opening ------------------------------------------------------------- */

static enum status set_session(struct binlog_link *link,
                               const struct binlog_start *start,
                               struct error *error)
{
    struct buffer sql;
    enum status status;

    buffer_init(&sql, 4 * GTID_SET_BYTES);
    buffer_add_format(
        &sql,
        "SET @master_binlog_checksum = 'NONE',"
        " @source_binlog_checksum = 'NONE', @mariadb_slave_capability = 4,"
        " @master_heartbeat_period = %lld, @source_heartbeat_period = %lld,"
        " SESSION net_write_timeout = %u, @slave_uuid = ",
        HEARTBEAT_S * 1000000000ll, HEARTBEAT_S * 1000000000ll, PATIENCE_S);
    mysql_quote_text(&sql, start->uuid);
    buffer_add_text(&sql, ", @replica_uuid = ");
    mysql_quote_text(&sql, start->uuid);
    if (start->set && binlog_link_is_mariadb(link)) {
        struct buffer state;

        buffer_init(&state, GTID_SET_BYTES);
        gtid_set_print(start->set, &state);
        buffer_add_text(&sql, ", @slave_gtid_strict_mode = 1,"
                              " @slave_connect_state = ");
        mysql_quote_text(&sql, buffer_text(&state));
        buffer_release(&state);
    }
    status = mysql_query_rows(link->mysql, buffer_text(&sql), NULL, NULL,
                              error);
    buffer_release(&sql);
    return status;
}

static void add_number(struct buffer *body, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer_add_byte(body, (uint8_t)(value >> (8 * i)));
}

static void dump_by_place(const struct binlog_start *start, unsigned flags,
                          struct buffer *body)
{
    const char *file = start->file && !start->set ? start->file : "";

    add_number(body, start->set ? FIRST_OFFSET : start->offset, 4);
    add_number(body, flags, 2);
    add_number(body, start->server_id, 4);
    buffer_add_text(body, file);
}

static void dump_by_set(const struct binlog_start *start, unsigned flags,
                        struct buffer *body)
{
    struct buffer set;

    buffer_init(&set, GTID_SET_BYTES);
    gtid_set_encode(start->set, &set);
    add_number(body, flags, 2);
    add_number(body, start->server_id, 4);
    add_number(body, 0, 4);
    add_number(body, FIRST_OFFSET, 8);
    add_number(body, set.size, 4);
    buffer_add(body, buffer_bytes(&set).data, set.size);
    buffer_release(&set);
}

static enum status send_dump(struct binlog_link *link,
                             const struct binlog_start *start,
                             struct error *error)
{
    unsigned flags = DUMP_WHOLE | (start->stops_at_end ? DUMP_TO_END : 0);
    int command = COMMAND_DUMP;
    struct buffer body;
    int result;

    buffer_init(&body, 2 * GTID_SET_BYTES);
    if (start->set && !binlog_link_is_mariadb(link)) {
        command = COMMAND_DUMP_GTID;
        dump_by_set(start, flags, &body);
    } else {
        dump_by_place(start, flags, &body);
    }
    /* The one before the last: the answer is ours to read. */
    result = link->mysql->methods->db_command(
        link->mysql, (enum enum_server_command)command,
        (const char *)buffer_bytes(&body).data, body.size, 1, NULL);
    buffer_release(&body);
    return result == 0 ? STATUS_OK : failed(link, error);
}

/* Behind one address there may be several. */
static enum status check_server(struct binlog_link *link,
                                const struct binlog_start *start,
                                struct error *error)
{
    char *identity = NULL;
    enum status status = STATUS_OK;

    if (start->identity)
        status = binlog_identity(link->mysql, &identity, error);
    if (identity && !text_equal(identity, start->identity))
        status = error_set(error, ERROR_SOURCE_REACH,
                           "could not %s: server %s answers, not %s", WHAT,
                           identity, start->identity);
    memory_free(identity);
    return status;
}

static enum status start_dump(struct binlog_link *link,
                              const struct binlog_start *start,
                              struct error *error)
{
    enum status status;

    if (!start->set && start->offset > UINT32_MAX)
        return error_set(error, ERROR_LOG_ANOTHER,
                         "cannot read the log from an offset above 4 GiB");
    status = check_server(link, start, error);
    if (status == STATUS_OK)
        status = set_session(link, start, error);
    if (status == STATUS_OK)
        status = send_dump(link, start, error);
    if (status == STATUS_OK && mysql_stream_fits(link->mysql))
        mysql_stream_init(&link->stream, link->mysql, WHAT);
    return status;
}

enum status binlog_link_open(const struct endpoint_settings *settings,
                             const struct binlog_start *start,
                             struct binlog_link **link, struct error *error)
{
    struct binlog_link *opened = memory_new(1, sizeof(*opened));
    enum status status = mysql_link_open(settings, &opened->mysql, error);

    *link = NULL;
    opened->stops_at_end = start->stops_at_end;
    opened->is_by_place = !start->set;
    if (status == STATUS_OK)
        status = start_dump(opened, start, error);
    if (status != STATUS_OK) {
        binlog_link_close(opened);
        return status;
    }
    opened->silent_from_us = clock_monotonic_us();
    opened->wait_ms = WAIT_MS;
    *link = opened;
    return STATUS_OK;
}

void binlog_link_patience(struct binlog_link *link, unsigned milliseconds)
{
    link->wait_ms = milliseconds < WAIT_MS ? (int)milliseconds : WAIT_MS;
}

void binlog_link_close(struct binlog_link *link)
{
    if (!link)
        return;
    mysql_stream_release(&link->stream);
    if (link->mysql) {
        /* mysql_close would first read the rest of the log. */
        mariadb_cancel(link->mysql);
        mysql_close(link->mysql);
    }
    memory_free(link);
}

/* --- reading ------------------------------------------------------------- */

/* With the first packet the place was found: from now on the server speaks
 * every second. */
static void note_heard(struct binlog_link *link)
{
    MARIADB_PVIO *pvio = link->mysql->net.pvio;

    link->is_heard = true;
    if (link->has_heard)
        return;
    link->has_heard = true;
    if (!link->stops_at_end && !link->stream.data)
        pvio->methods->set_timeout(pvio, PVIO_READ_TIMEOUT, SILENCE_S);
}

static void note_event(struct binlog_link *link, struct bytes event)
{
    struct binlog_header header;

    if (!link->has_event && binlog_header_parse(event, &header))
        link->has_event = binlog_header_class(&header) != BINLOG_OWN;
}

/* Silence begins with the first wait that was in vain: what came before it may
 * have taken its time. */
static enum status check_silence(struct binlog_link *link,
                                 struct error *error)
{
    unsigned limit_s = link->has_heard && !link->stops_at_end
                           ? SILENCE_S
                           : MYSQL_TIMEOUT_S;
    int64_t now_us = clock_monotonic_us();

    if (link->is_heard)
        link->silent_from_us = now_us;
    link->is_heard = false;
    if (now_us - link->silent_from_us < (int64_t)limit_s * 1000000)
        return STATUS_OK;
    return error_set(error, ERROR_SOURCE_REACH,
                     "could not %s: the server said nothing for %u s", WHAT,
                     limit_s);
}

/* Nothing came in its time. */
static enum status nothing_came(struct binlog_link *link,
                                struct error *error)
{
    enum status status = stop_check(error);

    return status == STATUS_OK ? check_silence(link, error) : status;
}

/* Size 0: nothing came. */
static enum status read_stream(struct binlog_link *link, struct bytes *packet,
                               struct error *error)
{
    packet->size = 0;
    if (mysql_stream_take(&link->stream, packet))
        return STATUS_OK;
    if (mysql_stream_wait(&link->stream, link->wait_ms))
        return mysql_stream_next(&link->stream, packet, error);
    return nothing_came(link, error);
}

/* Likewise. */
static enum status read_library(struct binlog_link *link,
                                struct bytes *packet, struct error *error)
{
    unsigned long length;

    if (!mysql_wait(link->mysql, link->wait_ms))
        return nothing_came(link, error);
    length = mysql_net_read_packet(link->mysql);
    if (length == packet_error) /* a signal breaks its wait too */
        return stop_is_requested() ? stop_check(error) : failed(link, error);
    packet->data = link->mysql->net.read_pos;
    packet->size = length;
    if (length == 0)
        return error_set(error, ERROR_SOURCE_PROTOCOL,
                         "could not %s: the server sent an empty packet",
                         WHAT);
    return STATUS_OK;
}

enum status binlog_link_next(void *context, struct bytes *event,
                             enum binlog_news *news, struct error *error)
{
    struct binlog_link *link = context;
    struct bytes packet = {NULL, 0};
    enum status status = stop_check(error);

    *news = BINLOG_IDLE;
    if (status == STATUS_OK)
        status = link->stream.data ? read_stream(link, &packet, error)
                                   : read_library(link, &packet, error);
    if (status != STATUS_OK || packet.size == 0)
        return status;
    note_heard(link);
    if (packet.data[0] == ERROR_HEADER)
        return server_failed(link, packet, error);
    if (packet.data[0] == EOF_HEADER && packet.size < EOF_BYTES) {
        *news = BINLOG_END;
        return STATUS_OK;
    }
    if (packet.data[0] != OK_HEADER)
        return error_set(error, ERROR_SOURCE_PROTOCOL,
                         "could not %s: the server sent a malformed packet",
                         WHAT);
    *news = BINLOG_EVENT;
    *event = (struct bytes){packet.data + 1, packet.size - 1};
    note_event(link, *event);
    return STATUS_OK;
}
