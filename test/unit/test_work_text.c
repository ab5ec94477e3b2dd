/* Which changes of a table ask for every row again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/work.h"

#define BEFORE \
    "{\"columns\":{\"a\":\"int\",\"b\":\"text\"},\"cursor\":\"u\"," \
    "\"dates\":0,\"deletes\":0,\"mode\":\"incremental\"}"

static void the_same_asks_for_nothing(void **context)
{
    (void)context;
    assert_false(shape_needs_reading(BEFORE, BEFORE));
    assert_false(shape_needs_reading(NULL, BEFORE));
}

static void a_column_that_is_gone_asks_for_nothing(void **context)
{
    (void)context;
    assert_false(shape_needs_reading(
        BEFORE, "{\"columns\":{\"a\":\"int\"},\"cursor\":\"u\",\"dates\":0,"
                "\"deletes\":0,\"mode\":\"incremental\"}"));
}

static void what_changes_the_rows_asks_for_all(void **context)
{
    static const char *const changed[] = {
        /* a new column, another class, another filter, policy, cursor */
        "{\"columns\":{\"a\":\"int\",\"b\":\"text\",\"c\":\"int\"},"
        "\"cursor\":\"u\",\"dates\":0,\"deletes\":0,"
        "\"mode\":\"incremental\"}",
        "{\"columns\":{\"a\":\"text\",\"b\":\"text\"},\"cursor\":\"u\","
        "\"dates\":0,\"deletes\":0,\"mode\":\"incremental\"}",
        "{\"columns\":{\"a\":\"int\",\"b\":\"text\"},\"cursor\":\"u\","
        "\"dates\":0,\"deletes\":0,\"mode\":\"incremental\","
        "\"rows\":\"a = 1\"}",
        "{\"columns\":{\"a\":\"int\",\"b\":\"text\"},\"cursor\":\"u\","
        "\"dates\":1,\"deletes\":0,\"mode\":\"incremental\"}",
        "{\"columns\":{\"a\":\"int\",\"b\":\"text\"},\"cursor\":\"v\","
        "\"dates\":0,\"deletes\":0,\"mode\":\"incremental\"}",
        "{\"columns\":{\"a\":\"int\",\"b\":\"text\"},\"cursor\":\"u\","
        "\"dates\":0,\"deletes\":1,\"mode\":\"incremental\"}",
        "{\"columns\":{\"a\":\"int\",\"b\":\"text\"},"
        "\"dates\":0,\"deletes\":0,\"mode\":\"full\"}",
    };
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(changed); i++)
        assert_true(shape_needs_reading(BEFORE, changed[i]));
}

static void a_damaged_text_asks_for_all(void **context)
{
    (void)context;
    assert_true(shape_needs_reading("{", BEFORE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_asks_for_nothing),
        cmocka_unit_test(a_column_that_is_gone_asks_for_nothing),
        cmocka_unit_test(what_changes_the_rows_asks_for_all),
        cmocka_unit_test(a_damaged_text_asks_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
