/*
 * The logs of the sources for `status`. The forecast promises too little
 * rather than too much: a server drops a file a fixed time after it was
 * closed, and no file that holds what is unread was closed before the last
 * moment up to which all is read.
 */
#include "overview_log.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "document.h"
#include "model/stream.h"
#include "screen.h"

#define REQUESTS_MAX 10000
#define SECOND_US INT64_C(1000000)

static bool is_followed(const struct state_table *table)
{
    return table && table->mode && text_equal(table->mode,
                                              mode_name(MODE_CDC));
}

/* --- reading ------------------------------------------------------------- */

static struct overview_log *find_log(struct overview_log **logs,
                                     size_t *count, const char *source)
{
    for (size_t i = 0; i < *count; i++)
        if (text_equal((*logs)[i].source, source))
            return &(*logs)[i];
    *logs = memory_resize(*logs, *count + 1, sizeof **logs);
    struct overview_log *log = &(*logs)[(*count)++];
    memset(log, 0, sizeof *log);
    log->retention_s = -1;
    (void)text_copy(log->source, sizeof log->source, source);
    stream_name(log->stream, sizeof log->stream, source, "cdc");
    return log;
}

/* The driver that knows the place: it alone reads it. */
static void read_spot(const char *place, struct overview_log *log)
{
    for (size_t i = 0; place && source_all()[i]; i++) {
        const struct log_ops *ops = source_all()[i]->log;
        if (!ops || !ops->spot(place, &log->spot))
            continue;
        if (!ops->waiting(place, &log->waiting))
            log->waiting.count = 0;
        return;
    }
}

static void forecast(struct overview_log *log)
{
    int64_t known_us = log->spot.time_us;
    if (log->reached_us > known_us)
        known_us = log->reached_us;
    /* The rows of a prepared one are read when it is committed. */
    if (log->waiting.count > 0 && log->waiting.since_s * SECOND_US < known_us)
        known_us = log->waiting.since_s * SECOND_US;
    if (log->retention_s > 0 && known_us > 0)
        log->expires_us = known_us + log->retention_s * SECOND_US;
}

static enum status read_stream(struct overview_log *log, struct state *state,
                               struct error *error)
{
    struct state_stream stream;
    enum status status = state_stream_read(state, log->stream, &stream,
                                           error);
    if (status != STATUS_OK)
        return status;
    read_spot(stream.checkpoint, log);
    log->saved_us = stream.saved_us;
    log->ledger = stream.ledger ? json_loads(stream.ledger, 0, NULL) : NULL;
    const json_t *kept = json_object_get(log->ledger, "retention_seconds");
    if (json_is_integer(kept))
        log->retention_s = json_integer_value(kept);
    state_stream_release(&stream);
    forecast(log);
    return STATUS_OK;
}

static void add_wait(struct overview_log *log,
                     const struct state_request *request)
{
    for (size_t i = 0; i < log->wait_count; i++)
        if (text_equal(log->waits[i].table, request->table)) {
            log->waits[i].count++;
            return;
        }
    log->waits = memory_resize(log->waits, log->wait_count + 1,
                               sizeof *log->waits);
    log->waits[log->wait_count++] = (struct overview_wait){
        .table = memory_text(request->table),
        .reason = memory_text(request->reason),
        .count = 1,
        .since_us = request->filed_us,
    };
}

static enum status read_waits(struct overview_log *log, struct state *state,
                              const struct overview *overview,
                              struct error *error)
{
    struct state_request *open = NULL;
    size_t count = 0;
    enum status status = state_requests(state, log->source, REQUESTS_MAX,
                                        &open, &count, error);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < overview->count; j++) {
            const struct state_table *table = overview->tables[j].table;
            if (table && text_equal(table->source, log->source) &&
                text_equal(table->name, open[i].table) &&
                !cdc_is_note(&open[i]))
                add_wait(log, &open[i]);
        }
    state_requests_free(open, count);
    return status;
}

