/* Lines of a manifest: what counts after each of them. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "warehouse/files.h"

#define LAYOUT "\"key\":[\"id\"],\"columns\":[]"
#define READING "reading-0123456789abcdef"
#define OTHER "reading-ffffffffffffffff"

/* A part's line of `rows` rows with as many bytes times ten. */
static const char *part(const char *name, int rows, int number, int count)
{
    static char line[512];
    (void)snprintf(line, sizeof line,
                   "{\"name\":\"%s\",\"rows\":%d,\"bytes\":%d,"
                   "\"highest_version\":%d,\"part\":%d,\"parts\":%d," LAYOUT
                   "}", name, rows, 10 * rows, 100 + rows, number, count);
    return line;
}

/* Takes a line; false where it was refused. */
static bool take(struct files_manifest *manifest, const char *text,
                 bool *is_whole)
{
    json_t *line = json_loads(text, 0, NULL);
    bool is_taken = line && files_line_take(manifest, line, is_whole);
    json_decref(line);
    return is_taken;
}

static void must_take(struct files_manifest *manifest, const char *text)
{
    bool is_whole = false;
    if (!take(manifest, text, &is_whole) || !is_whole)
        fail_msg("%s", text);
}

static void parts_add_up(void **state)
{
    struct files_manifest manifest = {.folder = NULL};
    (void)state;
    must_take(&manifest, "{\"table\":\"t\"," LAYOUT "}");
    assert_non_null(manifest.live.layout);
    must_take(&manifest, part("a", 3, 1, 1));
    must_take(&manifest, part("b", 2, 1, 1));
    assert_int_equal(manifest.live.rows, 5);
    assert_int_equal(manifest.live.bytes, 50);
    assert_int_equal(manifest.live.highest, 103);
    files_manifest_forget(&manifest);
}

static void a_load_counts_with_its_last_part(void **state)
{
    struct files_manifest manifest = {.folder = NULL};
    bool is_whole = true;
    (void)state;
    assert_true(take(&manifest, part("a.1-3", 9, 1, 3), &is_whole));
    assert_false(is_whole);
    assert_true(take(&manifest, part("a.2-3", 1, 2, 3), &is_whole));
    assert_false(is_whole);
    assert_int_equal(manifest.live.rows, 0);
    /* Cut there, and told again. */
    assert_true(take(&manifest, part("a.1-2", 4, 1, 2), &is_whole));
    assert_true(take(&manifest, part("a.2-2", 5, 2, 2), &is_whole));
    assert_true(is_whole);
    assert_int_equal(manifest.live.rows, 9);
    assert_int_equal(manifest.live.highest, 105);
    files_manifest_forget(&manifest);
}

static void a_reading_counts_once_it_is_current(void **state)
{
    struct files_manifest manifest = {.folder = NULL};
    (void)state;
    must_take(&manifest, part("a", 3, 1, 1));
    must_take(&manifest, "{\"begin\":\"" READING "\"," LAYOUT "}");
    must_take(&manifest, part(READING "/b", 7, 1, 1));
    assert_int_equal(manifest.live.rows, 3);
    assert_int_equal(manifest.beside.rows, 7);
    must_take(&manifest, "{\"current\":\"" READING "\"}");
    assert_int_equal(manifest.live.rows, 7);
    assert_string_equal(manifest.live.name, READING);
    assert_string_equal(manifest.beside.name, "");
    /* What comes late for the old rows counts for nothing. */
    must_take(&manifest, part("c", 4, 1, 1));
    must_take(&manifest, part(OTHER "/d", 4, 1, 1));
    assert_int_equal(manifest.live.rows, 7);
    must_take(&manifest, part(READING "/e", 1, 1, 1));
    assert_int_equal(manifest.live.rows, 8);
    must_take(&manifest, "{\"current\":\"" READING "\"}");
    assert_int_equal(manifest.live.rows, 8);
    files_manifest_forget(&manifest);
}

static void a_second_copy_replaces_the_first(void **state)
{
    struct files_manifest manifest = {.folder = NULL};
    bool is_whole = false;
    (void)state;
    must_take(&manifest, "{\"begin\":\"" READING "\"," LAYOUT "}");
    must_take(&manifest, part(READING "/b", 7, 1, 1));
    must_take(&manifest, "{\"begin\":\"" OTHER "\"," LAYOUT "}");
    assert_int_equal(manifest.beside.rows, 0);
    assert_false(take(&manifest, "{\"current\":\"" READING "\"}",
                      &is_whole));
    must_take(&manifest, "{\"current\":\"" OTHER "\"}");
    assert_int_equal(manifest.live.rows, 0);
    files_manifest_forget(&manifest);
}

static void other_lines_are_refused(void **state)
{
    static const char *const lines[] = {
        "[]", "1", "\"x\"", "null",
        "{\"name\":7}",
        "{\"name\":\"a\"}",
        "{\"name\":\"a\",\"rows\":-1,\"bytes\":1,\"highest_version\":1,"
        "\"part\":1,\"parts\":1," LAYOUT "}",
        "{\"name\":\"a\",\"rows\":1,\"bytes\":1,\"highest_version\":1,"
        "\"part\":2,\"parts\":1," LAYOUT "}",
        "{\"name\":\"a\",\"rows\":1,\"bytes\":1,\"highest_version\":1,"
        "\"part\":0,\"parts\":1," LAYOUT "}",
        "{\"name\":\"a\",\"rows\":1,\"bytes\":1,\"highest_version\":1,"
        "\"part\":1,\"parts\":1}",
        "{\"name\":\"a\",\"rows\":1.5,\"bytes\":1,\"highest_version\":1,"
        "\"part\":1,\"parts\":1," LAYOUT "}",
        "{\"current\":\"\"}", "{\"current\":\"x\"}",
        "{\"begin\":\"x\"," LAYOUT "}", "{\"begin\":\"" READING "\"}",
        "{\"table\":\"t\"}", "{\"table\":\"t\",\"key\":[],\"columns\":7}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        struct files_manifest manifest = {.folder = NULL};
        bool is_whole = false;
        json_t *line = json_loads(lines[i], JSON_DECODE_ANY, NULL);
        if (files_line_take(&manifest, line, &is_whole))
            fail_msg("%s", lines[i]);
        assert_int_equal(manifest.live.rows, 0);
        json_decref(line);
        files_manifest_forget(&manifest);
    }
}

static void lines_of_others_are_passed_over(void **state)
{
    struct files_manifest manifest = {.folder = NULL};
    (void)state;
    must_take(&manifest, "{}");
    must_take(&manifest, "{\"note\":\"x\"}");
    files_manifest_forget(&manifest);
}

static void names_are_told_apart(void **state)
{
    struct files_part_line line = {.name = READING "/load.1-2.ndjson.gz"};
    (void)state;
    assert_true(files_line_is_of(&line, READING "/load"));
    assert_false(files_line_is_of(&line, READING "/loa"));
    assert_false(files_line_is_of(&line, "load"));
    assert_false(files_line_is_of(&line, READING "/load.1"));
    line.name = "load.ndjson.gz";
    assert_true(files_line_is_of(&line, "load"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(a_load_counts_with_its_last_part),
        cmocka_unit_test(a_reading_counts_once_it_is_current),
        cmocka_unit_test(a_second_copy_replaces_the_first),
        cmocka_unit_test(other_lines_are_refused),
        cmocka_unit_test(lines_of_others_are_passed_over),
        cmocka_unit_test(names_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
