/*
 * Table maps and rows while the log is followed. What must stay true: rows
 * are read only under a map that was paired with the table as it is described
 * now; anything else is told, and never guessed.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_follow.h"
#include "model/version.h"
#include "source/mysql_rows.h"

struct log_item *follow_tell(struct follow *follow, enum log_fate fate,
                             struct followed *followed)
{
    struct log_item *item;

    if (follow->item_count == FOLLOW_ITEMS) {
        follow->item_count = 0;
        fate = TABLE_UNKNOWN;
        followed = NULL;
    }
    item = &follow->items[follow->item_count++];
    *item = (struct log_item){.news = LOG_TABLE, .fate = fate,
                              .table = followed,
                              .version = version_make(follow->request.epoch,
                                                      follow->clock, 0)};
    error_clear(&item->reason);
    return item;
}

static struct follow_table *table_of(struct follow *follow,
                                     struct followed *followed)
{
    for (size_t i = 0; i < follow->table_count; i++)
        if (follow->tables[i].followed == followed)
            return &follow->tables[i];
    return NULL;
}

static void clear_slot(struct follow_slot *slot)
{
    binlog_table_release(&slot->rows);
    binlog_resolution_release(&slot->resolution);
    slot->rows = (struct binlog_table){.followed = NULL};
    slot->resolution = (struct binlog_resolution){.columns = NULL};
    slot->is_ready = false;
}

static bool has_column(const struct binlog_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->column_count; i++)
        if (text_equal_nocase(layout->columns[i].name, name))
            return true;
    return false;
}

/* Is the layout one of before the change? */
static bool is_before(const struct binlog_layout *layout,
                      const struct log_change *change)
{
    switch (change->kind) {
    case CHANGE_ADD:
        return !has_column(layout, change->name);
    case CHANGE_DROP:
        return has_column(layout, change->name);
    case CHANGE_RENAME:
        return has_column(layout, change->name) &&
               !has_column(layout, change->new_name);
    case CHANGE_TYPE: /* it may stand in another place */
    case CHANGE_OTHER:
        return false;
    default:
        return true;
    }
}

bool follow_forget_table(struct follow *follow, struct followed *followed,
                         const struct binlog_words *words)
{
    struct follow_table *table = table_of(follow, followed);
    bool is_doubtful = false;

    if (!table)
        return false;
    for (size_t i = 0; table->is_by_order && table->layout &&
                       i < words->change_count; i++)
        is_doubtful |= !is_before(table->layout, &words->changes[i]);
    binlog_layout_free(table->layout);
    table->layout = NULL;
    table->is_by_order = false;
    for (size_t i = 0; i < FOLLOW_SLOTS; i++)
        if (follow->slots[i].rows.followed == followed)
            clear_slot(&follow->slots[i]);
    return is_doubtful;
}

void follow_forget_maps(struct follow *follow)
{
    for (size_t i = 0; i < FOLLOW_SLOTS; i++) {
        clear_slot(&follow->slots[i]);
        binlog_map_release(&follow->slots[i].map);
        follow->slots[i].map = (struct binlog_map){.table_id = 0};
    }
}

static enum status find_charsets(struct follow *follow, MYSQL *link,
                                 struct follow_table *table,
                                 struct error *error)
{
    const struct table *plan = table->followed->table;

    table->charsets = memory_new(plan->column_count,
                                 sizeof(*table->charsets));
    return mysql_rows_charsets(follow->source, link, plan, table->charsets,
                               error);
}

static struct follow_table *add_table(struct follow *follow,
                                      struct followed *followed)
{
    if ((follow->table_count & (follow->table_count + 1)) == 0)
        follow->tables = memory_resize(follow->tables,
                                       2 * follow->table_count + 1,
                                       sizeof(*follow->tables));
    follow->tables[follow->table_count] =
        (struct follow_table){.followed = followed};
    return &follow->tables[follow->table_count++];
}

