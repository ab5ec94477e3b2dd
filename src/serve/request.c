/* Lines of the socket to requests. They come from another process: nothing of
 * them is believed before it was looked at. */

#include "serve/request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define NAME_BYTES_MAX 255

static const char *const kind_names[REQUEST_COUNT] = {
    [REQUEST_STATUS] = "status",     [REQUEST_PAUSE] = "pause",
    [REQUEST_RESUME] = "resume",     [REQUEST_THROTTLE] = "throttle",
    [REQUEST_RELOAD] = "reload",
};

static enum status refuse(struct error *error, const char *reason)
{
    return error_set(error, ERROR_USAGE, "cannot take the request: %s",
                     reason);
}

static enum status read_kind(const json_t *root, struct request *request,
                             struct error *error)
{
    const char *name = json_string_value(json_object_get(root, "do"));

    for (int kind = 0; name && kind < REQUEST_COUNT; kind++) {
        if (!text_equal(name, kind_names[kind]))
            continue;
        request->kind = (enum request_kind)kind;
        return STATUS_OK;
    }
    return refuse(error, "\"do\" names nothing that is known");
}

static enum status read_tables(const json_t *tables, struct request *request,
                               struct error *error)
{
    size_t count = json_array_size(tables);

    if (!tables)
        return STATUS_OK;
    if (!json_is_array(tables) || count > REQUEST_TABLES_MAX)
        return refuse(error, "\"tables\" is no list of names");
    request->tables = memory_new(count, sizeof(*request->tables));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(tables, i);
        size_t length = json_string_length(item);

        if (length == 0 || length > NAME_BYTES_MAX ||
            strlen(json_string_value(item)) != length)
            return refuse(error, "\"tables\" has what is no name");
        request->tables[request->table_count++] =
            memory_text(json_string_value(item));
    }
    return STATUS_OK;
}

static enum status read_rate(const json_t *rate, struct request *request,
                             struct error *error)
{
    json_int_t value = json_integer_value(rate);

    if (request->kind != REQUEST_THROTTLE)
        return STATUS_OK;
    if (!json_is_integer(rate) || value < 0 ||
        (value > 0 && (uint64_t)value < REQUEST_RATE_MIN))
        return refuse(error, "\"rate\" is no number of bytes a second from "
                             "100000, or 0");
    request->rate = (uint64_t)value;
    return STATUS_OK;
}

static enum status read_root(const json_t *root, struct request *request,
                             struct error *error)
{
    enum status status = read_kind(root, request, error);

    if (status == STATUS_OK)
        status = read_tables(json_object_get(root, "tables"), request, error);
    if (status == STATUS_OK)
        status = read_rate(json_object_get(root, "rate"), request, error);
    return status;
}

enum status request_parse(const char *text, size_t length,
                          struct request *request, struct error *error)
{
    enum status status;
    json_t *root;

    memset(request, 0, sizeof(*request));
    if (length > REQUEST_BYTES_MAX)
        return refuse(error, "it is too long");
    root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    if (!root)
        return refuse(error, "it is no line of JSON");
    status = read_root(root, request, error);
    json_decref(root);
    if (status != STATUS_OK)
        request_release(request);
    return status;
}

void request_release(struct request *request)
{
    for (size_t i = 0; i < request->table_count; i++)
        memory_free(request->tables[i]);
    memory_free(request->tables);
    memset(request, 0, sizeof(*request));
}

char *request_text(const struct request *request)
{
    json_t *root = json_object();
    json_t *tables = json_array();

    (void)json_object_set_new(root, "do",
                              json_string(kind_names[request->kind]));
    for (size_t i = 0; i < request->table_count; i++)
        (void)json_array_append_new(tables, json_string(request->tables[i]));
    (void)json_object_set_new(root, "tables", tables);
    if (request->kind == REQUEST_THROTTLE)
        (void)json_object_set_new(root, "rate",
                                  json_integer((json_int_t)request->rate));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}
