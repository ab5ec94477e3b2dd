/* What libcurl is given and what it gives, without a connection. */
#include "unit.h"

#include <string.h>

#include "warehouse/compress.h"
#include "warehouse/http_private.h"

static void only_what_was_never_sent_is_sent_anew(void **state)
{
    struct http http = {.taken = 0};
    (void)state;
    assert_int_equal(http_on_seek(&http, 0, SEEK_SET), CURL_SEEKFUNC_OK);
    assert_int_equal(http_on_seek(&http, 1, SEEK_SET), CURL_SEEKFUNC_FAIL);
    assert_int_equal(http_on_seek(&http, 0, SEEK_END), CURL_SEEKFUNC_FAIL);
    http.taken = 1;
    assert_int_equal(http_on_seek(&http, 0, SEEK_SET), CURL_SEEKFUNC_FAIL);
    assert_int_equal(http_on_seek(&http, 1, SEEK_SET), CURL_SEEKFUNC_FAIL);
}

static void header(struct http *http, char *line)
{
    assert_int_equal(http_on_header(line, 1, strlen(line), http),
                     strlen(line));
}

static void headers_are_those_of_the_last_answer(void **state)
{
    struct http http = {.moved = 0};
    (void)state;
    buffer_init(&http.headers, 1 << 20);
    assert_string_equal(http_header(&http, "A"), "");
    header(&http, (char[]){"HTTP/1.1 100 Continue\r\n"});
    header(&http, (char[]){"A: old\r\n"});
    header(&http, (char[]){"HTTP/1.1 200 OK\r\n"});
    header(&http, (char[]){"X-ab: \t new \r\n"});
    header(&http, (char[]){"X-abc: other\n"});
    header(&http, (char[]){"\r\n"});
    assert_string_equal(http_header(&http, "x-AB"), "new ");
    assert_string_equal(http_header(&http, "X-abc"), "other");
    assert_string_equal(http_header(&http, "A"), "");
    assert_string_equal(http_header(&http, "X-a"), "");
    assert_int_equal(http.moved, 23 + 8 + 17 + 14 + 13 + 2);
    buffer_release(&http.headers);
}

static void too_long_an_answer_is_refused(void **state)
{
    struct http http = {.moved = 0};
    char body[] = "0123456789";
    static char line[128 * 1024];
    (void)state;
    buffer_init(&http.body, 16);
    assert_int_equal(http_on_write(body, 1, 10, &http), 10);
    assert_int_equal(http.moved, 10);
    assert_false(http.is_too_large);
    assert_int_equal(http_on_write(body, 1, 10, &http), 0);
    assert_true(http.is_too_large);
    buffer_release(&http.body);
    buffer_init(&http.headers, 1 << 20);
    memset(line, 'x', sizeof line);
    http.is_too_large = false;
    assert_int_equal(http_on_header(line, 1, sizeof line - 1, &http),
                     sizeof line - 1);
    assert_false(http.is_too_large);
    assert_int_equal(http_on_header(line, 1, 1, &http), 0);
    assert_true(http.is_too_large);
    buffer_release(&http.headers);
}

/* All pieces without compression; a pause where they are used up, an end only
 * where they were the last. */
static void an_upload_pauses_and_ends(void **state)
{
    struct iovec pieces[] = {{(char[]){"abc"}, 3}, {NULL, 0},
                             {(char[]){"defg"}, 4}};
    struct http http = {.pieces = pieces, .piece_count = 3};
    char sent[8];
    (void)state;
    http.compressor = compressor_new(COMPRESSION_NONE);
    assert_int_equal(http_on_read(sent, 1, 5, &http), 5);
    assert_memory_equal(sent, "abcde", 5);
    assert_int_equal(http_on_read(sent, 1, 5, &http), 2);
    assert_memory_equal(sent, "fg", 2);
    assert_false(http.is_starving);
    assert_true(http_on_read(sent, 1, 5, &http) == CURL_READFUNC_PAUSE);
    assert_true(http.is_starving);
    http.is_ending = true;
    assert_int_equal(http_on_read(sent, 1, 5, &http), 0);
    assert_true(http.is_ended);
    assert_int_equal(http.taken, 7);
    assert_int_equal(http.moved, 7);
    compressor_free(http.compressor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_never_sent_is_sent_anew),
        cmocka_unit_test(headers_are_those_of_the_last_answer),
        cmocka_unit_test(too_long_an_answer_is_refused),
        cmocka_unit_test(an_upload_pauses_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
