/* What is compressed comes out whole, by the size it declares, or not at all.
 */
#include "unit.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "fixture_world.h"

/* BEGIN, rows and XID in a payload; `kind` 0 is zstd. */
static void add_payload(struct world *world, uint8_t kind, bool is_cut)
{
    struct buffer inner;
    struct buffer body;
    uint8_t packed[4096];
    size_t size;

    buffer_init(&inner, 1 << 20);
    buffer_init(&body, 1 << 20);
    log_made_inner(&inner, BINLOG_TABLE_MAP_EVENT, text("map"));
    log_made_inner(&inner, BINLOG_WRITE_ROWS_EVENT, text("rows of it"));
    log_made_inner(&inner, BINLOG_XID_EVENT, text("12345678"));
    size = kind == 0 ? ZSTD_compress(packed, sizeof(packed), inner.data,
                                     inner.size, 3)
                     : inner.size;
    buffer_add(&body, (const uint8_t[]){1, 1, (uint8_t)size, 2,
                                        kind == 255 ? 3 : 1}, 5);
    if (kind == 255)
        buffer_add(&body, (const uint8_t[]){0xfc, 255, 0}, 3);
    else
        buffer_add_byte(&body, kind);
    buffer_add(&body, (const uint8_t[]){3, 1, (uint8_t)inner.size, 0}, 4);
    buffer_add(&body, kind == 0 ? packed : inner.data, size - is_cut);
    if (is_cut)
        body.data[2]--;
    log_made_add(&world->made, BINLOG_TRANSACTION_PAYLOAD_EVENT, 0,
                 buffer_bytes(&body));
    buffer_release(&inner);
    buffer_release(&body);
}

static void a_payload_gives_its_events(void **state)
{
    struct world *world = *state;

    for (int kind = 0; kind < 256; kind += 255) {
        uint64_t start;

        log_made_format(&world->made, false, BINLOG_CRC32);
        add_payload(world, (uint8_t)kind, false);
        log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
        open_at(world, "b.1", 4, true);
        if (kind == 255)
            world->made.given = 3;
        read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
        read_one(world, BINLOG_TRANSACTION_PAYLOAD_EVENT);
        assert_int_equal(world->event.counted_bytes, 0);
        assert_false(world->event.is_inner);
        start = world->event.start;
        read_one(world, BINLOG_TABLE_MAP_EVENT);
        assert_true(world->event.is_inner);
        assert_int_equal(world->event.counted_bytes, 19 + 3);
        assert_memory_equal(world->event.body.data, "map", 3);
        assert_int_equal(world->event.start, start);
        read_one(world, BINLOG_WRITE_ROWS_EVENT);
        assert_int_equal(world->event.body.size, 10);
        read_one(world, BINLOG_XID_EVENT);
        assert_int_equal(world->event.end, world->reader.offset);
        read_one(world, BINLOG_XID_EVENT);
        assert_false(world->event.is_inner);
        binlog_reader_release(&world->reader);
    }
}

static void a_payload_cut_short_is_damaged(void **state)
{
    struct world *world = *state;
    enum status status = STATUS_OK;

    log_made_format(&world->made, false, BINLOG_CRC32);
    add_payload(world, 0, true);
    open_at(world, "b.1", 4, false);
    for (int i = 0; i < 9 && status == STATUS_OK; i++)
        status = read_status(world);
    assert_int_equal(world->error.id, ERROR_LOG_DAMAGED);
}

/* One uncompressed event in a payload that declares a size; the event claims
 * `length` bytes. */
static enum status read_plain(struct world *world, uint8_t declared,
                              uint8_t length)
{
    struct buffer body;

    world->made.given = world->made.count;
    buffer_init(&body, 1 << 20);
    buffer_add(&body, (const uint8_t[]){2, 3, 0xfc, 255, 0, 3, 1, declared,
                                        0}, 9);
    log_made_inner(&body, BINLOG_XID_EVENT, text("12345678"));
    body.data[9 + 9] = length;
    log_made_format(&world->made, false, BINLOG_CRC32);
    log_made_add(&world->made, BINLOG_TRANSACTION_PAYLOAD_EVENT, 0,
                 buffer_bytes(&body));
    buffer_release(&body);
    binlog_reader_release(&world->reader);
    open_at(world, "b.1", 4, true);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_TRANSACTION_PAYLOAD_EVENT);
    if (read_status(world) != STATUS_OK)
        return world->error.status;
    assert_int_equal(world->event.type, BINLOG_XID_EVENT);
    return read_status(world);
}

