/*
 * The names of all tables and views of the database, in one question.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "mysql_catalog.h"

struct name_list {
    struct source_name *items;
    size_t count;
};

/* Cells: name, type, rows, bytes. */
static bool take_name(void *context, char **cells,
                      const unsigned long *lengths)
{
    struct name_list *list = context;
    (void)lengths;
    if (cells[0] == NULL)
        return true;
    list->items = memory_resize(list->items, list->count + 1,
                                sizeof(*list->items));
    struct source_name *name = &list->items[list->count++];
    name->name = memory_text(cells[0]);
    name->is_view = text_equal(mysql_or_empty(cells[1]), "VIEW");
    name->estimated_rows = mysql_or_zero(cells[2]);
    name->estimated_bytes = mysql_or_zero(cells[3]);
    return true;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct source_name *)left)->name,
                  ((const struct source_name *)right)->name);
}

enum status mysql_names(struct source_session *session,
                        struct source_name **names, size_t *count,
                        struct error *error)
{
    struct name_list list = {NULL, 0};
    struct buffer sql;
    MYSQL *link = NULL;
    enum status status = mysql_session_link((struct mysql_session *)session,
                                            &link, error);
    if (status != STATUS_OK)
        return status;
    buffer_init(&sql, CATALOG_BYTES);
    buffer_add_text(&sql, "SELECT TABLE_NAME, TABLE_TYPE, TABLE_ROWS,"
                          " DATA_LENGTH FROM information_schema.TABLES");
    mysql_catalog_where((const struct mysql_source *)session->source, NULL, 0,
                        &sql);
    buffer_add_text(&sql, " AND TABLE_TYPE IN"
                          " ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')");
    status = mysql_query_rows(link, buffer_text(&sql), take_name, &list,
                              error);
    buffer_release(&sql);
    if (status != STATUS_OK) {
        mysql_names_free(list.items, list.count);
        return status;
    }
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(*list.items), compare_names);
    *names = list.items;
    *count = list.count;
    return STATUS_OK;
}

void mysql_names_free(struct source_name *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(names[i].name);
    memory_free(names);
}
