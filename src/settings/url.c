/* URLs, split strictly and decoded once. No message repeats any part of the
 * text: a password with an unwritten '/' or '@' in it would turn up as a host,
 * a port or a path. */

#include "settings/url.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "url_part.h"

#define URL_BYTES_MAX 8192u
#define PARAMETERS_MAX 32u

static enum status refuse(struct error *error, const char *problem)
{
    return error_set(error, ERROR_SETTINGS_VALUE, "the URL cannot be used: %s",
                     problem);
}

/* With the advice that most often helps. */
static enum status refuse_part(struct error *error, const char *problem)
{
    (void)refuse(error, problem);
    error_next(error, "Write @ as %%40, / as %%2F, : as %%3A, # as %%23, ? as "
                      "%%3F and %% as %%25 in user, password and names.");
    return error->status;
}

/* What stands before the first of `ends`; *rest is moved to that character. */
static struct part take_until(const char **rest, const char *ends)
{
    struct part part = {*rest, strcspn(*rest, ends)};

    *rest += part.size;
    return part;
}

static enum status parse_scheme(const char **rest, struct url *url,
                                struct error *error)
{
    struct part part = take_until(rest, ":");

    url->scheme = part_scheme(part);
    if (url->scheme == NULL || !text_starts(*rest, "://")) {
        (void)refuse(error, "it does not begin with scheme://");
        error_next(error,
                   "Write it as scheme://user@host:port/database.");
        return error->status;
    }
    *rest += strlen("://");
    return STATUS_OK;
}

static enum status parse_user(struct part part, struct url *url,
                              struct secret **password, struct error *error)
{
    const char *colon = memchr(part.text, ':', part.size);
    size_t size = colon == NULL ? part.size : (size_t)(colon - part.text);

    memory_free(url->user);
    url->user = part_decode((struct part){part.text, size});
    if (url->user == NULL)
        return refuse_part(error, "its user cannot be decoded");
    if (colon == NULL)
        return STATUS_OK;
    *password = part_secret(
        (struct part){colon + 1, part.size - size - 1});
    return *password != NULL
               ? STATUS_OK
               : refuse_part(error, "its password cannot be decoded");
}

static enum status parse_port(struct part part, struct url *url,
                              struct error *error)
{
    uint64_t port = 0;
    char *text;
    bool is_number;

    if (part.size == 0)
        return STATUS_OK;
    text = memory_text_part(part.text, part.size);
    is_number = text_to_u64(text, &port) && port >= 1 && port <= UINT16_MAX;
    memory_free(text);
    url->port = (uint16_t)port;
    if (is_number)
        return STATUS_OK;
    return refuse_part(error, "its port is not a number from 1 to 65535");
}

/* host, host:port, [IPv6], [IPv6]:port or nothing */
static enum status parse_host(struct part part, struct url *url,
                              struct error *error)
{
    const char *end = part.text + part.size;
    const char *close = NULL;
    const char *colon;

    if (part.size > 0 && part.text[0] == '[')
        close = memchr(part.text, ']', part.size);
    colon = close != NULL ? close + 1 : memchr(part.text, ':', part.size);
    if (colon == NULL)
        colon = end;
    memory_free(url->host);
    url->host = close != NULL
                    ? part_ipv6((struct part){part.text + 1,
                                              (size_t)(close - part.text - 1)})
                    : part_host((struct part){part.text,
                                              (size_t)(colon - part.text)});
    if (url->host == NULL || (colon < end && *colon != ':'))
        return refuse_part(error, "its host is no name or address");
    if (colon == end)
        return STATUS_OK;
    return parse_port((struct part){colon + 1, (size_t)(end - colon - 1)},
                      url, error);
}

static enum status parse_authority(const char **rest, struct url *url,
                                   struct secret **password,
                                   struct error *error)
{
    struct part part = take_until(rest, "/?#");
    const char *at = part_last(part, '@');
    enum status status = STATUS_OK;

    if (at != NULL) {
        size_t size = (size_t)(at - part.text);

        status = parse_user((struct part){part.text, size}, url, password,
                            error);
        part = (struct part){at + 1, part.size - size - 1};
    }
    if (status == STATUS_OK)
        status = parse_host(part, url, error);
    return status;
}

/* An '@' here is most likely the end of a password with a '/' in it. */
static enum status parse_path(const char **rest, struct url *url,
                              struct error *error)
{
    struct part part = take_until(rest, "?#");
    bool is_files = text_equal(url->scheme, "files");

