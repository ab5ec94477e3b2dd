/* What reaches a terminal: clean, of the right width, and no guess. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "command/document.h"
#include "command/meter_draw.h"
#include "command/screen.h"
#include "command/settings_write.h"

static void assert_clean(const char *given, const char *wanted)
{
    char *text = memory_text(given);
    assert_string_equal(screen_clean(text), wanted);
    memory_free(text);
}

static void control_bytes_never_reach_the_terminal(void **state)
{
    (void)state;
    assert_clean("a\033[2Jb\r\n\tc\177", "a?[2Jb???c?");
    assert_clean("\302\233m", "??m");                /* C1: CSI */
    assert_clean("\342\200\256x\342\201\246", "???x???"); /* bidi */
    assert_clean("\377\300\257", "???");
    assert_clean("\346\227\245\346\234\254 \360\237\220\237", /* fine */
                 "\346\227\245\346\234\254 \360\237\220\237");
    assert_clean("\346\227", "??"); /* cut off */
}

/* What a call prints on standard output; the caller frees it. */
static char *printed(void (*print)(void))
{
    char name[] = "/tmp/test-screen-XXXXXX";
    int file = mkstemp(name);
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_true(file >= 0 && kept >= 0);
    assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
    print();
    (void)fflush(stdout);
    (void)dup2(kept, STDOUT_FILENO);
    char *text = memory_new(4096, 1);
    assert_true(pread(file, text, 4095, 0) >= 0);
    (void)close(file);
    (void)close(kept);
    (void)unlink(name);
    return text;
}

static void print_table(void)
{
    static const char *const headers[] = {"TABLE", ">ROWS", "STATE"};
    static const char *const first[] = {"or\033ders", "12", "on time"};
    static const char *const second[] = {"b", NULL, "late"};
    struct screen_table *table = screen_table_new(headers, 3, false);
    screen_table_add(table, first);
    screen_table_add(table, second);
    screen_table_print(table);
}

static void a_table_is_aligned_and_ends_without_spaces(void **state)
{
    (void)state;
    char *text = printed(print_table);
    assert_string_equal(text, "TABLE   ROWS STATE\n"
                              "or?ders   12 on time\n"
                              "b            late\n");
    memory_free(text);
}

static void print_narrow_table(void)
{
    static const char *const headers[] = {"TABLE", ">ROWS", ">TIME", "STATE"};
    static const char *const line[] = {"m\303\251dia", "12", "1s", "late"};
    static const size_t spare[] = {9, 2, 1};
    for (size_t width = 21; width > 10; width -= 5) {
        struct screen_table *table = screen_table_new(headers, 4, false);
        screen_table_add(table, line);
        screen_table_fit(table, width, spare, 3);
        screen_table_print(table);
    }
}

static void a_narrow_terminal_gets_fewer_columns(void **state)
{
    (void)state;
    char *text = printed(print_narrow_table);
    assert_string_equal(text, "TABLE ROWS TIME STATE\n"
                              "m\303\251dia   12   1s late\n"
                              "TABLE ROWS STATE\n"
                              "m\303\251dia   12 late\n"
                              "TABLE STATE\n"
                              "m\303\251dia late\n");
    memory_free(text);
}

static void print_document(void)
{
    struct error error;
    json_t *document = document_new("run", 5);
    (void)error_set(&error, ERROR_SOURCE_REACH, "could not reach it");
    document_text(document, "absent", NULL);
    document_number(document, "unknown", -1);
    document_time(document, "never", 0);
    document_text(document, "broken", "a\377b");
    document_seconds(document, "lag_seconds", 1250);
    document_error(document, "error", &error);
    document_print(document);
}

static void a_document_leaves_out_what_is_unknown(void **state)
{
    (void)state;
    char *text = printed(print_document);
    assert_string_equal(
        text, "{\"schema_version\":1,\"command\":\"run\",\"exit\":5,"
              "\"broken\":\"a?b\",\"lag_seconds\":1.25,"
              "\"error\":{\"id\":\"TM2001\",\"text\":\"could not reach it\","
              "\"next\":\"Check host, port and network; it is tried "
              "again.\"}}\n");
    memory_free(text);
}

static char *drawn(struct progress_table table, int64_t now_us,
                   size_t columns)
{
    struct buffer buffer;
    struct meter_layout layout = meter_layout_of(&table, 1, columns);
    buffer_init(&buffer, 4096);
    meter_draw_table(&table, now_us, &layout, &buffer);
    char *text = memory_text(buffer_text(&buffer));
    buffer_release(&buffer);
    return text;
}

