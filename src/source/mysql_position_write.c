/*
 * Positions as text. What must stay true: a position that is read again makes
 * a literal that the server compares exactly; nothing of a value can leave its
 * quotes.
 */
#include "source/mysql_position_write.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "model/calendar.h"
#include "source/mysql_sql.h"

/* Two digits a byte, or a number of some bytes as text. */
#define TEXT_LIMIT (64 * MYSQL_POSITION_BYTES)

static void add_part(struct mysql_position *position,
                     const struct table *table, size_t column, bool is_key)
{
    struct mysql_position_part *part =
        &position->parts[position->part_count++];
    const struct column *plan = &table->columns[column];

    mysql_type_parse(plan->declared, plan->charset, &part->type);
    part->field = column;
    if (is_key && (part->type.base == MYSQL_BASE_ENUM ||
                   part->type.base == MYSQL_BASE_SET)) {
        part->is_number = true;
        part->field = table->column_count + position->extra_count++;
    }
}

void mysql_position_init(struct mysql_position *position,
                         const struct scan_request *request)
{
    const struct table *table = request->table;

    *position = (struct mysql_position){.part_count = 0};
    position->raw = memory_new(MYSQL_POSITION_BYTES, 1);
    buffer_init(&position->text, TEXT_LIMIT);
    if (!mysql_has_position(request))
        return;
    position->parts =
        memory_new(table->key_count + 1, sizeof(*position->parts));
    if (request->order == SCAN_BY_CURSOR)
        add_part(position, table, table_find(table, request->cursor), false);
    for (size_t i = 0; i < table->key_count; i++)
        add_part(position, table, table->key[i], true);
}

void mysql_position_release(struct mysql_position *position)
{
    memory_free(position->parts);
    memory_free(position->raw);
    buffer_release(&position->text);
}

bool mysql_position_note(struct mysql_position *position,
                         const struct mysql_rows *rows)
{
    size_t used = 0;

    for (size_t i = 0; i < position->part_count; i++) {
        struct mysql_position_part *part = &position->parts[i];
        const uint8_t *start = rows->starts[part->field];
        size_t size = (size_t)(rows->starts[part->field + 1] - start);
        position->is_there = size <= MYSQL_POSITION_BYTES - used;
        if (!position->is_there)
            return false;
        memcpy(position->raw + used, start, size);
        used += size;
        part->end = used;
    }
    position->is_there = true;
    return true;
}

static uint64_t little_endian(struct bytes raw)
{
    uint64_t value = 0;

    memcpy(&value, raw.data, raw.size < 8 ? raw.size : 8);
    return value;
}

static void write_int(const struct mysql_type *type, struct bytes raw,
                      struct buffer *text)
{
    uint64_t value = little_endian(raw);
    unsigned shift = 64 - 8 * (unsigned)raw.size;

    if (type->is_unsigned)
        buffer_add_format(text, "%" PRIu64, value);
    else
        buffer_add_format(text, "%" PRId64,
                          (int64_t)(value << shift) >> shift);
}

static void write_bit(struct bytes raw, struct buffer *text)
{
    uint64_t value = 0;

    for (size_t i = 1; i < raw.size; i++)
        value = value << 8 | raw.data[i];
    buffer_add_format(text, "%" PRIu64, value);
}

static void write_float(struct bytes raw, struct buffer *text)
{
    float narrow;
    double value;

    if (raw.size == sizeof(narrow)) {
        memcpy(&narrow, raw.data, sizeof(narrow));
        value = (double)narrow;
    } else {
        memcpy(&value, raw.data, sizeof(value));
    }
    buffer_add_format(text, "%.17g", value);
}

static void write_moment(const struct mysql_type *type, struct bytes raw,
                         struct buffer *text)
{
    struct mysql_moment moment;

    mysql_read_moment(raw.data, raw.data + raw.size, &moment);
    buffer_add_format(text, "%04u-%02u-%02u", moment.year, moment.month,
                      moment.day);
    if (type->base == MYSQL_BASE_DATE)
        return;
    buffer_add_format(text, " %02u:%02u:%02u", moment.hour, moment.minute,
                      moment.second);
    if (moment.microsecond > 0)
        buffer_add_format(text, ".%06u", moment.microsecond);
}

static void write_time(struct bytes raw, struct buffer *text)
{
    int64_t microseconds;

    mysql_read_duration(raw.data, raw.data + raw.size, &microseconds);
    calendar_format_time(microseconds,
                         microseconds % 1000000 == 0 ? 0 : 6, text);
}

/* Of DECIMAL, UUID, INET: what a server does not send there becomes a '?',
 * which no literal takes. */
static void write_plain(struct bytes value, struct buffer *text)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        bool is_good = (byte >= '0' && byte <= '9') ||
                       (byte >= 'a' && byte <= 'f') || byte == '-' ||
                       byte == '.' || byte == ':';
        buffer_add_byte(text, is_good ? byte : '?');
    }
}

static void write_bytes(const struct mysql_type *type, struct bytes raw,
                        struct buffer *text)
{
    struct bytes value;

    mysql_read_bytes(raw.data, raw.data + raw.size, &value);
    if (type->base == MYSQL_BASE_DECIMAL || type->base == MYSQL_BASE_UUID ||
        type->base == MYSQL_BASE_INET4 || type->base == MYSQL_BASE_INET6) {
        write_plain(value, text);
        return;
    }
    buffer_add_byte(text, 'x');
    buffer_add_hex(text, value);
}

static void write_part(const struct mysql_position_part *part,
                       struct bytes raw, struct buffer *text)
{
    static const struct mysql_type number = {.base = MYSQL_BASE_INT,
                                             .bytes = 8,
                                             .is_unsigned = true};

    switch (part->is_number ? MYSQL_BASE_YEAR : part->type.base) {
    case MYSQL_BASE_INT:
        write_int(&part->type, raw, text);
        break;
    case MYSQL_BASE_YEAR:
        write_int(&number, raw, text);
        break;
    case MYSQL_BASE_BIT:
        write_bit(raw, text);
        break;
    case MYSQL_BASE_FLOAT:
    case MYSQL_BASE_DOUBLE:
        write_float(raw, text);
        break;
    case MYSQL_BASE_DATE:
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        write_moment(&part->type, raw, text);
        break;
    case MYSQL_BASE_TIME:
        write_time(raw, text);
        break;
    default:
        write_bytes(&part->type, raw, text);
    }
}

const char *mysql_position_text(struct mysql_position *position)
{
    struct buffer *text = &position->text;
    size_t start = 0;

    if (!position->is_there || position->part_count == 0)
        return NULL;
    buffer_clear(text);
    buffer_add_byte(text, '[');
    for (size_t i = 0; i < position->part_count; i++) {
        const struct mysql_position_part *part = &position->parts[i];
        struct bytes raw = {position->raw + start, part->end - start};
        buffer_add_text(text, i == 0 ? "\"" : ",\"");
        write_part(part, raw, text);
        buffer_add_byte(text, '"');
        start = part->end;
    }
    buffer_add_byte(text, ']');
    return buffer_text(text);
}
