/*
 * Types, headers and the short events. What must stay true: no length from
 * the bytes is used before it was checked, and a type that the list does not
 * name is never passed over unless its header allows that.
 */
#include "source/binlog_event.h"

#include <stdio.h>
#include <string.h>

#include "source/binlog_cut.h"

#define XA_PART_BYTES 64

/* GTID of MySQL: what stands in its lower 7 bytes of 8. */
#define HAS_ORIGINAL ((uint64_t)1 << 55)
#define LOGICAL_CLOCK 2

/* GTID of MariaDB. */
#define STANDALONE 0x01
#define GROUP_COMMIT 0x02
#define DDL 0x20
#define PREPARED_XA 0x40
#define COMPLETED_XA 0x80

struct type_fact {
    const char *name;
    enum binlog_class class;
    bool is_counted;
};

static const struct type_fact TYPES[256] = {
#define X(code, name, class, counted) [code] = {#name, BINLOG_##class, counted},
    BINLOG_EVENT_LIST(X)
#undef X
};

const char *binlog_type_name(uint8_t type)
{
    return TYPES[type].name;
}

const char *binlog_type_text(char *target, uint8_t type)
{
    if (TYPES[type].name)
        snprintf(target, 32, "%s", TYPES[type].name);
    else
        snprintf(target, 32, "type %u", type);
    return target;
}

uint8_t binlog_type_plain(uint8_t type)
{
    if (type == BINLOG_QUERY_COMPRESSED_EVENT)
        return BINLOG_QUERY_EVENT;
    if (type >= BINLOG_WRITE_ROWS_COMPRESSED_V1_EVENT &&
        type <= BINLOG_DELETE_ROWS_COMPRESSED_V1_EVENT)
        return (uint8_t)(type - BINLOG_WRITE_ROWS_COMPRESSED_V1_EVENT +
                         BINLOG_WRITE_ROWS_V1_EVENT);
    if (type >= BINLOG_WRITE_ROWS_COMPRESSED_EVENT &&
        type <= BINLOG_DELETE_ROWS_COMPRESSED_EVENT)
        return (uint8_t)(type - BINLOG_WRITE_ROWS_COMPRESSED_EVENT +
                         BINLOG_WRITE_ROWS_EVENT);
    return type;
}

bool binlog_type_is_rows(uint8_t type)
{
    return (type >= BINLOG_WRITE_ROWS_V1_EVENT &&
            type <= BINLOG_DELETE_ROWS_V1_EVENT) ||
           (type >= BINLOG_WRITE_ROWS_EVENT &&
            type <= BINLOG_DELETE_ROWS_EVENT) ||
           type == BINLOG_PARTIAL_UPDATE_ROWS_EVENT;
}

bool binlog_header_parse(struct bytes bytes, struct binlog_header *header)
{
    struct binlog_cut cut = binlog_cut_of(bytes);

    header->time = binlog_cut_u32(&cut);
    header->type = binlog_cut_u8(&cut);
    header->server_id = binlog_cut_u32(&cut);
    header->length = binlog_cut_u32(&cut);
    header->log_pos = binlog_cut_u32(&cut);
    header->flags = binlog_cut_u16(&cut);
    return !cut.is_short;
}

enum binlog_class binlog_header_class(const struct binlog_header *header)
{
    const struct type_fact *fact = &TYPES[header->type];

    if (fact->name && fact->class != BINLOG_STOP)
        return fact->class;
    return header->flags & BINLOG_IGNORABLE ? BINLOG_FILTER : BINLOG_STOP;
}

bool binlog_header_is_counted(const struct binlog_header *header)
{
    return TYPES[header->type].is_counted &&
           (header->flags & (BINLOG_ARTIFICIAL | BINLOG_IGNORABLE)) == 0;
}

bool binlog_rotate_parse(struct bytes body, struct binlog_rotate *rotate)
{
    struct binlog_cut cut = binlog_cut_of(body);

    rotate->offset = binlog_cut_u64(&cut);
    rotate->file = binlog_cut_rest(&cut);
    return !cut.is_short && rotate->file.size > 0 &&
           !memchr(rotate->file.data, '\0', rotate->file.size);
}

