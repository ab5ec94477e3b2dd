/*
 * A file of a log as our decoder sees it, for comparison with the servers' own
 * dump tools, and the same file bent:
 *
 *     binlog_file FILE [loose]
 *     binlog_file FILE bend SEED COUNT [mend]
 *
 * The first prints an event a line in JSON: type, start, end; of rows events
 * also the table, the images (each ["-" or "+", {"1": text, ..}], columns by
 * number, null where it is NULL, nothing where it is absent) and what
 * binlog_rows_read saw. The last line is {"end": offset} or the error. `loose`:
 * events may be missing, as in a dump by GTID.
 *
 * The second changes bytes of the file COUNT times, with `mend` it makes the
 * checksums right again, and prints how often it ended how: {"same", "other",
 * "errors": {id: count}}. "same": all events as in the whole file; "other":
 * one came that the whole file does not have at that place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include "binlog_file_rows.h"

#include "base/text.h"
#include "model/digest.h"
#include "source/binlog_query.h"
#include "source/binlog_reader.h"
#include "source/binlog_words.h"

#define MAGIC_BYTES 4
#define MEMORY_MAX ((rlim_t)1 << 30)
#define SECONDS_MAX 100
#define EVENTS_MAX 65536
#define ENCRYPTED "the file is encrypted; only its server can read it"

/* What stands in the file, event by event, each in bytes of its own. */
struct input {
    struct bytes left;
    uint8_t *event;
};

static enum status next(void *context, struct bytes *event,
                        enum binlog_news *news, struct error *error)
{
    struct input *input = context;
    struct binlog_header header;
    size_t size = input->left.size;

    (void)error;
    *news = size == 0 ? BINLOG_END : BINLOG_EVENT;
    if (size == 0)
        return STATUS_OK;
    if (binlog_header_parse(input->left, &header) && header.length > 0 &&
        header.length < size)
        size = header.length;
    memory_free(input->event);
    input->event = memory_new(size, 1);
    memcpy(input->event, input->left.data, size);
    input->left.data += size;
    input->left.size -= size;
    *event = (struct bytes){input->event, size};
    return STATUS_OK;
}

