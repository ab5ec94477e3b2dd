/* A selftest's SELECT: the keys that are open, some at a time, each in one
 * snapshot behind the place that the log was read to. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "selftest.h"

/* Keys of one SELECT; a key of several columns takes an AND for each. */
#define KEYS_SINGLE 1000
#define KEYS_SEVERAL 40
#define FILTER_BYTES_MAX (64U << 20)

#define VISIBLE_PAUSE_MS 20
#define VISIBLE_MAX_US INT64_C(60000000)

static enum status wait_visible(struct selftest *test, struct error *error)
{
    int64_t until_us = clock_monotonic_us() + VISIBLE_MAX_US;
    bool is_visible = false;
    for (;;) {
        enum status status = test->source->ops->log->visible(
            test->session, test->place, &is_visible, error);
        if (status != STATUS_OK || is_visible)
            return status;
        if (clock_monotonic_us() > until_us)
            return error_set(error, ERROR_LOG_INVISIBLE,
                             "could not see in a minute what the log holds");
        if (!clock_sleep_ms(VISIBLE_PAUSE_MS))
            return stop_check(error);
    }
}

/* --- which rows ---------------------------------------------------------- */

/* Can every key be written as a condition? Else the whole table is read. */
static bool has_filters(const struct selftest *test)
{
    for (size_t i = 0; i < test->count; i++)
        if (!test->images[i]->filter)
            return false;
    return true;
}

static void add_name(const char *name, struct buffer *target)
{
    buffer_add_byte(target, '`');
    for (; *name; name++) {
        if (*name == '`')
            buffer_add_byte(target, '`');
        buffer_add_byte(target, (uint8_t)*name);
    }
    buffer_add_byte(target, '`');
}

/* Up to `limit` open keys from `first` on; *next is behind them. */
static enum status make_filter(const struct selftest *test, size_t first,
                               size_t *next, struct filter **filter,
                               struct error *error)
{
    const struct table *table = test->work->table;
    bool is_single = table->key_count == 1;
    size_t limit = is_single ? KEYS_SINGLE : KEYS_SEVERAL;
    size_t count = 0;
    struct buffer text;
    buffer_init(&text, FILTER_BYTES_MAX);
    if (is_single) {
        add_name(table->columns[table->key[0]].name, &text);
        buffer_add_text(&text, " IN (");
    }
    for (*next = first; *next < test->count && count < limit; (*next)++) {
        const struct selftest_image *image = test->images[*next];
        if (image->verdict != SELFTEST_OPEN)
            continue;
        if (count++ > 0)
            buffer_add_text(&text, is_single ? ", " : " OR ");
        buffer_add_text(&text, image->filter);
    }
    buffer_add_text(&text, is_single ? ")" : "");
    enum status status = STATUS_OK;
    if (count > 0)
        status = filter_parse(buffer_text(&text), filter, error);
    if (count > 0 && status == STATUS_OK)
        status = filter_bind(*filter, table, error);
    buffer_release(&text);
    return status;
}

/* --- reading ------------------------------------------------------------- */

static void meet_rows(struct selftest *test)
{
    for (size_t i = 0; i < test->batch->row_count; i++) {
        struct selftest_image *image = selftest_find(test, i);
        if (!image || image->verdict != SELFTEST_OPEN || image->is_met)
            continue;
        image->is_met = true;
        selftest_compare(test, image, i);
    }
    batch_clear(test->batch);
}

static enum status scan_rows(struct selftest *test,
                             const struct filter *filter, struct error *error)
{
    const struct source_ops *ops = test->source->ops;
    struct scan *scan = NULL;
    bool is_last = false;
    const struct scan_request request = {
        .table = test->work->table,
        .shape = &test->shape,
        .order = SCAN_BY_KEY,
        .where = filter,
        .cursor_from_us = INT64_MIN,
        .cursor_to_us = INT64_MAX,
    };
    enum status status = ops->snapshot_open(test->session, error);
    if (status == STATUS_OK)
        status = ops->scan_open(test->session, &request, &scan, error);
    while (status == STATUS_OK && !is_last) {
        status = ops->scan_next(scan, test->batch, &is_last, error);
        meet_rows(test);
    }
    if (scan)
        ops->scan_close(scan);
    ops->snapshot_close(test->session);
    return status;
}

/* Those of the SELECT that it did not bring. */
static void note_absent(struct selftest *test, size_t first, size_t next)
{
    for (size_t i = first; i < next; i++) {
        struct selftest_image *image = test->images[i];
        if (image->verdict == SELFTEST_OPEN && !image->is_met)
            selftest_compare_absent(test, image);
        image->is_met = false;
    }
}

enum status selftest_select(struct selftest *test, struct error *error)
{
    bool is_filtered = has_filters(test);
    size_t next = 0;
    enum status status = wait_visible(test, error);
    for (size_t first = 0; status == STATUS_OK && first < test->count;
         first = next) {
        struct filter *filter = NULL;
        next = test->count;
        if (is_filtered)
            status = make_filter(test, first, &next, &filter, error);
        if (status == STATUS_OK && (filter || !is_filtered))
            status = scan_rows(test, filter, error);
        if (status == STATUS_OK)
            note_absent(test, first, next);
        filter_free(filter);
    }
    return status;
}
