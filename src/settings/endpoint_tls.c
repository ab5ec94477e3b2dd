/* How the connection to one end is secured. */

#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "endpoint.h"

static enum status refuse(const struct end *end, struct key_mark mark,
                          struct error *error)
{
    return reader_fail(&end->reader, ERROR_SETTINGS_VALUE, mark, error,
                       "\"tls\" expects verify, off or {ca: PATH}");
}

static enum status set_mode(struct end *end, const char *text,
                            struct key_mark mark, struct error *error)
{
    if (text_equal(text, "verify"))
        end->endpoint->tls.mode = TLS_VERIFY;
    else if (text_equal(text, "off"))
        end->endpoint->tls.mode = TLS_OFF;
    else
        return refuse(end, mark, error);
    return STATUS_OK;
}

static enum status read_authority(struct end *end, struct error *error)
{
    const struct node *map = end->nodes.tls;
    const struct node *ca = node_child(map, "ca");
    struct tls_settings *tls = &end->endpoint->tls;
    enum status status;
    char *text;

    if (ca == NULL || map->first != map->last)
        return refuse(end, map->mark, error);
    status = reader_text(&end->reader, "ca", ca, &text, error);
    if (status != STATUS_OK)
        return status;
    tls->mode = TLS_VERIFY;
    tls->ca = reader_path(&end->reader, text);
    memory_free(text);
    if (access(tls->ca, R_OK) == 0)
        return STATUS_OK;
    return reader_fail(&end->reader, ERROR_SETTINGS_VALUE, ca->mark, error,
                       "cannot read the authority \"%s\"", tls->ca);
}

enum status end_read_tls(struct end *end, struct error *error)
{
    const char *parameter = url_parameter(&end->endpoint->url, "tls");
    const struct node *node = end->nodes.tls;
    enum status status;
    char *text;

    if (node == NULL)
        return parameter == NULL
                   ? STATUS_OK
                   : set_mode(end, parameter, end->nodes.url->mark, error);
    if (parameter != NULL)
        return reader_fail(&end->reader, ERROR_SETTINGS_KEY, node->name_mark,
                           error, "\"tls\" stands in the URL too");
    if (node->kind == NODE_MAP)
        return read_authority(end, error);
    status = reader_text(&end->reader, "tls", node, &text, error);
    if (status == STATUS_OK)
        status = set_mode(end, text, node->mark, error);
    memory_free(text);
    return status;
}
