/*
 * `pause`, `resume`, `throttle`: over the socket of a daemon. Where none runs
 * they are kept in the state, for the next run or daemon.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands.h"
#include "document.h"
#include "looking.h"
#include "screen.h"
#include "serve/call.h"

#define TIMEOUT_MS 30000
#define SOURCE "main"

struct steering {
    struct looking looking;
    char *socket;
    struct request request;
    bool has_daemon;
};

/* A pause that was only to be shown must not be kept. */
static enum status refuse_dry_run(const struct command_line *line,
                                  struct error *error)
{
    if (!line->dry_run)
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "cannot use --dry-run with tidemark "
                    "%s", line->command);
    error_effect(error, "Nothing was changed.");
    error_next(error, "tidemark status  shows how everything stands");
    return error->status;
}

static void add_table(struct request *request, const char *name)
{
    for (size_t i = 0; i < request->table_count; i++)
        if (text_equal(request->tables[i], name))
            return;
    request->tables = memory_resize(request->tables, request->table_count + 1,
                                    sizeof *request->tables);
    request->tables[request->table_count++] = memory_text(name);
}

/* The tables that a word stands for: those the state knows, or one that the
 * settings cover and no run has met yet. */
static bool add_matching(struct steering *steering,
                         struct state_table *const *tables, const char *word)
{
    const struct settings *settings = steering->looking.settings;
    bool is_found = false;
    for (size_t i = 0; tables && tables[i]; i++)
        if (text_matches(tables[i]->name, word)) {
            add_table(&steering->request, tables[i]->name);
            is_found = true;
        }
    if (!is_found && settings && !text_is_pattern(word) &&
        settings_for(settings, word)) {
        add_table(&steering->request, word);
        is_found = true;
    }
    return is_found;
}

static enum status choose_tables(struct steering *steering,
                                 const struct command_line *line,
                                 struct error *error)
{
    struct state_table **tables = NULL;
    enum status status = STATUS_OK;
    if (steering->looking.state)
        status = state_tables(steering->looking.state, &tables, error);
    for (size_t i = 0; i < line->argument_count && status == STATUS_OK; i++) {
        if (add_matching(steering, tables, line->arguments[i]))
            continue;
        status = error_set(error, ERROR_NOTHING_MATCHES,
                           "the state knows no table \"%s\"",
                           line->arguments[i]);
        error_next(error, "tidemark status");
    }
    state_tables_free(tables);
    return status;
}

/* STATUS_OK with has_daemon false where none runs. */
static enum status ask_daemon(struct steering *steering, struct error *error)
{
    json_t *answer = NULL;
    enum status status = call_daemon(steering->socket, &steering->request,
                                     TIMEOUT_MS, &answer, error);
    json_decref(answer);
    steering->has_daemon = status == STATUS_OK;
    if (status == STATUS_OK || error->id != ERROR_NO_DAEMON)
        return status;
    error_clear(error);
    return STATUS_OK;
}

static enum status keep_one(const struct request *request,
                            struct state *state, const char *table,
                            struct error *error)
{
    if (request->kind == REQUEST_THROTTLE)
        return state_throttle(state, SOURCE, request->rate, error);
    return request->kind == REQUEST_PAUSE
               ? state_pause(state, SOURCE, table, error)
               : state_resume(state, SOURCE, table, error);
}

static enum status keep_in_state(const struct steering *steering,
                                 const char *path, struct error *error)
{
    const struct request *request = &steering->request;
    struct state *state = NULL;
    enum status status = state_open(path, STATE_WRITE, &state, error);
    if (status == STATUS_OK && request->table_count == 0)
        status = keep_one(request, state, "", error);
    for (size_t i = 0; i < request->table_count && status == STATUS_OK; i++)
        status = keep_one(request, state, request->tables[i], error);
    state_close(state);
    return status;
}

/* A daemon that starts between the two reads the state after it listens, or
 * hears of it by the second call. */