/* _V2: u8 field, lenenc length, value; 0 ends. 1 is the name, 2 the offset. */
static bool parse_fields(struct binlog_cut *cut, struct binlog_rotate *at)
{
    while (cut->left > 0) {
        uint8_t field = binlog_cut_u8(cut);
        struct bytes value;

        if (field == 0)
            break;
        value = binlog_cut_bytes(cut, binlog_cut_lenenc(cut));
        if (field == 1)
            at->file = value;
        if (field == 2) {
            struct binlog_cut number = binlog_cut_of(value);
            at->offset = binlog_cut_lenenc(&number);
            cut->is_short |= number.is_short;
        }
    }
    return !cut->is_short;
}

bool binlog_heartbeat_parse(const struct binlog_header *header,
                            struct bytes body, struct binlog_rotate *at)
{
    struct binlog_cut cut = binlog_cut_of(body);

    *at = (struct binlog_rotate){.offset = header->log_pos};
    if (header->type == BINLOG_HEARTBEAT_V2_EVENT)
        return parse_fields(&cut, at);
    at->file = binlog_cut_rest(&cut);
    return true;
}

bool binlog_xid_parse(struct bytes body, uint64_t *xid)
{
    struct binlog_cut cut = binlog_cut_of(body);

    *xid = binlog_cut_u64(&cut);
    return !cut.is_short;
}

/* The two parts of a name, behind their lengths. */
static bool cut_xa_parts(struct binlog_cut *cut, struct binlog_xa *xa,
                         uint32_t global_bytes, uint32_t branch_bytes)
{
    xa->global = binlog_cut_bytes(cut, global_bytes);
    xa->branch = binlog_cut_bytes(cut, branch_bytes);
    return !cut->is_short && global_bytes <= XA_PART_BYTES &&
           branch_bytes <= XA_PART_BYTES;
}

bool binlog_prepare_parse(struct bytes body, struct binlog_prepare *prepare)
{
    struct binlog_cut cut = binlog_cut_of(body);
    uint32_t global_bytes;
    uint32_t branch_bytes;

    prepare->is_one_phase = binlog_cut_u8(&cut) != 0;
    prepare->xa.format = (int32_t)binlog_cut_u32(&cut);
    global_bytes = binlog_cut_u32(&cut);
    branch_bytes = binlog_cut_u32(&cut);
    return cut_xa_parts(&cut, &prepare->xa, global_bytes, branch_bytes);
}

bool binlog_incident_parse(struct bytes body,
                           struct binlog_incident *incident)
{
    struct binlog_cut cut = binlog_cut_of(body);

    incident->number = binlog_cut_u16(&cut);
    incident->message = binlog_cut_bytes(&cut, binlog_cut_u8(&cut));
    return !cut.is_short;
}

/* Versions before the clock have none of this; newer ones have more. */
static void parse_times(struct binlog_cut *cut, struct binlog_begin *begin)
{
    uint64_t time = binlog_cut_number(cut, 7);

    if (time & HAS_ORIGINAL)
        binlog_cut_number(cut, 7);
    if (!cut->is_short)
        begin->committed_us = (int64_t)(time & (HAS_ORIGINAL - 1));
    begin->transaction_bytes = binlog_cut_lenenc(cut);
    if (cut->is_short)
        begin->transaction_bytes = 0;
}

static bool parse_mysql(struct binlog_cut *cut, struct binlog_begin *begin)
{
    struct bytes uuid;

    begin->may_hold_statements = (binlog_cut_u8(cut) & 1) != 0;
    uuid = binlog_cut_bytes(cut, sizeof(begin->gtid.uuid));
    begin->gtid.number = binlog_cut_u64(cut);
    if (cut->is_short)
        return false;
    memcpy(begin->gtid.uuid, uuid.data, uuid.size);
    if (cut->left == 0 || binlog_cut_u8(cut) != LOGICAL_CLOCK)
        return true;
    binlog_cut_bytes(cut, 16);
    parse_times(cut, begin);
    return true;
}

