#ifndef TIDEMARK_SETTINGS_NODE_H
#define TIDEMARK_SETTINGS_NODE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "settings/key.h"

/* What stands in the file, before anybody asks what it means. */
enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    struct key_mark mark;
    char *text;                /* NODE_TEXT as written, never expanded */
    bool is_plain;             /* NODE_TEXT without quotes */
    char *name;                /* its key where it stands in a map */
    struct key_mark name_mark; /* of the key */
    struct node *parent;
    struct node *first; /* children of a list or map, in order */
    struct node *last;
    struct node *next;
};

#define YAML_BYTES_MAX ((size_t)1 << 20)

/* One document, never empty. Aliases, anchors, tags, merge keys, deep nesting
 * and keys that stand twice are refused. `path` is for messages. */
enum status yaml_read(const char *path, struct bytes text, struct node **root,
                      struct error *error) MUST_CHECK;
/* Wipes every text; NULL is allowed. */
void node_free(struct node *node);
/* The child of that name, or NULL. */
const struct node *node_child(const struct node *map, const char *name);
/* Is there nothing behind the colon or dash? */
bool node_is_empty(const struct node *node);

#endif
