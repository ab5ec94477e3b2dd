/* Maps say what the servers put into them, and nothing is guessed. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "fixture_binlog.h"
#include "fixture_mysql.h"

static bool parse(struct binlog_map *map, const struct event_bytes *event,
                  size_t size)
{
    uint8_t *exact = memory_new(size, 1);
    bool is_good;

    memcpy(exact, event->data, size);
    is_good = binlog_map_parse(map, (struct bytes){exact, size},
                               &EVENT_FORMAT);
    memory_free(exact);
    return is_good;
}

/* INT, YEAR, VARCHAR(400), VARBINARY, ENUM, CHAR(100) of utf8mb4, SET. */
static void full_map(struct event_bytes *event)
{
    event_map(event, "03 0d 0f 0f fe fe fe",
              "9001 0a00 f701 ee90 f801", "7e");
    event_field(event, 1, "40");
    event_field(event, 2, "fcff00 01 3f");
    event_field(event, 10, "2d");
    event_names(event, "id,y,v,b,e,c,s");
    event_field(event, 6, "02 0161 0162");
    event_field(event, 5, "01 0178");
    event_field(event, 8, "00");
    event_field(event, 12, "fc");
    event_field(event, 99, "0102");
}

static void every_field_is_read(void **state)
{
    struct event_bytes event;
    struct binlog_map map = {.table_id = 0};

    (void)state;
    full_map(&event);
    assert_true(parse(&map, &event, event.size));
    assert_int_equal(map.table_id, 7);
    assert_int_equal(map.flags, 1);
    assert_string_equal(map.database, "shop");
    assert_string_equal(map.table, "orders");
    assert_int_equal(map.column_count, 7);
    assert_false(map.columns[0].is_nullable);
    assert_true(map.columns[1].is_nullable);
    assert_true(map.has_signs && map.has_names && map.has_key);
    assert_false(map.columns[0].is_unsigned);
    assert_true(map.columns[1].is_unsigned);
    assert_int_equal(map.columns[2].collation, 255);
    assert_int_equal(map.columns[3].collation, 63);
    assert_int_equal(map.columns[5].collation, 255);
    assert_int_equal(map.columns[4].collation, 45);
    assert_int_equal(map.columns[4].code, 247);
    assert_int_equal(map.columns[6].code, 248);
    assert_int_equal(map.columns[4].label_count, 2);
    assert_int_equal(map.columns[6].label_count, 1);
    assert_int_equal(binlog_string_bytes(&map.columns[5]), 400);
    assert_memory_equal(map.columns[2].name.data, "v", 1);
    assert_int_equal(map.key_count, 1);
    assert_true(map.columns[5].is_visible);
    assert_false(map.columns[6].is_visible);
    binlog_map_release(&map);
}

static void a_map_cut_anywhere_is_refused(void **state)
{
    struct event_bytes event;
    struct binlog_map map = {.table_id = 0};
    size_t whole;

    (void)state;
    event_map(&event, "03 0f", "9001", "00");
    whole = event.size;
    for (size_t size = 0; size < whole; size++)
        assert_false(parse(&map, &event, size));
    assert_true(parse(&map, &event, whole));
    full_map(&event);
    for (size_t size = 0; size < event.size; size++)
        assert_true(!parse(&map, &event, size) || map.column_count > 0);
    /* The length of the last field. */
    event.data[event.size - 3] = 200;
    assert_false(parse(&map, &event, event.size));
    binlog_map_release(&map);
}

static void an_unknown_type_is_refused_by_number(void **state)
{
    struct event_bytes event;
    struct binlog_map map = {.table_id = 0};

    (void)state;
    event_map(&event, "03 c8", "", "00");
    assert_false(parse(&map, &event, event.size));
    assert_string_equal(map.reason,
                        "column 2 of 2 has the type 200, which is not known");
    event_map(&event, "03 14", "", "00");
    assert_false(parse(&map, &event, event.size));
    binlog_map_release(&map);
}

static void the_same_map_is_known_again(void **state)
{
    struct event_bytes event;
    struct binlog_map map = {.table_id = 0};

    (void)state;
    full_map(&event);
    assert_false(binlog_map_again(&map, event_body(&event), &EVENT_FORMAT));
    assert_true(parse(&map, &event, event.size));
    event.data[0] = 9;
    assert_true(binlog_map_again(&map, event_body(&event), &EVENT_FORMAT));
    assert_int_equal(map.table_id, 9);
    event.data[event.size - 1] ^= 1;
    assert_false(binlog_map_again(&map, event_body(&event), &EVENT_FORMAT));
    binlog_map_release(&map);
}

static struct table *plain_table(void)
{
    struct table *table = table_new("shop", "orders");
    size_t key = 0;

    mysql_column(table, "id", "int(11)");
    mysql_column(table, "name", "varchar(20) NULL");
    table_set_key(table, &key, 1);
    table_settle(table);
    return table;
}

