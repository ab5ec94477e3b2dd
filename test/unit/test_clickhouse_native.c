/* Blocks of FORMAT Native, byte by byte; layouts as dumped from 26.7. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixture_model.h"
#include "warehouse/clickhouse_native.h"

static struct clickhouse house = {.database = (char *)"d",
                                  .has_time64 = true};

/* The stored table that prepare would have made. */
static void store(const struct table *table, struct clickhouse_table *stored)
{
    static const char *const own[][2] = {{"_tm_version", "UInt64"},
                                         {"_tm_deleted", "UInt8"},
                                         {"_tm_digest", "UInt64"},
                                         {"_tm_bucket", "UInt32"}};
    memset(stored, 0, sizeof *stored);
    stored->columns = memory_new(table->column_count + 4,
                                 sizeof *stored->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        struct buffer type;
        sql_init(&type);
        clickhouse_type(&house, &table->columns[i], &type);
        stored->columns[stored->column_count].name =
            memory_text(table->columns[i].name);
        stored->columns[stored->column_count++].type =
            memory_text(buffer_text(&type));
        buffer_release(&type);
    }
    for (size_t i = 0; i < 4; i++) {
        stored->columns[stored->column_count].name = memory_text(own[i][0]);
        stored->columns[stored->column_count++].type =
            memory_text(own[i][1]);
    }
}

static void encode(const struct table *table,
                   const struct clickhouse_table *stored,
                   const struct batch *batch, struct buffer *target)
{
    struct native native;
    struct error error;
    assert_ok(native_init(&native, &house, table, stored, &error), error);
    native_encode(&native, batch);
    buffer_init(target, 1024 * 1024);
    for (size_t i = 0; i < native.piece_count; i++)
        buffer_add(target, native.pieces[i].iov_base,
                   native.pieces[i].iov_len);
    native_release(&native);
}

static void assert_bytes(const struct buffer *block, const char *wanted,
                         size_t size)
{
    assert_int_equal(block->size, size);
    assert_memory_equal(block->data, wanted, size);
}

static void a_block_is_counts_then_columns(void **state)
{
    static const char wanted[] =
        "\x06\x02"
        "\x02id\x06UInt16" "\x01\x00\xff\x00"
        "\x01s\x10Nullable(String)" "\x00\x01" "\x02""ab" "\x00"
        "\x01u\x04UUID" "\x77\x66\x55\x44\x33\x22\x11\x00"
        "\xff\xee\xdd\xcc\xbb\xaa\x99\x88"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x0b_tm_version\x06UInt64" "\x05\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0"
        "\x0b_tm_deleted\x05UInt8" "\x00\x01"
        "\x0a_tm_digest\x06UInt64";
    static const uint8_t uuid[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
                                   0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                   0xcc, 0xdd, 0xee, 0xff};
    struct table *table = table_new("d", "t");
    struct clickhouse_table stored;
    struct buffer block;
    (void)state;
    fixture_column(table, "id", KIND_UINT, 2);
    fixture_column(table, "s", KIND_TEXT, 0)->is_nullable = true;
    fixture_column(table, "u", KIND_UUID, 16);
    fixture_key(table, 1);
    table_settle(table);
    struct batch *batch = batch_new(table, 4, 4096);
    fixture_put_int(batch, 0, 1);
    fixture_put_text(batch, 1, "ab");
    fixture_put(batch, 2, (struct bytes){uuid, sizeof uuid});
    batch_add_row(batch, false);
    fixture_put_int(batch, 0, 255);
    batch_set_null(batch, 1);
    memset(batch_fixed(batch, 2), 0, 16);
    batch_add_row(batch, true);
    batch_set_version(batch, 5);
    store(table, &stored);
    encode(table, &stored, batch, &block);
    assert_int_equal(block.size, sizeof wanted - 1 + 16);
    block.size -= 16;
    assert_bytes(&block, wanted, sizeof wanted - 1);
    buffer_release(&block);
    clickhouse_table_release(&stored);
    batch_free(batch);
    table_free(table);
}

