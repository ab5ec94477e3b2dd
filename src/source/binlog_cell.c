/*
 * What all values of row images share: how long each is, who reads it, labels,
 * and the texts of keys. What must stay true: a value's length follows from
 * the map alone, so that a column nobody knows can be passed over.
 */
#include "source/binlog_cell.h"

#include <inttypes.h>

#include "base/memory.h"
#include "model/calendar.h"
#include "source/mysql_charset_table.h"

#define TEXT_LIMIT (BATCH_TEXT_LIMIT * 2)
#define LABEL_LIMIT (64u * 1024 * 1024)
#define LABEL_BYTES 4096
#define LABELS_MAX 65535

static unsigned fraction_bytes(const struct binlog_column *column)
{
    return (column->meta[0] + 1u) / 2;
}

static bool set_fixed(struct binlog_cell *cell, unsigned bytes)
{
    cell->bytes = bytes;
    return true;
}

static bool set_prefix(struct binlog_cell *cell, unsigned bytes)
{
    cell->is_prefixed = true;
    cell->bytes = bytes;
    return bytes >= 1 && bytes <= 4;
}

static bool measure_number(struct binlog_cell *cell,
                           const struct binlog_column *column)
{
    const uint8_t *meta = column->meta;

    switch (column->code) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_YEAR:
        return set_fixed(cell, 1);
    case MYSQL_TYPE_SHORT:
        return set_fixed(cell, 2);
    case MYSQL_TYPE_INT24:
        return set_fixed(cell, 3);
    case MYSQL_TYPE_LONG:
        return set_fixed(cell, 4);
    case MYSQL_TYPE_LONGLONG:
        return set_fixed(cell, 8);
    case MYSQL_TYPE_FLOAT:
        return meta[0] == 4 && set_fixed(cell, 4);
    case MYSQL_TYPE_DOUBLE:
        return meta[0] == 8 && set_fixed(cell, 8);
    case MYSQL_TYPE_NEWDECIMAL:
        return set_fixed(cell, binlog_decimal_bytes(meta[0], meta[1])) &&
               cell->bytes > 0;
    case MYSQL_TYPE_BIT:
        return meta[0] < 8 && meta[1] + (meta[0] > 0 ? 1u : 0u) <= 8 &&
               set_fixed(cell, meta[1] + (meta[0] > 0 ? 1u : 0u));
    default:
        return column->code == MYSQL_TYPE_NULL;
    }
}

static bool measure_time(struct binlog_cell *cell,
                         const struct binlog_column *column)
{
    if (column->meta[0] > 6)
        return false;
    switch (column->code) {
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_TIME:
        return set_fixed(cell, 3);
    case MYSQL_TYPE_TIMESTAMP:
        return set_fixed(cell, 4);
    case MYSQL_TYPE_DATETIME:
        return set_fixed(cell, 8);
    case MYSQL_TYPE_TIME2:
        return set_fixed(cell, 3 + fraction_bytes(column));
    case MYSQL_TYPE_TIMESTAMP2:
        return set_fixed(cell, 4 + fraction_bytes(column));
    default:
        return set_fixed(cell, 5 + fraction_bytes(column));
    }
}

static bool measure(struct binlog_cell *cell,
                    const struct binlog_column *column)
{
    switch (column->code) {
    case MYSQL_TYPE_STRING:
        return set_prefix(cell, binlog_string_bytes(column) > 255 ? 2 : 1);
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case BINLOG_VARCHAR_COMPRESSED:
        return set_prefix(cell, column->meta[1] > 0 ? 2 : 1);
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_GEOMETRY:
    case MYSQL_TYPE_JSON:
    case BINLOG_BLOB_COMPRESSED:
    case BINLOG_VECTOR:
        return set_prefix(cell, column->meta[0]);
    case MYSQL_TYPE_ENUM:
        return column->meta[1] >= 1 && column->meta[1] <= 2 &&
               set_fixed(cell, column->meta[1]);
    case MYSQL_TYPE_SET:
        return column->meta[1] >= 1 && column->meta[1] <= 8 &&
               set_fixed(cell, column->meta[1]);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_TIME2:
    case MYSQL_TYPE_DATETIME2:
    case MYSQL_TYPE_TIMESTAMP2:
        return measure_time(cell, column);
    default:
        return measure_number(cell, column);
    }
}

