/*
 * conformance URL: any driver, driven by a script. See script.h.
 *
 * Loads have names, each with a session of its own, so that a script can hold
 * several open; the table is the one that was named last.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "script.h"

#define LOADS_MAX 8
#define TABLES_MAX 16

struct slot {
    char *name;
    struct warehouse_session *session;
    struct load *load;
    const struct table *table;
    uint64_t rows;
};

static struct run {
    struct settings settings;
    const struct warehouse_ops *ops;
    struct warehouse *warehouse;
    struct table *tables[TABLES_MAX];
    size_t table_count;
    struct table *table;
    struct slot slots[LOADS_MAX];
} run;

void script_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

const char *script_text(const json_t *object, const char *name,
                        const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (!text && !otherwise)
        script_fail("\"%s\" is missing", name);
    return text ? text : otherwise;
}

long long script_number(const json_t *object, const char *name,
                        long long otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10)
           : value               ? json_integer_value(value)
                                 : otherwise;
}

static struct slot *find_slot(const json_t *command, struct error *error)
{
    const char *name = script_text(command, "load", "main");
    struct slot *slot = run.slots;
    while (slot < run.slots + LOADS_MAX && slot->name &&
           !text_equal(slot->name, name))
        slot++;
    if (slot == run.slots + LOADS_MAX)
        script_fail("too many loads");
    if (!slot->name) {
        slot->name = memory_text(name);
        if (run.ops->session_open(run.warehouse, &slot->session, error) !=
            STATUS_OK)
            script_fail("no session: %s", error->what);
    }
    return slot;
}

static void fill_driver(struct endpoint_settings *endpoint)
{
    const struct key_table *keys = run.ops->keys;
    endpoint->driver = keys;
    endpoint->driver_values = memory_new(keys->count,
                                         sizeof *endpoint->driver_values);
    for (size_t i = 0; i < keys->count; i++) {
        const char *value = url_parameter(&endpoint->url, keys->keys[i].name);
        endpoint->driver_values[i] =
            memory_text(value ? value : keys->keys[i].default_text);
    }
}

static enum status do_open(const json_t *command, json_t *answer,
                           struct error *error)
{
    struct endpoint_settings *endpoint = &run.settings.warehouse;
    const char *deletes = script_text(command, "deletes", "remove");
    const char *password = getenv("CONFORMANCE_PASSWORD");
    (void)answer;
    enum status status = url_parse(script_text(command, "url", NULL),
                                   &endpoint->url, &endpoint->password,
                                   error);
    if (status != STATUS_OK)
        return status;
    run.ops = warehouse_find(endpoint->url.scheme);
    if (!run.ops)
        script_fail("no driver for %s", endpoint->url.scheme);
    if (password && !endpoint->password)
        endpoint->password = secret_new(password, strlen(password));
    endpoint->name = memory_text("main");
    endpoint->tls.mode = json_object_get(command, "ca") ? TLS_VERIFY
                                                        : TLS_AUTO;
    if (endpoint->tls.mode == TLS_VERIFY)
        endpoint->tls.ca = memory_text(script_text(command, "ca", NULL));
    run.settings.deletes = text_equal(deletes, "mark")   ? DELETES_MARK
                           : text_equal(deletes, "keep") ? DELETES_KEEP
                                                         : DELETES_REMOVE;
    fill_driver(endpoint);
    return run.ops->open(&run.settings, &run.warehouse, error);
}

static enum status do_facts(const json_t *command, json_t *answer,
                            struct error *error)
{
    const struct warehouse_facts *facts = run.ops->facts(run.warehouse);
    (void)command;
    (void)error;
    json_object_set_new(answer, "product", json_string(facts->product));
    json_object_set_new(answer, "tls", json_string(facts->tls));
    json_object_set_new(answer, "swaps", json_boolean(facts->powers.swaps));
    json_object_set_new(answer, "alters", json_boolean(facts->powers.alters));
    json_object_set_new(answer, "reads_back",
                        json_boolean(facts->powers.reads_back));
    return STATUS_OK;
}

static enum status do_table(const json_t *command, json_t *answer,
                            struct error *error)
{
    json_t *ranges = json_array();
    if (run.table_count == TABLES_MAX)
        script_fail("too many tables");
    run.table = script_table(command);
    run.tables[run.table_count++] = run.table;
    enum status status = run.ops->fit(run.warehouse, run.table, error);
    for (size_t i = 0; i < run.table->column_count; i++)
        json_array_append_new(
            ranges, json_pack("[I, I]",
                              (json_int_t)run.table->columns[i].lowest,
                              (json_int_t)run.table->columns[i].highest));
    json_object_set_new(answer, "ranges", ranges);
    return status;
}

static enum status do_plan(const json_t *command, json_t *answer,
                           struct error *error)
{
    struct warehouse_plan plan;
    const struct table *tables[] = {run.table};
    enum status status = run.ops->plan(find_slot(command, error)->session,
                                       tables, 1, &plan, error);
    if (status != STATUS_OK)
        return status;
    json_t *changes = json_array();
    for (size_t i = 0; i < plan.count; i++)
        json_array_append_new(changes,
                              json_sprintf("%c %s", plan.changes[i].kind,
                                           plan.changes[i].text));
    json_object_set_new(answer, "changes", changes);
    json_object_set_new(answer, "is_new", json_boolean(plan.is_new));
    json_object_set_new(answer, "why",
                        plan.needs_reload ? json_string(plan.why)
                                          : json_null());
    warehouse_plan_release(&plan);
    return STATUS_OK;
}

static enum status do_prepare(const json_t *command, json_t *answer,
                              struct error *error)
{
    bool is_new = json_is_true(json_object_get(command, "is_new"));
    enum status status = run.ops->prepare(find_slot(command, error)->session,
                                          run.table, &is_new, error);
    json_object_set_new(answer, "is_new", json_boolean(is_new));
    return status;
}

static enum status do_seeds(const json_t *command, json_t *answer,
                            struct error *error)
{
    const struct table *const tables[] = {run.table};
    size_t count = run.table->column_count;
    char **names = memory_new(count, sizeof *names);
    json_t *list = json_array();
    enum status status = run.ops->seeds(find_slot(command, error)->session,
                                        tables, 1, &names, error);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, names[i] ? json_string(names[i])
                                             : json_null());
        memory_free(names[i]);
    }
    json_object_set_new(answer, "seeds", list);
    memory_free(names);
    return status;
}

static enum status do_highest(const json_t *command, json_t *answer,
                              struct error *error)
{
    uint64_t version = 0;
    enum status status = run.ops->highest_version(
        find_slot(command, error)->session, run.table, &version, error);
    json_object_set_new(answer, "version", json_integer((json_int_t)version));
    return status;
}

static enum status do_below(const json_t *command, json_t *answer,
                            struct error *error)
{
    json_object_set_new(answer, "able",
                        json_boolean(run.ops->tombstones_below));
    if (!run.ops->tombstones_below)
        return STATUS_OK;
    return run.ops->tombstones_below(
        find_slot(command, error)->session, run.table,
        (uint64_t)script_number(command, "version", 0), error);
}

static enum status do_size(const json_t *command, json_t *answer,
                           struct error *error)
{
    uint64_t rows = 0;
    uint64_t bytes = 0;
    enum status status = run.ops->size(find_slot(command, error)->session,
                                       run.table, &rows, &bytes, error);
    json_object_set_new(answer, "rows", json_integer((json_int_t)rows));
    json_object_set_new(answer, "bytes", json_integer((json_int_t)bytes));
    return status;
}

static enum status do_begin(const json_t *command, json_t *answer,
                            struct error *error)
{
    struct slot *slot = find_slot(command, error);
    struct load_request request = {
        .table = run.table,
        .target = json_is_true(json_object_get(command, "beside"))
                      ? LOAD_BESIDE : LOAD_LIVE,
        .identity = {
            .place = (uint64_t)script_number(command, "place", 1),
            .version = (uint64_t)script_number(command, "version", 1),
            .delivery = (uint32_t)script_number(command, "delivery", 1),
            .request = (uint32_t)script_number(command, "request", 1),
        },
    };
    (void)answer;
    (void)text_copy(request.identity.stream, sizeof request.identity.stream,
                    script_text(command, "stream", "conformance/scan"));
    slot->table = run.table;
    slot->rows = 0;
    return run.ops->begin(slot->session, &request, &slot->load, error);
}

static enum status do_put(const json_t *command, json_t *answer,
                          struct error *error)
{
    struct slot *slot = find_slot(command, error);
    json_t *rows = json_object_get(command, "rows");
    size_t times = (size_t)script_number(command, "times", 1);
    struct batch *batch = batch_new(slot->table, json_array_size(rows) + 1,
                                    (size_t)64 << 20);
    size_t i;
    json_t *row;
    (void)answer;
    json_array_foreach(rows, i, row)
        script_row(batch, row,
                   json_is_true(json_object_get(command, "deleted")));
    batch_set_version(batch, (uint64_t)script_number(command, "version", 1));
    enum status status = STATUS_OK;
    for (i = 0; i < times && status == STATUS_OK; i++) {
        status = run.ops->put(slot->load, batch, error);
        slot->rows += batch->row_count;
    }
    batch_free(batch);
    return status;
}

static enum status do_finish(const json_t *command, json_t *answer,
                             struct error *error)
{
    struct slot *slot = find_slot(command, error);
    char handle[IDENTITY_BYTES] = "";
    enum status status = run.ops->finish(slot->load, handle, sizeof handle,
                                         error);
    json_object_set_new(answer, "handle", json_string(handle));
    json_object_set_new(answer, "rows", json_integer((json_int_t)slot->rows));
    return status;
}

static enum status do_end(const json_t *command, json_t *answer,
                          struct error *error)
{
    struct slot *slot = find_slot(command, error);
    (void)answer;
    run.ops->end(slot->load);
    slot->load = NULL;
    return STATUS_OK;
}

static enum status do_poll(const json_t *command, json_t *answer,
                           struct error *error)
{
    uint64_t wait_ms = 0;
    enum status status = run.ops->poll(
        find_slot(command, error)->session,
        script_text(command, "handle", NULL),
        (uint64_t)script_number(command, "rows", 0), &wait_ms, error);
    json_object_set_new(answer, "wait_ms", json_integer((json_int_t)wait_ms));
    return status;
}

static enum status do_beside(const json_t *command, json_t *answer,
                             struct error *error)
{
    char token[256] = "";
    enum status status = run.ops->beside(
        find_slot(command, error)->session, run.table,
        json_is_true(json_object_get(command, "keeps")), token, sizeof token,
        error);
    json_object_set_new(answer, "token", json_string(token));
    return status;
}

static enum status do_swap(const json_t *command, json_t *answer,
                           struct error *error)
{
    (void)answer;
    return run.ops->swap(find_slot(command, error)->session, run.table,
                         script_text(command, "token", NULL), error);
}

static enum status do_grants(const json_t *command, json_t *answer,
                             struct error *error)
{
    struct buffer text;
    (void)command;
    (void)error;
    buffer_init(&text, 65536);
    run.ops->grants(&run.settings.warehouse, &text);
    json_object_set_new(answer, "text", json_string(buffer_text(&text)));
    buffer_release(&text);
    return STATUS_OK;
}

struct command {
    const char *name;
    enum status (*run)(const json_t *command, json_t *answer,
                       struct error *error);
};

static const struct command COMMANDS[] = {
    {"open", do_open},       {"facts", do_facts}, {"table", do_table},
    {"plan", do_plan},       {"prepare", do_prepare},
    {"seeds", do_seeds},     {"highest", do_highest},
    {"below", do_below},
    {"size", do_size},       {"begin", do_begin}, {"put", do_put},
    {"finish", do_finish},   {"end", do_end},     {"poll", do_poll},
    {"beside", do_beside},   {"swap", do_swap},   {"grants", do_grants},
};

static void obey(const json_t *command)
{
    const char *name = script_text(command, "do", NULL);
    json_t *answer = json_object();
    struct error error;
    size_t i = 0;
    error_clear(&error);
    while (i < ARRAY_COUNT(COMMANDS) && !text_equal(COMMANDS[i].name, name))
        i++;
    if (i == ARRAY_COUNT(COMMANDS))
        script_fail("no command \"%s\"", name);
    enum status status = COMMANDS[i].run(command, answer, &error);
    json_object_set_new(answer, "status", json_string(status_name(status)));
    if (status != STATUS_OK && status != STATUS_PENDING) {
        json_object_set_new(answer, "id",
                            json_string(error_id_text(error.id)));
        json_object_set_new(answer, "what", json_string(error.what));
        json_object_set_new(answer, "next", json_string(error.next));
    }
    json_dumpf(answer, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    fflush(stdout);
    json_decref(answer);
}

static void close_all(void)
{
    for (size_t i = 0; i < LOADS_MAX && run.slots[i].name; i++) {
        if (run.slots[i].load)
            run.ops->end(run.slots[i].load);
        run.ops->session_close(run.slots[i].session);
        memory_free(run.slots[i].name);
    }
    for (size_t i = 0; i < run.table_count; i++)
        table_free(run.tables[i]);
    if (run.warehouse)
        run.ops->close(run.warehouse);
    struct endpoint_settings *endpoint = &run.settings.warehouse;
    for (size_t i = 0; endpoint->driver && i < endpoint->driver->count; i++)
        memory_free(endpoint->driver_values[i]);
    memory_free(endpoint->driver_values);
    memory_free(endpoint->name);
    memory_free(endpoint->tls.ca);
    secret_free(endpoint->password);
    url_release(&endpoint->url);
}

int main(void)
{
    json_error_t fault;
    json_t *command;
    stop_install();
    warehouse_register(&slow_ops);
    while ((command = json_loadf(stdin, JSON_DISABLE_EOF_CHECK |
                                            JSON_ALLOW_NUL, &fault))) {
        obey(command);
        json_decref(command);
    }
    close_all();
    return 0;
}