static void print_line(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static json_t *text_of(struct bytes text)
{
    json_t *value = json_stringn((const char *)text.data, text.size);

    return value ? value : json_string("?");
}

/* --- bodies that are neither maps nor rows -------------------------------- */

static bool read_query(const struct binlog_reader *reader,
                       struct bytes body, json_t *line)
{
    struct binlog_query query;
    struct binlog_dialect dialect;
    struct binlog_words words;

    if (!binlog_query_parse(&reader->format, body, &query))
        return false;
    binlog_query_dialect(&reader->format, &query, &dialect);
    binlog_words_read(&words, query.text, &dialect);
    json_object_set_new(line, "text", text_of(query.text));
    json_object_set_new(line, "class",
                        json_string(query_class_text(words.class)));
    binlog_words_release(&words);
    return true;
}

static bool read_set(struct bytes body, bool is_mariadb, json_t *line)
{
    struct gtid_set set;
    struct buffer text;
    bool is_good;

    gtid_set_init(&set, is_mariadb);
    buffer_init(&text, GTID_SET_BYTES);
    is_good = is_mariadb ? gtid_set_decode_list(&set, body)
                         : gtid_set_decode(&set, body);
    gtid_set_print(&set, &text);
    json_object_set_new(line, "set", text_of(buffer_bytes(&text)));
    buffer_release(&text);
    gtid_set_release(&set);
    return is_good;
}

static bool read_begin(const struct binlog_event *event, json_t *line)
{
    struct binlog_begin begin;
    struct buffer text;

    if (!binlog_begin_parse(&event->header, event->body, &begin))
        return false;
    if (begin.is_anonymous)
        return true;
    buffer_init(&text, GTID_SET_BYTES);
    gtid_print(&begin.gtid, &text);
    json_object_set_new(line, "gtid", text_of(buffer_bytes(&text)));
    buffer_release(&text);
    return true;
}

static bool read_number(const struct binlog_event *event, json_t *line)
{
    struct binlog_prepare prepare;
    struct binlog_incident incident;
    uint64_t xid = 0;
    bool is_good;

    if (event->type == BINLOG_XA_PREPARE_EVENT)
        return binlog_prepare_parse(event->body, &prepare);
    if (event->type == BINLOG_INCIDENT_EVENT)
        return binlog_incident_parse(event->body, &incident);
    is_good = binlog_xid_parse(event->body, &xid);
    json_object_set_new(line, "xid", json_integer((json_int_t)xid));
    return is_good;
}

static bool read_body(const struct binlog_reader *reader,
                      struct imaged **tables,
                      const struct binlog_event *event, json_t *line)
{
    switch (event->type) {
    case BINLOG_QUERY_EVENT:
        return read_query(reader, event->body, line);
    case BINLOG_GTID_EVENT:
    case BINLOG_ANONYMOUS_GTID_EVENT:
    case BINLOG_GTID_TAGGED_EVENT:
    case BINLOG_MARIADB_GTID_EVENT:
        return read_begin(event, line);
    case BINLOG_PREVIOUS_GTIDS_EVENT:
    case BINLOG_GTID_LIST_EVENT:
        return read_set(event->body, event->type == BINLOG_GTID_LIST_EVENT,
                        line);
    case BINLOG_XID_EVENT:
    case BINLOG_XA_PREPARE_EVENT:
    case BINLOG_INCIDENT_EVENT:
        return read_number(event, line);
    case BINLOG_FORMAT_DESCRIPTION_EVENT:
        imaged_free(tables);
        return true;
    case BINLOG_TABLE_MAP_EVENT:
        return imaged_map(tables, &reader->format, event->body, line);
    default:
        return !binlog_type_is_rows(event->type) ||
               imaged_rows(*tables, &reader->format, event, line);
    }
}

/* --- a whole file --------------------------------------------------------- */

/* What becomes of each event; NULL: it is printed. */
struct seen {
    uint64_t hashes[EVENTS_MAX];
    size_t count;
};

static enum status take(struct binlog_reader *reader, struct imaged **tables,
                        struct binlog_event *event, json_t *line,
                        struct error *error)
{
    char type[32];
    enum status status = binlog_reader_inflate(reader, event, error);

    json_object_set_new(line, "type", json_string(binlog_type_text(
                                          type, event->header.type)));
    json_object_set_new(line, "start",
                        json_integer((json_int_t)event->start));
    json_object_set_new(line, "end", json_integer((json_int_t)event->end));
    if (event->is_inner)
        json_object_set_new(line, "inner", json_true());
    if (status == STATUS_OK && event->type == BINLOG_START_ENCRYPTION_EVENT)
        return error_set(error, ERROR_LOG_DAMAGED, "%s", ENCRYPTED);
    if (status == STATUS_OK && !read_body(reader, tables, event, line))
        status = binlog_damaged(reader, event, "malformed", error);
    return status;
}

static void note(struct seen *seen, const struct binlog_event *event)
{
    if (seen->count < EVENTS_MAX)
        seen->hashes[seen->count++] =
            digest_bytes(event->body, event->header.type);
}

static enum status read_events(struct bytes file, bool is_loose,
                               struct seen *seen, uint64_t *offset,
                               struct error *error)
{
    struct input input = {.left = file};
    struct binlog_feed feed = {&input, next};
    struct binlog_reader reader;
    struct imaged *tables = NULL;
    enum status status;

    binlog_reader_init(&reader, &feed, "file", MAGIC_BYTES, is_loose);
    for (;;) {
        struct binlog_event event;
        enum binlog_news news;
        json_t *line;

        status = binlog_next(&reader, &event, &news, error);
        if (status != STATUS_OK || news == BINLOG_END)
            break;
        line = json_object();
        status = take(&reader, &tables, &event, line, error);
        if (status != STATUS_OK) {
            json_decref(line);
            break;
        }
        if (seen)
            note(seen, &event);
        else
            print_line(json_incref(line));
        json_decref(line);
    }
    *offset = reader.offset;
    imaged_free(&tables);
    binlog_reader_release(&reader);
    memory_free(input.event);
    return status;
}

/* The error of a file that is none of ours to read. */
static bool begins_well(struct bytes file, struct error *error)
{
    static const uint8_t magic[] = {0xfe, 'b', 'i', 'n'};
    static const uint8_t encrypted[] = {0xfd, 'b', 'i', 'n'};

    if (file.size >= MAGIC_BYTES &&
        memcmp(file.data, magic, MAGIC_BYTES) == 0)
        return true;
    error_set(error, ERROR_LOG_DAMAGED, "%s",
              file.size >= MAGIC_BYTES &&
                      memcmp(file.data, encrypted, MAGIC_BYTES) == 0
                  ? ENCRYPTED
                  : "the file is no log");
    return false;
}

static void print_file(struct bytes file, bool is_loose)
{
    struct error error;
    uint64_t offset = 0;
    json_t *line;
    bool is_good =
        begins_well(file, &error) &&
        read_events((struct bytes){file.data + MAGIC_BYTES,
                                   file.size - MAGIC_BYTES},
                    is_loose, NULL, &offset, &error) == STATUS_OK;

    if (is_good)
        line = json_pack("{s:I}", "end", (json_int_t)offset);
    else
        line = json_pack("{s:s, s:s}", "error", error_id_text(error.id),
                         "what", error.what);
    print_line(line);
}

/* --- bent files ----------------------------------------------------------- */

struct bender {
    uint64_t state;
    struct bytes whole; /* behind the magic number */
    uint8_t *data;
    size_t size;
};

static size_t draw(struct bender *bender, size_t below)
{
    uint64_t value = bender->state += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    value ^= value >> 31;
    return below == 0 ? 0 : (size_t)(value % below);
}

/* A place in the file: one time in two within the first bytes of an event,
 * where lengths and counts stand. */
static size_t draw_place(struct bender *bender)
{
    size_t at = draw(bender, bender->size);
    size_t start = 0;

    if (draw(bender, 2) == 0)
        return at;
    while (start + BINLOG_HEADER_BYTES <= bender->size) {
        struct binlog_header header;
        struct bytes left = {bender->data + start, bender->size - start};

        if (!binlog_header_parse(left, &header) || header.length == 0 ||
            start + header.length > at)
            break;
        start += header.length;
    }
    at = start + draw(bender, 60);
    return at < bender->size ? at : draw(bender, bender->size);
}

static void bend(struct bender *bender)
{
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xfb, 0xfc, 0xfe, 0xff};
    size_t at = draw_place(bender);
    size_t more = 1 + draw(bender, 40);

    switch (draw(bender, 6)) {
    case 0:
        bender->data[at] ^= (uint8_t)(1u << draw(bender, 8));
        break;
    case 1:
        bender->data[at] = odd[draw(bender, sizeof(odd))];
        break;
    case 2:
        bender->data[at] = (uint8_t)draw(bender, 256);
        break;
    case 3: /* cut off */
        bender->size = at;
        break;
    case 4: /* cut out */
        more = more > bender->size - at ? bender->size - at : more;
        memmove(bender->data + at, bender->data + at + more,
                bender->size - at - more);
        bender->size -= more;
        break;
    default: /* said twice */
        more = more > bender->size - at ? bender->size - at : more;
        memmove(bender->data + at + more, bender->data + at,
                bender->size - at);
        bender->size += more;
    }
}

