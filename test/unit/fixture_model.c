/* Tables, cells and the golden vectors for tests of the model. */
#include "fixture_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

enum kind fixture_kind(const char *name)
{
    enum kind kind = KIND_BOOL;

    while (kind < KIND_COUNT && !text_equal(kind_name(kind), name))
        kind++;
    assert_true(kind < KIND_COUNT);
    return kind;
}

struct column *fixture_column(struct table *table, const char *name,
                              enum kind kind, uint8_t width)
{
    struct column *column = table_add_column(table, name);

    column->kind = kind;
    column->width = width;
    return column;
}

void fixture_key(struct table *table, size_t count)
{
    size_t key[16];

    assert_true(count <= ARRAY_COUNT(key));
    for (size_t i = 0; i < count; i++)
        key[i] = i;
    table_set_key(table, key, count);
    table_settle(table);
}

void fixture_put(struct batch *batch, size_t column, struct bytes stored)
{
    if (batch->columns[column].fixed) {
        assert_int_equal(stored.size, batch->columns[column].width);
        memcpy(batch_fixed(batch, column), stored.data, stored.size);
    } else {
        assert_true(batch_add_text(batch, column, stored));
    }
}

void fixture_put_int(struct batch *batch, size_t column, int64_t value)
{
    const uint8_t *bytes = (const uint8_t *)&value;

    fixture_put(batch, column,
                (struct bytes){bytes, batch->columns[column].width});
}

void fixture_put_text(struct batch *batch, size_t column, const char *text)
{
    fixture_put(batch, column, bytes_of(text));
}

json_t *golden_load(void)
{
    const char *root = getenv("srcdir");
    json_error_t error;
    char path[4096];
    json_t *vectors;

    snprintf(path, sizeof(path), "%s/test/golden/vectors.json",
             root ? root : ".");
    vectors = json_load_file(path, 0, &error);
    if (!vectors)
        fail_msg("%s: %s", path, error.text);
    return vectors;
}

const char *golden_text(const json_t *vector, const char *name)
{
    const char *text = json_string_value(json_object_get(vector, name));

    assert_non_null(text);
    return text;
}

uint64_t golden_number(const json_t *vector, const char *name)
{
    char *end;
    uint64_t value = strtoull(golden_text(vector, name), &end, 16);

    assert_int_equal(*end, '\0');
    return value;
}

struct buffer golden_bytes(const json_t *vector, const char *name)
{
    const char *text = golden_text(vector, name);
    struct buffer buffer;

    buffer_init(&buffer, strlen(text));
    for (; *text; text += 2) {
        char digits[] = {text[0], text[1], '\0'};
        buffer_add_byte(&buffer, (uint8_t)strtoul(digits, NULL, 16));
    }
    return buffer;
}

struct column *golden_column(struct table *table, const json_t *cell)
{
    json_int_t width = json_integer_value(json_object_get(cell, "width"));
    json_int_t scale = json_integer_value(json_object_get(cell, "scale"));
    struct column *column =
        fixture_column(table, golden_text(cell, "seed_name"),
                       fixture_kind(golden_text(cell, "kind")),
                       (uint8_t)width);

    column->scale = (uint8_t)scale;
    return column;
}

void golden_put(struct batch *batch, size_t column, const json_t *cell)
{
    struct buffer stored = golden_bytes(cell, "stored");

    fixture_put(batch, column, buffer_bytes(&stored));
    buffer_release(&stored);
}
