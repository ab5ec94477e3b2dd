/*
 * The filter of `backfill --where` as SQL. The rows that come are filtered
 * again by us, so this may let more through, but never less: what SQL might
 * see otherwise (collations, the order of texts, floating point, what settings
 * have retyped) is left out of the condition.
 */
#include <string.h>

#include "base/text.h"
#include "model/calendar.h"
#include "mysql_sql.h"

static const char *const OPERATORS[] = {
    [FILTER_EQ] = " = ",  [FILTER_NE] = " <> ", [FILTER_LT] = " < ",
    [FILTER_LE] = " <= ", [FILTER_GT] = " > ",  [FILTER_GE] = " >= ",
};

bool mysql_is_untouched(const struct column *column)
{
    struct column plain = *column;
    return column->date_policy == DATES_STOP &&
           column->text_policy == TEXT_STOP && mysql_map_column(&plain) &&
           plain.kind == column->kind && plain.scale == column->scale;
}

static bool add_number(const struct filter_constant *constant,
                       struct buffer *target)
{
    const char *text = constant->text;
    if (!constant->is_number || text[strspn(text, "+-.0123456789")] != '\0')
        return false;
    buffer_add_text(target, text);
    return true;
}

static bool add_time(const struct column *column,
                     const struct filter_constant *constant,
                     struct buffer *target)
{
    int64_t microseconds = 0;
    if (!calendar_parse_datetime(bytes_of(constant->text), &microseconds))
        return false;
    if (column->kind == KIND_DATE && microseconds % CALENDAR_DAY_US != 0)
        return false;
    buffer_add_byte(target, '\'');
    if (column->kind == KIND_DATE)
        calendar_format_date((int32_t)(microseconds / CALENDAR_DAY_US),
                             target);
    else
        calendar_format_datetime(microseconds, 6, target);
    buffer_add_byte(target, '\'');
    return true;
}

static bool add_constant(const struct column *column,
                         const struct filter_constant *constant,
                         struct buffer *target)
{
    switch (column->kind) {
    case KIND_INT:
    case KIND_UINT:
    case KIND_DECIMAL:
        return mysql_base_of(column) != MYSQL_BASE_YEAR &&
               add_number(constant, target);
    case KIND_DATE:
    case KIND_DATETIME:
    case KIND_TIMESTAMP:
        return add_time(column, constant, target);
    case KIND_TEXT:
        mysql_quote_text(target, constant->text);
        return !constant->is_number;
    default:
        return false;
    }
}

/* Texts that are equal in bytes are equal in every collation; nothing else
 * about them holds on both sides. */
static bool may_compare(const struct column *column,
                        const struct filter_node *node, bool is_exact)
{
    if (column->kind != KIND_TEXT)
        return true;
    enum mysql_base base = mysql_base_of(column);
    bool is_equality = node->kind == FILTER_IN || node->operator == FILTER_EQ;
    return is_equality && !is_exact &&
           (base == MYSQL_BASE_TEXT || base == MYSQL_BASE_ENUM);
}

static bool add_test(const struct table *table, const struct filter_node *node,
                     bool is_exact, struct buffer *target)
{
    const struct column *column = table_column(table, node->column);
    if (column == NULL || !mysql_is_untouched(column))
        return false;
    if (node->kind == FILTER_IS_NULL) {
        mysql_quote_name(target, column->name);
        buffer_add_text(target, " IS NULL");
        return true;
    }
    if (!may_compare(column, node, is_exact))
        return false;
    bool is_list = node->kind == FILTER_IN;
    mysql_quote_name(target, column->name);
    buffer_add_text(target, is_list ? " IN (" : OPERATORS[node->operator]);
    for (size_t i = 0; i < node->constant_count; i++) {
        buffer_add_text(target, i > 0 ? "," : "");
        if (!add_constant(column, &node->constants[i], target))
            return false;
    }
    buffer_add_text(target, is_list ? ")" : "");
    return true;
}

static bool add_node(const struct table *table, const struct filter_node *node,
                     bool is_exact, struct buffer *target);

/* One side of AND or OR into a buffer of its own. */
static bool add_side(const struct table *table, const struct filter_node *node,
                     bool is_exact, struct buffer *side, size_t limit)
{
    buffer_init(side, limit);
    return add_node(table, node, is_exact, side) && !side->is_overflown;
}

/* AND stays true without one of its sides, where it need not be exact. */
static bool add_pair(const struct table *table, const struct filter_node *node,
                     bool is_exact, struct buffer *target)
{
    struct buffer left;
    struct buffer right;
    bool has_left =
        add_side(table, node->left, is_exact, &left, target->limit);
    bool has_right =
        add_side(table, node->right, is_exact, &right, target->limit);
    bool is_and = node->kind == FILTER_AND;
    bool has_both = has_left && has_right;
    bool has_one = is_and && !is_exact && (has_left || has_right);
    if (has_both)
        buffer_add_format(target, "(%s%s%s)", buffer_text(&left),
                          is_and ? " AND " : " OR ", buffer_text(&right));
    else if (has_one)
        buffer_add_text(target, buffer_text(has_left ? &left : &right));
    buffer_release(&left);
    buffer_release(&right);
    return has_both || has_one;
}

static bool add_node(const struct table *table, const struct filter_node *node,
                     bool is_exact, struct buffer *target)
{
    if (node->kind == FILTER_AND || node->kind == FILTER_OR)
        return add_pair(table, node, is_exact, target);
    if (node->kind != FILTER_NOT)
        return add_test(table, node, is_exact, target);
    buffer_add_text(target, "NOT (");
    bool is_written = add_node(table, node->left, true, target);
    buffer_add_text(target, ")");
    return is_written;
}

bool mysql_where(const struct table *table, const struct filter_node *node,
                 struct buffer *target)
{
    struct buffer condition;
    buffer_init(&condition, target->limit);
    bool is_written = add_node(table, node, false, &condition);
    if (condition.is_overflown)
        target->is_overflown = true;
    else if (is_written)
        buffer_add_text(target, buffer_text(&condition));
    buffer_release(&condition);
    return is_written;
}
