/* Types are known by one list; the short events hold what the servers wrote
 * into them (bytes of MySQL 9.7 and MariaDB 10.11). */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "fixture_log.h"
#include "source/binlog_query.h"

static struct bytes raw(const void *data, size_t size)
{
    return (struct bytes){data, size};
}

static struct bytes unhex(const char *hex, uint8_t *target)
{
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++) {
        unsigned byte = 0;

        for (size_t k = 0; k < 2; k++) {
            char digit = hex[2 * i + k];
            byte = byte << 4 | (unsigned)(digit <= '9' ? digit - '0'
                                                       : digit - 'a' + 10);
        }
        target[i] = (uint8_t)byte;
    }
    return raw(target, size);
}

/* What the clock counts is frozen: model/version.h. */
static void the_clock_counts_what_was_done(void **state)
{
    static const uint8_t counted[] = {
        2,  5,  9,  11, 13, 14, 16, 17, 18,  19,  23,  24,  25,  26,  30,  31,
        32, 33, 34, 38, 39, 42, 162, 165, 166, 167, 168, 169, 170, 171};

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        struct binlog_header header = {.type = (uint8_t)type};
        bool wanted = memchr(counted, (int)type, sizeof(counted)) != NULL;

        if (binlog_header_is_counted(&header) != wanted)
            fail_msg("type %u", type);
        header.flags = BINLOG_ARTIFICIAL;
        assert_false(binlog_header_is_counted(&header));
        header.flags = BINLOG_IGNORABLE;
        assert_false(binlog_header_is_counted(&header));
    }
}

static void every_type_is_understood_or_stops(void **state)
{
    size_t known = 0;

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        struct binlog_header header = {.type = (uint8_t)type};
        bool is_named = binlog_type_name((uint8_t)type) != NULL;

        known += is_named;
        if (!is_named)
            assert_int_equal(binlog_header_class(&header), BINLOG_STOP);
        if (binlog_header_is_counted(&header))
            assert_true(binlog_header_class(&header) == BINLOG_APPLY ||
                        binlog_header_class(&header) == BINLOG_CONTEXT);
        header.flags = BINLOG_IGNORABLE;
        assert_int_not_equal(binlog_header_class(&header), BINLOG_STOP);
    }
#define X(code, name, class, counted) + 1
    assert_int_equal(known, 0 BINLOG_EVENT_LIST(X));
#undef X
}

static void types_have_names(void **state)
{
    char target[32];

    (void)state;
    assert_string_equal(binlog_type_text(target, 30), "WRITE_ROWS");
    assert_string_equal(binlog_type_text(target, 99), "type 99");
    assert_int_equal(binlog_type_plain(165), BINLOG_QUERY_EVENT);
    assert_int_equal(binlog_type_plain(167), BINLOG_UPDATE_ROWS_V1_EVENT);
    assert_int_equal(binlog_type_plain(171), BINLOG_DELETE_ROWS_EVENT);
    assert_int_equal(binlog_type_plain(16), BINLOG_XID_EVENT);
    assert_true(binlog_type_is_rows(39) && binlog_type_is_rows(25));
    assert_false(binlog_type_is_rows(22) || binlog_type_is_rows(29));
}

/* As parsed at every length: whole it is right, shorter never read beyond. */
static struct binlog_begin begin_of(uint8_t type, const char *hex,
                                    size_t least)
{
    static uint8_t data[256];
    struct bytes body = unhex(hex, data);
    struct binlog_header header = {.type = type, .server_id = 1011,
                                   .time = 1700000000};
    struct binlog_begin begin;

    for (size_t size = 0; size < body.size; size++) {
        bool is_good = binlog_begin_parse(&header, raw(data, size), &begin);
        if (is_good != (size >= least))
            fail_msg("%zu bytes of %zu", size, body.size);
    }
    assert_true(binlog_begin_parse(&header, body, &begin));
    return begin;
}

static void assert_gtid(const struct binlog_begin *begin, const char *wanted)
{
    struct buffer text;

    buffer_init(&text, 1024);
    gtid_print(&begin->gtid, &text);
    assert_string_equal(buffer_text(&text), wanted);
    buffer_release(&text);
}

static void a_gtid_of_mysql(void **state)
{
    struct binlog_begin begin = begin_of(
        BINLOG_GTID_EVENT,
        "00e3361376e5d611f191cf02fc0000000103000000000000000202000000000000000"
        "300000000000000bb7b1d48cd6006fc2101206201000a", 25);

    (void)state;
    assert_gtid(&begin, "e3361376-e5d6-11f1-91cf-02fc00000001:3");
    assert_false(begin.may_hold_statements);
    assert_int_equal(begin.committed_us, 0x0660cd481d7bbb);
    assert_int_equal(begin.transaction_bytes, 0x121);
}

/* Two times where the transaction came from another server: ours first. */
static void a_gtid_from_elsewhere(void **state)
{
    struct binlog_begin begin = begin_of(
        BINLOG_GTID_EVENT,
        "01e3361376e5d611f191cf02fc0000000103000000000000000202000000000000000"
        "300000000000000bb7b1d48cd608601000000000000fc2101206201000a", 25);

    (void)state;
    assert_true(begin.may_hold_statements);
    assert_int_equal(begin.committed_us, 0x0660cd481d7bbb);
    assert_int_equal(begin.transaction_bytes, 0x121);
}

