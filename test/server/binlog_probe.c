/*
 * The events of a server's log, one a line in JSON, for tests against real
 * servers:
 *
 *     binlog_probe URL [file=NAME] [offset=N] [gtid=SET] [clock=N] [id=N]
 *                      [uuid=TEXT] [follow=SECONDS] [set=SET]
 *
 * gtid= starts behind that set (also an empty one), else the dump is by place;
 * set= is what was done up to a place. Ends at the end of the log, with
 * follow= when nothing came for so long. The last line is the place behind the
 * last transaction, or the error. The password is in LAB_PASSWORD, PROBE_CA
 * the path of an authority.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "source/binlog_link.h"
#include "source/binlog_query.h"
#include "source/binlog_words.h"
#include "source/mysql.h"

struct probe {
    struct endpoint_settings settings;
    struct binlog_start start;
    struct gtid_set set; /* of all transactions that ended */
    uint64_t follow_s;
    uint64_t clock;
    struct binlog_reader reader;
    struct binlog_begin begin;
    bool is_open;  /* a transaction */
    bool has_begun; /* BEGIN came */
    uint64_t types[256];
};

static void put(json_t *line, const char *name, struct bytes text)
{
    json_t *value = json_stringn((const char *)text.data, text.size);

    if (value)
        json_object_set_new(line, name, value);
}

static void put_number(json_t *line, const char *name, uint64_t number)
{
    json_object_set_new(line, name, json_integer((json_int_t)number));
}

static void print(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    printf("\n");
    fflush(stdout);
    json_decref(line);
}

static int fail(const struct error *error)
{
    json_t *line = json_object();

    put(line, "error", bytes_of(error_id_text(error->id)));
    put(line, "status", bytes_of(status_name(error->status)));
    put(line, "what", bytes_of(error->what));
    print(line);
    return 1;
}

static void put_xa(json_t *line, struct bytes global, struct bytes branch)
{
    struct buffer text;

    buffer_init(&text, 1024);
    buffer_add_hex(&text, global);
    buffer_add_byte(&text, '.');
    buffer_add_hex(&text, branch);
    put(line, "xa", buffer_bytes(&text));
    buffer_release(&text);
}

static void put_set(json_t *line, const struct gtid_set *set)
{
    struct buffer text;

    buffer_init(&text, GTID_SET_BYTES);
    gtid_set_print(set, &text);
    put(line, "set", buffer_bytes(&text));
    buffer_release(&text);
}

static void end_transaction(struct probe *probe, json_t *line)
{
    if (probe->is_open && !probe->begin.is_anonymous)
        gtid_set_add(&probe->set, &probe->begin.gtid);
    probe->is_open = false;
    probe->has_begun = false;
    json_object_set_new(line, "commit", json_true());
    put_set(line, &probe->set);
}

static void show_begin(struct probe *probe, json_t *line,
                       const struct binlog_event *event)
{
    struct buffer text;

    if (!binlog_begin_parse(&event->header, event->body, &probe->begin)) {
        put(line, "bad", bytes_of("begin"));
        return;
    }
    probe->is_open = true;
    probe->has_begun =
        probe->begin.gtid.is_mariadb && !probe->begin.is_standalone;
    buffer_init(&text, 1024);
    gtid_print(&probe->begin.gtid, &text);
    put(line, "gtid", buffer_bytes(&text));
    buffer_release(&text);
    put_number(line, "committed_us", (uint64_t)probe->begin.committed_us);
    put_number(line, "bytes", probe->begin.transaction_bytes);
    json_object_set_new(line, "statements",
                        json_boolean(probe->begin.may_hold_statements));
    if (probe->begin.is_prepared || probe->begin.is_completed)
        put_xa(line, probe->begin.xa.global, probe->begin.xa.branch);
}

static void put_names(json_t *line, const struct binlog_words *words)
{
    struct buffer text;

    if (words->name_count == 0)
        return;
    buffer_init(&text, 1 << 20);
    for (size_t i = 0; i < words->name_count; i++) {
        const struct query_name *name = &words->names[i];

        buffer_add_format(&text, "%s%s.%s", i > 0 ? "," : "",
                          name->database ? name->database : "",
                          name->name ? name->name : "");
        if (name->new_name)
            buffer_add_format(&text, ">%s.%s", name->new_database
                                                   ? name->new_database
                                                   : "", name->new_name);
    }
    put(line, "names", buffer_bytes(&text));
    buffer_release(&text);
}

