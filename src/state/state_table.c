/* What is known of each table, and the first names of its columns. */

#include "base/failpoint.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/state_store.h"

static const char *const life_names[LIFE_COUNT] = {
#define X(name, text) [LIFE_##name] = #name,
    TABLE_LIFE_LIST(X)
#undef X
};

/* A word that a newer build wrote cannot come: the version forbids it. */
static enum table_life life_of(const char *name)
{
    for (int life = 0; life < LIFE_COUNT; life++) {
        if (text_equal(name, life_names[life]))
            return (enum table_life)life;
    }
    return LIFE_NEW;
}

struct state_table *state_table_new(const char *source, const char *name)
{
    struct state_table *table = memory_new(1, sizeof(*table));

    table->source = memory_text(source);
    table->name = memory_text(name);
    error_clear(&table->problem);
    return table;
}

void state_table_free(struct state_table *table)
{
    if (table == NULL)
        return;
    memory_free(table->source);
    memory_free(table->name);
    memory_free(table->target);
    memory_free(table->mode);
    memory_free(table->mark);
    memory_free(table->shape);
    memory_free(table->layout);
    memory_free(table);
}

/* The row under the cursor; columns as in STATEMENT_TABLE_READ. */
static struct state_table *read_row(struct query *query)
{
    struct state_table *table = memory_new(1, sizeof(*table));
    char life[32];

    table->source = query_get_text(query, 0);
    table->name = query_get_text(query, 1);
    table->target = query_get_text(query, 2);
    query_get_field(query, 3, life, sizeof(life));
    table->life = life_of(life);
    table->mode = query_get_text(query, 4);
    table->is_guessed = query_get_integer(query, 5) != 0;
    table->mark = query_get_text(query, 6);
    table->mark_us = query_get_integer(query, 7);
    table->confirmed_us = query_get_integer(query, 8);
    table->success_us = query_get_integer(query, 9);
    table->null_cursors = query_get_unsigned(query, 10);
    table->future_cursors = query_get_unsigned(query, 11);
    table->strays_us = query_get_integer(query, 12);
    table->rows_confirmed = query_get_unsigned(query, 13);
    table->run = query_get_unsigned(query, 14);
    query_get_problem(query, 15, &table->problem);
    table->shape = query_get_text(query, 15 + PROBLEM_COLUMNS);
    table->layout = query_get_text(query, 16 + PROBLEM_COLUMNS);
    return table;
}

enum status state_table_read(struct state *state, const char *source,
                             const char *name, struct state_table **table,
                             struct error *error)
{
    struct query query;
    enum status status;

    *table = NULL;
    query_begin(&query, state, STATEMENT_TABLE_READ);
    query_text(&query, 1, source);
    query_text(&query, 2, name);
    if (query_row(&query))
        *table = read_row(&query);
    status = query_end(&query, error);
    if (status != STATUS_OK) {
        state_table_free(*table);
        *table = NULL;
    }
    return status;
}

static void bind_row(struct query *query, const struct state_table *table)
{
    query_text(query, 1, table->source);
    query_text(query, 2, table->name);
    query_text(query, 3, table->target);
    query_text(query, 4, life_names[table->life]);
    query_text(query, 5, table->mode);
    query_integer(query, 6, table->is_guessed);
    query_text(query, 7, table->mark);
    query_integer(query, 8, table->mark_us);
    query_integer(query, 9, table->confirmed_us);
    query_integer(query, 10, table->success_us);
    query_unsigned(query, 11, table->null_cursors);
    query_unsigned(query, 12, table->future_cursors);
    query_integer(query, 13, table->strays_us);
    query_unsigned(query, 14, table->rows_confirmed);
    query_unsigned(query, 15, table->run);
    query_problem(query, 16, &table->problem);
    query_text(query, 16 + PROBLEM_COLUMNS, table->shape);
    query_text(query, 17 + PROBLEM_COLUMNS, table->layout);
}

enum status state_table_write(struct state *state,
                              const struct state_table *table,
                              struct error *error)
{
    struct query query;

    FAILPOINT("state.table_write", error);
    query_begin(&query, state, STATEMENT_TABLE_WRITE);
    bind_row(&query, table);
    query_row(&query);
    return query_end(&query, error);
}

enum status state_tables_write(struct state *state,
                               const struct state_table *const *tables,
                               size_t count, struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = state_table_write(state, tables[i], error);
    return store_end(state, status, error);
}

static enum status confirm(struct state *state, const char *source,
                           const char *name, int64_t confirmed_us,
                           struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_TABLE_CONFIRM);
    query_text(&query, 1, source);
    query_text(&query, 2, name);
    query_integer(&query, 3, confirmed_us);
    query_text(&query, 4, life_names[LIFE_LIVE]);
    query_text(&query, 5, status_name(STATUS_TABLE));
    query_row(&query);
    return query_end(&query, error);
}

