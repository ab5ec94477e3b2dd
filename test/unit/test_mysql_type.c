/* Types of MySQL and MariaDB as information_schema writes them. */
#include "unit.h"

#include <string.h>

#include "base/memory.h"
#include "source/mysql.h"

struct expected {
    const char *declared;
    enum mysql_base base;
    unsigned bytes;
    unsigned length;
    unsigned scale;
    bool is_unsigned;
};

static const struct expected TYPES[] = {
    {"tinyint(1)", MYSQL_BASE_INT, 1, 1, 0, false},
    {"mediumint(8) unsigned", MYSQL_BASE_INT, 3, 8, 0, true},
    {"int unsigned", MYSQL_BASE_INT, 4, 0, 0, true},
    {"int(10) zerofill", MYSQL_BASE_INT, 4, 10, 0, true},
    {"BIGINT(20)", MYSQL_BASE_INT, 8, 20, 0, false},
    {"bit(1)", MYSQL_BASE_BIT, 1, 1, 0, false},
    {"bit(64)", MYSQL_BASE_BIT, 8, 64, 0, false},
    {"bit(17)", MYSQL_BASE_BIT, 3, 17, 0, false},
    {"decimal(65,30) unsigned", MYSQL_BASE_DECIMAL, 0, 65, 30, true},
    {"decimal(10,0)", MYSQL_BASE_DECIMAL, 0, 10, 0, false},
    {"float(7,4) unsigned", MYSQL_BASE_FLOAT, 4, 7, 0, true},
    {"double", MYSQL_BASE_DOUBLE, 8, 0, 0, false},
    {"year(4)", MYSQL_BASE_YEAR, 0, 4, 0, false},
    {"time(6)", MYSQL_BASE_TIME, 0, 0, 6, false},
    {"datetime", MYSQL_BASE_DATETIME, 0, 0, 0, false},
    {"datetime(3) /* mariadb-5.3 */", MYSQL_BASE_DATETIME, 0, 0, 3, false},
    {"timestamp(2)", MYSQL_BASE_TIMESTAMP, 0, 0, 2, false},
    {"binary(16)", MYSQL_BASE_BYTES, 0, 16, 0, false},
    {"enum('a unsigned','COMPRESSED')", MYSQL_BASE_ENUM, 0, 0, 0, false},
    {"set('a')", MYSQL_BASE_SET, 0, 0, 0, false},
    {"json", MYSQL_BASE_JSON, 0, 0, 0, false},
    {"geomcollection", MYSQL_BASE_GEOMETRY, 0, 0, 0, false},
    {"inet4", MYSQL_BASE_INET4, 0, 0, 0, false},
};

static void every_type_is_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(TYPES); i++) {
        const struct expected *wanted = &TYPES[i];
        struct mysql_type type;
        mysql_type_parse(wanted->declared, NULL, &type);
        if (type.base != wanted->base || type.bytes != wanted->bytes ||
            type.length != wanted->length || type.scale != wanted->scale ||
            type.is_unsigned != wanted->is_unsigned)
            fail_msg("%s: base %d bytes %u length %u scale %u unsigned %d",
                     wanted->declared, (int)type.base, type.bytes,
                     type.length, type.scale, type.is_unsigned);
    }
}

static void a_text_without_a_character_set_is_bytes(void **state)
{
    struct mysql_type type;
    (void)state;
    mysql_type_parse("varchar(20)", "latin1", &type);
    assert_int_equal(type.base, MYSQL_BASE_TEXT);
    assert_int_equal(type.length, 20);
    mysql_type_parse("varchar(20)", "binary", &type);
    assert_int_equal(type.base, MYSQL_BASE_BYTES);
    mysql_type_parse("longtext", NULL, &type);
    assert_int_equal(type.base, MYSQL_BASE_BYTES);
}

static void what_is_not_known_stays_unknown(void **state)
{
    static const char *const unknown[] = {
        "", "(", "vector(3)", "int(", "int(x)", "int(9999999999)",
        "decimal(66,2)", "decimal(5,6)", "bit(65)", "datetime(7)",
        "time(2,", "varchar(9) /*M!100301 COMPRESSED*/",
        "blob /*M!100301 COMPRESSED*/", "intint", "tinyintx(3)",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(unknown); i++) {
        struct mysql_type type;
        mysql_type_parse(unknown[i], "latin1", &type);
        if (type.base != MYSQL_BASE_UNSUPPORTED)
            fail_msg("%s is known", unknown[i]);
    }
}

