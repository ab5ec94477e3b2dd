/*
 * Statement, execution and packets. What must stay true: nothing of a packet
 * is read behind its length, whatever the server sends; the state is ENDED
 * exactly when the link can take the next command.
 */
#include "source/mysql_packets.h"

#include <errmsg.h>
#include <string.h>

#include "base/memory.h"
#include "base/stop.h"
#include "source/mysql.h"

/* An unread rest up to here is read and dropped; above, the connection goes. */
#define DRAIN_BYTES ((size_t)1 << 20)
#define FIELDS_MAX 4096

/* Fixed part at the end of a column's definition: charset u16, length u32,
 * type u8, flags u16, decimals u8, filler u16; its length 0c in front. */
#define DEFINITION_TAIL 12

/* An EOF packet is shorter than a row that could begin with fe. */
#define EOF_BYTES 9
#define EOF_HEADER 0xfe
#define OK_HEADER 0x00
#define ERROR_HEADER 0xff

static enum status malformed(struct mysql_packets *packets, const char *part,
                             struct error *error)
{
    packets->state = PACKETS_BROKEN;
    return error_set(error, ERROR_SOURCE_PROTOCOL,
                     "could not %s: the server sent a malformed %s",
                     packets->what, part);
}

/* An error of the server ends the result, one of the library the connection. */
static enum status failed(struct mysql_packets *packets, struct error *error)
{
    unsigned number = mysql_errno(packets->link);
    bool is_ours = number >= CR_MIN_ERROR && number <= CR_MAX_ERROR;

    packets->state = is_ours ? PACKETS_BROKEN : PACKETS_ENDED;
    return mysql_failure(packets->link, packets->what, error);
}

/* An error of the server: ff, number, perhaps # and a state of 5, text. */
static enum status server_failed(struct mysql_packets *packets,
                                 struct bytes packet, struct error *error)
{
    unsigned number;
    size_t at = 3;

    if (packet.size < at)
        return malformed(packets, "error", error);
    number = packet.data[1] | (unsigned)packet.data[2] << 8;
    if (packet.size >= 9 && packet.data[at] == '#')
        at = 9;
    packets->state = PACKETS_ENDED;
    packets->link->methods->set_error(
        packets->link, number, "HY000", "%.*s",
        packet.size - at > 400 ? 400 : (int)(packet.size - at),
        (const char *)packet.data + at);
    return mysql_failure(packets->link, packets->what, error);
}

static enum status read_stream(struct mysql_packets *packets,
                               struct bytes *packet, struct error *error)
{
    enum status status = mysql_stream_next(&packets->stream, packet, error);

    if (status != STATUS_OK)
        packets->state = PACKETS_BROKEN;
    else if (packet->data[0] == ERROR_HEADER)
        status = server_failed(packets, *packet, error);
    return status;
}

static enum status read_packet(struct mysql_packets *packets,
                               struct bytes *packet, struct error *error)
{
    unsigned long length;

    *packet = (struct bytes){NULL, 0};
    if (packets->stream.data)
        return read_stream(packets, packet, error);
    length = mysql_net_read_packet(packets->link);
    if (length == packet_error)
        return failed(packets, error);
    packet->data = packets->link->net.read_pos;
    packet->size = length;
    return STATUS_OK;
}

static enum status prepare(struct mysql_packets *packets, struct bytes sql,
                           struct error *error)
{
    MYSQL_STMT *statement = mysql_stmt_init(packets->link);

    packets->statement = statement;
    if (!statement ||
        mysql_stmt_prepare(statement, (const char *)sql.data, sql.size))
        return failed(packets, error);
    packets->field_count = statement->field_count;
    if (packets->field_count == 0 || packets->field_count > FIELDS_MAX)
        return malformed(packets, "number of columns", error);
    packets->fields =
        memory_new(packets->field_count, sizeof(*packets->fields));
    for (size_t i = 0; i < packets->field_count; i++) {
        const MYSQL_FIELD *from = &statement->fields[i];
        packets->fields[i] = (struct mysql_field){
            (uint8_t)from->type, (uint8_t)from->decimals,
            (uint16_t)from->flags, (uint16_t)from->charsetnr};
    }
    return STATUS_OK;
}

/* No cursor, one execution, no parameters. */
static enum status execute(struct mysql_packets *packets, struct error *error)
{
    uint8_t body[9] = {0};
    uint32_t identity = (uint32_t)packets->statement->stmt_id;
    enum status status;

    memcpy(body, &identity, sizeof(identity));
    body[5] = 1;
    packets->state = PACKETS_READING;
    if (packets->link->methods->db_command(
            packets->link, COM_STMT_EXECUTE, (const char *)body,
            sizeof(body), 1, NULL))
        return failed(packets, error);
    if (mysql_stream_fits(packets->link))
        mysql_stream_init(&packets->stream, packets->link, packets->what);
    status = mysql_link_wait(packets->link, packets->what, error);
    if (status != STATUS_OK)
        packets->state = PACKETS_BROKEN;
    return status;
}

