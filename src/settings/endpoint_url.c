/* The URL of one end. What references put into it is encoded, so that no
 * secret and no variable can move where its parts begin and end. */

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "endpoint.h"
#include "file.h"

enum status end_refuse_exposed(const struct end *end, const struct node *node,
                               struct error *error)
{
    (void)reader_fail(&end->reader, ERROR_SECRET_EXPOSED, node->mark, error,
                      "the password of the %s stands in a file that its group "
                      "or everybody can read", end->reader.about);
    error_next(error, "Use password_file: PATH or password: ${cred:NAME}, or "
                      "chmod 600 %s", end->reader.path);
    return error->status;
}

/* Is a password written out? References are left out to see; what cannot be
 * parsed without them has none. */
static bool has_written_password(const struct end *end)
{
    struct buffer text;
    struct error ignored;
    struct secret *password;
    struct url url;
    bool is_written;

    if (expand(&end->reader, end->nodes.url, EXPAND_REMOVED, &text,
               &ignored) != STATUS_OK)
        return false;
    if (url_parse(buffer_text(&text), &url, &password, &ignored) == STATUS_OK)
        url_release(&url);
    is_written = password != NULL && secret_reveal(password)[0] != '\0';
    secret_free(password);
    buffer_wipe(&text);
    return is_written;
}

static enum status parse_url(struct end *end, struct error *error)
{
    struct endpoint_settings *endpoint = end->endpoint;
    const struct node *node = end->nodes.url;
    struct buffer text;
    enum status status = expand(&end->reader, node, EXPAND_ENCODED, &text,
                                error);

    if (status != STATUS_OK)
        return status;
    status = url_parse(buffer_text(&text), &endpoint->url,
                       &endpoint->password, error);
    buffer_wipe(&text);
    if (status != STATUS_OK)
        return reader_mark(&end->reader, node->mark, error);
    if (endpoint->password != NULL)
        endpoint->password_origin = memory_text("url");
    return STATUS_OK;
}

static enum status refuse_scheme(const struct end *end, struct error *error)
{
    struct buffer known;

    buffer_init(&known, 256);
    for (size_t i = 0; i < end->driver_count; i++)
        buffer_add_format(&known, "%s%s", i > 0 ? "|" : "",
                          end->drivers[i]->schemes);
    (void)reader_fail(&end->reader, ERROR_SETTINGS_VALUE,
                      end->nodes.url->mark, error,
                      "the URL cannot be used: \"%s\" is no %s that this "
                      "build knows", end->endpoint->url.scheme,
                      end->reader.about);
    error_next(error, "It knows %s.", buffer_text(&known));
    buffer_release(&known);
    return error->status;
}

static enum status find_driver(struct end *end, struct error *error)
{
    unsigned index;

    for (size_t i = 0; i < end->driver_count; i++) {
        if (!choice_find(end->drivers[i]->schemes, end->endpoint->url.scheme,
                         &index))
            continue;
        end->endpoint->driver = end->drivers[i];
        return STATUS_OK;
    }
    return refuse_scheme(end, error);
}

static enum status check_parameters(const struct end *end,
                                    struct error *error)
{
    const struct url *url = &end->endpoint->url;

    for (size_t i = 0; i < url->parameter_count; i++) {
        const char *name = url->parameters[i].name;

        if (text_equal(name, "tls") ||
            key_find(end->endpoint->driver, name) != NULL)
            continue;
        return reader_fail(&end->reader, ERROR_SETTINGS_KEY,
                           end->nodes.url->mark, error,
                           "unknown parameter \"%s\" in the URL of the %s",
                           name, end->reader.about);
    }
    return STATUS_OK;
}

enum status end_read_url(struct end *end, struct error *error)
{
    const struct node *node = end->nodes.url;
    enum status status;

    if (node->kind != NODE_TEXT)
        return reader_fail(&end->reader, ERROR_SETTINGS_VALUE, node->mark,
                           error, "\"url\" expects one text");
    if (end->reader.is_shared && has_written_password(end))
        return end_refuse_exposed(end, node, error);
    status = parse_url(end, error);
    if (status == STATUS_OK)
        status = find_driver(end, error);
    if (status == STATUS_OK)
        status = check_parameters(end, error);
    return status;
}
