/* What a change of columns asks for, told from the shape that the rows have,
 * the table as it is described now, and the clause. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "sync/schema_changes.h"

#define ID "\"id\":\"int||not null|int(11)\""
#define A "\"a\":\"int||null|int(11)\""
#define B "\"b\":\"text|utf8mb4|null|varchar(10)\""
#define Z "\"z\":\"int||null|int(11)\""
#define SHAPE(columns) "{\"columns\":{" columns "}}"
#define BEFORE SHAPE(ID "," A "," B)

static struct schema schema;
static struct table *table;
static struct schema_case clause;
static struct log_change change;

/* The rows have `before`, the table is described by those columns now. */
static void given(const char *before, const char *now, const char *names)
{
    const bool is_stored[8] = {false};
    const size_t key[] = {0};
    char name[2] = "";
    table_free(table);
    schema_release(&schema);
    table = table_new("shop", "t");
    (void)table_add_column(table, "id");
    for (; *names; names++) {
        name[0] = *names;
        table_add_column(table, name)->is_nullable = true;
    }
    table_set_key(table, key, 1);
    schema_init(&schema, before, now);
    assert_int_equal(schema_begin(&schema, table, is_stored),
                     SCHEMA_GOES_ON);
    clause = (struct schema_case){.table = table, .change = &change};
}

static enum schema_answer judge(enum log_change_kind kind, const char *name,
                                const char *new_name, const char *declared)
{
    change = (struct log_change){
        .kind = kind,
        .name = (char *)(uintptr_t)name,
        .new_name = (char *)(uintptr_t)new_name,
        .declared = (char *)(uintptr_t)declared,
        .is_nullable = true,
        .has_default = change.has_default,
    };
    if (!clause.seed)
        clause.seed = name;
    enum schema_answer answer = schema_judge(&schema, &clause);
    clause.seed = NULL;
    change.has_default = false;
    return answer;
}

static void a_plain_column_that_is_there_now(void **context)
{
    (void)context;
    given(BEFORE, SHAPE(ID "," A "," B "," Z), "abz");
    assert_true(schema_awaits(&schema));
    assert_int_equal(judge(CHANGE_ADD, "Z", NULL, "int"), SCHEMA_GOES_ON);
    assert_false(schema_awaits(&schema));
    assert_false(schema_differs(&schema));
}

static void a_plain_column_that_is_not_there_yet(void **context)
{
    (void)context;
    given(BEFORE, BEFORE, "ab");
    assert_int_equal(judge(CHANGE_ADD, "z", NULL, "int"), SCHEMA_DESCRIBE);
    assert_false(schema_awaits(&schema));
    char *saved = schema_text(&schema);
    given(saved, SHAPE(ID "," A "," B "," Z), "abz");
    assert_false(schema_awaits(&schema));
    memory_free(saved);
}

static void a_column_with_values_is_read(void **context)
{
    (void)context;
    given(BEFORE, SHAPE(ID "," A "," B "," Z), "abz");
    change.has_default = true;
    assert_int_equal(judge(CHANGE_ADD, "z", NULL, "int"), SCHEMA_READ);
    assert_int_equal(judge(CHANGE_ADD, "z", NULL, NULL), SCHEMA_READ);
}

static void a_column_that_comes_back_is_read(void **context)
{
    const bool is_stored[] = {true, true, true, true};
    (void)context;
    given(BEFORE, BEFORE, "ab");
    clause.is_stored = true;
    assert_int_equal(judge(CHANGE_ADD, "z", NULL, "int"), SCHEMA_READ);
    given(BEFORE, BEFORE, "ab");
    assert_int_equal(judge(CHANGE_DROP, "a", NULL, NULL), SCHEMA_DESCRIBE);
    assert_true(schema_has_new(&schema, table));
    assert_int_equal(schema_begin(&schema, table, is_stored), SCHEMA_READ);
    assert_int_equal(judge(CHANGE_ADD, "a", NULL, "int"), SCHEMA_READ);
}