enum status overview_logs(const struct overview *overview,
                          const struct looking *looking,
                          struct overview_log **logs, size_t *count,
                          struct error *error)
{
    enum status status = STATUS_OK;
    *logs = NULL;
    *count = 0;
    for (size_t i = 0; i < overview->count; i++) {
        const struct state_table *table = overview->tables[i].table;
        if (!is_followed(table))
            continue;
        struct overview_log *log = find_log(logs, count, table->source);
        if (table->confirmed_us > log->reached_us &&
            table->problem.id == ERROR_NONE)
            log->reached_us = table->confirmed_us;
    }
    for (size_t i = 0; i < *count && status == STATUS_OK; i++) {
        status = read_stream(&(*logs)[i], looking->state, error);
        if (status == STATUS_OK)
            status = read_waits(&(*logs)[i], looking->state, overview,
                                error);
    }
    return status;
}

void overview_logs_free(struct overview_log *logs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        log_spot_release(&logs[i].spot);
        json_decref(logs[i].ledger);
        for (size_t j = 0; j < logs[i].wait_count; j++) {
            memory_free(logs[i].waits[j].table);
            memory_free(logs[i].waits[j].reason);
        }
        memory_free(logs[i].waits);
    }
    memory_free(logs);
}

/* --- printing ------------------------------------------------------------ */

/* "9d 4h", "4h 10m", "10m". */
static void time_text(char *target, size_t size, int64_t seconds)
{
    long long minutes = (long long)seconds / 60;
    if (minutes >= 24 * 60)
        (void)snprintf(target, size, "%lldd %lldh", minutes / (24 * 60),
                       minutes / 60 % 24);
    else if (minutes >= 60)
        (void)snprintf(target, size, "%lldh %lldm", minutes / 60,
                       minutes % 60);
    else
        (void)snprintf(target, size, "%lldm", minutes);
}

static int64_t left_s(const struct overview_log *log)
{
    int64_t left = (log->expires_us - clock_utc_us()) / SECOND_US;
    return left > 0 ? left : 0;
}

static void left_text(const struct overview_log *log, char *target,
                      size_t size)
{
    char time[40];
    target[0] = '\0';
    if (log->expires_us == 0)
        return;
    time_text(time, sizeof time, left_s(log));
    if (left_s(log) > 0)
        (void)snprintf(target, size, ", log left %s", time);
    else
        (void)text_copy(target, size, ", log left: none, the source may have "
                                      "dropped what is unread");
}

static void ago_text(char *target, size_t size, int64_t since_us)
{
    char elapsed[32];
    int64_t ago_us = clock_utc_us() - since_us;
    (void)snprintf(target, size, "%s",
                   text_elapsed(elapsed, ago_us > 0 ? (uint64_t)ago_us / 1000
                                                    : 0));
}

static uint64_t ledger_count(const struct overview_log *log,
                             const char *name)
{
    json_int_t count = json_integer_value(json_object_get(log->ledger, name));
    return count > 0 ? (uint64_t)count : 0;
}

static void print_ledger(const struct overview_log *log)
{
    static const struct {
        const char *name;
        const char *words;
    } filtered[] = {{"not_followed", "of tables not followed"},
                    {"kept", "deletes that are kept"},
                    {"stopped", "of stopped tables"},
                    {"read_again", "read again instead"},
                    {"ignorable", "to be ignored"},
                    {"of_the_log", "of the log's own"},
                    {"prepared", "of prepared transactions"}};
    char number[32], text[512];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_COUNT(filtered); i++) {
        uint64_t count = ledger_count(log, filtered[i].name);
        if (count > 0 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     " + %s %s", text_grouped(number, count),
                                     filtered[i].words);
    }
    char seen[32], applied[32];
    screen_line(stdout, "  events  %s seen = %s applied%s",
                text_grouped(seen, ledger_count(log, "seen")),
                text_grouped(applied, ledger_count(log, "applied")), text);
}

