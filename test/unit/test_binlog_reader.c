/* Events come in order, each with its place and what the clock counts. */
#include "unit.h"

#include <string.h>

#include "fixture_world.h"

static void offsets_are_those_of_the_file(void **state)
{
    struct world *world = *state;

    log_made_rotate(&world->made, "b.1", 4);
    log_made_format(&world->made, false, BINLOG_CRC32);
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    open_at(world, NULL, 4, false);
    read_one(world, BINLOG_ROTATE_EVENT);
    assert_int_equal(world->event.end, world->event.start);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_int_equal(world->event.start, 4);
    assert_int_equal(world->event.counted_bytes, 0);
    assert_int_equal(world->reader.format.version, 90704);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.end, world->made.log_pos);
    assert_int_equal(world->event.end, world->event.start + 19 + 8 + 4);
    assert_int_equal(world->event.counted_bytes, 19 + 8);
    assert_int_equal(world->event.body.size, 8);
    assert_string_equal(world->reader.file, "b.1");
    assert_ok(read_status(world), world->error);
    assert_int_equal(world->news, BINLOG_END);
}

/* The fake rotation behind a file has the checksum of that file. */
static void the_format_tells_of_checksums(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, true, BINLOG_CRC32);
    log_made_rotate(&world->made, "b.2", 4);
    world->made.log_pos = 4;
    log_made_format(&world->made, true, BINLOG_NO_CHECKSUM);
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    log_made_rotate(&world->made, "b.3", 4);
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_true(world->reader.format.is_mariadb);
    assert_int_equal(world->reader.format.version, 101119);
    read_one(world, BINLOG_ROTATE_EVENT);
    assert_string_equal(world->reader.file, "b.2");
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.body.size, 8);
    read_one(world, BINLOG_ROTATE_EVENT);
    assert_string_equal(world->reader.file, "b.3");
}

static void each_bent_byte_is_seen(void **state)
{
    struct world *world = *state;
    struct buffer *event;

    log_made_format(&world->made, false, BINLOG_CRC32);
    event = log_made_add(&world->made, BINLOG_XID_EVENT, 0,
                         text("12345678"));
    for (size_t i = 0; i < event->size; i++) {
        struct binlog_feed feed = log_made_feed(&world->made);

        world->made.given = 0;
        event->data[i] ^= 0x40;
        binlog_reader_init(&world->reader, &feed, "b.1", 4, false);
        read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
        assert_fails(read_status(world), world->error, ERROR_LOG_DAMAGED);
        binlog_reader_release(&world->reader);
        event->data[i] ^= 0x40;
    }
    world->made.given = 0;
    world->made.events[0].data[30] ^= 1;
    open_at(world, "b.1", 4, false);
    assert_fails(read_status(world), world->error, ERROR_LOG_DAMAGED);
    assert_non_null(strstr(world->error.what, "b.1:4: FORMAT_DESCRIPTION"));
}

static void a_file_in_use_has_the_checksum_of_one_that_is_not(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, false, BINLOG_CRC32)->data[17] |= 1;
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
}

static void a_format_sent_again_moves_nothing(void **state)
{
    struct world *world = *state;
    struct buffer *format =
        log_made_format(&world->made, false, BINLOG_CRC32);

    memset(format->data + 13, 0, 4);
    log_made_mend(format);
    world->made.log_pos = 1000;
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    open_at(world, "b.1", 1000, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_int_equal(world->event.end, 1000);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.start, 1000);
}

/* The real one stands at the end of its file; only the fake one moves. */
static void a_real_rotation_moves_by_its_own_bytes(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, false, BINLOG_CRC32);
    log_made_add(&world->made, BINLOG_ROTATE_EVENT, 0,
                 (struct bytes){(const uint8_t *)"\4\0\0\0\0\0\0\0b.2", 11});
    log_made_rotate(&world->made, "b.2", 4);
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_ROTATE_EVENT);
    assert_string_equal(world->reader.file, "b.1");
    assert_int_equal(world->reader.offset, world->made.log_pos);
    read_one(world, BINLOG_ROTATE_EVENT);
    assert_string_equal(world->reader.file, "b.2");
    assert_int_equal(world->reader.offset, 4);
}

static void a_length_that_is_not_the_packets_is_damage(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, false, BINLOG_NO_CHECKSUM);
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"))
        ->data[9]++;
    open_at(world, "b.1", 4, true);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_fails(read_status(world), world->error, ERROR_LOG_DAMAGED);
}

/* MariaDB begins each dump of an encrypted file with it. */
static void an_encryption_sent_again_moves_nothing(void **state)
{
    struct world *world = *state;
    struct buffer *event;

    log_made_format(&world->made, true, BINLOG_CRC32);
    memset(world->made.events[0].data + 13, 0, 4);
    log_made_mend(&world->made.events[0]);
    event = log_made_add(&world->made, BINLOG_START_ENCRYPTION_EVENT,
                         BINLOG_IGNORABLE, text("key"));
    memset(event->data + 13, 0, 4);
    log_made_mend(event);
    world->made.log_pos = 1000;
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    open_at(world, "b.1", 1000, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_int_equal(world->reader.format_time, 1700000000);
    read_one(world, BINLOG_START_ENCRYPTION_EVENT);
    assert_int_equal(world->event.end, 1000);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.start, 1000);
}

