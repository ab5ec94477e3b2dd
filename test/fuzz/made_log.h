#ifndef TIDEMARK_TEST_FUZZ_MADE_LOG_H
#define TIDEMARK_TEST_FUZZ_MADE_LOG_H

/*
 * Events of a log whose lengths and places are right, packed ones too.
 * Checksums are mended by the fuzzer itself, as it hands out the events.
 */
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "made.h"
#include "source/binlog_event.h"

#define MADE_TYPES 171
#define MADE_PIECE ((size_t)2048)

static inline void made_header(struct made *made, uint8_t type, uint32_t end,
                               uint16_t flags)
{
    made_number(made, 1700000000, 4);
    made_byte(made, type);
    made_number(made, 7, 4);
    made_number(made, 0, 4); /* the length, later */
    made_number(made, end, 4);
    made_number(made, flags, 2);
}

static inline void made_format(struct made *made)
{
    static const char *const servers[] = {
        "9.7.4-2", "10.11.19-MariaDB-log", "5.5.5-10.6.1-MariaDB", "5.1.73"};
    char server[50] = "";
    size_t chosen = made_draw(made, made_once(made, 9) ? 4 : 2);
    bool is_old = chosen == 3;

    memcpy(server, servers[chosen], strlen(servers[chosen]));
    made_number(made, 4, 2);
    made_bytes(made, server, sizeof(server));
    made_number(made, 1700000000, 4);
    made_byte(made, 19);
    for (unsigned type = 1; type <= MADE_TYPES; type++) {
        bool is_second = (type >= 30 && type <= 32) || type == 39 ||
                         type >= 169;
        made_byte(made, type == 15 ? 57 + MADE_TYPES
                        : type == 2 || type == 165 ? 13
                        : is_second ? 10 : 8);
    }
    if (!is_old)
        made_byte(made, (uint8_t)made_draw(made, made_once(made, 20) ? 3 : 2));
    if (!is_old)
        made_number(made, 0, 4);
}

static inline void made_variables(struct made *made)
{
    static const uint8_t codes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                                    13, 16, 17, 18, 19, 20, 128, 129};
    static const uint8_t sizes[] = {4, 8, 0, 4, 6, 0, 0, 2, 2, 8, 4, 0, 0,
                                    3, 1, 8, 2, 1, 1, 3, 8};

    for (size_t left = made_draw(made, 6); left > 0; left--) {
        size_t chosen = made_draw(made, sizeof(codes));

        made_byte(made, codes[chosen]);
        if (sizes[chosen] > 0) {
            made_number(made, made_edge(made), sizes[chosen]);
        } else if (codes[chosen] == 12) {
            made_bytes(made, "\2d\0e", 5);
        } else {
            made_bytes(made, "\3std", 4);
            if (codes[chosen] == 2)
                made_byte(made, 0);
            if (codes[chosen] == 11)
                made_bytes(made, "\1u", 2);
        }
    }
    if (made_once(made, 12))
        made_byte(made, 99);
}

static inline void made_query(struct made *made, bool is_packed)
{
    static const char *const texts[] = {"BEGIN", "COMMIT", "DROP TABLE t",
                                        "INSERT INTO t VALUES (1)", ""};
    const char *text = texts[made_draw(made, 5)];
    uint8_t packed[200];
    uLongf size = sizeof(packed);
    size_t at = made->size;
    size_t variables;

    made_number(made, 0, 8);
    made_byte(made, 1);
    made_number(made, 0, 4);
    variables = made->size;
    made_variables(made);
    made_patch(made, at + 11, made->size - variables, 2);
    made_bytes(made, "d", 2);
    if (!is_packed) {
        made_text(made, text);
        return;
    }
    compress(packed, &size, (const Bytef *)text, strlen(text));
    made_byte(made, 0x81);
    made_byte(made, (uint8_t)(strlen(text) + made_once(made, 20)));
    made_bytes(made, packed, size);
}

static inline void made_packed_rows(struct made *made, uint8_t type)
{
    bool is_update = type == BINLOG_UPDATE_ROWS_COMPRESSED_V1_EVENT ||
                     type == BINLOG_UPDATE_ROWS_COMPRESSED_EVENT;
    uint8_t rows[100];
    uint8_t packed[200];
    uLongf size = sizeof(packed);
    size_t count = made_draw(made, sizeof(rows) + 1);

    memset(rows, 7, sizeof(rows));
    compress(packed, &size, rows, count);
    made_number(made, 7, 8);
    if (type >= BINLOG_WRITE_ROWS_COMPRESSED_EVENT) {
        bool has_more = made_once(made, 3);
        made_number(made, has_more ? 3 : 2, 2);
        made_number(made, 0, has_more);
    }
    made_byte(made, 2);
    made_number(made, 0xffff, is_update ? 2 : 1);
    made_byte(made, 0x82);
    made_big(made, count, 2);
    made_bytes(made, packed, size);
}