/* What is known of the table now; *table NULL where it is gone. */
static enum status know_table(struct follow *follow,
                              struct followed *followed, size_t *number,
                              bool *is_there, struct error *error)
{
    struct follow_table *table = table_of(follow, followed);
    MYSQL *link;
    enum status status = mysql_session_link(follow->session, &link, error);

    if (!table)
        table = add_table(follow, followed);
    *number = (size_t)(table - follow->tables);
    if (status == STATUS_OK && !table->charsets)
        status = find_charsets(follow, link, table, error);
    if (status == STATUS_OK && !table->layout)
        status = binlog_layout_read(link, followed->table->database,
                                    followed->table->name, &table->layout,
                                    error);
    *is_there = status == STATUS_OK && table->layout;
    return status;
}

/* Columns that came later: the rows hold NULL there. */
static void tell_earlier(struct follow *follow, struct followed *followed,
                         const struct binlog_resolution *resolution)
{
    struct log_item *item;

    follow->missing = memory_resize(follow->missing,
                                    resolution->absent_count,
                                    sizeof(*follow->missing));
    for (size_t i = 0; i < resolution->absent_count; i++)
        follow->missing[i] = (struct log_change){
            .kind = CHANGE_ADD,
            .name = followed->table->columns[resolution->absent[i]].name,
            .is_nullable = true};
    item = follow_tell(follow, TABLE_EARLIER, followed);
    item->changes = follow->missing;
    item->change_count = resolution->absent_count;
}

/* False where the map does not fit. */
static bool make_rows(struct follow *follow, struct follow_slot *slot,
                      struct follow_table *table)
{
    char reason[128];

    if (binlog_map_resolve(&slot->map, table->followed->table, table->layout,
                           table->charsets, &slot->resolution) !=
        BINLOG_MATCH)
        return false;
    slot->is_ready = binlog_table_init(&slot->rows, table->followed,
                                       &slot->map, &slot->resolution,
                                       table->charsets, reason);
    if (!slot->is_ready)
        return false;
    table->is_by_order |= !slot->map.has_names;
    if (slot->resolution.absent_count > 0)
        tell_earlier(follow, table->followed, &slot->resolution);
    else
        follow_tell(follow, TABLE_AS_NOW, table->followed);
    return true;
}

static enum status settle_slot(struct follow *follow,
                               struct follow_slot *slot,
                               struct followed *followed,
                               struct error *error)
{
    size_t number = 0;
    bool is_there = false;
    enum status status = know_table(follow, followed, &number, &is_there,
                                    error);

    if (status != STATUS_OK)
        return status;
    if (!is_there)
        follow_tell(follow, TABLE_DROPPED, followed);
    else if (make_rows(follow, slot, &follow->tables[number]))
        return STATUS_OK;
    else
        follow_tell(follow, TABLE_CHANGED, followed);
    clear_slot(slot);
    return STATUS_OK;
}

static struct binlog_map_form form_of(const struct follow *follow)
{
    const struct binlog_format *format = &follow->reader.format;

    return (struct binlog_map_form){
        .map_post_bytes = format->post[BINLOG_TABLE_MAP_EVENT],
        .is_mariadb = format->is_mariadb};
}

enum status follow_map(struct follow *follow,
                       const struct binlog_event *event, struct error *error)
{
    struct binlog_map_form form = form_of(follow);
    uint64_t id = binlog_table_id(event->body);
    struct follow_slot *slot = &follow->slots[id % FOLLOW_SLOTS];
    const struct log_sink *sink = &follow->request.sink;
    struct followed *followed;

    follow->ledger.seen++;
    follow->ledger.filtered[FILTERED_OWN]++;
    if (!binlog_map_again(&slot->map, event->body, &form)) {
        clear_slot(slot);
        if (!binlog_map_parse(&slot->map, event->body, &form))
            return binlog_damaged(&follow->reader, event, slot->map.reason,
                                  error);
    }
    followed = sink->find(sink->context, slot->map.database,
                          slot->map.table);
    if (slot->is_ready && slot->rows.followed == followed)
        return STATUS_OK;
    clear_slot(slot);
    return followed ? settle_slot(follow, slot, followed, error) : STATUS_OK;
}

/* Their text is the result's, which the next event writes anew. */
static void tell_keys(struct follow *follow, struct followed *followed)
{
    follow_tell(follow, TABLE_KEYS, followed);
    if (follow->items[follow->item_count - 1].fate == TABLE_KEYS)
        follow->items[follow->item_count - 1].keys =
            buffer_text(&follow->result.keys);
}

