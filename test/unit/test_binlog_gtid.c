/* Sets of transactions: one text for one set, and nothing is lost in them. */
#include "unit.h"

#include <string.h>

#include "source/binlog_gtid.h"

#define A "aaaaaaaa-0000-1111-2222-ffffffffffff"
#define B "e3361376-e5d6-11f1-91cf-02fc00000001"

static void assert_text(const struct gtid_set *set, const char *wanted)
{
    struct buffer text;

    buffer_init(&text, 1 << 20);
    gtid_set_print(set, &text);
    assert_string_equal(buffer_text(&text), wanted);
    buffer_release(&text);
}

static void assert_parsed(bool is_mariadb, const char *text,
                          const char *wanted)
{
    struct gtid_set set;

    gtid_set_init(&set, is_mariadb);
    assert_true(gtid_set_parse(&set, text));
    assert_text(&set, wanted);
    gtid_set_release(&set);
}

static void texts_become_one_form(void **state)
{
    (void)state;
    assert_parsed(false, "", "");
    assert_parsed(false, " \n", "");
    assert_parsed(false, A ":1", A ":1");
    assert_parsed(false, A ":5:1-2:4:3", A ":1-5");
    assert_parsed(false, A ":1-3:7-9:3-7", A ":1-9");
    assert_parsed(false, A ":9-1:4", A ":4");
    assert_parsed(false, "AAAAAAAA-0000-1111-2222-FFFFFFFFFFFF:1-2", A ":1-2");
    assert_parsed(false, "aaaaaaaa000011112222ffffffffffff:1", A ":1");
    assert_parsed(false, B ":1-3:Other:1:5,\n" A ":tag:7",
                  A ":tag:7," B ":1-3:other:1:5");
    assert_parsed(false, B ":b_1:1:a:2," B ":4", B ":4:a:2:b_1:1");
    assert_parsed(false, A ":9223372036854775806", A ":9223372036854775806");
    assert_parsed(true, "", "");
    assert_parsed(true, "1-2-9, 0-1-33", "0-1-33,1-2-9");
    assert_parsed(true, "0-1-33,0-2-40", "0-1-33,0-2-40");
    assert_parsed(true, "0-1-18446744073709551615",
                  "0-1-18446744073709551615");
}

static void what_is_no_set_is_refused(void **state)
{
    static const char *const mysql[] = {
        "x", A ":0", A ":", A ":1-", A ":-1", A ":a", A ":a:", A ":1 x",
        A ":9223372036854775807", A ":99999999999999999999",
        "aaaaaaaa-0000-1111-2222-fffffffffff:1", A ":1;",
        A ":a23456789012345678901234567890123:1"};
    static const char *const mariadb[] = {
        "0-1", "0-1-", "0-1-2-3", "-1-2", "4294967296-1-1", "0-4294967296-1",
        "0-1-18446744073709551616", "a-1-2", "0-1-2 0-1-3"};
    struct gtid_set set;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(mysql); i++) {
        gtid_set_init(&set, false);
        if (gtid_set_parse(&set, mysql[i]))
            fail_msg("taken: %s", mysql[i]);
        gtid_set_release(&set);
    }
    for (size_t i = 0; i < ARRAY_COUNT(mariadb); i++) {
        gtid_set_init(&set, true);
        if (gtid_set_parse(&set, mariadb[i]))
            fail_msg("taken: %s", mariadb[i]);
        gtid_set_release(&set);
    }
}

static struct gtid gtid_of(uint8_t first, const char *tag, uint64_t number)
{
    struct gtid gtid = {.uuid = {first}, .number = number};

    memcpy(gtid.tag, tag, strlen(tag) + 1);
    return gtid;
}

/* Against a plain array, in an order that joins intervals from all sides. */
static void a_set_contains_what_was_added(void **state)
{
    struct gtid_set set;
    bool added[400] = {false};
    unsigned random = 1;

    (void)state;
    gtid_set_init(&set, false);
    for (size_t round = 0; round < 300; round++) {
        random = random * 1103515245 + 12345;
        uint64_t number = random / 65536 % 399 + 1;
        struct gtid gtid = gtid_of(1, "", number);

        gtid_set_add(&set, &gtid);
        added[number] = true;
        for (uint64_t k = 1; k < 400; k++) {
            gtid.number = k;
            assert_int_equal(gtid_set_contains(&set, &gtid), added[k]);
        }
    }
    for (size_t i = 1; i < set.lines[0].count; i++)
        assert_true(set.lines[0].intervals[i].first >
                    set.lines[0].intervals[i - 1].end);
    gtid_set_release(&set);
}

