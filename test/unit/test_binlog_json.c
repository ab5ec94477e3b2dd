/* Documents as MySQL 9.7 wrote them, and what nobody could have written. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "fixture_binlog.h"
#include "source/binlog_json.h"

#define TEXT_LIMIT 65536

/* The text of a document of exactly these bytes, NULL where it is refused. */
static const char *text_of(const char *hex)
{
    static struct buffer text;
    struct event_bytes event = {.size = 0};
    uint8_t *exact;
    bool is_good;

    event_add(&event, hex);
    exact = memory_new(event.size, 1);
    memcpy(exact, event.data, event.size);
    buffer_release(&text);
    buffer_init(&text, TEXT_LIMIT);
    is_good =
        binlog_json_text((struct bytes){exact, event.size}, &text);
    memory_free(exact);
    return is_good ? buffer_text(&text) : NULL;
}

static void each_kind_is_written(void **state)
{
    static const char *const samples[][2] = {
        {"", "null"},
        {"0400", "null"},
        {"0401", "true"},
        {"0402", "false"},
        {"05ffff", "-1"},
        {"06ffff", "65535"},
        {"0700000080", "-2147483648"},
        {"08ffffffff", "4294967295"},
        {"090000000000000080", "-9223372036854775808"},
        {"0affffffffffffffff", "18446744073709551615"},
        {"0b000000000000f03f", "1.0"},
        {"0c03612262", "\"a\\\"b\""},
        {"0c05000a1f7f5c", "\"\\u0000\\n\\u001f\x7f\\\\\""},
        {"0000000400", "{}"},
        {"0200000400", "[]"},
        {"0201000700 050100", "[1]"},
        {"0001000c00 0b00 0100 050100 61", "{\"a\": 1}"},
        {"0202000b00 040000 050200 00", "[null, 2]"},
        {"0f0a08 0000000000bab219", "\"2024-02-29\""},
        {"0f0c08 3f420ffa7ebbb219", "\"2024-02-29 23:59:58.999999\""},
        {"0f0708 3f420ffa7ebbb219", "\"2024-02-29 23:59:58.999999\""},
        {"0f0b08 e05ef87cefffffff", "\"-01:02:03.500000\""},
        {"0f0b08 0000000000000000", "\"00:00:00.000000\""},
        {"0ff607 0a02 8000000132", "1.50"},
        {"0f0f03 00ff41", "\"base64:type15:AP9B\""},
        {"0f1002 0005", "\"base64:type16:AAU=\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        const char *text = text_of(samples[i][0]);
        if (!text || strcmp(text, samples[i][1]) != 0)
            fail_msg("%zu: %s", i, text ? text : "refused");
    }
}

static void a_document_cut_anywhere_is_refused(void **state)
{
    /* {"a": [1, "bc"], "b": "x"} */
    static const char whole[] = "0002002300120001001300010002" "14000c2100"
                                "616202000d000501000c0a00026263" "0178";
    char part[sizeof(whole)];

    (void)state;
    assert_string_equal(text_of(whole), "{\"a\": [1, \"bc\"], \"b\": \"x\"}");
    for (size_t size = 2; size + 2 < sizeof(whole); size += 2) {
        memcpy(part, whole, size);
        part[size] = '\0';
        if (text_of(part))
            fail_msg("%zu: %s", size, text_of(part));
    }
}

static void what_points_outside_is_refused(void **state)
{
    static const char *const documents[] = {
        "ff", "0403", "0d00", "05ff",
        "0201000800 0c0800", /* an element behind the end */
        "0201000700 0cffff", "0201000600 050100",
        "0200000300", /* smaller than its header */
        "02ffff0700 050100", "0000000500",
        "0001000c00 0c00 0100 050100 61",
        "0c80808080808001", "0cff01", "0f", "0ff600", "0ff6010a",
        "0f0a0100",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(documents); i++) {
        if (text_of(documents[i]))
            fail_msg("%zu: %s", i, text_of(documents[i]));
    }
}

/* Arrays in arrays, each the second element of the one around it. */
static void add_nested(struct event_bytes *event, unsigned depth)
{
    event_add(event, "02");
    for (unsigned i = 0; i + 1 < depth; i++) {
        unsigned size = 7 * (depth - 1 - i) + 4;
        uint8_t head[] = {1, 0, (uint8_t)size, (uint8_t)(size >> 8), 2, 7, 0};
        memcpy(event->data + event->size, head, sizeof(head));
        event->size += sizeof(head);
    }
    event_add(event, "00000400");
}

static void a_hundred_levels_are_the_limit(void **state)
{
    struct buffer text;
    struct event_bytes event = {.size = 0};

    (void)state;
    buffer_init(&text, TEXT_LIMIT);
    add_nested(&event, 100);
    assert_true(binlog_json_text(event_body(&event), &text));
    assert_int_equal(text.size, 200);
    event.size = 0;
    add_nested(&event, 101);
    assert_false(binlog_json_text(event_body(&event), &text));
    buffer_release(&text);
}

/* Two elements of an array are one value. */
static void nothing_is_walked_twice(void **state)
{
    (void)state;
    assert_non_null(text_of("0201000b00 0c0700 03 616263"));
    assert_null(text_of("0202000e00 0c0a00 0c0a00 03 616263"));
    /* An array that is its own element. */
    assert_null(text_of("0201000700 020000"));
}

static void the_text_has_a_limit(void **state)
{
    struct buffer text;
    struct event_bytes event = {.size = 0};

    (void)state;
    buffer_init(&text, 5);
    event_add(&event, "0c03616263");
    assert_true(binlog_json_text(event_body(&event), &text));
    buffer_clear(&text);
    event_add(&event, "64");
    event.data[1] = 4;
    assert_false(binlog_json_text(event_body(&event), &text));
    buffer_release(&text);
}

static void doubles_are_the_servers(void **state)
{
    static const struct {
        double value;
        const char *text;
    } samples[] = {
        {0.0, "0.0"}, {-0.0, "-0.0"}, {0.1, "0.1"}, {0.05, "0.05"},
        {-1.5e-7, "-0.00000015"}, {1e-15, "0.000000000000001"},
        {1e-16, "1e-16"}, {1e14, "100000000000000.0"}, {1e15, "1e15"},
        {1234567890123456.5, "1234567890123456.5"},
        {1234567890123456.0, "1.234567890123456e15"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {5e-324, "5e-324"}, {2.2250738585072014e-308,
                             "2.2250738585072014e-308"},
        {0x1p89, "6.189700196426902e26"}, {1.0 / 3, "0.3333333333333333"},
    };
    struct buffer text;

    (void)state;
    buffer_init(&text, TEXT_LIMIT);
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        buffer_clear(&text);
        binlog_json_double(samples[i].value, &text);
        assert_string_equal(buffer_text(&text), samples[i].text);
    }
    buffer_release(&text);
}

static void long_bytes_are_broken_into_lines(void **state)
{
    struct buffer text;
    struct event_bytes event = {.size = 0};

    (void)state;
    buffer_init(&text, TEXT_LIMIT);
    event_add(&event, "0ffc3a");
    for (int i = 0; i < 58; i++)
        event_add(&event, "00");
    assert_true(binlog_json_text(event_body(&event), &text));
    assert_int_equal(text.size, strlen("\"base64:type252:\"") + 80 + 2);
    assert_memory_equal(buffer_text(&text) + 16 + 76, "\\nAA==\"", 7);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_written),
        cmocka_unit_test(a_document_cut_anywhere_is_refused),
        cmocka_unit_test(what_points_outside_is_refused),
        cmocka_unit_test(a_hundred_levels_are_the_limit),
        cmocka_unit_test(nothing_is_walked_twice),
        cmocka_unit_test(the_text_has_a_limit),
        cmocka_unit_test(doubles_are_the_servers),
        cmocka_unit_test(long_bytes_are_broken_into_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