static void a_column_that_is_gone_asks_for_nothing(void **context)
{
    (void)context;
    given(BEFORE, SHAPE(ID "," B), "b");
    assert_int_equal(judge(CHANGE_DROP, "a", NULL, NULL), SCHEMA_GOES_ON);
    assert_int_equal(judge(CHANGE_DROP, "id", NULL, NULL), SCHEMA_READ);
}

static void a_new_name_keeps_the_seed(void **context)
{
    (void)context;
    given(BEFORE, BEFORE, "ab");
    assert_int_equal(judge(CHANGE_RENAME, "a", "z", NULL), SCHEMA_DESCRIBE);
    assert_true(clause.renames);
    given(BEFORE, SHAPE(ID "," B "," Z), "bz");
    assert_int_equal(judge(CHANGE_RENAME, "a", "z", NULL), SCHEMA_DESCRIBE);
    assert_true(clause.renames && !schema_awaits(&schema));
    given(BEFORE, SHAPE(ID "," B "," Z), "bz");
    assert_int_equal(judge(CHANGE_RENAME, "a", "y", NULL), SCHEMA_GOES_ON);
    clause.seed = "a";
    assert_int_equal(judge(CHANGE_RENAME, "y", "z", NULL), SCHEMA_DESCRIBE);
}

static void a_name_that_is_taken_is_read(void **context)
{
    const struct log_change missing = {.name = (char *)(uintptr_t)"z"};
    (void)context;
    given(BEFORE, BEFORE, "ab");
    assert_int_equal(judge(CHANGE_RENAME, "a", "b", NULL), SCHEMA_READ);
    assert_int_equal(judge(CHANGE_RENAME, "a", "id", NULL), SCHEMA_READ);
    /* Rows were read as if it were another column. */
    given(BEFORE, SHAPE(ID "," B "," Z), "bz");
    schema_miss(&schema, &missing, 1);
    assert_int_equal(judge(CHANGE_RENAME, "a", "z", NULL), SCHEMA_READ);
    /* It was read whole since. */
    given(BEFORE, SHAPE(ID "," B "," Z), "bz");
    schema_renew(&schema);
    assert_int_equal(judge(CHANGE_RENAME, "a", "z", NULL), SCHEMA_GOES_ON);
    assert_false(clause.renames);
}

static void types_may_grow(void **context)
{
    (void)context;
    given(BEFORE, SHAPE(ID ",\"a\":\"int||null|bigint(20)\"," B), "ab");
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "int"), SCHEMA_GOES_ON);
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "bigint"),
                     SCHEMA_GOES_ON);
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "int"), SCHEMA_READ);
    given(BEFORE, BEFORE, "ab");
    assert_int_equal(judge(CHANGE_TYPE, "b", NULL, "varchar(20)"),
                     SCHEMA_DESCRIBE);
    assert_int_equal(judge(CHANGE_TYPE, "b", NULL, "varchar(20)"),
                     SCHEMA_DESCRIBE);
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "varchar(20)"),
                     SCHEMA_READ);
    assert_int_equal(judge(CHANGE_TYPE, "id", NULL, "bigint"), SCHEMA_READ);
}

static void indexes_count_where_they_prove_the_key(void **context)
{
    (void)context;
    given(BEFORE, BEFORE, "ab");
    assert_int_equal(judge(CHANGE_DROP_INDEX, "i", NULL, NULL),
                     SCHEMA_GOES_ON);
    table->key_index = memory_text("i");
    assert_int_equal(judge(CHANGE_DROP_INDEX, "I", NULL, NULL), SCHEMA_READ);
    assert_int_equal(judge(CHANGE_PARENT, NULL, NULL, NULL),
                     SCHEMA_DESCRIBE);
    assert_int_equal(judge(CHANGE_OTHER, NULL, NULL, NULL), SCHEMA_READ);
}

