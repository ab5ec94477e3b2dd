/* The entries of `tables:`. Each starts from the general settings and takes
 * nothing from another entry. */

#include "base/memory.h"
#include "base/text.h"
#include "field.h"

#define EXCEPT "except"

static enum status check_pattern(const struct reader *reader,
                                 const char *pattern, struct key_mark mark,
                                 struct error *error)
{
    if (pattern[0] != '\0')
        return STATUS_OK;
    return reader_fail(reader, ERROR_SETTINGS_VALUE, mark, error,
                       "\"tables\" expects a name or pattern, not nothing");
}

/* Takes over `pattern`. */
static struct table_settings *add_table(struct settings *settings,
                                        char *pattern, struct key_mark mark)
{
    struct table_settings *table;

    settings->tables = memory_resize(settings->tables,
                                     settings->table_count + 1,
                                     sizeof(*settings->tables));
    table = &settings->tables[settings->table_count++];
    *table = settings->general;
    table->pattern = pattern;
    table->is_exact = !text_is_pattern(pattern);
    table->place = mark;
    return table;
}

static enum status read_except(const struct reader *reader,
                               const struct node *node,
                               struct settings *settings, struct error *error)
{
    char **texts;
    size_t count;
    enum status status = reader_texts(reader, EXCEPT, node, &texts, &count,
                                      error);

    if (status != STATUS_OK)
        return status;
    settings->except = memory_resize(settings->except,
                                     settings->except_count + count,
                                     sizeof(*settings->except));
    for (size_t i = 0; i < count; i++)
        settings->except[settings->except_count++] = texts[i];
    memory_free(texts);
    return STATUS_OK;
}

/* Options, or the mode alone, or nothing. */
static enum status read_options(const struct reader *reader,
                                const struct node *node,
                                struct table_settings *table,
                                struct error *error)
{
    const struct key_table *keys = settings_keys(PLACE_TABLE);
    struct slot mode = {key_find(keys, "mode"), NULL};

    if (node_is_empty(node))
        return STATUS_OK;
    if (node->kind != NODE_TEXT)
        return fields_read(reader, PLACE_TABLE, node, table, error);
    mode.field = &fields_of(PLACE_TABLE)[mode.key - keys->keys];
    return mode.field->read(reader, &mode, node, table, error);
}

static enum status read_member(const struct reader *reader,
                               const struct node *node,
                               struct settings *settings, struct error *error)
{
    struct reader inner = *reader;
    struct table_settings *table;
    enum status status;
    char *about;

    if (text_equal(node->name, EXCEPT))
        return read_except(reader, node, settings, error);
    status = check_pattern(reader, node->name, node->name_mark, error);
    if (status != STATUS_OK)
        return status;
    about = memory_format("table \"%s\"", node->name);
    inner.about = about;
    table = add_table(settings, memory_text(node->name), node->name_mark);
    status = read_options(&inner, node, table, error);
    if (status == STATUS_OK && table->target != NULL && !table->is_exact)
        status = reader_fail(reader, ERROR_SETTINGS_VALUE, node->name_mark,
                             error, "\"to\" expects one table, not the "
                             "pattern \"%s\"", node->name);
    memory_free(about);
    return status;
}

static enum status read_entry(const struct reader *reader,
                              const struct node *node,
                              struct settings *settings, struct error *error)
{
    enum status status = STATUS_OK;
    char *pattern;

    if (node->kind == NODE_MAP) {
        for (const struct node *child = node->first;
             status == STATUS_OK && child != NULL; child = child->next)
            status = read_member(reader, child, settings, error);
        return status;
    }
    status = reader_text(reader, "tables", node, &pattern, error);
    if (status != STATUS_OK)
        return status;
    status = check_pattern(reader, pattern, node->mark, error);
    if (status == STATUS_OK)
        (void)add_table(settings, pattern, node->mark);
    else
        memory_free(pattern);
    return status;
}

enum status read_tables(const struct reader *reader, const struct slot *slot,
                        const struct node *node, void *target,
                        struct error *error)
{
    struct settings *settings = target;
    enum status status = STATUS_OK;

    (void)slot;
    if (node->kind != NODE_LIST)
        status = read_entry(reader, node, settings, error);
    else
        for (const struct node *item = node->first;
             status == STATUS_OK && item != NULL; item = item->next)
            status = read_entry(reader, item, settings, error);
    if (status == STATUS_OK && settings->table_count == 0)
        status = reader_fail(reader, ERROR_SETTINGS_MISSING, node->mark, error,
                             "\"tables\" names no table");
    return status;
}