bool binlog_cell_init(struct binlog_cell *cell,
                      const struct binlog_column *column)
{
    *cell = (struct binlog_cell){.column = column};
    cell->is_json = column->code == MYSQL_TYPE_JSON;
    buffer_init(&cell->text, TEXT_LIMIT);
    buffer_init(&cell->label_text, LABEL_LIMIT);
    return measure(cell, column);
}

static binlog_read_function *find_reader(struct binlog_cell *cell)
{
    static binlog_read_function *const readers[] = {
        [MYSQL_BASE_BIT] = binlog_read_bit,
        [MYSQL_BASE_FLOAT] = binlog_read_float,
        [MYSQL_BASE_DOUBLE] = binlog_read_double,
        [MYSQL_BASE_YEAR] = binlog_read_year,
        [MYSQL_BASE_DATE] = binlog_read_date,
        [MYSQL_BASE_TIME] = binlog_read_time,
        [MYSQL_BASE_TEXT] = binlog_read_string,
        [MYSQL_BASE_BYTES] = binlog_read_bytes,
        [MYSQL_BASE_SET] = binlog_read_set,
        [MYSQL_BASE_JSON] = binlog_read_json,
        [MYSQL_BASE_GEOMETRY] = binlog_read_bytes,
        [MYSQL_BASE_UUID] = binlog_read_uuid,
        [MYSQL_BASE_INET4] = binlog_read_inet,
        [MYSQL_BASE_INET6] = binlog_read_inet,
        [MYSQL_BASE_UNSUPPORTED] = NULL,
    };

    switch (cell->type.base) {
    case MYSQL_BASE_INT:
        return binlog_int_reader(cell->column, &cell->type);
    case MYSQL_BASE_DECIMAL:
        return binlog_decimal_reader(cell);
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        return binlog_moment_reader(cell);
    default:
        return readers[cell->type.base];
    }
}

/* The labels of the map, in the column's own character set. */
static void use_labels(struct binlog_cell *cell)
{
    const uint8_t *at = cell->column->labels.data;
    const uint8_t *end = at + cell->column->labels.size;

    cell->label_count = cell->column->label_count;
    cell->labels = memory_new(cell->label_count, sizeof(*cell->labels));
    for (size_t i = 0; i < cell->label_count; i++) {
        uint64_t length = 0;
        at = binlog_take_length(at, end, &length);
        cell->labels[i] = (struct bytes){at, (size_t)length};
        at += length;
    }
}

static const struct mysql_charset utf8 = {
    .name = "utf8mb4", .form = FORM_UTF8, .is_ascii_plain = true};

/* Those of the declaration, which are UTF-8. */
static void declare_labels(struct binlog_cell *cell)
{
    const char *declared = cell->maker->column->declared;
    struct buffer label;
    size_t *ends = memory_new(LABELS_MAX, sizeof(*ends));
    size_t start = 0;

    buffer_init(&label, LABEL_BYTES);
    while (cell->label_count < LABELS_MAX &&
           mysql_type_label(declared, (unsigned)cell->label_count + 1,
                            &label)) {
        buffer_add(&cell->label_text, label.data, label.size);
        ends[cell->label_count++] = cell->label_text.size;
    }
    cell->labels = memory_new(cell->label_count, sizeof(*cell->labels));
    for (size_t i = 0; i < cell->label_count; i++) {
        cell->labels[i] = (struct bytes){
            buffer_bytes(&cell->label_text).data + start, ends[i] - start};
        start = ends[i];
    }
    cell->maker->charset = &utf8;
    buffer_release(&label);
    memory_free(ends);
}

void binlog_cell_bind(struct binlog_cell *cell, struct mysql_cell *maker)
{
    cell->maker = maker;
    cell->type = maker->type;
    cell->read = find_reader(cell);
    if (cell->type.base != MYSQL_BASE_ENUM &&
        cell->type.base != MYSQL_BASE_SET)
        return;
    if (cell->column->labels.data)
        use_labels(cell);
    else
        declare_labels(cell);
    if (cell->type.base == MYSQL_BASE_ENUM)
        cell->read = binlog_enum_reader(cell);
}

void binlog_cell_release(struct binlog_cell *cell)
{
    memory_free(cell->labels);
    memory_free(cell->label_hashes);
    buffer_release(&cell->label_text);
    buffer_release(&cell->text);
}

