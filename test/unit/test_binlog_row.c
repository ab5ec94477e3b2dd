/* Rows events become rows of a batch; what is not whole goes out by its key,
 * and nothing is lost or counted twice. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "fixture_binlog.h"
#include "fixture_mysql.h"
#include "model/digest.h"
#include "model/version.h"

/* id INT, name VARCHAR(20) NULL, flag ENUM as key, amount TINYINT. */
static void open_orders(struct log_table *opened)
{
    struct table *table = table_new("shop", "orders");
    const size_t key[] = {0, 2};
    struct event_bytes map;

    mysql_column(table, "id", "int(11)");
    mysql_column(table, "name", "varchar(20) NULL");
    mysql_column(table, "flag", "enum('a','b')");
    mysql_column(table, "amount", "tinyint(4)");
    table_set_key(table, key, 2);
    table_settle(table);
    event_map(&map, "03 0f fe 01 08", "5000 f701", "12");
    event_names(&map, "id,name,flag,amount,left_out");
    log_table_open(opened, table, &map);
}

static uint64_t version_of(uint64_t offset)
{
    return version_make(3, 1000 + 19 + offset, 0);
}

/* Columns 5, all present (bits beyond the last are set), the row (1, 'x',
 * 'a', 5, 9). */
#define ROW "00 01000000 0178 01 05 0900000000000000"
#define OTHER "12 01000000 01 06"
#define MOVED "12 02000000 01 06"

static void rows_are_made_as_by_scans(void **state)
{
    struct log_table orders;
    struct error error;
    uint64_t sum;

    (void)state;
    open_orders(&orders);
    assert_ok(log_table_read(&orders, BINLOG_WRITE, "05 ff" ROW OTHER,
                             &error), error);
    assert_int_equal(orders.batch->row_count, 2);
    assert_int_equal(batch_int(orders.batch, 0, 0), 1);
    assert_int_equal(batch_int(orders.batch, 3, 1), 6);
    assert_true(batch_is_null(orders.batch, 1, 1));
    assert_true(orders.batch->versions[0] == version_of(12));
    assert_true(orders.batch->versions[1] == version_of(12 + 17));
    sum = digest_int(1, digest_seed("id")) +
          digest_bytes(bytes_of("x"), digest_seed("name")) +
          digest_bytes(bytes_of("a"), digest_seed("flag")) +
          digest_int(5, digest_seed("amount"));
    assert_true(orders.batch->digests[0] == digest_finish(sum));
    assert_int_equal(orders.result.seen, 2);
    assert_int_equal(orders.result.rows, 2);
    assert_true(orders.result.version == version_of(12 + 17));
    log_table_close(&orders);
}

static void a_delete_has_its_key_alone(void **state)
{
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    assert_ok(log_table_read(&orders, BINLOG_DELETE, "05 1f" ROW, &error),
              error);
    assert_int_equal(orders.batch->row_count, 1);
    assert_int_equal(orders.batch->deleted[0], 1);
    assert_true(orders.batch->digests[0] == 0);
    assert_int_equal(batch_int(orders.batch, 0, 0), 1);
    assert_true(batch_is_null(orders.batch, 1, 0));
    assert_int_equal(batch_text(orders.batch, 2, 0).data[0], 'a');
    assert_int_equal(batch_int(orders.batch, 3, 0), 0);
    log_table_close(&orders);
}

static void an_update_of_the_same_key_is_a_row(void **state)
{
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    assert_ok(log_table_read(&orders, BINLOG_UPDATE, "05 1f 1f" ROW OTHER,
                             &error), error);
    assert_int_equal(orders.batch->row_count, 1);
    assert_int_equal(orders.batch->deleted[0], 0);
    assert_true(orders.batch->versions[0] == version_of(13 + 17));
    assert_int_equal(orders.result.seen, 2);
    assert_int_equal(orders.result.walked, 1);
    log_table_close(&orders);
}

