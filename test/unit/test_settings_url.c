/* URLs: taken apart once, never repeated in an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "settings/url.h"

static void parse(const char *text, struct url *url, struct secret **password)
{
    struct error error;

    error_clear(&error);
    if (url_parse(text, url, password, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.what);
}

static void refused(const char *text, const char *what)
{
    struct secret *password;
    struct error error;
    struct url url;
    char *expected = memory_format("the URL cannot be used: %s", what);

    assert_int_equal(url_parse(text, &url, &password, &error), STATUS_USAGE);
    assert_int_equal(error.id, ERROR_SETTINGS_VALUE);
    assert_string_equal(error.what, expected);
    assert_null(password);
    assert_null(strstr(error.next, "hunter"));
    memory_free(expected);
}

static void every_part_is_found(void **state)
{
    struct secret *password;
    struct url url;

    (void)state;
    parse("MySQL://sync:hunter2@db1.example.com:3307/shop?socket=/a&b=c%26d",
          &url, &password);
    assert_string_equal(url.scheme, "mysql");
    assert_string_equal(url.user, "sync");
    assert_string_equal(secret_reveal(password), "hunter2");
    assert_string_equal(url.host, "db1.example.com");
    assert_int_equal(url.port, 3307);
    assert_string_equal(url.path, "shop");
    assert_int_equal(url.parameter_count, 2);
    assert_string_equal(url_parameter(&url, "socket"), "/a");
    assert_string_equal(url_parameter(&url, "b"), "c&d");
    assert_null(url_parameter(&url, "c"));
    secret_free(password);
    url_release(&url);
}

static void absent_parts_are_empty(void **state)
{
    struct secret *password;
    struct url url;

    (void)state;
    parse("mysql://h", &url, &password);
    assert_string_equal(url.user, "");
    assert_null(password);
    assert_string_equal(url.host, "h");
    assert_int_equal(url.port, 0);
    assert_string_equal(url.path, "");
    assert_int_equal(url.parameter_count, 0);
    url_release(&url);
    parse("mysql://u:@h:/?a=", &url, &password);
    assert_string_equal(secret_reveal(password), "");
    assert_int_equal(url.port, 0);
    assert_string_equal(url_parameter(&url, "a"), "");
    secret_free(password);
    url_release(&url);
}

static void parts_are_decoded_once(void **state)
{
    struct secret *password;
    struct url url;

    (void)state;
    parse("mysql://a%40b:p%3A%2F%40%2523%ff@h/%E5%BA%97%20%31", &url,
          &password);
    assert_string_equal(url.user, "a@b");
    assert_string_equal(secret_reveal(password), "p:/@%23\xff");
    assert_string_equal(url.path, "\xe5\xba\x97 1");
    secret_free(password);
    url_release(&url);
    parse("mysql://u:a@b:c@h/d", &url, &password);
    assert_string_equal(secret_reveal(password), "a@b:c");
    assert_string_equal(url.host, "h");
    secret_free(password);
    url_release(&url);
}

static void a_folder_keeps_its_slash(void **state)
{
    struct secret *password;
    struct url url;

    (void)state;
    parse("files:///var/lib/out", &url, &password);
    assert_string_equal(url.host, "");
    assert_string_equal(url.path, "/var/lib/out");
    url_release(&url);
    refused("files://var/lib", "a folder is written files:///folder");
    refused("files://h/x", "a folder is written files:///folder");
    refused("files://", "a folder is written files:///folder");
    refused("files:///", "a folder is written files:///folder");
}

static void addresses_of_both_kinds(void **state)
{
    struct secret *password;
    struct url url;

    (void)state;
    parse("mysql://[2001:db8::1]:3306/a", &url, &password);
    assert_string_equal(url.host, "2001:db8::1");
    assert_int_equal(url.port, 3306);
    url_release(&url);
    parse("mysql://h:1", &url, &password);
    assert_int_equal(url.port, 1);
    url_release(&url);
    parse("mysql://h:65535", &url, &password);
    assert_int_equal(url.port, 65535);
    url_release(&url);
    parse("mysql://[::1]", &url, &password);
    assert_string_equal(url.host, "::1");
    url_release(&url);
    refused("mysql://[::1/a", "its host is no name or address");
    refused("mysql://[::zz]/a", "its host is no name or address");
    refused("mysql://[::1]x/a", "its host is no name or address");
    refused("mysql://[127.0.0.1]/a", "its host is no name or address");
}

static void what_is_no_url_is_refused(void **state)
{
    static const char scheme[] = "it does not begin with scheme://";

    (void)state;
    refused("", scheme);
    refused("hunter2", scheme);
    refused("mysql:/h/a", scheme);
    refused("://h", scheme);
    refused("1mysql://h", scheme);
    refused("my_sql://h", scheme);
    refused("mysql://h_\xc3\xa4/a", "its host is no name or address");
    refused("mysql://h ost/a", "its host is no name or address");
    refused("mysql://h%00/a", "its host is no name or address");
    refused("mysql://h%0d%0aX/a", "its host is no name or address");
    refused("mysql://h:0/a", "its port is not a number from 1 to 65535");
    refused("mysql://h:65536/a", "its port is not a number from 1 to 65535");
    refused("mysql://h:1x/a", "its port is not a number from 1 to 65535");
    refused("mysql://h/a%2", "its path cannot be decoded");
    refused("mysql://h/a%zz", "its path cannot be decoded");
    refused("mysql://h/a%0a", "its path cannot be decoded");
    refused("mysql://h/a%ff", "its path cannot be decoded");
    refused("mysql://u%00@h/a", "its user cannot be decoded");
    refused("mysql://u:a%00b@h/a", "its password cannot be decoded");
    refused("mysql://u:a%@h/a", "its password cannot be decoded");
    refused("mysql://h/a?b", "a parameter is written name=value");
    refused("mysql://h/a?=b", "a parameter is written name=value");
    refused("mysql://h/a?", "a parameter is written name=value");
    refused("mysql://h/a?b=c&b=d", "a parameter stands twice");
    refused("mysql://h/a?b=%zz", "a parameter cannot be decoded");
}

static void a_password_with_a_slash_is_not_taken_for_a_host(void **state)
{
    (void)state;
    refused("mysql://sync:hunter/2@h/a",
            "its port is not a number from 1 to 65535");
    refused("mysql://sync:12/hunter@h/a", "an @ stands behind the host");
    refused("mysql://sync:hunter#2@h/a",
            "its port is not a number from 1 to 65535");
    refused("mysql://sync:1#hunter@h/a", "a # stands in it");
}

static void long_ones_are_refused(void **state)
{
    char text[9001];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text, "mysql://", 8);
    refused(text, "it is longer than 8192 bytes");
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "mysql://h/a?a=b", 15);
    for (int i = 0; i < 40; i++) {
        text[15 + i * 5] = '&';
        text[16 + i * 5] = (char)('A' + i % 26);
        text[17 + i * 5] = (char)('A' + i / 26);
        text[18 + i * 5] = '=';
    }
    text[15 + 40 * 5] = '\0';
    refused(text, "it has too many parameters");
}

static void shown(const char *text, const char *expected)
{
    struct secret *password;
    struct buffer buffer;
    struct url url;

    parse(text, &url, &password);
    buffer_init(&buffer, 1024);
    url_text(&url, &buffer);
    assert_string_equal(buffer_text(&buffer), expected);
    buffer_release(&buffer);
    secret_free(password);
    url_release(&url);
}

static void people_see_no_password_and_no_parameter(void **state)
{
    (void)state;
    shown("mysql://sync:hunter2@h:1/shop?socket=/s", "mysql://sync@h:1/shop");
    shown("mysql://h", "mysql://h");
    shown("mysql://[::1]:5/a", "mysql://[::1]:5/a");
    shown("files:///out", "files:///out");
}

static bool is_local(const char *text)
{
    struct secret *password;
    struct url url;
    bool answer;

    parse(text, &url, &password);
    answer = url_is_local(&url);
    secret_free(password);
    url_release(&url);
    return answer;
}

static void only_this_machine_is_local(void **state)
{
    (void)state;
    assert_true(is_local("mysql://localhost/a"));
    assert_true(is_local("mysql://LocalHost/a"));
    assert_true(is_local("mysql://127.0.0.1/a"));
    assert_true(is_local("mysql://127.9.8.7/a"));
    assert_true(is_local("mysql://[::1]/a"));
    assert_true(is_local("mysql://[::ffff:127.0.0.1]/a"));
    assert_true(is_local("mysql:///a"));
    assert_false(is_local("mysql://localhost.example.com/a"));
    assert_false(is_local("mysql://127.0.0.1.example.com/a"));
    assert_false(is_local("mysql://127.1/a"));
    assert_false(is_local("mysql://128.0.0.1/a"));
    assert_false(is_local("mysql://[::2]/a"));
    assert_false(is_local("mysql://[::ffff:10.0.0.1]/a"));
    assert_false(is_local("mysql://0.0.0.0/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_found),
        cmocka_unit_test(absent_parts_are_empty),
        cmocka_unit_test(parts_are_decoded_once),
        cmocka_unit_test(a_folder_keeps_its_slash),
        cmocka_unit_test(addresses_of_both_kinds),
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(a_password_with_a_slash_is_not_taken_for_a_host),
        cmocka_unit_test(long_ones_are_refused),
        cmocka_unit_test(people_see_no_password_and_no_parameter),
        cmocka_unit_test(only_this_machine_is_local),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
