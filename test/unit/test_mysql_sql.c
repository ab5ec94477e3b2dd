/* The SELECTs of scans, as texts; what servers make of them is counted in
 * test/server/test_source_keys.py. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "source/mysql.h"

struct scene {
    struct table *table;
    struct scan_request request;
    struct buffer sql;
    struct error error;
};

static void add(struct scene *scene, const char *name, const char *declared,
                const char *charset, const char *collation)
{
    struct column *column = table_add_column(scene->table, name);
    column->declared = memory_text(declared);
    column->charset = memory_text(charset);
    column->collation = memory_text(collation);
    assert_true(mysql_map_column(column));
}

/* Columns id, name, e, at, day, n; the key is to be set. */
static int set_up(void **state)
{
    struct scene *scene = memory_new(1, sizeof(*scene));
    scene->table = table_new("shop", "or`ders");
    add(scene, "id", "int(11)", NULL, NULL);
    add(scene, "name", "varchar(9)", "latin1", "latin1_german2_ci");
    add(scene, "e", "enum('a','it''s','c')", "utf8mb4", "utf8mb4_bin");
    add(scene, "at", "datetime(3)", NULL, NULL);
    add(scene, "day", "date", NULL, NULL);
    add(scene, "n", "bigint(20)", NULL, NULL);
    scene->request.table = scene->table;
    scene->request.cursor_from_us = INT64_MIN;
    scene->request.cursor_to_us = INT64_MAX;
    buffer_init(&scene->sql, MYSQL_SELECT_BYTES);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    buffer_release(&scene->sql);
    table_free(scene->table);
    memory_free(scene);
    return 0;
}

static void set_key(struct scene *scene, size_t first, size_t second)
{
    const size_t key[] = {first, second};
    table_set_key(scene->table, key, first == second ? 1 : 2);
    memory_free(scene->table->key_index);
    scene->table->key_index = memory_text("PRIMARY");
}

static const char *select_text(struct scene *scene)
{
    buffer_clear(&scene->sql);
    assert_ok(mysql_select(NULL, &scene->request, &scene->sql, &scene->error),
              scene->error);
    return buffer_text(&scene->sql);
}

/* What stands behind the name of the table. */
static const char *tail(struct scene *scene)
{
    static const char name[] = "FROM `shop`.`or``ders`";
    const char *text = strstr(select_text(scene), name);
    assert_non_null(text);
    return text + strlen(name);
}

static void the_first_page_is_ordered_by_the_forced_index(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    scene->request.row_limit = 10;
    assert_string_equal(
        select_text(scene),
        "SELECT `id`,`name`,`e`,`at`,`day`,`n` FROM `shop`.`or``ders`"
        " FORCE INDEX (`PRIMARY`) ORDER BY `id` LIMIT 10");
}

static void a_key_of_two_is_nested_with_equality(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 1);
    scene->request.after = "[\"-5\",\"xe4\"]";
    assert_string_equal(
        tail(scene),
        " FORCE INDEX (`PRIMARY`) WHERE `id` >= -5 AND (`id` > -5 OR"
        " (`id` = -5 AND (`name` > _latin1 X'e4' COLLATE latin1_german2_ci)))"
        " ORDER BY `id`,`name`");
}

static void an_enum_goes_on_by_its_labels(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 2, 2);
    scene->request.after = "[\"2\"]";
    assert_string_equal(
        tail(scene),
        " FORCE INDEX (`PRIMARY`) WHERE `e` IN (CONVERT(_utf8mb4 X'63' USING"
        " utf8mb4) COLLATE utf8mb4_bin) ORDER BY `e`");
    assert_non_null(strstr(select_text(scene),
                           ",CAST(`e` AS UNSIGNED) FROM "));
    scene->request.after = "[\"3\"]";
    assert_non_null(strstr(tail(scene), "`e` IN (NULL)"));
}

/* Within a label the key goes on, so the label itself is listed too. */
static void an_enum_in_front_is_compared_with_its_own_label(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 2, 0);
    scene->request.after = "[\"2\",\"5\"]";
    assert_non_null(strstr(
        tail(scene),
        " OR (`e` IN (CONVERT(_utf8mb4 X'69742773' USING utf8mb4) COLLATE"
        " utf8mb4_bin) AND (`id` > 5))) ORDER BY `e`,`id`"));
}