static void labels_are_found_by_number(void **state)
{
    static const char declared[] = "enum('a','it''s','x,y','','é')";
    static const char *const labels[] = {"a", "it's", "x,y", "", "é"};
    struct buffer label;
    (void)state;
    buffer_init(&label, 100);
    for (unsigned i = 0; i < ARRAY_COUNT(labels); i++) {
        assert_true(mysql_type_label(declared, i + 1, &label));
        assert_string_equal(buffer_text(&label), labels[i]);
    }
    assert_false(mysql_type_label(declared, 0, &label));
    assert_false(mysql_type_label(declared, 6, &label));
    assert_false(mysql_type_label("enum('a", 1, &label));
    assert_false(mysql_type_label("enum('a'", 2, &label));
    assert_false(mysql_type_label("enum(", 1, &label));
    assert_false(mysql_type_label("int", 1, &label));
    buffer_release(&label);
}

/* As both servers write them, whatever the sql_mode. */
static void labels_have_escapes(void **state)
{
    static const char declared[] = "set('\\\\','a\\n\\r\\'b','\\0')";
    struct buffer label;

    (void)state;
    buffer_init(&label, 100);
    assert_true(mysql_type_label(declared, 1, &label));
    assert_string_equal(buffer_text(&label), "\\");
    assert_true(mysql_type_label(declared, 2, &label));
    assert_string_equal(buffer_text(&label), "a\n\r'b");
    assert_true(mysql_type_label(declared, 3, &label));
    assert_int_equal(label.size, 1);
    assert_false(mysql_type_label("set('a\\", 1, &label));
    buffer_release(&label);
}

static struct column *add_column(struct table *table, const char *declared,
                                 const char *charset)
{
    struct column *column = table_add_column(table, declared);
    column->declared = memory_text(declared);
    column->charset = memory_text(charset);
    assert_true(mysql_map_column(column));
    return column;
}

static void a_retyped_column_has_its_new_kind(void **state)
{
    struct table *table = table_new("d", "t");
    struct error error;
    (void)state;
    add_column(table, "bigint(20)", NULL);
    assert_ok(mysql_retype(table, "bigint(20)", "decimal(38,9)", &error),
              error);
    assert_int_equal(table->columns[0].kind, KIND_DECIMAL);
    assert_int_equal(table->columns[0].width, 16);
    assert_int_equal(table->columns[0].precision, 38);
    assert_int_equal(table->columns[0].scale, 9);
    add_column(table, "binary(16)", NULL);
    assert_ok(mysql_retype(table, "binary(16)", "uuid", &error), error);
    assert_int_equal(table->columns[1].kind, KIND_UUID);
    assert_int_equal(table->columns[1].width, 16);
    add_column(table, "char(36)", "latin1");
    assert_ok(mysql_retype(table, "char(36)", "uuid", &error), error);
    add_column(table, "datetime(6)", NULL);
    assert_ok(mysql_retype(table, "datetime(6)", "text", &error), error);
    assert_int_equal(table->columns[3].width, 0);
    table_free(table);
}

static void a_type_that_no_value_could_have_is_refused(void **state)
{
    struct table *table = table_new("d", "t");
    struct error error;
    (void)state;
    add_column(table, "binary(15)", NULL);
    add_column(table, "datetime", NULL);
    add_column(table, "int", NULL);
    assert_fails(mysql_retype(table, "binary(15)", "uuid", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "datetime", "int64", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "int", "uuid", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "int", "string", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "int", "decimal(77,0)", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "int", "decimal(5,6)", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "int", "decimal(5,2)x", &error), error,
                 ERROR_SETTINGS_VALUE);
    assert_fails(mysql_retype(table, "none", "text", &error), error,
                 ERROR_COLUMN_MISSING);
    assert_int_equal(table->columns[2].kind, KIND_INT);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_taken_apart),
        cmocka_unit_test(a_text_without_a_character_set_is_bytes),
        cmocka_unit_test(what_is_not_known_stays_unknown),
        cmocka_unit_test(labels_are_found_by_number),
        cmocka_unit_test(labels_have_escapes),
        cmocka_unit_test(a_retyped_column_has_its_new_kind),
        cmocka_unit_test(a_type_that_no_value_could_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