static void tags_and_uuids_are_apart(void **state)
{
    struct gtid_set set;
    struct gtid gtid = gtid_of(7, "", 3);

    (void)state;
    gtid_set_init(&set, false);
    gtid_set_add(&set, &gtid);
    assert_true(gtid_set_contains(&set, &gtid));
    gtid = gtid_of(7, "x", 3);
    assert_false(gtid_set_contains(&set, &gtid));
    gtid = gtid_of(8, "", 3);
    assert_false(gtid_set_contains(&set, &gtid));
    gtid_set_release(&set);
}

static bool holds(bool is_mariadb, const char *outer, const char *inner)
{
    struct gtid_set left;
    struct gtid_set right;
    bool result;

    gtid_set_init(&left, is_mariadb);
    gtid_set_init(&right, is_mariadb);
    assert_true(gtid_set_parse(&left, outer));
    assert_true(gtid_set_parse(&right, inner));
    result = gtid_set_holds(&left, &right);
    gtid_set_release(&left);
    gtid_set_release(&right);
    return result;
}

static void a_set_holds_its_parts(void **state)
{
    (void)state;
    assert_true(holds(false, A ":1-9", A ":2-3:9"));
    assert_true(holds(false, A ":1-9", ""));
    assert_false(holds(false, "", A ":1"));
    assert_false(holds(false, A ":1-3:5-9", A ":3-5"));
    assert_false(holds(false, A ":1-9", A ":9-10"));
    assert_false(holds(false, A ":1-9", A ":t:1"));
    assert_true(holds(true, "0-1-33,1-2-9", "0-1-33"));
    assert_false(holds(true, "0-1-33", "0-1-34"));
    assert_false(holds(true, "0-1-33", "1-1-1"));
    /* A position: the last of the domain, whoever wrote it. */
    assert_true(holds(true, "0-2-40", "0-1-33"));
    /* A state: what each server wrote. */
    assert_false(holds(true, "0-1-30,0-2-40", "0-1-33"));
    assert_false(holds(true, "0-2-40,0-3-50", "0-1-33"));
    assert_true(holds(true, "0-1-33,0-2-40", "0-1-33"));
}

static bool ask_both(bool (*ask)(const struct gtid_set *left,
                                 const struct gtid_set *right),
                     bool is_mariadb, const char *first, const char *second)
{
    struct gtid_set left;
    struct gtid_set right;
    bool result;

    gtid_set_init(&left, is_mariadb);
    gtid_set_init(&right, is_mariadb);
    assert_true(gtid_set_parse(&left, first));
    assert_true(gtid_set_parse(&right, second));
    result = ask(&left, &right);
    gtid_set_release(&left);
    gtid_set_release(&right);
    return result;
}

static void a_state_holds_what_its_servers_wrote(void **state)
{
    (void)state;
    assert_true(ask_both(gtid_state_holds, true, "0-1-33,0-2-40", "0-1-33"));
    assert_true(ask_both(gtid_state_holds, true, "0-1-33", ""));
    /* The same number of another server is another transaction. */
    assert_false(ask_both(gtid_state_holds, true, "0-1-33", "0-2-6"));
    assert_false(ask_both(gtid_state_holds, true, "0-1-33", "0-1-34"));
    assert_false(ask_both(gtid_state_holds, true, "0-1-33", "1-1-1"));
    assert_true(ask_both(gtid_state_holds, false, A ":1-9", A ":2-3"));
    assert_false(ask_both(gtid_state_holds, false, A ":1-9", A ":9-10"));
}

static void sets_meet_where_they_share_a_history(void **state)
{
    (void)state;
    assert_true(ask_both(gtid_set_meets, true, "0-1-3", "0-2-9"));
    assert_false(ask_both(gtid_set_meets, true, "0-1-3,2-1-1", "1-1-3"));
    assert_true(ask_both(gtid_set_meets, false, A ":1-9", A ":20"));
    assert_false(ask_both(gtid_set_meets, false, A ":1-9", A ":t:1"));
    assert_false(ask_both(gtid_set_meets, false, "", A ":1"));
}