static void a_person_is_asked(void **context)
{
    (void)context;
    given(BEFORE, BEFORE, "ab");
    clause.policy = SCHEMA_CHANGES_ASK;
    assert_int_equal(judge(CHANGE_ADD, "z", NULL, "int"), SCHEMA_STOP);
    assert_int_equal(judge(CHANGE_RENAME, "a", "z", NULL), SCHEMA_STOP);
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "bigint"), SCHEMA_STOP);
    assert_int_equal(judge(CHANGE_DROP, "b", NULL, NULL), SCHEMA_DESCRIBE);
    clause.policy = SCHEMA_CHANGES_FREEZE;
    assert_int_equal(judge(CHANGE_ADD, "z", NULL, "int"), SCHEMA_GOES_ON);
    assert_true(clause.is_left_out);
    assert_int_equal(judge(CHANGE_RENAME, "a", "z", NULL), SCHEMA_STOP);
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "text"), SCHEMA_STOP);
    assert_int_equal(judge(CHANGE_TYPE, "a", NULL, "bigint"),
                     SCHEMA_DESCRIBE);
}

static void what_a_shape_needs_a_person_for(void **context)
{
    const char *wide = SHAPE(ID "," A ",\"b\":\"text|utf8mb4|null|"
                             "varchar(20)\"");
    const char *large = SHAPE(ID ",\"a\":\"int||null|bigint(20)\"," B);
    const char *other = SHAPE(ID ",\"a\":\"text||null|text\"," B);
    (void)context;
    assert_false(schema_needs_person(NULL, BEFORE, SCHEMA_CHANGES_ASK));
    assert_false(schema_needs_person(BEFORE, wide, SCHEMA_CHANGES_ASK));
    assert_true(schema_needs_person(BEFORE, large, SCHEMA_CHANGES_ASK));
    assert_false(schema_needs_person(BEFORE, large, SCHEMA_CHANGES_FREEZE));
    assert_true(schema_needs_person(BEFORE, other, SCHEMA_CHANGES_FREEZE));
    assert_false(schema_needs_person(BEFORE, other, SCHEMA_CHANGES_ADD));
    assert_true(schema_needs_person(BEFORE, SHAPE(ID "," A "," B "," Z),
                                    SCHEMA_CHANGES_ASK));
    given(BEFORE, BEFORE, "ab");
    schema_stop(&schema);
    char *stopped = schema_text(&schema);
    assert_true(schema_needs_person(stopped, BEFORE,
                                    SCHEMA_CHANGES_FREEZE));
    memory_free(stopped);
    assert_true(schema_holds(BEFORE, "a") && !schema_holds(BEFORE, "z"));
    assert_true(schema_holds(NULL, "z"));
}

static void what_is_not_settled_stays_so(void **context)
{
    (void)context;
    given(BEFORE, BEFORE, "ab");
    schema_settle(&schema, false);
    char *saved = schema_text(&schema);
    given(saved, BEFORE, "ab");
    assert_true(schema_differs(&schema));
    schema_settle(&schema, true);
    assert_false(schema_differs(&schema));
    memory_free(saved);
}

static int let_go(void **context)
{
    (void)context;
    schema_release(&schema);
    table_free(table);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_column_that_is_there_now),
        cmocka_unit_test(a_plain_column_that_is_not_there_yet),
        cmocka_unit_test(a_column_with_values_is_read),
        cmocka_unit_test(a_column_that_comes_back_is_read),
        cmocka_unit_test(a_column_that_is_gone_asks_for_nothing),
        cmocka_unit_test(a_new_name_keeps_the_seed),
        cmocka_unit_test(a_name_that_is_taken_is_read),
        cmocka_unit_test(types_may_grow),
        cmocka_unit_test(indexes_count_where_they_prove_the_key),
        cmocka_unit_test(a_person_is_asked),
        cmocka_unit_test(what_a_shape_needs_a_person_for),
        cmocka_unit_test(what_is_not_settled_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, let_go);
}
