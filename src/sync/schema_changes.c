/*
 * What a change of columns asks for. What must stay true: an answer other
 * than SCHEMA_READ is given only where every row of the warehouse is, or will
 * be by the log alone, what the source holds.
 */
#include "sync/schema_changes.h"

#include "base/memory.h"
#include "base/text.h"
#include "sync/work.h"

#define COLUMNS "columns"
#define AWAITED "awaited"
#define STOPPED "stopped"
#define UNSETTLED "unsettled"
#define OPEN "open"
#define MISSED "missed"
#define ADDED "added"

static json_t *part(const struct schema *schema, const char *name)
{
    json_t *found = json_object_get(schema->shape, name);
    if (!found)
        json_object_set_new(schema->shape, name, json_object());
    return json_object_get(schema->shape, name);
}

static const char *text_in(const struct schema *schema, const char *name,
                           const char *key)
{
    return json_string_value(json_object_get(part(schema, name), key));
}

static const char *text_now(const struct schema *schema, const char *seed)
{
    return json_string_value(
        json_object_get(json_object_get(schema->now, COLUMNS), seed));
}

static void put(struct schema *schema, const char *name, const char *key,
                const char *text)
{
    const char *there = text_in(schema, name, key);
    if (text && !(there && text_equal(there, text))) {
        json_object_set_new(part(schema, name), key, json_string(text));
        schema->is_changed = true;
    }
}

static void take_out(struct schema *schema, const char *name, const char *key)
{
    if (json_object_del(part(schema, name), key) == 0)
        schema->is_changed = true;
}

void schema_init(struct schema *schema, const char *before, const char *now)
{
    *schema = (struct schema){.now = json_loads(now, 0, NULL)};
    schema->shape = json_loads(before ? before : now, 0, NULL);
    if (!json_is_object(schema->shape)) {
        json_decref(schema->shape);
        schema->shape = json_deep_copy(schema->now);
    }
}

void schema_release(struct schema *schema)
{
    json_decref(schema->shape);
    json_decref(schema->now);
    *schema = (struct schema){.shape = NULL};
}

void schema_renew(struct schema *schema)
{
    json_decref(schema->shape);
    schema->shape = json_deep_copy(schema->now);
    schema->is_changed = false;
}

char *schema_text(const struct schema *schema)
{
    char *dumped = json_dumps(schema->shape, JSON_COMPACT | JSON_SORT_KEYS);
    char *text = memory_text(dumped);
    memory_free(dumped);
    return text;
}

bool schema_differs(const struct schema *schema)
{
    return json_object_get(schema->shape, UNSETTLED) ||
           !json_equal(json_object_get(schema->shape, COLUMNS),
                       json_object_get(schema->now, COLUMNS));
}

void schema_settle(struct schema *schema, bool is_settled)
{
    if (is_settled == !json_object_get(schema->shape, UNSETTLED))
        return;
    if (is_settled)
        json_object_del(schema->shape, UNSETTLED);
    else
        json_object_set_new(schema->shape, UNSETTLED, json_true());
    schema->is_changed = true;
}

static bool is_new(const struct schema *schema, const struct column *column)
{
    return column->is_stored && !text_in(schema, COLUMNS, column->seed_name);
}

bool schema_has_new(const struct schema *schema, const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (is_new(schema, &table->columns[i]) &&
            !text_in(schema, AWAITED, table->columns[i].name))
            return true;
    return false;
}

/* False where its rows must be read again. */
static bool begin_new(struct schema *schema, const struct column *column,
                      bool is_stored)
{
    const char *awaited = text_in(schema, AWAITED, column->name);
    if (!awaited && is_stored)
        return false;
    if (!awaited) {
        put(schema, AWAITED, column->name, OPEN);
    } else if (text_equal(awaited, ADDED)) {
        put(schema, COLUMNS, column->seed_name,
            text_now(schema, column->seed_name));
        take_out(schema, AWAITED, column->name);
    }
    return true;
}

/* Which columns are copied is not the log's to tell. */
static bool is_chosen_alike(const struct schema *schema)
{
    const json_t *before = json_object_get(schema->shape, "choice");
    const json_t *now = json_object_get(schema->now, "choice");
    return before == now || (before && now && json_equal(before, now));
}

/* Columns that the table has no more, and that none of it was once. */
static void forget_gone(struct schema *schema)
{
    const char *seed;
    void *next;
    json_t *text;
    json_object_foreach_safe(part(schema, COLUMNS), next, seed, text)
        if (!text_now(schema, seed))
            take_out(schema, COLUMNS, seed);
}