static void a_changed_key_is_a_delete_before_the_row(void **state)
{
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    assert_ok(log_table_read(&orders, BINLOG_UPDATE, "05 1f 1f" ROW MOVED,
                             &error), error);
    assert_int_equal(orders.batch->row_count, 2);
    assert_int_equal(orders.batch->deleted[0], 0);
    assert_int_equal(batch_int(orders.batch, 0, 0), 2);
    assert_int_equal(orders.batch->deleted[1], 1);
    assert_int_equal(batch_int(orders.batch, 0, 1), 1);
    assert_true(orders.batch->versions[1] == version_of(13));
    assert_true(orders.batch->versions[0] == version_of(13 + 17));
    assert_int_equal(orders.result.rows, 2);
    log_table_close(&orders);
}

/* Image MINIMAL: the before image has the key, the after image what changed.
 */
static void rows_that_are_not_whole_go_by_key(void **state)
{
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    assert_ok(log_table_read(&orders, BINLOG_UPDATE,
                             "05 05 08 00 01000000 02 00 07"
                             "00 02000000 01 00 08", &error), error);
    assert_int_equal(orders.batch->row_count, 0);
    assert_string_equal(buffer_text(&orders.result.keys),
                        "[\"1\",\"2\"],[\"2\",\"1\"]");
    assert_int_equal(orders.result.key_only, 2);
    assert_int_equal(orders.result.walked, 2);
    /* A new key: the old one is deleted. */
    assert_ok(log_table_read(&orders, BINLOG_UPDATE,
                             "05 05 01 00 01000000 02 00 03000000", &error),
              error);
    assert_string_equal(buffer_text(&orders.result.keys), "[\"3\",\"2\"]");
    assert_int_equal(orders.batch->row_count, 1);
    assert_int_equal(orders.batch->deleted[0], 1);
    /* A row by defaults that nobody knows. */
    assert_ok(log_table_read(&orders, BINLOG_WRITE, "05 02 00 0178", &error),
              error);
    assert_int_equal(orders.result.unknown, 1);
    assert_ok(log_table_read(&orders, BINLOG_WRITE, "05 00", &error), error);
    assert_int_equal(orders.result.unknown, 1);
    log_table_close(&orders);
}

/* What the after image lacks has not changed. */
static void both_images_may_make_a_row(void **state)
{
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    assert_ok(log_table_read(&orders, BINLOG_UPDATE,
                             "05 1f 08" ROW "00 63", &error), error);
    assert_int_equal(orders.batch->row_count, 1);
    assert_int_equal(batch_int(orders.batch, 3, 0), 0x63);
    assert_int_equal(batch_text(orders.batch, 1, 0).data[0], 'x');
    log_table_close(&orders);
}

static void a_value_without_a_place_is_named(void **state)
{
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    assert_fails(log_table_read(&orders, BINLOG_WRITE,
                                "05 ff" ROW "00 02000000 01ff 01 05"
                                "0900000000000000", &error),
                 error, ERROR_VALUE_TEXT);
    assert_string_equal(error.what,
                        "cannot store column \"name\" of table \"orders\", "
                        "row with id=2, flag=a: its bytes are not valid in "
                        "the character set utf8mb4");
    assert_int_equal(orders.batch->row_count, 1);
    log_table_close(&orders);
}

static void an_event_cut_anywhere_is_malformed(void **state)
{
    static const char hex[] = "051f1f00010000000178010509000000000000001201"
                              "0000000106";
    char part[sizeof(hex)];
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    for (size_t size = 0; size + 2 < sizeof(hex); size += 2) {
        if (size == 6)
            continue; /* no row at all */
        memcpy(part, hex, size);
        part[size] = '\0';
        assert_fails(log_table_read(&orders, BINLOG_UPDATE, part, &error),
                     error, ERROR_SOURCE_PROTOCOL);
        assert_int_equal(orders.batch->row_count, 0);
        assert_int_equal(orders.batch->text_bytes, 0);
    }
    assert_fails(log_table_read(&orders, BINLOG_WRITE, "04 0f", &error),
                 error, ERROR_SOURCE_PROTOCOL);
    log_table_close(&orders);
}

