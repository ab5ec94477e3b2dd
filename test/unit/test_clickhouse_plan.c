/* What tidemark would change in ClickHouse, by what stands there. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixture_model.h"
#include "warehouse/clickhouse_plan.h"

static struct clickhouse house(void)
{
    return (struct clickhouse){.database = memory_text("d"),
                               .deletes = DELETES_REMOVE};
}

/* id UInt64 key; hidden, not stored; note Nullable(String). */
static struct table *orders(void)
{
    struct table *table = table_new("shop", "orders");
    fixture_column(table, "id", KIND_UINT, 8);
    fixture_column(table, "hidden", KIND_INT, 4)->is_stored = false;
    fixture_column(table, "note", KIND_TEXT, 0)->is_nullable = true;
    fixture_key(table, 1);
    return table;
}

static void there_is(struct clickhouse_table *there, const char *name,
                     const char *engine)
{
    *there = (struct clickhouse_table){
        .name = memory_text(name),
        .engine = memory_text(engine),
        .engine_full =
            memory_text("ReplacingMergeTree(_tm_version, _tm_deleted)"),
        .sorting_key = memory_text("id"),
        .uuid = memory_text(""),
        .comment = memory_text(""),
        .select = memory_text("SELECT id, note FROM d.orders__tm FINAL"),
        .columns = memory_new(8, sizeof(struct clickhouse_column)),
    };
}

static void there_column(struct clickhouse_table *there, const char *name,
                         const char *type)
{
    there->columns[there->column_count++] = (struct clickhouse_column){
        .name = memory_text(name),
        .type = memory_text(type),
        .comment = memory_text("")};
}

struct scene {
    struct clickhouse house;
    struct table *table;
    struct clickhouse_table stored;
    struct clickhouse_table view;
    struct steps steps;
};

/* Both there and as they must be, for a test to change. */
static struct scene scene(void)
{
    struct scene scene = {.house = house(), .table = orders()};
    there_is(&scene.stored, "orders__tm", "ReplacingMergeTree");
    there_is(&scene.view, "orders", "View");
    there_column(&scene.stored, "id", "UInt64");
    there_column(&scene.stored, "note", "Nullable(String)");
    there_column(&scene.stored, "_tm_version", "UInt64");
    there_column(&scene.stored, "_tm_deleted", "UInt8");
    there_column(&scene.stored, "_tm_digest", "UInt64");
    there_column(&scene.view, "id", "UInt64");
    there_column(&scene.view, "note", "Nullable(String)");
    return scene;
}

static void set(char **text, const char *to)
{
    memory_free(*text);
    *text = memory_text(to);
}

static void plan(struct scene *scene)
{
    clickhouse_steps(&scene->house, scene->table, &scene->stored,
                     &scene->view, &scene->steps);
}

static void end(struct scene *scene)
{
    steps_release(&scene->steps);
    clickhouse_table_release(&scene->stored);
    clickhouse_table_release(&scene->view);
    table_free(scene->table);
    memory_free(scene->house.database);
}

static void assert_step(const struct scene *scene, size_t at,
                        enum step_kind kind, const char *text,
                        const char *sql)
{
    assert_true(at < scene->steps.count);
    const struct step *step = &scene->steps.list[at];
    assert_int_equal(step->kind, kind);
    assert_string_equal(step->text, text);
    if (sql)
        assert_string_equal(step->sql, sql);
    else
        assert_null(step->sql);
}

