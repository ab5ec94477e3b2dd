#ifndef TIDEMARK_TEST_BINLOG_FILE_TABLE_H
#define TIDEMARK_TEST_BINLOG_FILE_TABLE_H

/*
 * Tables for binlog_file.c: each map makes one of ours, so that all cells go
 * the way of every row; texts as bytes, labels as numbers.
 */
#include <inttypes.h>
#include <jansson.h>

#include "base/memory.h"
#include "source/binlog_event.h"
#include "source/binlog_format.h"
#include "source/binlog_row_image.h"
#include "source/mysql_charset_table.h"

#define TEXT_BYTES ((size_t)64 << 20)
#define IMAGED_MAX 64 /* tables at a time; the oldest goes */

/* A table as the last map of its number says. */
struct imaged {
    struct imaged *next;
    struct binlog_map map;
    struct table *table;
    struct shape shape;
    struct followed followed;
    struct batch *batch;
    struct binlog_resolution resolution;
    struct binlog_table rows;
    bool is_readable;
};

static void imaged_release(struct imaged *imaged)
{
    binlog_table_release(&imaged->rows);
    binlog_resolution_release(&imaged->resolution);
    binlog_map_release(&imaged->map);
    batch_free(imaged->batch);
    table_free(imaged->table);
    memory_free(imaged);
}

static void imaged_free(struct imaged **tables)
{
    while (*tables) {
        struct imaged *first = *tables;
        *tables = first->next;
        imaged_release(first);
    }
}

/* --- a table of ours out of a map ----------------------------------------- */

static void declare_number(const struct binlog_map *map,
                           const struct binlog_column *column,
                           struct buffer *text)
{
    static const char *const names[] = {
        [MYSQL_TYPE_TINY] = "tinyint", [MYSQL_TYPE_SHORT] = "smallint",
        [MYSQL_TYPE_INT24] = "mediumint", [MYSQL_TYPE_LONG] = "int",
        [MYSQL_TYPE_LONGLONG] = "bigint"};

    buffer_add_format(text, "%s%s", names[column->code],
                      map->has_signs && column->is_unsigned ? " unsigned"
                                                            : "");
}

static void declare_labels(const char *name, size_t count,
                           struct buffer *text)
{
    buffer_add_text(text, name);
    for (size_t i = 1; i <= count; i++)
        buffer_add_format(text, "%c'%zu'", i == 1 ? '(' : ',', i);
    buffer_add_byte(text, ')');
}

static void declare_time(const struct binlog_column *column,
                         struct buffer *text)
{
    switch (column->code) {
    case MYSQL_TYPE_YEAR:
        buffer_add_text(text, "year(4)");
        break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        buffer_add_text(text, "date");
        break;
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_TIME2:
        buffer_add_text(text, "time(6)");
        break;
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_TIMESTAMP2:
        buffer_add_text(text, "timestamp(6)");
        break;
    default:
        buffer_add_text(text, "datetime(6)");
    }
}

static void declare_other(const struct binlog_column *column,
                          struct buffer *text)
{
    switch (column->code) {
    case MYSQL_TYPE_FLOAT:
        buffer_add_text(text, "float");
        break;
    case MYSQL_TYPE_DOUBLE:
        buffer_add_text(text, "double");
        break;
    case MYSQL_TYPE_NEWDECIMAL:
        buffer_add_format(text, "decimal(%u,%u)", column->meta[0],
                          column->meta[1]);
        break;
    case MYSQL_TYPE_BIT:
        buffer_add_format(text, "bit(%u)",
                          column->meta[0] + 8u * column->meta[1]);
        break;
    case MYSQL_TYPE_ENUM:
        declare_labels("enum", column->meta[1] == 1 ? 255 : 1000, text);
        break;
    case MYSQL_TYPE_SET:
        declare_labels("set", 8u * column->meta[1], text);
        break;
    case MYSQL_TYPE_JSON:
        buffer_add_text(text, "json");
        break;
    case MYSQL_TYPE_GEOMETRY:
        buffer_add_text(text, "geometry");
        break;
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_BLOB:
        buffer_add_text(text, "longblob");
        break;
    default: /* cut out, and nothing else */
        break;
    }
}

