/*
 * Sets as servers send them. What must stay true: memory grows with the bytes
 * that are there, whatever number of lines they claim.
 */
#include <string.h>

#include "source/binlog_cut.h"
#include "source/binlog_gtid.h"

#define TAGGED_MARK 1
#define LIST_COUNT_MASK 0x0fffffffu

static void add_number(struct buffer *target, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        buffer_add_byte(target, (uint8_t)(value >> (8 * i)));
}

static bool has_tags(const struct gtid_set *set)
{
    for (size_t i = 0; i < set->line_count; i++)
        if (set->lines[i].tag[0] != '\0')
            return true;
    return false;
}

static void encode_line(const struct gtid_line *line, bool is_tagged,
                        struct buffer *target)
{
    size_t tag_bytes = strlen(line->tag);

    buffer_add(target, line->uuid, sizeof(line->uuid));
    if (is_tagged) {
        buffer_add_byte(target, (uint8_t)(tag_bytes << 1));
        buffer_add(target, line->tag, tag_bytes);
    }
    add_number(target, line->count);
    for (size_t i = 0; i < line->count; i++) {
        add_number(target, line->intervals[i].first);
        add_number(target, line->intervals[i].end);
    }
}

void gtid_set_encode(const struct gtid_set *set, struct buffer *target)
{
    bool is_tagged = has_tags(set);
    uint64_t mark = TAGGED_MARK;

    add_number(target, is_tagged ? mark << 56 | set->line_count << 8 | mark
                                 : set->line_count);
    for (size_t i = 0; i < set->line_count; i++)
        encode_line(&set->lines[i], is_tagged, target);
}

static bool cut_tag(struct binlog_cut *cut, char *tag)
{
    struct bytes bytes = binlog_cut_bytes(cut, binlog_cut_varlen(cut));

    if (bytes.size > GTID_TAG_BYTES || cut->is_short)
        return false;
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] == '\0')
            return false;
    memcpy(tag, bytes.data, bytes.size);
    tag[bytes.size] = '\0';
    return true;
}

static bool decode_line(struct gtid_set *set, struct binlog_cut *cut,
                        bool is_tagged)
{
    struct bytes uuid = binlog_cut_bytes(cut, 16);
    char tag[GTID_TAG_BYTES + 1] = "";
    uint64_t count;

    if (is_tagged && !cut_tag(cut, tag))
        return false;
    count = binlog_cut_u64(cut);
    for (uint64_t i = 0; i < count && !cut->is_short; i++) {
        struct gtid_interval interval = {0, 0};

        interval.first = binlog_cut_u64(cut);
        interval.end = binlog_cut_u64(cut);
        if (interval.first == 0 || interval.end <= interval.first ||
            interval.end > GTID_NUMBER_MAX)
            return false;
        gtid_set_add_range(set, uuid.data, tag, interval);
    }
    return !cut->is_short;
}

bool gtid_set_decode(struct gtid_set *set, struct bytes data)
{
    struct binlog_cut cut = binlog_cut_of(data);
    uint64_t head = binlog_cut_u64(&cut);
    bool is_tagged = head >> 56 == TAGGED_MARK;
    uint64_t count = is_tagged ? head << 8 >> 16 : head;

    if (cut.is_short || head >> 56 > TAGGED_MARK ||
        (is_tagged && (head & 0xff) != TAGGED_MARK))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!decode_line(set, &cut, is_tagged))
            return false;
    return cut.left == 0;
}

bool gtid_set_decode_list(struct gtid_set *set, struct bytes body)
{
    struct binlog_cut cut = binlog_cut_of(body);
    uint32_t count = binlog_cut_u32(&cut) & LIST_COUNT_MASK;

    for (uint32_t i = 0; i < count && !cut.is_short; i++) {
        struct gtid_entry entry = {0, 0, 0};

        entry.domain = binlog_cut_u32(&cut);
        entry.server = binlog_cut_u32(&cut);
        entry.number = binlog_cut_u64(&cut);
        if (!cut.is_short)
            gtid_set_add_entry(set, entry);
    }
    return !cut.is_short;
}