static const char *resolve(const struct table *table,
                           const struct binlog_layout *layout,
                           const struct event_bytes *event)
{
    static struct binlog_resolution resolution;
    struct binlog_map map = {.table_id = 0};
    static char reason[256];
    enum binlog_answer answer;

    assert_true(parse(&map, event, event->size));
    answer = binlog_map_resolve(&map, table, layout, event_charsets(),
                                &resolution);
    memcpy(reason, resolution.reason, sizeof(reason));
    binlog_resolution_release(&resolution);
    binlog_map_release(&map);
    return answer == BINLOG_MATCH ? "" : reason;
}

static void columns_are_found_by_name(void **state)
{
    struct table *table = plain_table();
    struct event_bytes event;

    (void)state;
    event_map(&event, "0f 03 08", "5000", "01");
    event_names(&event, "name,id,more");
    assert_string_equal(resolve(table, NULL, &event), "");
    event_map(&event, "0f 08", "5000", "01");
    event_names(&event, "name,id");
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"id\" has another type than int(11)");
    event_map(&event, "0f 03", "5000", "01");
    event_field(&event, 1, "80");
    event_names(&event, "name,id");
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"id\" has another type than int(11)");
    event_map(&event, "0f 03", "5000", "03");
    event_names(&event, "name,id");
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"id\" could be NULL");
    event_map(&event, "0f", "5000", "01");
    event_names(&event, "name");
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"id\" is not in the log");
    event_map(&event, "0f 03 03", "5000", "01");
    event_names(&event, "name,id,id");
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"id\" is there twice");
    event_map(&event, "03 fc", "02", "02");
    event_names(&event, "id,name");
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"name\" has another type than varchar(20)");
    table_free(table);
}

static void without_names_the_order_decides(void **state)
{
    struct binlog_layout_column columns[] = {
        {"id", "int(11)", NULL, false, false},
        {"left_out", "bigint(20)", NULL, true, false},
        {"name", "varchar(20)", "utf8mb4", true, false}};
    struct binlog_layout layout = {columns, 3, BINLOG_NO_COLUMN};
    struct table *table = plain_table();
    struct event_bytes event;

    (void)state;
    event_map(&event, "03 08 0f", "5000", "06");
    assert_string_equal(resolve(table, &layout, &event), "");
    assert_string_equal(resolve(table, NULL, &event),
                        "its layout at the source is not known");
    layout.column_count = 2;
    assert_string_equal(resolve(table, &layout, &event),
                        "it has 2 columns, in the log 3");
    layout.column_count = 3;
    columns[1].declared = (char *)"int(11)";
    assert_string_equal(
        resolve(table, &layout, &event),
        "column 2 has another type than \"left_out\" int(11)");
    columns[1].declared = (char *)"bigint(20)";
    columns[2].name = (char *)"other";
    assert_string_equal(resolve(table, &layout, &event),
                        "column \"name\" is not in the log");
    table_free(table);
}

static void labels_that_cannot_be_spelt_need_full_metadata(void **state)
{
    struct binlog_layout_column columns[] = {
        {"e", "enum('?')", "utf8mb4", false, false}};
    struct binlog_layout layout = {columns, 1, BINLOG_NO_COLUMN};
    struct table *table = table_new("shop", "orders");
    struct event_bytes event;

    (void)state;
    mysql_column(table, "e", "enum('?')");
    event_map(&event, "fe", "f701", "00");
    assert_non_null(strstr(resolve(table, &layout, &event), "FULL"));
    columns[0].charset = (char *)"latin1";
    assert_string_equal(resolve(table, &layout, &event), "");
    event_names(&event, "e");
    event_field(&event, 6, "01 04f09f8c8a");
    assert_string_equal(resolve(table, NULL, &event), "");
    event.data[event.size - 6] = 2;
    table_free(table);
}

static void labels_and_key_are_those_of_the_table(void **state)
{
    struct table *table = plain_table();
    struct event_bytes event;

    (void)state;
    mysql_column(table, "e", "enum('a','it''s')");
    table->key_index = memory_text("PRIMARY");
    event_map(&event, "03 0f fe", "5000 f701", "02");
    event_names(&event, "id,name,e");
    event_field(&event, 6, "02 0161 0469742773");
    assert_string_equal(resolve(table, NULL, &event),
                        "the primary key has other columns");
    event_field(&event, 8, "00");
    assert_string_equal(resolve(table, NULL, &event), "");
    event.data[event.size - 1] = 1;
    assert_string_equal(resolve(table, NULL, &event),
                        "the primary key has other columns");
    event.data[event.size - 1] = 0;
    event.data[event.size - 4] ^= 1;
    assert_string_equal(resolve(table, NULL, &event),
                        "column \"e\" has other labels");
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(a_map_cut_anywhere_is_refused),
        cmocka_unit_test(an_unknown_type_is_refused_by_number),
        cmocka_unit_test(the_same_map_is_known_again),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(without_names_the_order_decides),
        cmocka_unit_test(labels_that_cannot_be_spelt_need_full_metadata),
        cmocka_unit_test(labels_and_key_are_those_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
