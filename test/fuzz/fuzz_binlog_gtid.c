/*
 * Sets of transactions as text and on the wire: what is taken comes back.
 * Built with clang -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte that chooses text of MySQL, of MariaDB, or one of the two
 * encoded forms; then the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "source/binlog_gtid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct gtid_set *set, struct buffer *text)
{
    buffer_init(text, GTID_SET_BYTES);
    gtid_set_print(set, text);
    buffer_text(text);
}

static void check_text(const struct gtid_set *set)
{
    struct gtid_set again;
    struct buffer text;

    print(set, &text);
    gtid_set_init(&again, set->is_mariadb);
    if (!gtid_set_parse(&again, buffer_text(&text)) ||
        !gtid_set_equal(set, &again))
        abort();
    gtid_set_release(&again);
    buffer_release(&text);
}

static void check_wire(const struct gtid_set *set)
{
    struct gtid_set again;
    struct buffer encoded;

    buffer_init(&encoded, GTID_SET_BYTES);
    gtid_set_encode(set, &encoded);
    gtid_set_init(&again, false);
    if (!gtid_set_decode(&again, buffer_bytes(&encoded)) ||
        !gtid_set_equal(set, &again))
        abort();
    gtid_set_release(&again);
    buffer_release(&encoded);
}

static bool take(struct gtid_set *set, uint8_t way, struct bytes bytes)
{
    char *text;
    bool is_good;

    if (way == 2)
        return gtid_set_decode_list(set, bytes);
    if (way == 3)
        return gtid_set_decode(set, bytes);
    text = malloc(bytes.size + 1);
    memcpy(text, bytes.data, bytes.size);
    text[bytes.size] = '\0';
    is_good = gtid_set_parse(set, text);
    free(text);
    return is_good;
}

/* A tag on the wire may be none that is written as text. */
static bool has_odd_tag(const struct gtid_set *set)
{
    for (size_t i = 0; i < set->line_count; i++) {
        const char *tag = set->lines[i].tag;

        if (strspn(tag, "abcdefghijklmnopqrstuvwxyz_0123456789") !=
                strlen(tag) ||
            (tag[0] >= '0' && tag[0] <= '9'))
            return true;
    }
    return false;
}

/* What is added is contained, and nothing goes by it. */
static void check_add(const struct gtid_set *set)
{
    struct gtid_set more;
    struct gtid gtid = {.is_mariadb = set->is_mariadb, .number = 7};

    if (set->line_count > 0) {
        const struct gtid_line *line = &set->lines[set->line_count - 1];

        memcpy(gtid.uuid, line->uuid, sizeof(gtid.uuid));
        memcpy(gtid.tag, line->tag, sizeof(gtid.tag));
        gtid.number = line->intervals[0].end;
    }
    if (set->entry_count > 0)
        gtid.domain = set->entries[0].domain;
    if (gtid.number >= GTID_NUMBER_MAX)
        return;
    gtid_set_copy(&more, set);
    if (!gtid_set_equal(&more, set))
        abort();
    gtid_set_add(&more, &gtid);
    if (!gtid_set_contains(&more, &gtid) ||
        (!set->is_mariadb && (!gtid_set_holds(&more, set) ||
                              gtid_set_contains(set, &gtid))))
        abort();
    gtid_set_release(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gtid_set set;
    uint8_t way;

    if (size < 1)
        return 0;
    way = data[0] % 4;
    gtid_set_init(&set, way == 1 || way == 2);
    if (take(&set, way, (struct bytes){data + 1, size - 1})) {
        if (!gtid_set_holds(&set, &set))
            abort();
        check_add(&set);
        if (!has_odd_tag(&set))
            check_text(&set);
        if (!set.is_mariadb)
            check_wire(&set);
    }
    gtid_set_release(&set);
    return 0;
}
