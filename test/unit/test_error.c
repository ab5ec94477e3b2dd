/* Error texts as people get them. */

#include "unit.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"

static void an_error_has_the_status_of_its_id(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(error_set(&error, ERROR_STATE_BUSY, "busy with %d", 7),
                     STATUS_BUSY);
    assert_int_equal(error.id, ERROR_STATE_BUSY);
    assert_string_equal(error.what, "busy with 7");
    assert_string_equal(error.effect, "");
    assert_int_equal(error_set_status(&error, ERROR_STATE_BUSY, STATUS_TABLE,
                                      "x"),
                     STATUS_TABLE);
    error_clear(&error);
    assert_int_equal(error.id, ERROR_NONE);
    assert_int_equal(error.status, STATUS_OK);
}

static void a_new_error_forgets_effect_and_next(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, ERROR_DEFECT, "one");
    error_effect(&error, "It stands since %s.", "noon");
    error_next(&error, "Look.");
    assert_string_equal(error.effect, "It stands since noon.");
    error_set(&error, ERROR_DEFECT, "two: %s", error.what);
    assert_string_equal(error.what, "two: one");
    assert_string_equal(error.effect, "");
    assert_string_equal(error.next, "");
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct error error;
    char text[2048];
    size_t length;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa4", 3);
    for (size_t shift = 0; shift < 2; shift++) {
        error_set(&error, ERROR_DEFECT, "%s%s", shift > 0 ? "x" : "", text);
        length = strlen(error.what);
        assert_true(length >= sizeof(error.what) - 2);
        assert_true(text_ends(error.what, "\xc3\xa4..."));
        assert_true(text_is_utf8(bytes_of(error.what)));
    }
}

static void control_characters_and_bad_bytes_become_question_marks(void **s)
{
    struct error error;

    (void)s;
    error_set(&error, ERROR_DEFECT, "a\033[1mb\nc\x7f" "d\xff" "e\xc2\x9b" "f");
    assert_string_equal(error.what, "a?[1mb?c?d?e??f");
}

static void a_prefix_goes_in_front(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, ERROR_DEFECT, "no");
    error_prefix(&error, "stream %s", "orders/full");
    assert_string_equal(error.what, "stream orders/full: no");
}

static void a_secret_is_hidden_also_at_the_cut(void **state)
{
    struct secret *secret = secret_new("hunter2hunter2", 14);
    struct error error;
    char text[1024];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text + sizeof(error.what) - 10, "hunter2hunter2", 15);
    error_set(&error, ERROR_DEFECT, "%s", text);
    assert_null(strstr(error.what, "hunter"));
    error_next(&error, "use hunter2hunter2!");
    assert_string_equal(error.next, "use **************!");
    secret_free(secret);
}

static void there_is_always_something_to_do(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, ERROR_SOURCE_LOGIN, "no");
    assert_string_equal(error_advice(&error),
                        error_id_advice(ERROR_SOURCE_LOGIN));
    error_next(&error, "ask %s", "Ada");
    assert_string_equal(error_advice(&error), "ask Ada");
}

static void every_id_is_found_by_its_text(void **state)
{
    (void)state;
    for (int id = ERROR_NONE + 1; id < ERROR_ID_COUNT; id++) {
        enum error_id one = (enum error_id)id;

        assert_int_equal(error_id_find(error_id_text(one)), id);
        assert_true(strlen(error_id_summary(one)) > 0);
        assert_true(strlen(error_id_advice(one)) > 0);
    }
    assert_string_equal(error_id_text(ERROR_NONE), "");
    assert_int_equal(error_id_find(""), ERROR_NONE);
    assert_int_equal(error_id_find("TM9999"), ERROR_NONE);
    assert_string_equal(error_id_text(ERROR_TABLE_MISSING), "TM2101");
}

static void exit_codes_come_in_the_order_of_the_interface(void **state)
{
    /* 7 2 4 3 1 5 */
    static const enum status order[] = {
        STATUS_INTERNAL,  STATUS_USAGE,     STATUS_ACTION,
        STATUS_DIFFERENCES, STATUS_TABLE, STATUS_TEMPORARY, STATUS_OK};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        for (size_t j = i; j < ARRAY_COUNT(order); j++) {
            assert_int_equal(status_worse(order[i], order[j]), order[i]);
            assert_int_equal(status_worse(order[j], order[i]), order[i]);
        }
    }
    assert_int_equal(status_exit_code(STATUS_STOPPED), 130);
    assert_string_equal(status_name(STATUS_TEMPORARY), "temporary");
    assert_true(status_is_retryable(STATUS_TEMPORARY));
    assert_false(status_is_retryable(STATUS_ACTION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_the_status_of_its_id),
        cmocka_unit_test(a_new_error_forgets_effect_and_next),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(
            control_characters_and_bad_bytes_become_question_marks),
        cmocka_unit_test(a_prefix_goes_in_front),
        cmocka_unit_test(a_secret_is_hidden_also_at_the_cut),
        cmocka_unit_test(there_is_always_something_to_do),
        cmocka_unit_test(every_id_is_found_by_its_text),
        cmocka_unit_test(exit_codes_come_in_the_order_of_the_interface),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