static void a_table_that_is_not_there_is_made(void **state)
{
    struct scene made = {.house = house(), .table = orders()};
    (void)state;
    plan(&made);
    assert_int_equal(made.steps.count, 2);
    assert_true(made.steps.is_new);
    assert_step(&made, 0, STEP_CREATE,
                "create table d.orders__tm (2 columns)",
                "CREATE TABLE IF NOT EXISTS `d`.`orders__tm` (\n"
                "  `id` UInt64 COMMENT 'tidemark seed=id',\n"
                "  `note` Nullable(String) COMMENT 'tidemark seed=note',\n"
                "  _tm_version UInt64,\n  _tm_deleted UInt8,\n"
                "  _tm_digest UInt64)\n"
                "ENGINE = ReplacingMergeTree(_tm_version, _tm_deleted) "
                "ORDER BY `id`");
    assert_step(&made, 1, STEP_VIEW, "create view d.orders",
                "CREATE OR REPLACE VIEW `d`.`orders` AS SELECT `id`, `note` "
                "FROM `d`.`orders__tm` FINAL");
    end(&made);
}

static void bucket_key_mark_and_comment_are_part_of_it(void **state)
{
    struct scene made = {.house = house(), .table = orders()};
    (void)state;
    made.house.deletes = DELETES_MARK;
    made.table->is_bucketed = true;
    made.table->columns[1].is_stored = true;
    set(&made.table->comment, "it's");
    fixture_key(made.table, 2);
    plan(&made);
    const char *sql = made.steps.list[0].sql;
    assert_non_null(strstr(sql, ",\n  _tm_bucket UInt32)"));
    assert_non_null(strstr(sql, "\nENGINE = ReplacingMergeTree(_tm_version) "
                                "ORDER BY (`id`, `hidden`)\n"
                                "COMMENT 'it\\'s'"));
    assert_step(&made, 1, STEP_VIEW, "create view d.orders",
                "CREATE OR REPLACE VIEW `d`.`orders` AS SELECT `id`, "
                "`hidden`, `note`, _tm_deleted FROM `d`.`orders__tm` FINAL "
                "WHERE _tm_deleted < 2");
    end(&made);
}

static void what_is_as_it_must_be_is_left_alone(void **state)
{
    struct scene same = scene();
    (void)state;
    plan(&same);
    assert_int_equal(same.steps.count, 0);
    assert_null(same.steps.needs_reload);
    assert_false(same.steps.is_new);
    end(&same);
}

static void a_missing_column_is_added_in_its_place(void **state)
{
    struct scene behind = scene();
    struct scene first = scene();
    (void)state;
    set(&behind.stored.columns[1].name, "other");
    plan(&behind);
    assert_step(&behind, 0, STEP_ADD,
                "add column d.orders__tm.note Nullable(String)",
                "ALTER TABLE `d`.`orders__tm` ADD COLUMN IF NOT EXISTS "
                "`note` Nullable(String) COMMENT 'tidemark seed=note' "
                "AFTER `id`");
    assert_int_equal(behind.steps.list[1].kind, STEP_VIEW);
    assert_string_equal(behind.steps.list[1].text, "replace view d.orders");
    end(&behind);
    set(&first.stored.columns[0].name, "other");
    plan(&first);
    assert_true(text_ends(first.steps.list[0].sql, " FIRST"));
    end(&first);
}

/* The kind of the wanted column against the type that is there; NULL: it
 * fits, "": a reload, else the type it is widened to. */
static void assert_change(enum kind kind, uint8_t width, bool is_nullable,
                          const char *there, const char *wanted)
{
    struct scene scene_of = scene();
    struct column *column = fixture_column(scene_of.table, "c", kind, width);
    column->is_nullable = is_nullable;
    column->precision = 18;
    column->scale = 4;
    there_column(&scene_of.stored, "c", there);
    there_column(&scene_of.view, "c", there);
    plan(&scene_of);
    if (!wanted) {
        assert_null(scene_of.steps.needs_reload);
        assert_int_equal(scene_of.steps.count, 0);
    } else if (!*wanted) {
        assert_non_null(scene_of.steps.needs_reload);
    } else {
        char *sql = memory_format(
            "ALTER TABLE `d`.`orders__tm` MODIFY COLUMN `c` %s", wanted);
        char *undo = memory_format(
            "ALTER TABLE `d`.`orders__tm` MODIFY COLUMN `c` %s", there);
        assert_null(scene_of.steps.needs_reload);
        assert_int_equal(scene_of.steps.list[0].kind, STEP_WIDEN);
        assert_string_equal(scene_of.steps.list[0].sql, sql);
        assert_string_equal(scene_of.steps.list[0].undo, undo);
        assert_int_equal(scene_of.steps.list[1].kind, STEP_VIEW);
        memory_free(sql);
        memory_free(undo);
    }
    end(&scene_of);
}