/* Name and type of a one-column table's first column in a block. */
static void assert_head(struct column plan, const char *stored_type,
                        const char *wanted)
{
    struct table *table = table_new("d", "t");
    struct column *column = fixture_column(table, "c", plan.kind, plan.width);
    struct clickhouse_table stored;
    struct buffer block;
    column->precision = plan.precision;
    column->scale = plan.scale;
    column->is_nullable = plan.is_nullable;
    column->has_few_values = plan.has_few_values;
    table_settle(table);
    struct batch *batch = batch_new(table, 1, 4096);
    batch_blank(batch, 0);
    batch_add_row(batch, false);
    store(table, &stored);
    if (stored_type) {
        memory_free(stored.columns[0].type);
        stored.columns[0].type = memory_text(stored_type);
    }
    encode(table, &stored, batch, &block);
    struct buffer head;
    buffer_init(&head, 256);
    buffer_add(&head, "\x04\x01\x01""c", 4);
    buffer_add_varint(&head, strlen(wanted));
    buffer_add_text(&head, wanted);
    assert_memory_equal(block.data, head.data, head.size);
    buffer_release(&head);
    buffer_release(&block);
    clickhouse_table_release(&stored);
    batch_free(batch);
    table_free(table);
}

static void every_kind_has_its_type(void **state)
{
    (void)state;
    assert_head((struct column){.kind = KIND_BOOL, .width = 1}, NULL, "Bool");
    assert_head((struct column){.kind = KIND_INT, .width = 1}, NULL, "Int8");
    assert_head((struct column){.kind = KIND_UINT, .width = 8}, NULL,
                "UInt64");
    assert_head((struct column){.kind = KIND_FLOAT, .width = 4}, NULL,
                "Float32");
    assert_head((struct column){.kind = KIND_DECIMAL, .width = 16,
                                .precision = 38, .scale = 3}, NULL,
                "Decimal(38, 3)");
    assert_head((struct column){.kind = KIND_DATE, .width = 4}, NULL,
                "Date32");
    assert_head((struct column){.kind = KIND_TIME, .width = 8,
                                .is_nullable = true}, NULL,
                "Nullable(Time64(6))");
    assert_head((struct column){.kind = KIND_DATETIME, .width = 8}, NULL,
                "DateTime64(6, 'UTC')");
    assert_head((struct column){.kind = KIND_BYTES}, NULL, "String");
    assert_head((struct column){.kind = KIND_JSON}, NULL, "String");
    assert_head((struct column){.kind = KIND_TEXT, .has_few_values = true},
                NULL, "String");
    assert_head((struct column){.kind = KIND_TEXT, .has_few_values = true,
                                .is_nullable = true}, NULL,
                "Nullable(String)");
}

static void the_type_is_that_of_the_stored_column(void **state)
{
    (void)state;
    assert_head((struct column){.kind = KIND_TEXT}, "LowCardinality(String)",
                "String");
    assert_head((struct column){.kind = KIND_INT, .width = 4},
                "Nullable(Int32)", "Nullable(Int32)");
    house.has_time64 = false;
    assert_head((struct column){.kind = KIND_TIME, .width = 8}, "Int64",
                "Int64");
    house.has_time64 = true;
}

static void other_types_are_refused(void **state)
{
    static const char *const types[] = {"Int64", "UInt32", "String",
                                        "Nullable(Int64)", "Enum8('a' = 1)"};
    struct table *table = table_new("d", "t");
    (void)state;
    fixture_column(table, "c", KIND_INT, 4);
    table_settle(table);
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        struct clickhouse_table stored;
        struct native native;
        struct error error;
        store(table, &stored);
        memory_free(stored.columns[0].type);
        stored.columns[0].type = memory_text(types[i]);
        assert_fails(native_init(&native, &house, table, &stored, &error),
                     error, ERROR_WAREHOUSE_TABLE);
        native_release(&native);
        clickhouse_table_release(&stored);
    }
    table_free(table);
}

static void columns_that_are_only_read_are_not_sent(void **state)
{
    struct table *table = table_new("d", "t");
    struct clickhouse_table stored;
    struct buffer block;
    (void)state;
    fixture_column(table, "hidden", KIND_TEXT, 0)->is_stored = false;
    fixture_column(table, "id", KIND_INT, 1);
    table_settle(table);
    struct batch *batch = batch_new(table, 1, 4096);
    fixture_put_text(batch, 0, "secret");
    fixture_put_int(batch, 1, 3);
    batch_add_row(batch, false);
    store(table, &stored);
    encode(table, &stored, batch, &block);
    assert_memory_equal(block.data, "\x04\x01\x02id\x04Int8\x03", 11);
    assert_null(memmem(block.data, block.size, "secret", 6));
    buffer_release(&block);
    clickhouse_table_release(&stored);
    batch_free(batch);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_counts_then_columns),
        cmocka_unit_test(every_kind_has_its_type),
        cmocka_unit_test(the_type_is_that_of_the_stored_column),
        cmocka_unit_test(other_types_are_refused),
        cmocka_unit_test(columns_that_are_only_read_are_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