static void a_tagged_gtid_of_mysql(void **state)
{
    struct binlog_begin begin = begin_of(
        BINLOG_GTID_TAGGED_EVENT,
        "027a00000002a902a902a902a902000022224444fd03fd03fd03fd03fd03fd03041c"
        "060a6d7974616708080a100c7f93901d48cd60061099041283120b", 61);

    (void)state;
    assert_gtid(&begin, "aaaaaaaa-0000-1111-2222-ffffffffffff:mytag:7");
    assert_int_equal(begin.committed_us, 0x0660cd481d9093);
    assert_int_equal(begin.transaction_bytes, 294);
}

static void a_tagged_gtid_with_a_needed_unknown_field_is_refused(void **state)
{
    /* version 1, size, the last needed field, then field 12 at the end. */
    uint8_t data[256];
    struct binlog_header header = {.type = BINLOG_GTID_TAGGED_EVENT};
    struct binlog_begin begin;

    (void)state;
    assert_true(binlog_begin_parse(
        &header, unhex("020e00041c1802", data), &begin));
    assert_false(binlog_begin_parse(
        &header, unhex("020e18041c1802", data), &begin));
    assert_false(binlog_begin_parse(
        &header, unhex("040e00041c1802", data), &begin));
    assert_false(binlog_begin_parse(&header, unhex("020600", data), &begin));
    /* A size below what stands before the fields, which end nowhere then. */
    assert_false(binlog_begin_parse(
        &header, unhex("020000041c1802", data), &begin));
}

static void a_gtid_of_mariadb(void **state)
{
    struct binlog_begin begin = begin_of(
        BINLOG_MARIADB_GTID_EVENT, "0700000000000000020000002d000000000000",
        13);

    (void)state;
    assert_gtid(&begin, "2-1011-7");
    assert_true(begin.is_standalone && begin.is_ddl);
    assert_int_equal(begin.committed_us, INT64_C(1700000000000000));
    /* A group commit id and a prepared XA, format 7, "a" and "b". */
    begin = begin_of(BINLOG_MARIADB_GTID_EVENT,
                     "070000000000000002000000420102030405060708"
                     "0700000001016162", 29);
    assert_true(begin.is_prepared && !begin.is_standalone);
    assert_int_equal(begin.xa.format, 7);
    assert_memory_equal(begin.xa.global.data, "a", 1);
    assert_memory_equal(begin.xa.branch.data, "b", 1);
}

static void the_short_events(void **state)
{
    uint8_t data[256];
    struct binlog_rotate rotate;
    struct binlog_prepare prepare;
    struct binlog_incident incident;
    struct binlog_header header = {.type = BINLOG_HEARTBEAT_EVENT,
                                   .log_pos = 77};
    uint64_t xid;

    (void)state;
    assert_true(binlog_rotate_parse(raw("\4\0\0\0\1\0\0\0b.2", 11), &rotate));
    assert_int_equal(rotate.offset, (UINT64_C(1) << 32) + 4);
    assert_true(bytes_equal(rotate.file, bytes_of("b.2")));
    assert_false(binlog_rotate_parse(raw("\4\0\0\0\0\0\0\0", 8), &rotate));
    assert_false(binlog_rotate_parse(raw("\4\0\0\0\0\0\0\0b\0x", 11),
                                     &rotate));
    assert_true(binlog_heartbeat_parse(&header, bytes_of("b.2"), &rotate));
    assert_int_equal(rotate.offset, 77);
    assert_true(binlog_xid_parse(raw("\1\2\0\0\0\0\0\0", 8), &xid));
    assert_int_equal(xid, 513);
    assert_false(binlog_xid_parse(raw("\1\2\0\0\0\0\0", 7), &xid));
    assert_true(binlog_prepare_parse(
        unhex("01070000000300000001000000" "6f6e6562", data), &prepare));
    assert_true(prepare.is_one_phase);
    assert_memory_equal(prepare.xa.global.data, "one", 3);
    assert_memory_equal(prepare.xa.branch.data, "b", 1);
    assert_false(binlog_prepare_parse(
        unhex("01070000000400000001000000" "6f6e6562", data), &prepare));
    assert_true(binlog_incident_parse(raw("\1\0\4lost", 7), &incident));
    assert_int_equal(incident.number, 1);
    assert_int_equal(incident.message.size, 4);
    assert_false(binlog_incident_parse(raw("\1\0\5lost", 7), &incident));
}

static struct binlog_format format_of(bool is_mariadb)
{
    struct buffer body;
    struct binlog_format format;

    buffer_init(&body, 4096);
    log_made_format_body(&body, is_mariadb, BINLOG_CRC32);
    buffer_add(&body, "\0\0\0", 4);
    assert_true(binlog_format_parse(buffer_bytes(&body), &format));
    buffer_release(&body);
    return format;
}