static void a_type_grows_only_where_no_value_changes(void **state)
{
    (void)state;
    assert_change(KIND_INT, 4, false, "Int32", NULL);
    assert_change(KIND_INT, 8, false, "Int32", "Int64");
    assert_change(KIND_INT, 4, false, "Int64", "");
    assert_change(KIND_INT, 8, false, "UInt32", "Int64");
    assert_change(KIND_INT, 4, false, "UInt32", "");
    assert_change(KIND_UINT, 8, false, "Int32", "");
    assert_change(KIND_UINT, 8, false, "UInt16", "UInt64");
    assert_change(KIND_FLOAT, 8, false, "Float32", "Float64");
    assert_change(KIND_FLOAT, 8, false, "Int32", "");
    assert_change(KIND_DECIMAL, 8, false, "Decimal(10, 4)", "Decimal(18, 4)");
    assert_change(KIND_DECIMAL, 8, false, "Decimal(16, 2)", "Decimal(18, 4)");
    assert_change(KIND_DECIMAL, 8, false, "Decimal(17, 2)", "");
    assert_change(KIND_DECIMAL, 8, false, "Decimal(10, 5)", "");
    assert_change(KIND_TEXT, 0, false, "Int32", "");
}

static void a_column_that_may_be_null_stays_so(void **state)
{
    (void)state;
    assert_change(KIND_INT, 4, true, "Int32", "Nullable(Int32)");
    assert_change(KIND_INT, 4, true, "Nullable(Int32)", NULL);
    assert_change(KIND_INT, 4, false, "Nullable(Int32)", NULL);
    assert_change(KIND_INT, 8, false, "Nullable(Int32)", "Nullable(Int64)");
    assert_change(KIND_INT, 8, true, "Int32", "Nullable(Int64)");
    assert_change(KIND_TEXT, 0, false, "LowCardinality(String)", NULL);
}

static void a_key_never_changes_in_place(void **state)
{
    struct scene grown = scene();
    (void)state;
    set(&grown.stored.columns[0].type, "UInt32");
    plan(&grown);
    assert_int_equal(grown.steps.count, 0);
    assert_string_equal(grown.steps.needs_reload,
                        "column \"id\" is UInt32 there, not UInt64");
    end(&grown);
}

/* The table has columns of that name as its key; the server shows this. */
static bool is_key(const char *first, const char *second, const char *shown)
{
    struct scene keyed = scene();
    set(&keyed.table->columns[0].name, first);
    set(&keyed.stored.columns[0].name, first);
    if (second) {
        fixture_key(keyed.table, 2);
        set(&keyed.table->columns[1].name, second);
        keyed.table->columns[1].is_stored = true;
        there_column(&keyed.stored, second, "Int32");
        there_column(&keyed.stored, "_tm_bucket", "UInt32");
    }
    set(&keyed.stored.sorting_key, shown);
    plan(&keyed);
    bool fits = !keyed.steps.needs_reload;
    end(&keyed);
    return fits;
}

