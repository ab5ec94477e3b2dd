/*
 * Which type a column gets, and what its comment says. The binary road checks
 * nothing, so the type decides here alone what fits.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "clickhouse.h"

#define DECIMAL_PRECISION_MAX 76u
#define COMMENT_START "tidemark seed="

static void bare_type(const struct clickhouse *house,
                      const struct column *column, struct buffer *target)
{
    switch (column->kind) {
    case KIND_BOOL:
        buffer_add_text(target, "Bool");
        break;
    case KIND_INT:
        buffer_add_format(target, "Int%u", column->width * 8u);
        break;
    case KIND_UINT:
        buffer_add_format(target, "UInt%u", column->width * 8u);
        break;
    case KIND_FLOAT:
        buffer_add_format(target, "Float%u", column->width * 8u);
        break;
    case KIND_DECIMAL:
        buffer_add_format(target, "Decimal(%u, %u)", column->precision,
                          column->scale);
        break;
    case KIND_DATE:
        buffer_add_text(target, "Date32");
        break;
    case KIND_TIME:
        buffer_add_text(target, house->has_time64 ? "Time64(6)" : "Int64");
        break;
    case KIND_DATETIME:
    case KIND_TIMESTAMP:
        buffer_add_text(target, "DateTime64(6, 'UTC')");
        break;
    case KIND_UUID:
        buffer_add_text(target, "UUID");
        break;
    default:
        buffer_add_text(target, "String");
    }
}

void clickhouse_type(const struct clickhouse *house,
                     const struct column *column, struct buffer *target)
{
    bool is_dictionary = column->has_few_values && column->kind == KIND_TEXT;
    if (is_dictionary)
        buffer_add_text(target, "LowCardinality(");
    if (column->is_nullable)
        buffer_add_text(target, "Nullable(");
    bare_type(house, column, target);
    if (column->is_nullable)
        buffer_add_byte(target, ')');
    if (is_dictionary)
        buffer_add_byte(target, ')');
}

void clickhouse_sent_type(const char *type, struct buffer *target)
{
    static const char start[] = "LowCardinality(";
    size_t length = strlen(type);
    if (text_starts(type, start)) {
        type += sizeof start - 1;
        length -= sizeof start;
    }
    buffer_add(target, type, length);
}

bool clickhouse_is_number_of_time(const struct column *column,
                                  const char *type)
{
    return column->kind == KIND_TIME &&
           (text_equal(type, "Int64") || text_equal(type, "Nullable(Int64)"));
}

void clickhouse_comment(const struct column *column, struct buffer *target)
{
    buffer_add_text(target, COMMENT_START);
    for (const char *at = column->seed_name; *at; at++) {
        if (*at == ';' || *at == '\\')
            buffer_add_byte(target, '\\');
        buffer_add_byte(target, (uint8_t)*at);
    }
    if (column->comment[0]) {
        buffer_add_text(target, "; ");
        buffer_add_text(target, column->comment);
    }
}

char *clickhouse_comment_seed(const char *comment)
{
    if (!text_starts(comment, COMMENT_START))
        return NULL;
    comment += sizeof COMMENT_START - 1;
    char *seed = memory_new(strlen(comment) + 1, 1);
    for (size_t i = 0; *comment && *comment != ';'; comment++) {
        if (*comment == '\\' && comment[1])
            comment++;
        seed[i++] = *comment;
    }
    return seed;
}

/* The longest name that the table will have is that of a reload's copy. */
static enum status check_name(const struct clickhouse *house,
                              const struct table *table, struct error *error)
{
    size_t size = clickhouse_name_bytes(table->target) +
                  sizeof CLICKHOUSE_BESIDE - 1;
    if (size <= house->name_bytes_max)
        return STATUS_OK;
    (void)error_set(error, ERROR_WAREHOUSE_LACKS,
                    "cannot keep table \"%s\" in ClickHouse: its name is too "
                    "long (%zu bytes of at most %zu, each byte of letters "
                    "beyond ASCII counted three times)", table->name, size,
                    house->name_bytes_max);
    error_effect(error, "The table stands still; others go on.");
    error_next(error, "set  %s: {to: SHORTER_NAME}", table->name);
    return error->status;
}

enum status clickhouse_fit(struct warehouse *warehouse, struct table *table,
                           struct error *error)
{
    const struct clickhouse *house = (const struct clickhouse *)warehouse;
    enum status status = check_name(house, table, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        if (column->kind == KIND_DATE) {
            column->lowest = house->lowest_day;
            column->highest = house->highest_day;
        } else if (column->kind == KIND_DATETIME ||
                   column->kind == KIND_TIMESTAMP) {
            column->lowest = house->lowest_us;
            column->highest = house->highest_us;
        } else if (column->kind == KIND_TIME && house->has_time64) {
            column->highest = INT64_C(3599999999999); /* 999:59:59.999999 */
            column->lowest = -column->highest;
        }
        if (column->kind == KIND_DECIMAL && column->is_stored &&
            column->precision > DECIMAL_PRECISION_MAX)
            return error_set(error, ERROR_WAREHOUSE_LACKS,
                             "cannot keep column \"%s\" of table \"%s\" in "
                             "ClickHouse: a decimal has at most %u digits",
                             column->name, table->name,
                             DECIMAL_PRECISION_MAX);
        if (column->is_stored && text_starts(column->name, "_tm_"))
            return error_set(error, ERROR_WAREHOUSE_LACKS,
                             "cannot keep column \"%s\" of table \"%s\" in "
                             "ClickHouse: names with _tm_ in front are taken",
                             column->name, table->name);
    }
    return STATUS_OK;
}
