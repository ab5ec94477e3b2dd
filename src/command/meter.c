/*
 * The block at the bottom of the terminal. Log lines scroll above it: the log
 * takes it away before each line and has it drawn again behind it. One mutex
 * guards the terminal; who holds it may write.
 */
#include "meter.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "meter_draw.h"
#include "screen.h"

#define DRAW_MS 200
#define LINE_MS 30000
#define BLOCK_BYTES_MAX 65536
#define LINES_MAX 12
#define LINE_COLUMNS 200

struct meter {
    struct progress *progress;
    struct progress_table *tables;
    size_t count;
    bool is_block; /* else lines */
    size_t height; /* lines of the block on the screen */
    struct buffer text;
    bool is_ending;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
};

/* The log's guards carry no context. */
static struct meter *active;

static void write_out(struct meter *meter)
{
    struct bytes bytes = buffer_bytes(&meter->text);
    while (bytes.size > 0) {
        ssize_t written = write(STDERR_FILENO, bytes.data, bytes.size);
        if (written <= 0)
            break;
        bytes.data += written;
        bytes.size -= (size_t)written;
    }
    buffer_clear(&meter->text);
}

/* To the block's first line, and all below it empty. */
static void take_away(struct meter *meter)
{
    if (meter->height > 0)
        buffer_add_format(&meter->text, "\033[%zuA\r\033[J", meter->height);
    meter->height = 0;
}

static void add_lines(struct meter *meter, size_t columns, size_t height_max)
{
    struct meter_layout layout = meter_layout_of(meter->tables, meter->count,
                                                 columns);
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < meter->count && meter->height < height_max; i++) {
        if (!meter_is_at_work(&meter->tables[i]))
            continue;
        meter_draw_table(&meter->tables[i], now_us, &layout, &meter->text);
        buffer_add_byte(&meter->text, '\n');
        meter->height++;
    }
    meter_draw_counts(meter->tables, meter->count, &meter->text);
    buffer_add_byte(&meter->text, '\n');
}

static void draw(struct meter *meter)
{
    struct winsize size = {.ws_col = 0};
    size_t height_max = LINES_MAX;
    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    size_t columns = size.ws_col > 1 ? size.ws_col - 1U : 79;
    if (size.ws_row > 3 && size.ws_row - 2U < height_max)
        height_max = size.ws_row - 2U;
    progress_read(meter->progress, meter->tables);
    take_away(meter);
    add_lines(meter, columns, height_max);
    meter->height++;
    write_out(meter);
}

static void print_lines(struct meter *meter)
{
    progress_read(meter->progress, meter->tables);
    add_lines(meter, LINE_COLUMNS, SIZE_MAX);
    meter->height = 0;
    write_out(meter);
}

static void hide(void)
{
    pthread_mutex_lock(&active->mutex);
    take_away(active);
    write_out(active);
}

static void show(void)
{
    if (!active->is_ending)
        draw(active);
    pthread_mutex_unlock(&active->mutex);
}

static void sleep_until_next(struct meter *meter)
{
    struct timespec until;
    long milliseconds = meter->is_block ? DRAW_MS : LINE_MS;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(&meter->wake, &meter->mutex, &until);
}

static void *run(void *argument)
{
    struct meter *meter = argument;
    pthread_mutex_lock(&meter->mutex);
    while (!meter->is_ending) {
        if (meter->is_block)
            draw(meter);
        sleep_until_next(meter);
        if (!meter->is_block && !meter->is_ending)
            print_lines(meter);
    }
    pthread_mutex_unlock(&meter->mutex);
    return NULL;
}

/* A terminal that can move its cursor. */
static bool can_draw(const struct command_line *line)
{
    const char *terminal = getenv("TERM");
    return !line->is_quiet && isatty(STDERR_FILENO) && terminal &&
           !text_equal(terminal, "dumb");
}

static void meter_free(struct meter *meter)
{
    pthread_cond_destroy(&meter->wake);
    pthread_mutex_destroy(&meter->mutex);
    buffer_release(&meter->text);
    memory_free(meter->tables);
    memory_free(meter);
}

struct meter *meter_start(const struct command_line *line,
                          struct progress *progress, size_t count)
{
    bool is_block = can_draw(line) && (line->progress == PROGRESS_AUTO ||
                                       line->progress == PROGRESS_BAR);
    pthread_condattr_t clock;
    if (!is_block && line->progress != PROGRESS_LINE)
        return NULL;
    struct meter *meter = memory_new(1, sizeof *meter);
    meter->progress = progress;
    meter->count = count;
    meter->tables = memory_new(count, sizeof *meter->tables);
    meter->is_block = is_block;
    buffer_init(&meter->text, BLOCK_BYTES_MAX);
    pthread_mutex_init(&meter->mutex, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&meter->wake, &clock);
    pthread_condattr_destroy(&clock);
    if (pthread_create(&meter->thread, NULL, run, meter) != 0) {
        meter_free(meter);
        return NULL;
    }
    active = meter;
    if (is_block)
        log_set_guard(hide, show);
    return meter;
}

void meter_stop(struct meter *meter)
{
    if (!meter)
        return;
    log_set_guard(NULL, NULL);
    pthread_mutex_lock(&meter->mutex);
    meter->is_ending = true;
    pthread_cond_signal(&meter->wake);
    take_away(meter);
    write_out(meter);
    pthread_mutex_unlock(&meter->mutex);
    pthread_join(meter->thread, NULL);
    active = NULL;
    meter_free(meter);
}

void meter_note(const struct command_line *line, const char *text)
{
    if (!can_draw(line) || line->progress == PROGRESS_NONE)
        return;
    fprintf(stderr, "\r%s\033[K", text ? text : "");
    (void)fflush(stderr);
}