static void cut_tag(struct binlog_cut *cut, struct gtid *gtid)
{
    struct bytes tag = binlog_cut_bytes(cut, binlog_cut_varlen(cut));

    if (tag.size > GTID_TAG_BYTES) {
        cut->is_short = true;
        return;
    }
    memcpy(gtid->tag, tag.data, tag.size);
    gtid->tag[tag.size] = '\0';
}

/* One field of GTID_TAGGED; false where it is not known. */
static bool cut_field(struct binlog_cut *cut, uint64_t field,
                      struct binlog_begin *begin)
{
    switch (field) {
    case 0:
        begin->may_hold_statements = (binlog_cut_varlen(cut) & 1) != 0;
        return true;
    case 1:
        for (size_t i = 0; i < sizeof(begin->gtid.uuid); i++)
            begin->gtid.uuid[i] = (uint8_t)binlog_cut_varlen(cut);
        return true;
    case 2:
        begin->gtid.number = (uint64_t)binlog_cut_signed(cut);
        return true;
    case 3:
        cut_tag(cut, &begin->gtid);
        return true;
    case 6:
        begin->committed_us = (int64_t)binlog_cut_varlen(cut);
        return true;
    case 8:
        begin->transaction_bytes = binlog_cut_varlen(cut);
        return true;
    default:
        binlog_cut_varlen(cut);
        return field <= 11;
    }
}

/* Version 1 of mysql::serialization: version, bytes, the last field that must
 * not be ignored; then fields by ascending number, each behind it. */
static bool parse_tagged(struct binlog_cut *cut, struct binlog_begin *begin)
{
    size_t left = cut->left;
    uint64_t version = binlog_cut_varlen(cut);
    uint64_t size = binlog_cut_varlen(cut);
    uint64_t needed = binlog_cut_varlen(cut);
    bool has_number = false;

    if (cut->is_short || version != 1 || size > left ||
        size < left - cut->left)
        return false;
    cut->left -= left - (size_t)size;
    while (cut->left > 0 && !cut->is_short) {
        uint64_t field = binlog_cut_varlen(cut);

        has_number |= field == 2;
        if (!cut_field(cut, field, begin))
            return has_number && needed < field;
    }
    return has_number && !cut->is_short;
}

static bool parse_mariadb(struct binlog_cut *cut, struct binlog_begin *begin)
{
    uint8_t flags;
    uint32_t global_bytes;

    begin->gtid.is_mariadb = true;
    begin->gtid.number = binlog_cut_u64(cut);
    begin->gtid.domain = binlog_cut_u32(cut);
    flags = binlog_cut_u8(cut);
    begin->is_standalone = (flags & STANDALONE) != 0;
    begin->is_ddl = (flags & DDL) != 0;
    begin->is_prepared = (flags & PREPARED_XA) != 0;
    begin->is_completed = (flags & COMPLETED_XA) != 0;
    begin->may_hold_statements = true;
    if (flags & GROUP_COMMIT)
        binlog_cut_u64(cut);
    if ((flags & (PREPARED_XA | COMPLETED_XA)) == 0)
        return !cut->is_short;
    begin->xa.format = (int32_t)binlog_cut_u32(cut);
    global_bytes = binlog_cut_u8(cut);
    return cut_xa_parts(cut, &begin->xa, global_bytes, binlog_cut_u8(cut));
}

bool binlog_begin_parse(const struct binlog_header *header, struct bytes body,
                        struct binlog_begin *begin)
{
    struct binlog_cut cut = binlog_cut_of(body);

    *begin = (struct binlog_begin){
        .is_anonymous = header->type == BINLOG_ANONYMOUS_GTID_EVENT,
        .committed_us = (int64_t)header->time * 1000000};
    begin->gtid.server = header->server_id;
    if (header->type == BINLOG_MARIADB_GTID_EVENT)
        return parse_mariadb(&cut, begin);
    if (header->type == BINLOG_GTID_TAGGED_EVENT)
        return parse_tagged(&cut, begin);
    return parse_mysql(&cut, begin);
}
