/* From the nodes of a map to the members of a struct, by the tables alone. */

#include "field.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "later.h"

#define NAMES_MAX 64u

/* An enum is stored as what the compilers make of one without a negative. */
_Static_assert(sizeof(enum deletes_mode) == sizeof(unsigned), "enum");

static void *member(void *target, size_t offset)
{
    return (char *)target + offset;
}

static void suggest_key(const char *name,
                        const struct key_table *const *tables, size_t count,
                        struct error *error)
{
    const char *names[NAMES_MAX];
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < tables[i]->count && known < NAMES_MAX; k++)
            names[known++] = tables[i]->keys[k].name;
    }
    reader_suggest(error, name, names, known);
}

static enum status refuse_key(const struct reader *reader,
                              const struct node *node,
                              const struct key_table *const *tables,
                              size_t count, struct error *error)
{
    const char *in = reader->about[0] == '\0' ? "" : " in ";

    if (later_has(tables[0]->keys[0].place, node->name)) {
        (void)reader_fail(reader, ERROR_SETTINGS_KEY, node->name_mark, error,
                          "\"%s\"%s%s does not exist in this build yet",
                          node->name, in, reader->about);
        error_next(error, "Take it out of the settings.");
        return error->status;
    }
    (void)reader_fail(reader, ERROR_SETTINGS_KEY, node->name_mark, error,
                      "unknown key \"%s\"%s%s", node->name, in,
                      reader->about);
    suggest_key(node->name, tables, count, error);
    return error->status;
}

enum status keys_check(const struct reader *reader, const struct node *map,
                       const struct key_table *const *tables, size_t count,
                       struct error *error)
{
    for (const struct node *node = map->first; node != NULL;
         node = node->next) {
        bool is_known = false;

        for (size_t i = 0; i < count && !is_known; i++)
            is_known = key_find(tables[i], node->name) != NULL;
        if (!is_known)
            return refuse_key(reader, node, tables, count, error);
    }
    return STATUS_OK;
}

/* `text` was checked; it goes over to the target. */
static void store(const struct slot *slot, char *text, void *target)
{
    void *place = member(target, slot->field->at);

    switch (slot->key->type) {
    case KEY_TEXT:
        *(char **)place = text;
        return;
    case KEY_BOOL:
        (void)text_to_bool(text, place);
        break;
    case KEY_CHOICE:
        (void)choice_find(slot->key->choices, text, place);
        break;
    default:
        (void)key_number(slot->key->type, text, place);
        break;
    }
    memory_free(text);
}

static void suggest_choice(const struct key *key, const char *text,
                           struct error *error)
{
    char words[128];
    const char *names[NAMES_MAX];
    size_t count = 0;
    char *rest = NULL;

    if (key->type != KEY_CHOICE || !text_copy(words, sizeof(words),
                                              key->choices))
        return;
    for (char *word = strtok_r(words, "|", &rest);
         word != NULL && count < NAMES_MAX; word = strtok_r(NULL, "|", &rest))
        names[count++] = word;
    reader_suggest(error, text, names, count);
}

static enum status read_one(const struct reader *reader,
                            const struct slot *slot, const struct node *node,
                            void *target, struct error *error)
{
    char *text;
    enum status status = reader_text(reader, slot->key->name, node, &text,
                                     error);

    if (status != STATUS_OK)
        return status;
    status = key_check(slot->key, text, error);
    if (status == STATUS_OK) {
        store(slot, text, target);
        return STATUS_OK;
    }
    (void)reader_mark(reader, node->mark, error);
    suggest_choice(slot->key, text, error);
    memory_free(text);
    return status;
}

static bool has_twins(char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (text_equal(texts[i], texts[k]))
                return true;
        }
    }
    return false;
}

static enum status read_list(const struct reader *reader,
                             const struct slot *slot, const struct node *node,
                             void *target, struct error *error)
{
    char ***texts = member(target, slot->field->at);
    size_t *count = member(target, slot->field->companion);
    enum status status = reader_texts(reader, slot->key->name, node, texts,
                                      count, error);

    if (status != STATUS_OK || !has_twins(*texts, *count))
        return status;
    return reader_fail(reader, ERROR_SETTINGS_VALUE, node->mark, error,
                       "\"%s\" names the same twice", slot->key->name);
}

enum status field_read(const struct reader *reader, const struct slot *slot,
                       const struct node *node, void *target,
                       struct error *error)
{
    const struct field *field = slot->field;
    enum status status;

    if (slot->key->type == KEY_LIST)
        return read_list(reader, slot, node, target, error);
    status = read_one(reader, slot, node, target, error);
    if (status == STATUS_OK && field->companion != NONE)
        *(bool *)member(target, field->companion) = true;
    return status;
}

static enum status read_slot(const struct reader *reader,
                             const struct slot *slot, const struct node *map,
                             void *target, struct error *error)
{
    const struct key *key = slot->key;
    const struct node *node =
        map == NULL ? NULL : node_child(map, key->name);

    if (node != NULL && slot->field->read != NULL)
        return slot->field->read(reader, slot, node, target, error);
    if (node != NULL)
        return field_read(reader, slot, node, target, error);
    if (key->default_text == NULL && map != NULL)
        return reader_fail(reader, ERROR_SETTINGS_MISSING, map->mark, error,
                           "\"%s\" is missing", key->name);
    if (key->default_text != NULL && key->default_text[0] != '\0')
        store(slot, memory_text(key->default_text), target);
    return STATUS_OK;
}

enum status fields_read(const struct reader *reader, enum key_place place,
                        const struct node *map, void *target,
                        struct error *error)
{
    const struct key_table *keys = settings_keys(place);
    const struct field *fields = fields_of(place);
    enum status status = STATUS_OK;

    if (map != NULL && node_is_empty(map))
        map = NULL;
    if (map != NULL && map->kind != NODE_MAP)
        return reader_fail(reader, ERROR_SETTINGS_VALUE, map->mark, error,
                           "%s expects a map of keys to values",
                           reader->about[0] == '\0' ? "the settings file"
                                                    : reader->about);
    if (map != NULL)
        status = keys_check(reader, map, &keys, 1, error);
    for (size_t i = 0; status == STATUS_OK && i < 2 * keys->count; i++) {
        struct slot slot = {&keys->keys[i % keys->count],
                            &fields[i % keys->count]};
        bool is_map_turn = i >= keys->count;

        if ((slot.key->type == KEY_MAP) == is_map_turn)
            status = read_slot(reader, &slot, map, target, error);
    }
    return status;
}