/* Lengths stay as they are; each event's checksum becomes that of its bytes.
 */
static void mend(struct bender *bender)
{
    size_t start = 0;

    while (start + BINLOG_HEADER_BYTES + BINLOG_CHECKSUM_BYTES <=
           bender->size) {
        uint8_t *event = bender->data + start;
        size_t left = bender->size - start;
        struct binlog_header header;
        uint32_t sum;

        if (!binlog_header_parse((struct bytes){event, left}, &header) ||
            header.length > left ||
            header.length < BINLOG_HEADER_BYTES + BINLOG_CHECKSUM_BYTES)
            return;
        sum = (uint32_t)crc32_z(0, event,
                                header.length - BINLOG_CHECKSUM_BYTES);
        memcpy(event + header.length - BINLOG_CHECKSUM_BYTES, &sum,
               sizeof(sum));
        start += header.length;
    }
}

static bool is_like(const struct seen *seen, const struct seen *wanted)
{
    if (seen->count > wanted->count)
        return false;
    return memcmp(seen->hashes, wanted->hashes,
                  seen->count * sizeof(*seen->hashes)) == 0;
}

static void count(json_t *counts, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(counts, name));

    json_object_set_new(counts, name, json_integer(number + 1));
}

static void bend_file(struct bytes file, uint64_t seed, uint64_t times,
                      bool is_mended)
{
    struct bender bender = {
        .state = seed,
        .whole = {file.data + MAGIC_BYTES, file.size - MAGIC_BYTES}};
    struct seen *seen = memory_new(2, sizeof(*seen));
    json_t *result = json_object();
    json_t *errors = json_object();
    struct error error;
    uint64_t offset;

    bender.data = memory_new(bender.whole.size + 4096, 1);
    (void)!read_events(bender.whole, false, &seen[0], &offset, &error);
    for (uint64_t i = 0; i < times; i++) {
        memcpy(bender.data, bender.whole.data, bender.whole.size);
        bender.size = bender.whole.size;
        for (size_t left = draw(&bender, 3) + 1; left > 0 && bender.size > 0;
             left--)
            bend(&bender);
        if (is_mended)
            mend(&bender);
        seen[1].count = 0;
        if (read_events((struct bytes){bender.data, bender.size}, false,
                        &seen[1], &offset, &error) != STATUS_OK)
            count(errors, error_id_text(error.id));
        count(result, is_like(&seen[1], &seen[0]) ? "same" : "other");
    }
    json_object_set_new(result, "errors", errors);
    print_line(result);
    memory_free(bender.data);
    memory_free(seen);
}

static struct buffer read_file(const char *path)
{
    struct buffer file;
    FILE *stream = fopen(path, "rb");
    uint8_t piece[4096];
    size_t size;

    buffer_init(&file, (size_t)1 << 28);
    while (stream && (size = fread(piece, 1, sizeof(piece), stream)) > 0)
        buffer_add(&file, piece, size);
    if (!stream)
        exit(2);
    fclose(stream);
    return file;
}

int main(int argument_count, char **arguments)
{
    struct rlimit limit = {MEMORY_MAX, MEMORY_MAX};
    struct buffer file;
    uint64_t seed = 0;
    uint64_t times = 0;

    if (argument_count < 2)
        return 2;
    setrlimit(RLIMIT_AS, &limit);
    alarm(SECONDS_MAX);
    file = read_file(arguments[1]);
    if (argument_count < 5)
        print_file(buffer_bytes(&file), argument_count == 3);
    else if (text_to_u64(arguments[3], &seed) &&
             text_to_u64(arguments[4], &times))
        bend_file(buffer_bytes(&file), seed, times, argument_count > 5);
    buffer_release(&file);
    return 0;
}