static const struct progress_table copying = {
    .name = "orders",
    .state = "copying",
    .rows_done = 7400000,
    .rows_expected = 12100000,
    .rows_here = 840000,
    .bytes_here = 210000000,
    .started_us = 1000000,
};

static void a_copy_shows_share_rate_and_time_left(void **state)
{
    (void)state;
    char *text = drawn(copying, 11000000, 200);
    assert_non_null(strstr(text, " copying      orders"));
    assert_non_null(strstr(text, " 61%  7.4M/12.1M rows"));
    assert_non_null(strstr(text, "84k rows/s  21 MB/s  0:56 left"));
    memory_free(text);
}

static void no_time_left_is_guessed_below_one_percent(void **state)
{
    (void)state;
    struct progress_table table = copying;
    table.rows_done = 120000;
    char *text = drawn(table, 11000000, 200);
    assert_null(strstr(text, "left"));
    assert_null(strstr(text, "%"));
    memory_free(text);
    table.rows_done = 7400000;
    table.rows_expected = 0;
    text = drawn(table, 11000000, 200);
    assert_null(strstr(text, "left"));
    memory_free(text);
}

static void a_reason_stands_in_place_of_figures(void **state)
{
    (void)state;
    struct progress_table table = copying;
    table.state = "retrying";
    (void)snprintf(table.reason, sizeof table.reason, "503\033[1m, again");
    char *text = drawn(table, 11000000, 200);
    assert_non_null(strstr(text, "503?[1m, again"));
    assert_null(strstr(text, "rows"));
    memory_free(text);
}

static void a_line_is_cut_at_the_terminal(void **state)
{
    (void)state;
    for (size_t columns = 0; columns < 40; columns++) {
        char *text = drawn(copying, 11000000, columns);
        size_t letters = 0;
        for (const char *c = text; *c; c++)
            letters += ((unsigned char)*c & 0xc0) != 0x80;
        assert_int_equal(letters, columns);
        memory_free(text);
    }
}

static void numbers_are_short(void **state)
{
    char text[24];
    (void)state;
    assert_string_equal(meter_count(text, 0), "0");
    assert_string_equal(meter_count(text, 999), "999");
    assert_string_equal(meter_count(text, 1234), "1.2k");
    assert_string_equal(meter_count(text, 84321), "84k");
    assert_string_equal(meter_count(text, 12100000), "12.1M");
    assert_string_equal(meter_count(text, 3000000000), "3.0G");
    assert_string_equal(meter_left(text, 56), "0:56");
    assert_string_equal(meter_left(text, 3723), "1:02:03");
}

static void the_counts_name_each_state_once(void **state)
{
    struct progress_table tables[4] = {{.state = "on time"},
                                       {.state = "copying"},
                                       {.state = NULL},
                                       {.state = "on time"}};
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 4096);
    meter_draw_counts(tables, 4, &buffer);
    assert_string_equal(buffer_text(&buffer),
                        " 4 tables: 2 on time, 1 copying, 1 waiting");
    buffer_release(&buffer);
}

static void a_written_value_cannot_leave_its_quotes(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 4096);
    settings_write_value("a\"b\\c\nd${env:X}", &buffer);
    assert_string_equal(buffer_text(&buffer),
                        "\"a\\\"b\\\\c\\x0ad$${env:X}\"");
    buffer_release(&buffer);
}

static int open_screen(void **state)
{
    (void)state;
    screen_open();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_bytes_never_reach_the_terminal),
        cmocka_unit_test(a_table_is_aligned_and_ends_without_spaces),
        cmocka_unit_test(a_narrow_terminal_gets_fewer_columns),
        cmocka_unit_test(a_document_leaves_out_what_is_unknown),
        cmocka_unit_test(a_copy_shows_share_rate_and_time_left),
        cmocka_unit_test(no_time_left_is_guessed_below_one_percent),
        cmocka_unit_test(a_reason_stands_in_place_of_figures),
        cmocka_unit_test(a_line_is_cut_at_the_terminal),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(the_counts_name_each_state_once),
        cmocka_unit_test(a_written_value_cannot_leave_its_quotes),
    };
    return cmocka_run_group_tests(tests, open_screen, NULL);
}