static void add_int(const struct binlog_cell *cell, struct bytes value,
                    struct buffer *text)
{
    uint64_t number = binlog_little_endian(value);
    unsigned shift = 64 - 8 * (unsigned)value.size;

    if (cell->type.is_unsigned)
        buffer_add_format(text, "%" PRIu64, number);
    else
        buffer_add_format(text, "%" PRId64,
                          (int64_t)(number << shift) >> shift);
}

static bool add_moment(const struct binlog_cell *cell, struct bytes value,
                       struct buffer *text)
{
    struct mysql_moment moment;

    if (!binlog_moment(cell, value, &moment))
        return false;
    buffer_add_format(text, "%04u-%02u-%02u", moment.year, moment.month,
                      moment.day);
    if (cell->type.base == MYSQL_BASE_DATE)
        return true;
    buffer_add_format(text, " %02u:%02u:%02u", moment.hour, moment.minute,
                      moment.second);
    if (moment.microsecond > 0)
        buffer_add_format(text, ".%06u", moment.microsecond);
    return true;
}

static bool add_time(const struct binlog_cell *cell, struct bytes value,
                     struct buffer *text)
{
    int64_t microseconds;

    if (!binlog_duration(cell, value, &microseconds))
        return false;
    calendar_format_time(microseconds, microseconds % 1000000 == 0 ? 0 : 6,
                         text);
    return true;
}

static void add_hex(const struct binlog_cell *cell, struct bytes value,
                    struct buffer *text)
{
    size_t length = cell->maker->column->is_fixed_length
                        ? cell->maker->column->fixed_length : 0;

    buffer_add_byte(text, 'x');
    buffer_add_hex(text, value);
    for (size_t i = value.size; i < length; i++)
        buffer_add_text(text, "00");
}

static void add_uuid(struct bytes value, struct buffer *text)
{
    static const uint8_t zeros[16];

    for (size_t i = 0; i < sizeof(zeros); i++) {
        const uint8_t *byte = i < value.size ? value.data + i : zeros;
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buffer_add_byte(text, '-');
        buffer_add_hex(text, (struct bytes){byte, 1});
    }
}

static void add_double(const struct binlog_cell *cell, struct bytes value,
                       struct buffer *text)
{
    float narrow;
    double wide;

    if (cell->type.base == MYSQL_BASE_FLOAT) {
        memcpy(&narrow, value.data, sizeof(narrow));
        wide = (double)narrow;
    } else {
        memcpy(&wide, value.data, sizeof(wide));
    }
    buffer_add_format(text, "%.17g", wide);
}

static bool add_number(struct binlog_cell *cell, struct bytes value,
                       struct buffer *text)
{
    switch (cell->type.base) {
    case MYSQL_BASE_INT:
        add_int(cell, value, text);
        return true;
    case MYSQL_BASE_YEAR:
        buffer_add_format(text, "%u",
                          value.data[0] == 0 ? 0 : value.data[0] + 1900u);
        return true;
    case MYSQL_BASE_BIT:
        buffer_add_format(text, "%" PRIu64, binlog_big_endian(value));
        return true;
    case MYSQL_BASE_ENUM:
    case MYSQL_BASE_SET:
        buffer_add_format(text, "%" PRIu64, binlog_little_endian(value));
        return true;
    case MYSQL_BASE_DECIMAL:
        return binlog_decimal_text(value, cell->column->meta[0],
                                   cell->column->meta[1], text);
    case MYSQL_BASE_FLOAT:
    case MYSQL_BASE_DOUBLE:
        add_double(cell, value, text);
        return true;
    default:
        return false;
    }
}

bool binlog_cell_text(struct binlog_cell *cell, struct bytes value,
                      struct buffer *text)
{
    switch (cell->type.base) {
    case MYSQL_BASE_DATE:
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        return add_moment(cell, value, text);
    case MYSQL_BASE_TIME:
        return add_time(cell, value, text);
    case MYSQL_BASE_TEXT:
    case MYSQL_BASE_BYTES:
        add_hex(cell, value, text);
        return true;
    case MYSQL_BASE_UUID:
        add_uuid(value, text);
        return value.size <= 16;
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        binlog_inet_text(value, cell->type.base == MYSQL_BASE_INET6, text);
        return true;
    default:
        return add_number(cell, value, text);
    }
}