static void a_sorting_key_is_read_as_the_server_writes_it(void **state)
{
    (void)state;
    assert_true(is_key("id", NULL, "id"));
    assert_true(is_key("id", NULL, "(id)"));
    assert_true(is_key("id", NULL, "`id`"));
    assert_true(is_key("a b", NULL, "`a b`"));
    assert_true(is_key("a`b", NULL, "`a``b`"));
    assert_true(is_key("a`b", NULL, "`a\\`b`"));
    assert_true(is_key("a\\b", NULL, "`a\\\\b`"));
    assert_true(is_key("a\tb", NULL, "`a\\tb`"));
    assert_true(is_key("a\nb", NULL, "`a\\nb`"));
    assert_true(is_key("id", "day", "id, day"));
    assert_true(is_key("id", "day", "(id, `day`)"));
    assert_false(is_key("id", NULL, "id, day"));
    assert_false(is_key("id", NULL, "ident"));
    assert_false(is_key("ident", NULL, "id"));
    assert_false(is_key("id", "day", "id"));
    assert_false(is_key("id", "day", "day, id"));
    assert_false(is_key("id", "day", "id; day"));
    assert_false(is_key("a`", NULL, "`a\\"));
}

static void another_engine_or_policy_is_a_reload(void **state)
{
    struct scene marks = scene();
    struct scene plain = scene();
    struct scene gone = scene();
    struct scene bucket = scene();
    (void)state;
    marks.house.deletes = DELETES_MARK;
    plan(&marks);
    assert_string_equal(marks.steps.needs_reload,
                        "deletes: was remove or keep when it was made");
    set(&plain.stored.engine, "MergeTree");
    plan(&plain);
    assert_string_equal(plain.steps.needs_reload, "it has got a key");
    fixture_key(gone.table, 0);
    plan(&gone);
    assert_string_equal(gone.steps.needs_reload,
                        "it has no key any more");
    bucket.table->is_bucketed = true;
    plan(&bucket);
    assert_string_equal(bucket.steps.needs_reload,
                        "it has no column _tm_bucket");
    end(&marks);
    end(&plain);
    end(&gone);
    end(&bucket);
}

static void a_view_is_replaced_where_it_shows_something_else(void **state)
{
    static const struct {
        const char *type;
        const char *select;
    } cases[] = {
        {"String", "SELECT id, note FROM d.orders__tm FINAL"},
        {"Nullable(String)", "SELECT id, note FROM d.orders__tm"},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene other = scene();
        set(&other.view.columns[1].type, cases[i].type);
        set(&other.view.select, cases[i].select);
        plan(&other);
        assert_int_equal(other.steps.count, 1);
        assert_int_equal(other.steps.list[0].kind, STEP_VIEW);
        end(&other);
    }
    struct scene more = scene();
    there_column(&more.view, "extra", "Int8");
    plan(&more);
    assert_int_equal(more.steps.count, 1);
    end(&more);
}

static void what_is_not_ours_stands_in_the_way(void **state)
{
    struct scene table = scene();
    struct scene view = scene();
    (void)state;
    set(&table.view.engine, "MergeTree");
    plan(&table);
    assert_step(&table, 0, STEP_CANNOT,
                "cannot create view d.orders: something of that name is "
                "there already", NULL);
    end(&table);
    set(&view.view.select, "SELECT 1");
    plan(&view);
    assert_int_equal(view.steps.list[0].kind, STEP_CANNOT);
    end(&view);
    for (size_t i = 2; i < 5; i++) {
        struct scene made = scene();
        set(&made.stored.columns[i].name, "other");
        plan(&made);
        assert_step(&made, 0, STEP_CANNOT,
                    "cannot use table d.orders__tm: tidemark has not made it",
                    NULL);
        end(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_that_is_not_there_is_made),
        cmocka_unit_test(bucket_key_mark_and_comment_are_part_of_it),
        cmocka_unit_test(what_is_as_it_must_be_is_left_alone),
        cmocka_unit_test(a_missing_column_is_added_in_its_place),
        cmocka_unit_test(a_type_grows_only_where_no_value_changes),
        cmocka_unit_test(a_column_that_may_be_null_stays_so),
        cmocka_unit_test(a_key_never_changes_in_place),
        cmocka_unit_test(a_sorting_key_is_read_as_the_server_writes_it),
        cmocka_unit_test(another_engine_or_policy_is_a_reload),
        cmocka_unit_test(a_view_is_replaced_where_it_shows_something_else),
        cmocka_unit_test(what_is_not_ours_stands_in_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
