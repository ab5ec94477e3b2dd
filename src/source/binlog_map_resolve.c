/*
 * Which column of a table a column of the log is. What must stay true: every
 * column of the table is found exactly once, with a type whose values are the
 * same in its own, or may be missing because nobody had set it, or the answer
 * is CHANGED.
 */
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/binlog_map.h"

#define LABEL_BYTES 4096

struct resolving {
    const struct binlog_map *map;
    const struct table *table;
    const struct binlog_layout *layout;
    const struct mysql_charset *const *charsets;
    struct binlog_resolution *result;
};

#define CHANGE(work, ...)                                            \
    (snprintf((work)->result->reason, sizeof((work)->result->reason), \
              __VA_ARGS__), false)

static bool has_name(const struct binlog_column *column, const char *name)
{
    return bytes_equal(column->name, bytes_of(name));
}

static size_t find_in_table(const struct table *table,
                            const struct binlog_column *column)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (has_name(column, table->columns[i].name))
            return i;
    }
    return BINLOG_NO_COLUMN;
}

static bool is_row_end(const struct binlog_layout *layout,
                       const struct binlog_column *column)
{
    return layout && layout->row_end != BINLOG_NO_COLUMN &&
           has_name(column, layout->columns[layout->row_end].name);
}

static void find_by_name(struct resolving *work)
{
    const struct binlog_map *map = work->map;

    for (size_t i = 0; i < map->column_count; i++) {
        const struct binlog_column *column = &map->columns[i];
        size_t found = find_in_table(work->table, column);
        work->result->columns[i] = found;
        if (is_row_end(work->layout, column))
            work->result->row_end = i;
    }
}

/* Labels that information_schema cannot spell: it is utf8mb3 and has a '?' for
 * what lies above, which only these sets have. */
static bool has_lost_letters(const struct binlog_layout_column *plan)
{
    static const char *const wide[] = {"utf8mb4", "utf16", "utf16le",
                                       "utf32", "gb18030"};
    bool is_wide = false;

    for (size_t i = 0; plan->charset && i < ARRAY_COUNT(wide); i++)
        is_wide = is_wide || text_equal(plan->charset, wide[i]);
    return is_wide && strchr(plan->declared, '?') &&
           (text_starts(plan->declared, "enum(") ||
            text_starts(plan->declared, "set("));
}

static bool fits_layout(struct resolving *work, size_t index)
{
    const struct binlog_layout_column *plan = &work->layout->columns[index];
    const struct binlog_column *column = &work->map->columns[index];
    struct mysql_type type;

    mysql_type_parse(plan->declared, plan->charset, &type);
    if (column->is_nullable && !plan->is_nullable &&
        index < work->layout->row_end)
        return CHANGE(work, "column \"%s\" could be NULL", plan->name);
    if (type.base != MYSQL_BASE_UNSUPPORTED &&
        !binlog_column_fits(work->map, column, &type, plan->declared, NULL))
        return CHANGE(work, "column %zu has another type than \"%s\" %.64s",
                      index + 1, plan->name, plan->declared);
    return true;
}

static bool find_by_ordinal(struct resolving *work)
{
    const struct binlog_layout *layout = work->layout;
    const struct table *table = work->table;

    if (layout->column_count != work->map->column_count)
        return CHANGE(work, "it has %zu columns, in the log %zu",
                      layout->column_count, work->map->column_count);
    work->result->row_end = layout->row_end;
    for (size_t i = 0; i < layout->column_count; i++) {
        size_t found = table_find(table, layout->columns[i].name);
        bool is_found = found < table->column_count;
        work->result->columns[i] = is_found ? found : BINLOG_NO_COLUMN;
        if (!fits_layout(work, i))
            return false;
        if (is_found && has_lost_letters(&layout->columns[i]))
            return CHANGE(work, "a label of column \"%s\" can be read with "
                          "binlog_row_metadata = FULL only",
                          layout->columns[i].name);
    }
    return true;
}

/* The labels of the map, as UTF-8, are the first of the declaration, which may
 * have grown since; where that has a '?' a letter may be lost. */
static bool fits_labels(const struct binlog_column *column,
                        const char *declared,
                        const struct mysql_charset *charset)
{
    const uint8_t *at = column->labels.data;
    const uint8_t *end = at + column->labels.size;
    struct buffer wanted;
    struct buffer found;
    bool fits = true;

    buffer_init(&wanted, LABEL_BYTES);
    buffer_init(&found, LABEL_BYTES);
    for (unsigned i = 1; fits && i <= column->label_count; i++) {
        uint64_t length = 0;
        at = binlog_take_length(at, end, &length);
        buffer_clear(&found);
        mysql_charset_convert(charset, (struct bytes){at, (size_t)length},
                              &found);
        at += length;
        fits = mysql_type_label(declared, i, &wanted) &&
               (bytes_equal(buffer_bytes(&wanted), buffer_bytes(&found)) ||
                strchr(buffer_text(&wanted), '?'));
    }
    buffer_release(&wanted);
    buffer_release(&found);
    return fits;
}

