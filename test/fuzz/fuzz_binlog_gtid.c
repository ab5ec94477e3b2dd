/*
 * Sets of transactions as text and on the wire: what is taken comes back.
 * Built with clang -fsanitize=fuzzer,address,undefined.
 *
 * Input: a byte that chooses text of MySQL, of MariaDB, or one of the two
 * encoded forms; then the bytes. The mutator makes sets whose counts are right.
 */
#include <stdlib.h>
#include <string.h>

#include "made.h"
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

/* Half of a set against the whole: it is held, and equal only if it is all. */
static void check_half(const struct gtid_set *set)
{
    struct gtid_set half;
    bool is_all = true;

    gtid_set_init(&half, set->is_mariadb);
    for (size_t i = 0; i < set->entry_count; i += 2)
        gtid_set_add_entry(&half, set->entries[i]);
    for (size_t i = 0; i < set->line_count; i += 2)
        gtid_set_add_range(&half, set->lines[i].uuid, set->lines[i].tag,
                           set->lines[i].intervals[0]);
    is_all = gtid_set_holds(&half, set) &&
             half.entry_count == set->entry_count;
    if (!gtid_set_holds(set, &half) || gtid_set_equal(&half, set) != is_all ||
        gtid_set_equal(set, &half) != is_all)
        abort();
    if (gtid_set_is_empty(&half) != gtid_set_is_empty(set) ||
        (!set->is_mariadb &&
         gtid_set_meets(&half, set) == gtid_set_is_empty(set)))
        abort();
    (void)gtid_state_holds(&half, set);
    (void)gtid_state_holds(set, &half);
    gtid_set_release(&half);
}

/* A transaction alone: written, and looked for. */
static void check_one(const struct gtid_set *set)
{
    struct gtid gtid = {.is_mariadb = set->is_mariadb, .number = 3};
    struct buffer text;

    if (set->line_count > 0)
        memcpy(gtid.tag, set->lines[0].tag, sizeof(gtid.tag));
    buffer_init(&text, GTID_SET_BYTES);
    gtid_print(&gtid, &text);
    if (text.size == 0)
        abort();
    buffer_release(&text);
    for (uint32_t i = 0; i < 3; i++) {
        gtid.server = i;
        gtid.number = 1000 * i;
        (void)gtid_set_last(set, i, i);
        if (gtid_set_contains(set, &gtid) && gtid_set_is_empty(set))
            abort();
    }
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
        check_half(&set);
        check_one(&set);
        if (!has_odd_tag(&set))
            check_text(&set);
        if (!set.is_mariadb)
            check_wire(&set);
    }
    gtid_set_release(&set);
    return 0;
}

/* --- the mutator ---------------------------------------------------------- */

static void make_uuid(struct made *made, bool is_text)
{
    static const char *const texts[] = {
        "6f1c0000-0000-4000-8000-000000000001",
        "6F1C0000000040008000000000000002", "6f1c", ""};

    if (is_text) {
        made_text(made, texts[made_draw(made, made_once(made, 8) ? 4 : 2)]);
        return;
    }
    made_number(made, made_draw(made, 2), 8);
    made_number(made, 0, 8);
}

static void make_decimal(struct made *made)
{
    char digits[24];
    uint64_t number = made_once(made, 9) ? made_edge(made)
                                         : made_draw(made, 40);
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    made_bytes(made, digits + at, sizeof(digits) - at);
}

static void make_text_line(struct made *made)
{
    static const char *const odd[] = {" ", "", "", ",", "x", "-", "\n"};

    make_uuid(made, true);
    for (size_t left = made_draw(made, 6); left > 0; left--) {
        made_byte(made, ':');
        if (made_once(made, 4))
            made_text(made, made_once(made, 2) ? "tag_1:" : "B:");
        make_decimal(made);
        if (made_once(made, 2)) {
            made_byte(made, '-');
            make_decimal(made);
        }
        if (made_once(made, 9))
            made_text(made, odd[made_draw(made, 7)]);
    }
}

static void make_text_set(struct made *made, bool is_mariadb)
{
    for (size_t left = made_draw(made, 5); left > 0; left--) {
        if (!is_mariadb) {
            make_text_line(made);
        } else {
            for (size_t i = 0; i < 3; i++) {
                make_decimal(made);
                if (i < 2)
                    made_byte(made, '-');
            }
        }
        if (left > 1 || made_once(made, 9))
            made_text(made, made_once(made, 3) ? " ,\n" : ",");
    }
}

static void make_wire_line(struct made *made, bool is_tagged)
{
    static const char *const tags[] = {"", "a", "tag_1", "zz"};
    const char *tag = tags[made_draw(made, 4)];
    size_t count = made_draw(made, 5);
    uint64_t next = 1;

    make_uuid(made, false);
    if (is_tagged) {
        made_byte(made, (uint8_t)(strlen(tag) << 1));
        made_text(made, tag);
    }
    made_number(made, count, 8);
    for (; count > 0; count--) {
        next += made_draw(made, 5);
        made_number(made, next, 8);
        next += made_draw(made, 9);
        made_number(made, next, 8);
    }
}

static void make_set(struct made *made)
{
    uint8_t way = (uint8_t)made_draw(made, 4);
    size_t count = made_draw(made, 5);
    bool is_tagged = made_once(made, 2);

    made_byte(made, way);
    if (way < 2) {
        make_text_set(made, way == 1);
        return;
    }
    if (way == 2) {
        made_number(made, count, 4);
        for (; count > 0; count--) {
            made_number(made, made_draw(made, 3), 4);
            made_number(made, made_draw(made, 3), 4);
            made_number(made, made_draw(made, 99), 8);
        }
        return;
    }
    made_number(made, is_tagged ? UINT64_C(1) << 56 | count << 8 | 1 : count,
                8);
    for (; count > 0; count--)
        make_wire_line(made, is_tagged);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    return made_mutate(data, size, max_size, seed, make_set);
}