static void show_query(struct probe *probe, json_t *line,
                       const struct binlog_event *event)
{
    struct binlog_query query;
    struct binlog_dialect dialect;
    struct binlog_words words;

    if (!binlog_query_parse(&probe->reader.format, event->body, &query)) {
        put(line, "bad", bytes_of("query"));
        return;
    }
    binlog_query_dialect(&probe->reader.format, &query, &dialect);
    binlog_words_read(&words, query.text, &dialect);
    put(line, "schema", query.schema);
    put(line, "text", query.text);
    put(line, "class", bytes_of(query_class_text(words.class)));
    put_number(line, "charset", query.charset);
    put(line, "zone", query.time_zone);
    put_names(line, &words);
    if (words.class >= QUERY_XA_START && words.class <= QUERY_XA_ROLLBACK)
        put_xa(line,
               (struct bytes){words.xa.global, words.xa.global_bytes},
               (struct bytes){words.xa.branch, words.xa.branch_bytes});
    if (words.class == QUERY_BEGIN || words.class == QUERY_XA_START)
        probe->has_begun = true;
    else if (words.class == QUERY_COMMIT || words.class == QUERY_ROLLBACK ||
             !probe->has_begun)
        end_transaction(probe, line);
    binlog_words_release(&words);
}

static void show_prepare(struct probe *probe, json_t *line,
                         const struct binlog_event *event)
{
    struct binlog_prepare prepare;

    if (!binlog_prepare_parse(event->body, &prepare))
        put(line, "bad", bytes_of("prepare"));
    else
        put_xa(line, prepare.xa.global, prepare.xa.branch);
    end_transaction(probe, line);
}

static void show_body(struct probe *probe, json_t *line,
                      const struct binlog_event *event)
{
    struct gtid_set set;
    bool is_list = event->type == BINLOG_GTID_LIST_EVENT;

    switch (event->type) {
    case BINLOG_GTID_EVENT:
    case BINLOG_ANONYMOUS_GTID_EVENT:
    case BINLOG_GTID_TAGGED_EVENT:
    case BINLOG_MARIADB_GTID_EVENT:
        show_begin(probe, line, event);
        break;
    case BINLOG_QUERY_EVENT:
        show_query(probe, line, event);
        break;
    case BINLOG_XID_EVENT:
        end_transaction(probe, line);
        break;
    case BINLOG_XA_PREPARE_EVENT:
        show_prepare(probe, line, event);
        break;
    case BINLOG_PREVIOUS_GTIDS_EVENT:
    case BINLOG_GTID_LIST_EVENT:
        gtid_set_init(&set, is_list);
        if (!(is_list ? gtid_set_decode_list(&set, event->body)
                      : gtid_set_decode(&set, event->body)))
            put(line, "bad", bytes_of("set"));
        put_set(line, &set);
        gtid_set_release(&set);
        break;
    default:
        break;
    }
}

static enum status show(struct probe *probe, struct binlog_event *event,
                        struct error *error)
{
    json_t *line = json_object();
    char type[32];
    bool was_packed = event->is_packed;
    uint64_t counted = event->counted_bytes;
    enum status status =
        binlog_reader_inflate(&probe->reader, event, error);

    probe->types[event->header.type]++;
    put(line, "type",
        bytes_of(binlog_type_text(type, event->header.type)));
    if (probe->reader.file)
        put(line, "file", bytes_of(probe->reader.file));
    put_number(line, "start", event->start);
    put_number(line, "end", event->end);
    put_number(line, "log_pos", event->header.log_pos);
    put_number(line, "time", event->header.time);
    put_number(line, "flags", event->header.flags);
    put_number(line, "counted", counted);
    put_number(line, "body", event->body.size);
    probe->clock += counted;
    put_number(line, "clock", probe->clock);
    if (event->is_inner)
        json_object_set_new(line, "inner", json_true());
    if (was_packed)
        json_object_set_new(line, "packed", json_true());
    if (event->type == BINLOG_FORMAT_DESCRIPTION_EVENT) {
        put(line, "server", bytes_of(probe->reader.format.server));
        put_number(line, "created", probe->reader.format.created);
        put_number(line, "checksum", probe->reader.format.checksum);
        put_number(line, "version", probe->reader.format.version);
    }
    if (status == STATUS_OK)
        show_body(probe, line, event);
    print(line);
    return status;
}