static bool fits_table(struct resolving *work, size_t index)
{
    size_t place = work->result->columns[index];
    const struct binlog_column *found = &work->map->columns[index];
    const struct column *plan;
    struct mysql_type type;

    if (place == BINLOG_NO_COLUMN)
        return true;
    plan = &work->table->columns[place];
    mysql_type_parse(plan->declared, plan->charset, &type);
    if (!binlog_column_fits(work->map, found, &type, plan->declared,
                            work->charsets[place]))
        return CHANGE(work, "column \"%s\" has another type than %.64s",
                      plan->name, plan->declared);
    if (found->is_nullable && !plan->is_nullable)
        return CHANGE(work, "column \"%s\" could be NULL", plan->name);
    if (!found->labels.data && plan->kind == KIND_BYTES &&
        (type.base == MYSQL_BASE_ENUM || type.base == MYSQL_BASE_SET) &&
        !text_starts(plan->charset ? plan->charset : "", "utf8"))
        return CHANGE(work, "the bytes of labels of column \"%s\" are in the "
                      "log with binlog_row_metadata = FULL only", plan->name);
    if (found->labels.data && work->charsets[place] &&
        !fits_labels(found, plan->declared, work->charsets[place]))
        return CHANGE(work, "column \"%s\" has other labels", plan->name);
    return true;
}

/* A column that the log does not have held NULL, where it came without a
 * default; nobody can tell for one that is known by its place alone. */
static bool may_be_absent(const struct resolving *work, size_t index)
{
    const struct column *column = &work->table->columns[index];
    const struct binlog_layout *layout = work->layout;

    if (!layout || !work->map->has_names || !column->is_nullable ||
        table_is_key(work->table, index))
        return false;
    for (size_t i = 0; i < layout->column_count; i++)
        if (text_equal(layout->columns[i].name, column->name))
            return layout->columns[i].is_nullable &&
                   !layout->columns[i].has_default;
    return false;
}

static void add_absent(struct binlog_resolution *result, size_t index)
{
    result->absent = memory_resize(result->absent, result->absent_count + 1,
                                   sizeof(*result->absent));
    result->absent[result->absent_count++] = index;
}

/* Each column of the table, once. */
static bool is_whole(struct resolving *work)
{
    const struct table *table = work->table;
    uint8_t *seen = memory_new(table->column_count, 1);
    bool is_good = true;

    for (size_t i = 0; i < work->map->column_count; i++) {
        size_t place = work->result->columns[i];
        if (place == BINLOG_NO_COLUMN)
            continue;
        if (seen[place]++)
            is_good = CHANGE(work, "column \"%s\" is there twice",
                             table->columns[place].name);
    }
    for (size_t i = 0; is_good && i < table->column_count; i++) {
        if (seen[i])
            continue;
        if (may_be_absent(work, i))
            add_absent(work->result, i);
        else
            is_good = CHANGE(work, "column \"%s\" is not in the log",
                             table->columns[i].name);
    }
    memory_free(seen);
    return is_good;
}

static bool is_key_column(const struct resolving *work, size_t index)
{
    for (size_t i = 0; i < work->map->key_count; i++) {
        if (work->map->key[i] == index)
            return true;
    }
    return false;
}

/* The primary key, where it is the table's key. MariaDB adds the end of a
 * row's time to it, which the table may hide. */
static bool fits_key(struct resolving *work)
{
    const struct table *table = work->table;
    size_t count = 0;

    if (!work->map->has_names || !table->key_index ||
        !text_equal(table->key_index, "PRIMARY"))
        return true;
    for (size_t i = 0; i < work->map->column_count; i++) {
        size_t place = work->result->columns[i];
        bool is_in_table = place != BINLOG_NO_COLUMN &&
                           table_is_key(table, place);
        if (!is_key_column(work, i))
            continue;
        count += is_in_table;
        if (!is_in_table && i != work->result->row_end)
            return CHANGE(work, "the primary key has other columns");
    }
    return count == table->key_count ||
           CHANGE(work, "the primary key has other columns");
}

static void clear(struct resolving *work)
{
    struct binlog_resolution *result = work->result;
    size_t count = work->map->column_count;

    result->columns =
        memory_resize(result->columns, count, sizeof(*result->columns));
    for (size_t i = 0; i < count; i++)
        result->columns[i] = BINLOG_NO_COLUMN;
    result->column_count = count;
    result->row_end = BINLOG_NO_COLUMN;
    result->absent_count = 0;
    result->reason[0] = '\0';
}

enum binlog_answer binlog_map_resolve(
    const struct binlog_map *map, const struct table *table,
    const struct binlog_layout *layout,
    const struct mysql_charset *const *charsets,
    struct binlog_resolution *resolution)
{
    struct resolving work = {map, table, layout, charsets, resolution};
    bool is_good = true;

    clear(&work);
    if (!layout && (map->is_mariadb || !map->has_names)) {
        (void)CHANGE(&work, "its layout at the source is not known");
        return BINLOG_CHANGED;
    }
    if (map->has_names)
        find_by_name(&work);
    else
        is_good = find_by_ordinal(&work);
    for (size_t i = 0; is_good && i < map->column_count; i++)
        is_good = fits_table(&work, i);
    is_good = is_good && is_whole(&work) && fits_key(&work);
    return is_good ? BINLOG_MATCH : BINLOG_CHANGED;
}

void binlog_resolution_release(struct binlog_resolution *resolution)
{
    memory_free(resolution->columns);
    memory_free(resolution->absent);
    *resolution = (struct binlog_resolution){.columns = NULL};
}
