/*
 * Texts, bytes, labels, documents and addresses of row images. What must stay
 * true: what SELECT gives is what the maker gets, though the log has cut off
 * or coded it otherwise.
 */
#include "base/memory.h"
#include "model/digest.h"
#include "source/binlog_cell.h"
#include "source/binlog_json.h"
#include "source/mysql_charset_table.h"

#define LABEL_SET_MAX 64u

bool binlog_read_string(struct binlog_cell *cell, struct bytes value)
{
    mysql_cell_string(cell->maker, value);
    return true;
}

bool binlog_read_bytes(struct binlog_cell *cell, struct bytes value)
{
    mysql_cell_bytes(cell->maker, value);
    return true;
}

/* 0 is the value of what was no label. */
static struct bytes label_of(const struct binlog_cell *cell, uint64_t number)
{
    return number == 0 ? bytes_of("") : cell->labels[number - 1];
}

static bool read_enum(struct binlog_cell *cell, struct bytes value)
{
    uint64_t number = binlog_little_endian(value);

    if (number > cell->label_count)
        return false;
    mysql_cell_string(cell->maker, label_of(cell, number));
    return true;
}

static bool read_known_enum(struct binlog_cell *cell, struct bytes value)
{
    uint64_t number = binlog_little_endian(value);

    if (number > cell->label_count)
        return false;
    mysql_cell_store_known(cell->maker, label_of(cell, number),
                           cell->label_hashes[number]);
    return true;
}

/* Labels that need no change are hashed once a map. */
binlog_read_function *binlog_enum_reader(struct binlog_cell *cell)
{
    const struct mysql_cell *maker = cell->maker;

    if (!maker->is_natural)
        return read_enum;
    for (size_t i = 0; i < cell->label_count; i++)
        if (!mysql_charset_is_plain(maker->charset, cell->labels[i]))
            return read_enum;
    cell->label_hashes = memory_new(cell->label_count + 1,
                                    sizeof(*cell->label_hashes));
    for (size_t i = 0; i <= cell->label_count; i++)
        cell->label_hashes[i] = digest_bytes(label_of(cell, i), maker->seed);
    return read_known_enum;
}

/* A comma as wide as the smallest letter of the labels' character set. */
static void add_comma(const struct binlog_cell *cell, struct buffer *text)
{
    static const uint8_t wide[] = {0, 0, 0, ',', 0, 0};
    enum mysql_charset_form form = FORM_UTF8;

    if (cell->column->labels.data && cell->maker->charset)
        form = cell->maker->charset->form;
    switch (form) {
    case FORM_UTF32:
        buffer_add(text, wide, 4);
        break;
    case FORM_UCS2:
    case FORM_UTF16:
        buffer_add(text, wide + 2, 2);
        break;
    case FORM_UTF16LE:
        buffer_add(text, wide + 3, 2);
        break;
    default:
        buffer_add_byte(text, ',');
    }
}

bool binlog_read_set(struct binlog_cell *cell, struct bytes value)
{
    uint64_t bits = binlog_little_endian(value);

    if (cell->label_count < LABEL_SET_MAX && bits >> cell->label_count != 0)
        return false;
    buffer_clear(&cell->text);
    for (size_t i = 0; i < LABEL_SET_MAX && bits >> i != 0; i++) {
        if (!(bits >> i & 1))
            continue;
        if ((bits & ((UINT64_C(1) << i) - 1)) != 0)
            add_comma(cell, &cell->text);
        buffer_add(&cell->text, cell->labels[i].data, cell->labels[i].size);
    }
    mysql_cell_string(cell->maker, buffer_bytes(&cell->text));
    return true;
}

bool binlog_read_json(struct binlog_cell *cell, struct bytes value)
{
    buffer_clear(&cell->text);
    if (!binlog_json_text(value, &cell->text))
        return false;
    mysql_cell_string(cell->maker, buffer_bytes(&cell->text));
    return true;
}

/* The log cuts off zero bytes at the end. */
static bool fill_up(struct bytes value, uint8_t *target, size_t size)
{
    if (value.size > size)
        return false;
    memset(target, 0, size);
    memcpy(target, value.data, value.size);
    return true;
}

bool binlog_read_uuid(struct binlog_cell *cell, struct bytes value)
{
    uint8_t uuid[16];

    if (!fill_up(value, uuid, sizeof(uuid)))
        return false;
    mysql_cell_uuid(cell->maker, uuid);
    return true;
}

static void add_four(const uint8_t *address, struct buffer *text)
{
    buffer_add_format(text, "%u.%u.%u.%u", address[0], address[1], address[2],
                      address[3]);
}

/* The longest run of zero groups, the first of equal ones. */
static size_t find_gap(const uint16_t *groups, size_t *length)
{
    size_t found = 8;

    *length = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t end = i;
        while (end < 8 && groups[end] == 0)
            end++;
        if (end - i > *length) {
            found = i;
            *length = end - i;
        }
    }
    return found;
}

/* ::1.2.3.4 and ::ffff:1.2.3.4 are shown with their IPv4 part. */
static bool has_four(const uint16_t *groups, size_t gap, size_t length)
{
    if (gap != 0)
        return false;
    return length == 6 || (length == 5 && groups[5] == 0xffff);
}

static void add_six(const uint8_t *address, struct buffer *text)
{
    uint16_t groups[8];
    size_t length;
    size_t gap;
    bool is_four;

    for (size_t i = 0; i < 8; i++)
        groups[i] = (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
    gap = find_gap(groups, &length);
    is_four = has_four(groups, gap, length);
    for (size_t i = 0; i < 8; i++) {
        if (i == gap) {
            buffer_add_text(text, "::");
            i += length - 1;
            continue;
        }
        if (i > 0 && i != gap + length)
            buffer_add_byte(text, ':');
        if (is_four && i == 6) {
            add_four(address + 12, text);
            return;
        }
        buffer_add_format(text, "%x", groups[i]);
    }
}

void binlog_inet_text(struct bytes value, bool is_six, struct buffer *text)
{
    uint8_t address[16];

    if (!fill_up(value, address, is_six ? 16 : 4))
        return;
    if (is_six)
        add_six(address, text);
    else
        add_four(address, text);
}

bool binlog_read_inet(struct binlog_cell *cell, struct bytes value)
{
    bool is_six = cell->type.base == MYSQL_BASE_INET6;

    if (value.size > (is_six ? 16u : 4u))
        return false;
    buffer_clear(&cell->text);
    binlog_inet_text(value, is_six, &cell->text);
    mysql_cell_string(cell->maker, buffer_bytes(&cell->text));
    return true;
}
