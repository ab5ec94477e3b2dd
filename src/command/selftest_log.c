/*
 * A selftest's reading of the log: back through its files until enough rows of
 * the table were met, then on to its end. Each round of the walk reads all of
 * its files, for the last image of a row may stand anywhere.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "meter.h"
#include "selftest.h"

/* No further back, however quiet the table is. */
#define WALK_BYTES_MAX ((uint64_t)2 << 30)
#define READER "selftest"

static struct followed *find_table(void *context, const char *database,
                                   const char *name)
{
    struct selftest *test = context;
    bool is_ours = text_equal(database, test->database) &&
                   text_equal(name, test->work->table->name);
    return is_ours ? &test->followed : NULL;
}

static enum status make_room(void *context, struct followed *table,
                             struct batch **batch, struct error *error)
{
    struct selftest *test = context;
    (void)table;
    (void)error;
    if (batch_is_full(test->batch))
        selftest_take(test);
    *batch = test->batch;
    return STATUS_OK;
}

/* What is known up to here does not hold behind it. */
static void meet(struct selftest *test, enum log_fate fate)
{
    static const enum selftest_reason reasons[] = {
        [TABLE_TRUNCATED] = SELFTEST_EMPTIED,
        [TABLE_DROPPED] = SELFTEST_COLUMNS,
        [TABLE_RENAMED] = SELFTEST_COLUMNS,
        [TABLE_ALTERED] = SELFTEST_COLUMNS,
        [TABLE_EARLIER] = SELFTEST_COLUMNS,
        [TABLE_CHANGED] = SELFTEST_COLUMNS,
        [TABLE_UNKNOWN] = SELFTEST_COLUMNS,
        [TABLE_STATEMENT] = SELFTEST_STATEMENT,
        [TABLE_UNSEEN] = SELFTEST_STATEMENT,
        [TABLE_KEYS] = SELFTEST_PARTS,
        [TABLE_BAD_ROW] = SELFTEST_BAD_VALUE,
    };
    selftest_images_lose(test, reasons[fate]);
}

static enum status read_log(struct selftest *test, struct follow *follow,
                            struct error *error)
{
    const struct log_ops *log = test->source->ops->log;
    struct log_item item = {.news = LOG_NOTHING};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && item.news != LOG_END) {
        status = stop_check(error);
        if (status == STATUS_OK)
            status = log->next(follow, &item, error);
        if (status != STATUS_OK)
            break;
        selftest_take(test);
        if (item.news == LOG_TABLE && item.fate != TABLE_AS_NOW &&
            item.fate != TABLE_CREATED)
            meet(test, item.fate);
    }
    return status;
}

enum status selftest_read_on(struct selftest *test, struct error *error)
{
    const struct log_ops *log = test->source->ops->log;
    struct follow *follow = NULL;
    struct log_request request = {
        .place = test->place,
        .reader = READER,
        .epoch = 1,
        .stops_at_end = true,
        .sink = {.context = test, .find = find_table, .room = make_room},
    };
    uint64_t clock = 0;
    enum status status = log->open(test->source, &request, &follow, error);
    if (status == STATUS_OK)
        status = read_log(test, follow, error);
    if (status == STATUS_OK) {
        memory_free(test->place);
        test->place = log->place(follow, &clock);
    }
    log->close(follow);
    batch_clear(test->batch);
    return status;
}

static enum status walk_once(struct selftest *test, size_t files,
                             const struct command_line *line,
                             struct error *error)
{
    char note[512];
    selftest_images_release(test);
    selftest_images_init(test);
    memset(test->lost, 0, sizeof test->lost);
    memset(test->times, 0, sizeof test->times);
    test->seen = 0;
    test->bytes = 0;
    memory_free(test->place);
    enum status status = test->source->ops->log->back(
        test->session, files, &test->place, &test->extent, error);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(note, sizeof note, "reading the log from %s on",
                   test->extent.first);
    meter_note(line, note);
    status = selftest_read_on(test, error);
    meter_note(line, NULL);
    return status;
}

enum status selftest_walk(struct selftest *test,
                          const struct command_line *line,
                          struct error *error)
{
    enum status status = STATUS_OK;
    test->takes_new = true;
    for (size_t files = 1; status == STATUS_OK; files *= 2) {
        status = walk_once(test, files, line, error);
        if (test->count >= test->row_limit || test->extent.is_all ||
            test->extent.bytes >= WALK_BYTES_MAX)
            break;
    }
    test->takes_new = false;
    return status;
}
