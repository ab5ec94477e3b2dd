/* What a selftest found, as text and as JSON: columns and keys, no values. */
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "document.h"
#include "screen.h"
#include "selftest.h"

#define KEYS_SHOWN 20

static const struct {
    const char *word;
    const char *text;
    const char *hint;
} reasons[SELFTEST_REASON_COUNT] = {
    [SELFTEST_COLUMNS] = {"columns_changed",
                          "the table itself changed after them", NULL},
    [SELFTEST_EMPTIED] = {"emptied", "the table was emptied after them",
                          NULL},
    [SELFTEST_STATEMENT] = {"statement",
                            "a statement in the log changed rows after them",
                            "set binlog_format = ROW, for every session"},
    [SELFTEST_PARTS] = {"partial",
                        "rows that are not whole came after them",
                        "set binlog_row_image = FULL, for every session"},
    [SELFTEST_BAD_VALUE] = {"bad_value",
                            "a row behind them has a value without a place",
                            "tidemark run  names it"},
    [SELFTEST_BUSY] = {"busy", "they changed each time they were looked at",
                       "try again when less is written"},
};

/* A table's creation is a change before which there was nothing. */
static bool is_told(const struct selftest *test, enum selftest_reason reason)
{
    return test->lost[reason] > 0 ||
           (test->times[reason] > 0 && (reason == SELFTEST_PARTS ||
                                        reason == SELFTEST_BAD_VALUE));
}

static size_t stored_columns(const struct table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++)
        count += table->columns[i].is_stored;
    return count;
}

static const char *mark_name(const struct table *table, size_t mark)
{
    if (mark < table->column_count)
        return table->columns[mark].name;
    return mark == table->column_count ? "(digest)" : "(the row itself)";
}

static bool is_marked(const struct selftest_image *image, size_t mark)
{
    return image->verdict == SELFTEST_DIFFERENT && image->differs &&
           image->differs[mark];
}

static size_t count_marked(const struct selftest *test, size_t mark)
{
    size_t count = 0;
    for (size_t i = 0; i < test->count; i++)
        count += is_marked(test->images[i], mark);
    return count;
}

static size_t count_deleted(const struct selftest *test)
{
    size_t count = 0;
    for (size_t i = 0; i < test->count; i++)
        count += test->images[i]->verdict == SELFTEST_EQUAL &&
                 !test->images[i]->cells;
    return count;
}

/* --- text ---------------------------------------------------------------- */

static void print_mark(const struct selftest *test, size_t mark, size_t count)
{
    size_t shown = 0;
    struct buffer keys;
    buffer_init(&keys, 1U << 20);
    for (size_t i = 0; i < test->count && shown < KEYS_SHOWN; i++) {
        if (!is_marked(test->images[i], mark))
            continue;
        buffer_add_format(&keys, "%s%s", shown++ ? "; " : "",
                          test->images[i]->key_text);
    }
    screen_line(stdout, "  x %s   differs in %zu row%s: %s%s",
                mark_name(test->work->table, mark), count,
                count == 1 ? "" : "s", buffer_text(&keys),
                shown < count ? "; ..." : "");
    buffer_release(&keys);
}

static void print_lost(const struct selftest *test)
{
    char rows[32];
    for (size_t i = 0; i < SELFTEST_REASON_COUNT; i++) {
        if (!is_told(test, (enum selftest_reason)i))
            continue;
        screen_line(stdout, "  ! %s row%s not compared: %s",
                    text_grouped(rows, test->lost[i]),
                    test->lost[i] == 1 ? "" : "s", reasons[i].text);
        if (reasons[i].hint)
            screen_line(stdout, "      hint: %s", reasons[i].hint);
    }
}

static void print_facts(const struct selftest *test)
{
    struct log_spot spot;
    char files[32], bytes[16], images[32], rows[32], deleted[32];
    size_t compared = selftest_count(test, SELFTEST_EQUAL) +
                      selftest_count(test, SELFTEST_DIFFERENT);
    if (test->source->ops->log->spot(test->place, &spot))
        screen_line(stdout, "log         %s to %s:%llu, %s file%s, %s",
                    test->extent.first, spot.file,
                    (unsigned long long)spot.offset,
                    text_grouped(files, test->extent.files),
                    test->extent.files == 1 ? "" : "s",
                    text_bytes(bytes, test->extent.bytes));
    log_spot_release(&spot);
    screen_line(stdout, "rows        %s row image%s in the log; %s row%s "
                "compared, %s of them deleted",
                text_grouped(images, test->seen), test->seen == 1 ? "" : "s",
                text_grouped(rows, compared), compared == 1 ? "" : "s",
                text_grouped(deleted, count_deleted(test)));
    screen_line(stdout, "columns     %zu compared, cell by cell, and the "
                "digest of each row", stored_columns(test->work->table));
}

