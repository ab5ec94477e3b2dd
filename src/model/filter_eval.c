/*
 * Whether a row passes: three-valued as SQL. A row for which the answer is
 * not known does not pass. Nothing here can fail or allocate.
 */
#include <string.h>

#include "filter_item.h"
#include "model/calendar.h"
#include "model/decimal.h"

enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES };

/* A cell against a constant; UNORDERED for a NaN. */
enum order { ORDER_BELOW, ORDER_SAME, ORDER_ABOVE, ORDER_NONE };

static enum order order_of(int sign)
{
    if (sign == 0)
        return ORDER_SAME;
    return sign < 0 ? ORDER_BELOW : ORDER_ABOVE;
}

static enum order order_rest(int sign, const struct filter_value *value)
{
    return sign == 0 && value->has_rest ? ORDER_BELOW : order_of(sign);
}

static enum order order_integer(filter_integer cell,
                                const struct filter_value *value)
{
    return order_rest((cell > value->whole) - (cell < value->whole), value);
}

static enum order order_double(double cell, double constant)
{
    if (cell != cell)
        return ORDER_NONE;
    return order_of((cell > constant) - (cell < constant));
}

static enum order order_decimal(const uint8_t *cell, size_t width,
                                const struct filter_value *value)
{
    uint8_t whole[sizeof(value->decimal)];

    memset(whole, cell[width - 1] >> 7 ? 0xff : 0, sizeof(whole));
    memcpy(whole, cell, width);
    return order_rest(decimal_compare(whole, value->decimal, sizeof(whole)),
                      value);
}

static enum order order_cell(const struct filter_item *item,
                             const struct batch *batch, size_t row,
                             const struct filter_value *value)
{
    const struct column *column = &batch->table->columns[item->column];
    size_t index = item->column;

    switch (column->kind) {
    case KIND_TEXT:
    case KIND_BYTES:
    case KIND_JSON:
        return order_of(
            bytes_compare(batch_text(batch, index, row), value->bytes));
    case KIND_UUID:
        return order_of(memcmp(batch_cell(batch, index, row), value->uuid,
                               sizeof(value->uuid)));
    case KIND_FLOAT:
        return order_double(batch_double(batch, index, row), value->real);
    case KIND_DECIMAL:
        return order_decimal(batch_cell(batch, index, row), column->width,
                             value);
    case KIND_UINT:
        return order_integer((uint64_t)batch_int(batch, index, row), value);
    case KIND_DATE:
        return order_integer((filter_integer)batch_int(batch, index, row) *
                                 CALENDAR_DAY_US,
                             value);
    default:
        return order_integer(batch_int(batch, index, row), value);
    }
}

static enum truth truth_of(bool is_true)
{
    return is_true ? TRUTH_YES : TRUTH_NO;
}

static enum truth test_compare(const struct filter_item *item,
                               const struct batch *batch, size_t row)
{
    enum order order = order_cell(item, batch, row, &item->values[0]);

    if (order == ORDER_NONE)
        return TRUTH_UNKNOWN;
    switch (item->node.operator) {
    case FILTER_EQ:
        return truth_of(order == ORDER_SAME);
    case FILTER_NE:
        return truth_of(order != ORDER_SAME);
    case FILTER_LT:
        return truth_of(order == ORDER_BELOW);
    case FILTER_LE:
        return truth_of(order != ORDER_ABOVE);
    case FILTER_GT:
        return truth_of(order == ORDER_ABOVE);
    default:
        return truth_of(order != ORDER_BELOW);
    }
}

static enum truth test_in(const struct filter_item *item,
                          const struct batch *batch, size_t row)
{
    for (size_t i = 0; i < item->node.constant_count; i++) {
        enum order order = order_cell(item, batch, row, &item->values[i]);
        if (order == ORDER_NONE)
            return TRUTH_UNKNOWN;
        if (order == ORDER_SAME)
            return TRUTH_YES;
    }
    return TRUTH_NO;
}

static enum truth test(const struct filter_node *node,
                       const struct batch *batch, size_t row)
{
    const struct filter_item *item = (const struct filter_item *)node;
    bool is_null = batch_is_null(batch, item->column, row);

    if (node->kind == FILTER_IS_NULL)
        return truth_of(is_null);
    if (is_null)
        return TRUTH_UNKNOWN;
    return node->kind == FILTER_IN ? test_in(item, batch, row)
                                   : test_compare(item, batch, row);
}

static enum truth evaluate(const struct filter_node *node,
                           const struct batch *batch, size_t row)
{
    enum truth left;
    enum truth right;

    switch (node->kind) {
    case FILTER_OR:
        left = evaluate(node->left, batch, row);
        right = left == TRUTH_YES ? left : evaluate(node->right, batch, row);
        return left > right ? left : right;
    case FILTER_AND:
        left = evaluate(node->left, batch, row);
        right = left == TRUTH_NO ? left : evaluate(node->right, batch, row);
        return left < right ? left : right;
    case FILTER_NOT:
        return (enum truth)(TRUTH_YES - evaluate(node->left, batch, row));
    default:
        return test(node, batch, row);
    }
}

bool filter_passes(const struct filter *filter, const struct batch *batch,
                   size_t row)
{
    return evaluate(filter->root, batch, row) == TRUTH_YES;
}
