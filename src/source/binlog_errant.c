/*
 * MariaDB after a failover: what the new server did by itself before it took
 * over. Its log holds that in front of the place that is known, and by GTID
 * nobody is told. What must stay true: a transaction that nobody has read is
 * found wherever it stands before the place; doubt counts as found.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_link.h"
#include "source/binlog_place.h"

struct names {
    char **names;
    size_t count;
};

static bool take_name(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct names *names = context;

    (void)lengths;
    if (!cells[0])
        return true;
    names->names = memory_resize(names->names, names->count + 1,
                                 sizeof(*names->names));
    names->names[names->count++] = memory_text(cells[0]);
    return true;
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        memory_free(names->names[i]);
    memory_free(names->names);
}

/* By the numbers alone: 1 there is one, 0 there is none, -1 the log tells. */
static int judge_state(const struct gtid_set *known,
                       const struct binlog_place *place)
{
    int verdict = 0;

    for (size_t i = 0; i < known->entry_count; i++) {
        const struct gtid_entry *entry = &known->entries[i];
        struct gtid asked = {.is_mariadb = true, .domain = entry->domain,
                             .server = UINT32_MAX, .number = entry->number};
        if (entry->number <=
            gtid_set_last(&place->state, entry->domain, entry->server))
            continue;
        if (gtid_set_contains(&place->set, &asked))
            return 1;
        verdict = -1;
    }
    return verdict;
}

/* The newest file that begins at the place or before. */
static enum status find_file(MYSQL *link, const struct binlog_place *place,
                             char **file, struct error *error)
{
    struct names names = {NULL, 0};
    struct gtid_set start;
    bool is_found = false;
    enum status status = mysql_query_rows(link, "SHOW BINARY LOGS", take_name,
                                          &names, error);

    for (size_t i = names.count; i > 0 && status == STATUS_OK && !is_found;
         i--) {
        status = binlog_file_start(link, names.names[i - 1], &start, error);
        is_found = status == STATUS_OK &&
                   gtid_set_holds(&place->set, &start);
        if (is_found)
            *file = memory_text(names.names[i - 1]);
        gtid_set_release(&start);
    }
    free_names(&names);
    return status;
}

/* What is looked for while the file is read. */
struct errant {
    const struct binlog_place *place;
    struct gtid_set passed; /* entries of the place that were met */
    bool is_found;
};

static void meet(struct errant *errant, struct gtid_entry entry)
{
    const struct binlog_place *place = errant->place;
    struct gtid asked = {.is_mariadb = true, .domain = entry.domain,
                         .server = UINT32_MAX, .number = 1};

    if (gtid_set_contains(&errant->passed, &asked))
        return; /* behind the place in its domain: it will be read */
    if (entry.number > gtid_set_last(&place->state, entry.domain,
                                     entry.server))
        errant->is_found = true;
    if (gtid_set_last(&place->set, entry.domain, entry.server) ==
        entry.number)
        gtid_set_add_entry(&errant->passed, entry);
}

static enum status take(struct errant *errant,
                        const struct binlog_reader *reader,
                        const struct binlog_event *event, struct error *error)
{
    struct binlog_begin begin;
    struct gtid_set list;

    if (event->type == BINLOG_MARIADB_GTID_EVENT) {
        if (!binlog_begin_parse(&event->header, event->body, &begin))
            return binlog_damaged(reader, event, "a broken GTID", error);
        meet(errant, (struct gtid_entry){begin.gtid.domain, begin.gtid.server,
                                         begin.gtid.number});
        return STATUS_OK;
    }
    if (event->type != BINLOG_GTID_LIST_EVENT)
        return STATUS_OK;
    gtid_set_init(&list, true);
    if (gtid_set_decode_list(&list, event->body))
        for (size_t i = 0; i < list.entry_count; i++)
            meet(errant, list.entries[i]);
    gtid_set_release(&list);
    return STATUS_OK;
}

/* Up to where every domain has passed the place. */
static enum status read_file(struct errant *errant, struct binlog_link *link,
                             const char *file, struct error *error)
{
    struct binlog_feed feed = {link, binlog_link_next};
    struct binlog_reader reader;
    struct binlog_event event;
    enum binlog_news news = BINLOG_IDLE;
    enum status status = STATUS_OK;

    binlog_reader_init(&reader, &feed, file, 4, false);
    while (status == STATUS_OK && news != BINLOG_END && !errant->is_found &&
           errant->passed.entry_count < errant->place->set.entry_count) {
        status = binlog_next(&reader, &event, &news, error);
        if (status == STATUS_OK && news == BINLOG_EVENT)
            status = take(errant, &reader, &event, error);
    }
    binlog_reader_release(&reader);
    return status;
}

static enum status scan(const struct mysql_source *source, const char *file,
                        struct errant *errant, struct error *error)
{
    struct binlog_start start = {.file = file, .offset = 4,
                                 .stops_at_end = true};
    struct binlog_link *link = NULL;
    char uuid[BINLOG_UUID_BYTES];
    char seed[64];
    enum status status;

    (void)snprintf(seed, sizeof(seed), "look %" PRId64 " %ld",
                   clock_monotonic_us(), (long)getpid());
    binlog_link_name(seed, uuid, &start.server_id);
    start.uuid = uuid;
    status = binlog_link_open(source->settings, &start, &link, error);
    if (status == STATUS_OK)
        status = read_file(errant, link, file, error);
    binlog_link_close(link);
    return status;
}

enum status binlog_errant(const struct mysql_source *source, MYSQL *link,
                          const struct gtid_set *known,
                          const struct binlog_place *place, bool *is_found,
                          struct error *error)
{
    struct errant errant = {.place = place};
    char *file = NULL;
    int verdict = source->is_mariadb ? judge_state(known, place) : 0;
    enum status status;

    *is_found = verdict == 1;
    if (verdict >= 0)
        return STATUS_OK;
    gtid_set_init(&errant.passed, true);
    status = find_file(link, place, &file, error);
    errant.is_found = !file;
    if (status == STATUS_OK && file)
        status = scan(source, file, &errant, error);
    *is_found = errant.is_found;
    gtid_set_release(&errant.passed);
    memory_free(file);
    return status;
}