static void a_cursor_stands_in_front_of_the_key(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    scene->request.order = SCAN_BY_CURSOR;
    scene->request.cursor = "at";
    scene->request.cursor_index = "by_at";
    scene->request.after = "[\"2024-02-00 10:00:00.5\",\"7\"]";
    scene->request.cursor_from_us = INT64_C(1704103200000001);
    scene->request.cursor_to_us = INT64_C(1704103201000000);
    assert_string_equal(
        tail(scene),
        " FORCE INDEX (`by_at`) WHERE `at` >= '2024-01-01 10:00:00.000' AND"
        " `at` < '2024-01-01 10:00:01.000' AND"
        " `at` >= '2024-02-00 10:00:00.5' AND (`at` >"
        " '2024-02-00 10:00:00.5' OR (`at` = '2024-02-00 10:00:00.5' AND"
        " (`id` > 7))) ORDER BY `at`,`id`");
}

static void a_cursor_in_the_key_stands_once(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 3);
    scene->request.order = SCAN_BY_CURSOR;
    scene->request.cursor = "at";
    scene->request.after = "[\"2024-01-01 10:00:00\",\"7\","
                           "\"2024-01-01 10:00:00\"]";
    assert_string_equal(
        tail(scene),
        " WHERE `at` IS NOT NULL AND `at` >= '2024-01-01 10:00:00' AND (`at`"
        " > '2024-01-01 10:00:00' OR (`at` = '2024-01-01 10:00:00' AND"
        " (`id` > 7))) ORDER BY `at`,`id`");
}

static void instants_become_what_the_cursor_holds(void **state)
{
    struct scene *scene = *state;
    struct zone *zone = zone_load("+02:00");
    set_key(scene, 0, 0);
    scene->request.order = SCAN_BY_CURSOR;
    scene->request.cursor_from_us = INT64_C(1704103200000001);
    scene->request.cursor_zone = zone;
    scene->request.cursor = "at";
    assert_non_null(strstr(tail(scene), ">= '2024-01-01 12:00:00.000'"));
    scene->request.cursor = "day";
    assert_non_null(strstr(tail(scene), ">= '2024-01-01'"));
    scene->request.cursor = "n";
    scene->request.cursor_unit = CURSOR_SECONDS;
    assert_non_null(strstr(tail(scene), ">= 1704103200 "));
    scene->request.cursor_unit = CURSOR_MILLISECONDS;
    assert_non_null(strstr(tail(scene), ">= 1704103200000 "));
    scene->request.cursor_from_us = -1;
    assert_non_null(strstr(tail(scene), ">= -1 "));
    zone_free(zone);
}

/* A value stands for all instants up to the next one: what may still be
 * written within the last of them is left to the window after. */
static void an_upper_edge_is_the_next_value(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    scene->request.order = SCAN_BY_CURSOR;
    scene->request.cursor_to_us = INT64_C(1704103200000001);
    scene->request.cursor = "at";
    assert_non_null(strstr(tail(scene), "< '2024-01-01 10:00:00.001'"));
    scene->request.cursor = "day";
    assert_non_null(strstr(tail(scene), "< '2024-01-02'"));
    scene->request.cursor = "n";
    scene->request.cursor_unit = CURSOR_SECONDS;
    assert_non_null(strstr(tail(scene), "< 1704103201 "));
}

static void rows_without_a_cursor_come_by_key(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    scene->request.order = SCAN_NULL_CURSOR;
    scene->request.cursor = "at";
    scene->request.after = "[\"7\"]";
    assert_string_equal(tail(scene),
                        " WHERE `at` IS NULL AND `id` > 7 ORDER BY `id`");
}

static void ranges_of_keys_are_inclusive(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 1, 1);
    scene->request.key_from = "a'b";
    scene->request.key_to = "\xc3\xa4";
    assert_non_null(strstr(
        tail(scene),
        " WHERE `name` >= CONVERT(_utf8mb4 X'612762' USING latin1) COLLATE"
        " latin1_german2_ci AND `name` <= CONVERT(_utf8mb4 X'c3a4' USING"));
}

static void a_position_cannot_become_sql(void **state)
{
    static const char *const hostile[] = {
        "", "[", "[]", "7", "[\"7\"", "[\"7\"]x", "[\"7\",\"8\"]",
        "[\"7 OR 1=1\"]", "[\"7)--\"]", "[\"x41\"]", "[\"\"]", "[\"a\\\"\"]",
        "[\"7\"", "[7]", "[\"0x41\"]",
    };
    static const char *const hostile_text[] = {
        "[\"\"]", "[\"x4\"]", "[\"x4g\"]", "[\"4142\"]", "[\"x41' OR '\"]",
    };
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    for (size_t i = 0; i < ARRAY_COUNT(hostile); i++) {
        scene->request.after = hostile[i];
        assert_fails(mysql_select(NULL, &scene->request, &scene->sql,
                                  &scene->error),
                     scene->error, ERROR_STATE_DAMAGED);
    }
    set_key(scene, 1, 1);
    for (size_t i = 0; i < ARRAY_COUNT(hostile_text); i++) {
        scene->request.after = hostile_text[i];
        assert_fails(mysql_select(NULL, &scene->request, &scene->sql,
                                  &scene->error),
                     scene->error, ERROR_STATE_DAMAGED);
    }
}