static void print_waiting(const struct log_waiting *waiting)
{
    char ago[40], more[64] = "";
    ago_text(ago, sizeof ago, waiting->since_s * SECOND_US);
    if (waiting->count > 1)
        (void)snprintf(more, sizeof more, ", the oldest of %zu",
                       waiting->count);
    screen_line(stdout, "  xa      %s is prepared since %s%s: COMMIT or "
                "ROLLBACK it, for the log is needed from there on",
                waiting->name, ago, more);
}

static void print_wait(const struct overview_wait *wait)
{
    char ago[40], more[48] = "";
    ago_text(ago, sizeof ago, wait->since_us);
    if (wait->count > 1)
        (void)snprintf(more, sizeof more, ", %llu requests",
                       (unsigned long long)wait->count);
    screen_line(stdout, "  %s  to be read again: %s (for %s%s)", wait->table,
                wait->reason, ago, more);
}

/* A place without a file is told by its set alone. */
static void place_text(const struct log_spot *spot, char *target, size_t size)
{
    if (*spot->file)
        (void)snprintf(target, size, "%s:%llu", spot->file,
                       (unsigned long long)spot->offset);
    else
        (void)snprintf(target, size, "%.200s",
                       spot->gtid && *spot->gtid ? spot->gtid
                                                 : "its beginning");
}

void overview_log_print(const struct overview_log *log, bool is_verbose)
{
    char left[96], ago[40] = "", lag[48] = "", place[320];
    if (!log->spot.file)
        return;
    left_text(log, left, sizeof left);
    if (log->reached_us > 0) {
        ago_text(ago, sizeof ago, log->reached_us);
        (void)snprintf(lag, sizeof lag, ", read to its end %s ago", ago);
    }
    place_text(&log->spot, place, sizeof place);
    screen_line(stdout, "log of %s  at %s%s%s", log->source, place, lag,
                left);
    if (is_verbose && log->spot.gtid && *log->spot.gtid)
        screen_line(stdout, "  gtid    %s", log->spot.gtid);
    if (is_verbose && log->ledger)
        print_ledger(log);
    if (log->waiting.count > 0)
        print_waiting(&log->waiting);
    for (size_t i = 0; i < log->wait_count; i++)
        print_wait(&log->waits[i]);
}

/* --- JSON ---------------------------------------------------------------- */

static json_t *waits_json(const struct overview_log *log)
{
    json_t *array = json_array();
    for (size_t i = 0; i < log->wait_count; i++) {
        const struct overview_wait *wait = &log->waits[i];
        int64_t age_us = clock_utc_us() - wait->since_us;
        json_t *object = json_object();
        document_text(object, "table", wait->table);
        document_text(object, "reason", wait->reason);
        document_count(object, "count", wait->count);
        document_time(object, "since", wait->since_us);
        document_seconds(object, "age_seconds",
                         age_us > 0 ? age_us / 1000 : 0);
        (void)json_array_append_new(array, object);
    }
    return array;
}

json_t *overview_log_json(const struct overview_log *log)
{
    json_t *object = json_object();
    document_text(object, "name", log->stream);
    document_text(object, "source", log->source);
    if (log->spot.file && *log->spot.file) {
        document_text(object, "file", log->spot.file);
        document_count(object, "offset", log->spot.offset);
    }
    if (log->spot.file) {
        document_text(object, "gtid", log->spot.gtid);
        document_time(object, "transaction_at", log->spot.time_us);
    }
    if (log->waiting.count > 0) {
        document_text(object, "oldest_prepared", log->waiting.name);
        document_time(object, "oldest_prepared_at",
                      log->waiting.since_s * SECOND_US);
        document_count(object, "prepared", log->waiting.count);
    }
    document_time(object, "saved_at", log->saved_us);
    if (log->reached_us > 0)
        document_seconds(object, "lag_seconds",
                         (clock_utc_us() - log->reached_us) / 1000);
    document_number(object, "retention_seconds", log->retention_s);
    document_time(object, "log_expires_at", log->expires_us);
    if (log->expires_us > 0)
        document_number(object, "log_left_seconds", left_s(log));
    if (log->ledger)
        (void)json_object_set(object, "ledger", log->ledger);
    (void)json_object_set_new(object, "requests", waits_json(log));
    return object;
}
