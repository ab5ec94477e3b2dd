#include "fixture_mysql.h"

#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "base/text.h"

struct column *mysql_column(struct table *table, const char *name,
                            const char *declared)
{
    struct column *column = table_add_column(table, name);
    size_t length = strlen(declared);

    column->is_nullable = text_ends(declared, " NULL");
    if (column->is_nullable)
        length -= strlen(" NULL");
    column->declared = memory_text_part(declared, length);
    if (strstr(declared, "char") || strstr(declared, "text") ||
        text_starts(declared, "enum") || text_starts(declared, "set"))
        column->charset = memory_text("utf8mb4");
    assert_true(mysql_map_column(column));
    return column;
}

const struct mysql_charset *mysql_set(enum mysql_charset_form form)
{
    static struct mysql_charset sets[FORM_TABLE];
    static unsigned ids[] = {45};

    sets[form].form = form;
    sets[form].is_ascii_plain = form == FORM_UTF8 || form == FORM_ASCII;
    sets[form].ids = ids;
    sets[form].id_count = ARRAY_COUNT(ids);
    return &sets[form];
}

void mysql_rows_make(struct mysql_rows *rows, const struct table *table,
                     size_t extra_count)
{
    const struct mysql_charset **charsets =
        memory_new(table->column_count, sizeof(*charsets));

    for (size_t i = 0; i < table->column_count; i++)
        charsets[i] = mysql_set(FORM_UTF8);
    mysql_rows_init(rows, table, extra_count, charsets);
    memory_free(charsets);
}

void mysql_row_start(struct mysql_row *row, size_t field_count)
{
    memset(row, 0, sizeof(*row));
    row->size = 1 + (field_count + 9) / 8;
}

void mysql_row_null(struct mysql_row *row)
{
    size_t bit = row->column++ + 2;

    row->data[1 + bit / 8] |= (uint8_t)(1u << bit % 8);
}

void mysql_row_raw(struct mysql_row *row, const void *data, size_t size)
{
    assert_true(row->size + size <= sizeof(row->data));
    memcpy(row->data + row->size, data, size);
    row->size += size;
    row->column++;
}

void mysql_row_int(struct mysql_row *row, int64_t value, size_t bytes)
{
    mysql_row_raw(row, &value, bytes);
}

void mysql_row_text(struct mysql_row *row, const char *text)
{
    uint8_t bytes[256] = {(uint8_t)strlen(text)};

    assert_true(strlen(text) < 251);
    memcpy(bytes + 1, text, bytes[0]);
    mysql_row_raw(row, bytes, bytes[0] + 1u);
}

struct bytes mysql_row_packet(const struct mysql_row *row)
{
    return (struct bytes){row->data, row->size};
}