static enum status steer_both(struct steering *steering,
                              const struct command_line *line,
                              struct error *error)
{
    const struct settings *settings = steering->looking.settings;
    steering->socket = looking_socket(&steering->looking, line);
    looking_pause(&steering->looking);
    enum status status = ask_daemon(steering, error);
    if (status != STATUS_OK || steering->has_daemon)
        return status;
    status = keep_in_state(steering, settings ? settings->state : line->state,
                           error);
    return status == STATUS_OK ? ask_daemon(steering, error) : status;
}

static void print_tables(const struct steering *steering,
                         const struct command_line *line)
{
    const struct request *request = &steering->request;
    const char *word = request->kind == REQUEST_PAUSE ? "paused" : "resumed";
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        json_t *tables = json_array();
        for (size_t i = 0; i < request->table_count; i++)
            (void)json_array_append_new(tables,
                                        json_string(request->tables[i]));
        (void)json_object_set_new(document, word, tables);
        document_bool(document, "everything", request->table_count == 0);
        document_bool(document, "daemon", steering->has_daemon);
        document_print(document);
        return;
    }
    if (line->is_quiet)
        return;
    for (size_t i = 0; i < request->table_count; i++)
        screen_line(stdout, "%s: %s", word, request->tables[i]);
    if (request->table_count == 0)
        screen_line(stdout, "%s: everything", word);
    if (!steering->has_daemon)
        screen_line(stderr, "no daemon runs: kept in the state for the next "
                    "run");
}

static void release(struct steering *steering)
{
    request_release(&steering->request);
    memory_free(steering->socket);
    looking_close(&steering->looking);
}

static enum status pause_or_resume(const struct command_line *line,
                                   enum request_kind kind,
                                   struct error *error)
{
    struct steering steering = {.request = {.kind = kind}};
    enum status status = refuse_dry_run(line, error);
    if (status == STATUS_OK)
        status = looking_open(&steering.looking, line, error);
    if (status == STATUS_OK)
        status = choose_tables(&steering, line, error);
    if (status == STATUS_OK)
        status = steer_both(&steering, line, error);
    if (status == STATUS_OK)
        print_tables(&steering, line);
    release(&steering);
    return status;
}

enum status command_pause(const struct command_line *line, int *exit_code,
                          struct error *error)
{
    (void)exit_code;
    return pause_or_resume(line, REQUEST_PAUSE, error);
}

enum status command_resume(const struct command_line *line, int *exit_code,
                           struct error *error)
{
    (void)exit_code;
    return pause_or_resume(line, REQUEST_RESUME, error);
}

static enum status read_rate(const struct command_line *line, uint64_t *rate,
                             struct error *error)
{
    const char *text = line->argument_count == 1 ? line->arguments[0] : "";
    *rate = 0;
    if (text_equal(text, "off") ||
        (key_number(KEY_RATE, text, rate) && *rate >= REQUEST_RATE_MIN))
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "throttle expects a rate of at least "
                    "100K/s, or off");
    error_next(error, "tidemark throttle 5M/s");
    return error->status;
}

static void print_rate(const struct steering *steering,
                       const struct command_line *line)
{
    char bytes[32];
    uint64_t rate = steering->request.rate;
    if (line->json) {
        json_t *document = document_new(line->command, 0);
        document_count(document, "bytes_a_second", rate);
        document_bool(document, "daemon", steering->has_daemon);
        document_print(document);
        return;
    }
    if (line->is_quiet)
        return;
    if (rate > 0)
        screen_line(stdout, "the daemon reads at most %s a second",
                    text_bytes(bytes, rate));
    else
        screen_line(stdout, "the daemon reads without a limit");
    if (!steering->has_daemon)
        screen_line(stderr, "no daemon runs: kept in the state for the next "
                    "one");
}

enum status command_throttle(const struct command_line *line, int *exit_code,
                             struct error *error)
{
    struct steering steering = {.request = {.kind = REQUEST_THROTTLE}};
    (void)exit_code;
    enum status status = refuse_dry_run(line, error);
    if (status == STATUS_OK)
        status = read_rate(line, &steering.request.rate, error);
    if (status == STATUS_OK)
        status = looking_open(&steering.looking, line, error);
    if (status == STATUS_OK)
        status = steer_both(&steering, line, error);
    if (status == STATUS_OK)
        print_rate(&steering, line);
    release(&steering);
    return status;
}