static inline void made_gtid(struct made *made)
{
    uint64_t original = made_draw(made, 2) << 55;

    made_byte(made, 1);
    made_number(made, 7, 8);
    made_number(made, 0, 8);
    made_number(made, made_edge(made), 8);
    if (made_once(made, 5))
        return;
    made_byte(made, made_once(made, 9) ? 1 : 2);
    made_number(made, 1, 8);
    made_number(made, 2, 8);
    if (made_once(made, 5))
        return;
    made_number(made, 1700000000000000 | original, 7);
    made_number(made, 1700000000000000, original ? 7 : 0);
    made_lenenc(made, made_edge(made) % UINT32_MAX);
    made_number(made, 90704, 4);
}

static inline void made_tagged(struct made *made)
{
    static const char *const tags[] = {
        "", "tag_1", "a2345678901234567890123456789012",
        "a23456789012345678901234567890123"};
    const char *tag = tags[made_draw(made, made_once(made, 5) ? 4 : 3)];
    size_t at = made->size;

    made_byte(made, 2);
    made_byte(made, 0);
    made_byte(made, made_once(made, 9) ? 40 : 0);
    for (uint8_t field = 0; field <= 13; field++) {
        if (field > 3 && made_once(made, 2))
            continue;
        made_varlen(made, field);
        if (field == 1)
            made_random(made, 0);
        for (size_t i = 0; field == 1 && i < 16; i++)
            made_varlen(made, i * 16);
        if (field == 3) {
            made_varlen(made, strlen(tag));
            made_text(made, tag);
        } else if (field != 1) {
            made_varlen(made, made_draw(made, 1 << 20));
        }
    }
    made_patch(made, at + 1, (made->size - at) << 1, 1);
}

static inline void made_mariadb_gtid(struct made *made)
{
    uint8_t flags = (uint8_t)made_draw(made, 256);
    size_t global = made_draw(made, made_once(made, 9) ? 70 : 20);

    made_number(made, made_draw(made, 99), 8);
    made_number(made, made_draw(made, 3), 4);
    made_byte(made, flags);
    if (flags & 2)
        made_number(made, 5, 8);
    if ((flags & 0xc0) == 0)
        return;
    made_number(made, 1, 4);
    made_byte(made, (uint8_t)global);
    made_byte(made, 2);
    made_random(made, global);
    made_bytes(made, "bq", 2);
}

static inline void made_other(struct made *made, uint8_t type)
{
    switch (type) {
    case BINLOG_ROTATE_EVENT:
        made_number(made, 4, 8);
        made_text(made, made_once(made, 9) ? "" : "b.2");
        break;
    case BINLOG_HEARTBEAT_EVENT:
        made_text(made, made_once(made, 2) ? "b.1" : "b.2");
        break;
    case BINLOG_HEARTBEAT_V2_EVENT:
        made_bytes(made, "\1\3b.1\2", 6);
        made_bytes(made, made_once(made, 9) ? "\1\xfb\0" : "\3\xfc\0\x10", 4);
        made_bytes(made, "\5\1x", made_draw(made, 4));
        break;
    case BINLOG_XA_PREPARE_EVENT:
        made_byte(made, (uint8_t)made_draw(made, 2));
        made_number(made, 1, 4);
        made_number(made, 3, 4);
        made_number(made, made_once(made, 5) ? 66 : 2, 4);
        made_words(made, 3);
        made_random(made, 66);
        break;
    case BINLOG_INCIDENT_EVENT:
        made_bytes(made, "\1\0\4lost", 7);
        break;
    case BINLOG_PREVIOUS_GTIDS_EVENT:
    case BINLOG_GTID_LIST_EVENT:
        made_number(made, 0, made_draw(made, 9));
        break;
    default:
        made_random(made, 8 + made_draw(made, 20));
    }
}

static inline void made_payload(struct made *made);

static inline void made_body(struct made *made, uint8_t type)
{
    switch (type) {
    case BINLOG_QUERY_EVENT:
    case BINLOG_QUERY_COMPRESSED_EVENT:
        made_query(made, type == BINLOG_QUERY_COMPRESSED_EVENT);
        break;
    case BINLOG_GTID_EVENT:
    case BINLOG_ANONYMOUS_GTID_EVENT:
        made_gtid(made);
        break;
    case BINLOG_GTID_TAGGED_EVENT:
        made_tagged(made);
        break;
    case BINLOG_MARIADB_GTID_EVENT:
        made_mariadb_gtid(made);
        break;
    case BINLOG_TRANSACTION_PAYLOAD_EVENT:
        made_payload(made);
        break;
    case BINLOG_FORMAT_DESCRIPTION_EVENT:
        made_format(made);
        break;
    default:
        if (type >= BINLOG_WRITE_ROWS_COMPRESSED_V1_EVENT)
            made_packed_rows(made, type);
        else
            made_other(made, type);
    }
}