/* Half the circle ahead is behind. */
static void an_end_behind_the_place_is_refused_by_set_too(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, false, BINLOG_CRC32);
    world->made.log_pos -= 50;
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    open_at(world, "b.1", 4, true);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_fails(read_status(world), world->error, ERROR_LOG_ANOTHER);
}

static void an_unknown_type_ends_the_stream_by_name(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, false, BINLOG_CRC32);
    log_made_add(&world->made, 99, BINLOG_IGNORABLE, text("x"));
    log_made_add(&world->made, 99, 0, text("x"));
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, 99);
    assert_int_equal(world->event.class, BINLOG_FILTER);
    assert_int_equal(world->event.counted_bytes, 0);
    assert_fails(read_status(world), world->error, ERROR_LOG_EVENT);
    assert_non_null(strstr(world->error.what, "type 99 is not understood"));
    assert_non_null(strstr(world->error.what, "b.1:"));
}

static void a_type_known_as_unreadable_ends_the_stream_too(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, false, BINLOG_CRC32);
    log_made_add(&world->made, BINLOG_WRITE_ROWS_V0_EVENT, 0, text("x"));
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_fails(read_status(world), world->error, ERROR_LOG_EVENT);
    assert_non_null(strstr(world->error.what, "WRITE_ROWS_V0"));
}

static void a_hole_is_seen_by_place_and_followed_by_set(void **state)
{
    struct world *world = *state;
    uint64_t wanted;

    log_made_format(&world->made, false, BINLOG_CRC32);
    world->made.log_pos += 500;
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    wanted = world->made.log_pos;
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    assert_fails(read_status(world), world->error, ERROR_LOG_ANOTHER);
    binlog_reader_release(&world->reader);
    world->made.given = 0;
    open_at(world, "b.1", 4, true);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.end, wanted);
    assert_int_equal(world->reader.skipped_bytes, 500);
}

static void offsets_pass_4_gib(void **state)
{
    struct world *world = *state;
    uint64_t start = ((uint64_t)1 << 32) - 10;

    log_made_format(&world->made, false, BINLOG_CRC32);
    memset(world->made.events[0].data + 13, 0, 4);
    log_made_mend(&world->made.events[0]);
    world->made.log_pos = (uint32_t)start;
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    open_at(world, "b.1", start, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.end, start + 31);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.end, start + 62);
}

static void ends_that_are_not_told_are_summed_up(void **state)
{
    struct world *world = *state;

    log_made_format(&world->made, true, BINLOG_CRC32);
    for (size_t i = 0; i < 2; i++) {
        struct buffer *event = log_made_add(
            &world->made, BINLOG_XID_EVENT, 0, text("12345678"));
        if (i == 0)
            memset(event->data + 13, 0, 4);
        log_made_mend(event);
    }
    open_at(world, "b.1", 4, false);
    read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
    read_one(world, BINLOG_XID_EVENT);
    read_one(world, BINLOG_XID_EVENT);
    assert_int_equal(world->event.end, world->made.log_pos);
}

static void nothing_may_come_before_the_format(void **state)
{
    struct world *world = *state;

    log_made_add(&world->made, BINLOG_XID_EVENT, 0, text("12345678"));
    open_at(world, "b.1", 4, false);
    assert_fails(read_status(world), world->error, ERROR_LOG_DAMAGED);
}

static void a_heartbeat_moves_only_what_may_skip(void **state)
{
    static const uint8_t body[] = {1, 3, 'b', '.', '1', 2, 9, 0xfe, 0, 0, 0,
                                   0, 5, 0, 0, 0, 0};
    struct world *world = *state;

    for (int may_skip = 0; may_skip < 2; may_skip++) {
        world->made.given = 0;
        if (may_skip == 0) {
            log_made_format(&world->made, false, BINLOG_CRC32);
            log_made_add(&world->made, BINLOG_HEARTBEAT_V2_EVENT,
                         BINLOG_ARTIFICIAL,
                         (struct bytes){body, sizeof(body)});
        }
        open_at(world, "b.1", 4, may_skip);
        read_one(world, BINLOG_FORMAT_DESCRIPTION_EVENT);
        uint64_t before = world->reader.offset;
        read_one(world, BINLOG_HEARTBEAT_V2_EVENT);
        assert_int_equal(world->event.counted_bytes, 0);
        assert_int_equal(world->reader.offset,
                         may_skip ? (uint64_t)5 << 32 : before);
        binlog_reader_release(&world->reader);
    }
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, world_make, world_end)
    const struct CMUnitTest tests[] = {
        TEST(offsets_are_those_of_the_file),
        TEST(the_format_tells_of_checksums),
        TEST(each_bent_byte_is_seen),
        TEST(a_file_in_use_has_the_checksum_of_one_that_is_not),
        TEST(a_format_sent_again_moves_nothing),
        TEST(a_real_rotation_moves_by_its_own_bytes),
        TEST(a_length_that_is_not_the_packets_is_damage),
        TEST(an_encryption_sent_again_moves_nothing),
        TEST(an_end_behind_the_place_is_refused_by_set_too),
        TEST(an_unknown_type_ends_the_stream_by_name),
        TEST(a_type_known_as_unreadable_ends_the_stream_too),
        TEST(a_hole_is_seen_by_place_and_followed_by_set),
        TEST(offsets_pass_4_gib),
        TEST(ends_that_are_not_told_are_summed_up),
        TEST(nothing_may_come_before_the_format),
        TEST(a_heartbeat_moves_only_what_may_skip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
