/* Reads YAML event by event, not as libyaml's document: a document has its
 * aliases already followed and its tags resolved, and both are refused here.
 * Nothing is kept of a file that passes a limit, so no bomb can go off. */

#include "node.h"

#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "base/text.h"

#define DEPTH_MAX 16u
#define NODES_MAX 65536u
#define MAP_KEYS_MAX 4096u

struct builder {
    const char *path;
    struct bytes text;
    struct node *root;
    struct node *open; /* the list or map that is being filled */
    char *name;        /* the key whose value comes next */
    struct key_mark name_mark;
    unsigned depth;
    unsigned node_count;
    unsigned document_count;
    bool is_done;
};

static struct key_mark mark_of(const yaml_mark_t *mark)
{
    return (struct key_mark){(unsigned)mark->line + 1,
                             (unsigned)mark->column + 1};
}

static enum status refuse(const struct builder *builder, struct key_mark mark,
                          const char *problem, struct error *error)
{
    return error_set(error, ERROR_SETTINGS_SYNTAX,
                     "%s:%u:%u: not usable as settings: %s", builder->path,
                     mark.line, mark.column, problem);
}

static bool wants_key(const struct builder *builder)
{
    return builder->open != NULL && builder->open->kind == NODE_MAP &&
           builder->name == NULL;
}

/* A new node at its place in the tree; the tree owns it. */
static struct node *attach(struct builder *builder, enum node_kind kind,
                           struct key_mark mark)
{
    struct node *node = memory_new(1, sizeof(*node));
    struct node *open = builder->open;

    *node = (struct node){.kind = kind, .mark = mark, .parent = open,
                          .name = builder->name,
                          .name_mark = builder->name_mark};
    builder->name = NULL;
    builder->node_count++;
    if (open == NULL)
        builder->root = node;
    else if (open->last == NULL)
        open->first = open->last = node;
    else
        open->last = open->last->next = node;
    return node;
}

static enum status check_twice(const struct builder *builder,
                               const char *name, struct key_mark mark,
                               struct error *error)
{
    const struct node *child = builder->open->first;
    unsigned count = 0;

    for (; child != NULL; child = child->next, count++) {
        if (!text_equal(child->name, name))
            continue;
        return error_set(error, ERROR_SETTINGS_KEY,
                         "%s:%u:%u: key \"%s\" stands twice, first at line %u",
                         builder->path, mark.line, mark.column, name,
                         child->name_mark.line);
    }
    if (count >= MAP_KEYS_MAX)
        return refuse(builder, mark, "more keys than any map needs", error);
    return STATUS_OK;
}

static enum status on_key(struct builder *builder, const char *name,
                          struct key_mark mark, struct error *error)
{
    enum status status;

    if (text_equal(name, "<<")) {
        status = refuse(builder, mark, "merge keys (<<) are not read", error);
        error_next(error, "Write the keys out.");
        return status;
    }
    status = check_twice(builder, name, mark, error);
    if (status == STATUS_OK) {
        builder->name = memory_text(name);
        builder->name_mark = mark;
    }
    return status;
}

static enum status on_text(struct builder *builder, const yaml_event_t *event,
                           struct error *error)
{
    const char *text = (const char *)event->data.scalar.value;
    struct key_mark mark = mark_of(&event->start_mark);
    struct node *node;

    if (strlen(text) != event->data.scalar.length)
        return refuse(builder, mark, "a text holds a NUL byte", error);
    if (wants_key(builder))
        return on_key(builder, text, mark, error);
    node = attach(builder, NODE_TEXT, mark);
    node->text = memory_text(text);
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return STATUS_OK;
}

static enum status on_open(struct builder *builder, enum node_kind kind,
                           const yaml_event_t *event, struct error *error)
{
    struct key_mark mark = mark_of(&event->start_mark);

    if (wants_key(builder))
        return refuse(builder, mark, "a key must be a text", error);
    if (builder->depth == DEPTH_MAX)
        return refuse(builder, mark, "nested deeper than settings are", error);
    builder->open = attach(builder, kind, mark);
    builder->depth++;
    return STATUS_OK;
}

static void on_close(struct builder *builder)
{
    builder->open = builder->open->parent;
    builder->depth--;
}

/* The name and the tag of the event, where it can have one. */
static void decoration(const yaml_event_t *event, const yaml_char_t **anchor,
                       const yaml_char_t **tag)
{
    *anchor = *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        *anchor = event->data.scalar.anchor;
        *tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        *anchor = event->data.sequence_start.anchor;
        *tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        *anchor = event->data.mapping_start.anchor;
        *tag = event->data.mapping_start.tag;
    }
}