static void a_query_with_its_variables(void **state)
{
    static const uint8_t body[] =
        "\1\0\0\0\0\0\0\0\1\0\0\x2a\0"
        "\0\0\0\0\0"                      /* flags2 */
        "\1\4\0\x10\0\0\0\0\0"            /* sql_mode */
        "\6\3std"                         /* catalog */
        "\4\x1c\0\x1c\0\x8\0"             /* charset */
        "\5\6SYSTEM"                      /* time zone */
        "\xc\2d\0e\0"                     /* updated */
        "\x63\1"                          /* nobody knows */
        "d\0DROP TABLE t";
    struct binlog_format format = format_of(false);
    struct binlog_query query;
    struct binlog_dialect dialect;

    (void)state;
    assert_true(binlog_query_parse(&format, raw(body, sizeof(body) - 1),
                                   &query));
    assert_true(bytes_equal(query.schema, bytes_of("d")));
    assert_true(bytes_equal(query.text, bytes_of("DROP TABLE t")));
    assert_true(bytes_equal(query.time_zone, bytes_of("SYSTEM")));
    assert_int_equal(query.updated_count, 2);
    assert_true(bytes_equal(query.updated, raw("d\0e", 4)));
    binlog_query_dialect(&format, &query, &dialect);
    assert_true(dialect.has_ansi_quotes && dialect.has_no_backslash);
    assert_int_equal(dialect.charset, 28);
    for (size_t size = 0; size < 13 + 0x2a + 2; size++)
        assert_false(binlog_query_parse(&format, raw(body, size), &query));
}

/* Of 8 bytes of sql_mode one is there: no query of a server. */
static void a_variable_cut_short_is_refused(void **state)
{
    static const uint8_t body[] = "\1\0\0\0\0\0\0\0\1\0\0\2\0\1\4d\0COMMIT";
    struct binlog_format format = format_of(false);
    struct binlog_query query;

    (void)state;
    assert_false(binlog_query_parse(&format, raw(body, sizeof(body) - 1),
                                    &query));
}

static void a_format_of_another_kind_is_refused(void **state)
{
    struct buffer body;
    struct binlog_format format;

    (void)state;
    buffer_init(&body, 4096);
    log_made_format_body(&body, true, BINLOG_CRC32);
    buffer_add(&body, "\0\0\0", 4);
    assert_true(binlog_format_parse(buffer_bytes(&body), &format));
    assert_true(format.is_mariadb);
    assert_int_equal(format.post[BINLOG_QUERY_EVENT], 13);
    body.data[body.size - 5] = 2;
    assert_false(binlog_format_parse(buffer_bytes(&body), &format));
    body.data[body.size - 5] = 1;
    body.data[56]++;
    assert_false(binlog_format_parse(buffer_bytes(&body), &format));
    body.data[56]--;
    body.data[0] = 3;
    assert_false(binlog_format_parse(buffer_bytes(&body), &format));
    body.data[0] = 4;
    for (size_t size = 0; size < body.size; size++) {
        /* Without the five bytes it is one of before checksums. */
        assert_int_equal(binlog_format_parse(raw(body.data, size), &format),
                         size == body.size - 5);
    }
    buffer_release(&body);
}

/* 5.1 has no checksum; what came between it and 5.5 has other events. */
static void a_format_of_old_servers(void **state)
{
    struct buffer body;
    struct binlog_format format;

    (void)state;
    buffer_init(&body, 4096);
    log_made_format_body(&body, false, BINLOG_CRC32);
    body.size--;
    memcpy(body.data + 2, "5.1.73\0", 7);
    assert_true(binlog_format_parse(buffer_bytes(&body), &format));
    assert_false(format.has_checksum);
    assert_int_equal(format.checksum, BINLOG_NO_CHECKSUM);
    assert_int_equal(format.post[BINLOG_DELETE_ROWS_COMPRESSED_EVENT], 10);
    memcpy(body.data + 2, "5.2.2", 5);
    assert_false(binlog_format_parse(buffer_bytes(&body), &format));
    memcpy(body.data + 2, "5.5.8", 5);
    assert_true(binlog_format_parse(buffer_bytes(&body), &format));
    body.data[57 + BINLOG_FORMAT_DESCRIPTION_EVENT - 1] = 56;
    assert_false(binlog_format_parse(buffer_bytes(&body), &format));
    buffer_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_counts_what_was_done),
        cmocka_unit_test(every_type_is_understood_or_stops),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(a_gtid_of_mysql),
        cmocka_unit_test(a_gtid_from_elsewhere),
        cmocka_unit_test(a_tagged_gtid_of_mysql),
        cmocka_unit_test(a_tagged_gtid_with_a_needed_unknown_field_is_refused),
        cmocka_unit_test(a_gtid_of_mariadb),
        cmocka_unit_test(the_short_events),
        cmocka_unit_test(a_query_with_its_variables),
        cmocka_unit_test(a_variable_cut_short_is_refused),
        cmocka_unit_test(a_format_of_another_kind_is_refused),
        cmocka_unit_test(a_format_of_old_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
