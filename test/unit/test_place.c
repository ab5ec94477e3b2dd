/* Checkpoints as text: what is written is read back, what is not ours is
 * refused, and what people see in SQLite stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sync/task.h"

static void the_text_is_what_people_read(void **context)
{
    (void)context;
    char *text = place_text("copy", INT64_C(1700000000123456), INT64_MIN,
                            "[\"5\",\"x00ff\"]", NULL);
    assert_string_equal(text,
                        "{\"phase\":\"copy\","
                        "\"mark\":\"2023-11-14T22:13:20.123456Z\","
                        "\"after\":[\"5\",\"x00ff\"]}");
    memory_free(text);
}

static void every_part_comes_back(void **context)
{
    struct place place;
    struct error error;
    (void)context;
    char *text = place_text("swap", -1, 99, "[\"1\"]", "token\"7");
    assert_int_equal(place_read(text, "t/reload", &place, &error), STATUS_OK);
    assert_string_equal(place.phase, "swap");
    assert_int_equal(place.mark_us, -1);
    assert_int_equal(place.bound_us, 99);
    assert_string_equal(place.after, "[\"1\"]");
    assert_string_equal(place.token, "token\"7");
    place_release(&place);
    memory_free(text);
}

static void nothing_is_an_empty_place(void **context)
{
    struct place place;
    struct error error;
    (void)context;
    assert_int_equal(place_read(NULL, "t/x", &place, &error), STATUS_OK);
    assert_null(place.after);
    assert_null(place.phase);
    assert_true(place.mark_us == INT64_MIN && place.bound_us == INT64_MIN);
}

static void what_is_not_ours_is_refused(void **context)
{
    static const char *const texts[] = {
        "", "[]", "{", "{\"mark\":5}", "{\"mark\":\"yesterday\"}",
        "{\"after\":\"5\"}", "{\"phase\":1}", "{\"mark\":\"\",\"mark\":\"\"}",
    };
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct place place;
        struct error error;
        assert_int_equal(place_read(texts[i], "t/x", &place, &error),
                         STATUS_ACTION);
        assert_int_equal(error.id, ERROR_STATE_DAMAGED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_what_people_read),
        cmocka_unit_test(every_part_comes_back),
        cmocka_unit_test(nothing_is_an_empty_place),
        cmocka_unit_test(what_is_not_ours_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