/* What is not whole in the log. */
static void tell_rest(struct follow *follow, struct followed *followed)
{
    struct binlog_rows_result *result = &follow->result;

    if (result->unknown > 0)
        follow_tell(follow, TABLE_UNKNOWN, followed);
    else if (result->key_only > 0)
        tell_keys(follow, followed);
    follow->ledger.seen += result->seen;
    follow->ledger.applied += result->rows + result->walked;
    follow->ledger.filtered[FILTERED_KEPT] += result->kept;
    follow->ledger.filtered[FILTERED_REQUEST] +=
        result->key_only + result->unknown;
}

/* A value without a place: the table stops, alone. */
static void tell_bad_row(struct follow *follow, struct follow_slot *slot,
                         const struct error *error)
{
    struct followed *followed =
        (struct followed *)(uintptr_t)slot->rows.followed;

    follow_tell(follow, TABLE_BAD_ROW, followed);
    follow->items[follow->item_count - 1].reason = *error;
    follow->ledger.seen++;
    follow->ledger.filtered[FILTERED_STOPPED]++;
    clear_slot(slot);
}

static void touch(struct follow *follow, struct followed *followed)
{
    for (size_t i = 0; i < follow->touched_count; i++)
        if (follow->touched[i] == followed)
            return;
    follow->touched = memory_resize(follow->touched,
                                    follow->touched_count + 1,
                                    sizeof(*follow->touched));
    follow->touched[follow->touched_count++] = followed;
}

/* A server writes what it rolls back where a part cannot be: tables without
 * transactions, temporary tables. Which rows stayed is not for us to guess. */
void follow_undo(struct follow *follow)
{
    for (size_t i = 0; i < follow->touched_count; i++)
        follow_tell(follow, TABLE_UNSEEN, follow->touched[i]);
    follow->touched_count = 0;
}

static enum status read_rows(struct follow *follow, struct follow_slot *slot,
                             struct binlog_event *event, struct error *error)
{
    struct binlog_rows rows = {.epoch = follow->request.epoch,
                               .clock = follow->clock};
    struct followed *followed =
        (struct followed *)(uintptr_t)slot->rows.followed;
    enum status status = binlog_reader_inflate(&follow->reader, event,
                                               error);

    if (status != STATUS_OK)
        return status;
    if (!binlog_rows_kind(event->type, &rows))
        return binlog_damaged(&follow->reader, event, "no rows event",
                              error);
    touch(follow, followed);
    rows.body = event->body;
    rows.post_bytes = follow->reader.format.post[event->type];
    binlog_rows_result_clear(&follow->result);
    status = binlog_rows_read(&slot->rows, &rows, &follow->request.sink,
                              &follow->result, error);
    tell_rest(follow, followed);
    if (status == STATUS_TABLE) {
        tell_bad_row(follow, slot, error);
        error_clear(error);
        return STATUS_OK;
    }
    return status;
}

enum status follow_rows(struct follow *follow, struct binlog_event *event,
                        struct error *error)
{
    uint64_t id = binlog_table_id(event->body);
    struct follow_slot *slot = &follow->slots[id % FOLLOW_SLOTS];
    const struct log_sink *sink = &follow->request.sink;
    struct binlog_rows rows;

    if (slot->map.table_id != id)
        return binlog_damaged(&follow->reader, event,
                              "rows of a table that no map names", error);
    if (slot->is_ready &&
        sink->find(sink->context, slot->map.database, slot->map.table))
        return read_rows(follow, slot, event, error);
    follow->ledger.seen++;
    follow->ledger.filtered[sink->why ? sink->why(sink->context,
                                                  slot->map.database,
                                                  slot->map.table)
                                      : FILTERED_TABLE]++;
    if (sink->passed && binlog_rows_kind(event->type, &rows) &&
        rows.kind != BINLOG_WRITE)
        sink->passed(sink->context, slot->map.database, slot->map.table,
                     version_make(follow->request.epoch, follow->clock, 0));
    return STATUS_OK;
}