static void declare(const struct binlog_map *map,
                    const struct binlog_column *column, struct buffer *text)
{
    switch (column->code) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        declare_number(map, column, text);
        break;
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_TIME2:
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_TIMESTAMP2:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_DATETIME2:
        declare_time(column, text);
        break;
    default:
        declare_other(column, text);
    }
}

static void add_column(struct imaged *imaged, size_t at)
{
    struct binlog_column *column = &imaged->map.columns[at];
    struct buffer declared;
    struct column *made;
    char name[24];

    column->labels = (struct bytes){NULL, 0};
    column->label_count = 0;
    imaged->resolution.columns[at] = BINLOG_NO_COLUMN;
    buffer_init(&declared, TEXT_BYTES);
    declare(&imaged->map, column, &declared);
    snprintf(name, sizeof(name), "%zu", at + 1);
    if (declared.size > 0) {
        made = table_add_column(imaged->table, name);
        made->declared = memory_text(buffer_text(&declared));
        made->is_nullable = true;
        if (mysql_map_column(made))
            imaged->resolution.columns[at] = imaged->table->column_count - 1;
        else
            table_remove_column(imaged->table,
                                imaged->table->column_count - 1);
    }
    buffer_release(&declared);
}

static void make_rows(struct imaged *imaged)
{
    static const struct mysql_charset utf8 = {
        .name = "utf8mb4", .form = FORM_UTF8, .is_ascii_plain = true};
    struct binlog_map *map = &imaged->map;
    const struct mysql_charset **charsets;
    char reason[128];

    imaged->table = table_new(map->database, map->table);
    imaged->resolution.columns =
        memory_new(map->column_count, sizeof(*imaged->resolution.columns));
    imaged->resolution.column_count = map->column_count;
    imaged->resolution.row_end = BINLOG_NO_COLUMN;
    for (size_t i = 0; i < map->column_count; i++)
        add_column(imaged, i);
    table_settle(imaged->table);
    imaged->followed =
        (struct followed){.table = imaged->table, .shape = &imaged->shape};
    imaged->batch = batch_new(imaged->table, 2, 1 << 20);
    charsets = memory_new(map->column_count, sizeof(struct mysql_charset *));
    for (size_t i = 0; i < map->column_count; i++)
        charsets[i] = &utf8;
    imaged->is_readable =
        binlog_table_init(&imaged->rows, &imaged->followed, map,
                          &imaged->resolution, charsets, reason);
    memory_free(charsets);
}

static struct imaged *imaged_find(struct imaged *tables, uint64_t table_id)
{
    while (tables && tables->map.table_id != table_id)
        tables = tables->next;
    return tables;
}

static void drop_table(struct imaged **tables, uint64_t table_id)
{
    size_t count = 0;

    while (*tables) {
        struct imaged *found = *tables;

        if (found->map.table_id != table_id && ++count < IMAGED_MAX) {
            tables = &found->next;
            continue;
        }
        *tables = found->next;
        imaged_release(found);
    }
}

static bool imaged_map(struct imaged **tables,
                       const struct binlog_format *format, struct bytes body,
                       json_t *line)
{
    struct binlog_map_form form = {format->post[BINLOG_TABLE_MAP_EVENT],
                                   format->is_mariadb};
    struct imaged *made = memory_new(1, sizeof(*made));

    if (!binlog_map_parse(&made->map, body, &form)) {
        imaged_release(made);
        return false;
    }
    drop_table(tables, made->map.table_id);
    json_object_set_new(line, "id",
                        json_integer((json_int_t)made->map.table_id));
    json_object_set_new(line, "table", json_sprintf("%s.%s",
                                                    made->map.database,
                                                    made->map.table));
    make_rows(made);
    made->next = *tables;
    *tables = made;
    return true;
}

#endif
