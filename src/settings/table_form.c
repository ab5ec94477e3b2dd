/* Options of a table that take more than their type says. */

#include <ctype.h>

#include "base/memory.h"
#include "base/text.h"
#include "field.h"
#include "later.h"
#include "model/calendar.h"
#include "model/filter.h"

enum status read_mode(const struct reader *reader, const struct slot *slot,
                      const struct node *node, void *target,
                      struct error *error)
{
    if (node->kind == NODE_TEXT && later_has_mode(node->text))
        return reader_fail(reader, ERROR_MODE_MISSING, node->mark, error,
                           "mode %s does not exist in this build yet",
                           node->text);
    return field_read(reader, slot, node, target, error);
}

enum status read_cursor_unit(const struct reader *reader,
                             const struct slot *slot, const struct node *node,
                             void *target, struct error *error)
{
    struct table_settings *table = target;
    enum status status = field_read(reader, slot, node, target, error);

    /* The first word is the first unit that has to be written. */
    if (status == STATUS_OK)
        table->cursor_unit += CURSOR_SECONDS;
    return status;
}

enum status read_columns(const struct reader *reader, const struct slot *slot,
                         const struct node *node, void *target,
                         struct error *error)
{
    struct table_settings *table = target;
    enum status status = field_read(reader, slot, node, target, error);

    for (size_t i = 0; status == STATUS_OK && i < table->column_count; i++) {
        if ((table->columns[i][0] == '-') == (table->columns[0][0] == '-') &&
            !text_equal(table->columns[i], "-"))
            continue;
        status = reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                             "\"columns\" expects names, or each with - in "
                             "front");
    }
    return status;
}

static enum status read_type(const struct reader *reader,
                             const struct node *node,
                             struct table_settings *table,
                             struct error *error)
{
    size_t i = table->type_count++;

    table->type_columns[i] = memory_text(node->name);
    return reader_text(reader, "types", node, &table->type_names[i], error);
}

enum status read_types(const struct reader *reader, const struct slot *slot,
                       const struct node *node, void *target,
                       struct error *error)
{
    struct table_settings *table = target;
    enum status status = STATUS_OK;
    size_t count = 0;

    if (node->kind != NODE_MAP)
        return reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                           "\"%s\" expects a map of columns to types",
                           slot->key->name);
    for (const struct node *child = node->first; child != NULL;
         child = child->next)
        count++;
    table->type_columns = memory_new(count, sizeof(char *));
    table->type_names = memory_new(count, sizeof(char *));
    for (const struct node *child = node->first;
         status == STATUS_OK && child != NULL; child = child->next)
        status = read_type(reader, child, table, error);
    return status;
}

/* Only whether it can be parsed: its columns are known later. */
static enum status check_filter(const struct reader *reader,
                                const struct slot *slot, const char *text,
                                struct key_mark mark, struct error *error)
{
    struct filter *filter = NULL;
    enum status status = filter_parse(text, &filter, error);

    filter_free(filter);
    if (status == STATUS_OK)
        return STATUS_OK;
    error_prefix(error, "\"%s\"", slot->key->name);
    return reader_mark(reader, mark, error);
}

enum status read_filter(const struct reader *reader, const struct slot *slot,
                        const struct node *node, void *target,
                        struct error *error)
{
    const struct table_settings *table = target;
    enum status status = field_read(reader, slot, node, target, error);

    if (status != STATUS_OK)
        return status;
    return check_filter(reader, slot, table->rows, node->mark, error);
}

static bool is_plain_name(const char *text)
{
    for (; *text != '\0'; text++) {
        bool is_ascii = (unsigned char)*text < 0x80;

        if (is_ascii && !isalnum((unsigned char)*text) && *text != '_' &&
            *text != '$')
            return false;
    }
    return true;
}

enum status read_soft_delete(const struct reader *reader,
                             const struct slot *slot, const struct node *node,
                             void *target, struct error *error)
{
    const struct table_settings *table = target;
    enum status status = field_read(reader, slot, node, target, error);

    if (status != STATUS_OK || is_plain_name(table->soft_delete))
        return status;
    return check_filter(reader, slot, table->soft_delete, node->mark, error);
}

enum status read_zone(const struct reader *reader, const struct slot *slot,
                      const struct node *node, void *target,
                      struct error *error)
{
    const struct table_settings *table = target;
    enum status status = field_read(reader, slot, node, target, error);
    struct zone *zone;

    if (status != STATUS_OK)
        return status;
    zone = zone_load(table->cursor_zone);
    if (zone == NULL)
        return reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                           "\"%s\" expects a time zone that this system "
                           "knows, such as Asia/Tokyo or +09:00",
                           slot->key->name);
    zone_free(zone);
    return STATUS_OK;
}
