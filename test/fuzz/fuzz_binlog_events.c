/*
 * A log of any bytes: read to its end or refused, never read beyond; what is
 * counted does not depend on what is inflated. Built with clang
 * -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte of options, then the log without its first four bytes. Bit 0:
 * by set; bit 1: checksums are left as they are, else they are mended, so that
 * changes reach what lies behind them. The mutator makes logs and bends single
 * events so that lengths stay right.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "made_log.h"
#include "source/binlog_query.h"
#include "source/binlog_reader.h"
#include "source/binlog_words.h"

#define EVENTS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct bytes left;
    const struct binlog_reader *reader;
    bool is_mended;
    uint8_t *event; /* exactly its bytes */
};

static void mend(const struct input *input, uint8_t *event, size_t size)
{
    bool is_format = event[4] == BINLOG_FORMAT_DESCRIPTION_EVENT;
    uint8_t flags = event[17];
    uLong sum;

    if (!input->is_mended || size < 19 + 4 ||
        (!is_format && input->reader->checksum == BINLOG_NO_CHECKSUM))
        return;
    if (is_format)
        event[17] &= 0xfe;
    sum = crc32_z(crc32(0, NULL, 0), event, size - 4);
    event[17] = flags;
    for (size_t i = 0; i < 4; i++)
        event[size - 4 + i] = (uint8_t)(sum >> (8 * i));
}

static enum status next(void *context, struct bytes *event,
                        enum binlog_news *news, struct error *error)
{
    struct input *input = context;
    struct binlog_header header;
    size_t size = input->left.size;

    (void)error;
    *news = BINLOG_END;
    if (size == 0)
        return STATUS_OK;
    *news = BINLOG_EVENT;
    if (binlog_header_parse(input->left, &header) && header.length > 0 &&
        header.length < size)
        size = header.length;
    free(input->event);
    input->event = malloc(size);
    memcpy(input->event, input->left.data, size);
    if (size >= BINLOG_HEADER_BYTES)
        mend(input, input->event, size);
    input->left.data += size;
    input->left.size -= size;
    *event = (struct bytes){input->event, size};
    return STATUS_OK;
}

static void parse_query(const struct binlog_reader *reader,
                        struct bytes body)
{
    struct binlog_query query;
    struct binlog_dialect dialect;
    struct binlog_words words;

    if (!binlog_query_parse(&reader->format, body, &query))
        return;
    binlog_query_dialect(&reader->format, &query, &dialect);
    binlog_words_read(&words, query.text, &dialect);
    binlog_words_release(&words);
}

static void parse_set(struct bytes body, bool is_mariadb)
{
    struct gtid_set set;
    bool is_good;

    gtid_set_init(&set, is_mariadb);
    is_good = is_mariadb ? gtid_set_decode_list(&set, body)
                         : gtid_set_decode(&set, body);
    (void)is_good;
    gtid_set_release(&set);
}

static void parse(const struct binlog_reader *reader,
                  const struct binlog_event *event)
{
    struct binlog_begin begin;
    struct binlog_prepare prepare;
    struct binlog_incident incident;
    uint64_t xid;

    switch (event->type) {
    case BINLOG_QUERY_EVENT:
        parse_query(reader, event->body);
        break;
    case BINLOG_GTID_EVENT:
    case BINLOG_ANONYMOUS_GTID_EVENT:
    case BINLOG_GTID_TAGGED_EVENT:
    case BINLOG_MARIADB_GTID_EVENT:
        binlog_begin_parse(&event->header, event->body, &begin);
        break;
    case BINLOG_PREVIOUS_GTIDS_EVENT:
    case BINLOG_GTID_LIST_EVENT:
        parse_set(event->body, event->type == BINLOG_GTID_LIST_EVENT);
        break;
    default:
        binlog_xid_parse(event->body, &xid);
        binlog_prepare_parse(event->body, &prepare);
        binlog_incident_parse(event->body, &incident);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.event = NULL};
    struct binlog_reader reader;
    struct binlog_feed feed = {&input, next};
    struct error error;

    if (size < 1)
        return 0;
    input.left = (struct bytes){data + 1, size - 1};
    input.is_mended = (data[0] & 2) == 0;
    input.reader = &reader;
    binlog_reader_init(&reader, &feed, "b.1", 4, data[0] & 1);
    for (int i = 0; i < EVENTS_MAX; i++) {
        struct binlog_event event;
        enum binlog_news news;
        uint64_t counted;

        if (binlog_next(&reader, &event, &news, &error) != STATUS_OK ||
            news != BINLOG_EVENT)
            break;
        counted = event.counted_bytes;
        if (binlog_reader_inflate(&reader, &event, &error) != STATUS_OK)
            break;
        if (counted > 0 && counted != 19 + event.body.size)
            abort();
        parse(&reader, &event);
    }
    binlog_reader_release(&reader);
    free(input.event);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    struct made made = made_of(data, max_size, seed);

    if (size > 1 && !made_once(&made, 3))
        return made_bend_log(data, size, max_size, seed);
    return made_mutate(data, size, max_size, seed, made_log);
}