void selftest_print(const struct command_line *line,
                    const struct selftest *test)
{
    const struct table *table = test->work->table;
    size_t different = selftest_count(test, SELFTEST_DIFFERENT);
    char rows[32];
    if (line->is_quiet && different == 0)
        return;
    if (!line->is_quiet)
        print_facts(test);
    for (size_t i = 0; i < table->column_count + 2; i++) {
        size_t count = count_marked(test, i);
        if (count > 0)
            print_mark(test, i, count);
    }
    print_lost(test);
    if (different > 0)
        screen_line(stdout, "%s: %s row%s differ%s between the log and "
                    "SELECT. next: please report it, with  tidemark selftest "
                    "%s --json", table->name, text_grouped(rows, different),
                    different == 1 ? "" : "s", different == 1 ? "s" : "",
                    table->name);
    else
        screen_line(stdout, "%s: equal by both roads; nothing was written",
                    table->name);
}

/* --- JSON ---------------------------------------------------------------- */

static json_t *differences_json(const struct selftest *test)
{
    const struct table *table = test->work->table;
    json_t *array = json_array();
    for (size_t i = 0; i < table->column_count + 2; i++) {
        size_t count = count_marked(test, i);
        if (count == 0)
            continue;
        json_t *object = json_object();
        json_t *keys = json_array();
        document_text(object, "column", mark_name(table, i));
        document_count(object, "rows", count);
        for (size_t j = 0; j < test->count && json_array_size(keys) <
                                                  KEYS_SHOWN; j++)
            if (is_marked(test->images[j], i))
                (void)json_array_append_new(
                    keys, json_string(test->images[j]->key_text));
        (void)json_object_set_new(object, "keys", keys);
        (void)json_array_append_new(array, object);
    }
    return array;
}

static json_t *lost_json(const struct selftest *test)
{
    json_t *array = json_array();
    for (size_t i = 0; i < SELFTEST_REASON_COUNT; i++) {
        if (!is_told(test, (enum selftest_reason)i))
            continue;
        json_t *object = json_object();
        document_text(object, "reason", reasons[i].word);
        document_text(object, "text", reasons[i].text);
        document_text(object, "hint", reasons[i].hint);
        document_count(object, "rows", test->lost[i]);
        document_count(object, "times", test->times[i]);
        (void)json_array_append_new(array, object);
    }
    return array;
}

static json_t *log_json(const struct selftest *test)
{
    json_t *object = json_object();
    struct log_spot spot;
    document_text(object, "first_file", test->extent.first);
    document_count(object, "files", test->extent.files);
    document_count(object, "bytes", test->extent.bytes);
    document_bool(object, "is_all", test->extent.is_all);
    if (test->source->ops->log->spot(test->place, &spot)) {
        document_text(object, "file", spot.file);
        document_count(object, "offset", spot.offset);
    }
    log_spot_release(&spot);
    return object;
}

void selftest_print_json(const struct command_line *line,
                         const struct selftest *test)
{
    size_t equal = selftest_count(test, SELFTEST_EQUAL);
    size_t different = selftest_count(test, SELFTEST_DIFFERENT);
    json_t *document = document_new(
        line->command,
        status_exit_code(different ? STATUS_DIFFERENCES
                         : equal   ? STATUS_OK
                                   : STATUS_TABLE));
    document_text(document, "table", test->work->name);
    (void)json_object_set_new(document, "log", log_json(test));
    document_count(document, "row_images", test->seen);
    document_count(document, "columns_compared",
                   stored_columns(test->work->table));
    document_count(document, "rows_compared", equal + different);
    document_count(document, "rows_equal", equal);
    document_count(document, "rows_different", different);
    (void)json_object_set_new(document, "differences",
                              differences_json(test));
    (void)json_object_set_new(document, "not_compared", lost_json(test));
    document_print(document);
}