static enum status read_all(struct probe *probe, struct error *error)
{
    uint64_t idle_s = 0;

    for (;;) {
        struct binlog_event event;
        enum binlog_news news;
        enum status status =
            binlog_next(&probe->reader, &event, &news, error);

        if (status == STATUS_OK && news == BINLOG_EVENT)
            status = show(probe, &event, error);
        if (status != STATUS_OK || news == BINLOG_END)
            return status;
        if (news == BINLOG_EVENT &&
            event.type != BINLOG_HEARTBEAT_EVENT &&
            event.type != BINLOG_HEARTBEAT_V2_EVENT)
            idle_s = 0;
        else if (probe->follow_s > 0 && ++idle_s > probe->follow_s)
            return STATUS_OK;
    }
}

static int run(struct probe *probe)
{
    struct binlog_link *link = NULL;
    struct error error;
    json_t *line;
    enum status status =
        binlog_link_open(&probe->settings, &probe->start, &link, &error);
    struct binlog_feed feed = {link, binlog_link_next};

    if (status != STATUS_OK)
        return fail(&error);
    probe->set.is_mariadb = binlog_link_is_mariadb(link);
    binlog_reader_init(&probe->reader, &feed, probe->start.file,
                       probe->start.offset, probe->start.set != NULL);
    status = read_all(probe, &error);
    line = json_object();
    put(line, "place", bytes_of(probe->reader.file ? probe->reader.file
                                                   : ""));
    put_number(line, "offset", probe->reader.offset);
    put_number(line, "clock", probe->clock);
    put_number(line, "skipped", probe->reader.skipped_bytes);
    put_set(line, &probe->set);
    print(line);
    binlog_reader_release(&probe->reader);
    binlog_link_close(link);
    return status == STATUS_OK ? 0 : fail(&error);
}

/* Texts of sets do not tell the kind of server: 8 digits before a dash do. */
static bool take_set(struct gtid_set *set, const char *text)
{
    const char *dash = strchr(text, '-');

    gtid_set_release(set);
    gtid_set_init(set, dash && dash - text < 8);
    return gtid_set_parse(set, text);
}

static bool take_word(struct probe *probe, const char *word)
{
    const char *value = strchr(word, '=');
    uint64_t number = 0;

    if (!value++)
        return false;
    (void)text_to_u64(value, &number);
    if (text_starts(word, "file="))
        probe->start.file = value;
    else if (text_starts(word, "offset="))
        probe->start.offset = number;
    else if (text_starts(word, "clock="))
        probe->clock = number;
    else if (text_starts(word, "id="))
        probe->start.server_id = (uint32_t)number;
    else if (text_starts(word, "uuid="))
        probe->start.uuid = value;
    else if (text_starts(word, "follow="))
        probe->follow_s = number;
    else if (text_starts(word, "set="))
        return take_set(&probe->set, value);
    else if (text_starts(word, "gtid=")) {
        probe->start.set = &probe->set;
        probe->start.offset = 0;
        return take_set(&probe->set, value);
    } else
        return false;
    return true;
}

int main(int count, char **words)
{
    struct probe probe;
    struct error error;
    const char *password = getenv("LAB_PASSWORD");
    int result;

    memset(&probe, 0, sizeof(probe));
    if (count < 2)
        return 2;
    stop_install();
    probe.start.offset = 4;
    probe.start.server_id = 4000000000u;
    probe.start.uuid = "6f1c0000-0000-4000-8000-000000000001";
    for (int i = 2; i < count; i++)
        if (!take_word(&probe, words[i])) {
            fprintf(stderr, "unknown: %s\n", words[i]);
            return 2;
        }
    probe.start.stops_at_end = probe.follow_s == 0;
    if (url_parse(words[1], &probe.settings.url, &probe.settings.password,
                  &error) != STATUS_OK)
        return fail(&error);
    probe.settings.name = memory_text("main");
    probe.settings.tls.ca = memory_text(getenv("PROBE_CA"));
    if (!probe.settings.password && password)
        probe.settings.password = secret_new(password, strlen(password));
    result = run(&probe);
    gtid_set_release(&probe.set);
    url_release(&probe.settings.url);
    secret_free(probe.settings.password);
    memory_free(probe.settings.tls.ca);
    memory_free(probe.settings.name);
    return result;
}
