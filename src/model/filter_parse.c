/*
 * Row filters from text to a tree, by recursive descent. Every node is in the
 * filter's list from the moment it is made, so a failure anywhere leaves
 * nothing behind but the filter to free. Depth and number of nodes are
 * limited, so that no text can use up the stack.
 */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "filter_item.h"
#include "filter_lex.h"

#define DEPTH_MAX 100
#define NODES_MAX 1000
#define CONSTANTS_MAX 10000

struct parser {
    struct filter *filter;
    struct token token; /* the next one */
    unsigned depth;
    struct error *error;
};

static struct filter_node *parse_factor(struct parser *parser);
static struct filter_node *parse_or(struct parser *parser);

static void advance(struct parser *parser)
{
    parser->token =
        token_read(parser->token.start + parser->token.length);
}

/* Characters, not bytes, before the next token, plus one. */
static size_t place_of(const struct parser *parser)
{
    size_t count = 1;

    for (const char *c = parser->filter->text; c < parser->token.start; c++)
        count += ((unsigned char)*c & 0xc0) != 0x80;
    return count;
}

/* Says what is wrong at the next token; NULL, for callers to return. */
static struct filter_node *fail(struct parser *parser, const char *reason)
{
    (void)error_set(parser->error, ERROR_FILTER,
                    "cannot use a filter: %s at character %zu of \"%s\"",
                    reason, place_of(parser), parser->filter->text);
    return NULL;
}

static bool take(struct parser *parser, const char *word)
{
    if (!token_is(&parser->token, word))
        return false;
    advance(parser);
    return true;
}

static struct filter_node *add_node(struct parser *parser,
                                    enum filter_node_kind kind)
{
    struct filter *filter = parser->filter;
    struct filter_item *item;

    if (filter->item_count == NODES_MAX)
        return fail(parser, "more than 1,000 conditions");
    item = memory_new(1, sizeof(*item));
    item->node.kind = kind;
    filter->items = memory_resize(filter->items, filter->item_count + 1,
                                  sizeof(*filter->items));
    filter->items[filter->item_count++] = item;
    return &item->node;
}

static struct filter_node *add_pair(struct parser *parser,
                                    enum filter_node_kind kind,
                                    struct filter_node *left,
                                    struct filter_node *right)
{
    struct filter_node *node =
        left && right ? add_node(parser, kind) : NULL;

    if (node) {
        node->left = left;
        node->right = right;
    }
    return node;
}

static struct filter_node *add_not(struct parser *parser,
                                   struct filter_node *inner)
{
    struct filter_node *node = inner ? add_node(parser, FILTER_NOT) : NULL;

    if (node)
        node->left = inner;
    return node;
}

static bool parse_constant(struct parser *parser, struct filter_node *node)
{
    const struct token *token = &parser->token;
    struct filter_constant constant = {.is_number = true};

    if (node->constant_count == CONSTANTS_MAX) {
        (void)fail(parser, "more than 10,000 constants");
        return false;
    }
    if (token->kind == TOKEN_TEXT) {
        constant.is_number = false;
        constant.text = token_value(token);
    } else if (token->kind == TOKEN_NUMBER || token->kind == TOKEN_HEX) {
        constant.text = token_value(token);
    } else if (token_is(token, "TRUE") || token_is(token, "FALSE")) {
        constant.text = memory_text(token_is(token, "TRUE") ? "1" : "0");
    } else {
        (void)fail(parser, "a constant is expected");
        return false;
    }
    node->constants =
        memory_resize(node->constants, node->constant_count + 1,
                      sizeof(*node->constants));
    node->constants[node->constant_count++] = constant;
    advance(parser);
    return true;
}

static struct filter_node *add_test(struct parser *parser,
                                    enum filter_node_kind kind,
                                    const struct token *column)
{
    struct filter_node *node = add_node(parser, kind);

    if (node)
        node->column = token_value(column);
    return node;
}

static struct filter_node *parse_compare(struct parser *parser,
                                         const struct token *column,
                                         enum filter_operator operator)
{
    struct filter_node *node = add_test(parser, FILTER_COMPARE, column);

    if (!node || !parse_constant(parser, node))
        return NULL;
    node->operator = operator;
    return node;
}

static struct filter_node *parse_in(struct parser *parser,
                                    const struct token *column)
{
    struct filter_node *node = add_test(parser, FILTER_IN, column);

    if (!node)
        return NULL;
    if (!take(parser, "("))
        return fail(parser, "( is expected");
    do {
        if (!parse_constant(parser, node))
            return NULL;
    } while (take(parser, ","));
    if (!take(parser, ")"))
        return fail(parser, ", or ) is expected");
    return node;
}

