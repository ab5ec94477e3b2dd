/*
 * A hostile catalog and a damaged state: the first line is a declared type,
 * the second a position in a table whose key is of that type. Whatever they
 * are, the SELECT holds nothing outside of its own words but literals.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/mysql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Quotes open and close; outside of them stand only these. */
static void check_sql(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        " _().,<>=+-'`";
    bool is_inside = false;
    for (; *text != '\0'; text++)
        if (*text == '\'')
            is_inside = !is_inside;
        else if (!is_inside && strchr(allowed, *text) == NULL)
            abort();
    if (is_inside)
        abort();
}

static void check_labels(const char *declared)
{
    struct buffer label;
    buffer_init(&label, 256);
    for (unsigned i = 0; i < 70; i++)
        (void)mysql_type_label(declared, i, &label);
    buffer_release(&label);
}

static void check_position(struct table *table, const char *after)
{
    const size_t key[] = {0, 1};
    struct buffer sql;
    struct error error;
    struct scan_request request = {
        .table = table,
        .after = after,
        .cursor_from_us = INT64_MIN,
        .cursor_to_us = INT64_MAX,
    };
    table_set_key(table, key, 2);
    buffer_init(&sql, MYSQL_SELECT_BYTES);
    if (mysql_select(NULL, &request, &sql, &error) == STATUS_OK)
        check_sql(buffer_text(&sql));
    else if (error.id != ERROR_STATE_DAMAGED)
        abort();
    buffer_release(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_text_part((const char *)data, size);
    char *after = strchr(text, '\n');
    struct table *table = table_new("d", "t");
    if (after != NULL)
        *after++ = '\0';
    for (size_t i = 0; i < 2; i++) {
        struct column *column = table_add_column(table, i == 0 ? "a" : "b");
        column->declared = memory_text(i == 0 ? text : "varchar(9)");
        column->charset = memory_text("latin1");
        column->collation = memory_text("latin1_bin");
        if (mysql_map_column(column))
            continue;
        table_free(table);
        memory_free(text);
        return 0;
    }
    check_labels(text);
    if (after != NULL)
        check_position(table, after);
    table_free(table);
    memory_free(text);
    return 0;
}
