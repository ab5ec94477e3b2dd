/*
 * Values as SQL. Texts and bytes are hexadecimal, everything else is checked
 * letter by letter: nothing that comes from outside can end a literal.
 *
 * Every form was chosen because both servers make a range of the index of it
 * (test_source_keys.py counts what they read).
 */
#include <string.h>

#include "base/text.h"
#include "model/calendar.h"
#include "mysql_sql.h"

/* Labels of an ENUM in one IN list; above it is compared as a number, which
 * is right but reads the whole index. */
#define LABEL_LIMIT 1000u

static const char NUMBER[] = "+-.0123456789";
static const char FLOATING[] = "+-.0123456789eE";
static const char CLOCK[] = "-:. 0123456789";
static const char ADDRESS[] = "-:.0123456789abcdefABCDEF";
static const char HEX[] = "0123456789abcdefABCDEF";

static const char *const OPERATORS[] = {
    [MYSQL_EQ] = " = ", [MYSQL_GT] = " > ", [MYSQL_GE] = " >= "};

enum mysql_base mysql_base_of(const struct column *column)
{
    struct mysql_type type;
    mysql_type_parse(column->declared, column->charset, &type);
    return type.base;
}

static bool consists_of(const char *text, const char *allowed)
{
    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool add_checked(const char *text, const char *allowed,
                        const char *quote, struct buffer *target)
{
    if (!consists_of(text, allowed))
        return false;
    buffer_add_text(target, quote);
    buffer_add_text(target, text);
    buffer_add_text(target, quote);
    return true;
}

/* A literal with an exponent is a DOUBLE, others are DECIMAL. */
static bool add_double(const char *text, struct buffer *target)
{
    if (!add_checked(text, FLOATING, "", target))
        return false;
    if (strpbrk(text, "eE") == NULL)
        buffer_add_text(target, "e0");
    return true;
}

static void add_collation(const struct column *column, struct buffer *target)
{
    buffer_add_text(target, " COLLATE ");
    buffer_add_text(target, column->collation);
}

/* Numbers, times and addresses; false for what is none of them. */
static bool add_scalar(enum mysql_base base, const char *text,
                       struct buffer *target)
{
    switch (base) {
    case MYSQL_BASE_INT:
    case MYSQL_BASE_BIT:
    case MYSQL_BASE_YEAR:
    case MYSQL_BASE_DECIMAL:
    case MYSQL_BASE_ENUM:
    case MYSQL_BASE_SET:
        return add_checked(text, NUMBER, "", target);
    case MYSQL_BASE_FLOAT:
    case MYSQL_BASE_DOUBLE:
        return add_double(text, target);
    case MYSQL_BASE_DATE:
    case MYSQL_BASE_TIME:
    case MYSQL_BASE_DATETIME:
    case MYSQL_BASE_TIMESTAMP:
        return add_checked(text, CLOCK, "'", target);
    case MYSQL_BASE_UUID:
    case MYSQL_BASE_INET4:
    case MYSQL_BASE_INET6:
        return add_checked(text, ADDRESS, "'", target);
    default:
        return false;
    }
}

bool mysql_literal(const struct column *column, const char *text,
                   struct buffer *target)
{
    enum mysql_base base = mysql_base_of(column);
    if (base != MYSQL_BASE_TEXT && base != MYSQL_BASE_BYTES)
        return add_scalar(base, text, target);
    size_t length = strlen(text);
    bool is_text = base == MYSQL_BASE_TEXT;
    bool is_utf8 = is_text && text[0] == 'u';
    if (length % 2 != 1 || (text[0] != 'x' && !is_utf8) ||
        text[1 + strspn(text + 1, HEX)] != '\0')
        return false;
    if (is_utf8)
        buffer_add_format(target, "CONVERT(_utf8mb4 X'%s' USING %s)",
                          text + 1, column->charset);
    else
        buffer_add_format(target, "_%s X'%s'",
                          is_text ? column->charset : "binary", text + 1);
    if (is_text)
        add_collation(column, target);
    return true;
}

/* UTF-8 in the column's character set and collation. */
static void add_converted(const struct column *column, const char *text,
                          struct buffer *target)
{
    buffer_add_text(target, "CONVERT(");
    mysql_quote_text(target, text);
    buffer_add_format(target, " USING %s)", column->charset);
    add_collation(column, target);
}

bool mysql_literal_plain(const struct column *column, const char *text,
                         struct buffer *target)
{
    enum mysql_base base = mysql_base_of(column);
    if (base == MYSQL_BASE_TEXT || base == MYSQL_BASE_ENUM ||
        base == MYSQL_BASE_SET) {
        add_converted(column, text, target);
        return true;
    }
    if (base == MYSQL_BASE_BYTES) {
        buffer_add_text(target, "_binary X'");
        buffer_add_hex(target, bytes_of(text));
        buffer_add_byte(target, '\'');
        return true;
    }
    return add_scalar(base, text, target);
}

/* The list "a,b" of the labels from number `first` to `last`, NULL where there
 * are none; false for too many, or one that this connection cannot spell. */
static bool add_labels(const struct column *column, unsigned first,
                       unsigned last, struct buffer *target)
{
    struct buffer label;
    bool is_good = true;
    unsigned number = first;
    buffer_init(&label, 4096);
    while (is_good && number <= last &&
           mysql_type_label(column->declared, number, &label)) {
        is_good = strchr(buffer_text(&label), '?') == NULL &&
                  number - first < LABEL_LIMIT;
        if (number > first)
            buffer_add_byte(target, ',');
        add_converted(column, buffer_text(&label), target);
        number++;
    }
    if (number == first)
        buffer_add_text(target, "NULL");
    buffer_release(&label);
    return is_good;
}

static bool compare_enum(const struct column *column,
                         enum mysql_comparison comparison, const char *text,
                         struct buffer *target)
{
    uint64_t number = 0;
    if (!text_to_u64(text, &number) || number > 65535)
        return false;
    struct buffer labels;
    buffer_init(&labels, target->limit);
    unsigned first = (unsigned)number + (comparison == MYSQL_GT ? 1 : 0);
    unsigned last = comparison == MYSQL_EQ ? first : UINT16_MAX;
    /* 0 is the value of what was no label: no text finds it. */
    bool is_listed = first > 0 && add_labels(column, first, last, &labels) &&
                     !labels.is_overflown;
    mysql_quote_name(target, column->name);
    if (is_listed)
        buffer_add_format(target, " IN (%s)", buffer_text(&labels));
    else
        buffer_add_format(target, "%s%u", OPERATORS[comparison],
                          (unsigned)number);
    buffer_release(&labels);
    return true;
}

bool mysql_compare(const struct column *column,
                   enum mysql_comparison comparison, const char *text,
                   struct buffer *target)
{
    if (mysql_base_of(column) == MYSQL_BASE_ENUM)
        return compare_enum(column, comparison, text, target);
    mysql_quote_name(target, column->name);
    buffer_add_text(target, OPERATORS[comparison]);
    return mysql_literal(column, text, target);
}

/* The smallest multiple of `unit` that is not below `value`. */
static int64_t round_up(int64_t value, int64_t unit)
{
    int64_t rest = value % unit;
    if (rest < 0)
        rest += unit;
    if (rest == 0)
        return value;
    return value > INT64_MAX - unit ? value - rest : value - rest + unit;
}

/* The largest multiple that is not above it. */
static int64_t round_down(int64_t value, int64_t unit)
{
    int64_t rest = value % unit;
    if (rest < 0)
        rest += unit;
    return value < INT64_MIN + rest ? value : value - rest;
}

static int64_t round_edge(int64_t value, int64_t unit, bool is_lower)
{
    return is_lower ? round_down(value, unit) : round_up(value, unit);
}

void mysql_cursor_literal(const struct scan_request *request,
                          const struct column *column, int64_t utc_us,
                          bool is_lower, struct buffer *target)
{
    static const int64_t unit_us[] = {1000000, 100000, 10000, 1000,
                                      100,     10,     1};
    int64_t wall = utc_us;
    enum mysql_base base = mysql_base_of(column);
    if (base == MYSQL_BASE_INT) {
        int64_t unit =
            request->cursor_unit == CURSOR_MILLISECONDS ? 1000 : 1000000;
        buffer_add_format(target, "%lld",
                          (long long)(round_edge(utc_us, unit, is_lower) /
                                      unit));
        return;
    }
    if (base != MYSQL_BASE_TIMESTAMP && request->cursor_zone != NULL)
        wall = zone_wall(request->cursor_zone, utc_us);
    buffer_add_byte(target, '\'');
    if (base == MYSQL_BASE_DATE)
        calendar_format_date(
            (int32_t)(round_edge(wall, CALENDAR_DAY_US, is_lower) /
                      CALENDAR_DAY_US),
            target);
    else
        calendar_format_datetime(
            round_edge(wall, unit_us[column->scale % 7], is_lower),
            column->scale, target);
    buffer_add_byte(target, '\'');
}