static enum status check_plain(const struct builder *builder,
                               const yaml_event_t *event, struct error *error)
{
    struct key_mark mark = mark_of(&event->start_mark);
    const yaml_char_t *anchor;
    const yaml_char_t *tag;

    decoration(event, &anchor, &tag);
    if (event->type == YAML_ALIAS_EVENT || anchor != NULL) {
        (void)refuse(builder, mark, "aliases and anchors are not read", error);
        error_next(error, "Write the value out, and put a text that begins "
                          "with * or & in quotes.");
        return error->status;
    }
    if (tag != NULL) {
        (void)refuse(builder, mark, "tags are not read", error);
        error_next(error, "Put a text that begins with ! in quotes.");
        return error->status;
    }
    if (builder->node_count >= NODES_MAX)
        return refuse(builder, mark, "more entries than it may hold", error);
    return STATUS_OK;
}

static enum status on_event(struct builder *builder, const yaml_event_t *event,
                            struct error *error)
{
    enum status status = check_plain(builder, event, error);

    if (status != STATUS_OK)
        return status;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_text(builder, event, error);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(builder, NODE_LIST, event, error);
    case YAML_MAPPING_START_EVENT:
        return on_open(builder, NODE_MAP, event, error);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(builder);
        return STATUS_OK;
    case YAML_DOCUMENT_START_EVENT:
        if (builder->document_count++ > 0)
            return refuse(builder, mark_of(&event->start_mark),
                          "a second document begins", error);
        return STATUS_OK;
    default:
        builder->is_done = event->type == YAML_STREAM_END_EVENT;
        return STATUS_OK;
    }
}

/* Bytes that are no text carry an offset instead of a line. */
static struct key_mark mark_at(struct bytes text, size_t offset)
{
    struct key_mark mark = {1, 1};

    for (size_t i = 0; i < offset && i < text.size; i++) {
        mark.column++;
        if (text.data[i] == '\n')
            mark = (struct key_mark){mark.line + 1, 1};
    }
    return mark;
}

static void advise(const yaml_parser_t *parser, struct error *error)
{
    const char *context = parser->context == NULL ? "" : parser->context;

    if (strstr(context, "alias") != NULL || strstr(context, "anchor") != NULL)
        error_next(error, "Put a text that begins with * or & in quotes, "
                          "such as tables: \"*\".");
    else if (strstr(parser->problem, "cannot start any token") != NULL)
        error_next(error, "Indent with spaces, not with tabs, and put texts "
                          "that begin with @, %% or ` in quotes.");
}

/* libyaml's words never hold the file's words. */
static enum status refuse_syntax(const struct builder *builder,
                                 const yaml_parser_t *parser,
                                 struct error *error)
{
    struct key_mark mark = mark_of(&parser->problem_mark);

    if (parser->problem == NULL)
        return refuse(builder, mark, "it cannot be parsed", error);
    if (parser->error == YAML_READER_ERROR)
        mark = mark_at(builder->text, parser->problem_offset);
    (void)error_set(error, ERROR_SETTINGS_SYNTAX,
                    "%s:%u:%u: not valid YAML: %s", builder->path, mark.line,
                    mark.column, parser->problem);
    advise(parser, error);
    return error->status;
}

static enum status build(struct builder *builder, yaml_parser_t *parser,
                         struct error *error)
{
    enum status status = STATUS_OK;
    yaml_event_t event;

    while (status == STATUS_OK && !builder->is_done) {
        if (!yaml_parser_parse(parser, &event))
            return refuse_syntax(builder, parser, error);
        status = on_event(builder, &event, error);
        yaml_event_delete(&event);
    }
    if (status == STATUS_OK &&
        (builder->root == NULL || node_is_empty(builder->root)))
        return error_set(error, ERROR_SETTINGS_MISSING,
                         "%s: the settings file is empty", builder->path);
    return status;
}

enum status yaml_read(const char *path, struct bytes text, struct node **root,
                      struct error *error)
{
    struct builder builder = {.path = path, .text = text};
    yaml_parser_t parser;
    enum status status;

    *root = NULL;
    if (!yaml_parser_initialize(&parser))
        return error_set(error, ERROR_MEMORY, "memory is used up");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.data, text.size);
    status = build(&builder, &parser, error);
    yaml_parser_delete(&parser);
    memory_free(builder.name);
    if (status == STATUS_OK)
        *root = builder.root;
    else
        node_free(builder.root);
    return status;
}