/* What is shown of a key that failed is not that of a row before it. */
static void a_key_that_failed_is_forgotten(void **state)
{
    struct log_table table;
    struct event_bytes map;
    struct table *plan = table_new("shop", "orders");
    size_t key = 0;
    struct error error;

    (void)state;
    event_map(&map, "0f", "5000", "00");
    event_names(&map, "name");
    mysql_column(plan, "name", "varchar(20)");
    table_set_key(plan, &key, 1);
    table_settle(plan);
    log_table_open(&table, plan, &map);
    assert_ok(log_table_read(&table, BINLOG_DELETE, "01 ff 00 02ff41",
                             &error), error);
    assert_int_equal(table.result.walked, 1);
    assert_fails(log_table_read(&table, BINLOG_WRITE, "01 ff 01", &error),
                 error, ERROR_TABLE_CHANGED);
    assert_non_null(strstr(error.what, "row with name=: it is NULL"));
    log_table_close(&table);
}

/* Which row it is, nobody knows. */
static void changes_without_a_key_are_unknown(void **state)
{
    struct log_table table;
    struct event_bytes map;
    struct error error;

    (void)state;
    event_map(&map, "01 01", "", "00");
    event_names(&map, "a,b");
    struct table *plan = table_new("shop", "orders");
    mysql_column(plan, "a", "tinyint(4)");
    mysql_column(plan, "b", "tinyint(4)");
    table_settle(plan);
    log_table_open(&table, plan, &map);
    assert_ok(log_table_read(&table, BINLOG_WRITE, "02 ff 00 01 02", &error),
              error);
    assert_int_equal(table.batch->row_count, 1);
    assert_ok(log_table_read(&table, BINLOG_UPDATE,
                             "02 ff ff 00 01 02 00 01 03", &error), error);
    assert_int_equal(table.batch->row_count, 1);
    assert_int_equal(table.result.unknown, 2);
    log_table_close(&table);
}

static bool admits_no_deletes(void *context, const struct batch *batch,
                              uint64_t key_hash, bool is_deleted)
{
    (void)context;
    (void)batch;
    (void)key_hash;
    return !is_deleted;
}

static void deletes_follow_the_shape(void **state)
{
    struct shape shape = {.keeps_last_values = true};
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    orders.followed.shape = &shape;
    assert_ok(log_table_read(&orders, BINLOG_DELETE, "05 1f" ROW, &error),
              error);
    assert_int_equal(orders.batch->deleted[0], 1);
    assert_int_equal(batch_int(orders.batch, 3, 0), 5);
    shape = (struct shape){.keeps_rows = true};
    assert_ok(log_table_read(&orders, BINLOG_DELETE, "05 1f" ROW, &error),
              error);
    assert_int_equal(orders.batch->deleted[1], 0);
    assert_true(orders.batch->digests[1] == 0);
    assert_ok(log_table_read(&orders, BINLOG_DELETE,
                             "05 05 00 01000000 02", &error), error);
    assert_int_equal(orders.batch->row_count, 2);
    shape = (struct shape){.admits = admits_no_deletes};
    assert_ok(log_table_read(&orders, BINLOG_DELETE, "05 1f" ROW, &error),
              error);
    assert_int_equal(orders.batch->row_count, 2);
    log_table_close(&orders);
}

