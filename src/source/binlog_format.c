#include "source/binlog_format.h"

#include <stdlib.h>
#include <string.h>

#include "source/binlog_cut.h"
#include "source/binlog_sum.h"

#define BINLOG_VERSION 4
#define FLAGS_OFFSET 17
#define FIXED_BYTES 57 /* before the lengths; the event's own tells both */
#define FIRST_PREVIEW 50200
#define FIRST_AFTER_PREVIEWS 50500

/* "10.11.19-MariaDB" into 101119; MariaDB may hide behind "5.5.5-". */
static unsigned parse_version(const char *text)
{
    unsigned parts[3] = {0, 0, 0};

    if (strncmp(text, "5.5.5-", 6) == 0)
        text += 6;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        while (*text >= '0' && *text <= '9' && parts[i] < 100)
            parts[i] = parts[i] * 10 + (unsigned)(*text++ - '0');
        if (*text != '.')
            break;
        text++;
    }
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

/* Lengths by type, and behind them nothing or the kind of checksum and one. */
static bool take_lengths(struct binlog_cut *cut, struct binlog_format *format)
{
    size_t own = BINLOG_FORMAT_DESCRIPTION_EVENT - 1;
    size_t types;

    if (cut->left <= own || cut->at[own] < FIXED_BYTES)
        return false;
    types = cut->at[own] - FIXED_BYTES;
    format->has_checksum = cut->left == types + 1 + BINLOG_CHECKSUM_BYTES;
    if (!format->has_checksum && cut->left != types)
        return false;
    memcpy(format->post + 1, cut->at, types);
    if (format->has_checksum)
        format->checksum = cut->at[types];
    return format->checksum <= BINLOG_CRC32;
}

bool binlog_format_parse(struct bytes body, struct binlog_format *format)
{
    struct binlog_cut cut = binlog_cut_of(body);
    uint16_t version = binlog_cut_u16(&cut);
    struct bytes server = binlog_cut_bytes(&cut, sizeof(format->server) - 1);
    uint8_t header_bytes;

    memset(format, 0, sizeof(*format));
    format->created = binlog_cut_u32(&cut);
    header_bytes = binlog_cut_u8(&cut);
    if (cut.is_short || version != BINLOG_VERSION ||
        header_bytes != BINLOG_HEADER_BYTES)
        return false;
    memcpy(format->server, server.data, server.size);
    format->is_mariadb = strstr(format->server, "MariaDB") != NULL;
    format->version = parse_version(format->server);
    if (!format->is_mariadb && format->version >= FIRST_PREVIEW &&
        format->version < FIRST_AFTER_PREVIEWS)
        return false;
    return take_lengths(&cut, format);
}

bool binlog_checksum_fits(struct bytes event)
{
    size_t size = event.size - BINLOG_CHECKSUM_BYTES;
    struct binlog_cut cut = {event.data + size, BINLOG_CHECKSUM_BYTES, false};
    uint8_t header[BINLOG_HEADER_BYTES];
    uint32_t sum;

    /* The file is marked as in use after the sum was made. */
    memcpy(header, event.data, sizeof(header));
    if (header[4] == BINLOG_FORMAT_DESCRIPTION_EVENT)
        header[FLAGS_OFFSET] &= (uint8_t)~BINLOG_IN_USE;
    sum = binlog_sum(0, (struct bytes){header, sizeof(header)});
    sum = binlog_sum(sum, (struct bytes){event.data + sizeof(header),
                                         size - sizeof(header)});
    return sum == binlog_cut_u32(&cut);
}
