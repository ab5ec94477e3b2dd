/*
 * Can the log be read on from a place? What must stay true: only what the
 * server itself says lets the log go on; all doubt begins anew.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_server.h"

struct search {
    const struct binlog_place *place;
    char *first; /* the oldest file */
    bool is_there;
    uint64_t size;
};

static bool take_file(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct search *search = context;

    (void)lengths;
    if (!search->first)
        search->first = memory_text(cells[0]);
    if (cells[0] && cells[1] && text_equal(cells[0], search->place->file))
        search->is_there = text_to_u64(cells[1], &search->size);
    return true;
}

/* The caller frees `first`. */
static enum status search_files(MYSQL *link, const struct binlog_place *place,
                                struct search *search, struct error *error)
{
    *search = (struct search){.place = place};
    return mysql_query_rows(link, "SHOW BINARY LOGS", take_file, search,
                            error);
}

enum status binlog_has_file(MYSQL *link, const struct binlog_place *place,
                            bool *is_there, struct error *error)
{
    struct search search;
    enum status status = search_files(link, place, &search, error);

    *is_there = search.is_there;
    memory_free(search.first);
    return status;
}

enum status binlog_file_start(MYSQL *link, const char *file,
                              struct gtid_set *set, struct error *error)
{
    char *text = NULL;
    enum status status = binlog_ask_set(link, true, file, "4", &text, error);

    gtid_set_init(set, true);
    if (status == STATUS_OK)
        status = binlog_parse_set(text, set, error);
    memory_free(text);
    return status;
}

/* Those that stand in its log no more. */
static enum status ask_purged(MYSQL *link, bool is_mariadb, const char *first,
                              struct gtid_set *purged, struct error *error)
{
    if (!is_mariadb)
        return binlog_ask_kept(link, false, "@@global.gtid_purged", purged,
                               error);
    return binlog_file_start(link, first ? first : "", purged, error);
}

/* "uuid:7#41" without what stands behind "#": the thread that commits it. */
static void cut_owners(char *text)
{
    char *target = text;

    for (const char *at = text; *at; at++) {
        if (*at == '#')
            at += strspn(at + 1, "0123456789");
        else
            *target++ = *at == '\n' ? ',' : *at;
    }
    *target = '\0';
}

/* MySQL writes a transaction to the log, where it was read, before it calls it
 * executed; where it waits for a replica that may take long. */
static enum status add_begun(MYSQL *link, struct gtid_set *known,
                             struct error *error)
{
    struct binlog_answer answer;
    struct gtid_set begun;
    enum status status = binlog_ask(
        link, "SELECT @@global.gtid_owned, @@global.gtid_executed, 0",
        &answer, error);

    gtid_set_init(&begun, false);
    if (status == STATUS_OK)
        status = binlog_parse_set(answer.cells[1], known, error);
    if (status == STATUS_OK && answer.cells[0]) {
        cut_owners(answer.cells[0]);
        if (gtid_set_parse(&begun, answer.cells[0]))
            status = binlog_parse_set(answer.cells[0], known, error);
    }
    gtid_set_release(&begun);
    binlog_answer_release(&answer);
    return status;
}

/* What the server has, beside the place. */
struct standing {
    bool is_same;   /* it is the server of the place */
    bool holds;     /* it knows every transaction up to the place ... */
    bool knows;     /* ... at least some */
    bool keeps;     /* all behind the place stand in its log */
    bool has_errant; /* ... and some before it that were not read */
    struct search search;
};

static enum status look(MYSQL *link, const struct mysql_source *source,
                        const struct binlog_place *place,
                        struct standing *standing, struct error *error)
{
    struct gtid_set known;
    struct gtid_set purged;
    char *identity = NULL;
    enum status status = search_files(link, place, &standing->search, error);

    gtid_set_init(&purged, source->is_mariadb);
    gtid_set_init(&known, source->is_mariadb);
    if (status == STATUS_OK)
        status = binlog_identity(link, &identity, error);
    if (status == STATUS_OK)
        status = binlog_ask_known(link, source->is_mariadb, &known, error);
    if (status == STATUS_OK)
        status = ask_purged(link, source->is_mariadb, standing->search.first,
                            &purged, error);
    if (status == STATUS_OK) {
        standing->is_same = text_equal(place->server, identity);
        if (standing->is_same && !source->is_mariadb &&
            !gtid_state_holds(&known, &place->set))
            status = add_begun(link, &known, error);
        standing->holds = gtid_state_holds(&known, &place->set);
        standing->knows = gtid_set_meets(&known, &place->set);
        standing->keeps = gtid_set_holds(&place->set, &purged);
    }
    if (status == STATUS_OK && !standing->is_same && standing->holds)
        status = binlog_errant(source, link, &known, place,
                               &standing->has_errant, error);
    memory_free(identity);
    gtid_set_release(&known);
    gtid_set_release(&purged);
    return status;
}

static enum log_loss judge(const struct binlog_place *place,
                           const struct standing *standing)
{
    const struct search *search = &standing->search;
    bool has_set = !gtid_set_is_empty(&place->set);

    if (!standing->is_same && standing->has_errant)
        return LOG_FORKED;
    if (!standing->is_same && has_set && standing->holds)
        return standing->keeps ? LOG_MOVED : LOG_ANOTHER;
    if (!standing->is_same)
        return standing->knows ? LOG_FORKED : LOG_ANOTHER;
    if (!standing->holds)
        return LOG_ANOTHER;
    if (!search->is_there)
        return has_set && standing->keeps ? LOG_THERE : LOG_PURGED;
    return place->offset > search->size ? LOG_SHORTENED : LOG_THERE;
}

enum status binlog_loss(struct source_session *session, const char *place,
                        enum log_loss *loss, struct error *error)
{
    const struct mysql_source *source = binlog_source_of(session);
    struct standing standing = {.is_same = false};
    struct binlog_place found;
    MYSQL *link;
    enum status status = binlog_session(session, &link, error);

    if (status != STATUS_OK)
        return status;
    if (!binlog_place_read(place, source->is_mariadb, &found)) {
        *loss = LOG_ANOTHER; /* of the other kind of server, perhaps */
        return STATUS_OK;
    }
    if (source->refused_place && text_equal(place, source->refused_place)) {
        *loss = (enum log_loss)source->refusal;
        binlog_place_release(&found);
        return STATUS_OK;
    }
    status = look(link, source, &found, &standing, error);
    if (status == STATUS_OK)
        *loss = judge(&found, &standing);
    memory_free(standing.search.first);
    binlog_place_release(&found);
    return status;
}

enum status binlog_move(struct source_session *session, const char *place,
                        char **moved, struct error *error)
{
    const struct mysql_source *source = binlog_source_of(session);
    struct binlog_place found;
    char *identity = NULL;
    MYSQL *link;
    enum status status = binlog_session(session, &link, error);

    *moved = NULL;
    if (!binlog_place_read(place, source->is_mariadb, &found))
        return error_set(error, ERROR_STATE_DAMAGED,
                         "cannot read the place of the log in the state");
    if (status == STATUS_OK)
        status = binlog_identity(link, &identity, error);
    if (status == STATUS_OK) {
        binlog_place_move(&found, identity);
        *moved = binlog_place_text(&found);
    }
    memory_free(identity);
    binlog_place_release(&found);
    return status;
}
