/*
 * Pieces of ClickHouse's SQL. Names and texts are other people's data: they
 * enter a statement here only, quoted.
 */
#include <ctype.h>

#include "base/memory.h"
#include "clickhouse.h"

/* A table has at most some thousands of columns. */
#define SQL_LIMIT ((size_t)16 * 1024 * 1024)

void sql_init(struct buffer *sql)
{
    buffer_init(sql, SQL_LIMIT);
}

static void add_quoted(struct buffer *sql, const char *text, char quote)
{
    buffer_add_byte(sql, (uint8_t)quote);
    for (; *text; text++) {
        if (*text == quote || *text == '\\')
            buffer_add_byte(sql, '\\');
        buffer_add_byte(sql, (uint8_t)*text);
    }
    buffer_add_byte(sql, (uint8_t)quote);
}

void sql_name(struct buffer *sql, const char *name)
{
    add_quoted(sql, name, '`');
}

void sql_text(struct buffer *sql, const char *text)
{
    add_quoted(sql, text, '\'');
}

size_t clickhouse_name_bytes(const char *name)
{
    size_t size = 0;
    for (; *name; name++)
        size += isalnum((unsigned char)*name) || *name == '_' ? 1 : 3;
    return size;
}

void sql_table(struct buffer *sql, const struct clickhouse *house,
               const char *name, const char *suffix)
{
    char *whole = memory_format("%s%s", name, suffix);
    sql_name(sql, house->database);
    buffer_add_byte(sql, '.');
    sql_name(sql, whole);
    memory_free(whole);
}