static void a_cursor_that_is_not_there_is_an_error(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    scene->request.order = SCAN_BY_CURSOR;
    scene->request.cursor = "none";
    assert_fails(mysql_select(NULL, &scene->request, &scene->sql,
                              &scene->error),
                 scene->error, ERROR_COLUMN_MISSING);
}

struct filtered {
    const char *filter;
    const char *sql; /* NULL: nothing may be written */
};

/* What SQL might see otherwise is left out; AND stays with its other side. */
static const struct filtered FILTERS[] = {
    {"id = 5", "`id` = 5"},
    {"id NOT IN (1, 2)", "NOT (`id` IN (1,2))"},
    {"id > 5 AND n < -2", "(`id` > 5 AND `n` < -2)"},
    {"id > 5 OR n <> 2", "(`id` > 5 OR `n` <> 2)"},
    {"name = 'it''s'", "`name` = _utf8mb4 X'69742773'"},
    {"name IN ('a', 'b')", "`name` IN (_utf8mb4 X'61',_utf8mb4 X'62')"},
    {"name <> 'a'", NULL},
    {"name > 'a'", NULL},
    {"NOT name = 'a'", NULL},
    {"NOT (name = 'a' AND id = 1)", NULL},
    {"name > 'a' AND id = 1", "`id` = 1"},
    {"name > 'a' OR id = 1", NULL},
    {"e = 'a'", "`e` = _utf8mb4 X'61'"},
    {"at >= '2024-01-01'", "`at` >= '2024-01-01 00:00:00.000000'"},
    {"day = '2024-01-01'", "`day` = '2024-01-01'"},
    {"day < '2024-01-01 10:00:00'", NULL},
    {"at IS NULL", "`at` IS NULL"},
    {"NOT at IS NULL", "NOT (`at` IS NULL)"},
};

static void filters_are_written_only_where_sql_agrees(void **state)
{
    struct scene *scene = *state;
    set_key(scene, 0, 0);
    for (size_t i = 0; i < ARRAY_COUNT(FILTERS); i++) {
        struct filter *filter = NULL;
        char wanted[256] = "";
        assert_ok(filter_parse(FILTERS[i].filter, &filter, &scene->error),
                  scene->error);
        assert_ok(filter_bind(filter, scene->table, &scene->error),
                  scene->error);
        scene->request.where = filter;
        if (FILTERS[i].sql != NULL)
            snprintf(wanted, sizeof(wanted), " WHERE %s", FILTERS[i].sql);
        const char *text = tail(scene) + strlen(" FORCE INDEX (`PRIMARY`)");
        if (strncmp(text, wanted, strlen(wanted)) != 0 ||
            strcmp(text + strlen(wanted), " ORDER BY `id`") != 0)
            fail_msg("%s: %s", FILTERS[i].filter, text);
        filter_free(filter);
    }
}

static void a_retyped_column_is_not_compared_by_the_server(void **state)
{
    struct scene *scene = *state;
    struct filter *filter = NULL;
    set_key(scene, 0, 0);
    scene->table->columns[3].date_policy = DATES_NULL;
    assert_ok(filter_parse("at IS NULL", &filter, &scene->error),
              scene->error);
    assert_ok(filter_bind(filter, scene->table, &scene->error),
              scene->error);
    scene->request.where = filter;
    assert_null(strstr(select_text(scene), "WHERE"));
    filter_free(filter);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SCENE(the_first_page_is_ordered_by_the_forced_index),
        SCENE(a_key_of_two_is_nested_with_equality),
        SCENE(an_enum_goes_on_by_its_labels),
        SCENE(an_enum_in_front_is_compared_with_its_own_label),
        SCENE(a_cursor_stands_in_front_of_the_key),
        SCENE(a_cursor_in_the_key_stands_once),
        SCENE(instants_become_what_the_cursor_holds),
        SCENE(an_upper_edge_is_the_next_value),
        SCENE(rows_without_a_cursor_come_by_key),
        SCENE(ranges_of_keys_are_inclusive),
        SCENE(a_position_cannot_become_sql),
        SCENE(a_cursor_that_is_not_there_is_an_error),
        SCENE(filters_are_written_only_where_sql_agrees),
        SCENE(a_retyped_column_is_not_compared_by_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
