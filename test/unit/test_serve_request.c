/* Lines of the daemon's socket. */

#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "serve/request.h"

static enum status parse(const char *text, struct request *request,
                         struct error *error)
{
    return request_parse(text, strlen(text), request, error);
}

static void each_request_is_understood(void **state)
{
    struct request request;
    struct error error;

    (void)state;
    assert_ok(parse("{\"do\":\"status\"}", &request, &error), error);
    assert_int_equal(request.kind, REQUEST_STATUS);
    request_release(&request);
    assert_ok(parse("{\"do\":\"pause\",\"tables\":[\"a\",\"b c\"]}", &request,
                    &error), error);
    assert_int_equal(request.kind, REQUEST_PAUSE);
    assert_int_equal(request.table_count, 2);
    assert_string_equal(request.tables[1], "b c");
    request_release(&request);
    assert_ok(parse(" {\"do\":\"throttle\",\"rate\":5000000} ", &request,
                    &error), error);
    assert_int_equal(request.rate, 5000000);
    request_release(&request);
    assert_ok(parse("{\"do\":\"throttle\",\"rate\":0}", &request, &error),
              error);
    assert_int_equal(request.rate, 0);
    request_release(&request);
}

static void all_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "{}", "[]", "1", "null", "{\"do\":1}", "{\"do\":\"rm\"}",
        "{\"do\":\"status\"", "{\"do\":\"status\"} x",
        "{\"do\":\"status\",\"do\":\"pause\"}",
        "{\"do\":\"pause\",\"tables\":\"a\"}",
        "{\"do\":\"pause\",\"tables\":[1]}",
        "{\"do\":\"pause\",\"tables\":[\"\"]}",
        "{\"do\":\"pause\",\"tables\":[\"a\\u0000b\"]}",
        "{\"do\":\"throttle\"}", "{\"do\":\"throttle\",\"rate\":\"5M\"}",
        "{\"do\":\"throttle\",\"rate\":-1}",
        "{\"do\":\"throttle\",\"rate\":99999}",
        "{\"do\":\"throttle\",\"rate\":1e9}",
        "{\"do\":\"status\xff\"}",
    };
    struct request request;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (parse(texts[i], &request, &error) == STATUS_OK)
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(error.id, ERROR_USAGE);
        assert_null(request.tables);
    }
}

static void long_ones_are_refused(void **state)
{
    size_t size = REQUEST_BYTES_MAX + 1;
    char *text = memory_new(size, 1);
    struct request request;
    struct error error;

    (void)state;
    memset(text, ' ', size);
    assert_fails(request_parse(text, size, &request, &error), error,
                 ERROR_USAGE);
    memset(text, '[', size - 1);
    assert_fails(request_parse(text, size - 1, &request, &error), error,
                 ERROR_USAGE);
    memory_free(text);
    char name[300];
    (void)memset(name, 'n', sizeof name);
    text = memory_format("{\"do\":\"pause\",\"tables\":[\"%.256s\"]}", name);
    assert_fails(parse(text, &request, &error), error, ERROR_USAGE);
    memory_free(text);
}

static void what_is_written_is_read(void **state)
{
    char *tables[] = {memory_text("a\"b"), memory_text("\xe6\xb5\xb7")};
    const struct request written = {.kind = REQUEST_RESUME, .tables = tables,
                                    .table_count = 2};
    const struct request rate = {.kind = REQUEST_THROTTLE, .rate = 123456};
    struct request request;
    struct error error;
    char *text = request_text(&written);

    (void)state;
    assert_ok(parse(text, &request, &error), error);
    assert_int_equal(request.kind, REQUEST_RESUME);
    assert_string_equal(request.tables[0], tables[0]);
    assert_string_equal(request.tables[1], tables[1]);
    request_release(&request);
    memory_free(text);
    text = request_text(&rate);
    assert_ok(parse(text, &request, &error), error);
    assert_int_equal(request.rate, 123456);
    request_release(&request);
    memory_free(text);
    memory_free(tables[0]);
    memory_free(tables[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_understood),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(long_ones_are_refused),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
