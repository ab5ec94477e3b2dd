/*
 * Tables and failure blocks. Nothing that came from outside reaches the
 * terminal before screen_clean has seen it.
 */
#include "screen.h"

#include <langinfo.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define LINE_BYTES_MAX 4096

struct screen_table {
    struct libscols_table *table;
    size_t count;
    size_t state_column; /* count: there is none */
    bool has_colour;
};

static const struct {
    const char *word;
    const char *colour;
} colours[] = {
    {"on time", "green"},   {"late", "yellow"},
    {"retrying", "yellow"}, {"repairing", "yellow"},
    {"copying", "blue"},    {"catching up", "blue"},
    {"action required", "red"},
};

void screen_open(void)
{
    if (!setlocale(LC_CTYPE, "") || !text_equal(nl_langinfo(CODESET), "UTF-8"))
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

bool screen_has_colour(const struct command_line *line)
{
    const char *refused = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !line->no_color &&
           !(refused && *refused);
}

/* Bytes of the character that `text` begins with; 0 where it may not be
 * shown. A NUL ends every sequence, so nothing is read beyond the text. */
static size_t shown_bytes(const unsigned char *text)
{
    size_t length = text[0] < 0x80   ? 1
                    : text[0] < 0xe0 ? 2
                    : text[0] < 0xf0 ? 3
                                     : 4;
    if (text[0] < 0x20 || text[0] == 0x7f)
        return 0;
    if (strnlen((const char *)text, length) < length ||
        !text_is_utf8((struct bytes){text, length}))
        return 0;
    bool is_c1 = text[0] == 0xc2 && text[1] < 0xa0;
    /* U+202A to U+202E and U+2066 to U+2069 turn the direction. */
    bool turns = text[0] == 0xe2 &&
                 ((text[1] == 0x80 && text[2] >= 0xaa && text[2] <= 0xae) ||
                  (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
    return is_c1 || turns ? 0 : length;
}

char *screen_clean(char *text)
{
    unsigned char *place = (unsigned char *)text;
    while (*place) {
        size_t length = shown_bytes(place);
        if (length == 0)
            *place = '?';
        place += length ? length : 1;
    }
    return text;
}

struct screen_table *screen_table_new(const char *const *headers,
                                      size_t count, bool has_colour)
{
    struct screen_table *table = memory_new(1, sizeof *table);
    table->table = scols_new_table();
    table->count = count;
    table->state_column = count;
    table->has_colour = has_colour;
    (void)scols_table_enable_colors(table->table, has_colour);
    for (size_t i = 0; i < count; i++) {
        bool is_right = headers[i][0] == '>';
        const char *name = headers[i] + (is_right ? 1 : 0);
        (void)scols_table_new_column(table->table, name, 0,
                                     is_right ? SCOLS_FL_RIGHT : 0);
        if (text_equal(name, "STATE"))
            table->state_column = i;
    }
    return table;
}

static const char *colour_of(const char *state)
{
    for (size_t i = 0; i < ARRAY_COUNT(colours); i++)
        if (text_starts(state, colours[i].word))
            return colours[i].colour;
    return NULL;
}

void screen_table_add(struct screen_table *table, const char *const *cells)
{
    struct libscols_line *line = scols_table_new_line(table->table, NULL);
    for (size_t i = 0; i < table->count; i++) {
        char *text = memory_text(cells[i] ? cells[i] : "");
        (void)scols_line_set_data(line, i, screen_clean(text));
        if (i == table->state_column && table->has_colour)
            (void)scols_cell_set_color(scols_line_get_cell(line, i),
                                       colour_of(text));
        memory_free(text);
    }
}

/* Characters of the longest line. */
static size_t width_of(struct libscols_table *table)
{
    char *text = NULL;
    size_t width = 0;
    size_t longest = 0;
    if (scols_print_table_to_string(table, &text) != 0)
        return 0;
    for (const char *at = text; at && *at; at++) {
        if (((unsigned char)*at & 0xc0) != 0x80)
            width++;
        if (*at == '\n')
            width = 0;
        if (*at != ' ' && width > longest)
            longest = width;
    }
    memory_free(text);
    return longest;
}

void screen_table_fit(struct screen_table *table, size_t width,
                      const size_t *spare, size_t count)
{
    (void)scols_table_enable_colors(table->table, 0);
    for (size_t i = 0; i < count && width_of(table->table) > width; i++)
        if (spare[i] < table->count)
            (void)scols_column_set_flags(
                scols_table_get_column(table->table, spare[i]),
                SCOLS_FL_HIDDEN);
    (void)scols_table_enable_colors(table->table, table->has_colour);
}

size_t screen_width(void)
{
    struct winsize size = {.ws_col = 0};
    if (!isatty(STDOUT_FILENO) ||
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return SIZE_MAX;
    return size.ws_col;
}

/* libsmartcols fills the last column up; nobody wants spaces at line ends. */
static void print_trimmed(char *text)
{
    char *line = text;
    while (line && *line) {
        char *end = strchr(line, '\n');
        size_t length = end ? (size_t)(end - line) : strlen(line);
        while (length > 0 && line[length - 1] == ' ')
            length--;
        (void)fwrite(line, 1, length, stdout);
        (void)putchar('\n');
        line = end ? end + 1 : NULL;
    }
}

void screen_table_print(struct screen_table *table)
{
    char *text = NULL;
    if (scols_print_table_to_string(table->table, &text) == 0 && text)
        print_trimmed(text);
    memory_free(text);
    scols_unref_table(table->table);
    memory_free(table);
}

const char *screen_next(const struct error *error, char *target, size_t size)
{
    (void)text_copy(target, size, error_advice(error));
    return target;
}

void screen_line(FILE *stream, const char *format, ...)
{
    char text[LINE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stream, "%s\n", screen_clean(text));
}

void screen_failure(const char *prefix, const struct error *error)
{
    char next[sizeof error->next];
    (void)fflush(stdout);
    screen_line(stderr, "%s%s%s (%s)", prefix ? prefix : "",
                prefix ? ": " : "", error->what, error_id_text(error->id));
    if (error->effect[0])
        screen_line(stderr, "  effect: %s", error->effect);
    screen_line(stderr, "  next:   %s",
                screen_next(error, next, sizeof next));
}