static void a_position_has_one_entry_a_domain(void **state)
{
    struct gtid_set set;
    struct gtid gtid = {.is_mariadb = true, .server = 2, .number = 34};

    (void)state;
    gtid_set_init(&set, true);
    assert_true(gtid_set_parse(&set, "0-1-33,0-3-20,1-1-5"));
    gtid_set_add(&set, &gtid);
    assert_text(&set, "0-2-34,1-1-5");
    gtid_set_release(&set);
}

/* As MySQL 9.7 wrote it into PREVIOUS_GTIDS. */
static const char TAGGED[] =
    "\x01\x03\0\0\0\0\0\x01"
    "\xaa\xaa\xaa\xaa\0\0\x11\x11\x22\x22\xff\xff\xff\xff\xff\xff"
    "\x0amytag\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\x8\0\0\0\0\0\0\0"
    "\xe3\x36\x13\x76\xe5\xd6\x11\xf1\x91\xcf\x02\xfc\0\0\0\1"
    "\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0"
    "\xe3\x36\x13\x76\xe5\xd6\x11\xf1\x91\xcf\x02\xfc\0\0\0\1"
    "\x0aother\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0";

static void a_tagged_set_is_encoded_as_mysql_does(void **state)
{
    struct bytes wire = {(const uint8_t *)TAGGED, sizeof(TAGGED) - 1};
    struct gtid_set set;
    struct buffer encoded;

    (void)state;
    gtid_set_init(&set, false);
    assert_true(gtid_set_decode(&set, wire));
    assert_text(&set, A ":mytag:7," B ":1-3:other:1");
    buffer_init(&encoded, 4096);
    gtid_set_encode(&set, &encoded);
    assert_int_equal(encoded.size, wire.size);
    assert_memory_equal(encoded.data, wire.data, wire.size);
    buffer_release(&encoded);
    gtid_set_release(&set);
    /* The NUL behind the literal is a byte too many. */
    gtid_set_init(&set, false);
    assert_false(gtid_set_decode(
        &set, (struct bytes){wire.data, wire.size + 1}));
    gtid_set_release(&set);
    for (size_t size = 0; size < wire.size; size++) {
        gtid_set_init(&set, false);
        assert_false(gtid_set_decode(&set, (struct bytes){wire.data, size}));
        gtid_set_release(&set);
    }
}

static void a_plain_set_survives_the_wire(void **state)
{
    struct gtid_set set;
    struct gtid_set again;
    struct buffer encoded;

    (void)state;
    gtid_set_init(&set, false);
    gtid_set_init(&again, false);
    assert_true(gtid_set_parse(&set, A ":1-5:9," B ":2"));
    buffer_init(&encoded, 4096);
    gtid_set_encode(&set, &encoded);
    assert_int_equal(encoded.size, 8 + 2 * 24 + 3 * 16);
    assert_int_equal(encoded.data[0], 2);
    assert_true(gtid_set_decode(&again, buffer_bytes(&encoded)));
    assert_true(gtid_set_equal(&set, &again));
    encoded.data[8 + 24] = 0; /* an interval from 0 */
    gtid_set_release(&again);
    assert_false(gtid_set_decode(&again, buffer_bytes(&encoded)));
    gtid_set_release(&again);
    gtid_set_copy(&again, &set);
    assert_true(gtid_set_equal(&set, &again));
    buffer_release(&encoded);
    gtid_set_release(&set);
    gtid_set_release(&again);
}

static void a_list_of_mariadb_is_read(void **state)
{
    static const uint8_t body[] = {2, 0, 0, 0x10, 0, 0, 0, 0, 1, 0, 0, 0,
                                   33, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
                                   2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
    struct gtid_set set;

    (void)state;
    gtid_set_init(&set, true);
    assert_true(gtid_set_decode_list(&set,
                                     (struct bytes){body, sizeof(body)}));
    assert_text(&set, "0-1-33,1-2-9");
    assert_false(gtid_set_decode_list(
        &set, (struct bytes){body, sizeof(body) - 1}));
    gtid_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_one_form),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(a_set_contains_what_was_added),
        cmocka_unit_test(tags_and_uuids_are_apart),
        cmocka_unit_test(a_set_holds_its_parts),
        cmocka_unit_test(a_state_holds_what_its_servers_wrote),
        cmocka_unit_test(sets_meet_where_they_share_a_history),
        cmocka_unit_test(a_position_has_one_entry_a_domain),
        cmocka_unit_test(a_tagged_set_is_encoded_as_mysql_does),
        cmocka_unit_test(a_plain_set_survives_the_wire),
        cmocka_unit_test(a_list_of_mariadb_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