enum status state_tables_confirm(struct state *state, const char *source,
                                 const char *const *names, size_t count,
                                 int64_t confirmed_us, struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = confirm(state, source, names[i], confirmed_us, error);
    return store_end(state, status, error);
}

static enum status trouble(struct state *state, const char *source,
                           const char *name, const struct error *problem,
                           struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_TABLE_TROUBLE);
    query_text(&query, 1, source);
    query_text(&query, 2, name);
    query_problem(&query, 3, problem);
    query_text(&query, 3 + PROBLEM_COLUMNS, life_names[LIFE_LIVE]);
    query_row(&query);
    return query_end(&query, error);
}

enum status state_tables_trouble(struct state *state, const char *source,
                                 const char *const *names, size_t count,
                                 const struct error *problem,
                                 struct error *error)
{
    enum status status;

    if (count == 0)
        return STATUS_OK;
    status = store_begin(state, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = trouble(state, source, names[i], problem, error);
    return store_end(state, status, error);
}

enum status state_tables(struct state *state, struct state_table ***tables,
                         struct error *error)
{
    struct state_table **list = memory_new(1, sizeof(*list));
    struct query query;
    enum status status;
    size_t count = 0;

    query_begin(&query, state, STATEMENT_TABLE_LIST);
    while (query_row(&query)) {
        list = memory_resize(list, count + 2, sizeof(*list));
        list[count++] = read_row(&query);
        list[count] = NULL;
    }
    status = query_end(&query, error);
    if (status != STATUS_OK) {
        state_tables_free(list);
        list = NULL;
    }
    *tables = list;
    return status;
}

void state_tables_free(struct state_table **tables)
{
    if (tables == NULL)
        return;
    for (struct state_table **table = tables; *table != NULL; table++)
        state_table_free(*table);
    memory_free(tables);
}

enum status state_seed_read(struct state *state, const char *source,
                            const char *table, const char *column,
                            char **seed_name, struct error *error)
{
    struct query query;

    *seed_name = NULL;
    query_begin(&query, state, STATEMENT_SEED_READ);
    query_text(&query, 1, source);
    query_text(&query, 2, table);
    query_text(&query, 3, column);
    if (query_row(&query))
        *seed_name = query_get_text(&query, 0);
    return query_end(&query, error);
}

static enum status forget_seeds(struct state *state, const char *source,
                                const char *table, struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_SEED_FORGET);
    query_text(&query, 1, source);
    query_text(&query, 2, table);
    query_row(&query);
    return query_end(&query, error);
}

static enum status add_seed(struct state *state, const char *source,
                            const char *table, const struct column *column,
                            struct error *error)
{
    struct query query;

    query_begin(&query, state, STATEMENT_SEED_ADD);
    query_text(&query, 1, source);
    query_text(&query, 2, table);
    query_text(&query, 3, column->name);
    query_text(&query, 4, column->seed_name);
    query_row(&query);
    return query_end(&query, error);
}

/* Columns that are gone are forgotten: one that comes back under a name which
 * a renamed one has as its seed must not find that seed. */
enum status state_seed_write(struct state *state, const char *source,
                             const struct table *table, struct error *error)
{
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = forget_seeds(state, source, table->name, error);
    for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++)
        status = add_seed(state, source, table->name, &table->columns[i],
                          error);
    return store_end(state, status, error);
}

static enum status run_texts(struct state *state, enum statement statement,
                             const char *const *texts, int count,
                             struct error *error)
{
    struct query query;

    query_begin(&query, state, statement);
    for (int i = 0; i < count; i++)
        query_text(&query, i + 1, texts[i]);
    query_row(&query);
    return query_end(&query, error);
}

/* One that has no row goes by its name. */
enum status state_seed_rename(struct state *state, const char *source,
                              const char *table, const char *from,
                              const char *to, struct error *error)
{
    const char *const move[] = {source, table, from, to};
    const char *const keep[] = {source, table, to, from};
    enum status status = store_begin(state, error);

    if (status != STATUS_OK)
        return status;
    status = run_texts(state, STATEMENT_SEED_MOVE, move, 4, error);
    if (status == STATUS_OK)
        status = run_texts(state, STATEMENT_SEED_KEEP, keep, 4, error);
    return store_end(state, status, error);
}

enum status state_shape_write(struct state *state, const char *source,
                              const char *table, const char *shape,
                              struct error *error)
{
    const char *const texts[] = {source, table, shape};

    return run_texts(state, STATEMENT_TABLE_SHAPE, texts, 3, error);
}
