/* Lines of the progress block. A time left is told only when there is
 * something to reckon with. */
#include "meter_draw.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "base/text.h"
#include "screen.h"

#define BAR_CELLS 20
/* On a narrow terminal the figures matter more. */
#define BAR_CELLS_NARROW 8
#define WIDE_COLUMNS 96
#define NAME_COLUMNS_MAX 24
#define TEXT_BYTES 512
#define BAR_FULL "\xe2\x96\x88"  /* U+2588 */
#define BAR_EMPTY "\xe2\x96\x91" /* U+2591 */

const char *meter_count(char *target, uint64_t value)
{
    static const struct {
        uint64_t size;
        char unit;
    } units[] = {{1000000000, 'G'}, {1000000, 'M'}, {1000, 'k'}};
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (value < units[i].size)
            continue;
        uint64_t tenths = value / (units[i].size / 10);
        bool is_thousand = units[i].unit == 'k' && tenths >= 100;
        if (tenths >= 10000 || is_thousand)
            (void)snprintf(target, 24, "%llu%c",
                           (unsigned long long)(tenths / 10), units[i].unit);
        else
            (void)snprintf(target, 24, "%llu.%llu%c",
                           (unsigned long long)(tenths / 10),
                           (unsigned long long)(tenths % 10), units[i].unit);
        return target;
    }
    (void)snprintf(target, 24, "%llu", (unsigned long long)value);
    return target;
}

const char *meter_left(char *target, uint64_t seconds)
{
    unsigned long long hours = seconds / 3600;
    unsigned minutes = (unsigned)(seconds / 60 % 60);
    unsigned rest = (unsigned)(seconds % 60);
    if (hours > 0)
        (void)snprintf(target, 24, "%llu:%02u:%02u", hours, minutes, rest);
    else
        (void)snprintf(target, 24, "%u:%02u", minutes, rest);
    return target;
}

static void add_bar(struct buffer *line, uint64_t percent, uint64_t cells)
{
    for (uint64_t i = 0; i < cells; i++)
        buffer_add_text(line, (i + 1) * 100 <= percent * cells ? BAR_FULL
                                                               : BAR_EMPTY);
    buffer_add_format(line, " %3llu%%  ", (unsigned long long)percent);
}

/* Rates of this process since the table began. */
static void add_rates(struct buffer *line, const struct progress_table *table,
                      int64_t now_us, uint64_t percent)
{
    char count[24], bytes[32], left[24];
    double seconds = (double)(now_us - table->started_us) / 1e6;
    if (table->rows_here == 0 || seconds < 0.5)
        return;
    double rate = (double)table->rows_here / seconds;
    buffer_add_format(line, "  %s rows/s  %s/s",
                      meter_count(count, (uint64_t)rate),
                      text_bytes(bytes, (uint64_t)((double)table->bytes_here /
                                                   seconds)));
    if (percent < 1 || percent >= 100)
        return;
    double rest = (double)(table->rows_expected - table->rows_done) / rate;
    if (rest < 1e6)
        buffer_add_format(line, "  %s left",
                          meter_left(left, (uint64_t)rest + 1));
}

static void add_rows(struct buffer *line, const struct progress_table *table,
                     int64_t now_us, uint64_t cells)
{
    char done[24], expected[24];
    uint64_t percent = 0;
    if (table->rows_expected > 0)
        percent = table->rows_done >= table->rows_expected
                      ? 100
                      : (uint64_t)(100.0 * (double)table->rows_done /
                                   (double)table->rows_expected);
    if (percent >= 1) {
        add_bar(line, percent, cells);
        buffer_add_format(line, "%s/%s rows",
                          meter_count(done, table->rows_done),
                          meter_count(expected, table->rows_expected));
    } else {
        buffer_add_format(line, "%s rows",
                          meter_count(done, table->rows_done));
    }
    add_rates(line, table, now_us, percent);
}

/* As much of a clean text as fits into the columns. */
static void add_cut(struct buffer *target, const char *text, size_t columns)
{
    mbstate_t state;
    memset(&state, 0, sizeof state);
    while (*text) {
        wchar_t letter = 0;
        size_t length = mbrtowc(&letter, text, strlen(text), &state);
        if (length == 0 || length > strlen(text)) {
            length = 1;
            memset(&state, 0, sizeof state);
            letter = L'?';
        }
        int width = wcwidth(letter);
        size_t needed = width > 0 ? (size_t)width : 0;
        if (needed > columns)
            return;
        columns -= needed;
        buffer_add(target, text, length);
        text += length;
    }
}

bool meter_is_at_work(const struct progress_table *table)
{
    return table->started_us != 0 && table->ended_us == 0 && table->state;
}

struct meter_layout meter_layout_of(const struct progress_table *tables,
                                    size_t count, size_t columns)
{
    struct meter_layout layout = {.columns = columns};
    for (size_t i = 0; i < count; i++) {
        size_t length = meter_is_at_work(&tables[i]) ? strlen(tables[i].name)
                                                     : 0;
        if (length > NAME_COLUMNS_MAX)
            length = NAME_COLUMNS_MAX;
        if (length > layout.name_columns)
            layout.name_columns = length;
    }
    return layout;
}

void meter_draw_table(const struct progress_table *table, int64_t now_us,
                      const struct meter_layout *layout,
                      struct buffer *target)
{
    struct buffer line;
    bool is_wide = layout->columns >= WIDE_COLUMNS;
    buffer_init(&line, TEXT_BYTES * 4);
    buffer_add_format(&line, " %-12s %-*s  ", table->state,
                      (int)layout->name_columns, table->name);
    if (table->reason[0])
        buffer_add_text(&line, table->reason);
    else
        add_rows(&line, table, now_us,
                 is_wide ? BAR_CELLS : BAR_CELLS_NARROW);
    char *text = screen_clean(memory_text(buffer_text(&line)));
    add_cut(target, text, layout->columns);
    memory_free(text);
    buffer_release(&line);
}

void meter_draw_counts(const struct progress_table *tables, size_t count,
                       struct buffer *target)
{
    struct {
        const char *state;
        size_t count;
    } kinds[16];
    size_t kind_count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *state = tables[i].state ? tables[i].state : "waiting";
        size_t kind = 0;
        while (kind < kind_count && !text_equal(kinds[kind].state, state))
            kind++;
        if (kind == ARRAY_COUNT(kinds))
            continue;
        if (kind == kind_count) {
            kinds[kind_count].state = state;
            kinds[kind_count++].count = 0;
        }
        kinds[kind].count++;
    }
    buffer_add_format(target, " %zu table%s:", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < kind_count; i++)
        buffer_add_format(target, "%s %zu %s", i ? "," : "", kinds[i].count,
                          kinds[i].state);
}
