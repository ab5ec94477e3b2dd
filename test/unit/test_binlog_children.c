/* Foreign keys in the text of SHOW CREATE TABLE: those that change rows are
 * told, whatever names and comments are like. */
#include "unit.h"

#include <string.h>

#include "base/buffer.h"
#include "source/binlog_place.h"

static void tell(void *context, const struct log_child *child)
{
    struct buffer *said = context;
    buffer_add_format(said, "%s>%s.%s", child->table, child->parent_database,
                      child->parent);
    for (size_t i = 0; i < child->count; i++)
        buffer_add_format(said, " %s=%s", child->columns[i],
                          child->referenced[i]);
    buffer_add_format(said, "%s%s%s;", child->deletes ? " gone" : "",
                      child->on_delete ? " delete" : "",
                      child->on_update ? " update" : "");
}

static void assert_said(const char *lines, const char *wanted)
{
    struct buffer said;
    buffer_init(&said, 4096);
    assert_true(binlog_children_read("shop", "c", lines, tell, &said));
    assert_string_equal(buffer_text(&said), wanted);
    buffer_release(&said);
}

#define KEY "  CONSTRAINT `c1` FOREIGN KEY "

static void rules_are_told(void **context)
{
    (void)context;
    assert_said("CREATE TABLE `c` (\n  `p` int(11),\n" KEY
                "(`p`) REFERENCES `p` (`id`) ON DELETE CASCADE,\n" KEY
                "(`q`) REFERENCES `p` (`id`) ON DELETE SET NULL ON UPDATE "
                "CASCADE\n) ENGINE=InnoDB",
                "c>shop.p p=id gone delete;c>shop.p q=id delete update;");
    assert_said(KEY "(`p`) REFERENCES `p` (`id`) ON UPDATE SET NULL",
                "c>shop.p p=id update;");
}

static void those_that_only_refuse_are_not(void **context)
{
    (void)context;
    assert_said(KEY "(`p`) REFERENCES `p` (`id`)", "");
    assert_said(KEY "(`p`) REFERENCES `p` (`id`) ON DELETE RESTRICT ON "
                    "UPDATE NO ACTION", "");
}

static void names_may_be_any(void **context)
{
    (void)context;
    assert_said("  CONSTRAINT `x`` FOREIGN KEY (` FOREIGN KEY "
                "(`a``b`, `c, d)`) REFERENCES `other`.`p``p` (`x (`, `y`) "
                "ON DELETE CASCADE",
                "c>other.p`p a`b=x ( c, d)=y gone delete;");
    assert_said("  `n` text COMMENT 'CONSTRAINT `c` FOREIGN KEY (`p`) "
                "REFERENCES `p` (`id`) ON DELETE CASCADE',", "");
    assert_said("  CONSTRAINT `k` CHECK (`n` <> ' FOREIGN KEY (')", "");
}

static void what_is_not_understood_is_refused(void **context)
{
    static const char *const texts[] = {
        KEY, KEY "(p) REFERENCES `p` (`id`)", KEY "(`p`)",
        KEY "(`p`) REFERENCES `p`", KEY "(`p`) REFERENCES `p` (`id`",
        KEY "(`p`, `q`) REFERENCES `p` (`id`) ON DELETE CASCADE",
        KEY "(`p) REFERENCES p (id)"};
    struct buffer said;
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        buffer_init(&said, 4096);
        assert_false(binlog_children_read("shop", "c", texts[i], tell,
                                          &said));
        assert_int_equal(said.size, 0);
        buffer_release(&said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_told),
        cmocka_unit_test(those_that_only_refuse_are_not),
        cmocka_unit_test(names_may_be_any),
        cmocka_unit_test(what_is_not_understood_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