    if (part_last(part, '@') != NULL)
        return refuse_part(error, "an @ stands behind the host");
    if (is_files && (url->host[0] != '\0' || part.size < 2))
        return refuse(error, "a folder is written files:///folder");
    if (part.size > 0 && !is_files)
        part = (struct part){part.text + 1, part.size - 1};
    memory_free(url->path);
    url->path = part_decode(part);
    return url->path != NULL
               ? STATUS_OK
               : refuse_part(error, "its path cannot be decoded");
}

static enum status add_parameter(struct part part, struct url *url,
                                 struct error *error)
{
    const char *equals = memchr(part.text, '=', part.size);
    size_t size = equals == NULL ? 0 : (size_t)(equals - part.text);
    struct url_parameter *parameter;

    if (size == 0)
        return refuse(error, "a parameter is written name=value");
    if (url->parameter_count == PARAMETERS_MAX)
        return refuse(error, "it has too many parameters");
    parameter = &url->parameters[url->parameter_count];
    *parameter = (struct url_parameter){
        part_decode((struct part){part.text, size}),
        part_decode((struct part){equals + 1, part.size - size - 1})};
    url->parameter_count++;
    if (parameter->name == NULL || parameter->value == NULL)
        return refuse_part(error, "a parameter cannot be decoded");
    for (size_t i = 0; i + 1 < url->parameter_count; i++) {
        if (text_equal(url->parameters[i].name, parameter->name))
            return refuse(error, "a parameter stands twice");
    }
    return STATUS_OK;
}

static enum status parse_parameters(const char *rest, struct url *url,
                                    struct error *error)
{
    enum status status = STATUS_OK;

    if (*rest == '?')
        url->parameters = memory_new(PARAMETERS_MAX,
                                     sizeof(*url->parameters));
    while (status == STATUS_OK && (*rest == '?' || *rest == '&')) {
        struct part part;

        rest++;
        part = take_until(&rest, "&#");
        status = add_parameter(part, url, error);
    }
    if (status == STATUS_OK && *rest != '\0')
        return refuse_part(error, "a # stands in it");
    return status;
}

enum status url_parse(const char *text, struct url *url,
                      struct secret **password, struct error *error)
{
    const char *rest = text;
    enum status status;

    *password = NULL;
    *url = (struct url){.user = memory_text(""), .host = memory_text(""),
                        .path = memory_text("")};
    if (strlen(text) > URL_BYTES_MAX)
        status = refuse(error, "it is longer than 8192 bytes");
    else
        status = parse_scheme(&rest, url, error);
    if (status == STATUS_OK)
        status = parse_authority(&rest, url, password, error);
    if (status == STATUS_OK)
        status = parse_path(&rest, url, error);
    if (status == STATUS_OK)
        status = parse_parameters(rest, url, error);
    if (status != STATUS_OK) {
        url_release(url);
        secret_free(*password);
        *password = NULL;
    }
    return status;
}

void url_release(struct url *url)
{
    memory_free(url->scheme);
    memory_free(url->user);
    memory_free(url->host);
    memory_free(url->path);
    for (size_t i = 0; i < url->parameter_count; i++) {
        memory_free(url->parameters[i].name);
        memory_free(url->parameters[i].value);
    }
    memory_free(url->parameters);
    *url = (struct url){0};
}

const char *url_parameter(const struct url *url, const char *name)
{
    for (size_t i = 0; i < url->parameter_count; i++) {
        if (text_equal(url->parameters[i].name, name))
            return url->parameters[i].value;
    }
    return NULL;
}

void url_text(const struct url *url, struct buffer *target)
{
    bool is_ipv6 = strchr(url->host, ':') != NULL;

    buffer_add_format(target, "%s://%s%s", url->scheme, url->user,
                      url->user[0] == '\0' ? "" : "@");
    buffer_add_format(target, is_ipv6 ? "[%s]" : "%s", url->host);
    if (url->port != 0)
        buffer_add_format(target, ":%u", (unsigned)url->port);
    if (url->path[0] != '\0')
        buffer_add_format(target, "%s%s", url->path[0] == '/' ? "" : "/",
                          url->path);
}

bool url_is_local(const struct url *url)
{
    struct in_addr four;
    struct in6_addr six;

    if (url->host[0] == '\0' || text_equal_nocase(url->host, "localhost"))
        return true;
    if (inet_pton(AF_INET, url->host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, url->host, &six) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&six) ||
           (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}
