/* Places of the log as texts, and the transactions that wait at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_place.h"

#define HEAD "{\"server\":\"1@h:3306\",\"file\":\"b.000003\","             \
             "\"offset\":\"4711\",\"gtid\":\"0-1-33\",\"clock\":\"99\","   \
             "\"state\":\"0-1-33,0-2-17\""
#define ONE "{\"xid\":\"1:67:62\",\"gtid\":\"0-1-12\",\"file\":\"b.000002\"," \
            "\"offset\":\"77\",\"bytes\":\"300\",\"time\":\"1795000000\"}"
#define TWO "{\"xid\":\"1:68:\",\"gtid\":\"0-1-13\",\"file\":\"b.000002\","   \
            "\"offset\":\"99\",\"bytes\":\"400\",\"time\":\"1795000009\"}"

static void read_place(const char *text, struct binlog_place *place)
{
    assert_true(binlog_place_read(text, true, place));
}

static void expect_text(const struct binlog_place *place, const char *text)
{
    char *written = binlog_place_text(place);

    assert_string_equal(written, text);
    memory_free(written);
}

static void a_place_is_read_as_it_was_written(void **state)
{
    static const char *const texts[] = {
        HEAD "}", HEAD ",\"prepared\":[" ONE "," TWO "]}"};
    struct binlog_place place;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        read_place(texts[i], &place);
        expect_text(&place, texts[i]);
        binlog_place_release(&place);
    }
}

static void what_is_no_place_is_refused(void **state)
{
    static const char *const texts[] = {
        NULL, "", "{}", "[]", HEAD,
        HEAD ",\"prepared\":[{\"xid\":\"1:67:62\"}]}",
        HEAD ",\"prepared\":[" ONE ",7]}",
        "{\"server\":\"s\",\"file\":\"f\",\"offset\":\"x\",\"gtid\":\"\","
        "\"clock\":\"1\"}"};
    struct binlog_place place;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        assert_false(binlog_place_read(texts[i], true, &place));
        assert_null(place.server);
    }
}

static struct binlog_prepared prepared(const char *name, uint64_t offset)
{
    return (struct binlog_prepared){.name = memory_text(name),
                                    .gtid = memory_text("0-1-12"),
                                    .file = memory_text("b.000002"),
                                    .offset = offset,
                                    .bytes = 300,
                                    .time_s = 1795000000};
}

static void a_name_waits_once(void **state)
{
    struct binlog_place place;
    struct binlog_prepared one = prepared("1:67:62", 5);

    (void)state;
    read_place(HEAD ",\"prepared\":[" ONE "," TWO "]}", &place);
    binlog_place_prepare(&place, &one);
    assert_int_equal(place.prepared_count, 2);
    assert_int_equal(binlog_place_prepared(&place, "1:67:62")->offset, 5);
    assert_int_equal(binlog_place_prepared(&place, "1:68:")->offset, 99);
    binlog_place_settle(&place, "1:67:62");
    binlog_place_settle(&place, "1:67:62");
    assert_null(binlog_place_prepared(&place, "1:67:62"));
    expect_text(&place, HEAD ",\"prepared\":[" TWO "]}");
    binlog_place_release(&place);
}

static void the_oldest_are_forgotten(void **state)
{
    struct binlog_place place;
    char name[32];

    (void)state;
    read_place(HEAD "}", &place);
    for (int i = 0; i < BINLOG_PREPARED_MAX + 3; i++) {
        struct binlog_prepared one;
        (void)snprintf(name, sizeof(name), "1:%d:", i);
        one = prepared(name, 4);
        binlog_place_prepare(&place, &one);
    }
    assert_int_equal(place.prepared_count, BINLOG_PREPARED_MAX);
    assert_null(binlog_place_prepared(&place, "1:2:"));
    assert_non_null(binlog_place_prepared(&place, "1:3:"));
    binlog_place_release(&place);
}

static void a_place_moves_without_its_files(void **state)
{
    struct binlog_place place;

    (void)state;
    read_place(HEAD ",\"prepared\":[" ONE "]}", &place);
    binlog_place_move(&place, "2@h:3306");
    assert_string_equal(place.server, "2@h:3306");
    assert_string_equal(place.file, "");
    assert_int_equal(place.offset, 0);
    assert_true(place.is_moved);
    assert_string_equal(place.prepared[0].file, "");
    assert_int_equal(place.prepared[0].bytes, 300);
    assert_int_equal(place.clock, 99);
    binlog_place_release(&place);
}

static void a_transaction_moves_both_sets(void **state)
{
    struct binlog_place place;
    struct gtid gtid = {.is_mariadb = true, .server = 2, .number = 40};

    (void)state;
    read_place(HEAD "}", &place);
    binlog_place_add(&place, &gtid);
    assert_int_equal(place.set.entry_count, 1);
    assert_int_equal(gtid_set_last(&place.set, 0, 2), 40);
    assert_int_equal(gtid_set_last(&place.state, 0, 1), 33);
    assert_int_equal(gtid_set_last(&place.state, 0, 2), 40);
    binlog_place_release(&place);
}

static void the_oldest_that_waits_is_named(void **state)
{
    struct log_waiting waiting;

    (void)state;
    assert_false(binlog_place_waiting(NULL, &waiting));
    assert_false(binlog_place_waiting(HEAD "}", &waiting));
    assert_int_equal(waiting.count, 0);
    assert_true(binlog_place_waiting(HEAD ",\"prepared\":[" ONE "," TWO "]}",
                                     &waiting));
    assert_int_equal(waiting.count, 2);
    assert_string_equal(waiting.name, "1:67:62");
    assert_int_equal(waiting.since_s, 1795000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_place_is_refused),
        cmocka_unit_test(a_name_waits_once),
        cmocka_unit_test(the_oldest_are_forgotten),
        cmocka_unit_test(a_place_moves_without_its_files),
        cmocka_unit_test(a_transaction_moves_both_sets),
        cmocka_unit_test(the_oldest_that_waits_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