enum schema_answer schema_begin(struct schema *schema,
                                const struct table *table,
                                const bool *is_stored)
{
    if (schema_has_new(schema, table) && !is_chosen_alike(schema))
        return SCHEMA_READ;
    if (!schema_has_new(schema, table) && !schema_awaits(schema))
        forget_gone(schema);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        const char *before = text_in(schema, COLUMNS, column->seed_name);
        const char *now = text_now(schema, column->seed_name);
        if (!column->is_stored)
            continue;
        if (!before) {
            if (!begin_new(schema, column, is_stored[i]))
                return SCHEMA_READ;
        } else if (!work_column_grew(before, now)) {
            return SCHEMA_READ;
        } else if (work_column_grew(now, before)) {
            put(schema, COLUMNS, column->seed_name, now);
        }
    }
    return SCHEMA_GOES_ON;
}

bool schema_awaits(const struct schema *schema)
{
    const char *name;
    json_t *word;
    json_object_foreach(part(schema, AWAITED), name, word)
        if (!text_equal(json_string_value(word), ADDED))
            return true;
    return false;
}

void schema_miss(struct schema *schema, const struct log_change *missing,
                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(schema, AWAITED, missing[i].name, MISSED);
}

/* --- one clause ---------------------------------------------------------- */

/* Column names are the same in any case. */
static const struct column *find_column(const struct table *table,
                                        const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (text_equal_nocase(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static bool is_key(const struct table *table, const struct column *column)
{
    return column && table_is_key(table, (size_t)(column - table->columns));
}

static bool touches_key(const struct schema_case *clause)
{
    const struct log_change *change = clause->change;
    return is_key(clause->table, find_column(clause->table, change->name)) ||
           (change->new_name &&
            is_key(clause->table,
                   find_column(clause->table, change->new_name)));
}

static enum schema_answer judge_add(struct schema *schema,
                                    struct schema_case *clause)
{
    const struct log_change *change = clause->change;
    const struct column *column = find_column(clause->table, change->name);
    bool is_known = column ? !is_new(schema, column)
                           : text_in(schema, COLUMNS, clause->seed) != NULL;
    bool is_plain = change->declared && change->is_nullable &&
                    !change->has_default;
    const char *awaited =
        text_in(schema, AWAITED, column ? column->name : change->name);
    if (!column && !is_known && clause->policy == SCHEMA_CHANGES_FREEZE) {
        clause->is_left_out = true;
        return SCHEMA_GOES_ON;
    }
    if (!column && !is_known && clause->policy == SCHEMA_CHANGES_ASK)
        return SCHEMA_STOP;
    if (!is_plain)
        return SCHEMA_READ;
    if (column && awaited) {
        put(schema, COLUMNS, column->seed_name,
            text_now(schema, column->seed_name));
        take_out(schema, AWAITED, column->name);
        return SCHEMA_GOES_ON;
    }
    if (is_known)
        return SCHEMA_GOES_ON;
    if (column || clause->is_stored)
        return SCHEMA_READ;
    put(schema, AWAITED, change->name, ADDED);
    return SCHEMA_DESCRIBE;
}

static enum schema_answer judge_drop(struct schema *schema,
                                     struct schema_case *clause)
{
    const struct column *column = find_column(clause->table,
                                              clause->change->name);
    take_out(schema, AWAITED, column ? column->name : clause->change->name);
    take_out(schema, COLUMNS, column ? column->seed_name : clause->seed);
    return column ? SCHEMA_DESCRIBE : SCHEMA_GOES_ON;
}

/* The table does not have the old name any more. */
static enum schema_answer judge_renamed(struct schema *schema,
                                        struct schema_case *clause,
                                        const struct column *new)
{
    const char *awaited = text_in(schema, AWAITED, new->name);
    if (!awaited)
        return SCHEMA_GOES_ON; /* it was read whole under its new name */
    if (text_equal(awaited, MISSED) ||
        !text_in(schema, COLUMNS, clause->seed))
        return SCHEMA_READ;
    take_out(schema, AWAITED, new->name);
    clause->renames = true;
    return SCHEMA_DESCRIBE;
}

/* Neither: it was renamed again, or dropped. */
static enum schema_answer rename_unseen(struct schema *schema,
                                        struct schema_case *clause)
{
    const struct log_change *change = clause->change;
    char *awaited = memory_text(text_in(schema, AWAITED, change->name));
    take_out(schema, AWAITED, change->name);
    put(schema, AWAITED, change->new_name, awaited);
    memory_free(awaited);
    clause->renames = true;
    return SCHEMA_GOES_ON;
}

static enum schema_answer judge_rename(struct schema *schema,
                                       struct schema_case *clause)
{
    const struct log_change *change = clause->change;
    const struct column *old = find_column(clause->table, change->name);
    const struct column *new = find_column(clause->table, change->new_name);
    if (old && old == new)
        return SCHEMA_READ; /* its letters' case alone */
    if (clause->policy != SCHEMA_CHANGES_ADD && !(new && !is_new(schema, new)))
        return SCHEMA_STOP;
    if (old && new)
        return SCHEMA_READ;
    if (new)
        return judge_renamed(schema, clause, new);
    if (!old)
        return rename_unseen(schema, clause);
    clause->renames = true;
    return SCHEMA_DESCRIBE;
}

/* What a column's text becomes by the clause; see work_column_grew. */
static char *text_after(const char *before, const struct log_change *change)
{
    const char *at = before;
    for (unsigned bars = 0; *at && bars < 2; at++)
        bars += *at == '|';
    char *front = memory_text_part(before, (size_t)(at - before));
    char *text = memory_format("%s%s|%s", front,
                               change->is_nullable ? "null" : "not null",
                               change->declared);
    memory_free(front);
    return text;
}

static enum schema_answer judge_type(struct schema *schema,
                                     struct schema_case *clause)
{
    const struct log_change *change = clause->change;
    const struct column *column = find_column(clause->table, change->name);
    const char *seed = clause->seed;
    const char *before = text_in(schema, COLUMNS, seed);
    const char *now = text_now(schema, column ? column->seed_name : seed);
    if (text_in(schema, AWAITED, column ? column->name : change->name))
        return SCHEMA_GOES_ON; /* rows of another type would not fit */
    if (!before || !change->declared)
        return column ? SCHEMA_READ : SCHEMA_GOES_ON;
    char *after = text_after(before, change);
    bool grew = work_column_grew(before, after);
    bool is_now = now && work_column_grew(after, now);
    bool is_same = grew && work_column_grew(after, before);
    enum schema_answer answer = SCHEMA_READ;
    if (grew && clause->policy == SCHEMA_CHANGES_ASK && !is_same && !is_now)
        answer = SCHEMA_STOP;
    else if (!grew && clause->policy != SCHEMA_CHANGES_ADD && !is_now)
        answer = SCHEMA_STOP;
    else if (grew)
        answer = is_now || !column ? SCHEMA_GOES_ON : SCHEMA_DESCRIBE;
    if (answer == SCHEMA_GOES_ON || answer == SCHEMA_DESCRIBE)
        put(schema, COLUMNS, seed, after);
    memory_free(after);
    return answer;
}

static enum schema_answer judge_index(const struct schema_case *clause)
{
    const char *proof = clause->table->key_index;
    return proof && text_equal_nocase(proof, clause->change->name)
               ? SCHEMA_READ
               : SCHEMA_GOES_ON;
}

enum schema_answer schema_judge(struct schema *schema,
                                struct schema_case *clause)
{
    enum log_change_kind kind = clause->change->kind;
    clause->renames = false;
    clause->is_left_out = false;
    if ((kind == CHANGE_DROP || kind == CHANGE_RENAME ||
         kind == CHANGE_TYPE) && touches_key(clause))
        return SCHEMA_READ;
    switch (kind) {
    case CHANGE_ADD:
        return judge_add(schema, clause);
    case CHANGE_DROP:
        return judge_drop(schema, clause);
    case CHANGE_RENAME:
        return judge_rename(schema, clause);
    case CHANGE_TYPE:
        return judge_type(schema, clause);
    case CHANGE_DROP_INDEX:
        return judge_index(clause);
    case CHANGE_PARENT:
        return SCHEMA_DESCRIBE;
    default:
        return SCHEMA_READ;
    }
}

/* --- what a person is asked ---------------------------------------------- */

/* Texts, bytes and labels have one type whatever their length. */
static bool alters_type(const char *before, const char *now)
{
    bool is_text = text_starts(now, "text|") || text_starts(now, "bytes|") ||
                   text_starts(now, "json|");
    return !is_text && !work_column_grew(now, before);
}

static bool has_other_key(const json_t *before, const json_t *now)
{
    const json_t *old = json_object_get(before, "key");
    const json_t *new = json_object_get(now, "key");
    return old && new && !json_equal(old, new);
}

static bool is_asked(const char *before, const char *now,
                     enum schema_changes policy)
{
    bool asks = policy == SCHEMA_CHANGES_ASK;
    if (!before)
        return asks;
    return !work_column_grew(before, now) ||
           (asks && alters_type(before, now));
}

bool schema_needs_person(const char *before, const char *now,
                         enum schema_changes policy)
{
    const char *name;
    json_t *text;
    json_t *old = before ? json_loads(before, 0, NULL) : NULL;
    json_t *new = json_loads(now, 0, NULL);
    const json_t *columns = json_object_get(old, COLUMNS);
    bool needs = columns && (json_object_get(old, STOPPED) ||
                             has_other_key(old, new));
    json_object_foreach(json_object_get(new, COLUMNS), name, text)
        needs |= columns &&
                 is_asked(json_string_value(json_object_get(columns, name)),
                          json_string_value(text), policy);
    json_decref(old);
    json_decref(new);
    return needs && policy != SCHEMA_CHANGES_ADD;
}

bool schema_holds(const char *shape, const char *seed)
{
    json_t *object = shape ? json_loads(shape, 0, NULL) : NULL;
    const json_t *columns = json_object_get(object, COLUMNS);
    bool holds = !columns || json_object_get(columns, seed);
    json_decref(object);
    return holds;
}

void schema_stop(struct schema *schema)
{
    json_object_set_new(schema->shape, STOPPED, json_true());
    schema->is_changed = true;
}