static void a_payload_holds_what_it_declares(void **state)
{
    struct world *world = *state;

    open_at(world, "b.1", 4, false);
    assert_int_equal(read_plain(world, 27, 27), STATUS_OK);
    assert_int_equal(world->news, BINLOG_END);
    assert_int_equal(read_plain(world, 28, 27), STATUS_TEMPORARY);
    assert_int_equal(read_plain(world, 26, 27), STATUS_TEMPORARY);
    assert_int_equal(read_plain(world, 27, 28), STATUS_TEMPORARY);
    assert_int_equal(read_plain(world, 27, 26), STATUS_TEMPORARY);
    assert_int_equal(read_plain(world, 27, 18), STATUS_TEMPORARY);
    assert_int_equal(read_plain(world, 27, 0), STATUS_TEMPORARY);
    assert_int_equal(world->error.id, ERROR_LOG_DAMAGED);
}

/* A rows event of 9 columns: head, 0x82, size of 2 bytes, zlib. */
static void add_packed(struct world *world, uint8_t type, size_t declared)
{
    static const uint8_t head[] = {1, 2, 3, 4, 5, 6, 1, 0, 9, 0xff, 0x01,
                                   0xff, 0x01};
    uint8_t rows[1000];
    uint8_t packed[1200];
    uLongf size = sizeof(packed);
    struct buffer body;

    memset(rows, 'r', sizeof(rows));
    compress(packed, &size, rows, sizeof(rows));
    buffer_init(&body, 1 << 20);
    buffer_add(&body, head,
               type == BINLOG_UPDATE_ROWS_COMPRESSED_V1_EVENT ? 13 : 11);
    buffer_add(&body, (const uint8_t[]){0x82, (uint8_t)(declared >> 8),
                                        (uint8_t)declared}, 3);
    buffer_add(&body, packed, size);
    log_made_add(&world->made, type, 0, buffer_bytes(&body));
    buffer_release(&body);
}

static void packed_rows_count_as_what_they_hold(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, true, BINLOG_CRC32);
    add_packed(world, BINLOG_UPDATE_ROWS_COMPRESSED_V1_EVENT, 1000);
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_UPDATE_ROWS_COMPRESSED_V1_EVENT);
    assert_int_equal(world->event.type, BINLOG_UPDATE_ROWS_V1_EVENT);
    assert_true(world->event.is_packed);
    assert_int_equal(world->event.counted_bytes, 19 + 13 + 1000);
    assert_ok(binlog_reader_inflate(&world->reader, &world->event,
                                    &world->error), world->error);
    assert_false(world->event.is_packed);
    assert_int_equal(world->event.body.size, 13 + 1000);
    assert_int_equal(world->event.body.data[12], 1);
    assert_int_equal(world->event.body.data[13], 'r');
    assert_int_equal(world->event.body.data[1012], 'r');
}

static void another_kind_of_compression_is_damage(void **state)
{
    static const uint8_t kinds[] = {0x02, 0x80, 0x92, 0xc2};
    struct world *world = *state;

    log_made_format(&world->made, true, BINLOG_NO_CHECKSUM);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        add_packed(world, BINLOG_WRITE_ROWS_COMPRESSED_V1_EVENT, 1000);
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        world->made.events[1 + i].data[19 + 11] = kinds[i];
        assert_fails(read_status(world), world->error, ERROR_LOG_DAMAGED);
    }
}

static void packed_rows_of_another_size_are_damaged(void **state)
{
    static const size_t wrong[] = {0, 1, 999, 1001, 65535};
    struct world *world = *state;

    log_made_format(&world->made, true, BINLOG_CRC32);
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        add_packed(world, BINLOG_WRITE_ROWS_COMPRESSED_V1_EVENT, wrong[i]);
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        read_one(world, BINLOG_WRITE_ROWS_COMPRESSED_V1_EVENT);
        assert_fails(binlog_reader_inflate(&world->reader, &world->event,
                                           &world->error),
                     world->error, ERROR_LOG_DAMAGED);
    }
}

