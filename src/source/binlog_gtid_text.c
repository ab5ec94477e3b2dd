/*
 * Sets as people and servers write them. What must stay true: a text that is
 * printed is parsed to an equal set; a digit too many is no smaller number.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "source/binlog_gtid.h"

static void print_uuid(const uint8_t *uuid, struct buffer *target)
{
    static const size_t parts[] = {4, 2, 2, 2, 6};

    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (i > 0)
            buffer_add_byte(target, '-');
        buffer_add_hex(target, (struct bytes){uuid, parts[i]});
        uuid += parts[i];
    }
}

static void print_name(const uint8_t *uuid, const char *tag,
                       struct buffer *target)
{
    print_uuid(uuid, target);
    if (tag[0] != '\0')
        buffer_add_format(target, ":%s", tag);
}

static void print_entry(struct gtid_entry entry, struct buffer *target)
{
    buffer_add_format(target, "%" PRIu32 "-%" PRIu32 "-%" PRIu64,
                      entry.domain, entry.server, entry.number);
}

void gtid_print(const struct gtid *gtid, struct buffer *target)
{
    if (gtid->is_mariadb) {
        print_entry((struct gtid_entry){gtid->domain, gtid->server,
                                        gtid->number}, target);
        return;
    }
    print_name(gtid->uuid, gtid->tag, target);
    buffer_add_format(target, ":%" PRIu64, gtid->number);
}

static void print_line(const struct gtid_line *line, bool is_new_uuid,
                       struct buffer *target)
{
    if (is_new_uuid)
        print_uuid(line->uuid, target);
    if (line->tag[0] != '\0')
        buffer_add_format(target, ":%s", line->tag);
    for (size_t i = 0; i < line->count; i++) {
        const struct gtid_interval *interval = &line->intervals[i];

        buffer_add_format(target, ":%" PRIu64, interval->first);
        if (interval->end - interval->first > 1)
            buffer_add_format(target, "-%" PRIu64, interval->end - 1);
    }
}

void gtid_set_print(const struct gtid_set *set, struct buffer *target)
{
    for (size_t i = 0; i < set->entry_count; i++) {
        if (i > 0)
            buffer_add_byte(target, ',');
        print_entry(set->entries[i], target);
    }
    for (size_t i = 0; i < set->line_count; i++) {
        const struct gtid_line *line = &set->lines[i];
        bool is_new = i == 0 || memcmp(line->uuid, line[-1].uuid,
                                       sizeof(line->uuid)) != 0;

        if (i > 0 && is_new)
            buffer_add_byte(target, ',');
        print_line(line, is_new, target);
    }
}

/* --- parsing: each function moves *at behind what it took ----------------- */

static void skip_space(const char **at)
{
    while (isspace((unsigned char)**at))
        ++*at;
}

static bool take(const char **at, char wanted)
{
    skip_space(at);
    if (**at != wanted)
        return false;
    ++*at;
    return true;
}

static bool take_number(const char **at, uint64_t highest, uint64_t *number)
{
    skip_space(at);
    if (!isdigit((unsigned char)**at))
        return false;
    for (*number = 0; isdigit((unsigned char)**at); ++*at) {
        unsigned digit = (unsigned)(**at - '0');

        if (*number > (highest - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)tolower((unsigned char)digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool take_uuid(const char **at, uint8_t *uuid)
{
    skip_space(at);
    for (size_t i = 0; i < 16; i++) {
        int high;
        int low;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && **at == '-')
            ++*at;
        high = hex_value((*at)[0]);
        low = high < 0 ? -1 : hex_value((*at)[1]);
        if (low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        *at += 2;
    }
    return true;
}

static bool is_tag_start(char letter)
{
    return isalpha((unsigned char)letter) || letter == '_';
}

static bool take_tag(const char **at, char *tag)
{
    size_t length = 0;

    for (; is_tag_start(**at) || isdigit((unsigned char)**at); ++*at) {
        if (length == GTID_TAG_BYTES)
            return false;
        tag[length++] = (char)tolower((unsigned char)**at);
    }
    tag[length] = '\0';
    return true;
}

/* "3" or "3-7"; an end before its start is nothing, as for the server. */
static bool take_interval(const char **at, struct gtid_interval *interval)
{
    uint64_t last;

    if (!take_number(at, GTID_NUMBER_MAX - 1, &interval->first) ||
        interval->first == 0)
        return false;
    last = interval->first;
    if (take(at, '-') && !take_number(at, GTID_NUMBER_MAX - 1, &last))
        return false;
    interval->end = last + 1;
    return true;
}

/* "uuid:1-3:7:tag:1" */
static bool take_line(struct gtid_set *set, const char **at)
{
    uint8_t uuid[16];
    char tag[GTID_TAG_BYTES + 1] = "";

    if (!take_uuid(at, uuid))
        return false;
    while (take(at, ':')) {
        struct gtid_interval interval;

        skip_space(at);
        if (is_tag_start(**at)) {
            if (!take_tag(at, tag) || !take(at, ':'))
                return false;
        }
        if (!take_interval(at, &interval))
            return false;
        if (interval.end > interval.first)
            gtid_set_add_range(set, uuid, tag, interval);
    }
    return true;
}

static bool take_entry(struct gtid_set *set, const char **at)
{
    uint64_t domain;
    uint64_t server;
    uint64_t number;

    if (!take_number(at, UINT32_MAX, &domain) || !take(at, '-') ||
        !take_number(at, UINT32_MAX, &server) || !take(at, '-') ||
        !take_number(at, UINT64_MAX, &number))
        return false;
    gtid_set_add_entry(set, (struct gtid_entry){(uint32_t)domain,
                                                (uint32_t)server, number});
    return true;
}

bool gtid_set_parse(struct gtid_set *set, const char *text)
{
    const char *at = text;

    for (;;) {
        skip_space(&at);
        if (*at == ',') {
            at++;
            continue;
        }
        if (*at == '\0')
            return true;
        if (!(set->is_mariadb ? take_entry(set, &at) : take_line(set, &at)))
            return false;
        skip_space(&at);
        if (*at != ',' && *at != '\0')
            return false;
    }
}
