/* Any text as a URL: refused, or taken apart into parts that can stand in
 * headers, messages and statements. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "settings/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const char *text)
{
    if (!text_is_utf8(bytes_of(text)))
        abort();
    for (; *text != '\0'; text++) {
        if (iscntrl((unsigned char)*text))
            abort();
    }
}

static void check(const struct url *url)
{
    struct buffer shown;

    check_part(url->scheme);
    check_part(url->user);
    check_part(url->host);
    check_part(url->path);
    for (size_t i = 0; i < url->parameter_count; i++) {
        check_part(url->parameters[i].name);
        check_part(url->parameters[i].value);
        if (url_parameter(url, url->parameters[i].name) !=
            url->parameters[i].value)
            abort();
    }
    if (strpbrk(url->host, "/@?# ") != NULL)
        abort();
    (void)url_is_local(url);
    buffer_init(&shown, 64 << 10);
    url_text(url, &shown);
    check_part(buffer_text(&shown));
    buffer_release(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_text_part((const char *)data, size);
    struct secret *password;
    struct error error;
    struct url url;

    error_clear(&error);
    if (url_parse(text, &url, &password, &error) == STATUS_OK) {
        check(&url);
        url_release(&url);
        secret_free(password);
    } else if (password != NULL || error.id != ERROR_SETTINGS_VALUE) {
        abort();
    }
    memory_free(text);
    return 0;
}
