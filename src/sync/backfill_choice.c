/*
 * What a person asked to have read again: as text, and whether it can be meant.
 * The text is the identity of a backfill without a name, and what a name was
 * first given for.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/task.h"

#define TEXT_BYTES 65536

static void add_option(struct buffer *text, const char *name,
                       const char *value)
{
    if (!value)
        return;
    bool is_word = value[0] && !strpbrk(value, " \t'\"");
    buffer_add_format(text, "%s--%s %s%s%s", text->size > 0 ? " " : "", name,
                      is_word ? "" : "\"", value, is_word ? "" : "\"");
}

bool backfill_is_whole(const struct backfill_choice *choice)
{
    return !choice->from && !choice->to && !choice->where &&
           choice->since_us == INT64_MIN;
}

char *backfill_text(const struct backfill_choice *choice)
{
    struct buffer text;
    buffer_init(&text, TEXT_BYTES);
    add_option(&text, "from", choice->from);
    add_option(&text, "to", choice->to);
    add_option(&text, "where", choice->where);
    add_option(&text, "since", choice->since);
    if (text.size == 0)
        buffer_add_text(&text, "the whole table");
    char *copy = memory_text(buffer_text(&text));
    buffer_release(&text);
    return copy;
}

void backfill_reader(const struct backfill_choice *choice, char *target,
                     size_t size)
{
    if (choice->name) {
        (void)snprintf(target, size, "backfill:%s", choice->name);
        return;
    }
    char *text = backfill_text(choice);
    (void)snprintf(target, size, "backfill:%016llx",
                   (unsigned long long)identity_place(text));
    memory_free(text);
}

/* Numbers are compared as such; rounding never turns two around. The order of
 * texts is the server's, which finds no row then. */
static bool is_number(const struct column *column)
{
    return column->kind == KIND_INT || column->kind == KIND_UINT ||
           column->kind == KIND_DECIMAL || column->kind == KIND_FLOAT;
}

static bool is_turned(const struct column *column, const char *from,
                      const char *to)
{
    char *from_end = NULL;
    char *to_end = NULL;
    int64_t from_us = 0;
    int64_t to_us = 0;
    if (is_number(column)) {
        double first = strtod(from, &from_end);
        double last = strtod(to, &to_end);
        return !*from_end && !*to_end && first > last;
    }
    return (column->kind == KIND_DATE || column->kind == KIND_DATETIME ||
            column->kind == KIND_TIMESTAMP) &&
           calendar_parse_datetime(bytes_of(from), &from_us) &&
           calendar_parse_datetime(bytes_of(to), &to_us) && from_us > to_us;
}

static enum status check_end(const struct work *work,
                             const struct column *column, const char *option,
                             const char *value, struct error *error)
{
    char *end = NULL;
    if (!value || !is_number(column))
        return STATUS_OK;
    (void)strtod(value, &end);
    if (end != value && !*end)
        return STATUS_OK;
    (void)error_set(error, ERROR_USAGE, "cannot use \"%s\" for %s: the key "
                    "of table \"%s\" begins with \"%s\", a number", value,
                    option, work->name, column->name);
    error_next(error, "tidemark preview %s  shows keys; or choose rows with "
               "--where", work->name);
    return error->status;
}

static enum status check_range(const struct work *work,
                               const struct backfill_choice *choice,
                               struct error *error)
{
    const struct table *table = work->table;
    if (table->key_count == 0)
        return STATUS_OK;
    const struct column *column = &table->columns[table->key[0]];
    enum status status = check_end(work, column, "--from", choice->from,
                                   error);
    if (status == STATUS_OK)
        status = check_end(work, column, "--to", choice->to, error);
    if (status != STATUS_OK || !choice->from || !choice->to ||
        !is_turned(column, choice->from, choice->to))
        return status;
    (void)error_set(error, ERROR_USAGE,
                    "no key of table \"%s\" lies from %s to %s: the first is "
                    "above the last", work->name, choice->from, choice->to);
    error_next(error, "tidemark backfill %s --from %s --to %s", work->name,
               choice->to, choice->from);
    return error->status;
}

static enum status check_where(const struct work *work,
                               const struct backfill_choice *choice,
                               struct error *error)
{
    struct filter *where = NULL;
    if (!choice->where)
        return STATUS_OK;
    enum status status = filter_parse(choice->where, &where, error);
    if (status == STATUS_OK)
        status = filter_bind(where, work->table, error);
    filter_free(where);
    if (status != STATUS_OK)
        error->status = STATUS_USAGE; /* a wrong option, not a wrong table */
    return status == STATUS_OK ? STATUS_OK : STATUS_USAGE;
}

static enum status refuse_name(const struct work *work,
                               const struct backfill_choice *choice,
                               const char *text, const char *before,
                               struct error *error)
{
    bool was_whole = before[0] != '-';
    (void)error_set(error, ERROR_USAGE,
                    "cannot use the name \"%s\" for %s: it was given to a "
                    "backfill of table \"%s\" for %s", choice->name, text,
                    work->name, before);
    error_effect(error, "Nothing was started.");
    error_next(error, "choose another --name, or go on with  tidemark "
               "backfill %s %s%s --name %s", work->name,
               was_whole ? "--confirm " : before, was_whole ? work->name : "",
               choice->name);
    return error->status;
}

/* A name stands for what it was first given for. */
static enum status check_name(struct state *state, const struct work *work,
                              const struct backfill_choice *choice,
                              struct error *error)
{
    char reader[STREAM_NAME_BYTES];
    char name[STREAM_NAME_BYTES];
    struct state_stream stream;
    struct place place;
    if (!choice->name)
        return STATUS_OK;
    if (work->table->key_count == 0) {
        (void)error_set(error, ERROR_USAGE, "cannot use --name with table "
                        "\"%s\": it has no key and is read whole each time",
                        work->name);
        error_next(error, "tidemark backfill %s --confirm %s", work->name,
                   work->name);
        return error->status;
    }
    backfill_reader(choice, reader, sizeof reader);
    stream_name(name, sizeof name, work->name, reader);
    enum status status = state_stream_read(state, name, &stream, error);
    if (status != STATUS_OK)
        return status;
    status = place_read(stream.checkpoint, name, &place, error);
    state_stream_release(&stream);
    char *text = backfill_text(choice);
    if (status == STATUS_OK && place.token && !text_equal(place.token, text))
        status = refuse_name(work, choice, text, place.token, error);
    memory_free(text);
    place_release(&place);
    return status;
}

enum status backfill_check(struct state *state, const struct work *work,
                           const struct backfill_choice *choice,
                           struct error *error)
{
    if (work->problem.id != ERROR_NONE)
        return STATUS_OK;
    enum status status = check_range(work, choice, error);
    if (status == STATUS_OK)
        status = check_where(work, choice, error);
    if (status == STATUS_OK)
        status = check_name(state, work, choice, error);
    return status;
}
