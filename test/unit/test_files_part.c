/* Parts: what is written is read back and counted, and damage is seen. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "scratch.h"
#include "warehouse/files.h"

#define NAME "part.ndjson.gz.tmp"

static int open_folder(void **state)
{
    int folder = open(scratch_path(state, "."),
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    return folder;
}

/* Writes `count` lines of `size` bytes, versions from 5 on. */
static void write_lines(struct files_part *part, int count, size_t size,
                        struct error *error)
{
    struct buffer line;
    buffer_init(&line, size + 64);
    for (int i = 0; i < count; i++) {
        buffer_clear(&line);
        buffer_add_format(&line, FILES_ROW_START "%d,\"x\":\"", 5 + i);
        while (line.size < size)
            buffer_add_byte(&line, (uint8_t)('a' + (line.size * 7) % 26));
        buffer_add_text(&line, "\"}\n");
        assert_ok(files_part_write(part, buffer_bytes(&line), error), *error);
        part->rows++;
    }
    buffer_release(&line);
}

static void a_part_is_counted_as_it_was_written(void **state)
{
    static const size_t sizes[] = {40, 100000, 600000};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        int folder = open_folder(state);
        XXH3_state_t *hashes = XXH3_createState();
        struct files_part part;
        struct error error;
        (void)XXH3_64bits_reset(hashes);
        assert_ok(files_part_open(&part, folder, NAME, &error), error);
        write_lines(&part, 30, sizes[i], &error);
        assert_ok(files_part_close(&part, hashes, &error), error);
        assert_int_equal(part.count.rows, 30);
        assert_int_equal(part.count.lowest, 5);
        assert_int_equal(part.count.highest, 34);
        assert_int_equal(part.count.bytes, part.bytes);
        assert_true(part.count.hash == XXH3_64bits_digest(hashes));
        files_part_release(&part, false);
        assert_int_not_equal(faccessat(folder, NAME, F_OK, 0), 0);
        (void)XXH3_freeState(hashes);
        (void)close(folder);
    }
}

static void a_part_without_its_rows_is_refused(void **state)
{
    int folder = open_folder(state);
    XXH3_state_t *hashes = XXH3_createState();
    struct files_part part;
    struct error error;
    (void)XXH3_64bits_reset(hashes);
    assert_ok(files_part_open(&part, folder, NAME, &error), error);
    write_lines(&part, 3, 50, &error);
    part.rows = 4;
    assert_fails(files_part_close(&part, hashes, &error), error,
                 ERROR_WAREHOUSE_ANSWER);
    files_part_release(&part, false);
    (void)XXH3_freeState(hashes);
    (void)close(folder);
}

static void a_name_that_is_taken_is_left_alone(void **state)
{
    int folder = open_folder(state);
    struct files_part part;
    struct error error;
    scratch_write(scratch_path(state, NAME), "mine", 4);
    assert_fails(files_part_open(&part, folder, NAME, &error), error,
                 ERROR_WAREHOUSE_REACH);
    files_part_release(&part, false);
    assert_string_equal(scratch_read(scratch_path(state, NAME)), "mine");
    (void)close(folder);
}

/* gzip of a text, as another program makes it. */
static struct bytes pack(const char *text, uint8_t *target, size_t room)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text,
                       .avail_in = (uInt)strlen(text),
                       .next_out = target,
                       .avail_out = (uInt)room};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&stream);
    return (struct bytes){target, room - stream.avail_out};
}

/* Is a file of these bytes a sound part? *count says what it holds. */
static bool is_sound(void **state, struct bytes bytes,
                     struct files_count *count)
{
    XXH3_state_t *hashes = XXH3_createState();
    struct error error;
    bool sound = false;
    const char *path = scratch_path(state, "file");
    (void)XXH3_64bits_reset(hashes);
    scratch_write(path, bytes.data, bytes.size);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_ok(files_count_part(file, hashes, count, &sound, &error), error);
    (void)close(file);
    (void)XXH3_freeState(hashes);
    return sound;
}

static void only_whole_lines_with_versions_are_sound(void **state)
{
    static const struct {
        const char *text;
        bool is_sound;
        uint64_t rows;
        uint64_t highest;
    } cases[] = {
        {FILES_ROW_START "7}\n", true, 1, 7},
        {FILES_ROW_START "7,\"a\":9}\n" FILES_ROW_START "12}\n", true, 2, 12},
        {FILES_ROW_START "9223372036854775807}\n", true, 1, INT64_MAX},
        {"", true, 0, 0},
        {FILES_ROW_START "7}", false, 0, 0},
        {FILES_ROW_START "}\n", false, 1, 0},
        {FILES_ROW_START "-7}\n", false, 1, 0},
        {"{\"a\":7}\n", false, 1, 0},
        {"\n", false, 1, 0},
        {FILES_ROW_START "7}\n\n", false, 2, 7},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint8_t packed[512];
        struct files_count count;
        struct bytes bytes = pack(cases[i].text, packed, sizeof packed);
        if (is_sound(state, bytes, &count) != cases[i].is_sound)
            fail_msg("%s", cases[i].text);
        assert_int_equal(count.rows, cases[i].rows);
        assert_true(count.highest == cases[i].highest);
        assert_int_equal(count.bytes, bytes.size);
    }
}

static void a_damaged_file_is_not_sound(void **state)
{
    uint8_t packed[512];
    struct files_count count;
    struct bytes bytes = pack(FILES_ROW_START "7,\"a\":\"some text\"}\n",
                              packed, sizeof packed - 32);
    assert_true(is_sound(state, bytes, &count));
    for (size_t size = 0; size < bytes.size; size++)
        assert_false(is_sound(state, (struct bytes){packed, size}, &count));
    size_t unseen = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        packed[i] ^= 0x10;
        unseen += is_sound(state, bytes, &count) ? 1 : 0;
        packed[i] ^= 0x10;
    }
    /* Time, extra flags and system of the header, and the bits behind the
     * end of the last block, mean nothing. */
    assert_true(unseen <= 7);
    packed[bytes.size] = 0;
    bytes.size++;
    assert_false(is_sound(state, bytes, &count));
}

static void a_second_member_is_not_sound(void **state)
{
    uint8_t packed[1024];
    struct files_count count;
    struct bytes first = pack(FILES_ROW_START "7}\n", packed, 512);
    struct bytes second = pack(FILES_ROW_START "8}\n", packed + first.size,
                               512);
    assert_false(is_sound(state, (struct bytes){packed, first.size +
                                                            second.size},
                          &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_part_is_counted_as_it_was_written,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_part_without_its_rows_is_refused,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_name_that_is_taken_is_left_alone,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(
            only_whole_lines_with_versions_are_sound, scratch_setup,
            scratch_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_not_sound,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_second_member_is_not_sound,
                                        scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