/* A fixed part of 13 bytes, no variables, schema d, then the text. */
static void a_packed_query_is_given_whole(void **state)
{
    static const uint8_t head[] = {1, 0, 0, 0, 0, 0, 0, 0, 1,
                                   0, 0, 0, 0, 'd', 0};
    struct world *world = *state;
    uint8_t sql[300];
    uint8_t packed[400];
    uLongf size = sizeof(packed);
    struct buffer body;

    memset(sql, 'q', sizeof(sql));
    compress(packed, &size, sql, sizeof(sql));
    buffer_init(&body, 1 << 20);
    buffer_add(&body, head, sizeof(head));
    buffer_add(&body, (const uint8_t[]){0x82, 1, 44}, 3);
    buffer_add(&body, packed, size);
    log_made_format(&world->made, true, BINLOG_CRC32);
    log_made_add(&world->made, BINLOG_QUERY_COMPRESSED_EVENT, 0,
                 buffer_bytes(&body));
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_QUERY_COMPRESSED_EVENT);
    assert_int_equal(world->event.type, BINLOG_QUERY_EVENT);
    assert_false(world->event.is_packed);
    assert_int_equal(world->event.body.size, sizeof(head) + sizeof(sql));
    assert_int_equal(world->event.counted_bytes,
                     19 + sizeof(head) + sizeof(sql));
    assert_memory_equal(world->event.body.data + sizeof(head), sql,
                        sizeof(sql));
    buffer_release(&body);
}

/* An event larger than the pieces in which a payload is unpacked. */
static void a_payload_may_hold_a_large_event(void **state)
{
    struct world *world = *state;
    struct buffer inner;
    struct buffer large;
    struct buffer packed;

    buffer_init(&inner, 1 << 23);
    buffer_init(&large, 1 << 23);
    buffer_init(&packed, 1 << 23);
    for (uint32_t i = 0; i < 1000000; i++)
        buffer_add_byte(&large, (uint8_t)(i * i >> 8));
    log_made_inner(&inner, BINLOG_WRITE_ROWS_EVENT, buffer_bytes(&large));
    log_made_inner(&inner, BINLOG_XID_EVENT, text("12345678"));
    log_made_inner(&inner, BINLOG_WRITE_ROWS_EVENT, buffer_bytes(&large));
    buffer_add(&packed, (const uint8_t[]){2, 1, 0, 0}, 4);
    buffer_reserve(&packed, ZSTD_compressBound(inner.size));
    packed.size += ZSTD_compress(packed.data + 4, packed.capacity - 4,
                                 inner.data, inner.size, 1);
    log_made_format(&world->made, false, BINLOG_CRC32);
    log_made_add(&world->made, BINLOG_TRANSACTION_PAYLOAD_EVENT, 0,
                 buffer_bytes(&packed));
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_TRANSACTION_PAYLOAD_EVENT);
    for (int i = 0; i < 2; i++) {
        read_one(world, BINLOG_WRITE_ROWS_EVENT);
        assert_int_equal(world->event.body.size, large.size);
        assert_memory_equal(world->event.body.data, large.data, large.size);
        if (i == 0)
            read_one(world, BINLOG_XID_EVENT);
    }
    assert_ok(read_status(world), world->error);
    assert_int_equal(world->news, BINLOG_END);
    buffer_release(&inner);
    buffer_release(&large);
    buffer_release(&packed);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, world_make, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_payload_gives_its_events),
        TEST(a_payload_cut_short_is_damaged),
        TEST(packed_rows_count_as_what_they_hold),
        TEST(packed_rows_of_another_size_are_damaged),
        TEST(a_payload_holds_what_it_declares),
        TEST(another_kind_of_compression_is_damage),
        TEST(a_packed_query_is_given_whole),
        TEST(a_payload_may_hold_a_large_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