static struct filter_node *parse_between(struct parser *parser,
                                         const struct token *column)
{
    struct filter_node *low = parse_compare(parser, column, FILTER_GE);

    if (!low)
        return NULL;
    if (!take(parser, "AND"))
        return fail(parser, "AND is expected");
    return add_pair(parser, FILTER_AND, low,
                    parse_compare(parser, column, FILTER_LE));
}

static struct filter_node *parse_is(struct parser *parser,
                                    const struct token *column)
{
    bool is_not = take(parser, "NOT");
    struct filter_node *node;

    if (!take(parser, "NULL"))
        return fail(parser, "NULL is expected");
    node = add_test(parser, FILTER_IS_NULL, column);
    return is_not ? add_not(parser, node) : node;
}

static bool take_operator(struct parser *parser,
                          enum filter_operator *operator)
{
    static const struct {
        const char *symbol;
        enum filter_operator operator;
    } operators[] = {
        {"=", FILTER_EQ}, {"<>", FILTER_NE}, {"!=", FILTER_NE},
        {"<", FILTER_LT}, {"<=", FILTER_LE}, {">", FILTER_GT},
        {">=", FILTER_GE},
    };

    for (size_t i = 0; i < ARRAY_COUNT(operators); i++) {
        if (take(parser, operators[i].symbol)) {
            *operator = operators[i].operator;
            return true;
        }
    }
    return false;
}

static bool is_keyword(const struct token *token)
{
    static const char *const words[] = {"OR", "AND",  "NOT",     "IN",   "IS",
                                        "NULL", "BETWEEN", "TRUE", "FALSE"};

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (token_is(token, words[i]))
            return true;
    }
    return false;
}

static struct filter_node *parse_test(struct parser *parser)
{
    struct token column = parser->token;
    enum filter_operator operator;
    bool is_not;

    if (column.kind != TOKEN_NAME &&
        (column.kind != TOKEN_WORD || is_keyword(&column)))
        return fail(parser, "a column is expected");
    advance(parser);
    if (take_operator(parser, &operator))
        return parse_compare(parser, &column, operator);
    if (take(parser, "IS"))
        return parse_is(parser, &column);
    is_not = take(parser, "NOT");
    if (take(parser, "IN")) {
        struct filter_node *node = parse_in(parser, &column);
        return is_not ? add_not(parser, node) : node;
    }
    if (take(parser, "BETWEEN")) {
        struct filter_node *node = parse_between(parser, &column);
        return is_not ? add_not(parser, node) : node;
    }
    return fail(parser, is_not ? "IN or BETWEEN is expected"
                               : "a comparison is expected");
}

static struct filter_node *parse_inner(struct parser *parser)
{
    struct filter_node *node;

    if (take(parser, "NOT"))
        return add_not(parser, parse_factor(parser));
    if (!take(parser, "("))
        return parse_test(parser);
    node = parse_or(parser);
    if (node && !take(parser, ")"))
        return fail(parser, ") is expected");
    return node;
}

static struct filter_node *parse_factor(struct parser *parser)
{
    struct filter_node *node;

    if (parser->depth == DEPTH_MAX)
        return fail(parser, "more than 100 levels");
    parser->depth++;
    node = parse_inner(parser);
    parser->depth--;
    return node;
}

static struct filter_node *parse_and(struct parser *parser)
{
    struct filter_node *node = parse_factor(parser);

    while (node && take(parser, "AND"))
        node = add_pair(parser, FILTER_AND, node, parse_factor(parser));
    return node;
}

static struct filter_node *parse_or(struct parser *parser)
{
    struct filter_node *node = parse_and(parser);

    while (node && take(parser, "OR"))
        node = add_pair(parser, FILTER_OR, node, parse_and(parser));
    return node;
}

static void collect_names(struct filter *filter)
{
    filter->names = memory_new(filter->item_count, sizeof(*filter->names));
    for (size_t i = 0; i < filter->item_count; i++) {
        const char *column = filter->items[i]->node.column;
        size_t k = 0;
        if (!column)
            continue;
        while (k < filter->name_count &&
               !text_equal(filter->names[k], column))
            k++;
        if (k == filter->name_count)
            filter->names[filter->name_count++] = column;
    }
}

enum status filter_parse(const char *text, struct filter **filter,
                         struct error *error)
{
    struct parser parser = {.error = error};

    parser.filter = memory_new(1, sizeof(*parser.filter));
    parser.filter->text = memory_text(text);
    parser.token = token_read(parser.filter->text);
    parser.filter->root = parse_or(&parser);
    if (parser.filter->root && parser.token.kind != TOKEN_END)
        parser.filter->root = fail(&parser, "AND, OR or the end is expected");
    if (!parser.filter->root) {
        filter_free(parser.filter);
        *filter = NULL;
        return error->status;
    }
    collect_names(parser.filter);
    *filter = parser.filter;
    return STATUS_OK;
}