/* Of the number of columns: 1 byte, or fc and 2 bytes. */
static bool read_count(struct bytes packet, size_t *count, size_t *used)
{
    if (packet.size >= 1 && packet.data[0] < 0xfb) {
        *count = packet.data[0];
        *used = 1;
        return true;
    }
    if (packet.size < 3 || packet.data[0] != 0xfc)
        return false;
    *count = packet.data[1] | (size_t)packet.data[2] << 8;
    *used = 3;
    return true;
}

static bool parse_definition(struct bytes packet, struct mysql_field *field)
{
    const uint8_t *tail;

    if (packet.size < DEFINITION_TAIL + 1)
        return false;
    tail = packet.data + packet.size - DEFINITION_TAIL;
    if (tail[-1] != DEFINITION_TAIL)
        return false;
    field->charset = (uint16_t)(tail[0] | tail[1] << 8);
    field->type = tail[6];
    field->flags = (uint16_t)(tail[7] | tail[8] << 8);
    field->decimals = tail[9];
    return true;
}

static enum status read_definitions(struct mysql_packets *packets,
                                    struct error *error)
{
    for (size_t i = 0; i < packets->field_count; i++) {
        struct bytes packet;
        enum status status = read_packet(packets, &packet, error);
        if (status != STATUS_OK)
            return status;
        if (!parse_definition(packet, &packets->fields[i]))
            return malformed(packets, "column definition", error);
    }
    return STATUS_OK;
}

/*
 * Number of columns, their definitions, EOF. With metadata that is cached one
 * byte more says whether definitions follow. The library never asks for
 * CLIENT_DEPRECATE_EOF (Connector/C 3.3 does not know it), so the EOF is there.
 */
static enum status read_header(struct mysql_packets *packets,
                               struct error *error)
{
    struct bytes packet;
    size_t count;
    size_t used;
    bool has_definitions = true;
    enum status status = read_packet(packets, &packet, error);

    if (status != STATUS_OK)
        return status;
    if (!read_count(packet, &count, &used) || count == 0 ||
        packet.size > used + 1)
        return malformed(packets, "start of a result", error);
    if (count != packets->field_count) {
        packets->state = PACKETS_BROKEN;
        return error_set(error, ERROR_TABLE_CHANGED,
                         "could not %s: the number of columns changed",
                         packets->what);
    }
    if (packet.size == used + 1)
        has_definitions = packet.data[used] != 0;
    if (has_definitions)
        status = read_definitions(packets, error);
    if (status == STATUS_OK)
        status = read_packet(packets, &packet, error);
    if (status != STATUS_OK)
        return status;
    if (packet.data[0] != EOF_HEADER || packet.size >= EOF_BYTES)
        return malformed(packets, "end of the column definitions", error);
    return STATUS_OK;
}

enum status mysql_packets_open(struct mysql_packets *packets, MYSQL *link,
                               struct bytes sql, const char *what,
                               struct error *error)
{
    enum status status;

    *packets = (struct mysql_packets){.link = link, .what = what};
    status = prepare(packets, sql, error);
    if (status == STATUS_OK)
        status = execute(packets, error);
    if (status == STATUS_OK)
        status = read_header(packets, error);
    return status;
}

enum status mysql_packets_next(struct mysql_packets *packets,
                               struct bytes *row, struct error *error)
{
    enum status status = STATUS_OK;

    *row = (struct bytes){NULL, 0};
    if (packets->state != PACKETS_READING)
        return STATUS_OK;
    if (!packets->stream.data || !mysql_stream_take(&packets->stream, row))
        status = read_packet(packets, row, error);
    else if (row->data[0] == ERROR_HEADER)
        status = server_failed(packets, *row, error);
    if (status != STATUS_OK || row->data[0] == OK_HEADER)
        return status;
    if (row->data[0] != EOF_HEADER || row->size >= EOF_BYTES)
        return malformed(packets, "row", error);
    packets->state = PACKETS_ENDED;
    *row = (struct bytes){NULL, 0};
    return STATUS_OK;
}

/* Reads and drops a rest that is small. */
static void drain(struct mysql_packets *packets)
{
    size_t left = DRAIN_BYTES;
    struct error ignored;
    struct bytes row;

    while (packets->state == PACKETS_READING && !stop_is_requested()) {
        if (mysql_packets_next(packets, &row, &ignored) != STATUS_OK ||
            row.size > left)
            return;
        left -= row.size;
    }
}

bool mysql_packets_finish(struct mysql_packets *packets)
{
    drain(packets);
    mysql_stream_release(&packets->stream);
    return packets->state == PACKETS_ENDED;
}

void mysql_packets_release(struct mysql_packets *packets)
{
    if (packets->statement)
        mysql_stmt_close(packets->statement);
    memory_free(packets->fields);
    *packets = (struct mysql_packets){.link = NULL};
}
