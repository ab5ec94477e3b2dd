/*
 * Foreign keys by which the server changes rows beside the log. What must stay
 * true: a delete or change of a parent always ends in a request for its
 * children, by value where both tables are followed, else for all of them and
 * for theirs.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sync/cdc.h"
#include "sync/repair_scope.h"

/* --- learning them ------------------------------------------------------- */

static char **copy_names(const char *const *names, size_t count)
{
    char **copies = memory_new(count, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = memory_text(names[i]);
    return copies;
}

static void free_names(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free((char *)(uintptr_t)names[i]);
    memory_free((void *)(uintptr_t)names);
}

/* May two of its values be the same for the source and not in bytes? By _bin
 * too, which leaves spaces at the end out, where those are kept. */
static bool is_folded(const struct column *column)
{
    const char *collation = column->collation;
    if (!collation || text_equal(collation, "binary"))
        return false;
    return !text_ends(collation, "_0900_bin") &&
           !text_ends(collation, "_nopad_bin") &&
           !(text_ends(collation, "_bin") &&
             text_starts(column->declared, "char("));
}

/* Indexes of the columns, where their cells find rows in the warehouse. */
static size_t *find_columns(const struct cdc_table *table,
                            const char *const *names, size_t count)
{
    const struct table *plan = table->work->table;
    size_t *columns = scope_columns(plan, names, count);
    for (size_t i = 0; columns && i < count; i++) {
        if (!is_folded(&plan->columns[columns[i]]) && plan->key_count > 0)
            continue;
        memory_free(columns);
        return NULL;
    }
    return columns;
}

static void add_edge(void *context, const struct log_child *child)
{
    struct cdc *cdc = context;
    cdc->edges = memory_resize(cdc->edges, cdc->edge_count + 1,
                               sizeof *cdc->edges);
    cdc->edges[cdc->edge_count++] = (struct cdc_edge){
        .child = {.table = memory_text(child->table),
                  .parent_database = memory_text(child->parent_database),
                  .parent = memory_text(child->parent),
                  .columns = (const char *const *)copy_names(child->columns,
                                                             child->count),
                  .referenced = (const char *const *)copy_names(
                      child->referenced, child->count),
                  .count = child->count,
                  .deletes = child->deletes,
                  .on_delete = child->on_delete,
                  .on_update = child->on_update},
    };
}

static bool is_ours(const struct cdc *cdc, const char *database)
{
    return text_equal_nocase(database, cdc->sync->endpoint->url.path);
}

static void bind_edge(struct cdc *cdc, struct cdc_edge *edge)
{
    const struct log_child *child = &edge->child;
    edge->table = cdc_table_named(cdc, child->table);
    if (is_ours(cdc, child->parent_database))
        edge->parent = cdc_table_named(cdc, child->parent);
    if (edge->table)
        edge->columns = find_columns(edge->table, child->columns,
                                     child->count);
    if (edge->parent)
        edge->referenced = scope_columns(edge->parent->work->table,
                                         child->referenced, child->count);
}

/* The table as its followed struct tells it to the source. */
static void bind_parent(struct cdc *cdc, struct cdc_table *table)
{
    size_t count = 0;
    table->references = memory_new(cdc->edge_count,
                                   sizeof *table->references);
    table->edges = memory_new(cdc->edge_count, sizeof *table->edges);
    for (size_t i = 0; i < cdc->edge_count; i++) {
        struct cdc_edge *edge = &cdc->edges[i];
        if (edge->parent != table)
            continue;
        table->edges[count] = edge;
        table->references[count++] = (struct followed_reference){
            .columns = edge->referenced,
            .count = edge->child.count,
            .on_delete = edge->child.on_delete,
            .on_update = edge->child.on_update,
        };
    }
    table->followed.references = table->references;
    table->followed.reference_count = count;
}

enum status cdc_children(struct cdc *cdc, struct error *error)
{
    const struct log_ops *log = cdc->sync->source->ops->log;
    enum status status = log->children(cdc->session, add_edge, cdc, error);
    for (size_t i = 0; i < cdc->edge_count; i++)
        bind_edge(cdc, &cdc->edges[i]);
    for (size_t i = 0; i < cdc->count && cdc->edge_count > 0; i++)
        bind_parent(cdc, &cdc->tables[i]);
    return status;
}

void cdc_children_drop(struct cdc *cdc)
{
    for (size_t i = 0; i < cdc->edge_count; i++) {
        struct log_child *child = &cdc->edges[i].child;
        free_names(child->columns, child->count);
        free_names(child->referenced, child->count);
        memory_free((char *)(uintptr_t)child->table);
        memory_free((char *)(uintptr_t)child->parent_database);
        memory_free((char *)(uintptr_t)child->parent);
        memory_free(cdc->edges[i].columns);
        memory_free(cdc->edges[i].referenced);
    }
    memory_free(cdc->edges);
    cdc->edges = NULL;
    cdc->edge_count = 0;
    for (size_t i = 0; i < cdc->count; i++) {
        memory_free(cdc->tables[i].references);
        memory_free(cdc->tables[i].edges);
    }
}

/* --- what the log tells of parents --------------------------------------- */

/*
 * A row that went by a cascade and was written again, before its request was
 * served, is there in the warehouse as in the source: nobody would see that it
 * was gone, and what hung on it went with it.
 */
void cdc_expect_cascades(struct cdc *cdc, bool has_cascades)
{
    cdc->has_cascades = has_cascades;
    for (size_t i = 0; i < cdc->count; i++)
        cdc->tables[i].followed.tells_new = has_cascades;
}

bool cdc_has_cascade(const struct cdc_table *table)
{
    for (size_t i = 0; i < table->followed.reference_count; i++)
        if (table->edges[i]->child.on_delete)
            return true;
    return false;
}

/* Was a copy of it made, or may one be, that the log has not reached? */
static bool may_lack_rows(const struct cdc_table *table)
{
    return table->needs_copy || table->waits ||
           table->ahead_request > atomic_load(&table->cdc->passed_request);
}

/*
 * A copy may have been made when the child was gone already: the warehouse
 * never held it, while the log has brought what hung on it.
 */
void cdc_parent(void *context, struct followed *followed, size_t reference,
                enum log_touch touch, const char *value, uint64_t version)
{
    struct cdc *cdc = context;
    const struct cdc_table *table = followed->context;
    const struct cdc_edge *edge = table->edges[reference];
    if (touch == PARENT_NEW && !edge->child.on_delete)
        return;
    if (touch == PARENT_GONE && !cdc->has_cascades)
        cdc_expect_cascades(cdc, true);
    if (touch == PARENT_GONE && edge->table && may_lack_rows(edge->table))
        edge->table->went_version = version;
    cdc_request_children(cdc, edge, touch != PARENT_CHANGED, value, version);
}

void cdc_passed(void *context, const char *database, const char *name,
                uint64_t version)
{
    struct cdc *cdc = context;
    for (size_t i = 0; i < cdc->edge_count; i++) {
        const struct log_child *child = &cdc->edges[i].child;
        if (text_equal_nocase(child->parent, name) &&
            text_equal_nocase(child->parent_database, database))
            cdc_request_children(cdc, &cdc->edges[i], true, NULL, version);
    }
}

/* --- a table and what hangs on it ---------------------------------------- */

static bool hangs_on(const struct cdc *cdc, const struct cdc_edge *edge,
                     const char *table)
{
    return text_equal_nocase(edge->child.parent, table) &&
           is_ours(cdc, edge->child.parent_database);
}

enum status cdc_branch(struct cdc *cdc, const char *table,
                       cdc_branch_function *tell, void *context,
                       struct error *error)
{
    const char **names = memory_new(cdc->edge_count + 1, sizeof *names);
    size_t count = 0;
    enum status status = STATUS_OK;
    names[count++] = table;
    for (size_t done = 0; done < count; done++) {
        for (size_t i = 0; i < cdc->edge_count && status == STATUS_OK; i++) {
            const char *child = cdc->edges[i].child.table;
            bool is_known = !hangs_on(cdc, &cdc->edges[i], names[done]);
            for (size_t j = 0; j < count && !is_known; j++)
                is_known = text_equal(names[j], child);
            if (is_known)
                continue;
            names[count++] = child;
            status = tell(context, child, error);
        }
    }
    memory_free(names);
    return status;
}

struct branch {
    struct cdc *cdc;
    uint64_t version;
};

static enum status request_one(void *context, const char *name,
                               struct error *error)
{
    const struct branch *branch = context;
    const struct cdc_table *table = cdc_table_named(branch->cdc, name);
    (void)error;
    if (table)
        cdc_request_table(branch->cdc, table->work, branch->version,
                          "foreign keys change it beside the log");
    return STATUS_OK;
}

void cdc_request_branch(struct cdc *cdc, const char *table, uint64_t version)
{
    struct branch branch = {cdc, version};
    struct error none;
    error_clear(&none);
    if (cdc_branch(cdc, table, request_one, &branch, &none) != STATUS_OK)
        return; /* it cannot fail */
}
