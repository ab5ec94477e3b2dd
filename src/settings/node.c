/* The tree of a settings file. */

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "node.h"

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    memory_free(text);
}

void node_free(struct node *node)
{
    struct node *next;

    if (node == NULL)
        return;
    for (struct node *child = node->first; child != NULL; child = next) {
        next = child->next;
        node_free(child);
    }
    wipe(node->text);
    memory_free(node->name);
    memory_free(node);
}

const struct node *node_child(const struct node *map, const char *name)
{
    const struct node *child = map->kind == NODE_MAP ? map->first : NULL;

    while (child != NULL && !text_equal(child->name, name))
        child = child->next;
    return child;
}

bool node_is_empty(const struct node *node)
{
    return node->kind == NODE_TEXT && node->is_plain && node->text[0] == '\0';
}
