/* Rows as lines: pieces of any size, and what a sink refuses. */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/batch.h"
#include "warehouse/files_encode.h"

struct taken {
    struct buffer text;
    size_t calls;
    size_t fails_at; /* call; 0: never */
};

static enum status take(void *context, struct bytes text,
                        struct error *error)
{
    struct taken *taken = context;
    assert_true(text.size > 0 && text.size <= FILES_CHUNK_BYTES);
    if (++taken->calls == taken->fails_at)
        return error_set(error, ERROR_WAREHOUSE_SPACE, "no space");
    buffer_add(&taken->text, text.data, text.size);
    return STATUS_OK;
}

static struct table *make_table(void)
{
    struct table *table = table_new("d", "t");
    struct column *column = table_add_column(table, "id");
    static const size_t key[] = {0};
    column->kind = KIND_INT;
    column->width = 8;
    column = table_add_column(table, "hidden");
    column->kind = KIND_TEXT;
    column->is_stored = false;
    column = table_add_column(table, "te\"xt");
    column->kind = KIND_TEXT;
    column->is_nullable = true;
    column = table_add_column(table, "bytes");
    column->kind = KIND_BYTES;
    table_set_key(table, key, 1);
    table_settle(table);
    return table;
}

/* A row whose text and bytes are `size` bytes of `letter`. */
static void add_row(struct batch *batch, int64_t id, size_t size,
                    uint8_t letter)
{
    uint8_t *value = memory_new(size, 1);
    struct bytes bytes = {value, size};
    memset(value, letter, size);
    memcpy(batch_fixed(batch, 0), &id, sizeof id);
    assert_true(batch_add_text(batch, 1, bytes_of("never shown")));
    assert_true(batch_add_text(batch, 2, bytes));
    assert_true(batch_add_text(batch, 3, bytes));
    batch->digest_sum = 1;
    batch_add_row(batch, false);
    memory_free(value);
}

static json_t *next_line(const char **text)
{
    const char *end = strchr(*text, '\n');
    assert_non_null(end);
    json_t *line = json_loadb(*text, (size_t)(end - *text),
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL |
                                  JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(line);
    *text = end + 1;
    return line;
}

static void values_of_any_size_come_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 12287, 12288, 12289, 24576, 262143,
                                   262144, 262145, 3000000};
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 16, (size_t)1 << 26);
    struct taken taken = {.calls = 0};
    struct error error;
    (void)state;
    buffer_init(&taken.text, (size_t)1 << 28);
    struct files_encoder *encoder =
        files_encoder_new(table, (struct files_sink){take, &taken});
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
        add_row(batch, (int64_t)i, sizes[i], i % 2 ? 'x' : '\1');
    batch_set_version(batch, 44);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
        assert_ok(files_encode(encoder, batch, i, &error), error);
    assert_ok(files_encoder_flush(encoder, &error), error);
    const char *text = buffer_text(&taken.text);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        assert_true(text_starts(text, FILES_ROW_START "44,"));
        json_t *line = next_line(&text);
        assert_int_equal(json_object_size(line), 6);
        assert_int_equal(json_string_length(json_object_get(line, "te\"xt")),
                         sizes[i]);
        assert_int_equal(json_string_length(json_object_get(line, "bytes")),
                         (sizes[i] + 2) / 3 * 4);
        json_decref(line);
    }
    assert_string_equal(text, "");
    files_encoder_free(encoder);
    batch_free(batch);
    table_free(table);
    buffer_release(&taken.text);
}

static void null_is_no_key(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 2, 1000);
    struct taken taken = {.calls = 0};
    struct error error;
    int64_t id = -3;
    (void)state;
    buffer_init(&taken.text, 1000);
    struct files_encoder *encoder =
        files_encoder_new(table, (struct files_sink){take, &taken});
    memcpy(batch_fixed(batch, 0), &id, sizeof id);
    assert_true(batch_add_text(batch, 1, bytes_of("")));
    batch_set_null(batch, 2);
    assert_true(batch_add_text(batch, 3, bytes_of("")));
    batch_add_row(batch, true);
    batch_set_version(batch, 9);
    assert_ok(files_encode(encoder, batch, 0, &error), error);
    assert_ok(files_encoder_flush(encoder, &error), error);
    assert_string_equal(buffer_text(&taken.text),
                        FILES_ROW_START "9,\"_tm_deleted\":1,"
                        "\"_tm_digest\":0,\"id\":-3,\"bytes\":\"\"}\n");
    files_encoder_free(encoder);
    batch_free(batch);
    table_free(table);
    buffer_release(&taken.text);
}

static void a_failure_of_the_sink_is_passed_on(void **state)
{
    struct table *table = make_table();
    struct batch *batch = batch_new(table, 2, (size_t)1 << 26);
    (void)state;
    add_row(batch, 1, 2000000, '\2');
    batch_set_version(batch, 1);
    for (size_t call = 1; call <= 40; call++) {
        struct taken taken = {.fails_at = call};
        struct error error;
        buffer_init(&taken.text, (size_t)1 << 28);
        struct files_encoder *encoder =
            files_encoder_new(table, (struct files_sink){take, &taken});
        assert_fails(files_encode(encoder, batch, 0, &error), error,
                     ERROR_WAREHOUSE_SPACE);
        assert_int_equal(taken.calls, call);
        files_encoder_free(encoder);
        buffer_release(&taken.text);
    }
    batch_free(batch);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_any_size_come_whole),
        cmocka_unit_test(null_is_no_key),
        cmocka_unit_test(a_failure_of_the_sink_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