static inline uint8_t made_type(struct made *made)
{
    static const uint8_t types[] = {
        2, 2, 3, 4, 5, 13, 14, 16, 16, 19, 23, 26, 27, 29, 30, 31, 33, 33,
        34, 35, 38, 39, 40, 40, 40, 41, 41, 42, 42, 160, 161, 162, 162, 163,
        164, 165, 165, 166, 167, 168, 169, 170, 171};

    return made_once(made, 30) ? (uint8_t)made_draw(made, 256)
                               : types[made_draw(made, sizeof(types))];
}

/* Header and body; the caller says how many bytes come behind. */
static inline void made_event(struct made *made, uint8_t type, uint32_t end,
                              uint16_t flags, size_t tail)
{
    size_t at = made->size;

    made_header(made, type, 0, flags);
    made_body(made, type);
    made_number(made, 0, tail);
    made_patch(made, at + 9, made->size - at, 4);
    if (end != 0)
        made_patch(made, at + 13, end + made->size - at, 4);
}

static inline void made_payload(struct made *made)
{
    uint8_t *inner = malloc(2 * MADE_PIECE);
    struct made events = made_of(inner, MADE_PIECE,
                                 (unsigned)made_edge(made));
    uint8_t *packed = inner + MADE_PIECE;
    bool is_plain = made_once(made, 3);
    struct bytes data = {inner, 0};

    for (size_t left = made_draw(made, 4); left > 0; left--) {
        uint8_t type = made_type(made);
        if (type != BINLOG_TRANSACTION_PAYLOAD_EVENT || made_once(made, 9))
            made_event(&events, type == 40 ? 16 : type, 0, 0, 0);
    }
    data.size = events.size;
    if (!is_plain)
        data = (struct bytes){packed, ZSTD_compress(packed, MADE_PIECE, inner,
                                                    events.size, 1)};
    if (ZSTD_isError(data.size))
        data.size = 0;
    made_bytes(made, "\2\1", 2);
    made_byte(made, is_plain ? 255 : (uint8_t)made_once(made, 20));
    if (made_once(made, 2)) {
        made_bytes(made, "\3\3\xfc", 3);
        made_number(made, events.size + made_once(made, 9), 2);
    }
    made_bytes(made, "\1\3\xfc", 3);
    made_number(made, data.size, 2);
    made_byte(made, 0);
    made_bytes(made, data.data, data.size);
    free(inner);
}

static inline void made_log(struct made *made)
{
    size_t start;
    size_t tail;

    made_byte(made, (uint8_t)(made_draw(made, 2)));
    start = made->size;
    made_event(made, BINLOG_FORMAT_DESCRIPTION_EVENT, 4, 0, 0);
    tail = made->data[made->size - 5] == 1 ? 4 : 0;
    for (size_t left = 1 + made_draw(made, 6); left > 0; left--) {
        uint8_t type = made_type(made);
        bool is_there = type != BINLOG_ROTATE_EVENT &&
                        type != BINLOG_HEARTBEAT_EVENT &&
                        type != BINLOG_HEARTBEAT_V2_EVENT;
        uint16_t flags = made_once(made, 12) ? 0x80
                         : type == BINLOG_ROTATE_EVENT ? 0x20 : 0;
        uint32_t end = (uint32_t)(4 + made->size - start);

        if (type == BINLOG_HEARTBEAT_EVENT)
            end += (uint32_t)made_draw(made, 99);
        made_event(made, type, is_there && made_once(made, 9) ? 0 : end,
                   flags, tail);
    }
}

/* The event that stands at `at`, its body bent, at most as long as it was;
 * length and place are right again. Its neighbours' places are as they were:
 * a log may jump ahead where it is read by set. */
static inline size_t made_bend_event(uint8_t *data, size_t size, size_t at)
{
    struct made made = {data, size, size, 0};
    uint8_t *body = data + at + BINLOG_HEADER_BYTES;
    struct binlog_header header;
    size_t bytes;
    size_t more;

    (void)binlog_header_parse((struct bytes){data + at, size - at}, &header);
    bytes = header.length - BINLOG_HEADER_BYTES;
    if (bytes == 0)
        return size;
    more = LLVMFuzzerMutate(body, bytes, bytes);
    memmove(body + more, body + bytes,
            (size_t)(data + size - body) - bytes);
    made_patch(&made, at + 9, BINLOG_HEADER_BYTES + more, 4);
    return size - bytes + more;
}

static inline size_t made_bend_log(uint8_t *data, size_t size,
                                   size_t max_size, unsigned seed)
{
    struct made made = made_of(data, max_size, seed);
    size_t starts[64];
    size_t count = 0;
    size_t at = 1;

    while (at + BINLOG_HEADER_BYTES <= size && count < 64) {
        struct binlog_header header;

        if (!binlog_header_parse((struct bytes){data + at, size - at},
                                 &header) ||
            header.length < BINLOG_HEADER_BYTES || header.length > size - at)
            break;
        starts[count++] = at;
        at += header.length;
    }
    if (count == 0 || made_once(&made, 4))
        return LLVMFuzzerMutate(data, size, max_size);
    return made_bend_event(data, size, starts[made_draw(&made, count)]);
}

#endif