/* Whether a row that a filter refuses was deleted is nobody's affair. */
static void deletes_of_refused_rows_are_not_shown(void **state)
{
    struct shape shape = {.keeps_last_values = true};
    struct log_table orders;
    struct error error;

    (void)state;
    open_orders(&orders);
    orders.followed.shape = &shape;
    assert_ok(filter_parse("amount = 6", &shape.rows, &error), error);
    assert_ok(shape_bind(&shape, orders.table, &error), error);
    assert_ok(log_table_read(&orders, BINLOG_DELETE, "05 1f" ROW OTHER,
                             &error), error);
    assert_int_equal(orders.batch->deleted[0], DELETED_UNSEEN);
    assert_int_equal(batch_int(orders.batch, 3, 0), 0);
    assert_int_equal(orders.batch->deleted[1], 1);
    assert_int_equal(batch_int(orders.batch, 3, 1), 6);
    /* Not whole: nobody can tell. */
    assert_ok(log_table_read(&orders, BINLOG_DELETE,
                             "05 05 00 01000000 02", &error), error);
    assert_int_equal(orders.batch->deleted[2], DELETED_UNSEEN);
    assert_ok(log_table_read(&orders, BINLOG_UPDATE, "05 1f 1f" OTHER ROW,
                             &error), error);
    assert_int_equal(orders.batch->deleted[3], DELETED_UNSEEN);
    shape_release(&shape);
    log_table_close(&orders);
}

static void open_document(struct log_table *opened)
{
    struct table *table = table_new("shop", "orders");
    size_t key = 0;
    struct event_bytes map;

    mysql_column(table, "id", "tinyint(4)");
    mysql_column(table, "j", "json");
    table_set_key(table, &key, 1);
    table_settle(table);
    event_map(&map, "01 f5 f5", "04 04", "00");
    event_names(&map, "id,k,j");
    log_table_open(opened, table, &map);
}

/* Bits for all documents, those that are left out too. */
static void changes_of_documents_go_by_key(void **state)
{
    struct log_table table;
    struct error error;

    (void)state;
    open_document(&table);
    assert_ok(log_table_read(&table, BINLOG_UPDATE_PARTIAL,
                             "03 07 07 00 01 00000000 020000000401"
                             "01 02 00 01 00000000 03000000 000000", &error),
              error);
    assert_string_equal(buffer_text(&table.result.keys), "[\"1\"]");
    assert_int_equal(table.batch->row_count, 0);
    /* No changes: it is as it was; no bits: it is whole. */
    assert_ok(log_table_read(&table, BINLOG_UPDATE_PARTIAL,
                             "03 07 07 00 01 00000000 020000000401"
                             "01 02 00 01 00000000 00000000"
                             "00 01 00000000 020000000401"
                             "00 00 01 00000000 020000000402", &error), error);
    assert_int_equal(table.batch->row_count, 2);
    assert_memory_equal(batch_text(table.batch, 1, 0).data, "true", 4);
    assert_memory_equal(batch_text(table.batch, 1, 1).data, "false", 5);
    log_table_close(&table);
}

static void kinds_of_events_are_known(void **state)
{
    struct binlog_rows rows;

    (void)state;
    assert_true(binlog_rows_kind(24, &rows));
    assert_true(rows.kind == BINLOG_UPDATE && !rows.has_extra);
    assert_true(binlog_rows_kind(32, &rows));
    assert_true(rows.kind == BINLOG_DELETE && rows.has_extra);
    assert_true(binlog_rows_kind(166, &rows));
    assert_false(binlog_rows_kind(19, &rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_made_as_by_scans),
        cmocka_unit_test(a_delete_has_its_key_alone),
        cmocka_unit_test(an_update_of_the_same_key_is_a_row),
        cmocka_unit_test(a_changed_key_is_a_delete_before_the_row),
        cmocka_unit_test(rows_that_are_not_whole_go_by_key),
        cmocka_unit_test(both_images_may_make_a_row),
        cmocka_unit_test(a_value_without_a_place_is_named),
        cmocka_unit_test(an_event_cut_anywhere_is_malformed),
        cmocka_unit_test(a_key_that_failed_is_forgotten),
        cmocka_unit_test(changes_without_a_key_are_unknown),
        cmocka_unit_test(deletes_follow_the_shape),
        cmocka_unit_test(deletes_of_refused_rows_are_not_shown),
        cmocka_unit_test(changes_of_documents_go_by_key),
        cmocka_unit_test(kinds_of_events_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
