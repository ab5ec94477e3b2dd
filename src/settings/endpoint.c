/* One end, as a URL or as a map. Its scheme chooses the driver, and the driver
 * says which other keys and parameters there are. */

#include "endpoint.h"

#include "base/memory.h"
#include "base/text.h"

enum status read_node(const struct reader *reader, const struct slot *slot,
                      const struct node *node, void *target,
                      struct error *error)
{
    (void)reader;
    (void)error;
    *(const struct node **)((char *)target + slot->field->at) = node;
    return STATUS_OK;
}

/* The general keys; the driver's are only known to be allowed. */
static enum status read_map(struct end *end, struct error *error)
{
    const struct key_table *tables[] = {settings_keys(end->place),
                                        end->endpoint->driver};
    const struct field *fields = fields_of(end->place);
    enum status status = keys_check(&end->reader, end->node, tables, 2, error);

    for (size_t i = 0; status == STATUS_OK && i < tables[0]->count; i++) {
        struct slot slot = {&tables[0]->keys[i], &fields[i]};
        const struct node *node = node_child(end->node, slot.key->name);

        if (node != NULL)
            status = fields[i].read(&end->reader, &slot, node, &end->nodes,
                                    error);
    }
    return status;
}

/* The value of a driver's key, checked, with its place in front of an error.
 * `parameter` is that of the URL, NULL where it has none. */
static enum status read_value(const struct end *end, const struct key *key,
                              const char *parameter, char **value,
                              struct error *error)
{
    const struct node *node = node_child(end->node, key->name);
    enum status status = STATUS_OK;

    if (node != NULL && parameter != NULL)
        return reader_fail(&end->reader, ERROR_SETTINGS_KEY, node->name_mark,
                           error, "\"%s\" stands in the URL too", key->name);
    if (node == NULL && parameter == NULL) {
        *value = memory_text(key->default_text);
        return STATUS_OK;
    }
    if (node == NULL)
        *value = memory_text(parameter);
    else
        status = reader_text(&end->reader, key->name, node, value, error);
    if (status != STATUS_OK)
        return status;
    status = key_check(key, *value, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    return reader_mark(&end->reader,
                       node == NULL ? end->nodes.url->mark : node->mark,
                       error);
}

static enum status read_driver(const struct end *end, struct error *error)
{
    struct endpoint_settings *endpoint = end->endpoint;
    const struct key_table *driver = endpoint->driver;
    enum status status = STATUS_OK;

    endpoint->driver_values = memory_new(driver->count, sizeof(char *));
    for (size_t i = 0; status == STATUS_OK && i < driver->count; i++) {
        const struct key *key = &driver->keys[i];

        status = read_value(end, key, url_parameter(&endpoint->url, key->name),
                            &endpoint->driver_values[i], error);
    }
    return status;
}

static enum status read_end(struct end *end, struct error *error)
{
    bool is_map = end->node->kind == NODE_MAP;
    enum status status;

    end->nodes.url = is_map ? node_child(end->node, "url") : end->node;
    if (end->nodes.url == NULL)
        return reader_fail(&end->reader, ERROR_SETTINGS_MISSING,
                           end->node->mark, error, "\"url\" is missing in %s",
                           end->reader.about);
    status = end_read_url(end, error);
    if (status == STATUS_OK && is_map)
        status = read_map(end, error);
    if (status == STATUS_OK)
        status = end_read_tls(end, error);
    if (status == STATUS_OK)
        status = read_driver(end, error);
    if (status == STATUS_OK)
        status = end_read_password(end, error);
    return status;
}

static struct end make_end(const struct reader *reader,
                           const struct slot *slot, const struct node *node,
                           struct endpoint_settings *endpoint)
{
    struct end end = {.reader = *reader, .place = PLACE_SOURCE,
                      .drivers = reader->options->source_drivers,
                      .driver_count = reader->options->source_driver_count,
                      .node = node, .endpoint = endpoint};

    end.reader.about = slot->key->name;
    return end;
}

enum status read_source(const struct reader *reader, const struct slot *slot,
                        const struct node *node, void *target,
                        struct error *error)
{
    struct settings *settings = target;
    struct end end;

    settings->sources = memory_new(1, sizeof(*settings->sources));
    settings->source_count = 1;
    settings->sources[0].name = memory_text("main");
    end = make_end(reader, slot, node, &settings->sources[0]);
    return read_end(&end, error);
}

enum status read_warehouse(const struct reader *reader,
                           const struct slot *slot, const struct node *node,
                           void *target, struct error *error)
{
    struct settings *settings = target;
    struct end end = make_end(reader, slot, node, &settings->warehouse);

    settings->warehouse.name = memory_text(slot->key->name);
    end.place = PLACE_WAREHOUSE;
    end.drivers = reader->options->warehouse_drivers;
    end.driver_count = reader->options->warehouse_driver_count;
    return read_end(&end, error);
}

const char *endpoint_value(const struct endpoint_settings *endpoint,
                           const char *key)
{
    for (size_t i = 0; i < endpoint->driver->count; i++) {
        if (text_equal(endpoint->driver->keys[i].name, key))
            return endpoint->driver_values[i];
    }
    return NULL;
}
