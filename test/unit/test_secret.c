/* No secret in a text or in the log, and the log's formats. */

#include "unit.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "scratch.h"

static void a_secret_is_blotted_out_everywhere(void **state)
{
    struct secret *secret = secret_new("s3cr3t!", 7);
    char text[] = "s3cr3t! a s3cr3t!s3cr3t! s3cr3t";

    (void)state;
    assert_string_equal(secret_reveal(secret), "s3cr3t!");
    secret_redact(text);
    assert_string_equal(text, "******* a ************** s3cr3t");
    secret_free(secret);
    assert_null(secret_reveal(NULL));
    secret_free(NULL);
}

static void a_secret_that_begins_another_hides_no_rest(void **state)
{
    struct secret *shorter = secret_new("abcd", 4);
    struct secret *longer = secret_new("abcdefgh", 8);
    char text[] = "x abcdefgh abcd";

    (void)state;
    secret_redact(text);
    assert_string_equal(text, "x ******** ****");
    secret_free(longer);
    secret_free(shorter);
}

static void short_and_freed_secrets_are_left_alone(void **state)
{
    struct secret *shorter = secret_new("abc", 3);
    struct secret *empty = secret_new("", 0);
    char text[] = "abc wxyz";

    (void)state;
    secret_free(secret_new("wxyz", 4));
    secret_redact(text);
    assert_string_equal(text, "abc wxyz");
    secret_free(shorter);
    secret_free(empty);
}

static const char *logged(void **state, enum log_format format,
                          const char *about, const char *message)
{
    const char *path = scratch_path(state, "log");
    struct log_options options = {LOG_INFO, format, path};
    struct error error;

    scratch_write(path, "", 0);
    assert_ok(log_open(&options, &error), error);
    log_line(LOG_DEBUG, about, "not shown");
    log_line(LOG_ERROR, about, "%s", message);
    log_close();
    return scratch_read(path);
}

static void a_text_line_starts_with_what_it_is_about(void **state)
{
    assert_string_equal(logged(state, LOG_TEXT, "orders/full", "no way"),
                        "orders/full: no way\n");
    assert_string_equal(logged(state, LOG_TEXT, NULL, "no way"), "no way\n");
}

static void further_lines_cannot_pass_for_messages(void **state)
{
    assert_string_equal(
        logged(state, LOG_TEXT, "a", "one\nmain: forged\n  effect: x"),
        "a: one\n  main: forged\n  effect: x\n");
    assert_string_equal(logged(state, LOG_TEXT, "a\nb", "x\033[2Jy"),
                        "a?b: x?[2Jy\n");
}

static void the_log_shows_no_secret(void **state)
{
    struct secret *secret = secret_new("hunter22", 8);
    enum log_format formats[] = {LOG_TEXT, LOG_LOGFMT, LOG_JSON};

    for (size_t i = 0; i < ARRAY_COUNT(formats); i++) {
        const char *line = logged(state, formats[i], "hunter22", "hunter22!");

        assert_null(strstr(line, "hunter22"));
        assert_non_null(strstr(line, "********!"));
    }
    secret_free(secret);
}

static void a_json_line_is_json_whatever_the_message(void **state)
{
    const char *line = logged(state, LOG_JSON, "a\"b",
                              "q\"\\ \xff\x01\n next (TM2104)");
    json_t *json = json_loads(line, 0, NULL);
    const char *message;

    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json,
                                                        "schema_version")),
                     1);
    message = json_string_value(json_object_get(json, "msg"));
    assert_string_equal(message, "q\"\\ ??\n next (TM2104)");
    assert_string_equal(json_string_value(json_object_get(json, "stream")),
                        "a\"b");
    assert_string_equal(json_string_value(json_object_get(json, "err")),
                        "TM2104");
    assert_string_equal(json_string_value(json_object_get(json, "level")),
                        "error");
    json_decref(json);
}

static void a_logfmt_line_is_one_line(void **state)
{
    const char *line = logged(state, LOG_LOGFMT, "a", "one\ntwo");

    assert_true(text_starts(line, "schema_version=1 ts="));
    assert_true(text_ends(line, " level=error stream=\"a\" "
                                "msg=\"one\\ntwo\"\n"));
}

static void a_log_that_cannot_be_opened_is_an_error(void **state)
{
    struct log_options options = {
        LOG_INFO, LOG_TEXT, scratch_path(state, "no/such/folder/log")};
    struct error error;

    assert_fails(log_open(&options, &error), error, ERROR_MACHINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_blotted_out_everywhere),
        cmocka_unit_test(a_secret_that_begins_another_hides_no_rest),
        cmocka_unit_test(short_and_freed_secrets_are_left_alone),
        cmocka_unit_test(a_text_line_starts_with_what_it_is_about),
        cmocka_unit_test(further_lines_cannot_pass_for_messages),
        cmocka_unit_test(the_log_shows_no_secret),
        cmocka_unit_test(a_json_line_is_json_whatever_the_message),
        cmocka_unit_test(a_logfmt_line_is_one_line),
        cmocka_unit_test(a_log_that_cannot_be_opened_is_an_error),
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
